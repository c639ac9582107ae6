"""What is said before any search: visits that no plan can hold, and bounds that never exceed what a plan needs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.routing import generating
from guanxi.cores.routing.feasibility import _nearest, feasibility
from guanxi.cores.routing.model import Barrier, FixedVisit, Person, Problem, Window
from guanxi.cores.routing.tests.by_hand import chinese, customer, greedy, numbers, town

FAR = customer("c700")


def never(problem: Problem) -> tuple[int, str, float, str]:
    """Of the only customer: visits, limit, by how much, sentence."""
    (found,) = feasibility(problem).never.values()
    visits, reason = found
    assert numbers(reason.sentence_zh) == numbers(reason.sentence)
    assert chinese(reason.sentence_zh)
    return visits, reason.limit, reason.by, reason.sentence


IMPOSSIBLE = {
    "nobody": (town(customer("c10"), people=0), 1, "person", 1, "there is nobody to visit"),
    "a person without days": (town(customer("c10"), days=0), 1, "days", 1, "only p1 may visit, who works on no day"),
    "30 visits in 20 days": (
        town(customer("c10", visits=30), days=20), 10, "days", 10, "30 visits are due, but a visit is possible on 20 days",
    ),
    "hours that end before they begin": (
        town(customer("c10", windows=(Window(720, 600),))), 1, "window", 120, "end before they begin (12:00 to 10:00)",
    ),
    "hours that nobody meets": (
        town(customer("c30", windows=(Window(0, 500),))), 1, "window", 10, "cannot be there before 08:30",
    ),
    "hours on other weekdays": (
        town(customer("c10", windows=(Window(0, 900, 7),))), 1, "window", 1, "hours on none of the weekdays",
    ),
    "other weekdays": (town(customer("c10", weekdays=frozenset({7}))), 1, "weekday", 1, "wanted on weekdays [7]"),
    "only no-go days": (town(customer("c10", no_go_days=frozenset(range(1, 6)))), 1, "no_go", 1, "no-go days"),
    "too far": (town(FAR), 1, "hours", 830, "back 830 minutes after the end"),
    "too long": (town(customer("c10", minutes=90.0), day={"most_minutes": 100.0}), 1, "duration", 10, "10 minutes more"),
    "too heavy": (town(customer("c10", load=9.0), day={"capacity": 5.0}), 1, "capacity", 4, "4 above the capacity"),
    "no stops": (town(customer("c10"), day={"most_stops": 0}), 1, "stops", 1, "may make no visit"),
    "a skill that nobody has": (town(customer("c10", skills=frozenset({"care"}))), 1, "skill", 1, "p1 lacks care"),
    "two days too near": (
        town(customer("c10", visits=3, least_days_between=3)), 1, "between", 1, "do not fit into the period",
    ),
    "a pattern on days nobody works": (
        town(customer("c10", patterns=(frozenset({1, 7}),), visits=2), days=7), 0, "", 0, "",
    ),
    "a fixed visit in somebody's absence": (
        town(customer("c10", fixed=(FixedVisit(2, person="p1"),))), 0, "", 0, "",
    ),
    "a fixed visit that is too early": (
        town(customer("c60", fixed=(FixedVisit(2, 500.0),), visits=2)), 2, "fixed", 1, "agreed for day 2 cannot be made",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_never(what):
    problem, visits, limit, by, words = IMPOSSIBLE[what]
    if not visits:  # possible after all, until somebody is away
        assert not feasibility(problem).never
        days = tuple(w for w in problem.people[0].workdays if w.day not in (2, 7))
        problem = replace(problem, people=(replace(problem.people[0], workdays=days),))
        assert never(problem)[1] == ("pattern" if "pattern" in what else "fixed")
        return
    found = never(problem)
    assert found[:2] == (visits, limit)
    assert found[2] == pytest.approx(by)
    assert words in found[3]


def test_an_island():
    problem = town(customer("c10"), customer("c30"))
    sea = (Barrier("sea", ((20, -9e9), (20, 9e9)), closed=True),)
    problem = replace(problem, travel=replace(problem.travel, barriers=sea))
    found = feasibility(problem).never
    assert list(found) == ["c30"]
    assert found["c30"][1].limit == "island"


def test_who_is_required_but_may_not():
    problem = town(customer("c10", required_person="p1", skills=frozenset({"care"})), people=2)
    able = replace(problem.people[1], skills=frozenset({"care"}))
    assert never(replace(problem, people=(problem.people[0], able)))[1:] == (
        "person", 1, "p1 is required, but lacks a skill",
    )  # fmt: skip
    mine = replace(town(customer("c10"), people=1), people=(Person("p1", (), only_own=True),))
    assert never(mine)[1] == "territory"


def test_an_empty_problem():
    assert feasibility(town()).sentences == (
        ("至少需要 0 个工作日，现有 5 个。", "At least 0 working days are needed; there are 5."),
    )


def test_days_needed_against_days_there():
    # 2 hours a visit, and 2 of 10 hours to the next place and back
    four = tuple(customer(f"c{i}", "c60", minutes=120.0) for i in range(8))
    found = feasibility(town(*four, days=1))
    assert (found.days_needed, found.days_there) == (3, 1)
    assert "Visits and the shortest ways take" in found.shortages[0].sentence


def test_what_only_one_can_do():
    care = tuple(customer(f"c{i}", minutes=100.0, skills=frozenset({"care"})) for i in range(10, 20))
    problem = town(*care, days=1, people=3)
    people = (replace(problem.people[0], skills=frozenset({"care"})), *problem.people[1:])
    shortage = feasibility(replace(problem, people=people)).shortages[0]
    assert (shortage.who, shortage.there) == ("p1", 600)
    assert shortage.needed >= 1000


def test_loads_stops_and_single_days():
    loads = tuple(customer(f"c{i}", load=5.0) for i in range(1, 6))
    assert [s.what for s in feasibility(town(*loads, days=1, day={"capacity": 20.0})).shortages] == ["load"]
    assert [s.what for s in feasibility(town(*loads, days=1, day={"most_stops": 4})).shortages] == ["stops"]
    monday = tuple(customer(f"c{i}", minutes=200.0, patterns=(frozenset({1}),)) for i in range(1, 5))
    assert [s.who for s in feasibility(town(*monday)).shortages] == ["day 1"]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000))
def test_no_bound_is_above_what_a_plan_does(seed):
    """A plan that holds all visits but those that never can be: nothing may be said to be short."""
    problem = generating.mixed(seed)
    known, plan = feasibility(problem), greedy(problem)
    missing = {u.customer: u.visits for u in plan.unplanned}
    for id, (visits, _) in known.never.items():
        assert missing[id] >= visits
    if all(missing[id] == known.never.get(id, (0, None))[0] for id in missing):
        assert known.shortages == ()
        used = [(r.person, r.day) for r in plan.routes]
        assert known.days_needed <= len(used)


@settings(deadline=None)
@given(st.integers(2, 60), st.integers(0, 1000))
def test_nearest_of_each(n, seed):
    xy = np.random.default_rng(seed).integers(0, 30, (n, 2)).astype(float)
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, math.inf)
    assert np.array_equal(_nearest(xy), apart.min(axis=1))
