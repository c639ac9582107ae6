"""Shared by all tests: the environment, and a database that tests may empty although the journal is append-only."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something of the machine, not of the code.
settings.register_profile("guanxi", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("guanxi")


def pytest_collection_finish() -> None:
    """As in the product's processes: what is loaded stays, and need not be looked through again and again."""
    from guanxi.interfaces.collecting import settle

    settle()


@pytest.fixture(autouse=True, scope="session")
def _emptying_is_allowed() -> None:
    """Django empties the tables after a transactional test; only there the guards stand down for a moment."""
    from django.core.management.commands import flush
    from django.db import connection

    from guanxi.platform.journal import guards
    from guanxi.platform.search import index

    emptying = flush.Command.handle

    def handle(self: flush.Command, **options: object) -> None:
        guards.switch_off(connection)
        try:
            emptying(self, **options)
            index.clear(connection)  # its tables belong to no model: Django does not know them
        finally:
            guards.switch_on(connection)

    flush.Command.handle = handle  # type: ignore[method-assign]


@pytest.fixture
def cast(db: None):
    """The named people in a small company; see guanxi/platform/people/tests/cast.py."""
    from guanxi.platform.people.tests.cast import make_cast

    return make_cast()
