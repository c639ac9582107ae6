"""The search: limits kept, never worse than what it is given, the same for the same seed, with and without a pool."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.routing.instance import Instance, InstanceError, instance
from guanxi.cores.routing.search import solve
from guanxi.cores.routing.search.answer import Answer, timetable
from guanxi.cores.routing.search.regions import search_parts, with_matrices

LIMIT = 1e-5


def made_up(seed: int, n: int = 14, days: int = 4, people: int = 2, **fields: object) -> Instance:
    """A small instance with windows (two a day for some), loads, skills, fixed visits, prices: a bit of everything."""
    rng = np.random.default_rng(seed)
    position = rng.uniform(0, 60, (n + people, 2))
    apart = np.hypot(*(position[:, None] - position[None]).transpose(2, 0, 1))
    one = [1 << d for d in range(days)]
    two = [(1 << a) | (1 << b) for a in range(days) for b in range(a + 1, days)]
    slots = [(person, day) for person in range(people) for day in range(days)]
    penalty = rng.choice([0.0, 5.0, np.inf], (n, people), p=[0.7, 0.2, 0.1])
    penalty[:, 0] = np.where(np.isinf(penalty).all(axis=1), 0.0, penalty[:, 0])
    given: dict[str, object] = dict(
        days=days,
        service=rng.uniform(5, 30, n),
        patterns=[(one, two, [*one, *two])[rng.integers(3)] for _ in range(n)],
        cost=apart,
        minutes=apart * rng.uniform(0.9, 1.4, apart.shape),
        position=position,
        slot_day=[day for _, day in slots],
        slot_owner=[person for person, _ in slots],
        slot_start=[n + person for person, _ in slots],
        slot_early=[480.0] * len(slots),
        slot_late=[1020.0] * len(slots),
        slot_most=rng.uniform(200, 500, len(slots)),
        slot_capacity=rng.uniform(20, 60, len(slots)),
        slot_price=rng.uniform(0, 10, len(slots)),
        slot_minute_price=rng.choice([0.0, 0.2], len(slots)),
        owner_most=rng.uniform(500, 2000, people),
        owner_available=np.full(people, 2000.0),
        balance_price=float(rng.choice([0.0, 0.5])),
        load=rng.uniform(1, 8, n),
        level=rng.integers(-1, 3, n),
        prize=rng.uniform(20, 100, n),
        owner_penalty=penalty,
        window_row=rng.integers(-1, 3, (n, days)),
        window_start=[0, 1, 2, 4],
        window_early=[-1e9, 540, 480, 840],
        window_late=[1e9, 700, 600, 960],
        group_price=rng.choice([0.0, 8.0], n),
    )
    return instance(**{**given, **fields})  # type: ignore[arg-type]


def check(made: Instance, answer: Answer) -> None:
    """Every limit, and the cost, from the instance's definition alone."""
    missed, cost = np.zeros(8, int), 0.0
    spent = np.zeros(made.owners)
    groups: dict[int, set[int]] = {}
    days = np.zeros(made.customers, np.uint64)
    for s in range(made.slots):
        line, owner, day, mode = (
            answer.routes[s],
            made.slot_owner[s],
            int(made.slot_day[s]),
            made.slot_mode[s],
        )
        if not len(line):
            continue
        assert len(line) <= made.slot_stops[s]
        assert made.load[line].sum() <= made.slot_capacity[s] + LIMIT
        clock, before = answer.leaves[s], made.slot_start[s]
        assert clock >= made.slot_early[s] - LIMIT
        cost += made.slot_price[s]
        for k, begin in zip(line, answer.begins[s], strict=True):
            assert begin >= clock + made.minutes[mode, before, k] - LIMIT
            row = made.window_row[k, day]
            assert row >= 0
            spans = range(made.window_start[row], made.window_start[row + 1])
            assert any(made.window_early[w] - LIMIT <= begin <= made.window_late[w] + LIMIT for w in spans)
            assert np.isfinite(made.owner_penalty[k, owner])
            assert made.visit_slot[k, day] in (-1, s)
            assert not int(days[k]) >> day & 1
            days[k] |= np.uint64(1 << day)
            cost += made.cost[mode, before, k] + float(made.owner_penalty[k, owner])
            groups.setdefault(int(made.group[k]), set()).add(int(owner))
            clock, before = begin + made.service[k], k
        clock += made.minutes[mode, before, made.slot_end[s]]
        cost += made.cost[mode, before, made.slot_end[s]]
        assert clock <= made.slot_late[s] + LIMIT
        assert clock <= answer.ends[s] + LIMIT
        minutes = answer.ends[s] - answer.leaves[s]
        assert minutes <= made.slot_most[s] + LIMIT
        spent[owner] += minutes
        cost += made.slot_minute_price[s] * minutes
    assert (spent <= made.owner_most + LIMIT).all()
    cost += made.balance_price * (spent**2 / made.owner_available).sum()
    cost += sum(made.group_price[group] * (len(owners) - 1) for group, owners in groups.items())
    for k in range(made.customers):
        pattern = answer.pattern[k]
        if pattern < 0:
            assert days[k] == 0, "a part of a customer's visits was left"
            cost += made.prize[k]
            short = made.visits[k]
        else:
            which = made.pattern_list[k]
            assert made.pattern_start[which] <= pattern < made.pattern_start[which + 1]
            assert made.pattern_days[pattern] == days[k]
            cost += made.pattern_cost[pattern]
            short = made.pattern_missed[pattern]
        if made.level[k] >= 0:
            missed[made.level[k]] += short
    assert tuple(missed) == answer.missed
    assert cost == pytest.approx(answer.cost, rel=1e-6, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 3), st.integers(0, 16))
