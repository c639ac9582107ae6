"""A solution while it is searched, with all that the kernels keep beside it, as arrays of fixed size.

`Ground` is what follows from the instance alone and never changes; `State` is one island's. Compiled code takes both
as named tuples, allocates nothing, and leaves Python's lock alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..instance import Bools, Floats, Instance, Longs, Masks
from .columns import NOW, VERSION

NEIGHBOURS = 120
"""So many nearest customers of each are known to the ruin."""
LEVELS = 8
FAR = 1e9
"""Cost of a way that does not exist; its minutes are infinite, so that it is never taken."""
RANDOM_ORDER = 4.0
"""Weight of the random order among the others."""


class Ground(NamedTuple):
    """What follows from the instance: its fields in tables, and what the search looks up."""

    way: Floats
    """[4, M, N, N] COST_ON: row k has the cost from k; COST_TO: to k; MINUTES_ON, MINUTES_TO likewise."""
    slot_whole: Longs
    """[S, columns] DAY .. STOPS."""
    slot_real: Floats
    """[S, columns] EARLY .. MINUTE_PRICE."""
    owner: Floats
    """[O, columns] OWNER_MOST, OWNER_HAS (minutes available)."""
    customer_whole: Longs
    """[n + 1, columns] VISITS .. MAY_START (where the customer's slots begin in may_slot)."""
    customer_real: Floats
    """[n, columns] SERVICE .. PRIZE."""
    group_price: Floats
    """[G]."""
    may_slot: Longs
    """Slots that may serve each customer."""
    pattern_start: Longs
    """[lists + 1]."""
    pattern_whole: Longs
    """[patterns + 1, columns] DAYS_START (where the pattern's days begin in days_of), SHORT (visits missed)."""
    pattern_cost: Floats
    """[patterns]."""
    days_of: Longs
    """The days of each pattern, rising."""
    penalty: NDArray[np.float32]
    """[n, O]."""
    window_row: Longs
    """[n, D]."""
    window_start: Longs
    """[rows + 1]."""
    window: Floats
    """[windows, 2] earliest and latest beginning of service."""
    near: Longs
    """[n, K] the nearest customers of each, nearest first."""
    order: Floats
    """[orders, n] keys to insert by, smallest first."""
    order_weight: Floats
    """[orders] cumulated weights of the orders; what is left of 1 is for a random order."""
    balance_price: float
    windowed: bool
    width: int
    """W: most visits that any slot can hold."""
    alike: Longs
    """[S] a number for each kind of slot: those of one day with the same number differ in nothing."""


class Kept(NamedTuple):
    """A plan put by: the best so far."""

    route: Longs
    """[S, W]."""
    window: Longs
    """[S, W]."""
    size: Longs
    """[S]."""
    pattern: Longs
    """[n]."""
    missed: Longs
    """[LEVELS]."""
    cost: Floats
    """[1]."""


class State(NamedTuple):
    """One island's solution. The first index NOW is the plan, OLD what the running step has touched, as it was."""

    route: Longs
    """[2, S, W] customers in order of visit, without start and end."""
    window: Longs
    """[2, S, W] the window that each visit is made in (chosen when the visit is inserted)."""
    leg: Floats
    """[2, S, W + 1] cost of the way to each visit, and of the way back."""
    slot: Longs
    """[2, S, columns] SIZE (visits), VERSION (changes with the contents, and comes back with them); in this step:
    TOUCHED (1; 2 = a string was taken out), DIRTY (sums not yet made), OVER (a limit is broken since visits
    were taken out, where a detour may be the shorter way: 1 = too many minutes, 2 = cannot be driven at all)."""
    sums: Floats
    """[2, S, columns] LOAD_SUM, COST_SUM (travel, price, minutes' price), MINUTES_SUM (least from leaving to arriving)."""
    part: Floats
    """[2, S, W + 1, 3] minutes, earliest and latest leaving: AHEAD, p: of the part from the start through the first p
    visits; BEHIND, p: of the part from visit p to the end. Only with windows."""
    pattern: Longs
    """[2, n] the pattern kept, -1 = not planned."""
    plan: Longs
    """[2, n, D] slot of the visit on the day, -1 = none."""
    owner_minutes: Floats
    """[O]."""
    group_count: Longs
    """[G, O] visits of the group by the owner."""
    missed: Longs
    """[LEVELS] visits missed."""
    was: Longs
    """[LEVELS] the same before the step."""
    cost: Floats
    """[1] everything that is minimised after `missed`."""
    seen: Floats
    """[n, S, 2] cheapest insertion of the customer into the slot (inf = does not fit) and its added minutes, when
    seen_version is the slot's version."""
    seen_whole: Longs
    """[n, S, 2] its place and its window."""
    seen_version: Longs
    """[n, S]."""
    touched: Longs
    """[S] touched slots in order."""
    mark: Longs
    """[n, columns] CHANGED (1), CHANGES (changed customers in order), GONE (customers to insert in this step),
    GONE_DAY (by customer: the one day that its visit was taken from; -1 = all)."""
    key: Floats
    """[n] what the customers to insert are sorted by."""
    counts: Longs
    """[0] touched slots, [1] changed customers, [2] customers to insert, [3] last version given, [4] not planned,
    [5] times that slots were gone through."""
    empty: Longs
    """[kinds of slots] the last of these times at which an empty slot of the kind was met."""
    day_cost: Floats
    """[2, D] cheapest insertion on each day: of all owners, of one owner."""
    day_slot: Longs
    """[2, D] its slot."""
    chance: Masks
    """[1] state of the random numbers."""


def ground(made: Instance) -> Ground:
    """What follows from an instance that has matrices."""
    n = made.customers
    apart = np.minimum(made.cost.min(axis=0)[:n, :n], made.cost.min(axis=0)[:n, :n].T)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, axis=1, kind="stable")[:, : min(max(n - 1, 0), NEIGHBOURS)]
    allowed = may_serve(made)
    bits = (made.pattern_days[:, None] >> np.arange(made.days, dtype=np.uint64)[None]) & np.uint64(1)
    order, weights = orders(made)
    possible = np.isfinite(made.cost) & np.isfinite(made.minutes)
    cost, minutes = np.where(possible, made.cost, FAR), np.where(possible, made.minutes, np.inf)

    def starts(counts: Longs) -> Longs:
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def whole(*columns: Any) -> Longs:
        longest = max(len(column) for column in columns)
        padded = [np.pad(column, (0, longest - len(column))) for column in columns]
        return np.ascontiguousarray(np.stack(padded, axis=1), np.int64)

    return Ground(
        way=np.stack([cost, cost.transpose(0, 2, 1), minutes, minutes.transpose(0, 2, 1)]),
        slot_whole=whole(
            made.slot_day, made.slot_owner, made.slot_mode, made.slot_start, made.slot_end, made.slot_stops
        ),
        slot_real=np.stack(
            [
                made.slot_early,
                made.slot_late,
                made.slot_most,
                made.slot_capacity,
                made.slot_price,
                made.slot_minute_price,
            ],
            axis=1,
        ),
        owner=np.stack([made.owner_most, made.owner_available], axis=1),
        customer_whole=whole(
            made.visits, made.level, made.pattern_list, made.group, starts(allowed.sum(axis=1))
        ),
        customer_real=np.stack([made.service, made.load, made.prize], axis=1),
        group_price=made.group_price,
        may_slot=np.nonzero(allowed)[1].astype(np.int64),
        pattern_start=made.pattern_start.astype(np.int64),
        pattern_whole=whole(starts(bits.sum(axis=1)), made.pattern_missed),
        pattern_cost=made.pattern_cost,
        days_of=np.nonzero(bits)[1].astype(np.int64),
        penalty=made.owner_penalty,
        window_row=made.window_row.astype(np.int64),
        window_start=made.window_start.astype(np.int64),
        window=np.stack([made.window_early, made.window_late], axis=1),
        near=np.ascontiguousarray(nearest, np.int64),
        order=order,
        order_weight=np.cumsum(np.array(weights) / (sum(weights) + RANDOM_ORDER)),
        balance_price=made.balance_price,
        windowed=made.windowed or not bool(possible.all()),
        width=most_stops(made),
        alike=exchangeable(made),
    )


