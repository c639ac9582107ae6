"""Compiled: changes of the plan - visits taken out and put in, all of it noted so that the step can be undone."""

from __future__ import annotations

from .columns import (
    CHANGED,
    CHANGES,
    COST_SUM,
    DAYS_START,
    DIRTY,
    GROUP,
    LEVEL,
    LOAD_SUM,
    MINUTES_SUM,
    NOW,
    OLD,
    OVER,
    OWNER,
    PRIZE,
    SHORT,
    SIZE,
    TOUCHED,
    VERSION,
    VISITS,
)
from .compiled import kernel
from .places import over, parts, spend, sums


@kernel
def copy_slot(now, s, into, out):  # type: ignore[no-untyped-def]
    """Copies a slot's route and sums between NOW and OLD, all but its minutes, which are its owner's as well."""
    size = now.slot[out, s, SIZE]
    for p in range(size):
        now.route[into, s, p] = now.route[out, s, p]
        now.window[into, s, p] = now.window[out, s, p]
        now.leg[into, s, p] = now.leg[out, s, p]
    now.leg[into, s, size] = now.leg[out, s, size]
    now.slot[into, s, SIZE] = size
    now.sums[into, s, LOAD_SUM] = now.sums[out, s, LOAD_SUM]
    now.sums[into, s, COST_SUM] = now.sums[out, s, COST_SUM]
    now.slot[into, s, VERSION] = now.slot[out, s, VERSION]
    now.slot[into, s, OVER] = now.slot[out, s, OVER]


@kernel
def touch(now, s):  # type: ignore[no-untyped-def]
    """Remembers the slot as it was, the first time in a step that it is changed; gives it a new version."""
    if now.slot[NOW, s, TOUCHED] == 0:
        now.slot[NOW, s, TOUCHED] = 1
        now.touched[now.counts[0]] = s
        now.counts[0] += 1
        copy_slot(now, s, OLD, NOW)
        now.sums[OLD, s, MINUTES_SUM] = now.sums[NOW, s, MINUTES_SUM]
    now.counts[3] += 1
    now.slot[NOW, s, VERSION] = now.counts[3]


@kernel
def change(now, k):  # type: ignore[no-untyped-def]
    """Remembers the customer as it was, the first time in a step that it is changed."""
    if now.mark[k, CHANGED] == 0:
        now.mark[k, CHANGED] = 1
        now.mark[now.counts[1], CHANGES] = k
        now.counts[1] += 1
        now.pattern[OLD, k] = now.pattern[NOW, k]
        for d in range(now.plan.shape[2]):
            now.plan[OLD, k, d] = now.plan[NOW, k, d]


@kernel
def pull(g, now, k, d):  # type: ignore[no-untyped-def]
    """Takes the customer's visit of the day out of its slot's route and off its owner."""
    s = now.plan[NOW, k, d]
    size, p = now.slot[NOW, s, SIZE], 0
    while now.route[NOW, s, p] != k:
        p += 1
    for q in range(p, size - 1):
        now.route[NOW, s, q] = now.route[NOW, s, q + 1]
        now.window[NOW, s, q] = now.window[NOW, s, q + 1]
    now.slot[NOW, s, SIZE] = size - 1
    now.plan[NOW, k, d] = -1
    account(g, now, k, g.slot_whole[s, OWNER], -1)


@kernel
def lift(g, now, k, d):  # type: ignore[no-untyped-def]
    """Takes the customer's visit of the day out of its slot, whose sums are left for later."""
    s = now.plan[NOW, k, d]
    touch(now, s)
    pull(g, now, k, d)
    now.slot[NOW, s, DIRTY] = 1


@kernel
def place(g, now, k, d, s):  # type: ignore[no-untyped-def]
    """Puts the customer's visit of the day where now.seen_* says that it is cheapest in the slot."""
    touch(now, s)
    p, size = now.seen_whole[k, s, 0], now.slot[NOW, s, SIZE]
    for q in range(size, p, -1):
        now.route[NOW, s, q] = now.route[NOW, s, q - 1]
        now.window[NOW, s, q] = now.window[NOW, s, q - 1]
    now.route[NOW, s, p] = k
    now.window[NOW, s, p] = now.seen_whole[k, s, 1]
    now.slot[NOW, s, SIZE] = size + 1
    now.plan[NOW, k, d] = s
    account(g, now, k, g.slot_whole[s, OWNER], 1)
    sums(g, now, s)


