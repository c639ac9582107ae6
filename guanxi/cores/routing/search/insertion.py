"""Compiled: where a step puts customers back - the cheapest pattern and slots."""

from __future__ import annotations

import numpy as np

from .chance import uniform
from .changes import change, drop, keep, place, settle
from .columns import (
    DAY,
    DAYS_START,
    GONE,
    GONE_DAY,
    GROUP,
    LEVEL,
    LIST,
    MAY_START,
    NOW,
    OWNER,
    OWNER_HAS,
    OWNER_MOST,
    PRIZE,
    SHORT,
    SIZE,
    VERSION,
)
from .compiled import kernel
from .places import SLACK, look


@kernel
def weigh(g, now, k, s):  # type: ignore[no-untyped-def]
    """What the cheapest insertion into the slot costs in all, with the owner's penalty and balance; inf = may not."""
    delta = now.seen[k, s, 0]
    if delta == np.inf:
        return delta
    owner, more = g.slot_whole[s, OWNER], now.seen[k, s, 1]
    had = now.owner_minutes[owner]
    if had + more > g.owner[owner, OWNER_MOST] + SLACK:
        return np.inf
    if g.balance_price > 0.0:
        delta += g.balance_price * ((had + more) * (had + more) - had * had) / g.owner[owner, OWNER_HAS]
    return delta + g.penalty[k, owner]


@kernel
def days(g, now, k, day, blink, only, cost, slot):  # type: ignore[no-untyped-def]
    """Fills cost[d] and slot[d] with the cheapest slot of each day (of one owner where `only` >= 0).

    A slot is overlooked now and then (`blink`); of empty ones that differ in nothing only the first is looked at. Where the
    customer's group has owners already, others cost more.
    """
    group = g.customer_whole[k, GROUP]
    price = g.group_price[group]
    owned = False
    if price > 0.0:
        for o in range(now.group_count.shape[1]):
            if now.group_count[group, o] > 0:
                owned = True
                break
    for d in range(len(cost)):
        cost[d] = np.inf
    now.counts[5] += 1
    for j in range(g.customer_whole[k, MAY_START], g.customer_whole[k + 1, MAY_START]):
        s = g.may_slot[j]
        d = g.slot_whole[s, DAY]
        if (day >= 0 and d != day) or (only >= 0 and g.slot_whole[s, OWNER] != only):
            continue
        if now.slot[NOW, s, SIZE] == 0:
            if now.empty[g.alike[s]] == now.counts[5]:
                continue
            now.empty[g.alike[s]] = now.counts[5]
        if now.seen_version[k, s] != now.slot[NOW, s, VERSION]:
            look(g, now, k, s)
        if blink > 0.0 and uniform(now.chance) < blink:
            continue
        delta = weigh(g, now, k, s)
        if owned and now.group_count[group, g.slot_whole[s, OWNER]] == 0:
            delta += price
        if delta < cost[d]:
            cost[d] = delta
            slot[d] = s
    return owned


@kernel
def cheapest(g, now, k, cost, blink):  # type: ignore[no-untyped-def]
    """The customer's best pattern for these days' costs, with missed visits and cost; -1 where none fits."""
    best, best_missed, best_cost = -1, 0, np.inf
    which = g.customer_whole[k, LIST]
    counted = g.customer_whole[k, LEVEL] >= 0
    for p in range(g.pattern_start[which], g.pattern_start[which + 1]):
        missed = g.pattern_whole[p, SHORT] if counted else 0
        if best >= 0 and (missed > best_missed or (blink > 0.0 and uniform(now.chance) < blink)):
            continue
        total = g.pattern_cost[p]
        for i in range(g.pattern_whole[p, DAYS_START], g.pattern_whole[p + 1, DAYS_START]):
            total += cost[g.days_of[i]]
            if total == np.inf:
                break
        if total < np.inf and (best < 0 or missed < best_missed or total < best_cost):
            best, best_missed, best_cost = p, missed, total
    return best, best_missed, best_cost


@kernel
def insert(g, now, k, blink, other):  # type: ignore[no-untyped-def]
    """Puts a customer that is not planned into its cheapest pattern and slots, if there are any."""
    owned = days(g, now, k, -1, blink, -1, now.day_cost[0], now.day_slot[0])
    best, missed, cost = cheapest(g, now, k, now.day_cost[0], other)
    group = g.customer_whole[k, GROUP]
    several_visits = (
        best >= 0 and g.pattern_whole[best + 1, DAYS_START] - g.pattern_whole[best, DAYS_START] > 1
    )
    if several_visits and g.group_price[group] > 0.0 and not owned:
        # All visits by one owner, or the cheapest owner each day and the price of each owner more.
        owners = now.group_count.shape[1]
        several = 0
        for o in range(owners):
            for i in range(g.pattern_whole[best, DAYS_START], g.pattern_whole[best + 1, DAYS_START]):
                if g.slot_whole[now.day_slot[0, g.days_of[i]], OWNER] == o:
                    several += 1
                    break
        cost += (several - 1) * g.group_price[group]
        if several > 1:
            for o in range(owners):
                if g.penalty[k, o] == np.inf:
                    continue
                days(g, now, k, -1, 0.0, o, now.day_cost[1], now.day_slot[1])
                other, other_missed, other_cost = cheapest(g, now, k, now.day_cost[1], 0.0)
                if other >= 0 and (other_missed < missed or (other_missed == missed and other_cost < cost)):
                    best, missed, cost = other, other_missed, other_cost
                    for d in range(now.day_slot.shape[1]):
                        now.day_slot[0, d] = now.day_slot[1, d]
    if best < 0 or (g.customer_whole[k, LEVEL] < 0 and cost >= g.customer_real[k, PRIZE]):
        return
    change(now, k)
    keep(g, now, k, best)
    for i in range(g.pattern_whole[best, DAYS_START], g.pattern_whole[best + 1, DAYS_START]):
        d = g.days_of[i]
        s = now.day_slot[0, d]
        if weigh(g, now, k, s) == np.inf:  # the owner's minutes are used up by the other days
            drop(g, now, k)
            settle(g, now)
            return
        place(g, now, k, d, s)


@kernel
def insert_visit(g, now, k, day, blink):  # type: ignore[no-untyped-def]
    """Puts one day's visit back; without a place for it the whole customer is tried anew."""
    days(g, now, k, day, blink, -1, now.day_cost[0], now.day_slot[0])
    if now.day_cost[0, day] < np.inf:
        place(g, now, k, day, now.day_slot[0, day])
    else:
        drop(g, now, k)
        settle(g, now)
        insert(g, now, k, 0.0, 0.0)


@kernel
def recreate(g, now, blink, other):  # type: ignore[no-untyped-def]
    """Greedy insertion with blinks (Christiaens and Vanden Berghe 2020, section 5.3) in one of several orders."""
    gone = now.counts[2]
    draw, kind = uniform(now.chance), 0
    while kind < len(g.order_weight) and draw >= g.order_weight[kind]:
        kind += 1
    for i in range(gone):
        k = now.mark[i, GONE]
        now.key[k] = g.order[kind, k] if kind < len(g.order_weight) else uniform(now.chance)
        j = i
        while j > 0 and now.key[now.mark[j - 1, GONE]] > now.key[k]:
            now.mark[j, GONE] = now.mark[j - 1, GONE]
            j -= 1
        now.mark[j, GONE] = k
    for i in range(gone):
        k = now.mark[i, GONE]
        if now.mark[k, GONE_DAY] < 0:
            insert(g, now, k, blink, other)
        else:
            insert_visit(g, now, k, now.mark[k, GONE_DAY], blink)
