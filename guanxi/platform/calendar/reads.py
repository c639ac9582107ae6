"""The calendar as it stands: for pages, and as the plain value that the engine counts by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from guanxi.cores.norms.calendars import Calendar, calendar_from
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Clock, perform, system_clock
from guanxi.platform.people.rights import SYSTEM

from .china import Day, official_year, shipped_years
from .models import CalendarYear


def day_table(first: date, last: date) -> dict[date, Day]:
    """Every day from `first` to `last`: worked or not, whence we know, and its name. One query, whatever the
    span; a year not loaded yet is shown as shipped."""
    years = {row.year: row for row in CalendarYear.objects.filter(year__range=(first.year, last.year))}
    table: dict[date, Day] = {}
    day = first
    while day <= last:
        row = years.get(day.year)
        table[day] = row.day(day) if row else official_year(day.year)[day]
        day += timedelta(days=1)
    return table


def loads(up_to: int | None = None) -> list[Mapping[str, Any]]:
    """The `calendar.loaded` facts in order, up to a journal number, as the engine's `calendar_from` takes them."""
    facts = Fact.objects.filter(kind="calendar.loaded").order_by("seq")
    if up_to is not None:
        facts = facts.filter(seq__lte=up_to)
    return [{**fact.now_data, "seq": fact.seq} for fact in facts]


def working_calendar(up_to: int | None = None) -> Calendar:
    """What working time is counted by, in the company's zone. Before any year is loaded: the shipped years."""
    zone = ZoneInfo(settings.TIME_ZONE)
    facts = loads(up_to)
    if facts:
        return calendar_from(facts, zone)
    days = {day: one.working for year in shipped_years() for day, one in official_year(year).items()}
    return Calendar(zone, days, frozenset(shipped_years()))


def fact_number(row: CalendarYear) -> int | None:
    """The journal number of the fact that the row was last loaded by."""
    found = Fact.objects.filter(kind="calendar.loaded", subject_kind="calendar", subject_id=row.pk)
    return found.order_by("-seq").values_list("seq", flat=True).first()


def keep_up(*, clock: Clock = system_clock, since: int | None = None) -> list[int]:
    """Load what is missing, from the year `since` (default: last year) to next year, and what was estimated and has
    been published since. For set-up and the daily job; the years that changed."""
    today = timezone.localdate(clock())
    changed: list[int] = []
    for year in range(since or today.year - 1, today.year + 2):
        row = CalendarYear.objects.filter(year=year).first()
        if row is None or (not row.published and year in shipped_years()):
            state = "published" if year in shipped_years() else "estimated"
            perform(
                "calendar.load_year", {"year": year}, actor=SYSTEM, key=f"keep-up-{year}-{state}", clock=clock
            )
            changed.append(year)
    return changed
