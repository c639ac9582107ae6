"""The Delaunay triangulation of points, and the Gabriel graph in it. Our own 100 lines: scipy would weigh 140 MB."""

from __future__ import annotations

import numpy as np

from .geometry import Floats, Ints

JITTER = 0.001
"""Metres by which points are moved against one another: points on a lattice or a line are in no special position then."""


def triangulate(points: Floats) -> Ints:
    """[T, 3]: the triangles (anticlockwise, by the points' numbers) of points [n, 2] in metres; those that touch the
    square round them all are left out, so that points of the hull may have no triangle beyond.

    Points must differ (`geometry.apart`). Not exact on the hull: Gabriel's edges are in it (`gabriel`).
    """
    corners, _ = _all(points)
    return corners[np.all(corners >= 4, axis=1)] - 4


def _all(points: Floats) -> tuple[Ints, Floats]:
    """The triangles with the square's corners as points 0 to 3, and the points that were triangulated."""
    from .compiled import delaunay

    low, high = points.min(axis=0), points.max(axis=0)
    middle, size = (low + high) / 2, max(float(np.max(high - low)), 1.0) * 10
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size
    numbers = np.arange(len(points), dtype=np.uint64)
    moved = points - middle + JITTER * np.column_stack([_noise(numbers), _noise(numbers + np.uint64(2**40))])
    every = np.concatenate([square, moved])
    corners, _ = delaunay.triangulate(every, along(points) + 4)
    return corners, every


def _noise(numbers: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> Floats:
    """-0.5 to 0.5 for each number, always the same (the mixer of splitmix64, Steele, Lea and Flood 2014)."""
    with np.errstate(over="ignore"):
        z = numbers + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z.astype(np.float64) / 2**64 - 0.5


def along(points: Floats) -> Ints:
    """[n]: the points' numbers along Morton's curve, on which near ones follow one another."""
    low = points.min(axis=0)
    size = max(float(np.max(points.max(axis=0) - low)), 1e-9)
    cell = ((points - low) / size * (2**20 - 1)).astype(np.uint64)
    key = _stretched(cell[:, 0]) | (_stretched(cell[:, 1]) << np.uint64(1))
    return np.argsort(key, kind="stable").astype(np.int64)


def _stretched(
    number: np.ndarray[tuple[int], np.dtype[np.uint64]],
) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Each bit followed by an empty one."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        number = (number | (number << np.uint64(shift))) & np.uint64(mask)
    return number


def gabriel(points: Floats) -> Ints:
    """[m, 2]: pairs i < j with no third point inside the circle whose diameter is the line between them (Gabriel and
    Sokal 1969). Planar, connected, holds the shortest spanning tree; part of the Delaunay triangulation, where such an
    edge is known by the two corners opposite to it.
    """
    n = len(points)
    if n < 2:
        return np.zeros((0, 2), np.int64)
    corners, every = _all(points)
    edges = np.concatenate([corners[:, [1, 2, 0]], corners[:, [2, 0, 1]], corners[:, [0, 1, 2]]])
    edges[:, :2].sort(axis=1)
    edges = edges[edges[:, 0] >= 4]
    a, b, c = (every[edges[:, k]] for k in range(3))
    inside = np.sum((a - c) * (b - c), axis=1) < 0
    key = edges[:, 0] * np.int64(n + 4) + edges[:, 1]
    found = np.setdiff1d(key, key[inside])
    return np.column_stack([found // (n + 4), found % (n + 4)]) - 4
