"""The checker: silent on plans that are right, and each way of breaking one is found, in its place."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.routing import generating
from guanxi.cores.routing.checking import check
from guanxi.cores.routing.model import (
    Barrier,
    District,
    FixedVisit,
    Goal,
    Person,
    Place,
    Problem,
    Travel,
    Window,
    Workday,
)
from guanxi.cores.routing.plan import Plan, Reason, Route, Unplanned
from guanxi.cores.routing.tests.by_hand import chinese, customer, greedy, town


def rules(problem: Problem, plan: Plan, old: Plan | None = None) -> set[str]:
    return {finding.rule for finding in check(problem, plan, old)}


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_silent_on_plans_that_are_right(seed):
    problem = generating.mixed(seed)
    plan = greedy(problem)
    assert check(problem, plan) == ()


BREAKS: dict[str, Callable[[Route], Route]] = {
    "an arrival": lambda r: replace(
        r, stops=(replace(r.stops[0], arrival=r.stops[0].arrival - 5), *r.stops[1:])
    ),
    "a start before the arrival": lambda r: replace(
        r, stops=(replace(r.stops[0], start=r.stops[0].arrival - 9), *r.stops[1:])
    ),
    "a leave": lambda r: replace(r, stops=(*r.stops[:-1], replace(r.stops[-1], leave=r.stops[-1].leave - 1))),
    "the way back": lambda r: replace(r, back=r.back - 3),
    "the departure": lambda r: replace(r, depart=r.depart - 3),
    "travel": lambda r: replace(r, travel_minutes=r.travel_minutes - 1),
    "metres": lambda r: replace(r, metres=r.metres + 10),
    "the mode": lambda r: replace(r, mode="rocket"),
    "the start": lambda r: replace(r, start=r.stops[0].customer),
    "the person": lambda r: replace(r, person="nobody"),
    "the day": lambda r: replace(r, day=77),
    "a customer": lambda r: replace(r, stops=(replace(r.stops[0], customer="nobody"), *r.stops[1:])),
    "a visit left out": lambda r: replace(r, stops=r.stops[1:]),
    "a visit twice": lambda r: replace(r, stops=(*r.stops, r.stops[0])),
    "a time that is none": lambda r: replace(r, back=math.nan),
}


@pytest.mark.parametrize("what", BREAKS)
@settings(deadline=None, max_examples=12)
@given(data=st.data())
def test_a_route_that_is_changed_is_found(what, data):
    problem = generating.mixed(data.draw(st.integers(0, 300)))
    plan = greedy(problem)
    if not plan.routes:
        return
    number = data.draw(st.integers(0, len(plan.routes) - 1))
    routes = list(plan.routes)
    routes[number] = BREAKS[what](routes[number])
    found = check(problem, replace(plan, routes=tuple(routes)))
    assert found
    assert all(chinese(finding.sentence_zh) for finding in found)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 300), st.sampled_from([name for name in Plan(()).figures.__slots__]))
def test_a_figure_that_is_changed_is_found(seed, name):
    problem = generating.mixed(seed)
    plan = greedy(problem)
    figures = replace(plan.figures, **{name: getattr(plan.figures, name) + 1000})
    (finding,) = check(problem, replace(plan, figures=figures))
    assert finding.sentence.startswith(name)
    assert (finding.rule, finding.amount) == ("figures", pytest.approx(1000))
    assert finding.in_language("zh").startswith(f"合计：{name} 是")
    assert str(finding) == f"figures: {finding.sentence}"


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 300))
def test_a_visit_that_is_missing_silently_is_found(seed):
    problem = generating.mixed(seed)
    plan = greedy(problem)
    for n, unplanned in enumerate(plan.unplanned):
        silent = replace(plan, unplanned=plan.unplanned[:n] + plan.unplanned[n + 1 :])
        assert any(unplanned.customer in f.where for f in check(problem, silent) if f.rule == "visits")


ONE = customer("c30")


def with_customer(**fields: object) -> Callable[[Problem], Problem]:
    """The same customer, but with another wish."""
    return lambda problem: replace(problem, customers=(replace(ONE, **fields),))


def with_person(**fields: object) -> Callable[[Problem], Problem]:
    return lambda problem: replace(problem, people=tuple(replace(p, **fields) for p in problem.people))


def with_days(**fields: object) -> Callable[[Problem], Problem]:
    return lambda problem: replace(
        problem,
        people=tuple(
            replace(p, workdays=tuple(replace(w, **fields) for w in p.workdays)) for p in problem.people
        ),
    )


# The plan is for a problem without wishes: day 1, p1, from 08:00, 30 minutes there, 30 minutes of visit, 30 minutes back.
STRICTER: dict[str, tuple[Callable[[Problem], Problem], float]] = {
    "window": (with_customer(windows=(Window(600, 700),)), 90),
    "weekday": (with_customer(weekdays=frozenset({2})), 1),
    "no_go": (with_customer(no_go_days=frozenset({1})), 1),
    "skill": (with_customer(skills=frozenset({"care", "repair"})), 2),
    "person": (with_customer(required_person="p2"), 1),
    "pattern": (with_customer(patterns=(frozenset({2}), frozenset({3}))), 1),
    "between": (with_customer(last_visit=-1, least_days_between=4), 2),
    "fixed": (with_customer(fixed=(FixedVisit(1, 520.0),)), 10),
    "visits": (with_customer(visits=3), -2),
    "territory": (with_person(only_own=True), 1),
    "period": (with_person(most_minutes=80.0), 10),
    "hours": (with_days(latest=560.0), 10),
    "duration": (with_days(most_minutes=85.0), 5),
    "stops": (with_days(most_stops=0), 1),
    "travel": (
        lambda p: replace(
            p, travel=replace(p.travel, barriers=(Barrier("river", ((15, -9), (15, 9)), closed=True),))
        ),
        math.inf,
    ),
}


@pytest.mark.parametrize("rule", STRICTER)
def test_each_rule_names_its_amount(rule):
    problem = town(ONE, people=2)
    plan = greedy(problem)
    assert plan.routes[0].stops[0].start == 510
    assert check(problem, plan) == ()
    change, amount = STRICTER[rule]
    found = {f.rule: f.amount for f in check(change(problem), plan)}
    assert found[rule] == pytest.approx(amount)


def test_load_above_the_capacity():
    loaded = (customer("c10", load=6.0), customer("c20", load=5.0))
    plan = greedy(town(*loaded, days=1))
    (finding,) = check(town(*loaded, days=1, day={"capacity": 8.0}), plan)
    assert (finding.rule, finding.amount) == ("capacity", 3)


def test_somebody_elses_territory():
    plan = greedy(town(ONE, people=2))
    problem = town(ONE, people=2)
    taken = replace(problem.people[1], territory=frozenset({"c30"}))
    assert rules(replace(problem, people=(problem.people[0], taken)), plan) == {"territory"}


def test_a_district_of_one_person():
    far = (customer("c200", minutes=100.0), customer("c210", minutes=100.0))
    problem = town(*far, days=1, people=2, day={"latest": 1000.0})
    plan = greedy(problem)
    assert len({route.person for route in plan.routes}) == 2
    places = tuple(replace(place, district="north") for place in problem.places)
    whole = replace(problem, places=places, districts=(District("north"),))
    assert rules(whole, plan) == {"district"}
    dear = replace(whole, districts=(District("north", 50.0),))
    (finding,) = check(dear, plan)
    assert (finding.rule, finding.amount) == ("figures", -50)


def test_more_moves_than_may_be():
    problem = replace(town(ONE), goal=Goal(change=2.0))
    old = greedy(problem)
    later = replace(problem, customers=(replace(ONE, no_go_days=frozenset({1})),))
    plan = greedy(later, old)
    assert check(later, plan, old) == ()
    assert plan.figures.change_cost == 2.0
    strict = replace(later, goal=replace(later.goal, most_changes=0))
    assert rules(strict, plan, old) == {"changes"}
    assert rules(later, replace(plan, moved=()), old) == {"changes"}


def test_unplanned_needs_a_reason_and_a_customer():
    problem = town(ONE)
    nothing = Unplanned("c30", 1, Reason("search", 0, "minutes", ""))
    strange = Unplanned("c99", 1, Reason("search", 0, "minutes", "why not"))
    found = check(problem, Plan((), (nothing, strange)))
    assert {"unplanned", "reference"} <= {f.rule for f in found}


def test_a_way_through_a_bridge_costs_nothing_and_one_across_the_river_does():
    river = (
        Barrier("river", ((15.0, -100.0), (15.0, -1.0)), minutes=20),
        Barrier("river", ((15.0, 1.0), (15.0, 100.0)), minutes=20),
    )
    problem = town(ONE, customer("off", "c30"))
    problem = replace(
        problem,
        travel=replace(problem.travel, barriers=river),
        places=(*problem.places, Place("north", 30.0, 50.0)),
        customers=(ONE, replace(ONE, id="n", place="north")),
    )
    plan = greedy(problem)
    assert check(problem, plan) == ()
    assert plan.figures.travel_minutes == pytest.approx(30 + 50 + math.hypot(30, 50) + 20)


def test_travel_without_positions_needs_its_matrix():
    problem = Problem(
        town(ONE).period, (Place("a"),), (Person("p", (Workday(1, "a", "a", "walk"),)),), (), Travel(())
    )
    assert check(problem, Plan(())) == ()
