"""The builder: what it says is what the model then says."""

from __future__ import annotations

from datetime import date

import pytest

from guanxi.cores.routing.building import Building
from guanxi.cores.routing.checking import check
from guanxi.cores.routing.faults import ProblemError
from guanxi.cores.routing.model import FixedVisit, Window
from guanxi.cores.routing.tests.by_hand import greedy


def team() -> Building:
    made = Building(days=10, first=date(2026, 3, 2), coordinates="lonlat")
    made.mode("car", metres_per_minute=500, detour=1.3)
    return made


def test_a_team():
    building = team()
    building.person("王芳", at=(121.47, 31.23), hours=("08:30", "17:30")).absent(3).half_day(
        5, until="12:00"
    ).able("care")
    building.place("hotel", (121.0, 31.4))
    building.person("李强", at=(121.40, 31.20)).night_away(1, "hotel").on(4, capacity=10.0).owns("码头")
    building.customer(
        "书店", at=(121.48, 31.24), minutes=30, visits=2, least_days_between=4, hours=["09:00-12:00"]
    )
    building.customer("码头", at=(121.49, 31.25), minutes=20, fixed=[FixedVisit(2, 780.0)])
    building.customer("诊所", at="书店", minutes=20, skills=["care"], weekdays=[1, 2])
    problem = building.problem()
    wang, li = problem.people
    assert [w.day for w in wang.workdays] == [1, 2, 4, 5, 8, 9, 10]
    assert [w.latest for w in wang.workdays if w.day == 5] == [720]
    assert [(w.start, w.end) for w in li.workdays][:2] == [
        ("home of 李强", "hotel"),
        ("hotel", "home of 李强"),
    ]
    assert problem.customers[0].windows == (Window(540, 690),)
    plan = greedy(problem)
    assert plan.unplanned == ()
    assert check(problem, plan) == ()


def test_mistakes_are_named():
    with pytest.raises(ProblemError, match="is no time of day such as 09:30") as caught:
        team().person("王芳", at=(121.47, 31.23), hours=("8.30", "17:30"))
    assert caught.value.said[0].zh == "人员“王芳”：“8.30”不是时刻，要写成 09:30 这样"
    building = team()
    building.customer("书店", at="nowhere", minutes=30)
    with pytest.raises(ProblemError, match="'nowhere' is not in places"):
        building.problem()
