"""Compiled: a child of two plans, after the periodic crossover with insertions (PIX).

Vidal, Crainic, Gendreau, Lahrichi and Rei (2012), section 4.4.1: on each day the child has the routes of the first
parent, of the second, or of both; visits of the second are taken as far as some pattern of the customer still has all
its days; what is missing is inserted where it costs least. Here whole routes are taken, not parts of them, so that
every limit of a slot is kept from the beginning; on days of both, the first parent gives the routes around a place.
"""

from __future__ import annotations

import numpy as np

from .chance import below, uniform
from .changes import account, change, drop, forget, keep, mend, place, pull, settle
from .columns import (
    COST_ON,
    DAY,
    DAYS_START,
    DIRTY,
    LEVEL,
    LIST,
    MINUTES_SUM,
    NOW,
    OWNER,
    PRIZE,
    SHORT,
    SIZE,
    VERSION,
    VISITS,
)
from .compiled import kernel
from .insertion import days, insert, weigh
from .places import over, sums


@kernel
def clear(g, now):  # type: ignore[no-untyped-def]
    """The island's plan is the empty plan."""
    for s in range(now.slot.shape[1]):
        now.slot[NOW, s, SIZE] = 0
        now.slot[NOW, s, DIRTY] = 0
        now.counts[3] += 1
        now.slot[NOW, s, VERSION] = now.counts[3]
        for column in range(now.sums.shape[2]):
            now.sums[NOW, s, column] = 0.0
    now.owner_minutes[:] = 0.0
    now.group_count[:] = 0
    now.plan[NOW, :] = -1
    now.missed[:] = 0
    now.counts[4] = now.pattern.shape[1]
    now.cost[0] = 0.0
    for k in range(now.pattern.shape[1]):
        now.pattern[NOW, k] = -1
        now.cost[0] += g.customer_real[k, PRIZE]
        if g.customer_whole[k, LEVEL] >= 0:
            now.missed[g.customer_whole[k, LEVEL]] += g.customer_whole[k, VISITS]
    for s in range(now.slot.shape[1]):
        sums(g, now, s)  # parts of empty routes
    forget(now)


@kernel
def take_route(g, now, plan, s, to):  # type: ignore[no-untyped-def]
    """The child's slot `to` takes the visits of the plan's slot `s` that it can have; says how many."""
    d, owner = g.slot_whole[to, DAY], g.slot_whole[to, OWNER]
    size = 0
    for p in range(plan.size[s]):
        k = plan.route[s, p]
        if now.plan[NOW, k, d] < 0 and still_possible(g, now, k, d):
            now.route[NOW, to, size] = k
            now.window[NOW, to, size] = plan.window[s, p]
            now.plan[NOW, k, d] = to
            account(g, now, k, owner, 1)
            size += 1
    now.slot[NOW, to, SIZE] = size
    now.counts[3] += 1
    now.slot[NOW, to, VERSION] = now.counts[3]
    sums(g, now, to)
    if over(g, now, to):
        for p in range(size):
            k = now.route[NOW, to, p]
            now.plan[NOW, k, d] = -1
            account(g, now, k, owner, -1)
        now.slot[NOW, to, SIZE] = 0
        sums(g, now, to)
        size = 0
    return size


@kernel
def still_possible(g, now, k, day):  # type: ignore[no-untyped-def]
    """Some pattern of the customer has this day and all days that it is visited on so far."""
    which = g.customer_whole[k, LIST]
    for p in range(g.pattern_start[which], g.pattern_start[which + 1]):
        if pattern_has(g, now, k, p, day):
            return True
    return False


@kernel
def pattern_has(g, now, k, p, day):  # type: ignore[no-untyped-def]
    """The pattern has all days that the customer is visited on so far, and this day (-1 = any)."""
    inside, found = 0, day < 0
    for i in range(g.pattern_whole[p, DAYS_START], g.pattern_whole[p + 1, DAYS_START]):
        d = g.days_of[i]
        if d == day:
            found = True
        if now.plan[NOW, k, d] >= 0:
            inside += 1
    if not found:
        return False
    for d in range(now.plan.shape[2]):
        if now.plan[NOW, k, d] >= 0:
            inside -= 1
    return inside == 0


