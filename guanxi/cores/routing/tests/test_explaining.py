"""Reasons and cures of visits that are not planned: each cure is applied, and the visits then fit beside the plan."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.routing import generating
from guanxi.cores.routing.explaining import MOST_EXPLAINED, Missing, fitting
from guanxi.cores.routing.fitting import Room
from guanxi.cores.routing.model import Customer, Person, Problem, Window, Workday
from guanxi.cores.routing.plan import Cure, Plan, Unplanned
from guanxi.cores.routing.tests.by_hand import chinese, customer, greedy, numbers, town


def only_missing(problem: Problem) -> Unplanned:
    (found,) = greedy(problem).unplanned
    return found


def kinds(unplanned: Unplanned) -> dict[str, float]:
    return {cure.kind: cure.amount for cure in unplanned.cures}


def test_minutes_and_another_day_for_a_day_that_is_full():
    # 30 minutes there and back for all at one place; 600 minutes a day
    full = (customer("long", "c30", minutes=500.0, priority=1), customer("late", "c30", minutes=100.0))
    tuesday = town(*(replace(c, weekdays=frozenset({1})) for c in full))
    missing = only_missing(tuesday)
    assert (missing.customer, missing.reason.limit, missing.reason.by) == ("late", "hours", pytest.approx(60))
    assert (missing.reason.day, missing.reason.person) == (1, "p1")
    assert kinds(missing) == {"minutes": pytest.approx(60), "day": 1}
    assert [cure.kind for cure in missing.cures] == ["minutes", "day"]  # no way more, or 60 minutes of it
    assert [cure.cost for cure in missing.cures] == [0, 60]


def test_another_person():
    taken = town(customer("c30", minutes=500.0, priority=1), customer("c31", minutes=100.0), days=1, people=2)
    people = (replace(taken.people[0], territory=frozenset({"c30", "c31"})), taken.people[1])
    missing = only_missing(replace(taken, people=people))
    assert [(cure.kind, cure.person) for cure in missing.cures] == [("minutes", "p1"), ("person", "p2")]


def test_a_skill():
    problem = town(customer("c30", skills=frozenset({"care", "repair"})), people=2)
    people = (problem.people[0], replace(problem.people[1], skills=frozenset({"care"})))
    missing = only_missing(replace(problem, people=people))
    (cure,) = missing.cures
    assert (cure.kind, cure.sentence) == ("skill", "another person: p1, who lacks care, repair, on day 1")
    assert cure.sentence_zh == "换人：p1（缺少技能 care、repair），第 1 天"


def test_a_lower_frequency():
    daily = customer("c30", visits=3, minutes=100.0, patterns=(frozenset({1, 2, 3}),))
    long = customer("c31", minutes=500.0, patterns=(frozenset({2}),), priority=1)
    missing = only_missing(town(daily, long))
    assert missing.visits == 3
    cure = next(cure for cure in missing.cures if cure.kind == "frequency")
    assert (cure.amount, cure.sentence) == (2, "a lower frequency: 2 instead of 3 visits, on day 1, 3")


def test_fewer_visits_are_planned_where_not_all_fit_and_none_are_given_as_patterns():
    problem = town(
        customer("c30", visits=3, minutes=100.0),
        customer("c31", minutes=500.0, patterns=(frozenset({2}),), priority=1),
        days=3,
    )
    plan = greedy(problem)
    (missing,) = plan.unplanned
    assert (missing.visits, missing.reason.limit) == (1, "hours")
    assert plan.figures.visits == 3


def test_load_and_hours():
    heavy = (customer("c10", load=6.0, priority=1), customer("c20", load=5.0))
    missing = only_missing(town(*heavy, days=1, day={"capacity": 8.0}))
    assert (missing.reason.limit, missing.reason.by) == ("capacity", 3)
    assert kinds(missing) == {"capacity": 3}
    noon = (
        customer("c30", minutes=200.0, windows=(Window(510, 510),), priority=1),
        customer("c31", windows=(Window(500, 520),)),
    )
    missing = only_missing(town(*noon, days=1))
    assert missing.reason.limit == "window"
    assert kinds(missing)["window"] == pytest.approx(missing.reason.by)


def test_stops_and_the_period():
    missing = only_missing(town(customer("c10"), customer("c20"), days=1, day={"most_stops": 1}))
    assert (missing.reason.limit, missing.reason.by) == ("stops", 1)
    problem = town(customer("c10", priority=1), customer("c20"), days=2)
    missing = only_missing(replace(problem, people=(replace(problem.people[0], most_minutes=90.0),)))
    assert (missing.reason.limit, missing.reason.by) == ("period", pytest.approx(10))


def applied(problem: Problem, customer: Customer, cure: Cure) -> tuple[Problem, Customer] | None:
    """The problem in which what the cure names is so; None for a cure that is no relaxation of the problem."""
    more = cure.amount + 1e-3

    def longer(day: Workday) -> Workday:
        most = None if day.most_minutes is None else day.most_minutes + more
        return replace(day, latest=day.latest + more, most_minutes=most)

    def person(p: Person) -> Person:
        if cure.kind == "minutes":
            most = None if p.most_minutes is None else p.most_minutes + more
            return replace(p, workdays=tuple(map(longer, p.workdays)), most_minutes=most)
        if cure.kind == "capacity":
            days = (replace(w, capacity=w.capacity and w.capacity + more) for w in p.workdays)
            return replace(p, workdays=tuple(days))
        return replace(p, territory=frozenset(), only_own=False)

    if cure.kind == "day":
        days = frozenset(range(1, problem.period.days + 1)) if customer.visits == 1 else None
        if days is None:
            return None
        customer = replace(
            customer,
            weekdays=None,
            no_go_days=frozenset(),
            patterns=(),
            windows=(),
            last_visit=None,
            fixed=(),
        )
    elif cure.kind in ("person", "skill"):
        customer = replace(customer, skills=frozenset(), required_person=None)
    elif cure.kind not in ("minutes", "capacity"):
        return None
    customers = tuple(customer if c.id == customer.id else c for c in problem.customers)
    people = problem.people if cure.kind == "day" else tuple(map(person, problem.people))
    return replace(
        problem,
        customers=customers,
        people=people,
        districts=(),
        places=tuple(replace(p, district=None) for p in problem.places),
    ), customer


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_a_cure_that_is_applied_makes_room(seed):
    problem = generating.mixed(seed, customers=16)
    plan = greedy(problem)
    days: dict[str, set[int]] = {}
    for route in plan.routes:
        for stop in route.stops:
            days.setdefault(stop.customer, set()).add(route.day)
    for unplanned in plan.unplanned:
        original = next(c for c in problem.customers if c.id == unplanned.customer)
        for said in (unplanned.reason, *unplanned.cures):
            assert said.sentence
            assert said.sentence.isascii() or "…" in said.sentence
            assert chinese(said.sentence_zh), said
            assert numbers(said.sentence_zh) == numbers(said.sentence), said
        assert unplanned.reason.by > 0 or unplanned.reason.limit == "search"
        assert [cure.cost for cure in unplanned.cures] == sorted(cure.cost for cure in unplanned.cures)
        for cure in unplanned.cures:
            changed = applied(problem, original, cure)
            if changed is None:
                continue
            here = frozenset(days.get(original.id, ()))
            room = Room.of(changed[0], plan.routes)
            fits = fitting(room, Missing(changed[1], original.visits - len(here), here))
            assert fits is not None, (cure, unplanned)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_what_is_said_to_fit_fits(seed):
    """Each fit, carried out, adds to the day exactly what it said, or breaks what it said."""
    problem = generating.mixed(seed)
    plan = greedy(problem)
    room = Room.of(problem, plan.routes)
    for new in problem.customers[:3]:
        for person, workday in room.workdays():
            fit = room.best(replace(new, fixed=()), person, workday)
            if fit is not None:
                assert all(by > 0 for by in fit.over.values())
                assert fit.overtime <= sum(fit.over.values()) + 1e-9
                assert math.isfinite(fit.cost)


def test_an_empty_plan_needs_no_reasons():
    assert greedy(town()) == Plan((), days_needed=0, days_there=5)


def test_of_very_many_the_first_are_looked_at():
    many = tuple(customer(f"c{n}", "c30", minutes=500.0, priority=n % 2) for n in range(MOST_EXPLAINED + 50))
    unplanned = greedy(town(*many, days=1)).unplanned
    assert len(unplanned) == len(many) - 1
    shown = [u for u in unplanned if u.reason.limit == "hours"]
    assert len(shown) == MOST_EXPLAINED
    assert all("too many to look at each" in u.reason.sentence for u in unplanned if u not in shown)
    assert {int(u.customer[1:]) % 2 for u in unplanned if u not in shown} == {0}
