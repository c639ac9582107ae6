"""From a problem to a plan: what is impossible is named, the rest is searched, read back, filled up and explained.

The search minimises over the arrays of `instance.py`. What these cannot hold is done around it, in phases that share the
budget and hand their plan on: districts that are one person's only are given, after a first phase, to whom most of their
visits fell to; the number of visits moved is kept within its limit by a price, and if that is not enough by keeping all
days and people; customers who did not get all their visits may then have fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guanxi.cores.routing.checking import check
from guanxi.cores.routing.explaining import Missing, days_tried, explained, fitting
from guanxi.cores.routing.faults import ensure_sound
from guanxi.cores.routing.feasibility import Feasibility, feasibility
from guanxi.cores.routing.figures import figures, moved
from guanxi.cores.routing.fitting import Fit, Room
from guanxi.cores.routing.lowering import (
    RULE,
    Lowered,
    before,
    lower,
    routes,
    routes_of,
    timed,
    unplanned_price,
)
from guanxi.cores.routing.model import Customer, Problem
from guanxi.cores.routing.plan import Limit, Plan, Route

Pool = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
Progress = Callable[["State"], None]

MOST_TRIED = 200
"""Customers left out by the search who are tried once more at the end."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a search is: seconds since it began (0 without a clock), steps, visits missed, cost."""

    seconds: float
    steps: int
    missed: int
    cost: float


@dataclass(frozen=True)
class Means:
    """What a search may use: seconds of a clock or iterations (steps of each island), random seed, a pool that maps
    functions side by side, who is told of progress, who is asked whether to stop, where compiled code is kept."""

    seconds: float | None = None
    iterations: int | None = None
    seed: int = 0
    clock: Callable[[], float] | None = None
    pool: Pool | None = None
    progress: Progress | None = None
    stop: Callable[[], bool] | None = None
    cache_folder: str | None = None


def solve(problem: Problem, means: Means, old: Plan | None = None, known: Feasibility | None = None) -> Plan:
    """The best plan found. `old` is the plan before: the search begins with it, and changes are counted against it.
    `known` is what `feasibility` said, where it has been asked already. Raises ProblemError."""
    ensure_sound(problem)
    known = known or feasibility(problem)
    solving = _Solving(problem, means, old)
    solving.search()
    return solving.finished(known)


