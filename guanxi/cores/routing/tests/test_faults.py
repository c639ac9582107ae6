"""Bad input: each fault names its place; a generated problem has none."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from guanxi.cores.routing import generating
from guanxi.cores.routing.faults import MOST_FAULTS, ProblemError, ensure_sound, faults
from guanxi.cores.routing.model import (
    Barrier,
    Customer,
    District,
    FixedVisit,
    Goal,
    Matrix,
    Mode,
    Period,
    Place,
    Problem,
    Travel,
    Window,
)
from guanxi.cores.routing.tests.by_hand import customer, in_both, town

SOUND = town(customer("c10"), customer("c20"), days=3, people=2)


def other_customer(**fields: object) -> Problem:
    return replace(SOUND, customers=(replace(SOUND.customers[0], **fields), SOUND.customers[1]))


def other_day(**fields: object) -> Problem:
    person = SOUND.people[0]
    days = (replace(person.workdays[0], **fields), *person.workdays[1:])
    return replace(SOUND, people=(replace(person, workdays=days), SOUND.people[1]))


def other_place(x: float | None, y: float | None, degrees: bool = False) -> Problem:
    travel = replace(SOUND.travel, coordinates="lonlat") if degrees else SOUND.travel
    places = tuple(Place(p.id, 121.4, 31.2) for p in SOUND.places) if degrees else SOUND.places
    return replace(SOUND, travel=travel, places=(places[0], replace(places[1], x=x, y=y), places[2]))


def table(change: object) -> Problem:
    minutes = np.ones((3, 3))
    change(minutes)  # type: ignore[operator]
    return replace(SOUND, travel=Travel((Mode("walk", matrix=Matrix(minutes, np.ones((3, 3)))),)))


def put(row: int, column: int, value: float) -> object:
    return lambda minutes: minutes.__setitem__((row, column), value)


CASES = [
    (replace(SOUND, period=Period(0)), "period.days: 0; a period has 1 to 62 days"),
    (replace(SOUND, period=Period(5, first_weekday=8)), "period.first_weekday: 8"),
    (
        replace(SOUND, customers=(SOUND.customers[0],) * 2),
        r"customers\[1\].id: 'c10' stands already at customers\[0\]",
    ),
    (replace(SOUND, people=(SOUND.people[0],) * 2), r"people\[1\].id: 'p1' stands already"),
    (replace(SOUND, places=(*SOUND.places, SOUND.places[0])), r"places\[3\].id: 'office' stands already"),
    (other_customer(id=""), r"customers\[0\].id: is empty"),
    (other_customer(place="moon"), r"customers\[0\] 'c10'.place: 'moon' is not in places"),
    (other_customer(minutes=math.nan), r"customers\[0\] 'c10'.minutes: is not a number"),
    (other_customer(minutes=-1.0), r"minutes: -1 is below 0"),
    (other_customer(load=math.inf), r"load: is infinite"),
    (other_customer(visits=0), r"visits: 0 is below 1"),
    (
        other_customer(least_days_between=3, most_days_between=2),
        "most_days_between: 2 is below least_days_between, 3",
    ),
    (other_customer(last_visit=1), "last_visit: 1 is not before day 1"),
    (other_customer(patterns=(frozenset({9}),)), r"patterns\[0\]: day 9; the period has days 1 to 3"),
    (other_customer(patterns=(frozenset({1, 2}),)), "visits: 1; the largest pattern has another number"),
    (other_customer(weekdays=frozenset({0})), "weekdays: 0; weekdays are 1"),
    (other_customer(windows=(Window(math.nan, 9),)), r"windows\[0\].earliest: is not a number"),
    (other_customer(required_person="ghost"), "required_person: 'ghost' is not in people"),
    (other_customer(preferred_person="ghost"), "preferred_person: 'ghost' is not in people"),
    (other_customer(fixed=(FixedVisit(9),)), "fixed: day 9"),
    (other_customer(fixed=(FixedVisit(1), FixedVisit(1)), visits=2), "fixed: day 1 stands 2 times"),
    (other_customer(fixed=(FixedVisit(1), FixedVisit(2))), "fixed: 2 fixed visits, but visits is 1"),
    (other_customer(fixed=(FixedVisit(1, person="ghost"),)), r"fixed\[0\].person: 'ghost'"),
    (other_day(day=7), r"people\[0\] 'p1'.workdays\[day 7\].day: the period has days 1 to 3"),
    (other_day(day=2), "day: stands twice"),
    (other_day(start="moon"), "start: 'moon' is not in places"),
    (other_day(mode="rocket"), "mode: 'rocket' is not in travel.modes"),
    (other_day(latest=math.nan), "latest: is not a number"),
    (other_day(capacity=-5.0), "capacity: -5 is below 0"),
    (other_place(math.nan, 3), r"places\[1\] 'c10'.x: is nan"),
    (other_place(None, None), "x: is missing, and mode 'walk' has no matrix"),
    (other_place(31.2, 121.4, degrees=True), "the two seem to be swapped"),
    (other_place(0.0, 0.0, degrees=True), "lies in the Atlantic"),
    (other_place(500.0, 31.0, degrees=True), "is no position in degrees"),
    (replace(SOUND, travel=Travel(())), "travel.modes: is empty"),
    (
        replace(SOUND, travel=Travel((Mode("walk", metres_per_minute=0),))),
        "metres_per_minute: 0; a speed is above 0",
    ),
    (
        replace(SOUND, travel=replace(SOUND.travel, barriers=(Barrier("river", ((0, 0),)),))),
        "travel.barriers.* has fewer than two positions",
    ),
    (table(put(1, 2, -3)), r"matrix.minutes\[1\]\[2\]: is negative"),
    (
        table(put(1, 2, math.nan)),
        r"matrix.minutes\[1\]\[2\]: is not a number \(NaN\); where there is no way, write null",
    ),
    (
        replace(SOUND, travel=Travel((Mode("walk", matrix=Matrix(np.ones((2, 2)), np.ones((3, 3)))),))),
        "matrix.minutes: is 2 x 2; 3 places need 3 x 3",
    ),
    (
        replace(SOUND, places=(replace(SOUND.places[0], district="x"), *SOUND.places[1:])),
        "district: 'x' is not in districts",
    ),
    (replace(SOUND, districts=(District("x", -1.0),)), "penalty: -1 is below 0"),
    (
        replace(SOUND, people=tuple(replace(p, territory=frozenset({"c10"})) for p in SOUND.people)),
        r"people\[1\] 'p2'.territory: 'c10' belongs to 'p1' already",
    ),
    (
        replace(SOUND, people=(replace(SOUND.people[0], territory=frozenset({"z"})), SOUND.people[1])),
        "territory: 'z' is not in customers",
    ),
    (replace(SOUND, goal=Goal(balance=-1)), "goal.balance: -1 is below 0"),
    (replace(SOUND, goal=Goal(most_changes=-1)), "goal.most_changes: -1"),
    (
        replace(SOUND, customers=tuple(Customer(str(i), "c10", priority=i) for i in range(9))),
        "9 different priorities; at most 7",
    ),
]


@pytest.mark.parametrize(("problem", "message"), CASES, ids=[message[:40] for _, message in CASES])
def test_each_fault_names_its_place(problem, message):
    with pytest.raises(ProblemError, match=message) as caught:
        ensure_sound(problem)
    assert all(in_both(said) for said in caught.value.said)


def test_a_fault_in_chinese():
    problem = other_customer(place="moon", patterns=(frozenset({9}),))
    assert [fault.said.zh for fault in faults(problem)] == [
        "customers[0] 'c10'.place：places 里没有“moon”",
        "customers[0] 'c10'.patterns[0]：第 9 天；周期是第 1 天到第 3 天",
    ]


def test_asymmetric_tables_and_ways_that_do_not_exist_are_no_fault():
    assert faults(table(put(1, 2, 7))) == ()
    assert faults(table(put(1, 2, math.inf))) == ()


def test_a_thousand_faults_are_not_all_told():
    problem = replace(SOUND, customers=tuple(Customer(f"c{i}", "moon") for i in range(1000)))
    found = faults(problem)
    assert len(found) == MOST_FAULTS + 1
    assert found[-1].said == (
        "数据：错误多于 50 处，其余不再列出",
        "problem: more than 50 faults; the rest is not listed",
    )


@pytest.mark.parametrize("seed", range(25))
def test_generated_problems_are_sound(seed):
    assert faults(generating.mixed(seed)) == ()
    assert faults(generating.windows(seed, 50, ("C1", "R1", "RC1", "C2", "R2", "RC2")[seed % 6])) == ()
    assert faults(generating.month(seed, 60, 2)) == ()
    assert faults(generating.periodic(seed, 50, 4, ("uniform", "clustered", "figures")[seed % 3])) == ()