def test_every_answer_keeps_every_limit_and_says_what_it_costs(
    seed: int, days: int, people: int, n: int
) -> None:
    made = made_up(seed, n, days, people)
    check(made, solve(made, iterations=1200, seed=seed))


def roundabout(seed: int, closed: bool, windows: bool) -> Instance:
    """An instance where a detour is often the shorter way, so that taking a visit out can break the others' limits."""
    n, days, people = 10, 3, 2
    rng = np.random.default_rng([seed, 7])
    made = made_up(seed, n, days, people)
    minutes, cost = made.minutes * rng.choice([0.3, 1.0, 3.0], made.minutes.shape), made.cost.copy()
    if closed:
        no_way = rng.uniform(size=minutes.shape) < 0.25
        minutes[no_way] = cost[no_way] = np.inf
    always: dict[str, object] = dict(
        window_row=np.zeros((n, days)), window_start=[0, 1], window_early=[-1e9], window_late=[1e9]
    )
    return made_up(seed, n, days, people, minutes=minutes, cost=cost, **({} if windows else always))


@pytest.mark.parametrize("windows", [True, False])
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("seed", [0, 1, 2, 12])
def test_limits_hold_where_a_detour_is_the_shorter_way(seed: int, closed: bool, windows: bool) -> None:
    made = roundabout(seed, closed, windows)
    first = solve(made, iterations=900, seed=seed)
    check(made, first)
    # Every other stop of each: a plan to begin with that may break limits as well.
    others = [line.tolist()[::2] for line in first.routes]
    check(made, solve(made, iterations=1, seed=seed, start=others))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_a_given_plan_is_never_made_worse(seed: int) -> None:
    made = made_up(seed)
    first = solve(made, iterations=300, seed=seed)
    again = solve(made, iterations=300, seed=seed + 1, start=[line.tolist() for line in first.routes])
    check(made, again)
    assert (again.missed, again.cost) <= (first.missed, first.cost + LIMIT)


def test_the_same_seed_and_steps_give_the_same_plan_with_and_without_a_pool() -> None:
    made = made_up(3, 20)
    alone = solve(made, iterations=4000, seed=5)
    with ThreadPoolExecutor(2) as pool:
        together = solve(made, iterations=4000, seed=5, pool=pool.map)
    assert alone.cost == together.cost
    assert [line.tolist() for line in alone.routes] == [line.tolist() for line in together.routes]
    assert [(point.steps, point.cost) for point in alone.trace] == [(p.steps, p.cost) for p in together.trace]


def test_another_seed_searches_elsewhere() -> None:
    made = made_up(3, 20)
    costs = {solve(made, iterations=1, seed=seed).cost for seed in range(6)}
    assert len(costs) > 1


def test_every_round_is_at_least_as_good_as_the_one_before() -> None:
    answer = solve(made_up(8, 25), iterations=6000)
    for before, after in pairwise(answer.trace):
        assert after.missed != before.missed or after.cost <= before.cost


def test_asked_to_stop_it_gives_the_best_so_far() -> None:
    asked = count(1)
    made = made_up(4, 20)
    answer = solve(made, iterations=10**9, stop=lambda: next(asked) > 3)
    check(made, answer)
    assert answer.steps == 600, "three looks into its first plan of 1,200 steps"


