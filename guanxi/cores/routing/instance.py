"""The instance: a planning problem as the flat arrays that the search works on.

Multi-depot periodic vehicle routing with time windows, durations and several modes of travel, in the notation
of Cordeau, Gendreau and Laporte (1997) and Vidal, Crainic, Gendreau, Lahrichi and Rei (2012). Sizes:

    n  customers        numbered 0..n-1
    N  nodes            the customers, then every place where a route may start or end (n..N-1)
    M  modes            ways of travelling, each with its own minutes and cost
    D  days             of the period, at most 62, numbered from 0
    S  slots            one for each person (or vehicle) and day on which the person works
    O  owners           persons (or vehicles); a slot has one owner
    G  groups           of customers that are wanted with one owner; without them each customer is its own group
    Z  zones            with a surcharge for going from one to another, where travel is computed from positions

A *pattern* is a set of days as a bit mask: bit d is day d. A customer that is planned is visited on exactly the
days of one of its patterns, once a day, in a slot of that day. Time is in minutes of the day, money in any one unit.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Masks = NDArray[np.uint64]
Bools = NDArray[np.bool_]

MOST_DAYS = 62
MATRIX_LIMIT = 3000
"""With more nodes than this, travel is better computed from positions: a matrix would take 72 MB a mode and more."""
ALWAYS = (-1e9, 1e9)
"""A window that never binds."""


class Instance(NamedTuple):
    """Made by `instance(...)`, which gives every field its form, and checks it. All arrays are C-contiguous.

    What the search minimises, in this order: visits missed, level by level (`level`); then the sum of
    travel cost, `slot_price` of used slots, `slot_minute_price` x minutes of each route (travel, service, waiting),
    `pattern_cost`, `owner_penalty` of each visit, `group_price` x (owners of the group - 1), `balance_price` x sum
    over owners of (minutes planned)^2 / minutes available, and `prize` of customers that are not planned.
    """

    # Travel
    by_position: bool
    """Travel is computed from positions (many nodes) instead of read from the matrices."""
    minutes: Floats
    """[M, N, N] minutes from one node to another; empty when by_position. May be asymmetric; inf = no way."""
    cost: Floats
    """[M, N, N] cost of going from one node to another: metres, minutes, tolls and barriers at their prices, as the
    lowering has them. Where a slot's own prices differ from another's, give it a mode of its own."""
    position: NDArray[np.float32]
    """[N, 2] metres east and north on a plane (any unit for Cordeau's instances). Also used to find neighbours when
    given beside matrices; may be all zero then."""
    mode_minutes: Floats
    """[M] minutes for each metre, when by_position."""
    mode_cost: Floats
    """[M] cost of each metre, when by_position."""
    zone: Ints
    """[N] the node's zone, when by_position (a river's side, a district)."""
    zone_minutes: Floats
    """[Z, Z] minutes added for going from a zone to another, when by_position."""
    zone_cost: Floats
    """[Z, Z] cost added likewise."""

    # Slots
    slot_day: Ints
    """[S] 0..D-1."""
    slot_owner: Ints
    """[S] 0..O-1. Several slots of an owner on one day are allowed (a vehicle fleet: one owner each is usual)."""
    slot_mode: Ints
    """[S] 0..M-1."""
    slot_start: Ints
    """[S] node where the route starts, n..N-1 (home, office, hotel, where the person is now)."""
    slot_end: Ints
    """[S] node where it ends."""
    slot_early: Floats
    """[S] minute of the day before which the person does not leave slot_start."""
    slot_late: Floats
    """[S] minute at which the person must be at slot_end."""
    slot_most: Floats
    """[S] most minutes from leaving to arriving, with service and waiting; the best time to leave is chosen. inf = any."""
    slot_capacity: Floats
    """[S] most load (sum of `load` of the visits); inf = any."""
    slot_stops: Ints
    """[S] most visits."""
    slot_price: Floats
    """[S] cost of using the slot at all."""
    slot_minute_price: Floats
    """[S] cost of each minute of the route."""

    # Owners
    owner_most: Floats
    """[O] most minutes of all the owner's routes in the period; inf = any."""
    owner_available: Floats
    """[O] minutes the owner has in the period, for balance; > 0."""
    balance_price: float
    """Weight of balance; 0 = none."""

    # Customers
    service: Floats
    """[n] minutes at the customer, each visit."""
    load: Floats
    """[n] load of each visit."""
    visits: Ints
    """[n] visits that are due in the period: what is missed when the customer is not planned at all."""
    level: Ints
    """[n] priority level, 0 = the most important, at most 7: missed visits are compared level by level before any
    cost. -1: not compared; only `prize` keeps the customer in the plan."""
    prize: Floats
    """[n] cost of not planning the customer."""
    pattern_list: Ints
    """[n] which list of patterns the customer may have (lists can be shared)."""
    pattern_start: Ints
    """[lists + 1] where each list begins in the arrays below. An empty list: the customer cannot be planned."""
    pattern_days: Masks
    """[patterns] days as a bit mask. A few thousand for a list at most."""
    pattern_cost: Floats
    """[patterns] cost of having it: uneven weekdays, days changed against the plan before."""
    pattern_missed: Ints
    """[patterns] visits it falls short of what is due; usually 0."""
    owner_penalty: NDArray[np.float32]
    """[n, O] cost of each visit by the owner (not the preferred one, another than in the plan before); inf = may not
    (skills, required person, territory)."""
    visit_slot: Ints
    """[n, D] the slot that a visit on this day must be in (fixed visits), -1 = any of the day."""
    window_row: Ints
    """[n, D] row of windows that holds for a visit on this day; -1 = not on this day (closed, no-go)."""
    window_start: Ints
    """[rows + 1] where each row begins in the arrays below; a row has one window or more, in order of time."""
    window_early: Floats
    """[windows] earliest minute at which service begins."""
    window_late: Floats
    """[windows] latest minute at which service *begins* (take service off a closing time). A visit fixed to a minute
    has early = late."""
    group: Ints
    """[n] 0..G-1: customers of one group, and all visits of a customer, are wanted with one owner."""
    group_price: Floats
    """[G] cost of each owner of the group beyond the first; 0 = does not matter."""

    # What follows from the others
    windowed: bool
    """Some window may bind, so that the time of each visit matters."""
    days: int
    """D."""

    @property
    def customers(self) -> int:
        """n."""
        return len(self.service)

    @property
    def slots(self) -> int:
        """S."""
        return len(self.slot_day)

    @property
    def owners(self) -> int:
        """O."""
        return len(self.owner_most)


