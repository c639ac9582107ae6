"""Build the demo company: a year of real actions with the clock set back, ending now."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.stage import Journal
from guanxi.platform.kernel import Clock, fixed_clock, perform, system_clock
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.regulations.models import Obligation

from .clockwork import Clockwork
from .remembering import Remembering
from .story import Story
from .unhurried import unhurried

CUSTOMERS, DAYS, SEED = 600, 365, 20260101
BEFORE = 31
"""Days before the first visit, in which the company sets itself up."""


@dataclass(frozen=True, slots=True)
class Built:
    """What was made, and how long it took. actions: performed by name; mishaps: what the story did wrong."""

    customers: int
    visits: int
    facts: int
    actions: int
    refused: int
    seconds: float
    cpu_seconds: float
    mishaps: list[str] = field(default_factory=list)
    obligations: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def build(
    say: Callable[[str], None] = lambda line: None,
    *,
    clock: Clock = system_clock,
    customers: int = CUSTOMERS,
    days: int = DAYS,
    seed: int = SEED,
) -> Built:
    """Make the demo company in an empty database; the same seed and day make the same company."""
    began, cpu = perf_counter(), processor_seconds()
    now = clock()
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    first = today - timedelta(days=days)
    start = datetime.combine(first - timedelta(days=BEFORE), datetime.min.time(), zone).replace(hour=9)
    say(f"Making the demo company: {customers} customers, {days} days …")
    start_calendar(start, today)
    work = Clockwork(start, now)
    story = Story(work, Random(seed), customers=customers)  # noqa: S311 (a story, no secret)
    story.company.open_books()
    story.begin()
    story.fill_year(first, today)
    story.regulate(today)
    story.change_hands(today)
    story.fill_today(today)
    said = -1

    def progress(moment: datetime) -> None:
        nonlocal said
        share = int(100 * (moment - start) / max(now - start, timedelta(seconds=1)))
        if share // 10 > said:
            said = share // 10
            say(f"  {moment.astimezone(zone):%Y-%m}  {share:3d} %  {perf_counter() - began:.0f} s")

    with unhurried():
        work.store = Remembering()
        work.run(progress)
    built = Built(
        len(story.customers.all),
        story.visits.made,
        Fact.objects.count(),
        sum(work.actions.values()),
        sum(work.refused.values()),
        round(perf_counter() - began, 1),
        round(processor_seconds() - cpu, 1),
        work.mishaps,
        Obligation.objects.count(),
    )
    say(f"{built.customers} customers, {built.visits} visits, {built.facts} facts in {built.seconds:.0f} s.")
    return built


def processor_seconds() -> float:
    """Of this process, and of those beside it that have ended."""
    return sum(os.times()[:4])


def start_calendar(start: datetime, today: date) -> None:
    """The working days of every year that the story touches, known from its beginning."""
    with Journal().writing():
        for year in range(start.year, today.year + 2):
            perform(
                "calendar.load_year",
                {"year": year},
                actor=SYSTEM,
                key=f"demo-{year}",
                clock=fixed_clock(start.astimezone(UTC)),
            )
