"""Going on from a plan in force: what has happened stays, what was missed is made up for, the rest of a day from here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from guanxi.cores.routing import generating
from guanxi.cores.routing.checking import check
from guanxi.cores.routing.model import Matrix, Mode, Travel, Window
from guanxi.cores.routing.plan import Plan
from guanxi.cores.routing.replanning import ReplanningError, kept_until, rest_of_day
from guanxi.cores.routing.solving import Means, solve
from guanxi.cores.routing.tests.by_hand import COMPILED, customer, greedy, in_both, town
from guanxi.cores.routing.tests.test_solving import SHORT

MONTH = generating.month(2, 60, 2, weeks=2)


def visits(plan: Plan) -> set[tuple[str, int, str]]:
    return {(stop.customer, route.day, route.person) for route in plan.routes for stop in route.stops}


@pytest.fixture(scope="module")
def old() -> Plan:
    return solve(MONTH, SHORT)


def test_past_days_stay_and_a_missed_visit_is_made_up_for(old):
    route = next(r for r in old.routes if r.day == 3 and r.stops)
    missed = route.stops[-1].customer
    problem = kept_until(MONTH, old, 3, {(missed, 3)})
    plan = solve(problem, SHORT, old)
    assert check(problem, plan, old) == ()
    past = {visit for visit in visits(old) if visit[1] <= 3}
    assert {visit for visit in visits(plan) if visit[1] <= 3} == past - {(missed, 3, route.person)}
    assert any(id == missed and day > 3 for id, day, _ in visits(plan))
    assert plan.unplanned == ()


def test_the_clock_of_past_visits_stays(old):
    plan = solve(kept_until(MONTH, old, 2), SHORT, old)
    before = {(r.day, r.person): [s.start for s in r.stops] for r in old.routes if r.day <= 2}
    after = {(r.day, r.person): [s.start for s in r.stops] for r in plan.routes if r.day <= 2}
    assert before.keys() == after.keys()
    for key, starts in before.items():
        assert after[key] == pytest.approx(starts)


def test_a_visit_that_was_not_planned_cannot_have_been_missed(old):
    with pytest.raises(ReplanningError, match="no visit to 'c1' on day 7") as caught:
        kept_until(MONTH, old, 7, {("c1", 7)})
    assert in_both(caught.value.said[0])


@pytest.mark.parametrize("day", [-1, MONTH.period.days + 1, 99])
def test_a_day_outside_the_period_is_not_the_last_that_is_past(old, day):
    with pytest.raises(ReplanningError, match=f"day {day} is not in the period") as caught:
        kept_until(MONTH, old, day)
    assert in_both(caught.value.said[0])


def test_a_visit_that_is_still_to_come_cannot_have_been_missed(old):
    route = next(r for r in old.routes if r.day > 1)
    with pytest.raises(ReplanningError, match=f"day {route.day} is not past") as caught:
        kept_until(MONTH, old, route.day - 1, {(route.stops[0].customer, route.day)})
    assert in_both(caught.value.said[0])


def test_the_rest_of_a_day():
    street = town(*(customer(f"c{n}") for n in (10, 20, 30, 40)), days=1)
    old = greedy(street)
    assert [s.customer for s in old.routes[0].stops] == ["c40", "c30", "c20", "c10"]
    second = old.routes[0].stops[1]
    rest = rest_of_day(street, old, "p1", 1, second.start + 5)
    assert [c.id for c in rest.customers] == ["c10", "c20"]
    assert rest.people[0].workdays[0].start == "c30"
    plan = solve(rest, SHORT)
    assert check(rest, plan) == ()
    assert plan.routes[0].depart >= second.start + 5
    here = rest_of_day(street, old, "p1", 1, 600, position=(45.0, 0.0), left=["c10", "c40"])
    assert [s.customer for s in solve(here, SHORT).routes[0].stops] == ["c40", "c10"]


def test_who_is_late_learns_which_visit_cannot_be_made():
    street = town(customer("c10", windows=(Window(480, 500),)), customer("c20"), days=1)
    rest = rest_of_day(street, greedy(street), "p1", 1, 600, left=["c10", "c20"])
    plan = solve(rest, SHORT)
    assert check(rest, plan) == ()
    (late,) = plan.unplanned
    assert (late.customer, late.reason.limit) == ("c10", "window")


def test_thirty_stops_with_windows():
    problem = generating.windows(5, 30, "R1")
    problem = replace(problem, people=problem.people[:1])
    workday = replace(problem.people[0].workdays[0], latest=2000.0, capacity=None)
    wide = tuple(replace(c, windows=(Window(c.windows[0].earliest, 1900.0),)) for c in problem.customers)
    problem = replace(problem, customers=wide, people=(replace(problem.people[0], workdays=(workday,)),))
    old = greedy(problem)
    rest = rest_of_day(problem, old, "1", 1, 10.0)
    plan = solve(rest, Means(iterations=1000, cache_folder=COMPILED))
    assert check(rest, plan) == ()
    assert plan.unplanned == ()


def test_what_does_not_fit_is_named():
    street = town(customer("c10"), days=2)
    old = greedy(street)
    for arguments, message in (
        (("p9", 1, 600.0), "no person 'p9'"),
        (("p1", 2, 600.0), "'p1' has no visits on day 2"),
        (("p1", 1, 600.0, "moon"), "no place 'moon'"),
        (("p1", 1, 600.0, None, None, ["c99"]), "no customer 'c99'"),
    ):
        with pytest.raises(ReplanningError, match=message) as caught:
            rest_of_day(street, old, *arguments)
        assert in_both(caught.value.said[0])
    ones = np.ones((2, 2))
    tables = replace(street, travel=Travel((Mode("walk", matrix=Matrix(ones, ones)),)))
    with pytest.raises(ReplanningError, match="name a place"):
        rest_of_day(tables, old, "p1", 1, 600.0, position=(1.0, 1.0))
