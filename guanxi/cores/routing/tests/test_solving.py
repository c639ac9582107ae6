"""From a problem to a plan, with the search: what the independent checker says, and what may never happen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.cores.routing import explaining, generating, solving
from guanxi.cores.routing.checking import check
from guanxi.cores.routing.faults import ProblemError
from guanxi.cores.routing.lowering import lower, routes_of
from guanxi.cores.routing.model import (
    District,
    FixedVisit,
    Goal,
    Matrix,
    Mode,
    Person,
    Place,
    Problem,
    Travel,
)
from guanxi.cores.routing.plan import Plan
from guanxi.cores.routing.solving import Means, State, solve
from guanxi.cores.routing.tests.by_hand import COMPILED, customer, town

SHORT = Means(iterations=200, cache_folder=COMPILED)
slow = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def lost(plan: Plan) -> int:
    return sum(unplanned.visits for unplanned in plan.unplanned)


def by_priority(problem: Problem, plan: Plan) -> list[int]:
    """Visits that are missing: of customers with agreed ones first, then the highest priority first."""
    missing = {u.customer: u.visits for u in plan.unplanned}
    ranks = sorted({c.priority for c in problem.customers}, reverse=True)
    agreed = sum(missing.get(c.id, 0) for c in problem.customers if c.fixed)
    free = [c for c in problem.customers if not c.fixed]
    return [agreed, *(sum(missing.get(c.id, 0) for c in free if c.priority == rank) for rank in ranks)]


@slow
@given(st.integers(0, 100_000))
def test_every_plan_passes_the_checker(seed):
    problem = generating.mixed(seed, customers=14, people=1 + seed % 3, days=3 + seed % 6)
    assert check(problem, solve(problem, SHORT)) == ()


@pytest.mark.parametrize("kind", ["C1", "R2", "RC1"])
def test_days_with_windows(kind):
    problem = generating.windows(1, 40, kind)
    plan = solve(problem, SHORT)
    assert check(problem, plan) == ()
    assert plan.unplanned == ()


def test_a_month_of_a_team():
    problem = generating.month(1, 120, 2)
    plan = solve(problem, Means(iterations=1000, cache_folder=COMPILED))
    assert check(problem, plan) == ()
    assert plan.unplanned == ()


def test_many_places_are_reckoned_by_position(monkeypatch):
    monkeypatch.setattr(explaining, "MOST_EXPLAINED", 3)  # not what is tried here, and nearly all of the time
    monkeypatch.setattr(solving, "MOST_TRIED", 3)
    problem = generating.month(1, 3100, 14, weeks=4, occupied=0.4)
    assert lower(problem).made.by_position
    plan = solve(problem, Means(iterations=1, stop=lambda: True, cache_folder=COMPILED))
    assert check(problem, plan, tolerance=0.02) == ()


@slow
@given(st.integers(0, 100_000))
def test_never_worse_than_the_plan_it_begins_with(seed):
    problem = replace(generating.mixed(seed, customers=14), goal=Goal())
    first = solve(problem, SHORT)
    again = solve(problem, replace(SHORT, seed=1, iterations=20), first)
    assert check(problem, again, first) == ()
    assert by_priority(problem, again) <= by_priority(problem, first)
    if by_priority(problem, again) == by_priority(problem, first):
        assert again.figures.cost <= first.figures.cost + 1e-6


@slow
@given(st.integers(0, 100_000))
def test_adding_a_customer_removes_nobody_silently(seed):
    problem = generating.mixed(seed, customers=14)
    fewer = replace(
        problem,
        customers=problem.customers[:-1],
        people=tuple(replace(p, territory=p.territory - {problem.customers[-1].id}) for p in problem.people),
    )
    old = solve(fewer, SHORT)
    plan = solve(problem, SHORT, old)
    assert check(problem, plan, old) == ()  # each visit is planned, or named as unplanned
    new = problem.customers[-1]
    if not problem.goal.by_weight and not new.fixed:  # agreed visits come before all
        same = replace(
            fewer, customers=tuple(c for c in problem.customers if c.fixed or c.priority > new.priority)
        )
        assert by_priority(same, plan) <= by_priority(same, old)


@slow
@given(st.integers(0, 100_000))
def test_shuffling_the_input_changes_nothing_in_the_checks(seed):
    problem = generating.mixed(seed, customers=14)
    rng = np.random.default_rng(seed)

    def shuffled(items):
        return tuple(items[i] for i in rng.permutation(len(items)))

    order = rng.permutation(len(problem.places))
    modes = tuple(
        replace(
            m,
            matrix=m.matrix
            and Matrix(m.matrix.minutes[np.ix_(order, order)], m.matrix.metres[np.ix_(order, order)]),
        )
        for m in problem.travel.modes
    )
    other = replace(
        problem,
        places=tuple(problem.places[i] for i in order),
        customers=shuffled(problem.customers),
        people=shuffled(problem.people),
        travel=replace(problem.travel, modes=modes),
    )
    plan = solve(problem, SHORT)
    assert check(other, plan) == ()
    assert check(problem, solve(other, SHORT)) == ()


def test_the_same_seed_and_iterations_give_the_same_plan_with_threads_and_without():
    problem = generating.month(3, 60, 2, weeks=2)
    means = Means(iterations=400, seed=5, cache_folder=COMPILED)
    with ThreadPoolExecutor(2) as threads:
        assert (
            solve(problem, replace(means, pool=threads.map)) == solve(problem, means) == solve(problem, means)
        )


def test_progress_is_told_and_a_stop_is_heeded():
    problem = generating.periodic(1, 40, 2)
    told: list[State] = []
    ticks = iter(range(10_000_000))
    plan = solve(
        problem,
        Means(
            seconds=1e9,
            clock=lambda: float(next(ticks)),
            progress=told.append,
            stop=lambda: bool(told),
            cache_folder=COMPILED,
        ),
    )
    assert told
    assert check(problem, plan) == ()
    assert plan.unplanned == ()


def test_what_a_higher_priority_needs_a_lower_one_gives_up():
    long, short = customer("c30", minutes=500.0, priority=2), customer("c200", minutes=50.0)
    (missing,) = solve(town(long, short, days=1), SHORT).unplanned
    assert missing.customer == "c200"
    (missing,) = solve(town(replace(long, priority=0), replace(short, priority=2), days=1), SHORT).unplanned
    assert missing.customer == "c30"


def test_by_weight_a_visit_is_given_up_for_what_it_costs():
    problem = replace(town(customer("c10"), customer("c200")), goal=Goal(by_weight=True, unplanned=100.0))
    plan = solve(problem, SHORT)
    (missing,) = plan.unplanned
    assert (missing.customer, missing.reason.limit, missing.reason.by) == ("c200", "cost", pytest.approx(280))
    assert check(problem, plan) == ()


def test_a_district_of_one_person_is_kept_even_if_a_visit_is_lost():
    far = tuple(customer(f"c{i}", minutes=250.0) for i in (100, 101, 102))
    problem = town(*far, days=1, people=3)
    assert solve(problem, SHORT).unplanned == ()
    places = tuple(
        replace(place, district="north" if place.id != "office" else None) for place in problem.places
    )
    whole = replace(problem, places=places, districts=(District("north"),))
    plan = solve(whole, SHORT)
    assert check(whole, plan) == ()
    assert lost(plan) == 2


def test_fixed_visits_stay_and_others_go_around_them():
    problem = town(
        customer("c100", fixed=(FixedVisit(2, 700.0, "p2"),)),
        *(customer(f"c{i}") for i in range(10, 18)),
        people=2,
    )
    plan = solve(problem, SHORT)
    assert check(problem, plan) == ()
    (stop,) = [
        s for r in plan.routes if (r.person, r.day) == ("p2", 2) for s in r.stops if s.customer == "c100"
    ]
    assert stop.start == 700


def test_changes_are_limited():
    problem = generating.month(4, 40, 2, weeks=1)
    old = solve(problem, SHORT)
    ill = problem.people[0].workdays[0].day
    away = replace(problem.people[0], workdays=tuple(w for w in problem.people[0].workdays if w.day != ill))
    later = replace(problem, people=(away, problem.people[1]), goal=replace(problem.goal, change=5.0))
    free = solve(later, SHORT, old)
    for most in (0, 1, 3, 100):
        limited = replace(later, goal=replace(later.goal, most_changes=most))
        plan = solve(limited, SHORT, old)
        assert check(limited, plan, old) == ()
        assert plan.figures.moved_visits <= most
    assert free.figures.moved_visits == len(free.moved) > 0
    assert lost(plan) == lost(free) == 0


def test_customers_at_one_place_and_none_and_one():
    for problem in (
        town(),
        town(customer("c10")),
        town(*(customer(f"a{i}", "c0") for i in range(12))),
        town(people=0),
    ):
        plan = solve(problem, SHORT)
        assert check(problem, plan) == ()
        assert plan.unplanned == ()
    assert lost(solve(town(customer("c10"), people=0), SHORT)) == 1


def test_visits_that_are_more_than_the_days_are_made_as_often_as_can_be():
    plan = solve(town(customer("c10", visits=30), days=20), SHORT)
    assert plan.figures.visits == 20
    assert [(u.visits, u.reason.limit) for u in plan.unplanned] == [(10, "days")]


def test_a_malformed_problem_is_not_planned():
    with pytest.raises(ProblemError, match="'moon' is not in places"):
        solve(replace(town(customer("c10")), customers=(customer("c10", "moon"),)), SHORT)


def test_a_plan_before_that_knows_others_is_no_hindrance():
    old = solve(town(customer("c10"), customer("c20")), SHORT)
    problem = town(customer("c20"), customer("c30"), days=2)
    lowered = lower(problem, old)
    assert sum(map(len, routes_of(lowered, old))) == 1
    plan = solve(problem, SHORT, old)
    assert check(problem, plan, old) == ()


def test_streets_that_are_one_way_only():
    places = (Place("home"), Place("a"), Place("b"))
    minutes = np.array([[0, 10, 20], [20, 0, 10], [10, 20, 0]], float)
    workday = town().people[0].workdays[0]
    problem = Problem(
        town().period,
        places,
        (Person("p", (replace(workday, start="home", end="home"),)),),
        (customer("b"), customer("a")),
        Travel((Mode("walk", matrix=Matrix(minutes, minutes)),)),
    )
    plan = solve(problem, SHORT)
    assert check(problem, plan) == ()
    assert [stop.customer for route in plan.routes for stop in route.stops] == ["a", "b"]
