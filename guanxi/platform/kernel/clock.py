"""The one place that reads the computer's clock. Everything else is handed the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

Clock = Callable[[], datetime]

FIRST_YEAR, LAST_YEAR = 1900, 2999
"""The years that a company's dates lie in. Beyond them a date is a slip of the hand, and counting on from it leaves what
a date can be."""


def system_clock() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


def fixed_clock(moment: datetime) -> Clock:
    """A clock that stands at `moment` (aware): for the demo's year, replay and tests."""
    return lambda: moment


def read_day(text: str) -> date:
    """The day that an address names, 2026-03-05. ValueError for what is none or lies in no year of ours."""
    day = date.fromisoformat(text)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{text} lies before {FIRST_YEAR} or after {LAST_YEAR}")
    return day
