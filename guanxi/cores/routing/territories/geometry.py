"""Positions on a plane: degrees to metres and back, customers at one place told apart, distances to the nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .model import Position, Problem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EARTH = 6_371_008.8
"""Mean radius in metres (IUGG)."""
APART = 0.25
"""Customers at one place are laid this many metres apart, so that a border can run between them."""
GOLDEN = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True, slots=True)
class Projection:
    """The equirectangular projection about a point: lengths are true along its parallel and all meridians, and off by
    1 % or less within 90 km north and south of it at 35 degrees (the cosine of the latitude). `plane` leaves all as it is.
    """

    plane: bool
    longitude: float = 0.0
    latitude: float = 0.0

    @classmethod
    def of(cls, problem: Problem) -> Projection:
        """About the middle of the customers; degrees of longitude are counted from the first, across 180 too."""
        if problem.coordinates == "plane":
            return cls(True)
        first = problem.customers[0].x
        turned = [(c.x - first + 180) % 360 - 180 for c in problem.customers]
        latitudes = [c.y for c in problem.customers]
        return cls(False, first + (min(turned) + max(turned)) / 2, (min(latitudes) + max(latitudes)) / 2)

    def metres(self, positions: object) -> Floats:
        """[n, 2] positions -> [n, 2] metres east and north."""
        given = np.asarray(positions, np.float64).reshape(-1, 2)
        if self.plane:
            return given.copy()
        turned = (given[:, 0] - self.longitude + 180) % 360 - 180
        east = np.radians(turned) * EARTH * np.cos(np.radians(self.latitude))
        return np.column_stack([east, np.radians(given[:, 1] - self.latitude) * EARTH])

    def position(self, metres: Floats) -> list[Position]:
        """The other way round, to a millimetre or to 1e-7 degrees (a centimetre)."""
        if self.plane:
            return [(round(float(x), 3), round(float(y), 3)) for x, y in metres]
        longitude = np.degrees(metres[:, 0] / (EARTH * np.cos(np.radians(self.latitude)))) + self.longitude
        latitude = np.degrees(metres[:, 1] / EARTH) + self.latitude
        wrapped = (longitude + 180) % 360 - 180
        return [(round(float(x), 7), round(float(y), 7)) for x, y in zip(wrapped, latitude, strict=True)]


def apart(metres: Floats) -> Floats:
    """[n, 2] -> [n, 2]: points that share a place laid out as a sunflower's seeds (Vogel 1979) about it, `APART` metres
    from one another; the others where they are. Places are told apart to the centimetre.
    """
    keys = np.round(metres * 100).astype(np.int64)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    begins = np.ones(len(order), bool)
    begins[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - first
    radius, angle = APART * np.sqrt(rank), GOLDEN * rank
    return metres + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def nearest(metres: Floats, many: int) -> Floats:
    """[n]: metres from each point to its `many`-th nearest other (n > many): exact, by a grid of buckets.

    Rings of buckets are looked through until the `many`-th found lies within the rings that are complete.
    """
    from .compiled import grids

    n = len(metres)
    low = metres.min(axis=0)
    extent = np.maximum(metres.max(axis=0) - low, 1.0)
    # About two points to a bucket where they lie evenly; at most 2,000 a side keeps memory small where they do not.
    side = max(float(np.sqrt(extent[0] * extent[1] * 2 / n)), float(extent.max()) / 2000, 1e-3)
    columns, rows = (int(e / side) + 1 for e in extent)
    cell = ((metres - low) / side).astype(np.int64)
    number = cell[:, 1] * columns + cell[:, 0]
    order = np.argsort(number, kind="stable")
    start = np.searchsorted(number[order], np.arange(columns * rows + 1))
    found: Floats = grids.nearest(metres, cell, order, start, columns, rows, side, many)
    return found


def cut(ends: Floats, lines: Floats) -> NDArray[np.bool_]:
    """[m] whether each of the segments `ends` [m, 4] (x, y, x, y) meets one of the segments `lines` [b, 4]."""
    from .compiled import grids

    if not len(lines):
        return np.zeros(len(ends), bool)
    found: NDArray[np.bool_] = grids.meets(ends, lines)
    return found


def segments(problem: Problem, projection: Projection) -> Floats:
    """[b, 4]: the barriers' lines, one row for each stretch, in metres."""
    rows = [np.zeros((0, 4))]
    for barrier in problem.barriers:
        line = projection.metres(barrier.line)
        rows.append(np.hstack([line[:-1], line[1:]]))
    return np.concatenate(rows)


def bridges(problem: Problem, projection: Projection) -> Floats:
    """[g, 4]: the gaps between barriers (x, y, x, y): two ends of different lines, each the nearest of the other, at most
    `bridge_metres` apart."""
    ends = [np.zeros((0, 2))]
    for barrier in problem.barriers:
        ends.append(projection.metres([barrier.line[0], barrier.line[-1]]))
    every = np.concatenate(ends)
    nearest, away = [], []
    for i in range(len(every)):
        far = np.hypot(*(every - every[i]).T)
        far[i // 2 * 2 : i // 2 * 2 + 2] = np.inf
        nearest.append(int(np.argmin(far)))
        away.append(float(far[nearest[-1]]))
    found = [
        (i, j)
        for i, j in enumerate(nearest)
        if i < j and nearest[j] == i and 0 < away[i] <= problem.bridge_metres
    ]
    pairs = np.array(found, np.int64).reshape(-1, 2)
    return np.hstack([every[pairs[:, 0]], every[pairs[:, 1]]])
