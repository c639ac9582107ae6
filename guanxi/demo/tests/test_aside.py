"""Indexes set aside come back as they were."""

import pytest
from django.db import connection

from guanxi.demo.aside import aside
from guanxi.platform.regulations.models import Obligation

pytestmark = pytest.mark.django_db(transaction=True)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        return {
            name
            for name, one in connection.introspection.get_constraints(
                cursor, Obligation._meta.db_table
            ).items()
            if one["index"] and not one["unique"]
        }


def test_indexes_are_away_but_for_those_that_stay_and_come_back() -> None:
    """Given a table with indexes; then inside only the named one is there, and afterwards all are."""
    before = indexes()
    with aside({Obligation: ("obl_next",)}):
        assert indexes() == {"obl_next"}
    assert indexes() == before
    assert len(before) > 1


def test_they_come_back_where_the_filling_breaks_off() -> None:
    """Given a filling that fails; then its error is seen, and the indexes are there."""
    before = indexes()
    with pytest.raises(RuntimeError), aside({Obligation: ()}):
        raise RuntimeError("the disk is full")
    assert indexes() == before
