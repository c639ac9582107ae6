"""Large instances: parts of a few owners near each other, with their customers, planned in turn.

Decomposition by route neighbourhoods over the whole period, in the manner of Taillard and Helsgaun's POPMUSIC (2019)
and the barycentre clustering of Vidal, Crainic, Gendreau and Prins (2013): customers are first dealt out to owners, each
owner's part is planned by itself, and then pairs of neighbours are planned again together, until the budget is spent. A
part's plan is taken only if it is better, so the whole never gets worse. Matrices are made for the part alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..instance import Floats, Instance, Ints, Longs, Masks, instance
from .answer import Answer, Point, from_routes, timetable, to_answer
from .best import fill, note
from .islands import COLD, HOT, ISLANDS, Budget, Island, begin, rules
from .population import better
from .state import LEVELS, Ground, Kept, copy, ground, kept, most_stops, state
from .steps import anneal

SMALL = 700
"""So many customers are planned in one piece."""
NEAR = 4
"""A pair is made with one of so many nearest owners."""
PART_STEPS = 10
"""Steps for each customer in a part's turn."""
FIRST_STEPS = 10
"""The same when the part is planned for the first time."""
MOST_STEPS = 3000
PRICES = 60
"""Rounds of prices that even out the owners' work."""


@dataclass
class Part:
    """Some owners' plan while it is worked on."""

    made: Instance
    customers: Longs
    slots: Longs
    tied: Longs
    """Those of the customers that others visit too."""
    about: Ground
    island: Island


def with_matrices(made: Instance, customers: Longs | None = None, slots: Longs | None = None) -> Instance:
    """The instance of these customers and slots alone (all of them where None), with travel as matrices."""
    customers = np.arange(made.customers) if customers is None else customers
    slots = np.arange(made.slots) if slots is None else slots
    places = np.unique(np.concatenate([made.slot_start[slots], made.slot_end[slots]]))
    nodes = np.concatenate([customers, places]).astype(np.int64)
    minutes, cost = travel(made, nodes)
    owners = np.unique(made.slot_owner[slots])
    groups, group = np.unique(made.group[customers], return_inverse=True)
    lists, pattern_list = np.unique(made.pattern_list[customers], return_inverse=True)
    spans = [np.arange(made.pattern_start[i], made.pattern_start[i + 1]) for i in lists]
    patterns = np.concatenate(spans).astype(np.int64) if spans else np.zeros(0, np.int64)
    where: Longs = np.full(made.slots + 1, -2)  # a slot that is not here: no visit of that day is possible
    where[slots] = np.arange(len(slots))
    where[-1] = -1
    visit_slot = where[made.visit_slot[customers]]
    window_row = np.where(visit_slot == -2, -1, made.window_row[customers])
    fields: dict[str, Any] = {
        name: getattr(made, name)[slots]
        for name in Instance._fields
        if name.startswith("slot_") and name not in ("slot_start", "slot_end", "slot_owner", "slot_day")
    }
    fields |= {name: getattr(made, name)[customers] for name in ("load", "visits", "level", "prize")}
    return instance(
        days=made.days,
        service=made.service[customers],
        minutes=minutes,
        cost=cost,
        position=made.position[nodes],
        slot_day=made.slot_day[slots],
        slot_start=len(customers) + np.searchsorted(places, made.slot_start[slots]),
        slot_end=len(customers) + np.searchsorted(places, made.slot_end[slots]),
        slot_owner=np.searchsorted(owners, made.slot_owner[slots]),
        owner_most=made.owner_most[owners],
        owner_available=made.owner_available[owners],
        balance_price=made.balance_price,
        owner_penalty=made.owner_penalty[np.ix_(customers, owners)],
        pattern_list=pattern_list,
        pattern_start=np.concatenate([[0], np.cumsum([len(span) for span in spans])]),
        pattern_days=made.pattern_days[patterns],
        pattern_cost=made.pattern_cost[patterns],
        pattern_missed=made.pattern_missed[patterns],
        visit_slot=np.maximum(visit_slot, -1),
        window_row=window_row,
        window_start=made.window_start,
        window_early=made.window_early,
        window_late=made.window_late,
        group=group,
        group_price=made.group_price[groups],
        **fields,
    )


