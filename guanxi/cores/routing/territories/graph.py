"""Who is next to whom: the neighbourhood graph of the customers, cut by barriers, held together by links."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .geometry import Floats, Ints, cut
from .triangulation import gabriel


@dataclass(frozen=True, slots=True)
class Neighbours:
    """edges [m, 2]: pairs of customers (numbers, the smaller first). is_link [m]: joined across a barrier, because
    without it a part of the customers would stand alone. parts [n]: the part of the graph without links that each is in.
    """

    edges: Ints
    is_link: np.ndarray[tuple[int], np.dtype[np.bool_]]
    parts: Ints


def neighbours(points: Floats, lines: Floats, bridges: Floats) -> Neighbours:
    """The Gabriel graph of points [n, 2] without the edges that meet one of the lines [b, 4]; and who is next to the same
    of the bridges [g, 4] is next to each other. Next to a bridge are its middle's neighbours in the Gabriel graph of
    points and bridges, again without what meets a line, and on each side of it the nearest in sight.

    Where that leaves several parts they are joined by the shortest of the edges cut: a shortest spanning tree of the
    parts (Kruskal 1956), since the Gabriel graph holds the shortest spanning tree of all.
    """
    n = len(points)
    middles = (bridges[:, :2] + bridges[:, 2:]) / 2
    edges, closed = _open(points, lines)
    if len(bridges):
        beside = _open(np.concatenate([points, middles]), lines)[0]
        beside = np.concatenate([beside[beside[:, 1] >= n], _in_sight(points, lines, bridges, middles)])
        edges = np.unique(np.concatenate([edges, _across(n, beside)]), axis=0)
    parts = components(n, edges)
    many = int(parts.max()) + 1
    length = np.hypot(*(points[closed[:, 0]] - points[closed[:, 1]]).T)
    joined = Union(many)
    links = [e for e in np.argsort(length, kind="stable") if joined.join(*(int(p) for p in parts[closed[e]]))]
    made = np.concatenate([edges, closed[links].reshape(-1, 2)])
    order = np.lexsort((made[:, 1], made[:, 0]))
    is_link = np.arange(len(made)) >= len(edges)
    return Neighbours(made[order], is_link[order], parts)


def _open(points: Floats, lines: Floats) -> tuple[Ints, Ints]:
    """(the Gabriel graph's edges that meet no line, those that do)."""
    edges = gabriel(points)
    crossing = cut(np.hstack([points[edges[:, 0]], points[edges[:, 1]]]), lines)
    return edges[~crossing], edges[crossing]


SEEN = 512
"""So many of the nearest to a bridge are looked at, on each side."""


def _in_sight(points: Floats, lines: Floats, bridges: Floats, middles: Floats) -> Ints:
    """[e, 2]: for each bridge and side the nearest point in sight of its middle, with the bridge's number n + g."""
    found = []
    for g, (bridge, middle) in enumerate(zip(bridges, middles, strict=True)):
        away = points - middle
        far = np.sum(away**2, axis=1)
        side = (bridge[2] - bridge[0]) * away[:, 1] - (bridge[3] - bridge[1]) * away[:, 0]
        for there in (side > 0, side < 0):
            which = np.flatnonzero(there)
            if len(which) > SEEN:
                which = which[np.argpartition(far[which], SEEN)[:SEEN]]
            which = which[np.lexsort((which, far[which]))]
            blocked = cut(np.hstack([np.broadcast_to(middle, (len(which), 2)), points[which]]), lines)
            if not blocked.all():
                found.append((int(which[np.argmin(blocked)]), len(points) + g))
    return np.array(found, np.int64).reshape(-1, 2)


def _across(n: int, edges: Ints) -> Ints:
    """Pairs of the first n that share a bridge (n and later), by edges to bridges. A bridge next to a bridge (an island
    in the river) carries on to the next."""
    beside: dict[int, set[int]] = {}
    for i, j in edges.tolist():
        beside.setdefault(j, set()).add(i)
        if i >= n:
            beside.setdefault(i, set()).add(j)
    pairs: set[tuple[int, int]] = set()
    for bridge in sorted(beside):
        seen, queue = {bridge}, [bridge]
        reached: list[int] = []
        for at in queue:
            for other in sorted(beside.get(at, ())):
                if other not in seen:
                    seen.add(other)
                    (reached if other < n else queue).append(other)
        pairs.update((i, j) for i in reached for j in reached if i < j)
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


class Union:
    """Sets that are joined (Tarjan 1975)."""

    def __init__(self, many: int) -> None:
        self.parent = list(range(many))

    def find(self, one: int) -> int:
        parent = self.parent
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    def join(self, one: int, other: int) -> bool:
        """Whether they were apart."""
        one, other = self.find(one), self.find(other)
        self.parent[max(one, other)] = min(one, other)
        return one != other


def components(many: int, edges: Ints) -> Ints:
    """[many]: the component of each, numbered by their first members: each takes the least number among its neighbours,
    and then that of whom it points to, until nothing changes (Shiloach and Vishkin 1982)."""
    label = np.arange(many)
    while len(edges):
        one, other = label[edges[:, 0]], label[edges[:, 1]]
        if np.array_equal(one, other):
            break
        least = np.minimum(one, other)
        np.minimum.at(label, one, least)
        np.minimum.at(label, other, least)
        while True:
            further = label[label]
            if np.array_equal(further, label):
                break
            label = further
    return np.unique(label, return_inverse=True)[1].astype(np.int64)


def rows(
    many: int, edges: Ints, is_link: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> tuple[Ints, Ints, Ints]:
    """The graph by rows: (start [many + 1], neighbour, 1 where it is a link), the neighbours of each in order."""
    ends = np.concatenate([edges, edges[:, ::-1]])
    link = np.concatenate([is_link, is_link]).astype(np.int64)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    start = np.searchsorted(ends[order, 0], np.arange(many + 1)).astype(np.int64)
    return start, np.ascontiguousarray(ends[order, 1]), np.ascontiguousarray(link[order])
