"""What a territory takes: minutes at the customers, from one to the next, and from home and back. Estimated, in minutes.

The continuous approximation of Daganzo (1984): a tour of C stops at r metres from home is 2 r long, and from each stop
to the next it is what Beardwood, Halton and Hammersley (1959) found for the shortest tour through many points of
density d, 0.7124 / sqrt(d) for each (the constant by Johnson and McGeoch 1996). So for customer i with v visits of m
minutes, in the territory with home h, straight lines lengthened by `detour`:

    leg_i  = 0.7124 / sqrt(d_i) * minutes per metre                each visit, d_i from the distance to the 8th nearest
    days_i = v_i (m_i + leg_i) / day_minutes                       its share of the days out
    way_i  = days_i * 2 |i - h| * minutes per metre
    workload of a territory = sum of v_i (m_i + leg_i) + way_i

legs depend on where the customers are, not on who has them; ways on both. It is good for comparing divisions;
`planning-territories.md` says how far it is from tours that were driven in the computer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .geometry import Floats, Projection, apart, nearest
from .model import Problem

TOUR = 0.7124
NEAREST = 8


@dataclass(frozen=True, slots=True)
class Customers:
    """Arrays by customer, in the problem's order. points [n, 2] metres, no two the same. visit, leg [n] minutes of the
    period; days [n]: share of the days out."""

    points: Floats
    visits: Floats
    visit: Floats
    leg: Floats
    days: Floats

    @property
    def fixed(self) -> Floats:
        """Minutes that do not depend on the territory."""
        return self.visit + self.leg


def pace(problem: Problem) -> float:
    """Minutes for a metre of straight line."""
    return problem.detour / problem.metres_per_minute


def legs(points: Floats) -> Floats:
    """[n] metres from a stop to the next: 0.7124 / sqrt(density), the density known by the distance r to the k-th nearest.

    In a Poisson process E[r] = Gamma(k + 1/2) / (Gamma(k) sqrt(pi d)), so that r times the factor here has the mean
    1 / sqrt(d) without bias. k is 8, or as many as there are; 0 for a single customer.
    """
    k = min(NEAREST, len(points) - 1)
    if k < 1:
        return np.zeros(len(points))
    return TOUR * math.sqrt(math.pi) * math.gamma(k) / math.gamma(k + 0.5) * nearest(points, k)


def customers(problem: Problem, projection: Projection) -> Customers:
    """What is known of each customer without knowing its territory."""
    points = apart(projection.metres([(c.x, c.y) for c in problem.customers]))
    visits = np.array([c.visits for c in problem.customers], np.float64)
    visit = visits * np.array([c.minutes for c in problem.customers], np.float64)
    leg = visits * legs(points) * pace(problem)
    return Customers(points, visits, visit, leg, (visit + leg) / problem.day_minutes)


def middle(known: Customers, which: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """[2]: the middle of some customers, weighted by their days; of all alike where none has any."""
    weight = known.days[which]
    if weight.sum() <= 0:
        weight = np.ones(len(which))
    found: Floats = (known.points[which] * weight[:, None]).sum(axis=0) / weight.sum()
    return found


def ways(known: Customers, which: np.ndarray[tuple[int], np.dtype[np.int64]], home: Floats) -> Floats:
    """Metres out and back over the period for each of some customers, from a home [2]."""
    away = known.points[which] - home
    found: Floats = known.days[which] * 2 * np.hypot(away[:, 0], away[:, 1])
    return found