@kernel
def account(g, now, k, owner, change):  # type: ignore[no-untyped-def]
    """The cost of one visit more (1) or less (-1) of the customer by the owner: penalty, and group kept together."""
    now.cost[0] += change * g.penalty[k, owner]
    group = g.customer_whole[k, GROUP]
    had = now.group_count[group, owner]
    now.group_count[group, owner] = had + change
    if g.group_price[group] > 0.0 and (had == 0 or had + change == 0):
        others = 0
        for o in range(now.group_count.shape[1]):
            if o != owner and now.group_count[group, o] > 0:
                others = 1
                break
        now.cost[0] += change * others * g.group_price[group]


@kernel
def keep(g, now, k, pattern):  # type: ignore[no-untyped-def]
    """The customer has the pattern from now on (-1: is not planned): cost and missed visits follow."""
    level = g.customer_whole[k, LEVEL]
    had = now.pattern[NOW, k]
    if had >= 0:
        now.cost[0] -= g.pattern_cost[had]
        gone = g.pattern_whole[had, SHORT]
    else:
        now.cost[0] -= g.customer_real[k, PRIZE]
        gone = g.customer_whole[k, VISITS]
    if pattern >= 0:
        now.cost[0] += g.pattern_cost[pattern]
        come = g.pattern_whole[pattern, SHORT]
    else:
        now.cost[0] += g.customer_real[k, PRIZE]
        come = g.customer_whole[k, VISITS]
    if level >= 0:
        now.missed[level] += come - gone
    now.counts[4] += (1 if pattern < 0 else 0) - (1 if had < 0 else 0)
    now.pattern[NOW, k] = pattern


@kernel
def drop(g, now, k):  # type: ignore[no-untyped-def]
    """Takes the customer out of the plan."""
    change(now, k)
    pattern = now.pattern[NOW, k]
    for i in range(g.pattern_whole[pattern, DAYS_START], g.pattern_whole[pattern + 1, DAYS_START]):
        d = g.days_of[i]
        if now.plan[NOW, k, d] >= 0:
            lift(g, now, k, d)
    keep(g, now, k, -1)


@kernel
def settle(g, now):  # type: ignore[no-untyped-def]
    """Sums of all slots that visits were lifted from."""
    for i in range(now.counts[0]):
        s = now.touched[i]
        if now.slot[NOW, s, DIRTY]:
            sums(g, now, s)


@kernel
def forget(now):  # type: ignore[no-untyped-def]
    """The step stands: its notes for undoing are cleared."""
    for i in range(now.counts[0]):
        now.slot[NOW, now.touched[i], TOUCHED] = 0
    for i in range(now.counts[1]):
        now.mark[now.mark[i, CHANGES], CHANGED] = 0
    now.counts[0] = 0
    now.counts[1] = 0
    now.counts[2] = 0


@kernel
def undo(g, now):  # type: ignore[no-untyped-def]
    """The plan as it was before the step. The caller puts cost, missed and absent back."""
    for i in range(now.counts[1]):
        k = now.mark[i, CHANGES]
        group = g.customer_whole[k, GROUP]
        for d in range(now.plan.shape[2]):
            s, old = now.plan[NOW, k, d], now.plan[OLD, k, d]
            if s != old:
                if s >= 0:
                    now.group_count[group, g.slot_whole[s, OWNER]] -= 1
                if old >= 0:
                    now.group_count[group, g.slot_whole[old, OWNER]] += 1
                now.plan[NOW, k, d] = old
        now.pattern[NOW, k] = now.pattern[OLD, k]
    for i in range(now.counts[0]):
        s = now.touched[i]
        copy_slot(now, s, NOW, OLD)
        spend(g, now, s, now.sums[OLD, s, MINUTES_SUM])
        now.slot[NOW, s, DIRTY] = 0
        if g.windowed:
            parts(g, now, s)
    forget(now)


@kernel
def mend(g, now):  # type: ignore[no-untyped-def]
    """Customers leave slots that break a limit, from the end of each, until none does. Everybody in a slot has a pattern."""
    again = True
    while again:
        again = False
        for s in range(now.slot.shape[1]):
            while now.slot[NOW, s, SIZE] and over(g, now, s):
                drop(g, now, now.route[NOW, s, now.slot[NOW, s, SIZE] - 1])
                settle(g, now)
                again = True