@kernel
def complete(g, now, k):  # type: ignore[no-untyped-def]
    """A customer with some visits gets the cheapest pattern that has them, and the missing visits; else starts anew."""
    some = False
    for d in range(now.plan.shape[2]):
        if now.plan[NOW, k, d] >= 0:
            some = True
            break
    if not some:
        insert(g, now, k, 0.0, 0.0)
        return
    days(g, now, k, -1, 0.0, -1, now.day_cost[0], now.day_slot[0])
    which = g.customer_whole[k, LIST]
    best, best_missed, best_cost = -1, 0, np.inf
    for p in range(g.pattern_start[which], g.pattern_start[which + 1]):
        if not pattern_has(g, now, k, p, -1):
            continue
        total, missed = g.pattern_cost[p], g.pattern_whole[p, SHORT]
        for i in range(g.pattern_whole[p, DAYS_START], g.pattern_whole[p + 1, DAYS_START]):
            d = g.days_of[i]
            if now.plan[NOW, k, d] < 0:
                total += now.day_cost[0, d]
        if total < np.inf and (
            best < 0 or missed < best_missed or (missed == best_missed and total < best_cost)
        ):
            best, best_missed, best_cost = p, missed, total
    if best < 0:
        strip(g, now, k)
        insert(g, now, k, 0.0, 0.0)
        return
    change(now, k)
    keep(g, now, k, best)
    for i in range(g.pattern_whole[best, DAYS_START], g.pattern_whole[best + 1, DAYS_START]):
        d = g.days_of[i]
        if now.plan[NOW, k, d] < 0:
            if weigh(g, now, k, now.day_slot[0, d]) == np.inf:
                drop(g, now, k)
                settle(g, now)
                return
            place(g, now, k, d, now.day_slot[0, d])


@kernel
def strip(g, now, k):  # type: ignore[no-untyped-def]
    """Takes out all visits of a customer that has no pattern yet."""
    for d in range(now.plan.shape[2]):
        s = now.plan[NOW, k, d]
        if s < 0:
            continue
        pull(g, now, k, d)
        now.counts[3] += 1
        now.slot[NOW, s, VERSION] = now.counts[3]
        sums(g, now, s)


@kernel
def cross(g, now, one, other):  # type: ignore[no-untyped-def]
    """The island's plan becomes a child of two plans."""
    clear(g, now)
    n, number, slots = now.pattern.shape[1], now.plan.shape[2], now.slot.shape[1]
    middle, edge = below(now.chance, n), below(now.chance, n)
    from_one = uniform(now.chance)
    for d in range(
        number
    ):  # what each day takes is kept in day_slot: 0 the first's, 1 the second's, 2 of both
        draw = uniform(now.chance)
        now.day_slot[1, d] = 2 if number == 1 or draw < 0.4 else (0 if uniform(now.chance) < from_one else 1)
    for s in range(slots):
        kind = now.day_slot[1, g.slot_whole[s, DAY]]
        if kind == 1 or one.size[s] == 0:
            continue
        if kind == 2:
            near = 0
            for p in range(one.size[s]):
                if g.way[COST_ON, 0, middle, one.route[s, p]] <= g.way[COST_ON, 0, middle, edge]:
                    near += 1
            if 2 * near < one.size[s]:
                continue
        take_route(g, now, one, s, s)
    for s in range(slots):
        if now.day_slot[1, g.slot_whole[s, DAY]] == 0 or other.size[s] == 0:
            continue
        left = 0
        for p in range(other.size[s]):
            if now.plan[NOW, other.route[s, p], g.slot_whole[s, DAY]] < 0:
                left += 1
        if 2 * left < other.size[s]:
            continue  # a shred of a route: its visits are better inserted
        to = -1
        if now.slot[NOW, s, SIZE] == 0:
            to = s
        else:
            for t in range(slots):
                if now.slot[NOW, t, SIZE] == 0 and g.alike[t] == g.alike[s]:
                    to = t
                    break
        if to >= 0:
            take_route(g, now, other, s, to)
    finish(g, now)


@kernel
def finish(g, now):  # type: ignore[no-untyped-def]
    """Patterns for customers whose visits are one already; the others are completed in random order."""
    n = now.pattern.shape[1]
    left = 0
    for k in range(n):
        which, visits = g.customer_whole[k, LIST], 0
        for d in range(now.plan.shape[2]):
            if now.plan[NOW, k, d] >= 0:
                visits += 1
        best = -1
        for p in range(g.pattern_start[which], g.pattern_start[which + 1]):
            length = g.pattern_whole[p + 1, DAYS_START] - g.pattern_whole[p, DAYS_START]
            if visits and length == visits and pattern_has(g, now, k, p, -1):
                if best < 0 or g.pattern_cost[p] < g.pattern_cost[best]:
                    best = p
        if best >= 0 and g.pattern_whole[best, SHORT] == 0:
            keep(g, now, k, best)
        else:
            at = below(now.chance, left + 1)
            now.key[left] = now.key[at]
            now.key[at] = float(k)
            left += 1
    for i in range(left):
        complete(g, now, int(now.key[i]))
    for k in range(n):  # visits without a pattern must not stay
        if now.pattern[NOW, k] < 0:
            strip(g, now, k)
    owners(g, now)
    mend(g, now)
    forget(now)


@kernel
def owners(g, now):  # type: ignore[no-untyped-def]
    """Owners' minutes summed anew."""
    now.owner_minutes[:] = 0.0
    for s in range(now.slot.shape[1]):
        now.owner_minutes[g.slot_whole[s, OWNER]] += now.sums[NOW, s, MINUTES_SUM]
