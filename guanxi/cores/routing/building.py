"""A friendly way to write a problem in Python.

    team = Building(days=10, first=date(2026, 3, 2), coordinates="lonlat")
    team.mode("car", metres_per_minute=500, detour=1.3)
    team.person("王芳", at=(121.47, 31.23), hours=("08:30", "17:30")).absent(3).half_day(5, until="12:00")
    team.customer("新华书店", at=(121.48, 31.24), minutes=30, visits=2, least_days_between=4, hours=["09:00-12:00"])
    problem = team.problem()

Times of day are minutes after midnight or "09:30"; places are ids, or positions, of which places are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from guanxi.cores.routing.faults import Fault, ProblemError, ensure_sound
from guanxi.cores.routing.forms import clock_minutes
from guanxi.cores.routing.model import (
    Barrier,
    Coordinates,
    Customer,
    District,
    FixedVisit,
    Goal,
    Mode,
    Period,
    Person,
    Place,
    Problem,
    Travel,
    Window,
    Workday,
)
from guanxi.cores.routing.saying import Said

Time = float | str
Spot = str | tuple[float, float]
TIME = Said("时刻", "time")


def minute(time: Time, where: Said = TIME) -> float:
    """Minutes after midnight. Raises ProblemError."""
    if not isinstance(time, str):
        return float(time)
    found = clock_minutes(time)
    if found is None:
        what = Said(f"“{time}”不是时刻，要写成 09:30 这样", f"'{time}' is no time of day such as 09:30")
        raise ProblemError([Fault(where, what)])
    return found


@dataclass
class Building:
    """A problem that is being written. `person` and `customer` add one; `problem` gives the whole, sound."""

    days: int
    first: date | None = None
    coordinates: Coordinates = "plane"
    goal: Goal = field(default_factory=Goal)
    modes: list[Mode] = field(default_factory=list)
    people: list[PersonBuilding] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    barriers: list[Barrier] = field(default_factory=list)
    districts: list[District] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    @property
    def period(self) -> Period:
        return Period(self.days, self.first)

    def place(self, id: str, at: tuple[float, float] | None = None, district: str | None = None) -> str:
        """A place by itself; without a position where matrices say how one travels."""
        x, y = at if at is not None else (None, None)
        self.places[id] = Place(id, x, y, district)
        return id

    def mode(self, id: str, **fields: Any) -> Mode:
        """A way of travelling; the first is what people travel by who name no other."""
        self.modes.append(Mode(id, **fields))
        return self.modes[-1]

    def district(self, id: str, penalty: float | None = None) -> str:
        """Places that belong together."""
        self.districts.append(District(id, penalty))
        return id

    def barrier(self, id: str, line: Iterable[tuple[float, float]], **fields: Any) -> None:
        """A river or railway."""
        self.barriers.append(Barrier(id, tuple(line), **fields))

    def person(
        self,
        id: str,
        at: Spot,
        hours: tuple[Time, Time] = ("09:00", "17:00"),
        weekdays: Iterable[int] = (1, 2, 3, 4, 5),
        mode: str | None = None,
        end: Spot | None = None,
        most_minutes: float | None = None,
        **day: Any,
    ) -> PersonBuilding:
        """Somebody who works from `at` to `end` (default: the same) on these weekdays; `day` are further fields of
        `Workday`. What is returned changes single days."""
        start = self._spot(f"home of {id}", at)
        stop = start if end is None else self._spot(f"end of {id}", end)
        known = mode or (self.modes[0].id if self.modes else self.mode("car").id)
        where = Said(f"人员“{id}”", f"person '{id}'")
        early, late = minute(hours[0], where), minute(hours[1], where)
        chosen = set(weekdays)
        workdays = {
            d: Workday(d, start, stop, known, early, late, **day)
            for d in range(1, self.days + 1)
            if self.period.weekday(d) in chosen
        }
        self.people.append(PersonBuilding(self, Person(id, (), most_minutes=most_minutes), workdays))
        return self.people[-1]

    def customer(
        self,
        id: str,
        at: Spot,
        minutes: float,
        hours: Sequence[str] = (),
        district: str | None = None,
        patterns: Iterable[Iterable[int]] = (),
        fixed: Iterable[FixedVisit] = (),
        **fields: Any,
    ) -> Customer:
        """A customer; within `hours` ("09:00-12:00") the whole visit lies. Further fields are those of `Customer`."""
        windows = list(fields.pop("windows", ()))
        for span in hours:
            begin, _, end = span.partition("-")
            where = Said(f"客户“{id}”", f"customer '{id}'")
            windows.append(Window(minute(begin.strip(), where), minute(end.strip(), where) - minutes))
        for name in ("skills", "no_go_days"):
            fields[name] = frozenset(fields.get(name, ()))
        if fields.get("weekdays") is not None:
            fields["weekdays"] = frozenset(fields["weekdays"])
        made = Customer(
            id,
            self._spot(id, at, district),
            minutes,
            windows=tuple(windows),
            patterns=tuple(frozenset(pattern) for pattern in patterns),
            fixed=tuple(fixed),
            **fields,
        )
        self.customers.append(made)
        return made

    def problem(self) -> Problem:
        """The whole. Raises ProblemError with all its faults."""
        made = Problem(
            period=self.period,
            places=tuple(self.places.values()),
            people=tuple(person.made() for person in self.people),
            customers=tuple(self.customers),
            travel=Travel(tuple(self.modes or [Mode("car")]), self.coordinates, tuple(self.barriers)),
            districts=tuple(self.districts),
            goal=self.goal,
        )
        ensure_sound(made)
        return made

    def _spot(self, id: str, at: Spot, district: str | None = None) -> str:
        return at if isinstance(at, str) else self.place(id, at, district)


@dataclass
class PersonBuilding:
    """A person whose days can still be changed; each call gives the person back."""

    whole: Building
    person: Person
    workdays: dict[int, Workday]

    def absent(self, *days: int) -> PersonBuilding:
        """Not there on these days."""
        for day in days:
            self.workdays.pop(day, None)
        return self

    def half_day(self, day: int, since: Time | None = None, until: Time | None = None) -> PersonBuilding:
        """A day that begins later or ends earlier."""
        workday = self.workdays[day]
        if since is not None:
            workday = replace(workday, earliest=minute(since))
        if until is not None:
            workday = replace(workday, latest=minute(until))
        self.workdays[day] = workday
        return self

    def night_away(self, day: int, at: Spot) -> PersonBuilding:
        """After this day the person sleeps there, and begins the next working day there."""
        bed = self.whole._spot(f"night {day} of {self.person.id}", at)
        self.workdays[day] = replace(self.workdays[day], end=bed)
        following = min((d for d in self.workdays if d > day), default=None)
        if following is not None:
            self.workdays[following] = replace(self.workdays[following], start=bed)
        return self

    def on(self, day: int, **fields: Any) -> PersonBuilding:
        """Other fields of `Workday` on one day: mode, start, end, most_minutes, capacity …"""
        self.workdays[day] = replace(self.workdays[day], **fields)
        return self

    def able(self, *skills: str) -> PersonBuilding:
        """Has these skills."""
        self.person = replace(self.person, skills=self.person.skills | set(skills))
        return self

    def owns(self, *customers: str, only: bool = False) -> PersonBuilding:
        """These customers are theirs; with `only`, they visit no others."""
        self.person = replace(self.person, territory=self.person.territory | set(customers), only_own=only)
        return self

    def made(self) -> Person:
        """The person with all days."""
        return replace(self.person, workdays=tuple(self.workdays[day] for day in sorted(self.workdays)))
