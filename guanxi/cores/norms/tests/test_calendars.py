"""Working time over a table of days."""

from __future__ import annotations

from datetime import UTC, date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from guanxi.cores.norms.calendars import Calendar, calendar_from
from guanxi.cores.norms.tests.world import DAYS_2026, ZONE, when

CALENDAR = calendar_from([{"seq": 1, "year": 2026, "published": True, "days": DAYS_2026, "hours": []}], ZONE)
MOMENTS = st.datetimes(
    when("2026-01-01T00:00").replace(tzinfo=None), when("2026-11-30T00:00").replace(tzinfo=None)
).map(lambda moment: moment.replace(tzinfo=ZONE).astimezone(UTC))
AMOUNTS = st.integers(0, 6000).map(lambda minutes: timedelta(minutes=minutes))


def test_a_make_up_saturday_is_worked_and_a_holiday_is_not() -> None:
    assert CALENDAR.working(date(2026, 2, 14))
    assert not CALENDAR.working(date(2026, 2, 16))
    assert not CALENDAR.working(date(2026, 2, 15))


@given(MOMENTS, AMOUNTS)
def test_working_time_added_can_be_measured(start: object, amount: timedelta) -> None:
    from datetime import datetime

    assert isinstance(start, datetime)
    assert CALENDAR.working_time_between(start, CALENDAR.add_working_time(start, amount)) == amount


@given(MOMENTS, st.integers(0, 30))
def test_worked_days_added_can_be_counted(start: object, days: int) -> None:
    from datetime import datetime

    assert isinstance(start, datetime)
    end = CALENDAR.end_of_working_day_after(start, days)
    if days:
        assert CALENDAR.working_days_between(start, end) == days
    assert CALENDAR.working(CALENDAR.local_day(end))


def test_months_and_periods() -> None:
    assert CALENDAR.add_months(when("2026-01-31T10:00"), 1) == when("2026-02-28T10:00")
    assert CALENDAR.add_months(when("2026-11-30T10:00"), 1) == when("2026-12-30T10:00")
    labels = [
        CALENDAR.period(when("2026-12-31T23:30"), kind).label
        for kind in ("day", "week", "month", "quarter", "year")
    ]
    assert labels == ["2026-12-31", "2026-W53", "2026-12", "2026-Q4", "2026"]
    assert CALENDAR.period(when("2026-12-31T23:30"), "quarter").end == when("2027-01-01T00:00")


def test_a_later_load_replaces_the_whole_year_and_an_unknown_year_is_estimated() -> None:
    loads = [
        {"seq": 1, "year": 2026, "published": True, "days": DAYS_2026, "hours": []},
        {
            "seq": 2,
            "year": 2026,
            "published": True,
            "days": {"2026-05-01": "rest"},
            "hours": [["08:00", "12:00"]],
        },
    ]
    calendar = calendar_from(loads, ZONE)
    assert not calendar.working(date(2026, 2, 14))
    assert calendar.closing(date(2026, 5, 4)) == when("2026-05-04T12:00")
    assert calendar.estimated(when("2026-12-31T10:00"), when("2027-01-04T10:00"))
    assert not Calendar(ZONE, published=frozenset({2026})).estimated(
        when("2026-02-01T00:00"), when("2026-02-02T00:00")
    )
