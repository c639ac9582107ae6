"""A polygon for each territory: neighbours share their border, so none overlap and nothing between them is left out."""

from __future__ import annotations

import numpy as np

from .geometry import Floats, Ints
from .triangulation import triangulate

ROUND = 72
"""Directions in which the outer border is pushed out."""

Ring = Floats
"""[m, 2] metres, the first point not repeated at the end."""


def outlines(points: Floats, owner: Ints, many: int) -> list[list[list[Ring]]]:
    """For each of `many` territories its parts, each an outline (anticlockwise) and holes, largest part first.

    points [n, 2] metres, no two the same; owner [n]. The cell of a customer bounded by the middles of its edges in the
    Delaunay triangulation. A border runs through the triangles whose corners have different owners, so that the borders
    of two neighbours are the same points. Outside, points of nobody lie round the hull.
    """
    every = np.concatenate([points, _round(points)])
    owners = np.concatenate([owner, np.full(len(every) - len(points), -1)])
    corners = triangulate(every)
    total = len(every)
    mine = owners[corners]
    mixed = np.any(mine != mine[:, :1], axis=1)
    corners, mine = corners[mixed], mine[mixed]
    centroid = every[corners].mean(axis=1)
    # Where two owners meet in a triangle the border runs from one edge's middle to the other's; where three do, from
    # each middle to the centroid. A point is known by a number: a middle by the edge's ends, a centroid by its triangle.
    pieces, places = [], []
    for c in range(3):
        a, b, third = (corners[:, (c + k) % 3] for k in range(3))
        one, other, last = (mine[:, (c + k) % 3] for k in range(3))
        differ = one != other
        edge = np.minimum(a, b) * np.int64(total) + np.maximum(a, b)
        places.append(np.column_stack([edge, (every[a] + every[b]) / 2])[differ])
        to_third = np.minimum(a, third) * np.int64(total) + np.maximum(a, third)
        alone = differ & (other == last)
        pieces.append(np.column_stack([one, edge, to_third])[alone])
        pieces.append(np.column_stack([other, to_third, edge])[alone])
        three = differ & (other != last) & (one != last)
        at = -1 - np.arange(len(corners))
        pieces.append(np.column_stack([one, edge, at])[three])
        pieces.append(np.column_stack([other, at, edge])[three])
    border = np.concatenate(pieces)
    border = border[border[:, 0] >= 0]
    border = border[np.argsort(border[:, 0], kind="stable")]
    bounds = np.searchsorted(border[:, 0], np.arange(many + 1))
    middles = {int(key): (x, y) for key, x, y in np.concatenate(places)}
    found = []
    for k in range(many):
        mine_border = border[bounds[k] : bounds[k + 1]]
        after = dict(zip(mine_border[:, 1].tolist(), mine_border[:, 2].tolist(), strict=True))
        found.append(_parts(_rings(after, middles, centroid)))
    return found


def _round(points: Floats) -> Floats:
    """Points of nobody, evenly along the hull pushed out by a fifteenth of the extent, 100 m at least: the border runs
    halfway to them."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    out = max(float(np.hypot(*(points.max(axis=0) - points.min(axis=0)))) / 15, 100.0)
    angle = np.arange(ROUND) * 2 * np.pi / ROUND
    direction = np.column_stack([np.cos(angle), np.sin(angle)])
    corner = points[np.argmax((points - middle) @ direction.T, axis=0)] + out * direction
    closed = np.concatenate([corner, corner[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0, along[-1], max(int(along[-1] / out * 2), 16), endpoint=False)
    return np.column_stack([np.interp(at, along, closed[:, k]) for k in range(2)])


def _rings(after: dict[int, int], middles: dict[int, tuple[float, float]], centroid: Floats) -> list[Ring]:
    """Closed rings from each point's next; a ring begins at its least number, so that the order is always the same."""
    rings = []
    for begin in sorted(after):
        if begin not in after:
            continue
        ring, at = [], begin
        while at in after:
            ring.append(centroid[-1 - at] if at < 0 else middles[at])
            at = after.pop(at)
        rings.append(np.array(ring, np.float64))
    return rings


def _parts(rings: list[Ring]) -> list[list[Ring]]:
    """Each outline with the holes that lie in it, the largest first."""
    sizes = [area(ring) for ring in rings]
    outer = sorted((i for i, size in enumerate(sizes) if size > 0), key=lambda i: -sizes[i])
    parts = {i: [rings[i]] for i in outer}
    for i, size in enumerate(sizes):
        if size <= 0:
            around = [o for o in outer if sizes[o] > -size and inside(rings[i][0], rings[o])]
            if around:
                parts[around[-1]].append(rings[i])
    return [parts[i] for i in outer]


def area(ring: Ring) -> float:
    """Square metres, above 0 where the ring runs anticlockwise."""
    x, y = ring[:, 0] - ring[0, 0], ring[:, 1] - ring[0, 1]
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def inside(point: Floats, ring: Ring) -> bool:
    """Whether a point lies in a ring: a ray to the right crosses it an odd number of times."""
    x, y = ring[:, 0], ring[:, 1]
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    across = (y > point[1]) != (next_y > point[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x + (point[1] - y) / (next_y - y) * (next_x - x)
    return bool(np.sum(across & (point[0] < at)) % 2)
