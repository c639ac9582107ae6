"""Compiled: where a customer fits into a route, what it costs there, and a route's sums."""

from __future__ import annotations

import numpy as np

from .columns import (
    AHEAD,
    BEHIND,
    CAPACITY,
    COST_ON,
    COST_SUM,
    COST_TO,
    DAY,
    DIRTY,
    EARLY,
    END,
    LATE,
    LOAD,
    LOAD_SUM,
    MINUTE_PRICE,
    MINUTES_ON,
    MINUTES_SUM,
    MINUTES_TO,
    MODE,
    MOST,
    NOW,
    OVER,
    OWNER,
    OWNER_HAS,
    OWNER_MOST,
    PRICE,
    SERVICE,
    SIZE,
    START,
    STOPS,
    VERSION,
)
from .compiled import kernel
from .state import FAR

SLACK = 1e-6
"""Limits may be passed by so much: sums of floats are not exact."""


@kernel
def join(minutes, early, late, way, minutes2, early2, late2):  # type: ignore[no-untyped-def]
    """Two parts of a route put together: minutes, earliest and latest leaving; late < early where they do not fit.

    Vidal, Crainic, Gendreau and Prins (2013), equations 9 to 12, without time warp: a part that cannot be in time
    is refused. `way`: minutes from the first part's end to the second's start.
    """
    spent = minutes + way
    if early + spent > late2 + SLACK:
        return np.inf, 1.0, 0.0
    wait = max(early2 - spent - late, 0.0)
    return spent + minutes2 + wait, max(early2 - spent, early) - wait, min(late2 - spent, late)


@kernel
def sums(g, now, s):  # type: ignore[no-untyped-def]
    """A slot's legs, load, minutes, cost (and parts ahead and behind) from its visits; the plan's cost follows.

    A slot that cannot be driven counts neither minutes nor cost, which would be infinite: it is OVER, and no plan has it.
    """
    mode, size, start = g.slot_whole[s, MODE], now.slot[NOW, s, SIZE], g.slot_whole[s, START]
    end = g.slot_whole[s, END]
    total = 0.0
    minutes = 0.0
    load = 0.0
    before = start
    for p in range(size):
        k = now.route[NOW, s, p]
        leg = g.way[COST_ON, mode, before, k]
        now.leg[NOW, s, p] = leg
        total += leg
        minutes += g.way[MINUTES_ON, mode, before, k] + g.customer_real[k, SERVICE]
        load += g.customer_real[k, LOAD]
        before = k
    if size:
        now.leg[NOW, s, size] = g.way[COST_ON, mode, before, end]
        total += now.leg[NOW, s, size] + g.slot_real[s, PRICE]
        minutes += g.way[MINUTES_ON, mode, before, end]
    else:
        now.leg[NOW, s, 0] = 0.0
    if g.windowed:
        parts(g, now, s)
        if size:
            minutes = now.part[AHEAD, s, size + 1, 0]
    now.slot[NOW, s, OVER] = 0
    if minutes == np.inf:
        now.slot[NOW, s, OVER] = 2
        total, minutes = 0.0, 0.0
    elif size and minutes > longest(g, s):
        now.slot[NOW, s, OVER] = 1
    total += minutes * g.slot_real[s, MINUTE_PRICE]
    now.cost[0] += total - now.sums[NOW, s, COST_SUM]
    now.sums[NOW, s, COST_SUM] = total
    now.sums[NOW, s, LOAD_SUM] = load
    spend(g, now, s, minutes)
    now.slot[NOW, s, DIRTY] = 0


@kernel
def longest(g, s):  # type: ignore[no-untyped-def]
    """The most minutes that the slot's route may take; where there are windows, its parts know when it must be back."""
    most = g.slot_real[s, MOST]
    if not g.windowed:
        most = min(most, g.slot_real[s, LATE] - g.slot_real[s, EARLY])
    return most + SLACK


