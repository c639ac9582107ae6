"""From the problem to the arrays that the search works on, and from its routes back to a plan.

What the arrays cannot say is said here in their words: distances between visits become sets of days with costs (uneven
weekdays, days other than before), opening hours rows of windows for each customer and day, skills, territories and
required people an infinite penalty for all others, a district its customers' common group.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from guanxi.cores.routing.days import needed_weekdays, patterns
from guanxi.cores.routing.instance import ALWAYS, MATRIX_LIMIT, Instance, instance
from guanxi.cores.routing.model import MINUTES_A_DAY, Customer, Person, Problem, Workday
from guanxi.cores.routing.plan import Plan, Route, Stop
from guanxi.cores.routing.schedule import Leg, best_times
from guanxi.cores.routing.travel import Roads

RULE = 1e7
"""The price of each person more in a district that is to be kept whole."""
SLIP = 1e-6
"""Minutes by which sums of floating point numbers may differ."""
SLIP_BY_POSITION = 0.01
"""The same where the search has positions in single precision."""


@dataclass(frozen=True)
class Lowered:
    """The arrays and what is needed to read an answer: slot s is `workdays[s]` of `people[owner[s]]`."""

    problem: Problem
    roads: Roads
    made: Instance
    slots: tuple[tuple[Person, Workday], ...]

    @property
    def slip(self) -> float:
        """Minutes by which the search's times may differ from those computed here."""
        return SLIP_BY_POSITION if self.made.by_position else SLIP


@dataclass(frozen=True)
class Before:
    """What the plan before says of a customer: its days and its people."""

    days: frozenset[int]
    people: frozenset[str]


def before(old: Plan | None) -> dict[str, Before]:
    """By customer."""
    if old is None:
        return {}
    days: dict[str, set[int]] = {}
    people: dict[str, set[str]] = {}
    for route in old.routes:
        for stop in route.stops:
            days.setdefault(stop.customer, set()).add(route.day)
            people.setdefault(stop.customer, set()).add(route.person)
    return {id: Before(frozenset(days[id]), frozenset(people[id])) for id in days}


def owners(problem: Problem) -> dict[str, str]:
    """Whose territory a customer is in, by customer."""
    return {id: person.id for person in problem.people for id in person.territory}


def may_visit(person: Person, customer: Customer, owner: str | None) -> bool:
    """Whether rules (not time) let the person visit: skills, required person, territory."""
    return (
        customer.skills <= person.skills
        and customer.required_person in (None, person.id)
        and owner in (None, person.id)
        and (owner is not None or not person.only_own)
    )


Windows = tuple[tuple[float, float], ...]


def windows_by_day(customer: Customer, problem: Problem, days: Iterable[int]) -> dict[int, Windows]:
    """When a visit may begin on those of the days on which one is possible, in order of time and without overlap; () = at
    any time. A fixed visit is possible on its day whatever the rest says."""
    fixed = {visit.day: visit for visit in customer.fixed}
    by_weekday: dict[int, Windows | None] = {}
    found: dict[int, Windows] = {}
    for day in days:
        if day in fixed:
            found[day] = windows_on(customer, problem, day)
            continue
        weekday = problem.period.weekday(day)
        if weekday not in by_weekday:
            closed = customer.weekdays is not None and weekday not in customer.weekdays
            by_weekday[weekday] = None if closed else opening(customer, weekday)
        windows = by_weekday[weekday]
        if windows is not None and day not in customer.no_go_days:
            found[day] = windows
    return found


def windows_on(customer: Customer, problem: Problem, day: int) -> Windows:
    """When a visit that is planned for that day may begin; () = at any time."""
    for visit in customer.fixed:
        if visit.day == day and visit.start is not None:
            return ((visit.start, visit.start),)
    return opening(customer, problem.period.weekday(day)) or ()


def opening(customer: Customer, weekday: int) -> Windows | None:
    """The windows of a weekday, merged; () = any time, None = closed."""
    if not customer.windows:
        return ()
    given = sorted(
        (w.earliest, w.latest)
        for w in customer.windows
        if w.weekday in (None, weekday) and w.latest >= w.earliest
    )
    merged: list[tuple[float, float]] = []
    for earliest, latest in given:
        if merged and earliest <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(latest, merged[-1][1]))
        else:
            merged.append((earliest, latest))
    return tuple(merged) or None


