"""Compiled: which customers a step takes out."""

from __future__ import annotations

from .chance import below, uniform
from .changes import change, drop, lift
from .columns import DAY, DAYS_START, GONE, GONE_DAY, NOW, SIZE, TOUCHED
from .compiled import kernel


@kernel
def ruin(g, now, rule, day):  # type: ignore[no-untyped-def]
    """Adjacent string removal (Christiaens and Vanden Berghe 2020, section 5.2), over all days or on one.

    Strings of near routes are taken out around a seed; a customer of a string leaves all its days (day = -1), or only
    that day. `rule`: [average customers removed, longest string, part of split strings, ...].
    """
    n = now.plan.shape[1]
    planned = n - now.counts[4]
    if planned <= 0:
        return
    slots = now.slot.shape[1]
    visits, used = 0, 0
    for s in range(slots):
        if now.slot[NOW, s, SIZE] and (day < 0 or g.slot_whole[s, DAY] == day):
            visits += now.slot[NOW, s, SIZE]
            used += 1
    if visits == 0:
        return
    longest = min(rule[1], visits / used)
    most = 4.0 * rule[0] / (1.0 + longest) - 1.0
    strings = int(uniform(now.chance) * most + 1.0)
    seed = below(now.chance, n)
    if now.counts[4] > 0 and uniform(now.chance) < 0.3:
        for _ in range(n):  # around a customer that is not planned, to make room
            if now.pattern[NOW, seed] < 0:
                break
            seed = seed + 1 if seed + 1 < n else 0
    elif day >= 0:
        for _ in range(n):
            if now.plan[NOW, seed, day] >= 0:
                break
            seed = seed + 1 if seed + 1 < n else 0
    done = 0
    for j in range(-1, g.near.shape[1]):
        k = seed if j < 0 else g.near[seed, j]
        if now.pattern[NOW, k] < 0:
            continue
        s = -1
        if day >= 0:
            s = now.plan[NOW, k, day]
        else:
            pattern = now.pattern[NOW, k]
            begin, end = g.pattern_whole[pattern, DAYS_START], g.pattern_whole[pattern + 1, DAYS_START]
            if end > begin:
                s = now.plan[NOW, k, g.days_of[begin + below(now.chance, end - begin)]]
        if s < 0 or now.slot[NOW, s, TOUCHED] == 2:
            continue
        string(g, now, rule, k, s, longest, day)
        now.slot[NOW, s, TOUCHED] = 2
        done += 1
        if done >= strings:
            break


@kernel
def string(g, now, rule, k, s, longest, day):  # type: ignore[no-untyped-def]
    """Takes a string of visits that holds customer k out of slot s, now and then with some in its middle left."""
    size = now.slot[NOW, s, SIZE]
    length = int(uniform(now.chance) * min(float(size), longest) + 1.0)
    length = min(length, size)
    left = 0
    if length > 1 and length < size and uniform(now.chance) < rule[2]:
        left = 1
        while length + left < size and uniform(now.chance) > rule[3]:
            left += 1
    span = length + left
    at = 0
    while now.route[NOW, s, at] != k:
        at += 1
    begin = max(0, at - span + 1) + below(now.chance, min(at, size - span) - max(0, at - span + 1) + 1)
    skip = begin + 1 + below(now.chance, length - 1) if left else begin + span
    first = now.counts[2]
    for p in range(begin, begin + span):
        if skip <= p < skip + left:
            continue
        now.mark[now.counts[2], GONE] = now.route[NOW, s, p]
        now.counts[2] += 1
    last = now.counts[2]
    now.counts[2] = first
    for i in range(first, last):
        take_out(g, now, now.mark[i, GONE], day)


@kernel
def take_out(g, now, k, day):  # type: ignore[no-untyped-def]
    """The customer (day = -1) or its visit of one day is taken out, to be put back in this step."""
    if day < 0:
        drop(g, now, k)
    else:
        change(now, k)
        lift(g, now, k, day)
    now.mark[now.counts[2], GONE] = k
    now.mark[k, GONE_DAY] = day
    now.counts[2] += 1
