"""The table of working days against the State Council's notices."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import chinese_calendar
import pytest

from guanxi.platform.calendar.china import deviations, official_year, shipped_years


def test_every_published_day_is_as_the_library_has_it() -> None:
    for year in shipped_years():
        for day, one in official_year(year).items():
            assert one.working == chinese_calendar.is_workday(day), day
            assert one.source == "published"


def test_a_make_up_saturday_is_worked_and_says_for_what() -> None:
    day = official_year(2026)[date(2026, 2, 14)]
    assert day.working
    assert (day.name.zh, day.name.en) == ("补春节的班", "Make-up day for Spring Festival")


def test_a_holiday_on_a_weekday_is_off() -> None:
    day = official_year(2026)[date(2026, 2, 17)]
    assert not day.working
    assert day.name.zh == "春节"


def test_a_year_not_yet_published_is_estimated_from_the_days_of_the_week() -> None:
    table = official_year(2027)
    assert len(table) == 365
    assert {one.source for one in table.values()} == {"estimated"}
    assert all(one.working == (day.weekday() < 5) for day, one in table.items())
    assert deviations(table) == {}


def test_a_fact_holds_only_what_differs_from_monday_to_friday() -> None:
    held = deviations(official_year(2026))
    assert held["2026-02-14"] == "work"
    assert held["2026-02-17"] == "rest"
    assert len(held) < 40
    for day, one in official_year(2026).items():
        assert one.working == (
            {"work": True, "rest": False}.get(held.get(day.isoformat(), ""), day.weekday() < 5)
        )


@pytest.mark.parametrize("year", [2004, 2024, 2026, 2100, 9999])
def test_a_year_has_all_its_days(year: int) -> None:
    days = list(official_year(year))
    assert days[0] == date(year, 1, 1)
    assert days[-1] == date(year, 12, 31)
    assert all(b - a == timedelta(days=1) for a, b in itertools.pairwise(days))