def lower(
    problem: Problem,
    old: Plan | None = None,
    fewer: Collection[str] = (),
    only: dict[str, Collection[str]] | None = None,
    change: float | None = None,
) -> Lowered:
    """The arrays of a sound problem. `old`: the plan before, to which changes are counted, each at `change` (default:
    the goal's). `fewer`: customers for whom fewer visits than are due are better than none. `only`: by customer, the
    people that the search may choose among, where not all."""
    roads = Roads(problem)
    slots = tuple((person, workday) for person in problem.people for workday in person.workdays)
    ends = list(dict.fromkeys(place for _, w in slots for place in (w.start, w.end)))
    n = len(problem.customers)
    node = {place: n + number for number, place in enumerate(ends)}
    rows = np.array([roads.row[p] for p in [*(c.place for c in problem.customers), *ends]], np.int64)
    modes = list(dict.fromkeys(w.mode for _, w in slots)) or [problem.travel.modes[0].id]
    mode_number = {mode: number for number, mode in enumerate(modes)}
    person_number = {person.id: number for number, person in enumerate(problem.people)}
    fields: dict[str, Any] = dict(
        days=problem.period.days,
        service=[c.minutes for c in problem.customers],
        load=[c.load for c in problem.customers],
        visits=[c.visits for c in problem.customers],
        slot_day=[w.day - 1 for _, w in slots],
        slot_owner=[person_number[p.id] for p, _ in slots],
        slot_mode=[mode_number[w.mode] for _, w in slots],
        slot_start=[node[w.start] for _, w in slots],
        slot_end=[node[w.end] for _, w in slots],
        slot_early=[w.earliest for _, w in slots],
        slot_late=[w.latest for _, w in slots],
        slot_most=[_any(w.most_minutes) for _, w in slots],
        slot_capacity=[_any(w.capacity) for _, w in slots],
        slot_stops=[n if w.most_stops is None else min(w.most_stops, n) for _, w in slots],
        slot_price=[roads.modes[w.mode].cost_a_day for _, w in slots],
        slot_minute_price=[problem.goal.minute_on_duty] * len(slots),
        owner_most=[_any(p.most_minutes) for p in problem.people],
        owner_available=[available(p) for p in problem.people],
        balance_price=problem.goal.balance,
    )
    fields |= _travel(roads, modes, rows)
    fields |= _customers(problem, slots, before(old), frozenset(fewer), only or {}, change)
    return Lowered(problem, roads, instance(**fields), slots)


def _any(limit: float | None) -> float:
    return math.inf if limit is None else limit


def available(person: Person) -> float:
    """Minutes that a person has in the period; at least one, so that shares can be taken."""
    days = (min(w.latest - w.earliest, _any(w.most_minutes), MINUTES_A_DAY) for w in person.workdays)
    return max(1.0, min(sum(max(0.0, minutes) for minutes in days), _any(person.most_minutes)))


def needs_matrices(problem: Problem) -> bool:
    """Whether travel is more than straight lines, so that all trips have to be written down."""
    modes = problem.travel.modes
    return bool(problem.travel.barriers) or any(m.matrix is not None or m.function is not None for m in modes)


def nodes(problem: Problem) -> int:
    """How many nodes the search has: customers, and places where days begin or end."""
    ends = {place for person in problem.people for w in person.workdays for place in (w.start, w.end)}
    return len(problem.customers) + len(ends)


def _travel(roads: Roads, modes: Sequence[str], rows: np.ndarray) -> dict[str, object]:
    used = [roads.modes[mode] for mode in modes]
    position = roads.plane[rows]
    simple = not roads.barriers and all(m.matrix is None and m.function is None for m in used)
    if simple and len(rows) > MATRIX_LIMIT:
        return dict(
            position=position - np.mean(position, axis=0),
            mode_minutes=[m.detour / m.metres_per_minute for m in used],
            mode_cost=[m.detour * (m.cost_per_metre + m.cost_per_minute / m.metres_per_minute) for m in used],
            # One zone: the surcharge is for every trip. Modes share the largest: times are then on the safe side.
            zone_minutes=[[max(m.minutes_a_trip for m in used)]],
            zone_cost=[[max(m.minutes_a_trip * m.cost_per_minute for m in used)]],
        )
    minutes, cost = [], []
    for mode in modes:
        table = roads.matrices(mode, rows)
        cost.append(roads.price(mode, *table))
        minutes.append(np.where(np.isfinite(cost[-1]), table[0], math.inf))
    return dict(minutes=np.array(minutes), cost=np.array(cost), position=np.nan_to_num(position, nan=0.0))


