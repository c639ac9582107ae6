"""The arrays say what the model says: the search's costs are the figures', its rules the checker's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from guanxi.cores.routing import generating
from guanxi.cores.routing.checking import check
from guanxi.cores.routing.figures import figures
from guanxi.cores.routing.instance import MATRIX_LIMIT
from guanxi.cores.routing.lowering import lower, needs_matrices, nodes, opening, routes, routes_of, windows_on
from guanxi.cores.routing.model import District, FixedVisit, Goal, Mode, Travel, Window
from guanxi.cores.routing.plan import Plan, Reason, Unplanned
from guanxi.cores.routing.search import solve as search
from guanxi.cores.routing.tests.by_hand import COMPILED, customer, greedy, town

GOAL = Goal(same_weekday=2.0, same_person=5.0, preferred_person=4.0, change=3.0)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 100_000), st.booleans(), st.booleans())
@example(
    360, False, False
)  # the river is crossed by way of a visit: without it another's hours cannot be kept
def test_the_searchs_cost_is_the_figures(seed, by_weight, with_times):
    problem = generating.mixed(seed)
    goal = replace(GOAL, by_weight=by_weight)
    if with_times:
        goal = replace(goal, minute_on_duty=0.3, balance=0.5)
    soft = tuple(replace(d, penalty=20.0) for d in problem.districts)
    problem = replace(problem, goal=goal, districts=soft)
    old = greedy(replace(problem, customers=problem.customers[::-1]))
    lowered = lower(problem, old)
    answer = search(lowered.made, iterations=60, seed=seed, cache_folder=COMPILED)
    made, lost = routes(lowered, [list(map(int, route)) for route in answer.routes])
    assert not lost
    count = {c.id: c.visits for c in problem.customers}
    for route in made:
        for stop in route.stops:
            count[stop.customer] -= 1
    why = Reason("search", 0, "", "not planned")
    missing = tuple(Unplanned(id, visits, why) for id, visits in count.items() if visits)
    found = figures(problem, made, missing, old)
    cost = found.cost + found.unplanned_cost
    fixed = {c.id for c in problem.customers if c.fixed}
    if by_weight and any(u.customer in fixed for u in missing):
        return  # fixed visits have a level of their own, above all costs
    if with_times:
        assert cost <= answer.cost + 1e-6  # a later departure may be better than the search knew
    else:
        assert cost == pytest.approx(answer.cost, abs=1e-5)
    rules = {f.rule for f in check(problem, Plan(made, missing, (), found), old)}
    assert rules <= {"changes"}  # moves are not listed here


def test_there_and_back():
    problem = generating.mixed(3)
    plan = greedy(problem)
    lowered = lower(problem)
    assert routes(lowered, routes_of(lowered, plan)) == (plan.routes, frozenset())


def test_many_places_have_no_tables_unless_they_need_them():
    problem = generating.month(1, MATRIX_LIMIT + 1, 2)
    made = lower(problem).made
    assert made.by_position
    assert made.minutes.size == 0
    assert nodes(problem) == len(made.position) == MATRIX_LIMIT + 3
    assert not needs_matrices(problem)
    assert made.zone_minutes.tolist() == [[2.0]]  # minutes_a_trip
    assert not lower(generating.month(1, 50, 2)).made.by_position


def test_windows_merge_and_those_that_end_before_they_begin_are_none():
    shop = customer(
        "c10", windows=(Window(600, 700), Window(650, 800), Window(900, 850), Window(480, 500, 2))
    )
    assert opening(shop, 1) == ((600, 800),)
    assert opening(shop, 2) == ((480, 500), (600, 800))
    assert opening(customer("c10", windows=(Window(480, 500, 2),)), 1) is None
    assert opening(customer("c10"), 1) == ()


def test_a_fixed_visit_has_its_minute():
    shop = customer("c10", windows=(Window(600, 700),), fixed=(FixedVisit(2, 500.0), FixedVisit(3)), visits=2)
    problem = town(shop)
    assert windows_on(shop, problem, 2) == ((500, 500),)
    assert windows_on(shop, problem, 3) == ((600, 700),)
    made = lower(problem).made
    assert made.pattern_days.tolist() == [0b110]
    assert made.level.tolist() == [0]


def test_districts_are_groups_and_rules_infinite_penalties():
    problem = town(customer("c10"), customer("c20"), customer("c30", skills=frozenset({"care"})), people=2)
    places = tuple(replace(p, district="d" if p.id in ("c10", "c20") else None) for p in problem.places)
    able = replace(problem.people[1], skills=frozenset({"care"}))
    problem = replace(
        problem,
        places=places,
        districts=(District("d", 7.0),),
        people=(problem.people[0], able),
        goal=Goal(same_person=5.0),
    )
    made = lower(problem).made
    assert made.group.tolist() == [0, 0, 1]
    assert made.group_price.tolist() == [7, 5]
    assert np.isinf(made.owner_penalty).tolist() == [[False, False], [False, False], [True, False]]
    assert np.isinf(lower(problem, only={"c10": ("p2",)}).made.owner_penalty[0]).tolist() == [True, False]


def test_modes_have_their_own_costs():
    modes = (Mode("walk", 1.0), Mode("car", 10.0, cost_per_minute=2.0, cost_per_metre=0.1, cost_a_day=9.0))
    problem = replace(town(customer("c50"), people=2, days=1), travel=Travel(modes))
    driver = replace(problem.people[1], workdays=(replace(problem.people[1].workdays[0], mode="car"),))
    made = lower(replace(problem, people=(problem.people[0], driver))).made
    assert made.slot_mode.tolist() == [0, 1]
    assert made.minutes[:, 1, 0].tolist() == [50, 5]
    assert made.cost[:, 1, 0].tolist() == [50, 15]
    assert made.slot_price.tolist() == [0, 9]
