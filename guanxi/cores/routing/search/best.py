"""Compiled: the best plan put by, compared and taken up again."""

from __future__ import annotations

from .changes import account, forget
from .columns import COST_SUM, DAY, LEVEL, MINUTES_SUM, NOW, OWNER, PRIZE, SHORT, SIZE, VERSION, VISITS
from .compiled import kernel
from .places import sums


@kernel
def copy_plan(now, best_route, best_window, best_size, best_pattern):  # type: ignore[no-untyped-def]
    """The plan's routes and patterns are written into the arrays."""
    for s in range(now.slot.shape[1]):
        best_size[s] = now.slot[NOW, s, SIZE]
        for p in range(now.slot[NOW, s, SIZE]):
            best_route[s, p] = now.route[NOW, s, p]
            best_window[s, p] = now.window[NOW, s, p]
    for k in range(now.plan.shape[1]):
        best_pattern[k] = now.pattern[NOW, k]


@kernel
def note(now, best):  # type: ignore[no-untyped-def]
    """The island's plan is put by as the best."""
    best.cost[0] = now.cost[0]
    for level in range(len(now.missed)):
        best.missed[level] = now.missed[level]
    copy_plan(now, best.route, best.window, best.size, best.pattern)


@kernel
def compare(missed, other):  # type: ignore[no-untyped-def]
    """-1, 0, 1: the first misses less, the same, more, by the first level in which they differ."""
    for level in range(len(missed)):
        if missed[level] != other[level]:
            return -1 if missed[level] < other[level] else 1
    return 0


@kernel
def fill(g, now, best):  # type: ignore[no-untyped-def]
    """The plan in `best` becomes the island's plan, every sum made anew."""
    for s in range(now.slot.shape[1]):
        now.slot[NOW, s, SIZE] = 0
        now.counts[3] += 1
        now.slot[NOW, s, VERSION] = now.counts[3]
        now.sums[NOW, s, COST_SUM] = 0.0
        now.sums[NOW, s, MINUTES_SUM] = 0.0
    now.owner_minutes[:] = 0.0
    now.group_count[:] = 0
    now.plan[NOW, :] = -1
    now.missed[:] = 0
    now.counts[4] = 0
    now.cost[0] = 0.0
    for k in range(now.plan.shape[1]):
        pattern = best.pattern[k]
        now.pattern[NOW, k] = pattern
        level = g.customer_whole[k, LEVEL]
        if pattern >= 0:
            now.cost[0] += g.pattern_cost[pattern]
            short = g.pattern_whole[pattern, SHORT]
        else:
            now.cost[0] += g.customer_real[k, PRIZE]
            short = g.customer_whole[k, VISITS]
            now.counts[4] += 1
        if level >= 0:
            now.missed[level] += short
    for s in range(now.slot.shape[1]):
        for p in range(best.size[s]):
            k = best.route[s, p]
            now.route[NOW, s, p] = k
            now.window[NOW, s, p] = best.window[s, p]
            now.plan[NOW, k, g.slot_whole[s, DAY]] = s
            account(g, now, k, g.slot_whole[s, OWNER], 1)
        now.slot[NOW, s, SIZE] = best.size[s]
        sums(g, now, s)
    forget(now)