class InstanceError(ValueError):
    """A field that does not fit the others; the message names it."""


def instance(
    *,
    days: int,
    service: Any,
    patterns: Sequence[Sequence[int]] | None = None,
    minutes: Any = None,
    cost: Any = None,
    position: Any = None,
    slot_day: Any,
    slot_start: Any,
    **fields: Any,
) -> Instance:
    """An Instance with defaults for whatever is not given, every array in its type, and checked.

    Travel: either `cost` (and `minutes`; the one stands for the other where one is missing), [N, N] or [M, N, N]; or
    only `position` with `mode_minutes` and `mode_cost` (default 1). Patterns: either `patterns`, a list of masks for
    each customer, or the four pattern fields. Windows: none, or the four window fields.
    Raises InstanceError.
    """
    n = len(service)
    given: dict[str, Any] = dict(fields)
    given.update(days=int(days), service=service, slot_day=slot_day, slot_start=slot_start)
    if not 1 <= days <= MOST_DAYS:
        raise InstanceError(f"days: {days}, must be 1 to {MOST_DAYS}")
    slots = len(slot_day)
    owners = 1 + max((int(o) for o in fields.get("slot_owner", ())), default=slots - 1)
    owners = max(owners, len(fields.get("owner_most", ())), len(fields.get("owner_available", ())), 1)
    _travel(given, minutes, cost, position)
    nodes = len(given["position"])
    if patterns is not None:
        given.update(_patterns(patterns))
    given.setdefault("window_row", np.zeros((n, days)))
    if "window_start" not in given:
        given.update(window_start=[0, 1], window_early=[ALWAYS[0]], window_late=[ALWAYS[1]])
    defaults: dict[str, Any] = {
        "zone": np.zeros(nodes),
        "zone_minutes": np.zeros((1, 1)),
        "zone_cost": np.zeros((1, 1)),
        "slot_owner": np.arange(slots),
        "slot_mode": np.zeros(slots),
        "slot_end": slot_start,
        "slot_early": np.zeros(slots),
        "slot_late": np.full(slots, np.inf),
        "slot_most": np.full(slots, np.inf),
        "slot_capacity": np.full(slots, np.inf),
        "slot_stops": np.full(slots, max(n, 1)),
        "slot_price": np.zeros(slots),
        "slot_minute_price": np.zeros(slots),
        "owner_most": np.full(owners, np.inf),
        "owner_available": np.ones(owners),
        "balance_price": 0.0,
        "load": np.zeros(n),
        "level": np.zeros(n),
        "prize": np.zeros(n),
        "owner_penalty": np.zeros((n, owners)),
        "visit_slot": np.full((n, days), -1),
        "group": np.arange(n),
        "pattern_cost": np.zeros(len(given.get("pattern_days", ()))),
        "pattern_missed": np.zeros(len(given.get("pattern_days", ()))),
    }
    for name, value in defaults.items():
        given.setdefault(name, value)
    given.setdefault("group_price", np.zeros(1 + max((int(g) for g in given["group"]), default=-1)))
    if "pattern_list" not in given:
        raise InstanceError("patterns: missing")
    if "visits" not in given:
        given["visits"] = _most_visits(n, given)
    given["windowed"] = bool(
        np.any(np.asarray(given["window_early"], float) > ALWAYS[0] / 2)
        or np.any(np.asarray(given["window_late"], float) < ALWAYS[1] / 2)
    )
    return checked(Instance(**{name: _typed(name, given[name]) for name in Instance._fields}))