def test_with_seconds_the_clock_that_is_passed_in_decides() -> None:
    ticks = iter(range(1000))
    answer = solve(made_up(4), seconds=30, clock=lambda: float(next(ticks)))
    assert answer.trace[-1].seconds <= 33  # each island and the round look once more
    with pytest.raises(ValueError, match="clock"):
        solve(made_up(4), seconds=30)


def test_a_visit_of_higher_priority_is_never_given_up_for_others() -> None:
    far, near = [100.0, 0.0], [[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    position = np.array([far, *near, [0.0, 0.0]])
    apart = np.hypot(*(position[:, None] - position[None]).transpose(2, 0, 1))
    made = instance(days=1, service=[10.0] * 4, patterns=[[1]] * 4, cost=apart, slot_day=[0], slot_start=[4],
                    slot_most=[212.0], level=[0, 1, 1, 1])  # fmt: skip
    answer = solve(made, iterations=500)
    assert 0 in answer.routes[0]
    assert answer.missed[0] == 0
    soft = made._replace(level=np.array([-1, 1, 1, 1], np.int32), prize=np.array([50.0, 0.0, 0.0, 0.0]))
    assert solve(soft, iterations=500).unplanned.tolist() == [0], "not worth the way"


def test_the_best_of_all_orders_is_found_for_a_handful() -> None:
    from itertools import permutations

    rng = np.random.default_rng(2)
    apart = rng.uniform(1, 10, (7, 7))
    made = instance(days=1, service=[0.0] * 6, patterns=[[1]] * 6, cost=apart, slot_day=[0], slot_start=[6])
    best = min(sum(apart[a, b] for a, b in pairwise([6, *order, 6])) for order in permutations(range(6)))
    assert solve(made, iterations=2000).cost == pytest.approx(best)


def test_one_more_customer_takes_nobodys_visit_where_there_is_room() -> None:
    made = made_up(11, 15, slot_most=[2000.0] * 8, slot_capacity=[1e3] * 8, owner_most=[1e5] * 2, level=[0] * 15,
                   window_row=np.zeros((15, 4)))  # fmt: skip
    fewer = with_matrices(made, np.arange(14))
    before = solve(fewer, iterations=400)
    after = solve(made, iterations=400, start=[line.tolist() for line in before.routes])
    assert sum(before.missed) == sum(after.missed) == 0
    assert not len(after.unplanned)


def test_nothing_to_do_and_nobody_to_do_it() -> None:
    nobody = instance(
        days=2, service=[5.0], patterns=[[1, 2]], cost=np.ones((2, 2)), slot_day=[], slot_start=[]
    )
    assert solve(nobody, iterations=10).unplanned.tolist() == [0]
    nothing = instance(days=2, service=[], patterns=[], cost=np.ones((1, 1)), slot_day=[0], slot_start=[0])
    assert solve(nothing, iterations=10).cost == 0
    at_one_point = instance(days=1, service=[1.0] * 9, patterns=[[1]] * 9, cost=np.zeros((10, 10)), slot_day=[0, 0],
                            slot_start=[9, 9], slot_capacity=[5, 5], load=[1.0] * 9)  # fmt: skip
    assert not len(solve(at_one_point, iterations=200).unplanned)
    no_pattern = instance(
        days=1, service=[1.0], patterns=[[]], cost=np.ones((2, 2)), slot_day=[0], slot_start=[1]
    )
    assert solve(no_pattern, iterations=10).unplanned.tolist() == [0]


def test_waiting_is_avoided_by_leaving_late() -> None:
    apart = np.full((2, 2), 10.0)
    made = instance(days=1, service=[5.0], patterns=[[1]], cost=apart, slot_day=[0], slot_start=[1], slot_early=[0],
                    slot_late=[1000], slot_most=[30], window_start=[0, 1], window_early=[500], window_late=[500])  # fmt: skip
    answer = solve(made, iterations=10)
    assert answer.leaves[0] == 490
    assert answer.ends[0] == 515
    assert timetable(made, 0, [0]).fits


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1000))
def test_in_parts_every_limit_is_kept_too(seed: int) -> None:
    made = made_up(seed, 30, 4, 5, group_price=[0.0] * 30)
    answer = search_parts(made, iterations=3000, seed=seed)
    check(made, answer)
    again = search_parts(made, iterations=600, seed=seed + 1, start=[line.tolist() for line in answer.routes])
    check(made, again)
    assert (again.missed, again.cost) <= (answer.missed, answer.cost + LIMIT)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"slot_day": [0, 9] * 4}, r"slot_day\[1\]: 9"),
        ({"service": [np.nan] * 14}, r"service\[0\]: not a number"),
        ({"load": [1.0] * 3}, "load: shape"),
        ({"cost": np.full((16, 16), -1.0)}, "cost.*below 0"),
        ({"cost": np.ones((3, 4))}, "cost: shape"),
        ({"days": 99}, "days: 99"),
    ],
)
def test_fields_that_do_not_fit_are_named(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InstanceError, match=message):
        made_up(1, **fields)


