"""Minutes and metres from place to place: matrices, a function, or straight lines with detour, barriers and trip time."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from guanxi.cores.routing.model import Mode, Problem

EARTH_RADIUS = 6_371_008.8  # metres, mean
MOST_PAIRS = 1 << 20  # judged against a barrier at a time

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class Roads:
    """Travel of a sound problem, by row numbers of `problem.places`."""

    def __init__(self, problem: Problem) -> None:
        self.modes = {mode.id: mode for mode in problem.travel.modes}
        self.row = {place.id: number for number, place in enumerate(problem.places)}
        self.given = np.array(
            [(math.nan, math.nan) if p.x is None else (p.x, p.y) for p in problem.places], np.float64
        ).reshape(-1, 2)
        self.degrees = problem.travel.coordinates == "lonlat"
        known = self.given[~np.isnan(self.given).any(axis=1)]
        self.middle = (known.min(axis=0) + known.max(axis=0)) / 2 if len(known) else np.zeros(2)
        self.plane = self.on_plane(self.given)
        self.barriers = [(b, self.on_plane(np.array(b.line, np.float64))) for b in problem.travel.barriers]

    def on_plane(self, given: Floats) -> Floats:
        """Positions in metres on a plane around the middle of all places: equirectangular for degrees."""
        if not self.degrees:
            return given
        away = np.radians(given - self.middle) * EARTH_RADIUS
        away[..., 0] *= math.cos(math.radians(self.middle[1]))
        return away

    def between(self, mode: str, start: Indices, end: Indices) -> tuple[Floats, Floats]:
        """Minutes and metres from each of `start` to each of `end` [k], infinite where there is no way."""
        how = self.modes[mode]
        if how.matrix is not None:
            return how.matrix.minutes[start, end], how.matrix.metres[start, end]
        if how.function is not None:
            minutes, metres = how.function(self.given[start], self.given[end])
            minutes, metres = np.asarray(minutes, np.float64), np.asarray(metres, np.float64)
        else:
            minutes, metres = straight(how, self.plane[start], self.plane[end])
        for barrier, line in self.barriers:
            across = crosses(line, self.plane[start], self.plane[end])
            minutes = minutes + np.where(across, math.inf if barrier.closed else barrier.minutes, 0.0)
            metres = metres + np.where(across, math.inf if barrier.closed else barrier.metres, 0.0)
        return minutes, metres

    def one(self, mode: str, start: str, end: str) -> tuple[float, float]:
        """Minutes and metres from a place to another, by id."""
        minutes, metres = self.between(mode, np.array([self.row[start]]), np.array([self.row[end]]))
        return float(minutes[0]), float(metres[0])

    def matrices(self, mode: str, rows: Indices) -> tuple[Floats, Floats]:
        """Minutes and metres between all of the rows, [k, k] each."""
        k = len(rows)
        minutes, metres = np.empty((k, k)), np.empty((k, k))
        step = max(1, MOST_PAIRS // max(1, k))
        for first in range(0, k, step):
            part = rows[first : first + step]
            pair = self.between(mode, np.repeat(part, k), np.tile(rows, len(part)))
            minutes[first : first + step], metres[first : first + step] = (a.reshape(-1, k) for a in pair)
        return minutes, metres

    def price(self, mode: str, minutes: Floats, metres: Floats) -> Floats:
        """What trips cost, infinite where there is no way."""
        how = self.modes[mode]
        passable = np.isfinite(minutes) & np.isfinite(metres)
        cost = np.full(np.shape(minutes), math.inf)
        cost[passable] = how.cost_per_minute * minutes[passable] + how.cost_per_metre * metres[passable]
        return cost


def straight(mode: Mode, start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Straight lines times the detour; the time of a trip only where one moves at all."""
    metres = np.hypot(*(end - start).T) * mode.detour
    return metres / mode.metres_per_minute + np.where(metres > 0, mode.minutes_a_trip, 0.0), metres


def crosses(line: Floats, start: Floats, end: Floats) -> NDArray[np.bool_]:
    """Which of the straight ways [k] cross the line [points, 2]. An end that lies on the line does not cross it; a way
    through one of the line's points does, once (half-open: a point on the way counts as on its left)."""
    found = np.zeros(len(start), np.bool_)
    for first, second in itertools.pairwise(line):
        left = _side(start, end, first[None]) >= 0
        right = _side(start, end, second[None]) >= 0
        one, other = _side(first[None], second[None], start), _side(first[None], second[None], end)
        found |= (left != right) & (one * other < 0)
    return found


def _side(start: Floats, end: Floats, point: Floats) -> Floats:
    """Positive where the point lies left of the way from start to end."""
    way, off = end - start, point - start
    side: Floats = way[:, 0] * off[:, 1] - way[:, 1] * off[:, 0]
    return side