def travel(made: Instance, nodes: Longs) -> tuple[Floats, Floats]:
    """[M, nodes, nodes] minutes and cost."""
    if not made.by_position:
        across = np.ix_(np.arange(len(made.cost)), nodes, nodes)
        return made.minutes[across], made.cost[across]
    at = made.position[nodes].astype(np.float64)
    apart = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1])
    zone = np.ix_(made.zone[nodes], made.zone[nodes])
    return (
        apart * made.mode_minutes[:, None, None] + made.zone_minutes[zone],
        apart * made.mode_cost[:, None, None] + made.zone_cost[zone],
    )


def deal(made: Instance) -> Longs:
    """[n] an owner for each customer: near, allowed, and with work for all in proportion to their minutes.

    Owners have prices which rise while they have more than their share, as in an auction (Bertsekas 1988).
    """
    at = made.position.astype(np.float64)
    n, owners = made.customers, made.owners
    home = np.full((owners, 2), np.nan)
    for owner in range(owners):
        mine = np.nonzero(made.slot_owner == owner)[0]
        if len(mine):
            home[owner] = at[made.slot_start[mine]].mean(axis=0)
    idle = np.isnan(home[:, 0])
    if len(np.unique(home[~idle].round(3), axis=0)) < (~idle).sum():
        home = _spread_homes(at[:n], home, idle)
    apart = np.hypot(at[:n, None, 0] - home[None, :, 0], at[:n, None, 1] - home[None, :, 1])
    size = float(np.nanmean(apart)) or 1.0
    apart = np.where(np.isfinite(made.owner_penalty) & ~idle, apart, np.inf)
    work = made.service * made.visits + 1.0
    share = np.where(idle, 0.0, np.bincount(made.slot_owner, minlength=owners).astype(np.float64))
    share *= work.sum() / max(share.sum(), 1.0)
    price = np.zeros(owners)
    for turn in range(PRICES):
        chosen = np.argmin(apart + price, axis=1)
        has = np.bincount(chosen, work, owners)
        price += size * (0.5 * (1 - turn / PRICES)) * np.clip((has - share) / np.maximum(share, 1e-9), -1, 1)
    return np.asarray(np.argmin(apart + price, axis=1), np.int64)


def _spread_homes(at: Floats, home: Floats, idle: Any) -> Floats:
    """Owners who start in one place are given middles among the customers: k-means from an even angle each."""
    middle = np.nanmean(home, axis=0)
    angle = np.argsort(np.arctan2(at[:, 1] - middle[1], at[:, 0] - middle[0]), kind="stable")
    home = home.copy()
    for owner, mine in zip(np.nonzero(~idle)[0], np.array_split(angle, int((~idle).sum())), strict=True):
        home[owner] = at[mine].mean(axis=0) if len(mine) else middle
    return home


def search_parts(
    made: Instance,
    *,
    seed: int = 0,
    seconds: float | None = None,
    iterations: int | None = None,
    clock: Callable[[], float] | None = None,
    pool: Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]] | None = None,
    start: Sequence[Sequence[int]] | None = None,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Point], None] | None = None,
) -> Answer:
    """As `islands.search`, for instances of more than SMALL customers. `iterations`: steps of each of two workers."""
    budget = Budget(seconds, iterations, clock)
    chance = np.random.default_rng([seed, made.customers])
    width = most_stops(made)
    whole = from_routes(made, width, start) if start is not None else kept(made, width)
    if not made.customers or not made.slots:
        return to_answer(made, whole, 0, [])
    home = deal(made)
    price = evaluate(made, whole)
    trace: list[Point] = []

    def report() -> None:
        trace.append(Point(budget.seconds(), budget.steps, int(whole.missed.sum()), float(whole.cost[0])))
        if progress:
            progress(trace[-1])

    report()
    number, first = 0, True
    queue: list[list[int]] = []
    busy = np.unique(made.slot_owner)
    while not budget.over() and not (stop and stop()):
        if not queue:
            first = first and not trace[1:]
            queue = [[int(o)] for o in busy] if first else _pairs(made, whole, home, busy, chance)
            first = False
        groups, queue = queue[:ISLANDS], queue[ISLANDS:]
        parts = []
        for group in groups:
            number += 1
            part = _part(made, whole, home, group, seed * 1_000_003 + number)
            if part is not None:
                parts.append(part)
        fresh = number <= len(busy)
        jobs = [(part, min((FIRST_STEPS if fresh else PART_STEPS) * len(part.customers), MOST_STEPS), fresh)
                for part in parts]  # fmt: skip
        done = list((pool or map)(_work, jobs))
        for part, before in zip(parts, done, strict=True):
            lost = (part.island.best.pattern[part.tied] < 0).any()  # whose other visits would stay
            if better(part.island.best, before) and not lost:
                _take(made, whole, part)
                price += _difference(part.island.best, before)
        whole.cost[0], whole.missed[:] = price[0], price[1:].astype(np.int64)
        budget.spent(max((job[1] for job in jobs), default=1))
        report()
    price = evaluate(made, whole)
    whole.cost[0], whole.missed[:] = price[0], price[1:].astype(np.int64)
    return to_answer(made, whole, budget.steps, trace)