def hours(windows: list[tuple[float, float]], **fields: object) -> Instance:
    """Two customers on a street, a minute apart, with the same hours, one after the other by one person."""
    apart = np.abs(np.subtract.outer(np.arange(3.0), np.arange(3.0)))
    given: dict[str, object] = dict(
        days=1,
        service=[10.0, 10.0],
        patterns=[[1], [1]],
        cost=apart,
        slot_day=[0],
        slot_start=[2],
        slot_late=[1080.0],
        window_row=[[0], [0]],
        window_start=[0, len(windows)],
        window_early=[early for early, _ in windows],
        window_late=[late for _, late in windows],
    )
    return instance(**{**given, **fields})  # type: ignore[arg-type]


def test_who_is_too_late_for_the_morning_comes_in_the_afternoon():
    made = hours([(480, 560), (800, 900)], slot_early=[600.0])
    answer = solve(made, iterations=20)
    assert sum(answer.missed) == 0
    assert all(begin >= 800 for begin in answer.begins[0])


def test_a_visit_that_fits_before_the_end_of_the_hours_is_found():
    # one minute there, ten of service and one between: the second begins at 492 at the earliest
    assert sum(solve(hours([(480, 492)], slot_early=[480.0]), iterations=20).missed) == 0
    assert sum(solve(hours([(480, 491.5)], slot_early=[480.0]), iterations=20).missed) == 1


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_places_that_are_passed_over_would_not_have_fitted(seed):
    """The cheapest place that the kernel finds within a customer's hours is the cheapest of all places."""
    from guanxi.cores.routing.search import prepare
    from guanxi.cores.routing.tests.by_hand import COMPILED

    prepare(COMPILED)
    from guanxi.cores.routing.search.columns import DAY, NOW, SIZE
    from guanxi.cores.routing.search.islands import Island, begin
    from guanxi.cores.routing.search.places import look
    from guanxi.cores.routing.search.state import ground, kept, state

    made = made_up(seed, n=10, days=2, slot_minute_price=[0.0] * 4, slot_most=[np.inf] * 4)
    about = ground(made)
    island = Island(state(made, about, seed), kept(made, about.width))
    begin(about, [island])
    now = island.now
    for k in range(made.customers):
        for s in range(made.slots):
            day = int(about.slot_whole[s, DAY])
            if made.window_row[k, day] < 0 or k in now.route[NOW, s, : now.slot[NOW, s, SIZE]]:
                continue
            look(about, now, k, s)
            size = int(now.slot[NOW, s, SIZE])
            line = now.route[NOW, s, :size].tolist()
            chosen = now.window[NOW, s, :size].tolist()
            row = int(made.window_row[k, day])
            costs = [np.inf]
            for p in range(size + 1):
                for w in range(int(made.window_start[row]), int(made.window_start[row + 1])):
                    visits, windows = [*line[:p], k, *line[p:]], [*chosen[:p], w, *chosen[p:]]
                    table = timetable(made, s, visits, windows)
                    if fits_but_for_who(made, s, visits, table.ends, table.begins, windows):
                        stops = [int(made.slot_start[s]), *visits, int(made.slot_end[s])]
                        costs.append(sum(float(made.cost[0, a, b]) for a, b in pairwise(stops)))
            stops = [int(made.slot_start[s]), *line, int(made.slot_end[s])]
            was = (
                sum(float(made.cost[0, a, b]) for a, b in pairwise(stops))
                if line
                else -float(made.slot_price[s])
            )
            found = float(now.seen[k, s, 0])
            assert (found == np.inf and min(costs) == np.inf) or abs(found - (min(costs) - was)) < 1e-6


def fits_but_for_who(
    made: Instance, s: int, visits: list[int], ends: float, begins: Any, windows: list[int]
) -> bool:
    """The limits that `look` judges: hours, the day's end, load, stops; not who may visit."""
    late = all(begin <= made.window_late[w] + LIMIT for begin, w in zip(begins, windows, strict=True))
    load = sum(float(made.load[k]) for k in visits) <= made.slot_capacity[s] + LIMIT
    return bool(late and load and ends <= made.slot_late[s] + LIMIT and len(visits) <= made.slot_stops[s])
