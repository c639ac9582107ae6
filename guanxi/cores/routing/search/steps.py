"""Compiled: the search - take customers out, put them back where they cost least, keep it or not."""

from __future__ import annotations

import numpy as np

from .best import compare, note
from .chance import below, uniform
from .changes import forget, settle, undo
from .columns import CHANGED, GONE, GONE_DAY, NOW
from .compiled import kernel
from .insertion import recreate
from .places import over
from .removal import ruin


@kernel
def broken(g, now):  # type: ignore[no-untyped-def]
    """The step left a slot with a limit broken."""
    for i in range(now.counts[0]):
        if over(g, now, now.touched[i]):
            return True
    return False


@kernel
def anneal(g, now, best, rule, steps, hot, cold):  # type: ignore[no-untyped-def]
    """`steps` steps of ruin and recreate, accepted by simulated annealing from temperature `hot` to `cold`.

    `best`: a Kept, updated whenever the plan is better. Missed visits come before cost: a step that misses less is
    always kept, one that misses more never, nor one that breaks a limit. Returns steps accepted.
    """
    n, number = now.plan.shape[1], now.plan.shape[2]
    before = now.was
    accepted = 0
    cooling = (cold / hot) ** (1.0 / max(steps, 1)) if hot > 0.0 else 1.0
    heat = hot
    for _ in range(steps):
        cost, absent = now.cost[0], now.counts[4]
        for level in range(len(before)):
            before[level] = now.missed[level]
        day = -1
        if number > 1 and uniform(now.chance) < rule[5]:
            day = below(now.chance, number)
        ruin(g, now, rule, day)
        settle(g, now)
        if absent:
            first = below(now.chance, n)
            more = 0
            for i in range(n):
                k = first + i if first + i < n else first + i - n
                if now.pattern[NOW, k] < 0 and now.mark[k, CHANGED] == 0:
                    now.mark[now.counts[2], GONE] = k
                    now.mark[k, GONE_DAY] = -1
                    now.counts[2] += 1
                    more += 1
                    if more >= rule[6]:
                        break
        recreate(g, now, rule[4], rule[7])
        better = compare(now.missed, before)
        wanted = better < 0 or (better == 0 and now.cost[0] < cost - heat * np.log(1.0 - uniform(now.chance)))
        if wanted and not broken(g, now):
            forget(now)
            accepted += 1
            than_best = compare(now.missed, best.missed)
            if than_best < 0 or (than_best == 0 and now.cost[0] < best.cost[0] - 1e-9):
                note(now, best)
        else:
            undo(g, now)
            now.cost[0] = cost
            for level in range(len(before)):
                now.missed[level] = before[level]
            now.counts[4] = absent
        heat *= cooling
    return accepted
