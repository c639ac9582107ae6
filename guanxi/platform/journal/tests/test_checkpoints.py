"""Given many portions, when they are written on SQLite, then the log is emptied between them and not in anybody's transaction."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from guanxi.platform.journal.checkpoints import EVERY, Checkpoints

pytestmark = pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="SQLite's log, which PostgreSQL does not have"
)


def asked(portions: int) -> list[str]:
    """What so many portions ask the database."""
    found: list[str] = []

    def heard(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append(sql.removeprefix("PRAGMA "))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(heard), Checkpoints() as checkpoints:
        for _ in range(portions):
            checkpoints.passed()
    return found


def usual() -> int:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_autocheckpoint")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_the_log_is_emptied_between_portions_and_afterwards_as_usual() -> None:
    before = usual()
    begins, empties = ["wal_autocheckpoint", "wal_autocheckpoint=0"], ["wal_checkpoint(PASSIVE)"]
    assert asked(EVERY * 2 + 1) == [*begins, *empties, *empties, f"wal_autocheckpoint={before}"]
    assert usual() == before == 8000


@pytest.mark.django_db(transaction=True)
def test_it_is_so_too_where_a_portion_fails() -> None:
    with pytest.raises(LookupError), Checkpoints():
        assert usual() == 0
        raise LookupError
    assert usual() == 8000


@pytest.mark.django_db
def test_inside_a_transaction_nothing_is_asked() -> None:
    with transaction.atomic():
        assert asked(EVERY) == []
