"""Cordeau's format: as described, tolerant of its copies, and each fault by its line."""

from __future__ import annotations

import contextlib

import pytest

from guanxi.cores.routing import cordeau, generating
from guanxi.cores.routing.plan import Plan, Reason, Route, Stop, Unplanned
from guanxi.cores.routing.tests.by_hand import in_both

TEXT = """1 2 3 5
0 160
0 160
0 160
0 160
0 160
0 35 35 0 0 0 0
1 41 49 0 10 1 5 1 2 4 8 16
3 55 45.5 0 13 2 3 5 10 20
5 15 30 10 26 3 3 11 21 26
"""


def test_read():
    problem = cordeau.read(TEXT)
    assert problem.period.days == 5
    assert [person.id for person in problem.people] == ["1", "2"]
    workday = problem.people[0].workdays[2]
    assert (workday.day, workday.capacity, workday.most_minutes) == (3, 160, None)
    one, three, five = problem.customers
    assert (one.id, one.visits, len(one.patterns)) == ("1", 1, 5)
    # bit t - d is day d: 5 = 00101 is days 3 and 5
    assert three.patterns == (frozenset({3, 5}), frozenset({2, 4}), frozenset({1, 3}))
    assert (five.minutes, five.load, five.visits) == (10, 26, 3)


@pytest.mark.parametrize("figure", ["uniform", "clustered", "figures"])
def test_what_is_written_is_read(figure):
    problem = generating.periodic(3, 40, 4, figure)
    assert cordeau.read(cordeau.write(problem)) == problem


def test_rows_are_trusted_and_dummies_left_out():
    crowded = TEXT.replace("1 2 3 5", "1 2 99 5") + "\n\n7 0 0 0 0 0 0\n"
    assert cordeau.read(crowded.replace("\n", "\r\n")) == cordeau.read(TEXT)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (TEXT, "", "empty"),
        ("1 2 3 5", "1 2 3", "Line 1: expected"),
        ("1 2 3 5", "2 2 3 5", "Line 1: type 2"),
        ("1 2 3 5", "1 0 3 5", "Line 1: 0 vehicles"),
        ("1 2 3 5", "1 2 3 900", "Line 1: 900 days"),
        ("1 2 3 5", "1 x 3 5", "Line 1: 'x' is not a number"),
        ("1 2 3 5", "1 2.5 3 5", "Line 1: '2.5' is not a whole number"),
        (TEXT, "1 2 3 5\n0 160", "The file ends after line 2: 5 lines of limits"),
        ("0 160\n0 35", "0\n0 35", "Line 6: expected 'duration capacity'"),
        ("0 160\n0 35", "0 -5\n0 35", "Line 6: duration and capacity"),
        ("5 15 30 10 26 3 3 11 21 26", "5 15 30", "Line 10: expected"),
        ("5 15 30 10 26 3 3 11 21 26", "5 15 30 10 26 3 4 11 21 26", "Line 10: 4 combinations"),
        ("5 15 30 10 26 3 3 11 21 26", "5 15 30 10 26 3 3 11 21 99", "Line 10: combination 99"),
        (
            "5 15 30 10 26 3 3 11 21 26",
            "3 15 30 10 26 3 3 11 21 26",
            "Line 10: customer 3 stands already in line 9",
        ),
        ("5 15 30 10 26 3 3 11 21 26", "5 nan 30 10 26 3 3 11 21 26", "Line 10: 'nan' is not a finite"),
        ("5 15 30 10 26 3 3 11 21 26", "5 15 30 -1 26 3 3 11 21 26", "Line 10: service"),
        ("5 15 30 10 26 3 3 11 21 26", "5 15 30 10 26 3 0", "Line 10: 3 visits, but no combination"),
    ],
)
def test_faults_name_their_line(old, new, message):
    with pytest.raises(cordeau.CordeauError, match=message) as caught:
        cordeau.read(TEXT.replace(old, new))
    assert all(in_both(said) for said in caught.value.said)


def test_a_fault_in_chinese():
    with pytest.raises(cordeau.CordeauError) as caught:
        cordeau.read(TEXT.replace("1 2 3 5", "1 2 3"))
    assert caught.value.said[0].zh == "第 1 行：应为“类型 车辆 客户 天数”，实有 3 项。"


def test_truncated_at_any_byte_is_read_or_refused():
    for end in range(len(TEXT)):
        with contextlib.suppress(cordeau.CordeauError):
            assert len(cordeau.read(TEXT[:end]).customers) <= 3


def test_the_answer():
    problem = cordeau.read(TEXT)
    route = Route(
        2, "2", "vehicle", "depot", "depot", 0, 30, (Stop("3", 1, 1, 1), Stop("1", 2, 2, 2)), 30, 30
    )
    unplanned = Unplanned("5", 3, Reason("hours", 3, "minutes", "too far", sentence_zh="太远"))
    answer = cordeau.answer(problem, Plan((route,), (unplanned,)))
    assert answer["routes"] == [{"day": 2, "vehicle": 2, "customers": [3, 1]}]
    assert answer["unplanned"] == [{"id": 5, "reason": "too far", "reason_zh": "太远"}]
    assert "unplanned" not in cordeau.answer(problem, Plan((route,)))
