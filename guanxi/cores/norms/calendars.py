"""Working time over a table of days that is handed in: office hours, make-up days, years not yet published.

A calendar is a value. Moments are aware and come back in UTC; days and office hours are those of the company's zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final, Literal

PeriodKind = Literal["day", "week", "month", "quarter", "year"]
PERIODS: Final[tuple[PeriodKind, ...]] = ("day", "week", "month", "quarter", "year")
OFFICE_HOURS: Final = ((time(9), time(12)), (time(13), time(18)))
_DAY: Final = timedelta(days=1)
_REACH: Final = 3660
_NEW_YEAR: Final = frozenset({(1, 1), (12, 31)})


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the company's calendar: its label, its start, and the start of the next one."""

    label: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Calendar:
    """Which days are worked, and when. A day outside the table is worked from Monday to Friday.

    ``published`` holds the years whose holidays are known; what is computed in any other year is *estimated*.
    """

    zone: tzinfo
    days: Mapping[date, bool] = field(default_factory=dict)
    published: frozenset[int] = frozenset()
    hours: tuple[tuple[time, time], ...] = OFFICE_HOURS
    seq: int = 0
    _ends: dict[tuple[date, int], datetime] = field(default_factory=dict, repr=False, compare=False)
    _openings: dict[date, datetime] = field(default_factory=dict, repr=False, compare=False)
    _periods: dict[tuple[date, str], Period] = field(default_factory=dict, repr=False, compare=False)

    def working(self, day: date) -> bool:
        """Whether the day is worked (a make-up Saturday is)."""
        known = self.days.get(day)
        return day.weekday() < 5 if known is None else known

    def local_day(self, moment: datetime) -> date:
        """The company's date at a moment."""
        return moment.astimezone(self.zone).date()

    def estimated(self, one: datetime, other: datetime) -> bool:
        """Whether the span between two moments touches a year whose holidays are not published yet."""
        first, last = self._year(one), self._year(other)
        if first == last:
            return first not in self.published
        first, last = min(first, last), max(first, last)
        return any(year not in self.published for year in range(first, last + 1))

    def _year(self, moment: datetime) -> int:
        if not 1 < moment.month < 12 and (moment.month, moment.day) in _NEW_YEAR:
            return moment.astimezone(self.zone).year
        return moment.year  # away from the turn of the year it is the same in every zone

    def moment(self, day: date, at: time) -> datetime:
        """A local day and time as a moment in UTC."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def closing(self, day: date) -> datetime:
        """The end of office hours on a day."""
        return self.moment(day, self.hours[-1][1])

    def next_working_time(self, moment: datetime) -> datetime:
        """The moment itself if the office works then or still will that day; else the next opening."""
        local = moment.astimezone(self.zone)
        day = local.date()
        if local.time() < self.hours[-1][1]:
            if self.working(day):
                return moment
        else:
            day += _DAY
        known = self._openings.get(day)
        if known is None:
            known = self._openings[day] = self.moment(self._first_working(day), self.hours[0][0])
        return known

    def _first_working(self, day: date) -> date:
        for _ in range(_REACH):
            if self.working(day):
                return day
            day += _DAY
        raise ValueError("no working day within ten years: the calendar marks them all as rest")

    def end_of_working_day_after(self, moment: datetime, days: int) -> datetime:
        """The close of the n-th working day after the moment's day (0: of that day, or of the next one worked)."""
        key = (self.local_day(moment), days)
        known = self._ends.get(key)
        if known is None:
            day = key[0]
            if days == 0:
                day = self._first_working(day)
            for _ in range(days):
                day = self._first_working(day + _DAY)
            known = self._ends[key] = self.closing(day)
        return known

    def working_days_between(self, start: datetime, end: datetime) -> int:
        """How many worked days lie after start's day, up to and with end's day."""
        day, last, count = self.local_day(start), self.local_day(end), 0
        while day < last:
            day += _DAY
            count += self.working(day)
        return count

    def working_days_before(self, moment: datetime, days: int) -> datetime:
        """The same time of day, n worked days earlier."""
        local = moment.astimezone(self.zone)
        day = local.date()
        for _ in range(days):
            day -= _DAY
            while not self.working(day):
                day -= _DAY
        return datetime.combine(day, local.timetz()).astimezone(UTC)

    def add_working_time(self, moment: datetime, amount: timedelta) -> datetime:
        """The moment by which so much office time has gone by."""
        day, left = self.local_day(moment), amount
        for _ in range(_REACH):
            if self.working(day):
                for opens, closes in self.hours:
                    start, end = max(self.moment(day, opens), moment), self.moment(day, closes)
                    if start < end:
                        if left <= end - start:
                            return start + left
                        left -= end - start
            day += _DAY
        raise ValueError("so much working time does not fit into ten years")

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How much office time lies between two moments."""
        day, last, total = self.local_day(start), self.local_day(end), timedelta()
        while day <= last:
            if self.working(day):
                for opens, closes in self.hours:
                    first, until = max(self.moment(day, opens), start), min(self.moment(day, closes), end)
                    if first < until:
                        total += until - first
            day += _DAY
        return total

    def add_months(self, moment: datetime, months: int) -> datetime:
        """The same local time so many months on; the last day of a shorter month."""
        local = moment.astimezone(self.zone)
        index = local.year * 12 + local.month - 1 + months
        year, month = divmod(index, 12)
        following = date(year + 1, 1, 1) if month == 11 else date(year, month + 2, 1)
        day = min(local.day, (following - _DAY).day)
        return datetime.combine(date(year, month + 1, day), local.timetz()).astimezone(UTC)

    def period(self, moment: datetime, kind: PeriodKind) -> Period:
        """The period in which a moment lies."""
        day = self.local_day(moment)
        known = self._periods.get((day, kind))
        if known is None:
            known = self._periods[day, kind] = self._period(day, kind)
        return known

    def _period(self, day: date, kind: PeriodKind) -> Period:
        if kind == "day":
            start, end, label = day, day + _DAY, day.isoformat()
        elif kind == "week":
            start = day - timedelta(days=day.weekday())
            end, label = start + timedelta(days=7), f"{day:%G-W%V}"
        elif kind == "month":
            start, end, label = day.replace(day=1), _first_of(day.year, day.month + 1), f"{day:%Y-%m}"
        elif kind == "quarter":
            first = (day.month - 1) // 3 * 3 + 1
            start, end = date(day.year, first, 1), _first_of(day.year, first + 3)
            label = f"{day.year}-Q{(first + 2) // 3}"
        else:
            start, end, label = date(day.year, 1, 1), date(day.year + 1, 1, 1), str(day.year)
        return Period(label, self.moment(start, time()), self.moment(end, time()))


def _first_of(year: int, month: int) -> date:
    return date(year + 1, month - 12, 1) if month > 12 else date(year, month, 1)


def calendar_from(loads: Sequence[Mapping[str, Any]], zone: tzinfo) -> Calendar:
    """The calendar that these ``calendar.loaded`` data make, the later ones replacing whole years of the earlier.

    Each holds ``seq``, ``year``, ``published``, ``days`` (ISO date to ``work`` or ``rest``) and ``hours``
    (pairs of ``HH:MM``; empty: as before).
    """
    days: dict[date, bool] = {}
    published: set[int] = set()
    hours: tuple[tuple[time, time], ...] = OFFICE_HOURS
    seq = 0
    for load in loads:
        year, seq = int(load["year"]), int(load["seq"])
        days = {day: works for day, works in days.items() if day.year != year}
        days.update((date.fromisoformat(day), kind == "work") for day, kind in load["days"].items())
        (published.add if load["published"] else published.discard)(year)
        if load["hours"]:
            hours = tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in load["hours"])
    return Calendar(zone, days, frozenset(published), hours, seq)
