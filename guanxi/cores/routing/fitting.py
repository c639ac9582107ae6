"""How a visit fits into a day that is planned already: what it would cost, or which limits it would break, by how much."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from guanxi.cores.routing.lowering import legs_of
from guanxi.cores.routing.model import Customer, Person, Problem, Workday
from guanxi.cores.routing.plan import Limit, Route
from guanxi.cores.routing.schedule import Leg, best_times
from guanxi.cores.routing.travel import Roads

POSITIONS = 6
"""Places in a day that are tried: those with the shortest detours."""
TIME_LIMITS: tuple[Limit, ...] = ("hours", "duration", "period")


@dataclass(frozen=True, slots=True)
class Fit:
    """A visit put into a day at a position. `over`: by how much each limit would be broken (minutes, load, stops);
    `cost`: what travel would cost more; `more`: the minutes that the day would be longer. It fits where nothing is over."""

    person: Person
    workday: Workday
    position: int
    over: dict[Limit, float]
    cost: float
    more: float = 0.0

    @property
    def overtime(self) -> float:
        """Minutes that would make room, where time is all that lacks."""
        return max((self.over.get(limit, 0.0) for limit in TIME_LIMITS), default=0.0)

    @property
    def only_time(self) -> bool:
        """Whether nothing but working time lacks."""
        return all(limit in TIME_LIMITS for limit in self.over)

    @property
    def rank(self) -> tuple[float, ...]:
        """The better fit first: fewer kinds of limits broken, by less, at less cost."""
        others = sum(1 for limit in self.over if limit not in TIME_LIMITS)
        return (others, bool(self.over), sum(self.over.values()), self.cost)


@dataclass
class Room:
    """The days of a plan, into which visits may be put. `add` does so."""

    problem: Problem
    roads: Roads
    days: dict[tuple[str, int], list[Customer]] = field(default_factory=dict)
    duty: dict[tuple[str, int], float] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, routes: Iterable[Route], roads: Roads | None = None) -> Room:
        """The room that a plan's routes leave."""
        room = cls(problem, roads or Roads(problem))
        customers = {customer.id: customer for customer in problem.customers}
        for route in routes:
            room.days[route.person, route.day] = [customers[stop.customer] for stop in route.stops]
            room.duty[route.person, route.day] = route.minutes
        return room

    def workdays(self, people: Iterable[Person] | None = None) -> Iterator[tuple[Person, Workday]]:
        """All days of the people (default: everybody)."""
        for person in self.problem.people if people is None else people:
            for workday in person.workdays:
                yield person, workday

    def detours(self, customer: Customer, workdays: Sequence[tuple[Person, Workday]]) -> list[float]:
        """The least minutes that a visit would add to each day's travel, by travel alone; infinite where no way leads."""
        row = self.roads.row
        found = [math.inf] * len(workdays)
        by_mode: dict[str, list[int]] = {}
        for number, (_, workday) in enumerate(workdays):
            by_mode.setdefault(workday.mode, []).append(number)
        here = row[customer.place]
        for mode, numbers in by_mode.items():
            start, end, which = [], [], []
            for number in numbers:
                person, workday = workdays[number]
                stops = self.days.get((person.id, workday.day), [])
                rows = [row[workday.start], *(row[c.place] for c in stops), row[workday.end]]
                start += rows[:-1]
                end += rows[1:]
                which += [number] * (len(rows) - 1)
            a, b = np.array(start, np.int64), np.array(end, np.int64)
            c = np.full(len(a), here, np.int64)
            there, on, direct = (self.roads.between(mode, *pair)[0] for pair in ((a, c), (c, b), (a, b)))
            least = np.full(len(workdays), math.inf)
            possible = np.isfinite(there + on) & np.isfinite(direct)
            longer = np.full(len(a), math.inf)
            longer[possible] = (there + on)[possible] - direct[possible]
            np.minimum.at(least, np.array(which), longer)
            for number in numbers:
                found[number] = float(least[number])
        return found

    def best(self, customer: Customer, person: Person, workday: Workday) -> Fit | None:
        """The best position in a day; None where no way leads there."""
        stops = self.days.get((person.id, workday.day), [])
        rows = np.array(
            [self.roads.row[p] for p in (workday.start, *(c.place for c in stops), workday.end)], np.int64
        )
        here = np.full(len(rows) - 1, self.roads.row[customer.place], np.int64)
        pairs = ((rows[:-1], here), (here, rows[1:]), (rows[:-1], rows[1:]))
        tables = [self.roads.between(workday.mode, *pair) for pair in pairs]
        prices = [self.roads.price(workday.mode, *table) for table in tables]
        minutes = tables[0][0] + tables[1][0]
        usable = np.flatnonzero(np.isfinite(prices[0] + prices[1]))
        if not len(usable):
            return None
        more = prices[0] + prices[1] - np.where(np.isfinite(prices[2]), prices[2], 0.0)
        ready = 0.0 if stops else self.roads.modes[workday.mode].cost_a_day
        direct = tables[2][0][usable]
        detour = minutes[usable] - np.where(np.isfinite(direct), direct, 0.0)
        tried = [
            self.fit(customer, person, workday, int(position), float(more[position]) + ready)
            for position in usable[np.argsort(detour, kind="stable")][:POSITIONS]
        ]
        return min(tried, key=lambda fit: fit.rank)

    def fit(self, customer: Customer, person: Person, workday: Workday, position: int, cost: float) -> Fit:
        """What putting the visit there would break."""
        day = self.days.get((person.id, workday.day), [])
        stops = [*day[:position], customer, *day[position:]]
        over: dict[Limit, float] = {}
        _over(over, "capacity", sum(c.load for c in stops), workday.capacity)
        _over(over, "stops", len(stops), workday.most_stops)
        legs, back, _, _ = legs_of(self.problem, self.roads, workday, stops)
        times = best_times(legs, back, workday.earliest, math.inf, 1e-6)
        if times is None:
            over["window"] = _lateness(legs, workday.earliest)
            _over(over, "hours", _end(legs, back, workday.earliest), workday.latest)
        else:
            _over(over, "hours", times.back, workday.latest)
            _over(over, "duration", times.minutes, workday.most_minutes)
            if person.most_minutes is not None:
                others = sum(
                    self.duty.get((person.id, w.day), 0.0) for w in person.workdays if w.day != workday.day
                )
                _over(over, "period", others + times.minutes, person.most_minutes)
        now = self.duty.get((person.id, workday.day), 0.0)
        more = times.minutes - now if times else _end(legs, back, workday.earliest) - workday.earliest - now
        return Fit(person, workday, position, over, cost, more)

    def beyond_period(self, fits: Sequence[Fit]) -> float:
        """By how much all of the fits together would break somebody's limit of the period, in minutes; 0 where none."""
        worst = 0.0
        for person in {fit.person.id: fit.person for fit in fits}.values():
            if person.most_minutes is not None:
                now = sum(self.duty.get((person.id, w.day), 0.0) for w in person.workdays)
                more = sum(fit.more for fit in fits if fit.person.id == person.id)
                worst = max(worst, now + more - person.most_minutes)
        return worst if worst > 1e-6 else 0.0

    def add(self, customer: Customer, fit: Fit) -> None:
        """Put the visit in."""
        key = (fit.person.id, fit.workday.day)
        self.days.setdefault(key, []).insert(fit.position, customer)
        legs, back, _, _ = legs_of(self.problem, self.roads, fit.workday, self.days[key])
        times = best_times(legs, back, fit.workday.earliest, math.inf, 1e-6)
        self.duty[key] = times.minutes if times else math.inf


def _over(over: dict[Limit, float], limit: Limit, value: float, most: float | None) -> None:
    if most is not None and value > most + 1e-6:
        over[limit] = value - most


def _lateness(legs: Sequence[Leg], now: float) -> float:
    """The most minutes that a visit begins after its last window closes, if nobody minds."""
    worst = 0.0
    for leg in legs:
        now, late = _begin(leg, now + leg.way)
        worst, now = max(worst, late), now + leg.minutes
    return worst


def _end(legs: Sequence[Leg], back: float, now: float) -> float:
    for leg in legs:
        now = _begin(leg, now + leg.way)[0] + leg.minutes
    return now + back


def _begin(leg: Leg, arrival: float) -> tuple[float, float]:
    """When the visit begins, late where it must, and how late."""
    for earliest, latest in leg.windows:
        if arrival <= latest:
            return max(arrival, earliest), 0.0
    return arrival, arrival - leg.windows[-1][1] if leg.windows else 0.0
