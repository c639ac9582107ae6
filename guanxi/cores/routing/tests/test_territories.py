"""Divisions into territories: what they promise, on towns and on whatever hypothesis thinks of; and bad input."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.cores.routing.territories import (
    Barrier,
    Customer,
    Division,
    Person,
    Problem,
    ProblemError,
    check,
    divide,
    what_if,
)
from guanxi.cores.routing.territories.dividing import Progress
from guanxi.cores.routing.territories.towns import KINDS, town
from guanxi.cores.routing.tests.by_hand import chinese, in_both, numbers

ROUNDS = 60
thoroughly = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def said_in_chinese_too(division: Division) -> bool:
    """Whether all messages are there, each with the same numbers."""
    pairs = list(zip(division.messages, division.messages_zh, strict=True))
    return bool(pairs) and all(chinese(zh) and numbers(zh) == numbers(en) for en, zh in pairs)


def kinds(findings):
    return {finding.kind for finding in findings}


def rank(division: Division, problem: Problem):
    return (
        sum(t.pieces - 1 for t in division.territories),
        max(division.spread - problem.spread, 0.0),
        division.goal,
    )


@st.composite
def problems(draw):
    """Small ones with everything: places that several share, districts, barriers, owners, homes, shares."""
    n = draw(st.integers(1, 30))
    k = draw(st.integers(1, min(n, 5)))
    step = draw(st.sampled_from([10, 100, 5_000]))
    whole = st.integers(0, 50).map(lambda many: many * step)
    people = tuple(
        Person(f"p{i}", *(draw(st.tuples(whole, whole)) if draw(st.booleans()) else (None, None)),
               share=draw(st.sampled_from([1.0, 0.5])))
        for i in range(k)
    )  # fmt: skip
    owner = st.sampled_from([None, *(p.id for p in people)])
    customers = tuple(
        Customer(f"c{i}", draw(whole), draw(whole), draw(st.sampled_from([0.0, 20.0, 60.0])),
                 draw(st.sampled_from([0.0, 1.0, 4.0])), draw(st.sampled_from([None, None, "a", "b"])), draw(owner))
        for i in range(n)
    )  # fmt: skip
    line = st.lists(st.tuples(whole, whole), min_size=2, max_size=4)
    barriers = tuple(Barrier(f"b{i}", tuple(draw(line))) for i in range(draw(st.integers(0, 3))))
    # Of districts kept whole there may be too few units for the people.
    districts = (
        frozenset(c.district for c in customers if c.district)
        if n >= 3 * k and draw(st.booleans())
        else frozenset()
    )
    return Problem(customers, people, barriers, districts, spread=0.2)


@thoroughly
@given(problems(), st.integers(0, 5))
def test_every_division_stands_the_independent_check(problem, seed):
    units = len({c.district if c.district in problem.whole_districts else c.id for c in problem.customers})
    if units < len(problem.people):
        with pytest.raises(ProblemError, match="people: "):
            divide(problem, seed, iterations=ROUNDS)
        return
    division = divide(problem, seed, iterations=ROUNDS)
    assert [f for f in check(problem, division) if f.kind != "spread"] == []
    if kinds(check(problem, division)):
        assert any("spread" in message or "times the mean" in message for message in division.messages)


@thoroughly
@given(problems())
def test_a_warm_start_is_never_made_worse(problem):
    try:
        before = divide(problem, 1, iterations=5)
    except ProblemError:
        return
    held = before.owners()
    again = replace(problem, customers=tuple(replace(c, owner=held[c.id]) for c in problem.customers))
    kept = divide(again, 2, iterations=0)
    after = divide(again, 2, iterations=5)
    changed = sum(
        a.owner != b.owner for a, b in zip(problem.customers, again.customers, strict=True) if a.owner
    )
    stays = before.goal - problem.change_minutes * changed
    # Kept as it is nothing changes hands, so that the plan in force costs that much less.
    in_force = (
        sum(t.pieces - 1 for t in before.territories),
        max(before.spread - problem.spread, 0.0),
        stays,
    )
    for one in (kept, after):
        for mine, theirs in zip(rank(one, again), in_force, strict=True):
            if mine < theirs - 1e-5 * (1 + abs(theirs)):
                break
            assert mine <= theirs + 1e-5 * (1 + abs(theirs))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_towns_are_divided_evenly_and_each_territory_is_connected(kind, seed):
    problem = town(kind, 400, 6, seed)
    division = divide(problem, iterations=300)
    assert check(problem, division) == []
    assert division.spread <= 0.05
    assert all(t.pieces == 1 for t in division.territories)


def test_the_same_seed_gives_the_same_with_threads_and_without():
    from concurrent.futures import ThreadPoolExecutor

    problem = town("river", 300, 5, 3)
    one = divide(problem, 7, iterations=100)
    with ThreadPoolExecutor(2) as pool:
        assert divide(problem, 7, iterations=100, pool=pool) == one
    assert divide(problem, 7, iterations=100) == one
    assert divide(problem, 8, iterations=100) != one


def test_the_order_of_the_customers_changes_nothing_in_the_checks():
    problem = town("clustered", 200, 4, 5)
    shuffled = replace(
        problem, customers=tuple(problem.customers[i] for i in np.random.default_rng(1).permutation(200))
    )
    division = divide(problem, iterations=100)
    assert check(shuffled, division) == check(problem, division) == []
    assert check(shuffled, divide(shuffled, iterations=100)) == []


def test_few_customers_change_hands_where_little_has_changed():
    problem = town("clustered", 400, 6, 1)
    before = divide(problem, iterations=300)
    held = before.owners()
    customers = [replace(c, owner=held[c.id]) for c in problem.customers]
    new = [replace(c, id=f"new{c.id}", x=c.x + 40, owner=None) for c in customers[:8]]
    after = divide(replace(problem, customers=(*customers, *new)), iterations=300)
    assert after.spread <= 0.05
    assert after.changes <= 40
    again = divide(replace(problem, customers=tuple(customers)), iterations=300)
    assert again.changes <= 20


def test_one_person_more_and_one_less():
    problem = town("river", 400, 6, 2)
    now = divide(problem, iterations=300)
    more = what_if(problem, now, more=[Person("new")], iterations=300)
    assert [t.person for t in more.territories] == ["p1", "p2", "p3", "p4", "p5", "p6", "new"]
    assert more.spread <= 0.05
    less = what_if(problem, now, without=["p3"], iterations=300)
    assert "p3" not in {t.person for t in less.territories}
    assert less.spread <= 0.05
    # Those of p3 have to go to somebody; of all others most stay.
    assert less.changes < 400 / 2
    assert all(t.pieces == 1 for t in (*more.territories, *less.territories))
    with pytest.raises(ProblemError, match="person nobody: is none of the people"):
        what_if(problem, now, without=["nobody"])


def test_a_person_lives_in_or_beside_their_territory():
    problem = town("clustered", 300, 4, 1)
    quarters = [(5_000, 5_000), (5_000, 2_000), (2_000, 5_000), (2_000, 2_000)]
    people = tuple(Person(f"p{i}", x, y) for i, (x, y) in enumerate(quarters))
    division = divide(replace(problem, people=people), iterations=300)
    homes = {p.id: (p.x, p.y) for p in people}
    here = {c.id: (c.x, c.y) for c in problem.customers}
    middles = [np.mean([here[c] for c in t.customers], axis=0) for t in division.territories]
    right = sum(math.dist(m, homes[t.person]) for m, t in zip(middles, division.territories, strict=True))
    others = min(
        sum(math.dist(middles[i], quarters[j]) for i, j in enumerate(order))
        for order in itertools.permutations(range(4))
    )
    assert right <= others * 1.1
    assert [t.home for t in division.territories] == [(float(x), float(y)) for x, y in quarters]


def test_shares_of_the_work():
    problem = town("clustered", 300, 3, 1)
    people = (Person("whole"), Person("half", share=0.5), Person("other"))
    division = divide(replace(problem, people=people), iterations=300)
    whole, half, other = (t.workload for t in division.territories)
    assert half * 2 == pytest.approx(whole, rel=0.06)
    assert other == pytest.approx(whole, rel=0.06)
    assert division.spread <= 0.05


def test_whole_districts_go_to_one_person():
    problem = town("clustered", 300, 4, 2)
    named = tuple(replace(c, district=f"d{int(c.x // 2500)}{int(c.y // 2500)}") for c in problem.customers)
    whole = replace(problem, customers=named, whole_districts=True, spread=0.6)
    division = divide(whole, iterations=300)
    assert check(whole, division) == []
    split = divide(replace(whole, whole_districts=frozenset()), iterations=300)
    assert kinds(check(whole, split)) >= {"district"}


def test_a_district_that_is_too_large_is_named():
    problem = town("clustered", 100, 4, 2)
    named = tuple(replace(c, district="centre" if i < 60 else None) for i, c in enumerate(problem.customers))
    division = divide(
        replace(problem, customers=named, whole_districts=frozenset({"centre"})), iterations=100
    )
    assert any(
        m.startswith("district centre, kept whole: ") and "times the mean" in m for m in division.messages
    )
    assert division.owners()["c1"] == division.owners()["c60"]
    assert said_in_chinese_too(division)


def lattice(side: int, step: float = 1000.0):
    return tuple(Customer(f"c{x}-{y}", x * step, y * step, 30.0) for x in range(side) for y in range(side))


def test_a_river_is_crossed_at_bridges_only():
    customers = lattice(8)
    west, east = Barrier("west", ((-9e3, 3500), (3300, 3500))), Barrier("east", ((3700, 3500), (16e3, 3500)))
    problem = Problem(customers, tuple(Person(f"p{k}") for k in range(3)), (west, east), spread=0.1)
    division = divide(problem, iterations=300)
    assert check(problem, division) == []
    assert division.links == ()
    # Three territories of 64 customers: one lies on both sides, across the bridge.
    both = [t for t in division.territories if len({int(c.split("-")[1]) > 3 for c in t.customers}) == 2]
    assert both
    for t in both:
        assert {"c3-3", "c4-3", "c3-4", "c4-4"} & set(t.customers)


def test_an_island_is_joined_by_the_shortest_link_and_told():
    customers = (*lattice(5), *(Customer(f"i{k}", 2000 + 300 * k, 6000) for k in range(3)))
    river = Barrier("river", ((-9e3, 5000), (9e3, 5000)))
    problem = Problem(customers, (Person("a"), Person("b")), (river,), spread=0.2)
    division = divide(problem, iterations=200)
    assert division.links == (("c2-4", "i0"),)
    assert "barriers: they cut the customers into 2 parts" in division.messages[0]
    assert "c2-4 - i0" in division.messages[0]
    assert division.messages_zh[0].startswith(
        "阻隔：把客户分成 2 部分，之间没有桥；以最短的连线相连（c2-4 - i0）"
    )
    assert said_in_chinese_too(division)
    assert check(problem, division) == []


def test_barriers_that_cut_everything():
    customers = lattice(4)
    lines = [Barrier(f"v{k}", ((k * 1000 + 500, -9e3), (k * 1000 + 500, 9e3))) for k in range(3)]
    lines += [Barrier(f"h{k}", ((-9e3, k * 1000 + 500), (9e3, k * 1000 + 500))) for k in range(3)]
    problem = Problem(customers, (Person("a"), Person("b")), tuple(lines))
    division = divide(problem, iterations=100)
    assert len(division.links) == 15
    assert "into 16 parts" in division.messages[0]
    assert said_in_chinese_too(division)
    assert check(problem, division) == []


def test_all_at_one_point():
    problem = Problem(
        tuple(Customer(f"c{i}", 5.0, 5.0) for i in range(60)), tuple(Person(f"p{k}") for k in range(3))
    )
    division = divide(problem, iterations=100)
    assert check(problem, division) == []
    assert [len(t.customers) for t in division.territories] == [20, 20, 20]


def test_one_customer_and_as_many_people_as_customers():
    one = Problem((Customer("c", 1.0, 2.0),), (Person("p"),))
    division = divide(one)
    assert check(one, division) == []
    assert (division.owners(), division.spread, division.territories[0].home) == ({"c": "p"}, 0.0, (1.0, 2.0))
    each = Problem(
        tuple(Customer(f"c{i}", 1000.0 * i, 0.0) for i in range(5)), tuple(Person(f"p{i}") for i in range(5))
    )
    division = divide(each, iterations=50)
    assert sorted(len(t.customers) for t in division.territories) == [1] * 5


def test_no_work_at_all_is_divided_by_heads():
    problem = Problem(
        tuple(Customer(f"c{i}", 100.0 * i, 0.0, visits=0.0) for i in range(40)), (Person("a"), Person("b"))
    )
    division = divide(problem, iterations=100)
    assert sorted(len(t.customers) for t in division.territories) == [20, 20]
    assert division.spread == 0.0


def test_a_spread_that_cannot_be_had_is_told():
    customers = (
        Customer("big", 0.0, 0.0, 600.0),
        *(Customer(f"c{i}", 500.0 + i, 0.0, 10.0) for i in range(9)),
    )
    division = divide(Problem(customers, (Person("a"), Person("b"))), iterations=50)
    assert division.messages[0].startswith("customer big: ")
    assert "finding" not in division.messages[0]
    assert said_in_chinese_too(division)
    assert kinds(check(Problem(customers, (Person("a"), Person("b"))), division)) == {"spread"}


def test_too_much_work_says_how_many_people_would_do():
    problem = replace(town("clustered", 200, 2, 1), period_days=4.0)
    division = divide(problem, iterations=50)
    days = sum(t.days for t in division.territories)
    assert f"{math.ceil(days / 4)} people would do" in division.messages[-1]
    assert said_in_chinese_too(division)


def test_degrees_are_divided_as_metres_are():
    problem = town("clustered", 200, 4, 1)
    metre = 180 / math.pi / 6_371_008.8
    customers = tuple(
        replace(c, x=120.15 + c.x * metre / math.cos(math.radians(30.3)), y=30.28 + c.y * metre)
        for c in problem.customers
    )
    degrees = replace(problem, customers=customers, coordinates="lonlat")
    division = divide(degrees, iterations=100)
    assert check(degrees, division) == []
    flat = divide(problem, iterations=100)
    assert division.travel_minutes == pytest.approx(flat.travel_minutes, rel=0.05)
    lon, lat = division.territories[0].polygons[0][0][0]
    assert (lon, lat) == (pytest.approx(120.15, abs=0.3), pytest.approx(30.28, abs=0.3))


def test_across_the_date_line():
    customers = tuple(Customer(f"c{i}", (179.9 + 0.02 * i + 180) % 360 - 180, -17.0) for i in range(20))
    problem = Problem(customers, (Person("a"), Person("b")), coordinates="lonlat")
    division = divide(problem, iterations=50)
    assert check(problem, division) == []
    assert sorted(len(t.customers) for t in division.territories) == [10, 10]


def test_stop_gives_the_best_so_far_and_progress_is_told():
    problem = town("clustered", 300, 4, 1)
    told: list[Progress] = []
    division = divide(problem, iterations=48, progress=told.append, stop=lambda: len(told) >= 2)
    assert check(problem, division) == []
    assert [p.done for p in told][:2] == [2, 4]
    assert told[0].of == 8 * 48
    whole: list[Progress] = []
    divide(problem, iterations=48, progress=whole.append)
    assert whole[-1].done == whole[-1].of


SOUND = Problem((Customer("a", 1.0, 1.0), Customer("b", 900.0, 1.0)), (Person("p"), Person("q")))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"customers": ()}, "customers: there are none"),
        ({"people": ()}, "people: there are none"),
        ({"people": (Person("p"), Person("q"), Person("r"))},
         "people: 3 for 2 customers; a territory has one customer at least, so leave out 1"),
        ({"customers": (*SOUND.customers, Customer("a", 5.0, 5.0))}, "customer a: there twice"),
        ({"people": (Person("p"), Person("p"))}, "person p: there twice"),
        ({"customers": (Customer("a", math.nan, 1.0),)}, "customer a: position nan, 1.0 is no number"),
        ({"customers": (Customer("a", math.inf, 1.0),)}, "customer a: position inf, 1.0 is no number"),
        ({"customers": (Customer("a", 1.0, 1.0, -5.0),)}, "customer a: minutes is -5.0, must be 0 or more"),
        ({"customers": (Customer("a", 1.0, 1.0, 5.0, math.nan),)}, "customer a: visits is nan, must be 0 or more"),
        ({"customers": (Customer("a", 1.0, 1.0, owner="x"),)},
         "customer a: owner x is none of the people; leave the owner out for nobody"),
        ({"customers": (Customer("a", 30.2, 120.1),), "coordinates": "lonlat"},
         "customer a: longitude 30.2, latitude 120.1 is no place; longitude and latitude are swapped"),
        ({"customers": (Customer("a", 0.0, 0.0),), "coordinates": "lonlat"},
         "customer a: longitude 0, latitude 0 is in the sea: the position is missing"),
        ({"customers": (*(Customer(f"c{i}", 120.1, 30.2) for i in range(3)), Customer("a", 20.2, 70.1)),
          "coordinates": "lonlat"}, "customer a: at longitude 20.2, 100 degrees from the middle of all (120.1)"),
        ({"people": (Person("p", 1.0),)}, "person p: has one coordinate only"),
        ({"people": (Person("p", share=0.0),)}, "person p: share is 0.0, must be above 0"),
        ({"barriers": (Barrier("r", ((1.0, 1.0),)),)}, "barrier r: a line has two positions at least"),
        ({"barriers": (Barrier("r", ((1.0, 1.0), (math.nan, 1.0))),)}, "barrier r: position nan, 1.0 is no number"),
        ({"whole_districts": frozenset({"x"})}, "whole_districts: no customer is in x"),
        ({"detour": 0.0}, "detour: 0.0, must be above 0"),
        ({"spread": -0.1}, "spread: -0.1, must be 0 or more"),
        ({"coordinates": "polar"}, "coordinates: polar, must be plane or lonlat"),
    ],
)  # fmt: skip
def test_bad_input_is_named(changes, message):
    with pytest.raises(ProblemError) as caught:
        divide(replace(SOUND, **changes))
    assert any(said.en.startswith(message) for said in caught.value.said)
    assert all(in_both(said) for said in caught.value.said)


def test_a_fault_in_chinese():
    with pytest.raises(ProblemError) as caught:
        divide(replace(SOUND, customers=(Customer("a", 30.2, 120.1),), coordinates="lonlat"))
    assert "客户 a：没有经度 30.2、纬度 120.1 这个地方；经度和纬度写反了" in [
        said.zh for said in caught.value.said
    ]


def test_of_very_many_faults_some_are_named_and_all_counted():
    bad = tuple(Customer(f"c{i}", math.nan, 0.0) for i in range(50))
    with pytest.raises(ProblemError) as caught:
        divide(replace(SOUND, customers=bad))
    assert len(caught.value.said) == 50
    assert str(caught.value).endswith("… and 30 more")


def test_districts_that_leave_too_few_units():
    customers = tuple(Customer(f"c{i}", 100.0 * i, 0.0, district="d") for i in range(4))
    with pytest.raises(ProblemError, match="people: 2 for 1 districts and customers that stay whole"):
        divide(Problem(customers, (Person("p"), Person("q")), whole_districts=True))
