"""Sets of days: the enumeration against a plain filter over all combinations."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.routing import days
from guanxi.cores.routing.days import MOST_PATTERNS, patterns, spaced
from guanxi.cores.routing.model import Customer, FixedVisit

day_sets = st.frozensets(st.integers(1, 10), min_size=1)


@settings(deadline=None)
@given(
    st.frozensets(st.integers(1, 10), min_size=1),
    st.integers(1, 4),
    st.integers(1, 3),
    st.none() | st.integers(3, 6),
    st.frozensets(st.integers(1, 10), max_size=2),
    st.integers(1, 3),
    st.none() | st.integers(3, 8),
)
def test_as_a_filter_over_all_combinations(free, visits, least, most, fixed, first, latest):
    free = free | fixed

    def fits(chosen: tuple[int, ...]) -> bool:
        if not fixed <= set(chosen):
            return False
        if chosen[0] not in fixed and not (first <= chosen[0] <= (latest or 99)):
            return False
        for day, after in pairwise(chosen):
            if not {day, after} <= fixed and not least <= after - day <= (most or 99):
                return False
        return True

    expected = {c for c in combinations(sorted(free), visits) if fits(c)}
    found = spaced(tuple(sorted(free)), visits, least, most, (first, latest), tuple(sorted(fixed)))
    assert set(found) == expected
    assert len(found) == len(expected)


def test_of_millions_an_even_share_with_the_evenly_spaced_ones():
    found = spaced(tuple(range(1, 41)), 8, 1, None, (1, None))
    assert MOST_PATTERNS <= len(found) < 3 * MOST_PATTERNS
    assert (1, 6, 11, 16, 21, 26, 31, 36) in found
    assert all(len(set(pattern)) == 8 for pattern in found)


def test_more_visits_than_days_leaves_the_fewest_out():
    customer = Customer("c", "c", visits=30)
    assert patterns(customer, range(1, 21)) == [(tuple(range(1, 21)), 10)]


def test_an_overdue_visit_may_be_on_any_day_and_one_that_is_due_by_its_day():
    due = Customer("c", "c", visits=1, most_days_between=5, last_visit=-2)
    assert [p for p, _ in patterns(due, range(1, 8))] == [(1,), (2,), (3,)]
    overdue = Customer("c", "c", visits=1, most_days_between=5, last_visit=-20)
    assert len(patterns(overdue, range(1, 8))) == 7


def test_fixed_days_stay_whatever_patterns_and_distances_say():
    customer = Customer(
        "c", "c", visits=2, patterns=(frozenset({1, 3}), frozenset({2, 4})), fixed=(FixedVisit(5),)
    )
    assert patterns(customer, range(1, 6)) == [((5,), 1)]
    near = Customer("c", "c", visits=2, least_days_between=3, fixed=(FixedVisit(2), FixedVisit(3)))
    assert patterns(near, range(1, 6)) == [((2, 3), 0)]


def test_fewer_visits_are_offered_when_asked_for_and_never_of_given_patterns():
    customer = Customer("c", "c", visits=2)
    assert sorted(missed for _, missed in patterns(customer, [1, 2], fewer=True)) == [0, 1, 1]
    given = Customer("c", "c", visits=2, patterns=(frozenset({1, 2}),))
    assert patterns(given, [1], fewer=True) == []


def test_weekdays_needed():
    from guanxi.cores.routing.model import Period

    assert days.needed_weekdays(4, Period(28)) == 1
    assert days.needed_weekdays(5, Period(28)) == 2
