"""What the search gives back, and how a plan that is given becomes the search's first."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..instance import Floats, Instance, Ints
from ..schedule import Leg, best_times
from .state import LEVELS, Kept, kept

SLACK = 1e-6


@dataclass(frozen=True)
class Point:
    """The best plan at one moment of the search."""

    seconds: float
    """Since the start; 0 where no clock was given."""
    steps: int
    missed: int
    """Visits missed."""
    cost: float


@dataclass(frozen=True)
class Answer:
    """The best plan found."""

    routes: list[Ints]
    """[S] customers of each slot in order of visit; empty for a slot that is not used."""
    begins: list[Floats]
    """[S] minute of the day at which each visit's service begins, leaving as late as the least minutes allow it and
    no later than needed."""
    leaves: Floats
    """[S] minute at which the route leaves its start; NaN for a slot that is not used."""
    ends: Floats
    """[S] minute at which it is at its end."""
    pattern: Ints
    """[n] index of each customer's pattern; -1 = not planned."""
    missed: tuple[int, ...]
    """Visits missed, by level."""
    cost: float
    """What is minimised after the missed visits; see Instance."""
    steps: int
    trace: list[Point] = field(default_factory=list)
    """Every round's best, where it is better than the round's before."""

    @property
    def unplanned(self) -> Ints:
        """Customers that are not planned."""
        return np.nonzero(self.pattern < 0)[0].astype(np.int32)


@dataclass(frozen=True)
class Timetable:
    """When a route's visits are made."""

    leaves: float
    begins: Floats
    """[visits]."""
    ends: float
    windows: Ints
    """[visits] window of each."""
    fits: bool
    """Every limit of the slot by itself is kept."""


def timetable(
    made: Instance, slot: int, visits: Sequence[int], windows: Sequence[int] | None = None
) -> Timetable:
    """The visits in this order with the least minutes; windows are chosen for it where they are not given.

    Feasible and late leaving are found backwards (latest leaving), then the route is driven forwards.
    """
    day = int(made.slot_day[slot])
    way = _ways(made, slot, visits)
    service = [float(made.service[k]) for k in visits]
    chosen = list(windows) if windows is not None else _windows(made, slot, visits, way)
    fits = len(chosen) == len(visits)
    clock = float(made.slot_early[slot])
    if fits and len(visits):
        early = [float(made.window_early[w]) for w in chosen]
        late = [float(made.window_late[w]) for w in chosen]
        clock = _leaving(way, service, early, late, float(made.slot_early[slot]), float(made.slot_late[slot]))
    else:
        early = [clock] * len(visits)
        late = [np.inf] * len(visits)
    leaves, begins = clock, []
    for i in range(len(visits)):
        clock = max(clock + way[i], early[i])
        fits = fits and clock <= late[i] + SLACK
        begins.append(clock)
        clock += service[i]
    if len(visits):
        clock += way[-1]
    fits = fits and clock <= float(made.slot_late[slot]) + SLACK
    fits = fits and clock - leaves <= float(made.slot_most[slot]) + SLACK
    fits = fits and len(visits) <= int(made.slot_stops[slot])
    fits = fits and sum(float(made.load[k]) for k in visits) <= float(made.slot_capacity[slot]) + SLACK
    owner = int(made.slot_owner[slot])
    for k in visits:
        fixed = int(made.visit_slot[k, day])
        fits = fits and fixed in (-1, slot) and bool(np.isfinite(made.owner_penalty[k, owner]))
        fits = fits and int(made.window_row[k, day]) >= 0
    return Timetable(leaves, np.array(begins), clock, np.array(chosen, np.int32), fits)


def _ways(made: Instance, slot: int, visits: Sequence[int]) -> list[float]:
    """Minutes from the start to the first visit, and so on to the end."""
    if not len(visits):
        return []
    stops = [int(made.slot_start[slot]), *(int(k) for k in visits), int(made.slot_end[slot])]
    return [travel_minutes(made, int(made.slot_mode[slot]), a, b) for a, b in itertools.pairwise(stops)]


def travel_minutes(made: Instance, mode: int, a: int, b: int) -> float:
    """Minutes from node a to node b."""
    if not made.by_position:
        return float(made.minutes[mode, a, b])
    apart = float(np.hypot(*(made.position[a].astype(float) - made.position[b].astype(float))))
    return apart * float(made.mode_minutes[mode]) + float(made.zone_minutes[made.zone[a], made.zone[b]])


