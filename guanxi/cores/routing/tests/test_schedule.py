"""The times of a route against every departure tried minute by minute."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.routing.schedule import Leg, best_times


def all_departures(legs: list[Leg], back: float, earliest: int, latest: int) -> float:
    """The least duration of whole-minute departures, infinite where none is possible."""
    best = math.inf
    for depart in range(earliest, latest + 1):
        now: float = depart
        for leg in legs:
            now += leg.way
            starts = [max(now, early) for early, late in leg.windows if now <= late] if leg.windows else [now]
            if not starts:
                break
            now = min(starts) + leg.minutes
        else:
            if now + back <= latest:
                best = min(best, now + back - depart)
    return best


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=3).map(
    lambda given: sorted((start, start + length) for start, length in given)
)


def apart(windows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for window in windows:
        if not found or window[0] > found[-1][1]:
            found.append(window)
    return found


a_leg = st.builds(Leg, st.integers(0, 9), st.integers(0, 9), spans.map(apart))


@settings(deadline=None, max_examples=400)
@given(st.lists(a_leg, max_size=4), st.integers(0, 9), st.integers(0, 20), st.integers(20, 90))
def test_least_duration(legs, back, earliest, latest):
    times = best_times(legs, back, earliest, latest)
    expected = all_departures(legs, back, earliest, latest)
    assert (times is None) == math.isinf(expected)
    if times is not None:
        assert abs(times.minutes - expected) < 1e-3
        now = times.depart
        assert now >= earliest
        for leg, start in zip(legs, times.starts, strict=True):
            assert start >= now + leg.way - 1e-6
            assert not leg.windows or any(early <= start <= late + 1e-6 for early, late in leg.windows)
            now = start + leg.minutes
        assert abs(times.back - now - back) < 1e-6


def test_leaves_late_enough_not_to_wait():
    times = best_times([Leg(10, 30, ((600, 660),))], 10, 480, 1080)
    assert times is not None
    assert (times.depart, times.starts, times.back) == (590, (600,), 640)


def test_the_afternoon_is_better_than_waiting_over_noon():
    legs = [Leg(0, 10, ((480, 500), (780, 900))), Leg(5, 10, ((800, 900),))]
    times = best_times(legs, 0, 480, 1080)
    assert times is not None
    assert times.minutes < 30
