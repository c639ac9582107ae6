"""An independent check of a division: whatever it promises is found out again, with no code of what made it.

Who is next to whom is tested pair by pair from the definition, distances to the nearest by comparing, workloads from the
formulas in `estimate.py`'s docstring. Only the dataclasses are shared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from guanxi.cores.routing.saying import Said

from .model import Division, Problem

Kind = Literal["missing", "twice", "unknown", "pieces", "spread", "district", "figure", "polygon", "link"]
Array = NDArray[np.float64]
Which = NDArray[np.int64]

AT_ONCE = 4_000_000
"""Numbers in one array of comparisons."""
LAID_APART = 0.25
"""Metres by which customers at one place are laid apart, times the root of their number."""
CLOSE = 1e-6
"""Figures may be off by so much of themselves: positions are moved by a millimetre, sums are in another order."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold. place: whose or where; by: by how much, in the unit that the sentence names.
    Place and sentence in English and, the fields with `_zh`, in Chinese."""

    kind: Kind
    place: str
    sentence: str
    by: float
    place_zh: str
    sentence_zh: str

    @classmethod
    def of(cls, kind: Kind, place: Said, said: Said, by: float = 0.0) -> Finding:
        """With place and sentence in both languages."""
        return cls(kind, place.en, said.en, by, place.zh, said.zh)

    def in_language(self, language: str) -> str:
        """Place and sentence in `language` ('zh' or 'en')."""
        if language == "zh":
            return f"{self.place_zh}：{self.sentence_zh}"
        return f"{self.place}: {self.sentence}"


def check(problem: Problem, division: Division) -> list[Finding]:
    """All that does not hold of a division: every customer once, every person a territory, each connected, districts
    whole, the spread as wanted, figures as the formulas have them, every customer in its own polygon.
    The problem must be a sound one (`model.faults`)."""
    found = list(_once(problem, division))
    if found:
        return found  # the rest means something for complete divisions only
    look = _Look(problem, division)
    return [
        *look.connected(),
        *look.districts(),
        *look.links(),
        *look.figures(),
        *look.polygons(),
    ]


DIVISION = Said("划分", "division")


def _customer(id: str) -> Said:
    return Said(f"客户 {id}", f"customer {id}")


def _territory(person: str) -> Said:
    return Said(f"区域 {person}", f"territory {person}")


def _link(one: str, other: str) -> Said:
    return Said(f"连线 {one} - {other}", f"link {one} - {other}")


def _figure(name: str, said: float, right: float) -> Said:
    return Said(f"{name} 是 {said:g}，应为 {right:g}", f"{name} is {said:g}, must be {right:g}")


def _once(problem: Problem, division: Division) -> Iterator[Finding]:
    held: dict[str, str] = {}
    known = {c.id for c in problem.customers}
    people = [p.id for p in problem.people]
    if [t.person for t in division.territories] != people:
        told, right = ", ".join(t.person for t in division.territories), ", ".join(people)
        yield Finding.of(
            "unknown",
            Said("各区域", "territories"),
            Said(f"属于 {told}；应属于 {right}", f"they are of {told}; must be of {right}"),
        )
    for t in division.territories:
        if not t.customers:
            yield Finding.of("missing", _territory(t.person), Said("没有客户", "has no customer"))
        for customer in t.customers:
            if customer not in known:
                yield Finding.of(
                    "unknown",
                    _territory(t.person),
                    Said(f"数据里没有客户 {customer}", f"customer {customer} is none of the problem"),
                )
            elif customer in held:
                yield Finding.of(
                    "twice",
                    _customer(customer),
                    Said(
                        f"既归 {held[customer]}，又归 {t.person}",
                        f"is with {held[customer]} and with {t.person}",
                    ),
                )
            held[customer] = t.person
    for c in problem.customers:
        if c.id not in held:
            yield Finding.of("missing", _customer(c.id), Said("不在任何区域", "is in no territory"))


class _Look:
    """The problem and the division as arrays. xy [n, 2] metres; by [n] the territory of each customer; place [n] the
    number of the customer's place among `places` [m, 2], which differ by a centimetre at least."""

    def __init__(self, problem: Problem, division: Division) -> None:
        self.problem, self.division = problem, division
        owner = division.owners()
        number = {p.id: k for k, p in enumerate(problem.people)}
        self.by = np.array([number[owner[c.id]] for c in problem.customers])
        self.xy = self.metres([(c.x, c.y) for c in problem.customers])
        keys, self.place, self.count = np.unique(
            np.round(self.xy * 100).astype(np.int64), axis=0, return_inverse=True, return_counts=True
        )
        self.place = self.place.reshape(-1)
        self.places = keys / 100.0
        most = int(self.count.max())
        self.slack = 0.05 + (LAID_APART * math.sqrt(most) if most > 1 else 0.0)
        lines = [self.metres(b.line) for b in problem.barriers]
        self.walls = np.concatenate([np.zeros((0, 4)), *(np.hstack([x[:-1], x[1:]]) for x in lines)])
        self.gaps = self._gaps(lines)
        self.blockers = np.concatenate([self.places, (self.gaps[:, :2] + self.gaps[:, 2:]) / 2])

    def metres(self, positions: Any) -> Array:
        """Equirectangular about the middle of the customers, as `geometry.Projection` says."""
        given = np.array(positions, float).reshape(-1, 2)
        if self.problem.coordinates == "plane":
            return given
        first = self.problem.customers[0].x
        x = np.array([(c.x - first + 180) % 360 - 180 for c in self.problem.customers])
        y = np.array([c.y for c in self.problem.customers])
        middle_x, middle_y = first + (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
        a_degree = 6_371_008.8 * math.pi / 180
        east = (given[:, 0] - middle_x + 180) % 360 - 180
        return np.stack(
            [east * a_degree * math.cos(math.radians(middle_y)), (given[:, 1] - middle_y) * a_degree], axis=1
        )

    def _gaps(self, lines: list[Array]) -> Array:
        ends = [(line, end) for line in range(len(lines)) for end in (0, -1)]
        nearest: list[tuple[float, int]] = []
        for line, end in ends:
            far = [
                (math.dist(lines[line][end], lines[other][o]), k)
                for k, (other, o) in enumerate(ends)
                if other != line
            ]
            nearest.append(min(far, default=(math.inf, -1)))
        found = [
            (a, b)
            for a, (far_off, b) in enumerate(nearest)
            if a < b and nearest[b][1] == a and 0 < far_off <= self.problem.bridge_metres
        ]
        rows = [[*lines[ends[a][0]][ends[a][1]], *lines[ends[b][0]][ends[b][1]]] for a, b in found]
        return np.array(rows, float).reshape(-1, 4)

    # Who is next to whom

    def crossing(self, a: Array, b: Array, loosely: bool = False) -> NDArray[np.bool_]:
        """[k] whether the lines from a to b [k, 2] meet a wall, and would do so if they lay up to slack to the left, to
        the right or inwards: on which side of a wall somebody is who lives on it nobody can say. loosely: or would."""
        along = (b - a) / np.maximum(np.hypot(*(b - a).T), 1e-9)[:, None]
        if loosely:
            a, b = a - along * self.slack, b + along * self.slack
        else:
            inwards = along * np.minimum(self.slack, 0.45 * np.hypot(*(b - a).T))[:, None]
            a, b = a + inwards, b - inwards
        aside = np.stack([-along[:, 1], along[:, 0]], axis=1) * self.slack
        found = self._meets(a, b)
        for shift in (aside, -aside):
            open_still = np.flatnonzero(found != loosely)
            found[open_still] = self._meets(
                a[open_still] + shift[open_still], b[open_still] + shift[open_still]
            )
        return found

    def _meets(self, a: Array, b: Array) -> NDArray[np.bool_]:
        found = np.zeros(len(a), bool)
        if not len(self.walls):
            return found
        step = max(AT_ONCE // len(self.walls), 1)
        c, d = self.walls[None, :, :2], self.walls[None, :, 2:]
        for begin in range(0, len(a), step):
            p, q = a[begin : begin + step, None], b[begin : begin + step, None]
            apart = (_turn(p, q, c) * _turn(p, q, d) > 0) | (_turn(c, d, p) * _turn(c, d, q) > 0)
            away = np.any(
                (np.maximum(p, q) < np.minimum(c, d)) | (np.maximum(c, d) < np.minimum(p, q)), axis=2
            )
            found[begin : begin + step] = np.any(~apart & ~away, axis=1)
        return found

    def empty(self, a: Array, b: Array, blockers: Array) -> NDArray[np.bool_]:
        """[k] whether none of the blockers is inside the circle over the line from a to b, by more than slack."""
        middle, radius = (a + b) / 2, np.hypot(*(a - b).T) / 2
        inner = np.maximum(radius - self.slack, 0.0)
        octave = np.floor(np.log2(np.maximum(radius, 1.0))).astype(int)
        found = np.ones(len(a), bool)
        for size in np.unique(octave):
            for tile in _tiles(middle, np.flatnonzero(octave == size), 300):
                near = _near(blockers, middle[tile], float(radius[tile].max()))
                step = max(AT_ONCE // max(len(near), 1), 1)
                for begin in range(0, len(tile), step):
                    part = tile[begin : begin + step]
                    far = np.sum((middle[part, None] - blockers[None, near]) ** 2, axis=2)
                    found[part] = ~np.any(far < (inner[part] ** 2)[:, None], axis=1)
        return found

    def beside_bridges(self) -> list[Which]:
        """For each bridge the numbers of the places next to it; of bridges next to each other all together."""
        many = len(self.places)
        groups, sets = _Groups(len(self.gaps)), []
        for g, gap in enumerate(self.gaps):
            here = self.blockers[many + g]
            near = np.argsort(np.sum((self.blockers - here) ** 2, axis=1), kind="stable")[1:513]
            ends = self.blockers[near]
            starts = np.broadcast_to(here, ends.shape)
            seen = ~self.crossing(starts, ends)
            beside = set(near[seen & self.empty(starts, ends, self.blockers)].tolist())
            side = _turn(gap[None, :2], gap[None, 2:], ends)
            for one in (side > 0, side < 0):
                sight = near[seen & one & (near < many)]
                beside |= set(sight[:1].tolist())
            for other in beside:
                if other >= many:
                    groups.join(g, other - many)
            sets.append(np.array(sorted(p for p in beside if p < many), np.int64))
        together: dict[int, list[Which]] = {}
        for g, each in enumerate(sets):
            together.setdefault(groups.find(g), []).append(each)
        return [np.unique(np.concatenate(each)) for each in together.values()]

    def connected(self) -> Iterator[Finding]:
        bridges = self.beside_bridges()
        index = {c.id: i for i, c in enumerate(self.problem.customers)}
        for k, territory in enumerate(self.division.territories):
            mine = np.unique(self.place[self.by == k])
            groups = _Groups(len(mine))
            at = {int(p): i for i, p in enumerate(mine)}
            for beside in bridges:
                _all_joined(groups, [at[int(p)] for p in beside if int(p) in at])
            for one, other in self.division.links:
                i, j = index.get(one), index.get(other)
                if i is not None and j is not None and self.by[i] == k == self.by[j]:
                    groups.join(at[int(self.place[i])], at[int(self.place[j])])
            district: dict[str, list[int]] = {}
            for c in np.flatnonzero(self.by == k):
                name = self.problem.customers[c].district
                if name is not None and self.problem.is_whole(name):
                    district.setdefault(name, []).append(at[int(self.place[c])])
            for members in district.values():
                _all_joined(groups, members)
            self._join_neighbours(mine, groups)
            pieces = len({groups.find(i) for i in range(len(mine))})
            if pieces > 1:
                what = Said(f"分成了 {pieces} 块", f"in {pieces} pieces")
                yield Finding.of("pieces", _territory(territory.person), what, pieces - 1)

    def _join_neighbours(self, mine: Which, groups: _Groups) -> None:
        """Join those who are next to each other: the six nearest of each first, then all pairs that are still apart."""
        xy = self.places[mine]
        pairs = []
        step = max(AT_ONCE // len(xy), 1)
        for begin in range(0, len(xy), step):
            far = np.sum((xy[begin : begin + step, None] - xy[None]) ** 2, axis=2)
            near = np.argpartition(far, min(6, len(xy) - 1), axis=1)[:, :7]
            rows = np.repeat(np.arange(begin, begin + len(far)), near.shape[1])
            pairs.append(np.stack([rows, near.ravel()], axis=1))
        ordered = np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)
        self._join(xy, ordered[ordered[:, 0] < ordered[:, 1]], groups)
        label = np.array([groups.find(i) for i in range(len(mine))])
        while len(parts := np.unique(label)) > 1:
            # The smallest part against all others, from the shortest distance on.
            small = min(parts, key=lambda p: int(np.sum(label == p)))
            inside, outside = np.flatnonzero(label == small), np.flatnonzero(label != small)
            far = np.sum((xy[inside, None] - xy[None, outside]) ** 2, axis=2)
            order = np.argsort(far, axis=None, kind="stable")
            joined = False
            for begin in range(0, len(order), 2000):
                i, j = np.unravel_index(order[begin : begin + 2000], far.shape)
                joined = self._join(xy, np.stack([inside[i], outside[j]], axis=1), groups)
                if joined:
                    break
            if not joined:
                return
            label = np.array([groups.find(i) for i in range(len(mine))])

    def _join(self, xy: Array, pairs: Which, groups: _Groups) -> bool:
        a, b = xy[pairs[:, 0]], xy[pairs[:, 1]]
        good = self.empty(a, b, self.places)
        good[good] = ~self.crossing(a[good], b[good])
        return any([groups.join(int(i), int(j)) for i, j in pairs[good]])

    # The rest

    def districts(self) -> Iterator[Finding]:
        held: dict[str, set[int]] = {}
        for customer, k in zip(self.problem.customers, self.by, strict=True):
            if customer.district is not None and self.problem.is_whole(customer.district):
                held.setdefault(customer.district, set()).add(int(k))
        for name, people in sorted(held.items()):
            if len(people) > 1:
                told = ", ".join(self.problem.people[k].id for k in sorted(people))
                yield Finding.of(
                    "district",
                    Said(f"片区 {name}", f"district {name}"),
                    Said(f"归 {told}", f"is with {told}"),
                    len(people) - 1,
                )

    def links(self) -> Iterator[Finding]:
        index = {c.id: i for i, c in enumerate(self.problem.customers)}
        for one, other in self.division.links:
            if one not in index or other not in index:
                what = Said("其客户不在数据里", "of customers that are none of the problem")
                yield Finding.of("link", _link(one, other), what)
            elif not self.crossing(self.xy[[index[one]]], self.xy[[index[other]]], loosely=True)[0]:
                if math.dist(self.xy[index[one]], self.xy[index[other]]) > 4 * self.slack:
                    yield Finding.of("link", _link(one, other), Said("没有跨过阻隔", "crosses no barrier"))

    def figures(self) -> Iterator[Finding]:
        p, n = self.problem, len(self.xy)
        visits = np.array([c.visits for c in p.customers])
        visit = visits * np.array([c.minutes for c in p.customers])
        minutes_a_metre = p.detour / p.metres_per_minute
        leg = visits * self._hops() * minutes_a_metre
        days = (visit + leg) / p.day_minutes
        loads, travel, changes = [], 0.0, 0
        number = {person.id: k for k, person in enumerate(p.people)}
        was = np.array([-1 if c.owner is None else number.get(c.owner, -1) for c in p.customers])
        for k, (person, t) in enumerate(zip(p.people, self.division.territories, strict=True)):
            mine = np.flatnonzero(self.by == k)
            weight = days[mine] if days[mine].sum() > 0 else np.ones(len(mine))
            middle = weight @ self.xy[mine] / weight.sum()
            home = middle if person.x is None else self.metres([(person.x, person.y)])[0]
            way = 2 * minutes_a_metre * float(days[mine] @ np.hypot(*(self.xy[mine] - home).T))
            load = float(visit[mine].sum() + leg[mine].sum()) + way
            came = int(np.sum(was[mine] != k)) if np.any(was >= 0) else 0
            went = int(np.sum((was == k) & (self.by != k)))
            # Being laid apart moves customers by a metre or so.
            loose = 2 * minutes_a_metre * float(days[mine].sum() + visits[mine].sum()) * (self.slack + 0.05)
            told: list[tuple[str, float, float, float]] = [
                ("visits", t.visits, float(visits[mine].sum()), 0.0),
                ("visit_minutes", t.visit_minutes, float(visit[mine].sum()), 0.0),
                ("leg_minutes", t.leg_minutes, float(leg[mine].sum()), loose),
                ("way_minutes", t.way_minutes, way, loose),
                ("workload", t.workload, load, loose),
                ("days", t.days, load / p.day_minutes, loose / p.day_minutes),
                ("came", t.came, came, 0.0),
                ("went", t.went, went, 0.0),
            ]
            for name, said, right, extra in told:
                if not abs(said - right) <= CLOSE * (1 + abs(right)) + extra:
                    what = _figure(name, said, right)
                    yield Finding.of("figure", _territory(t.person), what, said - right)
            loads.append(load / person.share)
            travel += load - float(visit[mine].sum())
            changes += int(np.sum((was[mine] >= 0) & (was[mine] != k)))
        mean = sum(x * q.share for x, q in zip(loads, p.people, strict=True)) / sum(q.share for q in p.people)
        spread = (max(loads) - min(loads)) / mean if mean > 0 else 0.0
        loose = (self.slack + 0.05) * 4 * minutes_a_metre * float(days.sum() + visits.sum()) / max(mean, 1e-9)
        for name, said, right, extra in (
            ("spread", self.division.spread, spread, CLOSE + loose),
            ("travel_minutes", self.division.travel_minutes, travel, loose * mean + CLOSE * travel),
            ("changes", self.division.changes, changes, 0.0),
        ):
            if not abs(said - right) <= extra:
                yield Finding.of("figure", DIVISION, _figure(name, said, right), said - right)
        if spread > p.spread + CLOSE and n:
            what = Said(
                f"工作量差距 {100 * spread:.2f} %，要求最多 {100 * p.spread:g} %",
                f"{100 * spread:.2f} %, wanted {100 * p.spread:g} % at most",
            )
            yield Finding.of("spread", DIVISION, what, spread - p.spread)

    def _hops(self) -> Array:
        """[n] 0.7124 / sqrt(density) by the distance to the 8th nearest other customer (or the last there is)."""
        k = min(8, len(self.xy) - 1)
        if k < 1:
            return np.zeros(len(self.xy))
        radius = np.empty(len(self.xy))
        for tile in _tiles(self.xy, np.arange(len(self.xy)), 400):
            # As far as the k-th nearest would be, were the tile filled evenly; twice as far until that is enough.
            reach = 1.0 + float(np.sqrt(np.prod(np.ptp(self.xy[tile], axis=0) + 1.0) * k / len(tile)))
            while True:
                near = _near(self.xy, self.xy[tile], reach)
                if len(near) > k:
                    far = [
                        np.partition(np.hypot(*(self.xy[i] - self.xy[near]).T), k)[k] for i in tile
                    ] if len(near) * len(tile) > AT_ONCE else np.partition(
                        np.sqrt(np.sum((self.xy[tile, None] - self.xy[None, near]) ** 2, axis=2)), k, axis=1
                    )[:, k]  # fmt: skip
                    if max(far) <= reach or len(near) == len(self.xy):
                        break
                reach *= 2
            radius[tile] = far
        factor = 0.7124 * math.sqrt(math.pi) * math.exp(math.lgamma(k) - math.lgamma(k + 0.5))
        return factor * radius

    def polygons(self) -> Iterator[Finding]:
        """Each customer lies in a polygon of its own territory and in none of another (those alone at their place)."""
        alone = self.count[self.place] == 1
        for k, t in enumerate(self.division.territories):
            inside = np.zeros(len(self.xy), bool)
            for polygon in t.polygons:
                rings = [self.metres(ring) for ring in polygon]
                low, high = rings[0].min(axis=0), rings[0].max(axis=0)
                box = np.flatnonzero(np.all((self.xy >= low) & (self.xy <= high), axis=1))
                odd = np.zeros(len(box), int)
                for ring in rings:
                    odd += _crossings(self.xy[box], ring)
                inside[box[odd % 2 == 1]] = True
            for i in np.flatnonzero(alone & (inside != (self.by == k)))[:20]:
                what = (
                    Said(f"在 {t.person} 的多边形里", f"lies in the polygon of {t.person}")
                    if inside[i]
                    else Said(f"在 {t.person} 的多边形外", f"lies outside of the polygon of {t.person}")
                )
                yield Finding.of("polygon", _customer(self.problem.customers[i].id), what)


class _Groups:
    def __init__(self, many: int) -> None:
        self.above = list(range(many))

    def find(self, one: int) -> int:
        while self.above[one] != one:
            self.above[one] = one = self.above[self.above[one]]
        return one

    def join(self, one: int, other: int) -> bool:
        one, other = self.find(one), self.find(other)
        if one != other:
            self.above[one] = other
        return one != other


def _all_joined(groups: _Groups, members: list[int]) -> None:
    for member in members[1:]:
        groups.join(members[0], member)


def _turn(a: Array, b: Array, c: Array) -> Array:
    """Above 0 where a, b, c turn to the left."""
    found: Array = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (
        c[..., 0] - a[..., 0]
    )
    return found


def _tiles(xy: Array, which: Which, most: int) -> Iterator[Which]:
    """Points halved across their longer side until at most so many are together."""
    stack = [which]
    while stack:
        one = stack.pop()
        if len(one) <= most:
            if len(one):
                yield one
            continue
        extent = np.ptp(xy[one], axis=0)
        order = one[np.argsort(xy[one, int(extent[1] > extent[0])], kind="stable")]
        stack += [order[: len(one) // 2], order[len(one) // 2 :]]


def _near(xy: Array, some: Array, reach: float) -> Which:
    """Numbers of the points in the box round some, `reach` wider on each side."""
    low, high = some.min(axis=0) - reach, some.max(axis=0) + reach
    return np.flatnonzero(
        (xy[:, 0] >= low[0]) & (xy[:, 0] <= high[0]) & (xy[:, 1] >= low[1]) & (xy[:, 1] <= high[1])
    )


def _crossings(points: Array, ring: Array) -> NDArray[np.int64]:
    """[n] how many edges of the ring a ray upwards from each point meets."""
    found = np.zeros(len(points), np.int64)
    step = max(AT_ONCE // max(len(ring), 1), 1)
    a, b = ring[None], np.roll(ring, -1, axis=0)[None]
    for begin in range(0, len(points), step):
        x, y = points[begin : begin + step, :1], points[begin : begin + step, 1:]
        over = (a[..., 0] > x) != (b[..., 0] > x)
        with np.errstate(divide="ignore", invalid="ignore"):
            height = a[..., 1] + (x - a[..., 0]) / (b[..., 0] - a[..., 0]) * (b[..., 1] - a[..., 1])
        found[begin : begin + step] = np.sum(over & (height > y), axis=1)
    return found