@kernel
def over(g, now, s):  # type: ignore[no-untyped-def]
    """The slot breaks a limit, or its owner's minutes do: what taking visits out does where a detour is the shorter way."""
    owner = g.slot_whole[s, OWNER]
    return now.slot[NOW, s, OVER] != 0 or now.owner_minutes[owner] > g.owner[owner, OWNER_MOST] + SLACK


@kernel
def spend(g, now, s, minutes):  # type: ignore[no-untyped-def]
    """The slot takes so many minutes from now on: its owner's sum and the cost of balance follow."""
    owner = g.slot_whole[s, OWNER]
    had = now.owner_minutes[owner]
    has = had + minutes - now.sums[NOW, s, MINUTES_SUM]
    if g.balance_price > 0.0:
        now.cost[0] += g.balance_price * (has * has - had * had) / g.owner[owner, OWNER_HAS]
    now.owner_minutes[owner] = has
    now.sums[NOW, s, MINUTES_SUM] = minutes


@kernel
def parts(g, now, s):  # type: ignore[no-untyped-def]
    """The parts of a slot's route ahead of and behind each place, from its start and its end."""
    mode, size = g.slot_whole[s, MODE], now.slot[NOW, s, SIZE]
    minutes, early, late = 0.0, g.slot_real[s, EARLY], g.slot_real[s, LATE]
    now.part[AHEAD, s, 0, 0], now.part[AHEAD, s, 0, 1], now.part[AHEAD, s, 0, 2] = minutes, early, late
    before = g.slot_whole[s, START]
    for p in range(size):
        k, w = now.route[NOW, s, p], now.window[NOW, s, p]
        minutes, early, late = join(
            minutes, early, late, g.way[MINUTES_ON, mode, before, k],
            g.customer_real[k, SERVICE], g.window[w, 0], g.window[w, 1],
        )  # fmt: skip
        now.part[AHEAD, s, p + 1, 0], now.part[AHEAD, s, p + 1, 1], now.part[AHEAD, s, p + 1, 2] = (
            minutes,
            early,
            late,
        )
        before = k
    if size:
        whole, _, _ = join(
            minutes, early, late, g.way[MINUTES_ON, mode, before, g.slot_whole[s, END]],
            0.0, g.slot_real[s, EARLY], g.slot_real[s, LATE],
        )  # fmt: skip
        now.part[AHEAD, s, size + 1, 0] = whole
    minutes, early, late = 0.0, g.slot_real[s, EARLY], g.slot_real[s, LATE]
    now.part[BEHIND, s, size, 0], now.part[BEHIND, s, size, 1], now.part[BEHIND, s, size, 2] = (
        minutes,
        early,
        late,
    )
    after = g.slot_whole[s, END]
    for p in range(size - 1, -1, -1):
        k, w = now.route[NOW, s, p], now.window[NOW, s, p]
        minutes, early, late = join(
            g.customer_real[k, SERVICE], g.window[w, 0], g.window[w, 1], g.way[MINUTES_ON, mode, k, after],
            minutes, early, late,
        )  # fmt: skip
        now.part[BEHIND, s, p, 0], now.part[BEHIND, s, p, 1], now.part[BEHIND, s, p, 2] = minutes, early, late
        after = k


@kernel
def timed(g, now, k, s, p):  # type: ignore[no-untyped-def]
    """The least minutes of the slot's route with the customer at place p, and the window; inf where none fits."""
    mode, size = g.slot_whole[s, MODE], now.slot[NOW, s, SIZE]
    before = now.route[NOW, s, p - 1] if p > 0 else g.slot_whole[s, START]
    after = now.route[NOW, s, p] if p < size else g.slot_whole[s, END]
    there, on = g.way[MINUTES_TO, mode, k, before], g.way[MINUTES_ON, mode, k, after]
    row = g.window_row[k, g.slot_whole[s, DAY]]
    best, which = np.inf, -1
    for w in range(g.window_start[row], g.window_start[row + 1]):
        minutes, early, late = join(
            now.part[AHEAD, s, p, 0], now.part[AHEAD, s, p, 1], now.part[AHEAD, s, p, 2], there,
            g.customer_real[k, SERVICE], g.window[w, 0], g.window[w, 1],
        )  # fmt: skip
        if late < early - SLACK:
            continue  # too late for this window, but a later one may be open
        minutes, early, late = join(
            minutes,
            early,
            late,
            on,
            now.part[BEHIND, s, p, 0],
            now.part[BEHIND, s, p, 1],
            now.part[BEHIND, s, p, 2],
        )
        if late < early - SLACK:
            break  # too late for the visits behind; a later window is later still
        if minutes < best:
            best, which = minutes, w
    return best, which


