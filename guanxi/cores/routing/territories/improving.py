"""A division made better: units change hands across borders by simulated annealing, and every territory stays connected.

A unit is a customer, or all customers of a district that stays whole. The goal, in minutes, is what `Problem` says; a
workload off the mean has a price on top, quadratic, and a much higher one outside the band that the wanted spread
leaves (a penalty as in Bozkaya, Erkut and Laporte 2003, who move basic units between districts by tabu search).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .estimate import Customers, pace
from .geometry import Floats, Ints
from .graph import Neighbours, components, rows
from .model import Problem

BAND = 0.42
"""Half of the wanted spread, with something left for middles that move."""
MARGIN = 1e-9


@dataclass(frozen=True, slots=True)
class Units:
    """The problem as arrays. U units, n customers, K territories.

    unit [n]: the unit of each customer. member_start [U + 1], member [n]: the customers of each unit. points, days [n, …]:
    as in `estimate`. fixed [U]: minutes that do not depend on the territory. edges [m, 2], is_link [m], and by rows
    start, neighbour, link: the graph of the units. was [n]: the territory now, -1 for none. home [K, 2], at_home [K]:
    where the days begin, and whether that is given. share [K]. weights: see `compiled.borders.anneal`. even: minutes
    by which a unit counts where nobody has any work at all.
    """

    unit: Ints
    member_start: Ints
    member: Ints
    points: Floats
    days: Floats
    fixed: Floats
    edges: Ints
    is_link: np.ndarray[tuple[int], np.dtype[np.bool_]]
    start: Ints
    neighbour: Ints
    link: Ints
    was: Ints
    home: Floats
    at_home: np.ndarray[tuple[int], np.dtype[np.bool_]]
    share: Floats
    weights: Floats
    spread: float

    @property
    def many(self) -> int:
        return len(self.fixed)


def units(problem: Problem, known: Customers, graph: Neighbours) -> Units:
    """The problem in its units."""
    n = len(problem.customers)
    first: dict[str, int] = {}
    lead = np.arange(n)
    for i, customer in enumerate(problem.customers):
        if customer.district is not None and problem.is_whole(customer.district):
            lead[i] = first.setdefault(customer.district, i)
    unit = np.unique(lead, return_inverse=True)[1].astype(np.int64)
    many = int(unit.max()) + 1
    member = np.argsort(unit, kind="stable").astype(np.int64)
    member_start = np.searchsorted(unit[member], np.arange(many + 1)).astype(np.int64)
    fixed = np.bincount(unit, known.fixed, many).astype(np.float64)
    if fixed.sum() <= 0:
        fixed = np.bincount(unit, minlength=many).astype(np.float64)
    edges, is_link = _contracted(unit[graph.edges], graph.is_link, many)
    start, neighbour, link = rows(many, edges, is_link)
    people = {person.id: k for k, person in enumerate(problem.people)}
    was = np.array([-1 if c.owner is None else people[c.owner] for c in problem.customers], np.int64)
    weights = np.array(
        [2 * pace(problem), problem.compactness, problem.change_minutes, problem.border_minutes,
         problem.link_minutes, BAND * problem.spread, 0.1, 20.0],
    )  # fmt: skip
    at_home = np.array([p.x is not None for p in problem.people])
    share = np.array([p.share for p in problem.people], np.float64)
    return Units(
        unit, member_start, member, known.points, known.days, fixed, edges, is_link, start, neighbour, link, was,
        np.zeros((len(share), 2)), at_home, share, weights, problem.spread,
    )  # fmt: skip


def _contracted(
    ends: Ints, is_link: np.ndarray[tuple[int], np.dtype[np.bool_]], many: int
) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Edges between units: one for each pair, a link where all of its edges are."""
    apart = ends[:, 0] != ends[:, 1]
    low, high = np.minimum(ends[apart, 0], ends[apart, 1]), np.maximum(ends[apart, 0], ends[apart, 1])
    key, place = np.unique(low * np.int64(many) + high, return_inverse=True)
    plain = np.bincount(place, ~is_link[apart], len(key)) > 0
    return np.column_stack([key // many, key % many]), ~plain


@dataclass(frozen=True, slots=True)
class State:
    """A division of the units and what it comes to. Compared by `rank`: pieces too many, spread beyond the wanted one,
    goal."""

    owner: Ints
    load: Floats
    centre: Floats
    goal: float
    travel: float
    spread: float
    pieces: Ints
    wanted: float

    @property
    def rank(self) -> tuple[int, float, float]:
        return (
            int(np.sum(self.pieces != 1)) + int(np.sum(np.maximum(self.pieces - 1, 0))),
            round(max(self.spread - self.wanted - MARGIN, 0.0), 6),
            self.goal,
        )


def judged(u: Units, owner: Ints) -> State:
    """Every figure of a division of the units, from the beginning."""
    many = len(u.share)
    by = owner[u.unit]
    centre = centres(u, by)
    away = u.points - centre[by]
    about = u.days * np.hypot(away[:, 0], away[:, 1])
    home = np.where(u.at_home[:, None], u.home, centre)
    away = u.points - home[by]
    way = u.weights[0] * u.days * np.hypot(away[:, 0], away[:, 1])
    load = (np.bincount(owner, u.fixed, many) + np.bincount(by, way, many)).astype(np.float64)
    cut = owner[u.edges[:, 0]] != owner[u.edges[:, 1]]
    goal = (
        way.sum()
        + u.weights[0] * u.weights[1] * about.sum()
        + u.weights[2] * np.sum((u.was >= 0) & (u.was != by))
        + u.weights[3] * cut.sum()
        + u.weights[4] * np.sum(u.is_link & ~cut)
    )
    return State(
        owner,
        load,
        centre,
        float(goal),
        float(way.sum()),
        spread_of(load, u.share),
        pieces(u, owner),
        u.spread,
    )


def centres(u: Units, by: Ints) -> Floats:
    """[K, 2]: the middle of each territory, customers weighted by their days."""
    weight = u.days + (1e-9 if u.days.sum() > 0 else 1.0)
    many = len(u.share)
    total = np.maximum(np.bincount(by, weight, many), 1e-30)
    return np.column_stack([np.bincount(by, weight * u.points[:, k], many) / total for k in range(2)])


def spread_of(load: Floats, share: Floats) -> float:
    """(largest - smallest) / mean of the workloads per share."""
    mean = load.sum() / share.sum()
    each = load / share
    return float((each.max() - each.min()) / mean) if mean > 0 else 0.0


def pieces(u: Units, owner: Ints) -> Ints:
    """[K]: connected parts of each territory; 0 for an empty one."""
    inner = owner[u.edges[:, 0]] == owner[u.edges[:, 1]]
    part = components(u.many, u.edges[inner])
    first = np.unique(part, return_index=True)[1]
    return np.bincount(owner[first], minlength=len(u.share)).astype(np.int64)


def mended(u: Units, owner: Ints) -> Ints:
    """The same with each territory connected and none empty: of one in pieces the heaviest stays, the others go to
    neighbours, nearest to their middles; an empty one takes half of the heaviest. -1 in `owner` is nobody's.
    """
    owner = owner.copy()
    for _ in range(len(u.share) + 1):
        owner = _joined(u, owner)
        empty = np.flatnonzero(np.bincount(owner, minlength=len(u.share)) == 0)
        if not len(empty):
            break
        _parted(u, owner, int(empty[0]))
    return owner


def _joined(u: Units, owner: Ints) -> Ints:
    """One piece for each territory that has any, and no unit without one."""
    inner = (owner[u.edges[:, 0]] == owner[u.edges[:, 1]]) & (owner[u.edges[:, 0]] >= 0)
    part = components(u.many, u.edges[inner])
    weight = np.bincount(part, u.fixed + 1e-9)
    first = np.unique(part, return_index=True)[1]
    heaviest: dict[int, int] = {}
    for p, k in enumerate(owner[first]):
        if k >= 0 and (int(k) not in heaviest or weight[p] > weight[heaviest[int(k)]]):
            heaviest[int(k)] = p
    if not heaviest:
        heaviest[0] = int(part[0])
        owner[part == part[0]] = 0
    kept = np.zeros(len(first), bool)
    kept[list(heaviest.values())] = True
    owner[~kept[part]] = -1
    centre = np.zeros((len(u.share), 2))
    held = owner[u.unit] >= 0
    centre = centres(replace(u, points=u.points[held], days=u.days[held]), owner[u.unit][held])
    middle = np.column_stack([np.bincount(u.unit, u.points[:, k]) / np.bincount(u.unit) for k in range(2)])
    edges = np.concatenate([u.edges, u.edges[:, ::-1]])
    while np.any(owner < 0):
        # The whole rim of what is nobody's at a time, each unit to the neighbour whose middle is nearest.
        rim = edges[(owner[edges[:, 0]] < 0) & (owner[edges[:, 1]] >= 0)]
        far = np.sum((middle[rim[:, 0]] - centre[owner[rim[:, 1]]]) ** 2, axis=1)
        order = np.lexsort((owner[rim[:, 1]], far, rim[:, 0]))
        taken, place = np.unique(rim[order, 0], return_index=True)
        owner[taken] = owner[rim[order[place], 1]]
    return owner


def _parted(u: Units, owner: Ints, empty: int) -> None:
    """Give the empty territory about half of the heaviest one (of those with two units), from its far end on; what that
    tears apart `_joined` mends."""
    size = np.bincount(owner, minlength=len(u.share))
    load = np.bincount(owner, u.fixed, len(u.share)) / u.share
    heaviest = int(np.argmax(np.where(size >= 2, load, -1.0)))
    if u.at_home[empty] and u.home[empty].any():
        middle = np.column_stack(
            [np.bincount(u.unit, u.points[:, k]) / np.bincount(u.unit) for k in range(2)]
        )
        near = np.argsort(np.sum((middle - u.home[empty]) ** 2, axis=1), kind="stable")
        heaviest = int(next(owner[i] for i in near if size[owner[i]] >= 2))
    inside = np.flatnonzero(owner == heaviest)
    seen = _breadth_first(u, owner, int(inside[0]))
    order = _breadth_first(u, owner, seen[-1])
    gone = np.cumsum(u.fixed[order])
    many = int(np.searchsorted(gone, gone[-1] * u.share[empty] / (u.share[empty] + u.share[heaviest])))
    owner[order[: min(max(many, 1), len(order) - 1)]] = empty


def _breadth_first(u: Units, owner: Ints, first: int) -> list[int]:
    """The units of a territory, from one of them outwards."""
    seen, order = {first}, [first]
    for at in order:
        for v in u.neighbour[u.start[at] : u.start[at + 1]]:
            if owner[v] == owner[first] and int(v) not in seen:
                seen.add(int(v))
                order.append(int(v))
    return order


def improved(
    u: Units,
    owner: Ints,
    seed: int,
    rounds: int,
    warm: float,
    beat: Callable[[int], bool] = lambda rounds: True,
) -> State:
    """The best division found from a connected one in so many rounds, in stages between which middles are set anew.

    warm: the first heat, as a multiple of what a move across a border changes in the goal on average; it falls to a
    hundredth. beat: told the rounds that are done after each stage; where it answers False the search ends.
    Where the spread is not reached, the price of being off the band rises.
    """
    from .compiled import borders

    best = state = judged(u, owner)
    if len(u.share) < 2 or u.many <= len(u.share):
        return best
    stages = min(STAGES, max(rounds, 1))
    heats = warm * _usual(u, state) * np.geomspace(1, 0.01, max(rounds, 1))
    random = np.array([(seed * 2 + 1) * 0x9E3779B97F4A7C15 % 2**64], np.uint64)
    scratch = np.zeros((4, u.many), np.int64)
    weights = u.weights.copy()
    done = 0
    for stage in range(stages):
        now = owner.copy() if stage == 0 else state.owner.copy()
        size = np.bincount(now, minlength=len(u.share)).astype(np.int64)
        load = state.load.copy()
        part = heats[done : rounds * (stage + 1) // stages]
        mean = max(float(load.sum() / u.share.sum()), 1e-9)
        borders.anneal(
            now, size, load, u.share, mean, u.fixed, u.member_start, u.member, u.points, u.days, u.was, u.home,
            state.centre, u.at_home, u.start, u.neighbour, u.link, weights, part, random, scratch,
        )  # fmt: skip
        done += len(part)
        state = judged(u, now)
        if state.rank < best.rank:
            best = state
        if state.spread > u.spread and stage > stages // 2:
            weights[7] *= 2
        if not beat(len(part)):
            break
    return best


STAGES = 24


def _usual(u: Units, state: State) -> float:
    """Minutes of the goal by which a customer on a border differs, on average, between the territories on both sides."""
    one, other = u.edges[:, 0], u.edges[:, 1]
    cut = state.owner[one] != state.owner[other]
    if not cut.any():
        return 0.0
    c = u.member[u.member_start[one[cut]]]
    ends = np.where(u.at_home[:, None], u.home, state.centre)
    d = [np.hypot(*(u.points[c] - ends[state.owner[side[cut]]]).T) for side in (one, other)]
    many = np.diff(u.member_start)[one[cut]]
    usual = float(np.mean(np.abs(d[0] - d[1]) * u.days[c] * many)) * u.weights[0] * (1 + u.weights[1])
    return usual if math.isfinite(usual) else 0.0
