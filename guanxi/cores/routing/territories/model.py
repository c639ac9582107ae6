"""Territories as plain data: customers, people, barriers, what is wanted, and the division that comes out.

Positions are metres on a plane, or longitude and latitude in degrees (`Problem.coordinates`); minutes and visits are
those of one period of `period_days` working days.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from guanxi.cores.routing.saying import Said, Unusable

Coordinates = Literal["plane", "lonlat"]
Position = tuple[float, float]

FAR_DEGREES = 90.0
"""Customers of one problem lie within so many degrees of longitude; the projection is of no use beyond."""
NAMED = 20
"""So many faults are told one by one, the rest is counted."""


class ProblemError(Unusable):
    """The problem cannot be read as one; `said` names each place and what is wrong with it."""

    def __str__(self) -> str:
        more = len(self.said) - NAMED
        told = [one.en for one in self.said[:NAMED]]
        return "\n".join([*told, f"… and {more} more"] if more > 0 else told)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer to be given to somebody.

    visits: in the period, each of `minutes`. district: customers of a district that is to stay whole go to one person.
    owner: id of the person who has the customer now; None for nobody.
    """

    id: str
    x: float
    y: float
    minutes: float = 30.0
    visits: float = 1.0
    district: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who gets a territory.

    x, y: where the person's days begin and end; without them, in the middle of the territory. share: of the work, 0.5
    for somebody who works half of the time.
    """

    id: str
    x: float | None = None
    y: float | None = None
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Barrier:
    """A line that nobody crosses: a river, a railway. A bridge is a gap between the ends of two lines, each the nearest
    to the other, at most `Problem.bridge_metres` wide."""

    id: str
    line: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be divided, among whom, and what is wanted.

    whole_districts: those that go to one person (True: all of them). spread: most of (largest workload - smallest) /
    mean, each workload taken per share. The rest are the weights of the goal, all in minutes of a period, and what the
    travel is estimated with (`estimate.py`): change_minutes for each customer who changes hands; compactness for each
    minute that a territory is spread about its own middle, beside the way from home; border_minutes for each pair of
    neighbours that a border parts; link_minutes for each pair joined across a barrier within one territory.
    """

    customers: tuple[Customer, ...]
    people: tuple[Person, ...]
    barriers: tuple[Barrier, ...] = ()
    whole_districts: frozenset[str] | bool = frozenset()
    coordinates: Coordinates = "plane"
    spread: float = 0.05
    period_days: float = 20.0
    day_minutes: float = 480.0
    metres_per_minute: float = 400.0
    bridge_metres: float = 500.0
    detour: float = 1.3
    change_minutes: float = 5.0
    compactness: float = 0.5
    border_minutes: float = 0.2
    link_minutes: float = 60.0

    def is_whole(self, district: str | None) -> bool:
        """Whether a district goes to one person."""
        if district is None or isinstance(self.whole_districts, bool):
            return district is not None and bool(self.whole_districts)
        return district in self.whole_districts


@dataclass(frozen=True, slots=True)
class Territory:
    """One person's territory.

    Minutes of the period: visit_minutes at the customers, leg_minutes from each to the next, way_minutes from home and
    back; workload is their sum. days: workload in days of `day_minutes`. home: where the days begin (the territory's
    middle for a person without one). came, went: customers taken over, and given up, against the division in force.
    pieces: connected parts (1 unless something made that impossible). roundness: 1 for a disc, lower the longer it is
    stretched. area_km2, polygons: rings of positions, the first of each the outline (anticlockwise), the others holes.
    """

    person: str
    customers: tuple[str, ...]
    visits: float
    visit_minutes: float
    leg_minutes: float
    way_minutes: float
    workload: float
    days: float
    home: Position
    came: int
    went: int
    pieces: int
    roundness: float
    area_km2: float
    polygons: tuple[tuple[tuple[Position, ...], ...], ...] = field(repr=False, default=())

    @property
    def travel_minutes(self) -> float:
        return self.leg_minutes + self.way_minutes


@dataclass(frozen=True, slots=True)
class Division:
    """The answer: territories in the order of the people; messages say what could not be had, and by how much (messages_zh
    in Chinese).

    links: pairs of customers joined across a barrier because nothing else joins them. spread: as in the problem.
    goal: minutes, the lower the better (travel and the weights of the problem). changes: customers in other hands.
    """

    territories: tuple[Territory, ...]
    spread: float
    travel_minutes: float
    changes: int
    goal: float
    links: tuple[tuple[str, str], ...] = ()
    messages: tuple[str, ...] = ()
    messages_zh: tuple[str, ...] = ()

    def owners(self) -> dict[str, str]:
        """Person by customer."""
        return {customer: t.person for t in self.territories for customer in t.customers}


def faults(problem: Problem) -> list[Said]:
    """Whatever makes it no problem, each with its place; empty for a sound one."""
    return [*_numbers(problem), *_people(problem), *_customers(problem), *_barriers(problem)]


def _finite(*values: float) -> bool:
    return all(isinstance(v, int | float) and math.isfinite(v) for v in values)


