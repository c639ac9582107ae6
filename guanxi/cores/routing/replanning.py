"""Plans that go on from one that is in force: what has happened stays, what is agreed stays, the rest may move."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from guanxi.cores.routing.model import Customer, FixedVisit, Goal, Person, Place, Problem
from guanxi.cores.routing.plan import Plan, Route
from guanxi.cores.routing.saying import Said, Unusable

HERE = "here"


class ReplanningError(Unusable):
    """What is asked does not fit the problem or the plan; the message names it."""


def kept_until(problem: Problem, old: Plan, day: int, missed: Collection[tuple[str, int]] = ()) -> Problem:
    """The problem in which all days up to `day` are as the old plan has them, but for visits (customer, day) that were
    `missed`; nothing else is planned on these days."""
    if not 0 <= day <= problem.period.days:
        raise ReplanningError(
            Said(
                f"第 {day} 天不在计划期内（第 1 至 {problem.period.days} 天）",
                f"day {day} is not in the period (days 1 to {problem.period.days})",
            )
        )
    known = {customer.id for customer in problem.customers}
    made: dict[str, list[FixedVisit]] = {}
    planned = {(stop.customer, route.day) for route in old.routes for stop in route.stops}
    for id, on in missed:
        if (id, on) not in planned:
            raise ReplanningError(
                Said(
                    f"计划中第 {on} 天没有对“{id}”的拜访，不能算作漏掉",
                    f"the plan has no visit to '{id}' on day {on} that could have been missed",
                )
            )
        if on > day:
            raise ReplanningError(
                Said(
                    f"第 {on} 天还没有过去（保留到第 {day} 天），对“{id}”的拜访不能算作漏掉",
                    f"day {on} is not past (kept up to day {day}); the visit to '{id}' cannot have been missed",
                )
            )
    for route in old.routes:
        if route.day <= day:
            for stop in route.stops:
                if (stop.customer, route.day) not in missed and stop.customer in known:
                    made.setdefault(stop.customer, []).append(FixedVisit(route.day, stop.start, route.person))
    past = frozenset(range(1, day + 1))
    return replace(problem, customers=tuple(_kept(c, made.get(c.id, []), past) for c in problem.customers))


def _kept(customer: Customer, made: list[FixedVisit], past: frozenset[int]) -> Customer:
    later = tuple(visit for visit in customer.fixed if visit.day not in past)
    fixed = (*made, *later)
    visits = max(customer.visits, len(fixed))
    return replace(customer, fixed=fixed, visits=visits, no_go_days=customer.no_go_days | past)


def rest_of_day(
    problem: Problem,
    old: Plan,
    person: str,
    day: int,
    now: float,
    place: str | None = None,
    position: tuple[float, float] | None = None,
    left: Collection[str] | None = None,
) -> Problem:
    """The problem of one person's rest of a day: from `place` or `position` (by default where the plan has them at
    that minute) at minute `now`, the customers `left` (by default those whose visits do not begin before), to the day's
    end. Agreed times and opening hours hold; the order is free."""
    someone = next((p for p in problem.people if p.id == person), None)
    if someone is None:
        raise ReplanningError(Said(f"没有“{person}”这个人", f"there is no person '{person}'"))
    workday = next((w for w in someone.workdays if w.day == day), None)
    route = next((r for r in old.routes if (r.person, r.day) == (person, day)), None)
    if workday is None or route is None:
        raise ReplanningError(
            Said(f"计划中“{person}”第 {day} 天没有拜访", f"'{person}' has no visits on day {day} in the plan")
        )
    stays = _left(route, now) if left is None else list(left)
    unknown = set(stays) - {c.id for c in problem.customers}
    if unknown:
        raise ReplanningError(Said(f"没有客户“{min(unknown)}”", f"there is no customer '{min(unknown)}'"))
    places = problem.places
    start = place or _whereabouts(problem, route, now)
    if position is not None:
        if any(mode.matrix is not None for mode in problem.travel.modes):
            raise ReplanningError(
                Said(
                    "路途取自矩阵，矩阵里只有地点；请写明地点",
                    "travel comes from matrices, which know places only; name a place",
                )
            )
        start = HERE
        places = (*(p for p in places if p.id != HERE), Place(HERE, *position))
    elif start not in {p.id for p in places}:
        raise ReplanningError(Said(f"没有地点“{start}”", f"there is no place '{start}'"))
    begun = max(0.0, now - max(route.depart, workday.earliest))
    today = replace(
        workday,
        start=start,
        earliest=now,
        most_minutes=None if workday.most_minutes is None else max(0.0, workday.most_minutes - begun),
        most_stops=workday.most_stops
        if workday.most_stops is None
        else max(0, workday.most_stops - len(route.stops) + len(stays)),
    )
    customers = [_today(c, day) for c in problem.customers if c.id in set(stays)]
    return Problem(
        period=problem.period,
        places=places,
        people=(Person(person, (today,), someone.skills, name=someone.name),),
        customers=tuple(customers),
        travel=problem.travel,
        districts=problem.districts,
        goal=Goal(
            by_weight=problem.goal.by_weight,
            unplanned=problem.goal.unplanned,
            minute_on_duty=problem.goal.minute_on_duty,
        ),
    )


def _left(route: Route, now: float) -> list[str]:
    return [stop.customer for stop in route.stops if stop.start >= now]


def _whereabouts(problem: Problem, route: Route, now: float) -> str:
    """The place of the last visit that has begun, or the route's start."""
    place = {customer.id: customer.place for customer in problem.customers}
    been = [stop.customer for stop in route.stops if stop.start < now and stop.customer in place]
    return place[been[-1]] if been else route.start


def _today(customer: Customer, day: int) -> Customer:
    fixed = tuple(replace(visit, person=None) for visit in customer.fixed if visit.day == day)
    return replace(
        customer,
        visits=1,
        patterns=(frozenset((day,)),),
        last_visit=None,
        fixed=fixed,
        no_go_days=frozenset(),
        required_person=None,
        preferred_person=None,
    )
