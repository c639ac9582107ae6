"""The moon's dates: known festivals, leap months, and there and back again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.platform.calendar.moon import LunarDate, festivals, lunar_birthday, lunar_date, solar_date

KNOWN = [
    (2024, "spring_festival", date(2024, 2, 10)),
    (2025, "spring_festival", date(2025, 1, 29)),
    (2026, "spring_festival", date(2026, 2, 17)),
    (2027, "spring_festival", date(2027, 2, 6)),
    (2026, "new_years_eve", date(2026, 2, 16)),
    (2026, "lantern", date(2026, 3, 3)),
    (2026, "qingming", date(2026, 4, 5)),
    (2026, "dragon_boat", date(2026, 6, 19)),
    (2026, "mid_autumn", date(2026, 9, 25)),
    (2025, "mid_autumn", date(2025, 10, 6)),
    (2026, "double_ninth", date(2026, 10, 18)),
    (2026, "laba", date(2026, 1, 26)),
    (2033, "mid_autumn", date(2033, 9, 8)),
    (2034, "spring_festival", date(2034, 2, 19)),
]


@pytest.mark.parametrize(("year", "key", "on"), KNOWN)
def test_festivals_fall_on_their_days(year: int, key: str, on: date) -> None:
    assert on in [one.on for one in festivals(year) if one.key == key]


def test_in_a_year_with_a_leap_month_a_festival_comes_once() -> None:
    """2025 has a sixth and a leap sixth month; Qixi is in the seventh, once."""
    assert [one.on for one in festivals(2025) if one.key == "qixi"] == [date(2025, 8, 29)]
    for year in range(2020, 2045):
        keys = [one.key for one in festivals(year) if one.key != "laba"]
        assert len(keys) == len(set(keys)), year


def test_the_leap_month_is_told_from_the_ordinary_one() -> None:
    assert lunar_date(date(2025, 6, 25)) == LunarDate(2025, 6, 1)
    assert lunar_date(date(2025, 7, 25)) == LunarDate(2025, 6, 1, leap=True)
    assert str(lunar_date(date(2025, 7, 25))) == "闰六月初一"
    assert str(lunar_date(date(2026, 2, 17))) == "正月初一"
    assert str(lunar_date(date(2026, 2, 16))) == "腊月廿九"
    assert str(LunarDate(2026, 11, 30)) == "冬月三十"


def test_festivals_come_in_order_with_names_in_both_languages() -> None:
    found = festivals(2026)
    assert [one.on for one in found] == sorted(one.on for one in found)
    assert all(one.name.zh and one.name.en for one in found)


@settings(max_examples=30, deadline=None)
@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_there_and_back_again(day: date) -> None:
    moon = lunar_date(day)
    assert solar_date(moon.year, moon.month, moon.day, leap=moon.leap) == day


def test_a_birthday_by_the_moon_is_found_in_each_year() -> None:
    assert lunar_birthday(2026, 8, 3) == [date(2026, 9, 13)]
    assert lunar_birthday(2025, 6, 1, leap=True) == [date(2025, 7, 25)]
    assert lunar_birthday(2026, 6, 1, leap=True) == [date(2026, 7, 14)], "no leap month: the ordinary one"
    assert lunar_birthday(2026, 12, 30) == [date(2026, 2, 16)], "a twelfth month of 29 days"
    for year in range(2000, 2050):
        assert len(lunar_birthday(year, 12, 1)) <= 2


def test_outside_the_tables_it_says_so() -> None:
    with pytest.raises(ValueError, match="1902 to 2099"):
        lunar_date(date(1850, 1, 1))
    with pytest.raises(ValueError, match="1902 to 2099"):
        solar_date(2200, 1, 1)
