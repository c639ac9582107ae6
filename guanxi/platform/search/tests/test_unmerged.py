"""A great deal put into the index without merging its pieces on the way."""

from __future__ import annotations

import pytest
from django.db import connection

from guanxi.platform.search.index import TABLE, find, insert, line_of, unmerged

pytestmark = pytest.mark.django_db(transaction=True)


def configured() -> dict[str, int]:
    if connection.vendor == "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT k, v FROM {TABLE}_words_config")
        return {k: v for k, v in cursor.fetchall() if k != "version"}


def test_all_is_found_meanwhile_and_afterwards() -> None:
    """Given many pieces; then each is found while they are apart and when they are one, and merging goes on as usual."""
    with unmerged(connection):
        for number in range(1, 25):
            title = f"第{number}号仓储有限公司"
            insert(connection, [("customer", number, title, line_of(title))])
        assert len(find(connection, "仓储")) == 24
        if connection.vendor == "sqlite":
            assert configured()["automerge"] == 0
    assert len(find(connection, "仓储")) == 24
    if connection.vendor == "sqlite":
        assert (configured()["automerge"], configured()["crisismerge"]) == (4, 16)


def test_more_pieces_than_the_index_holds() -> None:
    """Given more transactions than FTS5 holds pieces; then none of them fails."""
    with unmerged(connection):
        for number in range(2100):
            insert(connection, [("customer", number, "杭", line_of("杭"))])
    assert len(find(connection, "杭", limit=1000)) == 1000


def test_merging_goes_on_where_the_work_breaks_off() -> None:
    with pytest.raises(RuntimeError), unmerged(connection):
        raise RuntimeError("the disk is full")
    if connection.vendor == "sqlite":
        assert configured()["automerge"] == 4