def _difference(after: Kept, before: Kept) -> Floats:
    return np.concatenate([after.cost - before.cost, (after.missed - before.missed).astype(np.float64)])


def evaluate(made: Instance, plan: Kept) -> Floats:
    """[1 + LEVELS] cost and missed visits of a plan, from the instance's definition."""
    total = np.zeros(1 + LEVELS)
    spent = np.zeros(made.owners)
    groups: list[set[int]] = [set() for _ in made.group_price]
    for s in range(made.slots):
        line = plan.route[s, : plan.size[s]].tolist()
        if not line:
            continue
        owner = int(made.slot_owner[s])
        stops = [int(made.slot_start[s]), *line, int(made.slot_end[s])]
        total[0] += sum(travel_cost(made, int(made.slot_mode[s]), a, b) for a, b in itertools.pairwise(stops))
        table = timetable(made, s, line, plan.window[s, : plan.size[s]].tolist())
        spent[owner] += table.ends - table.leaves
        total[0] += made.slot_price[s] + made.slot_minute_price[s] * (table.ends - table.leaves)
        total[0] += float(made.owner_penalty[line, owner].sum())
        for k in line:
            groups[made.group[k]].add(owner)
    total[0] += made.balance_price * float((spent**2 / made.owner_available).sum())
    total[0] += sum(
        price * max(len(owners) - 1, 0) for price, owners in zip(made.group_price, groups, strict=True)
    )
    planned = plan.pattern >= 0
    total[0] += made.pattern_cost[plan.pattern[planned]].sum() + made.prize[~planned].sum()
    missed = np.where(planned, 0, made.visits)
    missed[planned] = made.pattern_missed[plan.pattern[planned]]
    counted = made.level >= 0
    np.add.at(total, 1 + made.level[counted], missed[counted])
    return total


def travel_cost(made: Instance, mode: int, a: int, b: int) -> float:
    """Cost of going from node a to node b."""
    if not made.by_position:
        return float(made.cost[mode, a, b])
    apart = float(np.hypot(*(made.position[a].astype(float) - made.position[b].astype(float))))
    return apart * float(made.mode_cost[mode]) + float(made.zone_cost[made.zone[a], made.zone[b]])


def begin_only(part: Part) -> None:
    """The part's plan as it stands, with its sums."""
    fill(part.about, part.island.now, part.island.best)
    note(part.island.now, part.island.best)