def _numbers(problem: Problem) -> Iterator[Said]:
    for name in ("period_days", "day_minutes", "metres_per_minute", "detour"):
        value = getattr(problem, name)
        if not _finite(value) or value <= 0:
            yield Said(f"{name}：{value}，要大于 0", f"{name}: {value}, must be above 0")
    for name in (
        "spread",
        "bridge_metres",
        "change_minutes",
        "compactness",
        "border_minutes",
        "link_minutes",
    ):
        value = getattr(problem, name)
        if not _finite(value) or value < 0:
            yield Said(f"{name}：{value}，不能小于 0", f"{name}: {value}, must be 0 or more")
    if problem.coordinates not in ("plane", "lonlat"):
        yield Said(
            f"coordinates：{problem.coordinates}，应为 plane 或 lonlat",
            f"coordinates: {problem.coordinates}, must be plane or lonlat",
        )


def _people(problem: Problem) -> Iterator[Said]:
    if not problem.people:
        yield Said("people：一个人也没有", "people: there are none")
    people, customers = len(problem.people), len(problem.customers)
    if customers and people > customers:
        yield Said(
            f"people：{people} 个人，客户只有 {customers} 个；一个区域至少有一个客户，请去掉 {people - customers} 个人",
            f"people: {people} for {customers} customers; a territory has one customer at least, so leave out "
            f"{people - customers}",
        )
    seen: set[str] = set()
    for person in problem.people:
        place = Said(f"人员 {person.id}", f"person {person.id}")
        if person.id in seen:
            yield _twice(place)
        seen.add(person.id)
        if not _finite(person.share) or person.share <= 0:
            yield Said(
                f"{place.zh}：share 是 {person.share}，要大于 0",
                f"{place.en}: share is {person.share}, must be above 0",
            )
        if (person.x is None) != (person.y is None):
            yield Said(f"{place.zh}：只有一个坐标", f"{place.en}: has one coordinate only")
        elif person.x is not None and person.y is not None:
            yield from _position(place, person.x, person.y, problem.coordinates)


def _twice(place: Said) -> Said:
    return Said(f"{place.zh}：出现了两次", f"{place.en}: there twice")


def _customers(problem: Problem) -> Iterator[Said]:
    if not problem.customers:
        yield Said("customers：一个客户也没有", "customers: there are none")
    known = {person.id for person in problem.people}
    seen: set[str] = set()
    sound = True
    for customer in problem.customers:
        place = Said(f"客户 {customer.id}", f"customer {customer.id}")
        if customer.id in seen:
            yield _twice(place)
        seen.add(customer.id)
        for wrong in _position(place, customer.x, customer.y, problem.coordinates):
            sound = False
            yield wrong
        for name in ("minutes", "visits"):
            value = getattr(customer, name)
            if not _finite(value) or value < 0:
                yield Said(
                    f"{place.zh}：{name} 是 {value}，不能小于 0",
                    f"{place.en}: {name} is {value}, must be 0 or more",
                )
        if customer.owner is not None and customer.owner not in known:
            yield Said(
                f"{place.zh}：people 里没有 owner {customer.owner}；不属于任何人就不写 owner",
                f"{place.en}: owner {customer.owner} is none of the people; leave the owner out for nobody",
            )
    if sound and problem.customers and problem.coordinates == "lonlat":
        yield from _together(problem.customers)
    if not isinstance(problem.whole_districts, bool):
        there = {customer.district for customer in problem.customers}
        for name in sorted(problem.whole_districts - there):
            yield Said(
                f"whole_districts：片区 {name} 里没有客户", f"whole_districts: no customer is in {name}"
            )


def _together(customers: tuple[Customer, ...]) -> Iterator[Said]:
    """Whoever lies on another side of the world than most: axes swapped, a sign lost."""
    middle = sorted(c.x for c in customers)[len(customers) // 2]
    for customer in customers:
        far = abs((customer.x - middle + 180) % 360 - 180)
        if far > FAR_DEGREES:
            yield Said(
                f"客户 {customer.id}：在经度 {customer.x}，距全体的中间（{middle}）{far:.0f} 度；经度和纬度是否写反了？",
                f"customer {customer.id}: at longitude {customer.x}, {far:.0f} degrees from the middle of all "
                f"({middle}); are longitude and latitude swapped?",
            )


def _position(place: Said, x: float, y: float, coordinates: str) -> Iterator[Said]:
    if not _finite(x, y):
        yield Said(f"{place.zh}：位置 {x}, {y} 不是数", f"{place.en}: position {x}, {y} is no number")
    elif coordinates == "lonlat":
        if not -180 <= x <= 180 or not -89 <= y <= 89:
            what = Said(
                f"{place.zh}：没有经度 {x}、纬度 {y} 这个地方",
                f"{place.en}: longitude {x}, latitude {y} is no place",
            )
            if -180 <= y <= 180 and -89 <= x <= 89:
                what = Said(f"{what.zh}；经度和纬度写反了", f"{what.en}; longitude and latitude are swapped")
            yield what
        elif x == 0 and y == 0:
            yield Said(
                f"{place.zh}：经度 0、纬度 0 在海里：没有填位置",
                f"{place.en}: longitude 0, latitude 0 is in the sea: the position is missing",
            )
    elif abs(x) > 1e8 or abs(y) > 1e8:
        yield Said(
            f"{place.zh}：位置 {x}, {y} 在 100,000 公里以外",
            f"{place.en}: position {x}, {y} is more than 100,000 km away",
        )


def _barriers(problem: Problem) -> Iterator[Said]:
    for barrier in problem.barriers:
        place = Said(f"阻隔 {barrier.id}", f"barrier {barrier.id}")
        if len(barrier.line) < 2:
            yield Said(f"{place.zh}：一条线至少有两个位置", f"{place.en}: a line has two positions at least")
        for x, y in barrier.line:
            yield from _position(place, x, y, problem.coordinates)