def _customers(
    problem: Problem,
    slots: Sequence[tuple[Person, Workday]],
    was: dict[str, Before],
    fewer: frozenset[str],
    only: dict[str, Collection[str]],
    change: float | None,
) -> dict[str, object]:
    """The fields about customers; lists of patterns and rows of windows are shared where they are alike."""
    goal, days, people = problem.goal, problem.period.days, problem.people
    n = len(problem.customers)
    change = goal.change if change is None else change
    territory = owners(problem)
    slot_of = {(person.id, w.day): number for number, (person, w) in enumerate(slots)}
    works = [frozenset(w.day for w in person.workdays) for person in people]
    penalty = np.zeros((n, len(people)), np.float32)
    visit_slot, window_row = np.full((n, days), -1), np.full((n, days), -1)
    rows = _Lists([ALWAYS])
    lists: dict[object, int] = {}
    start: list[int] = [0]
    masks: list[int] = []
    costs: list[float] = []
    missed: list[int] = []
    which: list[int] = []
    for i, customer in enumerate(problem.customers):
        here = was.get(customer.id)
        allowed_people = only.get(customer.id)
        for p, person in enumerate(people):
            if not may_visit(person, customer, territory.get(customer.id)) or (
                allowed_people is not None and person.id not in allowed_people
            ):
                penalty[i, p] = math.inf
                continue
            if customer.preferred_person not in (None, person.id):
                penalty[i, p] += goal.preferred_person
            if here is not None and person.id not in here.people:
                penalty[i, p] += change
        free = frozenset().union(*(works[p] for p in np.flatnonzero(np.isfinite(penalty[i]))))
        fixed = {visit.day: visit.person for visit in customer.fixed}
        windows = windows_by_day(customer, problem, sorted(free | fixed.keys()))
        for day, row in windows.items():
            window_row[i, day - 1] = rows.number(row or (ALWAYS,))
        possible = [day for day in windows if day not in fixed]
        stuck = not fixed.keys() <= free
        for day, person_id in fixed.items():
            if person_id is not None:
                visit_slot[i, day - 1] = slot_of.get((person_id, day), -1)
                stuck |= (person_id, day) not in slot_of
        key = (
            customer.visits, customer.patterns, customer.least_days_between, customer.most_days_between,
            customer.last_visit, tuple(sorted(fixed)), tuple(possible), stuck, customer.id in fewer,
            here.days if here else None, customer.priority if goal.by_weight else 0,
        )  # fmt: skip
        if key not in lists:
            lists[key] = len(lists)
            for pattern, short in [] if stuck else patterns(customer, possible, customer.id in fewer):
                masks.append(sum(1 << (day - 1) for day in pattern))
                costs.append(_pattern_cost(problem, pattern, short, customer, here, change))
                missed.append(short)
            start.append(len(masks))
        which.append(lists[key])
    return dict(
        owner_penalty=penalty,
        visit_slot=visit_slot,
        window_row=window_row,
        **rows.fields(),
        pattern_list=which,
        pattern_start=start,
        pattern_days=np.array(masks, np.uint64),
        pattern_cost=costs,
        pattern_missed=missed,
        **_levels(problem),
        **_groups(problem),
    )


def _pattern_cost(
    problem: Problem,
    days: Collection[int],
    missed: int,
    customer: Customer,
    was: Before | None,
    change: float,
) -> float:
    goal, period = problem.goal, problem.period
    weekdays = len({period.weekday(day) for day in days})
    cost = goal.same_weekday * max(0, weekdays - needed_weekdays(len(days), period))
    if was is not None:
        cost += change * len(set(days) - was.days)
    if goal.by_weight:
        cost += missed * unplanned_price(problem, customer)
    return cost


def unplanned_price(problem: Problem, customer: Customer) -> float:
    """What a visit of the customer that is not made costs, where that is weighed."""
    return float(problem.goal.unplanned * 2.0**customer.priority)


def _levels(problem: Problem) -> dict[str, object]:
    """Fixed visits before all others, then by priority, the highest first; by weight, only fixed ones have a level."""
    anything_fixed = any(c.fixed for c in problem.customers)
    ranks = sorted({c.priority for c in problem.customers}, reverse=True)
    level = {priority: number + anything_fixed for number, priority in enumerate(ranks)}
    by_weight = problem.goal.by_weight
    return dict(
        level=[0 if c.fixed else -1 if by_weight else level[c.priority] for c in problem.customers],
        prize=[unplanned_price(problem, c) * c.visits if by_weight else 0.0 for c in problem.customers],
    )