def exchangeable(made: Instance) -> Longs:
    """[S] a number for each kind of slot: those of one day with the same number differ in nothing."""
    fixed = set(made.visit_slot[made.visit_slot >= 0].tolist())
    kinds: dict[tuple[Any, ...], int] = {}
    columns = [
        getattr(made, name) for name in Instance._fields if name.startswith("slot_") and name != "slot_owner"
    ]
    free = np.isinf(made.owner_most) & (made.owner_penalty == 0).all(axis=0)
    one_owner = made.balance_price > 0 or bool((made.group_price > 0).any())
    found = []
    for s in range(made.slots):
        key = tuple(float(column[s]) for column in columns)
        special = s in fixed or one_owner or not free[made.slot_owner[s]]
        found.append(kinds.setdefault((*key, s if special else -1), len(kinds)))
    return np.array(found, np.int64)


def orders(made: Instance) -> tuple[Floats, list[float]]:
    """Orders of insertion and their weights, after Christiaens and Vanden Berghe (2020), section 5.3.

    Load, far first, close first; then many visits first, and with windows: narrow, early, late ones first.
    """
    n = made.customers
    starts = np.unique(made.slot_start) if made.slots else np.zeros(0, np.int64)
    reach = made.cost.min(axis=0)[starts][:, :n].min(axis=0) if len(starts) else np.zeros(n)
    heavy = made.load if np.ptp(made.load) > 0 else made.service if n else made.load
    keys, weights = [-heavy, -reach, reach], [4.0, 2.0, 1.0]
    if n and np.ptp(made.visits):
        keys, weights = [*keys, -made.visits.astype(np.float64)], [*weights, 2.0]
    if made.windowed:
        rows = len(made.window_start) - 1
        early, late, wide = np.zeros(rows), np.zeros(rows), np.zeros(rows)
        for row in range(rows):
            part = slice(made.window_start[row], made.window_start[row + 1])
            if made.window_start[row] == made.window_start[row + 1]:
                continue
            early[row], late[row] = made.window_early[part].min(), made.window_late[part].max()
            wide[row] = (made.window_late[part] - made.window_early[part]).sum()
        open_days = np.maximum((made.window_row >= 0).sum(axis=1), 1)
        for values, weight in ((wide, 2.0), (early, 2.0), (-late, 2.0)):
            keys.append(np.where(made.window_row >= 0, values[made.window_row], 0.0).sum(axis=1) / open_days)
            weights.append(weight)
    return np.ascontiguousarray(np.array(keys).reshape(len(keys), n)), weights


