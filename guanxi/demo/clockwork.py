"""Simulated time: events in order, each run by a real action at its hour, with time let pass in between.

The events of half a day are one transaction; then whatever became due is judged, as the worker would have done.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from guanxi.platform.calendar.reads import day_table
from guanxi.platform.journal.stage import Journal
from guanxi.platform.kernel import ActionError, Forbidden, Refused, fixed_clock, perform
from guanxi.platform.kernel.perform import stages
from guanxi.platform.people.models import Person
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.regulations.stage import hold
from guanxi.platform.regulations.store import SqlStore
from guanxi.platform.regulations.ticking import drain, roll_out

Event = Callable[[], None]
PAUSES = (time(8, 30), time(14, 1), time(18, 1))
"""Hours at which time is let pass: before work, at the reminders, and when the day's deadlines are over."""


class Clockwork:
    """A clock that runs from event to event."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.zone = ZoneInfo(settings.TIME_ZONE)
        self.now, self.end = start.astimezone(UTC), end.astimezone(UTC)
        self.actions: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.mishaps: list[str] = []
        self._waiting: list[tuple[datetime, int, Event]] = []
        self._count = 0
        first = start.astimezone(self.zone).date()
        table = day_table(first, first + timedelta(days=700))
        self.working_days = [day for day, one in table.items() if one.working]
        self._working = set(self.working_days)
        self.store: SqlStore | None = None
        """What the engine has folded, where it is kept from day to day: only while nobody else writes."""

    # -- days and hours ----------------------------------------------------------------------------------------------

    def local(self, day: date, hour: int, minute: int = 0) -> datetime:
        """An hour of a day in the company's zone."""
        return datetime.combine(day, time(hour, minute), self.zone).astimezone(UTC)

    def day(self) -> date:
        return self.now.astimezone(self.zone).date()

    def works(self, day: date) -> bool:
        return day in self._working

    def working_day(self, after: date, days: int = 0) -> date:
        """The first working day on or after a day, and `days` working days on from it."""
        day = after
        while day not in self._working:
            day += timedelta(days=1)
        for _ in range(days):
            day += timedelta(days=1)
            while day not in self._working:
                day += timedelta(days=1)
        return day

    # -- events ------------------------------------------------------------------------------------------------------

    def at(self, moment: datetime, event: Event) -> None:
        """Let something happen at a moment; what lies after the end never happens."""
        if moment <= self.end:
            self._count += 1
            heapq.heappush(self._waiting, (max(moment, self.now), self._count, event))

    def do(self, who: Any, name: str, /, **data: Any) -> Any:
        """Run an action now; its row, or None where it was refused (which the journal keeps)."""
        self._count += 1
        try:
            result = perform(
                name,
                data,
                actor=who,
                key=f"demo-{self._count}",
                clock=fixed_clock(self.now),
                source="web",
            )
        except (Refused, Forbidden):
            self.refused[name] += 1
            return None
        except ActionError as error:
            self.mishaps.append(f"{self.now:%Y-%m-%d %H:%M} {name}: {error}")
            return None
        self.actions[name] += 1
        return result.value

    def system(self, name: str, /, **data: Any) -> Any:
        return self.do(SYSTEM, name, **data)

    def run(self, say: Callable[[datetime], None] = lambda moment: None) -> None:
        """Run everything up to the end, a transaction for each day."""
        while self.now < self.end:
            with Journal().writing():
                if self.store is not None:
                    hold(self.store)
                day = self.day()
                while self.now < self.end and self.day() == day:
                    self._run_until(min(self._next_pause(), self.end))
            self.roll()
            say(self.now)

    def _run_until(self, pause: datetime) -> None:
        while self._waiting and self._waiting[0][0] <= pause:
            moment, _, event = heapq.heappop(self._waiting)
            self.now = max(self.now, moment)
            event()
        self.now = max(self.now, pause)
        self.let_pass()

    def settle(self) -> None:
        """Write what was folded so far: who reads the tables of obligations in the middle of a day finds it there."""
        for stage in stages.obligations:
            stage.flush()

    def let_pass(self) -> None:
        """Judge what is due now."""
        self.actions["norms.tick"] += drain(fixed_clock(self.now))

    def roll(self) -> None:
        """Bring a new version to what exists, step by step, each its own transaction."""
        more, self._to_roll = self._to_roll, False
        while more:
            with Journal().writing():
                if self.store is not None:
                    hold(self.store)
                more = roll_out(fixed_clock(self.now), most=1) > 0
            self.actions["norms.roll"] += more

    _to_roll = True

    def go_on(self, since: datetime, end: datetime) -> None:
        """Run on later: what happened between was written by somebody else."""
        self.now, self.end = max(self.now, since.astimezone(UTC)), end.astimezone(UTC)

    def versions_changed(self) -> None:
        """A version came into force: it is rolled out when the day is over."""
        self._to_roll = True

    def _next_pause(self) -> datetime:
        day = self.day()
        while True:
            for hour in PAUSES if self.works(day) else PAUSES[:1]:
                moment = datetime.combine(day, hour, self.zone).astimezone(UTC)
                if moment > self.now:
                    return moment
            day += timedelta(days=1)


def colleague(username: str) -> Person:
    """Somebody of the demo by sign-in name."""
    return Person.objects.select_related("department").get(username=username)