def _travel(given: dict[str, Any], minutes: Any, cost: Any, position: Any) -> None:
    """The travel fields, from matrices or from positions."""
    if minutes is None and cost is None:
        if position is None:
            raise InstanceError("cost: neither matrices nor positions are given")
        modes = len(np.atleast_1d(given.get("mode_minutes", given.get("mode_cost", [1.0]))))
        given.update(by_position=True, minutes=np.zeros((modes, 0, 0)), cost=np.zeros((modes, 0, 0)))
        given.setdefault("mode_minutes", np.ones(modes))
        given.setdefault("mode_cost", np.ones(modes))
        given["position"] = position
        return
    cost = _cube("cost", minutes if cost is None else cost)
    minutes = cost if minutes is None else _cube("minutes", minutes)
    given.update(by_position=False, minutes=minutes, cost=cost)
    given.update(mode_minutes=np.zeros(len(cost)), mode_cost=np.zeros(len(cost)))
    given["position"] = np.zeros((cost.shape[1], 2)) if position is None else position


def _cube(name: str, matrix: Any) -> Floats:
    made: Floats = np.asarray(matrix, np.float64)
    made = made[None] if made.ndim == 2 else made
    if made.ndim != 3 or made.shape[1] != made.shape[2]:
        raise InstanceError(f"{name}: shape {np.shape(matrix)}, must be [N, N] or [M, N, N]")
    return made


def _patterns(patterns: Sequence[Sequence[int]]) -> dict[str, Any]:
    """Lists of masks as the arrays; customers with equal lists share one."""
    lists: dict[tuple[int, ...], int] = {}
    masks: list[int] = []
    start, which = [0], []
    for each in patterns:
        key = tuple(int(mask) for mask in each)
        if key not in lists:
            lists[key] = len(lists)
            masks.extend(key)
            start.append(len(masks))
        which.append(lists[key])
    return {"pattern_list": which, "pattern_start": start, "pattern_days": np.array(masks, np.uint64)}


def _most_visits(n: int, given: Mapping[str, Any]) -> list[int]:
    """The visits due: the most days that one of the customer's patterns has; 1 where it has none."""
    counts = [int(mask).bit_count() for mask in given["pattern_days"]]
    start, which = given["pattern_start"], given["pattern_list"]
    most = [max(counts[int(a) : int(b)], default=1) for a, b in itertools.pairwise(start)]
    return [most[int(which[i])] for i in range(n)]


