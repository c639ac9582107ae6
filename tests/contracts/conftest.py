"""A small demo company that all tests of a module share, at a frozen moment; each test's writes are taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction

from tests.furnish import furnish

from . import strangers

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
"""A Tuesday, 10:30 in Shanghai."""


@pytest.fixture(scope="module")
def _company(django_db_setup: Any, django_db_blocker: Any) -> Iterator[None]:
    from guanxi.demo.build import build
    from guanxi.platform.kernel import fixed_clock

    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=False), transaction.atomic():
        made = build(clock=fixed_clock(NOW), customers=60, days=45)
        assert made.mishaps == []
        furnish(fixed_clock(NOW))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(_company: None, db: None, settings: Any) -> None:
    """The demo company of a month and a half, with somebody in every role; pages without collected static files."""
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]


@pytest.fixture(scope="module")
def _houses(django_db_setup: Any, django_db_blocker: Any) -> Iterator[strangers.Houses]:
    with django_db_blocker.unblock(), time_machine.travel(strangers.NOW, tick=False), transaction.atomic():
        yield strangers.make()
        transaction.set_rollback(True)


@pytest.fixture
def houses(_houses: strangers.Houses, db: None, settings: Any) -> strangers.Houses:
    """The company of two houses; what a test writes is taken back."""
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]
    return _houses