@kernel
def first_place(now, s, done):  # type: ignore[no-untyped-def]
    """The first place at which a visit that is done at minute `done` is not too late for what is behind it; one past the
    last where there is none. Latest beginnings rise along a route, so it is found by halving."""
    low, high = 0, now.slot[NOW, s, SIZE] + 1
    while low < high:
        middle = (low + high) // 2
        if now.part[BEHIND, s, middle, 2] + SLACK < done:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def look(g, now, k, s):  # type: ignore[no-untyped-def]
    """The cheapest place for the customer in the slot, kept in now.seen_* until the slot changes."""
    now.seen_version[k, s] = now.slot[NOW, s, VERSION]
    now.seen[k, s, 0] = np.inf
    mode, size = g.slot_whole[s, MODE], now.slot[NOW, s, SIZE]
    full = size >= min(g.slot_whole[s, STOPS], g.width)
    load = now.sums[NOW, s, LOAD_SUM] + g.customer_real[k, LOAD]
    if full or load > g.slot_real[s, CAPACITY] + SLACK:
        return
    room = longest(g, s) - now.sums[NOW, s, MINUTES_SUM]
    if g.customer_real[k, SERVICE] > room and not g.windowed:
        return
    price = g.slot_real[s, MINUTE_PRICE]
    to, on = g.way[COST_TO, mode, k], g.way[COST_ON, mode, k]
    best, best_at, best_window, best_minutes = np.inf, -1, 0, 0.0
    first = g.slot_real[s, PRICE] if size == 0 else 0.0
    if now.slot[NOW, s, OVER] == 2:
        first = -FAR  # whoever makes the route possible again comes here
    begin, last = 0, np.inf
    if g.windowed:
        row = g.window_row[k, g.slot_whole[s, DAY]]
        last = g.window[g.window_start[row + 1] - 1, 1] + SLACK
        begin = first_place(now, s, g.window[g.window_start[row], 0] + g.customer_real[k, SERVICE])
    before = now.route[NOW, s, begin - 1] if begin > 0 else g.slot_whole[s, START]
    for p in range(begin, size + 1):
        if g.windowed and now.part[AHEAD, s, p, 0] + now.part[AHEAD, s, p, 1] > last:
            break  # the visits ahead end after the customer's hours, and so they do at every later place
        after = now.route[NOW, s, p] if p < size else g.slot_whole[s, END]
        delta = to[before] + on[after] - now.leg[NOW, s, p] + first
        if delta < best:
            window = 0
            if g.windowed:
                whole, window = timed(g, now, k, s, p)
                more = whole - now.sums[NOW, s, MINUTES_SUM]
            else:
                more = (
                    g.way[MINUTES_TO, mode, k, before]
                    + g.way[MINUTES_ON, mode, k, after]
                    + g.customer_real[k, SERVICE]
                )
                if size:
                    more -= g.way[MINUTES_ON, mode, before, after]
            delta += price * more
            if more <= room and delta < best:
                best, best_at, best_window, best_minutes = delta, p, window, more
        before = after
    now.seen[k, s, 0] = best
    now.seen_whole[k, s, 0] = best_at
    now.seen_whole[k, s, 1] = best_window
    now.seen[k, s, 1] = best_minutes