class _Solving:
    def __init__(self, problem: Problem, means: Means, old: Plan | None) -> None:
        self.problem, self.means, self.old = problem, means, old
        self.was = before(old)
        self.customers = {customer.id: customer for customer in problem.customers}
        self.only: dict[str, Collection[str]] = {}
        # who has fewer visits in the plan before may have so again, or the search could not begin with it
        self.fewer = frozenset(
            c.id
            for c in problem.customers
            if not c.patterns and c.id in self.was and len(self.was[c.id].days) < c.visits
        )
        self.change: float | None = None
        self.spent_seconds, self.spent_steps = 0.0, 0
        self.routes: tuple[Route, ...] = ()
        self.start = old

    # --- phases ---

    def search(self) -> None:
        if not self.problem.customers or not any(person.workdays for person in self.problem.people):
            return
        districts = any(d.penalty is None for d in self.problem.districts)
        limited = self.problem.goal.most_changes is not None and bool(self.was)
        partly = any(c.visits > 1 and not c.patterns for c in self.problem.customers)
        last = 0.1 if partly else 0.0
        if districts:
            self.phase(0.25)
            self.pin()
        if limited:
            self.phase((1 - self.part()) / 2)
            if self.too_many_moved():
                self.change = RULE
        self.phase(1 - self.part() - last)
        if limited and self.too_many_moved():
            self.keep()
        if partly:
            self.fewer |= {c.id for c in self.missing() if c.visits > 1 and not c.patterns}
            self.phase(last)
        if limited and self.too_many_moved():
            self.keep()
        self.no_worse()

    def no_worse(self) -> None:
        """The plan before in place of one that is worse, where it keeps all rules still: phases and districts are
        heuristics, and it is the checker that says so."""
        if self.old is None or not self.old.routes:
            return
        broken = {finding.rule for finding in check(self.problem, self.old, self.old)}
        if broken <= {"visits", "figures", "changes", "unplanned"} and self.rank(self.old.routes) < self.rank(
            self.routes
        ):
            self.routes = self.old.routes

    def rank(self, routes: Sequence[Route]) -> tuple[float, ...]:
        """What is minimised: visits missing of customers with agreed ones, then by priority, then cost."""
        goal = self.problem.goal
        planned: dict[str, int] = {}
        for route in routes:
            for stop in route.stops:
                planned[stop.customer] = planned.get(stop.customer, 0) + 1
        levels = sorted({c.priority for c in self.problem.customers}, reverse=True)
        missing = dict.fromkeys((None, *levels), 0)
        price = 0.0
        for c in self.problem.customers:
            lacks = c.visits - planned.get(c.id, 0)
            missing[None if c.fixed else c.priority] += lacks
            price += lacks * unplanned_price(self.problem, c) if goal.by_weight else 0.0
        cost = figures(self.problem, routes, (), self.old).cost
        return (missing[None], cost + price) if goal.by_weight else (*missing.values(), cost)

    def part(self) -> float:
        """Of the budget that is spent."""
        if self.means.iterations is not None:
            return self.spent_steps / max(1, self.means.iterations)
        return self.spent_seconds / max(1e-9, self.means.seconds or 0.0)

    def phase(self, share: float) -> None:
        """Search on with a share of the whole budget, from the plan that is there."""
        from guanxi.cores.routing.search import solve as search

        means = self.means
        if self.routes and means.stop and means.stop():
            return
        lowered = lower(self.problem, self.old, self.fewer, self.only, self.change)
        budget: dict[str, Any] = {}
        if means.iterations is not None:
            budget["iterations"] = max(0, round(share * means.iterations))
        if means.seconds is not None:
            budget["seconds"] = max(0.0, share * means.seconds)
        began = means.clock() if means.clock else 0.0
        seconds, steps = self.spent_seconds, self.spent_steps

        def progress(point: Any) -> None:
            if means.progress:
                means.progress(State(seconds + point.seconds, steps + point.steps, point.missed, point.cost))

        answer = search(
            lowered.made,
            cache_folder=means.cache_folder,
            seed=means.seed,
            clock=means.clock,
            pool=means.pool,
            start=routes_of(lowered, self.start) if self.start else None,
            stop=means.stop,
            progress=progress,
            **budget,
        )
        self.spent_steps += answer.steps
        self.spent_seconds += (means.clock() - began) if means.clock else 0.0
        self.routes, _ = routes(lowered, [list(map(int, route)) for route in answer.routes])
        self.start = Plan(self.routes)

    def planned(self) -> dict[str, set[int]]:
        """Days planned, by customer."""
        days: dict[str, set[int]] = {}
        for route in self.routes:
            for stop in route.stops:
                days.setdefault(stop.customer, set()).add(route.day)
        return days

    def missing(self) -> list[Customer]:
        """Customers who have not all their visits."""
        days = self.planned()
        return [c for c in self.problem.customers if len(days.get(c.id, ())) < c.visits]

    def too_many_moved(self) -> bool:
        most = self.problem.goal.most_changes
        return most is not None and len(moved(self.problem, self.routes, self.old)) > most

    # --- districts of one person ---

    def pin(self) -> None:
        """Give each district that is one person's only to whom most of its visits fell to."""
        for person, customers in self.by_district():
            for customer in customers:
                self.only[customer.id] = (person,)

    def by_district(self) -> list[tuple[str, list[Customer]]]:
        """Of each such district that has visits: the person with most of them, and its customers."""
        hard = {d.id for d in self.problem.districts if d.penalty is None}
        district = {place.id: place.district for place in self.problem.places}
        members: dict[str, list[Customer]] = {}
        for customer in self.problem.customers:
            if (within := district[customer.place]) in hard and within is not None:
                members.setdefault(within, []).append(customer)
        counts: dict[str, dict[str, int]] = {}
        for route in self.routes:
            for stop in route.stops:
                if (
                    within := district[self.customers[stop.customer].place]
                ) in members and within is not None:
                    count = counts.setdefault(within, {})
                    count[route.person] = count.get(route.person, 0) + 1
        return [
            (max(sorted(count), key=lambda p: count[p]), members[id]) for id, count in sorted(counts.items())
        ]

    # --- the limit of changes ---

    def keep(self) -> None:
        """The plan before as far as it still fits, new visits beside it, and of what must move as many as may."""
        from guanxi.cores.routing.search import solve as search

        room = self.problem.goal.most_changes or 0
        people: dict[str, Collection[str]] = {id: was.people for id, was in self.was.items()}
        lowered = lower(self.problem, self.old, only=people)
        answer = search(
            lowered.made,
            cache_folder=self.means.cache_folder,
            seed=self.means.seed,
            iterations=0,
            start=routes_of(lowered, self.old),
        )
        made, _ = routes(lowered, [list(map(int, route)) for route in answer.routes])
        count: dict[str, int] = {}
        for move in moved(self.problem, made, self.old):
            count[move.customer] = count.get(move.customer, 0) + 1
        back = set()
        for id in sorted(count, key=lambda id: (-self.customers[id].priority, count[id], id)):
            if count[id] > room:
                back.add(id)
            else:
                room -= count[id]
        self.routes = self.without(lowered, made, back)
        self.start = Plan(self.routes)

    def without(
        self, lowered: Lowered, made: Sequence[Route], customers: Collection[str]
    ) -> tuple[Route, ...]:
        """The routes without these customers."""
        if not customers:
            return tuple(made)
        workdays = {(person.id, w.day): (person, w) for person, w in lowered.slots}
        found = []
        for route in made:
            stops = [self.customers[s.customer] for s in route.stops if s.customer not in customers]
            if stops and (again := timed(lowered, *workdays[route.person, route.day], stops)) is not None:
                found.append(again)
        return tuple(found)

    # --- the end ---

    def finished(self, known: Feasibility) -> Plan:
        """Fill up what simply fits, explain what does not, and count."""
        problem = self.problem
        lowered = lower(problem, self.old)
        owner = {c.id: person for person, customers in self.by_district() for c in customers}
        split = {
            stop.customer
            for route in self.routes
            for stop in route.stops
            if owner.get(stop.customer, route.person) != route.person
        }
        self.routes = self.without(lowered, self.routes, split)
        room = Room.of(problem, self.routes, lowered.roads)
        missing = self.filled(room, known, owner)
        number = {customer.id: i for i, customer in enumerate(problem.customers)}
        lists = [[number[c.id] for c in room.days.get((person.id, w.day), ())] for person, w in lowered.slots]
        self.routes, lost = routes(lowered, lists)
        gaps = {gap.customer.id: gap for gap in missing}
        for id in lost:
            gaps[id] = Missing(
                self.customers[id], self.customers[id].visits, frozenset(), known.never.get(id)
            )
        order = sorted(gaps.values(), key=lambda gap: number[gap.customer.id])
        unplanned = explained(room, order)
        return Plan(
            self.routes,
            unplanned,
            moved(problem, self.routes, self.old),
            figures(problem, self.routes, unplanned, self.old),
            known.days_needed,
            known.days_there,
            tuple(shortage.sentence for shortage in known.shortages),
            tuple(shortage.sentence_zh for shortage in known.shortages),
        )

    def filled(self, room: Room, known: Feasibility, owner: dict[str, str]) -> list[Missing]:
        """Put into the room what simply fits, by priority; what is missing then. `owner`: whose the customers of
        districts are that are one person's only; completed here."""
        days, missing = self.planned(), list[Missing]()
        order = sorted(self.missing(), key=lambda c: -c.priority)
        tries = days_tried(min(len(order), MOST_TRIED))
        for number, customer in enumerate(order):
            here = frozenset(days.get(customer.id, ()))
            only = frozenset((owner[customer.id],)) if customer.id in owner else None
            never = known.never.get(customer.id)
            gap = Missing(customer, customer.visits - len(here), here, never, only, self.held(customer))
            fits = None
            possible = (never is None or never[0] < gap.visits) and gap.held != "changes"
            if possible and number < MOST_TRIED:
                district = self.whole_district(customer) if only is None else None
                fits = (
                    fitting(room, gap, tries) if district is None else self.by_one(room, gap, district, owner)
                )
            if fits and gap.held == "cost" and not self.worth(customer, fits):
                fits = None
            for fit in fits or ():
                room.add(customer, fit)
            left = gap.visits - len(fits or ())
            if left > 0:
                now = here | {fit.workday.day for fit in fits or ()}
                only = frozenset((owner[customer.id],)) if customer.id in owner else None
                missing.append(replace(gap, visits=left, days=now, only=only))
        return missing

    def worth(self, customer: Customer, fits: Sequence[Fit]) -> bool:
        """Whether visits that may be given up cost clearly less, by travel, than leaving them out."""
        price = unplanned_price(self.problem, customer) * len(fits)
        return 2 * sum(fit.cost for fit in fits) < price

    def whole_district(self, customer: Customer) -> str | None:
        """The district of the customer, where it is one person's only."""
        district = next(place.district for place in self.problem.places if place.id == customer.place)
        return next((d.id for d in self.problem.districts if d.id == district and d.penalty is None), None)

    def by_one(self, room: Room, gap: Missing, district: str, owner: dict[str, str]) -> list[Fit] | None:
        """Fits by one person, to whom the district, which has no visits yet, is given."""
        found = (fitting(room, replace(gap, only=frozenset((p.id,)))) for p in self.problem.people)
        fits = min((f for f in found if f), key=lambda f: sum(fit.cost for fit in f), default=None)
        if fits is not None:
            within = {place.id for place in self.problem.places if place.district == district}
            owner.update({c.id: fits[0].person.id for c in self.problem.customers if c.place in within})
        return fits

    def held(self, customer: Customer) -> Limit | None:
        """For what a customer may have been left out though there is room: its price, or the limit of changes."""
        if self.problem.goal.by_weight:
            return "cost"
        if self.problem.goal.most_changes is not None and customer.id in self.was:
            return "changes"
        return None
