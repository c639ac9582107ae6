"""Working days of China with their make-up days, as a plain table. No database, no clock.

Published years come from `chinesecalendar`; in any other year Monday to Friday is worked, marked as estimated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from chinese_calendar import constants

from guanxi.platform.kernel.text import Text

Source = Literal["published", "estimated", "company"]
"""Where a day comes from: the State Council's notice, the days of the week until there is one, or the company."""

_EN = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明": "Qingming",
    "劳动节": "Labour Day",
    "端午": "Dragon Boat Festival",
    "中秋": "Mid-Autumn Festival",
    "国庆节": "National Day",
    "反法西斯70周年": "70th anniversary of the victory over fascism",
}


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the table. name: the holiday, or what is made up for; empty on ordinary days."""

    working: bool
    source: Source
    name: Text = Text("", "")


def shipped_years() -> range:
    """The years whose official days come with the product."""
    return range(min(constants.holidays).year, max(constants.holidays).year + 1)


@lru_cache(maxsize=32)
def official_year(year: int) -> Mapping[date, Day]:
    """Every day of the year as published, or as Monday to Friday marked 'estimated'."""
    source: Source = "published" if year in shipped_years() else "estimated"
    table: dict[date, Day] = {}
    day = date(year, 1, 1)
    while day.year == year:
        if day in constants.holidays:
            table[day] = Day(False, source, _name(constants.holidays[day]))
        elif day in constants.workdays:
            name = _name(constants.workdays[day])
            table[day] = Day(True, source, Text("补{name}的班", "Make-up day for {name}").format(name=name))
        else:
            table[day] = Day(day.weekday() < 5, source)
        if day == date.max:
            break
        day += timedelta(days=1)
    return table


def deviations(table: Mapping[date, Day]) -> dict[str, str]:
    """ISO date -> 'work' or 'rest' for the days that differ from Monday to Friday: how facts hold a year."""
    return {
        day.isoformat(): "work" if one.working else "rest"
        for day, one in sorted(table.items())
        if one.working != (day.weekday() < 5)
    }


def named_days(table: Mapping[date, Day]) -> dict[str, list[str]]:
    """ISO date -> the name in both languages, for the days that have one."""
    return {day.isoformat(): [one.name.zh, one.name.en] for day, one in sorted(table.items()) if one.name}


def _name(english: str) -> Text:
    zh = constants.Holiday(english).chinese
    return Text(zh, _EN.get(zh, english))
