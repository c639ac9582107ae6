"""The lunar calendar: festivals to greet at, and birthdays kept by the moon. No database, no clock.

Dates come from `cnlunar` (tables of the years 1901 to 2100). A festival belongs to the ordinary month, never to a
leap month of the same number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from cnlunar import Lunar

from guanxi.platform.kernel.text import Text

FIRST_YEAR, LAST_YEAR = 1902, 2099

_MONTHS = "正二三四五六七八九十冬腊"
_DIGITS = "一二三四五六七八九十"

_LUNAR = {
    "spring_festival": (1, 1, Text("春节", "Spring Festival")),
    "lantern": (1, 15, Text("元宵节", "Lantern Festival")),
    "dragon_boat": (5, 5, Text("端午节", "Dragon Boat Festival")),
    "qixi": (7, 7, Text("七夕节", "Qixi Festival")),
    "mid_autumn": (8, 15, Text("中秋节", "Mid-Autumn Festival")),
    "double_ninth": (9, 9, Text("重阳节", "Double Ninth Festival")),
    "laba": (12, 8, Text("腊八节", "Laba Festival")),
}
_SOLAR = {
    "new_year": (1, 1, Text("元旦", "New Year's Day")),
    "womens_day": (3, 8, Text("妇女节", "Women's Day")),
    "labour_day": (5, 1, Text("劳动节", "Labour Day")),
    "teachers_day": (9, 10, Text("教师节", "Teachers' Day")),
    "national_day": (10, 1, Text("国庆节", "National Day")),
}


@dataclass(frozen=True, slots=True)
class LunarDate:
    """A day of the lunar calendar; `leap`: in the leap month of that number."""

    year: int
    month: int
    day: int
    leap: bool = False

    def __str__(self) -> str:
        """As people write it: 闰六月初一. (cnlunar's own month text carries 大 or 小.)"""
        return f"{'闰' if self.leap else ''}{_MONTHS[self.month - 1]}月{_day_name(self.day)}"


@dataclass(frozen=True, slots=True)
class Festival:
    """A day to greet at. key: stable name; name: in both languages."""

    on: date
    key: str
    name: Text
    lunar: LunarDate | None = None


def lunar_date(day: date) -> LunarDate:
    """The lunar date of a day. ValueError outside the years 1902 to 2099."""
    return _days(day.year)[day]


def solar_date(year: int, month: int, day: int, *, leap: bool = False) -> date | None:
    """The day on which a date of the lunar year `year` falls; None where that year has no such day
    (no such leap month, or a month of 29 days). ValueError outside the tables."""
    return _by_moon(year).get(LunarDate(year, month, day, leap))


def lunar_birthday(solar_year: int, month: int, day: int, *, leap: bool = False) -> list[date]:
    """When somebody born on this lunar date keeps the birthday in a solar year: usually once; a lunar date late in
    the year may fall twice or not at all. Born in a leap month: kept in the ordinary one where there is no leap month;
    born on the 30th: on the 29th of a short month."""
    kept: list[date] = []
    for year in (solar_year - 1, solar_year):
        on = None
        for in_leap in (True, False) if leap else (False,):
            on = on or solar_date(year, month, day, leap=in_leap)
            if on is None and day == 30:
                on = solar_date(year, month, 29, leap=in_leap)
        if on is not None and on.year == solar_year:
            kept.append(on)
    return kept


def festivals(year: int) -> list[Festival]:
    """The festivals of a solar year in order."""
    found = [Festival(date(year, month, day), key, name) for key, (month, day, name) in _SOLAR.items()]
    for lunar_year in (year - 1, year):
        for key, (month, day, name) in _LUNAR.items():
            on = solar_date(lunar_year, month, day)
            if on is not None and on.year == year:
                found.append(Festival(on, key, name, LunarDate(lunar_year, month, day)))
    new_year = solar_date(year, 1, 1)
    if new_year is None:
        raise AssertionError("every lunar year begins")
    eve = new_year - timedelta(days=1)
    found.append(Festival(eve, "new_years_eve", Text("除夕", "Lunar New Year's Eve"), lunar_date(eve)))
    found.append(Festival(_qingming(year), "qingming", Text("清明节", "Qingming")))
    return sorted(found, key=lambda festival: (festival.on, festival.key))


@lru_cache(maxsize=64)
def _days(year: int) -> Mapping[date, LunarDate]:
    if not FIRST_YEAR - 1 <= year <= LAST_YEAR + 1:
        raise ValueError(f"the lunar calendar is known from {FIRST_YEAR} to {LAST_YEAR}, not for {year}")
    table: dict[date, LunarDate] = {}
    day = date(year, 1, 1)
    while day.year == year:
        moon = Lunar(datetime(day.year, day.month, day.day, 12))  # noqa: DTZ001 (a day, not a moment)
        table[day] = LunarDate(moon.lunarYear, moon.lunarMonth, moon.lunarDay, bool(moon.isLunarLeapMonth))
        day += timedelta(days=1)
    return table


@lru_cache(maxsize=64)
def _by_moon(lunar_year: int) -> Mapping[LunarDate, date]:
    if not FIRST_YEAR - 1 <= lunar_year <= LAST_YEAR:
        raise ValueError(
            f"the lunar calendar is known from {FIRST_YEAR} to {LAST_YEAR}, not for {lunar_year}"
        )
    return {
        moon: day
        for year in (lunar_year, lunar_year + 1)
        for day, moon in _days(year).items()
        if moon.year == lunar_year
    }


def _qingming(year: int) -> date:
    for number in (4, 5, 6):
        if Lunar(datetime(year, 4, number, 12)).todaySolarTerms == "清明":  # noqa: DTZ001
            return date(year, 4, number)
    raise AssertionError(f"no Qingming in {year}")


def _day_name(day: int) -> str:
    if day in (10, 20, 30):
        return {10: "初十", 20: "二十", 30: "三十"}[day]
    return ("初", "十", "廿")[day // 10] + _DIGITS[day % 10 - 1]