def _windows(made: Instance, slot: int, visits: Sequence[int], way: Sequence[float]) -> list[int]:
    """For each visit the window in which the route has the least minutes; empty where no windows fit."""
    day, rows = int(made.slot_day[slot]), []
    for k in visits:
        row = int(made.window_row[k, day])
        if row < 0:
            return []
        rows.append(range(int(made.window_start[row]), int(made.window_start[row + 1])))
    open_at = [[(float(made.window_early[w]), float(made.window_late[w])) for w in row] for row in rows]
    legs = [
        Leg(way[i], float(made.service[k]), windows)
        for i, (k, windows) in enumerate(zip(visits, open_at, strict=True))
    ]
    back = way[-1] if legs else 0.0
    times = best_times(legs, back, float(made.slot_early[slot]), float(made.slot_late[slot]), SLACK)
    if times is None:
        return []
    return [
        next(w for w in row if start <= float(made.window_late[w]) + SLACK)
        for row, start in zip(rows, times.starts, strict=True)
    ]


def _leaving(
    way: Sequence[float],
    service: Sequence[float],
    early: Sequence[float],
    late: Sequence[float],
    first: float,
    last: float,
) -> float:
    """The earliest leaving that has the least minutes: Vidal et al. (2013), equations 9 to 12, from the end on."""
    minutes, soon, latest = 0.0, first, last
    for i in range(len(service) - 1, -1, -1):
        spent = service[i] + way[i + 1]
        wait = max(soon - spent - late[i], 0.0)
        minutes, soon, latest = (
            spent + minutes + wait,
            max(soon - spent, early[i]) - wait,
            min(latest - spent, late[i]),
        )
    spent = way[0]
    wait = max(soon - spent - last, 0.0)
    return max(soon - spent, first) - wait


def from_routes(made: Instance, width: int, routes: Sequence[Sequence[int]]) -> Kept:
    """A plan for the search from the visits of each slot; what does not fit is left out, and planned by the search.

    A customer whose days are no pattern of its own is left out whole; so is one whose visit does not fit behind those
    before it in its slot.
    """
    best = kept(made, width)
    days = np.zeros(made.customers, np.uint64)
    out = set()
    seen = set()
    for s in range(made.slots):
        for k in routes[s]:
            place = (int(k), int(made.slot_day[s]))
            if place in seen:
                out.add(int(k))
            seen.add(place)
            days[k] |= np.uint64(1) << np.uint64(made.slot_day[s])
    for k in range(made.customers):
        begin, end = made.pattern_start[made.pattern_list[k]], made.pattern_start[made.pattern_list[k] + 1]
        same = np.nonzero(made.pattern_days[begin:end] == days[k])[0]
        if len(same):
            best.pattern[k] = begin + same[np.argmin(made.pattern_cost[begin + same])]
        else:
            out.add(k)
    lines = [[int(k) for k in routes[s] if int(k) not in out] for s in range(made.slots)]
    fitting = [timetable(made, s, lines[s]).fits and len(lines[s]) <= width for s in range(made.slots)]
    for s in range(made.slots):
        line: list[int] = []
        for k in lines[s] if not fitting[s] else ():
            if len(line) < width and timetable(made, s, [*line, k]).fits:
                line.append(k)
            else:
                out.add(k)
    before = -1
    while before < len(out):  # who leaves one day leaves others too, and may have been on a shorter way there
        before = len(out)
        spent = np.zeros(made.owners)
        for s in range(made.slots):
            line = [k for k in lines[s] if k not in out]
            table = timetable(made, s, line)
            spent[made.slot_owner[s]] += (table.ends - table.leaves) if line else 0.0
            if not table.fits or spent[made.slot_owner[s]] > made.owner_most[made.slot_owner[s]] + SLACK:
                out.update(line)
    for s in range(made.slots):
        line = [k for k in lines[s] if k not in out]
        best.route[s, : len(line)] = line
        best.window[s, : len(line)] = timetable(made, s, line).windows
        best.size[s] = len(line)
    for k in out:
        best.pattern[k] = -1
    return best


def to_answer(made: Instance, best: Kept, steps: int, trace: list[Point]) -> Answer:
    """The search's arrays as an Answer."""
    routes, begins = [], []
    leaves, ends = np.full(made.slots, np.nan), np.full(made.slots, np.nan)
    for s in range(made.slots):
        size = int(best.size[s])
        routes.append(best.route[s, :size].astype(np.int32))
        table = timetable(made, s, routes[-1].tolist(), best.window[s, :size].tolist())
        begins.append(table.begins)
        if size:
            leaves[s], ends[s] = table.leaves, table.ends
    missed = tuple(int(level) for level in best.missed[:LEVELS])
    return Answer(
        routes, begins, leaves, ends, best.pattern.astype(np.int32), missed, float(best.cost[0]), steps, trace
    )
