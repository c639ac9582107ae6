"""Months of the company's calendar, as the pages choose them: '2026-03'."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.clock import FIRST_YEAR, LAST_YEAR

_LABEL = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month in the company's zone."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Month:
        day = moment.astimezone(ZoneInfo(settings.TIME_ZONE))
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str, now: datetime) -> Month:
        """The month that is asked for; this month for anything that is none."""
        found = _LABEL.fullmatch(text or "")
        if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            return cls.of(now)
        return cls(int(found[1]), int(found[2]))

    @property
    def label(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def words(self) -> Text:
        return Text(f"{self.year}年{self.number}月", f"{_EN[self.number - 1]} {self.year}")

    def shift(self, months: int) -> Month:
        place = self.year * 12 + self.number - 1 + months
        return Month(place // 12, place % 12 + 1)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=ZoneInfo(settings.TIME_ZONE))

    @property
    def end(self) -> datetime:
        return self.shift(1).start

    def back(self, many: int) -> list[Month]:
        """This month and those before it, oldest first, `many` in all."""
        return [self.shift(-n) for n in range(many - 1, -1, -1)]
