"""What a plan costs, part by part, by the formulas of `model.Goal`; and which of its visits are moved."""

from __future__ import annotations

import math
from collections.abc import Sequence

from guanxi.cores.routing.days import needed_weekdays
from guanxi.cores.routing.lowering import available, before, unplanned_price
from guanxi.cores.routing.model import Problem
from guanxi.cores.routing.plan import Figures, Moved, Plan, Route, Unplanned


def figures(
    problem: Problem, routes: Sequence[Route], unplanned: Sequence[Unplanned] = (), old: Plan | None = None
) -> Figures:
    """The figures of these routes; `old` is the plan before, to which changes are counted."""
    goal = problem.goal
    modes = {mode.id: mode for mode in problem.travel.modes}
    duty: dict[str, float] = {}
    days: dict[str, list[int]] = {}
    people: dict[str, set[str]] = {}
    preferred = {c.id: c.preferred_person for c in problem.customers}
    travel_cost, elsewhere = 0.0, 0
    for route in routes:
        mode = modes[route.mode]
        travel_cost += mode.cost_per_minute * route.travel_minutes + mode.cost_per_metre * route.metres
        travel_cost += mode.cost_a_day
        duty[route.person] = duty.get(route.person, 0.0) + route.minutes
        for stop in route.stops:
            days.setdefault(stop.customer, []).append(route.day)
            people.setdefault(stop.customer, set()).add(route.person)
            elsewhere += preferred[stop.customer] not in (None, route.person)
    weekdays = sum(
        max(0, len({problem.period.weekday(d) for d in on}) - needed_weekdays(len(on), problem.period))
        for on in days.values()
    )
    shares = sum(duty.get(p.id, 0.0) ** 2 / available(p) for p in problem.people)
    same_person, districts = _people_costs(problem, people)
    was = before(old)
    changes = sum(
        len(set(on) - was[id].days) for id, on in days.items() if id in was
    ) + sum(
        stop.customer in was and route.person not in was[stop.customer].people
        for route in routes
        for stop in route.stops
    )  # fmt: skip
    customers = {c.id: c for c in problem.customers}
    return Figures(
        travel_cost=travel_cost,
        duty_cost=goal.minute_on_duty * sum(duty.values()),
        balance_cost=goal.balance * shares,
        same_weekday_cost=goal.same_weekday * weekdays,
        same_person_cost=same_person,
        preferred_person_cost=goal.preferred_person * elsewhere,
        district_cost=districts,
        change_cost=goal.change * changes,
        unplanned_cost=math.fsum(
            unplanned_price(problem, customers[u.customer]) * u.visits for u in unplanned
        )
        if goal.by_weight
        else 0.0,
        visits=sum(map(len, days.values())),
        unplanned_visits=sum(u.visits for u in unplanned),
        moved_visits=len(moved(problem, routes, old)),
        travel_minutes=sum(route.travel_minutes for route in routes),
        metres=sum(route.metres for route in routes),
        duty_minutes=sum(duty.values()),
    )


def _people_costs(problem: Problem, people: dict[str, set[str]]) -> tuple[float, float]:
    """Costs of several people at one customer, and in one district with a penalty."""
    district = {place.id: place.district for place in problem.places}
    penalty = {d.id: d.penalty or 0.0 for d in problem.districts}
    same, together = 0.0, dict[str, set[str]]()
    for customer in problem.customers:
        here = people.get(customer.id, set())
        within = district[customer.place]
        if within is None:
            same += problem.goal.same_person * max(0, len(here) - 1)
        else:
            together.setdefault(within, set()).update(here)
    return same, sum(penalty[id] * max(0, len(who) - 1) for id, who in together.items())


def moved(problem: Problem, routes: Sequence[Route], old: Plan | None) -> tuple[Moved, ...]:
    """Visits on a day, or by a person, that their customer did not have before, with what each replaces; customers that
    the plan before did not have are new, not moved."""
    was: dict[str, dict[int, str]] = {}
    for route in old.routes if old else ():
        for stop in route.stops:
            was.setdefault(stop.customer, {})[route.day] = route.person
    now: dict[str, dict[int, str]] = {}
    for route in routes:
        for stop in route.stops:
            if stop.customer in was:
                now.setdefault(stop.customer, {})[route.day] = route.person
    found = []
    for customer in problem.customers:
        days = now.get(customer.id, {})
        old_days = was.get(customer.id, {})
        freed = sorted(set(old_days) - set(days))
        for day, person in sorted(days.items()):
            if day in old_days and person in old_days.values():
                continue
            if day in old_days:
                source: int | None = day
            else:
                source = min(freed, key=lambda d: (abs(d - day), d), default=None)
            if source in freed:
                freed.remove(source)
            found.append(Moved(customer.id, source, old_days[source] if source else None, day, person))
    return tuple(found)