TYPES: dict[str, type] = {
    **dict.fromkeys(
        "slot_day slot_owner slot_mode slot_start slot_end slot_stops visits level pattern_list pattern_start "
        "pattern_missed visit_slot window_row window_start group zone".split(),
        np.int32,
    ),
    "position": np.float32,
    "owner_penalty": np.float32,
    "pattern_days": np.uint64,
}
SCALARS: dict[str, type] = {"by_position": bool, "windowed": bool, "days": int, "balance_price": float}


def _typed(name: str, value: Any) -> Any:
    if name in SCALARS:
        return SCALARS[name](value)
    made: Any = np.ascontiguousarray(value, dtype=TYPES.get(name, np.float64))
    return made if made.flags.writeable else made.copy()  # another type for the compiler otherwise


def checked(made: Instance) -> Instance:
    """The instance itself, or InstanceError naming the first field that does not fit."""
    n, slots, owners, days = made.customers, made.slots, made.owners, made.days
    modes, nodes, lists = len(made.cost), len(made.position), len(made.pattern_start) - 1
    groups, rows, zones = len(made.group_price), len(made.window_start) - 1, len(made.zone_cost)
    shapes: dict[str, tuple[int, ...]] = {
        "position": (nodes, 2),
        "zone": (nodes,),
        "zone_minutes": (zones, zones),
        "zone_cost": (zones, zones),
        **{name: (n,) for name in ("service", "load", "visits", "level", "prize", "pattern_list", "group")},
        **{name: (slots,) for name in Instance._fields if name.startswith("slot_")},
        "owner_most": (owners,),
        "owner_available": (owners,),
        "owner_penalty": (n, owners),
        "visit_slot": (n, days),
        "window_row": (n, days),
        "pattern_cost": made.pattern_days.shape,
        "pattern_missed": made.pattern_days.shape,
        "window_late": made.window_early.shape,
        "mode_minutes": (modes,),
        "mode_cost": (modes,),
    }
    if not made.by_position:
        shapes |= {"minutes": (modes, nodes, nodes), "cost": (modes, nodes, nodes)}
    for name, shape in shapes.items():
        if getattr(made, name).shape != shape:
            raise InstanceError(f"{name}: shape {getattr(made, name).shape}, must be {shape}")
    ranges: dict[str, tuple[int, int]] = {
        "slot_day": (0, days),
        "slot_owner": (0, owners),
        "slot_mode": (0, modes),
        "slot_start": (n, nodes),
        "slot_end": (n, nodes),
        "pattern_list": (0, lists),
        "visit_slot": (-1, slots),
        "window_row": (-1, rows),
        "group": (0, groups),
        "level": (-1, 8),
        "zone": (0, zones),
    }
    for name, (least, end) in ranges.items():
        wrong = np.argwhere((getattr(made, name) < least) | (getattr(made, name) >= end))
        if len(wrong):
            place = tuple(int(i) for i in wrong[0])
            raise InstanceError(
                f"{name}{list(place)}: {getattr(made, name)[place]}, must be {least} to {end - 1}"
            )
    for name in ("pattern_start", "window_start"):
        start, end = (
            getattr(made, name),
            len(made.pattern_days if name == "pattern_start" else made.window_early),
        )
        if len(start) < 1 or start[0] != 0 or start[-1] != end or np.any(np.diff(start) < 0):
            raise InstanceError(f"{name}: must rise from 0 to {end}")
    if np.any(made.pattern_days >> np.uint64(days)):
        raise InstanceError("pattern_days: a day after the last")
    for name in Instance._fields:
        value = getattr(made, name)
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and np.any(np.isnan(value)):
            where = [int(i) for i in np.argwhere(np.isnan(value))[0]]
            raise InstanceError(f"{name}{where}: not a number")
    for name in ("minutes", "cost", "service", "load"):
        value = getattr(made, name)
        if np.any(value < 0):
            raise InstanceError(f"{name}{[int(i) for i in np.argwhere(value < 0)[0]]}: below 0")
    return made
