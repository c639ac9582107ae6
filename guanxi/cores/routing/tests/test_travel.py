"""Travel: against the checker's own, which is written anew; barriers and their bridges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.routing import checking, generating
from guanxi.cores.routing.model import Barrier, Mode, Period, Place, Problem, Travel
from guanxi.cores.routing.travel import Roads, crosses


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_as_the_checker_has_it(seed):
    problem = generating.mixed(seed)
    roads, other = Roads(problem), checking._Roads(problem)
    for mode in problem.travel.modes:
        minutes, metres = roads.matrices(mode.id, np.arange(len(problem.places)))
        for i, a in enumerate(problem.places):
            for j, b in enumerate(problem.places):
                assert other.trip(mode, a.id, b.id) == pytest.approx((minutes[i, j], metres[i, j]), rel=1e-9)


def test_degrees_are_metres_on_the_ground():
    shanghai = (Place("people's square", 121.4737, 31.2304), Place("hongqiao", 121.3270, 31.2000))
    problem = Problem(Period(1), shanghai, (), (), Travel((Mode("car", 600, 1.0),), "lonlat"))
    metres = Roads(problem).one("car", "people's square", "hongqiao")[1]
    assert metres == pytest.approx(14_350, rel=0.005)  # the great circle's
    assert checking._Roads(problem).trip(problem.travel.modes[0], "people's square", "hongqiao")[
        1
    ] == pytest.approx(metres)


def test_ways_that_touch_a_line_do_not_cross_it_and_ways_through_its_points_do_once():
    line = np.array([(0.0, 0.0), (10.0, 0.0), (20.0, 0.0)])
    start = np.array([(5.0, -5.0), (5.0, -5.0), (10.0, -5.0), (25.0, -5.0), (5.0, 0.0)])
    end = np.array([(5.0, 5.0), (5.0, 0.0), (10.0, 5.0), (25.0, 5.0), (5.0, 5.0)])
    assert crosses(line, start, end).tolist() == [True, False, True, False, False]


def test_a_closed_barrier_makes_an_island_and_trips_take_their_time_once():
    places = (Place("a", 0, 0), Place("b", 100, 0), Place("c", 100, 0))
    modes = (Mode("walk", 10, minutes_a_trip=3),)
    problem = Problem(
        Period(1),
        places,
        (),
        (),
        Travel(modes, barriers=(Barrier("wall", ((50, -9), (50, 9)), closed=True),)),
    )
    roads = Roads(problem)
    assert roads.one("walk", "a", "b") == (math.inf, math.inf)
    assert roads.one("walk", "b", "c") == (0, 0)
    free = Roads(Problem(Period(1), places, (), (), Travel(modes)))
    assert free.one("walk", "a", "b") == (13, 100)


def test_a_function_of_positions():
    def taxi(start, end):
        metres = np.abs(end - start).sum(axis=1)
        return metres / 10, metres

    places = (Place("a", 0, 0), Place("b", 30, 40))
    mode = Mode("taxi", function=taxi)
    problem = Problem(Period(1), places, (), (), Travel((mode,)))
    assert Roads(problem).one("taxi", "a", "b") == (7, 70)
    assert checking._Roads(problem).trip(mode, "a", "b") == (7, 70)
