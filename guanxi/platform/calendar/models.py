"""The calendar as loaded: one row a year, written by actions only; the journal holds how it came about."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models

from guanxi.platform.kernel import Text

from .china import Day


class CalendarYear(models.Model):
    """A year's working days.

    days: ISO date -> 'work' or 'rest', only where it differs from Monday to Friday. names: ISO date -> [zh, en].
    company: ISO date -> True, the days that the company itself decided. hours: [["09:00", "12:00"], …].
    """

    year = models.PositiveSmallIntegerField(unique=True)
    published = models.BooleanField()
    days = models.JSONField(default=dict)
    names = models.JSONField(default=dict)
    company = models.JSONField(default=dict)
    hours = models.JSONField(default=list)
    loaded_at = models.DateTimeField()

    class Meta:
        ordering = ("year",)

    def __str__(self) -> str:
        return str(self.year)

    def day(self, day: date) -> Day:
        """The day as this row has it."""
        key = day.isoformat()
        kind = self.days.get(key)
        return Day(
            working=day.weekday() < 5 if kind is None else kind == "work",
            source="company" if key in self.company else "published" if self.published else "estimated",
            name=Text(*self.names.get(key, ("", ""))),
        )

    def set_day(self, day: date, *, working: bool, name: str, company: bool) -> None:
        """Change one day of the row (not saved)."""
        key = day.isoformat()
        self.days.pop(key, None)
        if working != (day.weekday() < 5):
            self.days[key] = "work" if working else "rest"
        self.names.pop(key, None)
        if name:
            self.names[key] = [name, name]
        self.company.pop(key, None)
        if company:
            self.company[key] = True
        self.days = dict(sorted(self.days.items()))

    def as_fact(self, *, hours: bool = False) -> dict[str, Any]:
        """What `calendar.loaded` says of it; the hours only where they are what was set, so that correcting an old year
        does not bring its hours back."""
        return {
            "year": self.year,
            "published": self.published,
            "days": dict(self.days),
            "hours": [list(span) for span in self.hours] if hours else [],
        }
