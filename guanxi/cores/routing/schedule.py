"""When the stops of a route are made: the times of least duration, and among these the earliest end.

Several windows a stop make the end of a route, as a function of when it is left, a staircase with slopes: flat while
waiting is used up, rising while all shifts. Each flat piece has its least duration at its right end (Savelsbergh 1992,
forward time slack), so these ends are tried one after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Windows = Sequence[tuple[float, float]]  # (earliest, latest) start, in order of time


@dataclass(frozen=True, slots=True)
class Leg:
    """A stop: minutes of the way to it, of the visit, and when the visit may begin."""

    way: float
    minutes: float
    windows: Windows


@dataclass(frozen=True, slots=True)
class Times:
    """When the route leaves, when each visit begins, when it is over."""

    depart: float
    starts: tuple[float, ...]
    back: float

    @property
    def minutes(self) -> float:
        """On duty."""
        return self.back - self.depart


def best_times(
    legs: Sequence[Leg], way_back: float, earliest: float, latest: float, slip: float = 1e-9
) -> Times | None:
    """The times of least duration that leave from `earliest` and are back by `latest`; None where there are none.
    `slip`: minutes by which a limit may be missed by rounding."""
    best: Times | None = None
    depart = earliest
    several = sum(len(leg.windows) > 1 for leg in legs)
    for _ in range(1 + sum(max(1, len(leg.windows)) for leg in legs)):
        first = _forward(legs, way_back, depart, slip)
        if first is None or first.back > latest + slip:
            break
        leave = max(depart, _latest_departure(legs, way_back, first.back, slip))
        flat = _forward(legs, way_back, leave, slip)
        if flat is None or flat.back > latest + slip:
            flat = first
        if best is None or flat.minutes < best.minutes - 1e-9:
            best = flat
        if several == 0:
            break
        room = min(_closing(leg.windows, start) - start for leg, start in zip(legs, flat.starts, strict=True))
        if not math.isfinite(room):
            break
        depart = flat.depart + max(0.0, room) + max(2 * slip, 1e-6)
    return best


def _forward(legs: Sequence[Leg], way_back: float, depart: float, slip: float) -> Times | None:
    now, starts = depart, []
    for leg in legs:
        begin = _opening(leg.windows, now + leg.way, slip)
        if begin is None:
            return None
        starts.append(begin)
        now = begin + leg.minutes
    if not math.isfinite(now + way_back):
        return None
    return Times(depart, tuple(starts), now + way_back)


def _opening(windows: Windows, arrival: float, slip: float) -> float | None:
    """When a visit can begin for somebody who arrives then."""
    if not windows:
        return arrival
    for earliest, latest in windows:
        if arrival <= latest + slip:
            return max(arrival, earliest)
    return None


def _closing(windows: Windows, start: float) -> float:
    """The end of the window that the start is in."""
    return (
        next((latest for earliest, latest in windows if start <= latest), windows[-1][1])
        if windows
        else math.inf
    )


def _latest_departure(legs: Sequence[Leg], way_back: float, back: float, slip: float) -> float:
    """The latest departure that is back at that time still."""
    bound = back - way_back
    for leg in reversed(legs):
        start = bound - leg.minutes
        if leg.windows:
            fitting = [min(latest, start) for earliest, latest in leg.windows if earliest <= start + slip]
            if not fitting:
                return -math.inf
            start = max(fitting)
        bound = start - leg.way
    return bound