def may_serve(made: Instance) -> Bools:
    """[n, S] the slot may serve the customer: day, owner, fixed slot and capacity, each by itself."""
    n = made.customers
    union = np.zeros(n, np.uint64)
    for which in range(len(made.pattern_start) - 1):
        masks = made.pattern_days[made.pattern_start[which] : made.pattern_start[which + 1]]
        union[made.pattern_list == which] = np.bitwise_or.reduce(masks) if len(masks) else 0
    days = (union[:, None] >> np.arange(made.days, dtype=np.uint64)[None]) & np.uint64(1)
    open_days = (days > 0) & (made.window_row >= 0)
    allowed = open_days[:, made.slot_day] & np.isfinite(made.owner_penalty[:, made.slot_owner])
    fixed = made.visit_slot[:, made.slot_day]
    allowed &= (fixed < 0) | (fixed == np.arange(made.slots)[None])
    allowed &= made.load[:, None] <= made.slot_capacity[None]
    return np.asarray(allowed)


def most_stops(made: Instance) -> int:
    """No slot can hold more visits than this: by its stops, its minutes and the shortest services."""
    n = made.customers
    if not n or not made.slots:
        return 1
    most = int(min(n, made.slot_stops.max()))
    minutes = float(np.minimum(made.slot_most, made.slot_late - made.slot_early).max())
    spent = np.cumsum(np.sort(made.service))
    most = min(most, int(np.searchsorted(spent, minutes + 1e-6, side="right")))
    loads = np.cumsum(np.sort(made.load))
    most = min(most, int(np.searchsorted(loads, made.slot_capacity.max() + 1e-6, side="right")))
    return max(most, 1)


def state(made: Instance, about: Ground, seed: int) -> State:
    """An island without a plan; `fill` or `clear` gives it one."""
    n, slots, days, width = made.customers, made.slots, made.days, about.width
    slot = np.zeros((2, slots, 5), np.int64)
    slot[NOW, :, VERSION] = np.arange(1, slots + 1)
    return State(
        route=np.zeros((2, slots, width), np.int64),
        window=np.zeros((2, slots, width), np.int64),
        leg=np.zeros((2, slots, width + 1)),
        slot=slot,
        sums=np.zeros((2, slots, 3)),
        part=np.zeros((2, slots, width + 2 if about.windowed else 1, 3)),
        pattern=np.full((2, n), -1, np.int64),
        plan=np.full((2, n, days), -1, np.int64),
        owner_minutes=np.zeros(made.owners),
        group_count=np.zeros((len(made.group_price), made.owners), np.int64),
        missed=np.zeros(LEVELS, np.int64),
        was=np.zeros(LEVELS, np.int64),
        cost=np.zeros(1),
        seen=np.zeros((n, slots, 2)),
        seen_whole=np.zeros((n, slots, 2), np.int64),
        seen_version=np.zeros((n, slots), np.int64),
        touched=np.zeros(slots, np.int64),
        mark=np.zeros((n, 4), np.int64),
        key=np.zeros(n),
        counts=np.array([0, 0, 0, slots, n, 0], np.int64),
        empty=np.zeros(slots, np.int64),
        day_cost=np.zeros((2, days)),
        day_slot=np.zeros((2, days), np.int64),
        chance=np.array([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % (1 << 64)], np.uint64),
    )


def kept(made: Instance, width: int) -> Kept:
    """The empty plan, for slots of so many visits (most_stops)."""
    missed = np.zeros(LEVELS, np.int64)
    counted = made.level >= 0
    np.add.at(missed, made.level[counted], made.visits[counted])
    return Kept(
        route=np.zeros((made.slots, width), np.int64),
        window=np.zeros((made.slots, width), np.int64),
        size=np.zeros(made.slots, np.int64),
        pattern=np.full(made.customers, -1, np.int64),
        missed=missed,
        cost=np.array([float(made.prize.sum())]),
    )


def copy(plan: Kept) -> Kept:
    """The plan in arrays of its own."""
    parts: list[Any] = [part.copy() for part in plan]
    return Kept(*parts)