def _groups(problem: Problem) -> dict[str, object]:
    """A district's customers are one group, every other customer is its own."""
    place = {p.id: p.district for p in problem.places}
    number: dict[tuple[str, str], int] = {}
    price: list[float] = []
    group = []
    penalty = {d.id: RULE if d.penalty is None else d.penalty for d in problem.districts}
    for customer in problem.customers:
        district = place[customer.place]
        key = ("district", district) if district is not None else ("customer", customer.id)
        if key not in number:
            number[key] = len(price)
            price.append(penalty[district] if district is not None else problem.goal.same_person)
        group.append(number[key])
    return dict(group=group, group_price=np.array(price, np.float64))


class _Lists:
    """Rows of windows, each written once."""

    def __init__(self, first: Iterable[tuple[float, float]]) -> None:
        self.rows: dict[tuple[tuple[float, float], ...], int] = {}
        self.number(first)

    def number(self, row: Iterable[tuple[float, float]]) -> int:
        bounded = tuple((max(early, ALWAYS[0]), min(late, ALWAYS[1])) for early, late in row)
        return self.rows.setdefault(bounded, len(self.rows))

    def fields(self) -> dict[str, object]:
        windows = [window for row in self.rows for window in row]
        return dict(
            window_start=np.cumsum([0, *map(len, self.rows)]),
            window_early=[early for early, _ in windows],
            window_late=[late for _, late in windows],
        )


def routes_of(lowered: Lowered, plan: Plan | None) -> list[list[int]]:
    """A plan as the search's routes, one a slot; what no longer exists is left out."""
    number = {customer.id: i for i, customer in enumerate(lowered.problem.customers)}
    found: dict[tuple[str, int], list[int]] = {}
    for route in plan.routes if plan else ():
        found[route.person, route.day] = [number[s.customer] for s in route.stops if s.customer in number]
    return [found.get((person.id, workday.day), []) for person, workday in lowered.slots]


def routes(lowered: Lowered, answer: Sequence[Sequence[int]]) -> tuple[tuple[Route, ...], frozenset[str]]:
    """The search's routes (customers in order, one list a slot) with their times; empty ones are left out. Where rounding
    leaves no times for a route, its last customers are left out with all their visits, and named."""
    lists = [[lowered.problem.customers[i] for i in stops] for stops in answer]
    out: set[str] = set()
    while True:
        made = []
        for (person, workday), stops in zip(lowered.slots, lists, strict=True):
            kept = [customer for customer in stops if customer.id not in out]
            while kept and (route := timed(lowered, person, workday, kept)) is None:
                out.add(kept.pop().id)
            if kept and route is not None:
                made.append(route)
        if not any(stop.customer in out for route in made for stop in route.stops):
            break
    order = {person.id: number for number, person in enumerate(lowered.problem.people)}
    return tuple(sorted(made, key=lambda route: (route.day, order[route.person]))), frozenset(out)


def legs_of(
    problem: Problem, roads: Roads, workday: Workday, stops: Sequence[Customer]
) -> tuple[list[Leg], float, float, float]:
    """The legs of a day, the minutes of the way back, and all minutes and metres of travel."""
    places = [workday.start, *(c.place for c in stops), workday.end]
    rows = np.array([roads.row[place] for place in places], np.int64)
    minutes, metres = roads.between(workday.mode, rows[:-1], rows[1:])
    legs = [
        Leg(float(way), c.minutes, windows_on(c, problem, workday.day))
        for way, c in zip(minutes, stops, strict=False)
    ]
    return legs, float(minutes[-1]), float(minutes.sum()), float(metres.sum())


def timed(lowered: Lowered, person: Person, workday: Workday, stops: Sequence[Customer]) -> Route | None:
    """The route with its best times; None where there are none."""
    legs, back, minutes, metres = legs_of(lowered.problem, lowered.roads, workday, stops)
    times = best_times(legs, back, workday.earliest, workday.latest, lowered.slip)
    if times is None:
        return None
    visits, now = [], times.depart
    for customer, leg, begin in zip(stops, legs, times.starts, strict=True):
        visits.append(Stop(customer.id, now + leg.way, begin, begin + customer.minutes))
        now = begin + customer.minutes
    return Route(
        day=workday.day,
        person=person.id,
        mode=workday.mode,
        start=workday.start,
        end=workday.end,
        depart=times.depart,
        back=times.back,
        stops=tuple(visits),
        travel_minutes=minutes,
        metres=metres,
    )