def _part(made: Instance, whole: Kept, home: Longs, owners: Sequence[int], seed: int) -> Part | None:
    """The owners' part: customers they visit, and those that are not planned and were dealt to one of them.

    A customer that others visit too keeps its days and slots here; only its place in the route may change.
    """
    slots = np.nonzero(np.isin(made.slot_owner, owners))[0]
    days = np.zeros(made.customers, np.uint64)
    elsewhere = np.zeros(made.customers, bool)
    where = np.full((made.customers, made.days), -1)
    for s in range(made.slots):
        line = whole.route[s, : whole.size[s]]
        if made.slot_owner[s] in owners:
            days[line] |= np.uint64(1) << np.uint64(made.slot_day[s])
            where[line, made.slot_day[s]] = np.searchsorted(slots, s)
        else:
            elsewhere[line] = True
    customers = np.nonzero((days > 0) | ((whole.pattern < 0) & np.isin(home, owners)))[0]
    if not len(customers):
        return None
    sub = with_matrices(made, customers, slots)
    tied = np.nonzero(elsewhere[customers])[0]
    sub = _tie(sub, tied, days[customers[tied]], where[customers[tied]])
    about = ground(sub)
    best = kept(sub, about.width)
    number = np.full(made.customers, -1)
    number[customers] = np.arange(len(customers))
    for i, s in enumerate(slots.tolist()):
        size = int(whole.size[s])
        best.route[i, :size] = number[whole.route[s, :size]]
        best.window[i, :size] = whole.window[s, :size]
        best.size[i] = size
    offset = whole.pattern[customers] - made.pattern_start[made.pattern_list[customers]]
    offset[tied] = 0
    planned = whole.pattern[customers] >= 0
    best.pattern[planned] = (sub.pattern_start[sub.pattern_list] + offset)[planned]
    return Part(sub, customers, slots, tied, about, Island(state(sub, about, seed), best))


def _tie(sub: Instance, tied: Longs, days: Masks, where: Longs) -> Instance:
    """The tied customers have one pattern, their days here, and their visits the slots that they are in."""
    pattern_list, visit_slot = sub.pattern_list.copy(), sub.visit_slot.copy()
    pattern_list[tied] = len(sub.pattern_start) - 1 + np.arange(len(tied))
    visit_slot[tied] = where
    return sub._replace(
        pattern_list=pattern_list,
        visit_slot=visit_slot,
        pattern_start=np.append(sub.pattern_start, sub.pattern_start[-1] + 1 + np.arange(len(tied))).astype(
            np.int32
        ),
        pattern_days=np.append(sub.pattern_days, days),
        pattern_cost=np.append(sub.pattern_cost, np.zeros(len(tied))),
        pattern_missed=np.append(sub.pattern_missed, np.zeros(len(tied), np.int32)),
    )


def _work(job: tuple[Part, int, bool]) -> Kept:
    """A part's turn. Returns the plan it had."""
    part, steps, first = job
    about, island = part.about, part.island
    begin_only(part)
    before = copy(island.best)
    if island.now.counts[4] == len(part.customers):
        begin(about, [island])
    visits = max(int(island.best.size.sum()), 1)
    scale = max(float(island.best.cost[0]), 1e-9) / visits
    fill(about, island.now, island.best)
    anneal(about, island.now, island.best, rules(), steps, (HOT if first else 4 * COLD) * scale, COLD * scale)
    return before


def _take(made: Instance, whole: Kept, part: Part) -> None:
    """The part's plan becomes that of its slots in the whole."""
    best, width = part.island.best, whole.route.shape[1]
    for i, s in enumerate(part.slots):
        size = int(best.size[i])
        whole.route[s, : min(size, width)] = part.customers[best.route[i, :size]]
        whole.window[s, :size] = best.window[i, :size]
        whole.size[s] = size
    free = np.ones(len(part.customers), bool)
    free[part.tied] = False
    mine = part.customers[free]
    offset = best.pattern[free] - part.made.pattern_start[part.made.pattern_list[free]]
    offset += made.pattern_start[made.pattern_list[mine]]
    whole.pattern[mine] = np.where(best.pattern[free] >= 0, offset, -1)


def _pairs(
    made: Instance, whole: Kept, home: Longs, busy: Ints, chance: np.random.Generator
) -> list[list[int]]:
    """Owners in pairs of neighbours, by the middles of their customers; each in one pair."""
    middle = np.full((made.owners, 2), np.inf)
    for owner in busy:
        slots = np.nonzero(made.slot_owner == owner)[0]
        mine = np.concatenate([whole.route[s, : whole.size[s]] for s in slots])
        mine = mine if len(mine) else made.slot_start[slots]
        middle[owner] = made.position[mine].mean(axis=0)
    left = [int(owner) for owner in chance.permutation(busy)]
    pairs = []
    while left:
        one = left.pop()
        near = sorted(left, key=lambda other: float(np.hypot(*(middle[one] - middle[other]))))[:NEAR]
        other = [near[int(chance.integers(len(near)))]] if near else []
        left = [owner for owner in left if owner not in other]
        pairs.append([one, *other])
    return pairs
