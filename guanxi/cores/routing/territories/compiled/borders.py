"""Moves of one unit across a border, tried by chance: see `improving.py` for what the arrays are."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def _draw(state):  # type: ignore[no-untyped-def]
    """The next of xorshift64* (Marsaglia 2003, Vigna 2016), from 0 to below 1."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return np.float64((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def _price(u, k, member_start, member, points, days, was, home, centre, at_home, weights):  # type: ignore[no-untyped-def]
    """(way minutes, minutes of the goal) of unit u in territory k."""
    way, about, changed = 0.0, 0.0, 0.0
    for place in range(member_start[u], member_start[u + 1]):
        c = member[place]
        x, y = points[c, 0] - centre[k, 0], points[c, 1] - centre[k, 1]
        middle = days[c] * np.sqrt(x * x + y * y)
        about += middle
        if at_home[k]:
            x, y = points[c, 0] - home[k, 0], points[c, 1] - home[k, 1]
            way += days[c] * np.sqrt(x * x + y * y)
        else:
            way += middle
        if was[c] >= 0 and was[c] != k:
            changed += 1.0
    way *= weights[0]
    return way, way + weights[0] * weights[1] * about + weights[2] * changed


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def _off(load, share, mean, weights):  # type: ignore[no-untyped-def]
    """Minutes that a workload costs for being off the mean."""
    off = abs(load / (share * mean) - 1.0)
    beyond = max(0.0, off - weights[5])
    return share * mean * (weights[6] * off * off + weights[7] * beyond * beyond)


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def _spared(u, owner, start, neighbour, mark, stamp, queue):  # type: ignore[no-untyped-def]
    """Whether the neighbours of u in its own territory stay connected to one another without u."""
    k = owner[u]
    wanted, first = 0, -1
    for e in range(start[u], start[u + 1]):
        v = neighbour[e]
        if owner[v] == k:
            wanted += 1
            first = v
            mark[v] = -stamp
    if wanted <= 1:
        return True
    mark[u] = stamp
    mark[first] = stamp
    queue[0] = first
    head, tail, found = 0, 1, 1
    while head < tail:
        v = queue[head]
        head += 1
        for e in range(start[v], start[v + 1]):
            w = neighbour[e]
            if owner[w] != k or mark[w] == stamp:
                continue
            if mark[w] == -stamp:
                found += 1
                if found == wanted:
                    return True
            mark[w] = stamp
            queue[tail] = w
            tail += 1
    return False


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def _torn_off(u, owner, start, neighbour, mark, stamp, queue, group):  # type: ignore[no-untyped-def]
    """group: u and whatever leaving would tear off its territory, all but the largest piece. Returns how many."""
    k = owner[u]
    mark[u] = stamp
    tail, largest, largest_from, largest_to = 0, 0, 0, 0
    for e in range(start[u], start[u + 1]):
        first = neighbour[e]
        if owner[first] != k or mark[first] == stamp:
            continue
        begin = tail
        mark[first] = stamp
        queue[tail] = first
        head = tail
        tail += 1
        while head < tail:
            v = queue[head]
            head += 1
            for f in range(start[v], start[v + 1]):
                w = neighbour[f]
                if owner[w] == k and mark[w] != stamp:
                    mark[w] = stamp
                    queue[tail] = w
                    tail += 1
        if tail - begin > largest:
            largest, largest_from, largest_to = tail - begin, begin, tail
    group[0] = u
    many = 1
    for place in range(tail):
        if place < largest_from or place >= largest_to:
            group[many] = queue[place]
            many += 1
    return many


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def anneal(  # type: ignore[no-untyped-def]
    owner, size, load, share, mean, fixed, member_start, member, points, days, was, home, centre, at_home,
    start, neighbour, link, weights, heats, state, scratch,
):  # fmt: skip
    """Round by round, one heat each: every unit on a border, in an order of chance, is tried in a neighbouring
    territory; a move that costs d minutes more is made with probability exp(-d / heat). owner, size, load, state are
    changed in place. Returns the moves made. A unit whose leaving would tear its territory apart takes along
    whatever it would tear off, all but the largest piece.

    weights: 0 minutes per metre out and back, 1 compactness, 2 minutes a change, 3 minutes a border, 4 minutes a link,
    5 band, 6 and 7 the prices of being off the mean and off the band. scratch [4, units]: marks, a queue, an order, a group.
    """
    mark, queue, order, group = scratch[0], scratch[1], scratch[2], scratch[3]
    mark[:] = 0
    stamp, made = 0, 0
    units = len(owner)
    for heat in heats:
        many = 0
        for u in range(units):
            for e in range(start[u], start[u + 1]):
                if owner[neighbour[e]] != owner[u]:
                    order[many] = u
                    many += 1
                    break
        for i in range(many - 1, 0, -1):
            j = int(_draw(state) * (i + 1))
            order[i], order[j] = order[j], order[i]
        for i in range(many):
            u = order[i]
            one = owner[u]
            if size[one] < 2:
                continue
            # A neighbouring territory, by the share of the neighbours that are in it.
            others = 0
            for e in range(start[u], start[u + 1]):
                if owner[neighbour[e]] != one:
                    others += 1
            if others == 0:
                continue
            pick, two = int(_draw(state) * others), -1
            for e in range(start[u], start[u + 1]):
                if owner[neighbour[e]] != one:
                    if pick == 0:
                        two = owner[neighbour[e]]
                        break
                    pick -= 1
            group[0] = u
            many_moved = 1
            for attempt in range(2):
                # First u by itself; where that would be taken but tears the territory apart, with what is torn off.
                stamp += 1
                for g in range(many_moved):
                    mark[group[g]] = stamp
                d = 0.0
                load_one, load_two = load[one], load[two]
                for g in range(many_moved):
                    v = group[g]
                    for e in range(start[v], start[v + 1]):
                        w = neighbour[e]
                        if mark[w] == stamp:
                            continue
                        if owner[w] == one:
                            d += weights[3] - weights[4] * link[e]
                        elif owner[w] == two:
                            d -= weights[3] - weights[4] * link[e]
                    way_one, cost_one = _price(
                        v, one, member_start, member, points, days, was, home, centre, at_home, weights
                    )
                    way_two, cost_two = _price(
                        v, two, member_start, member, points, days, was, home, centre, at_home, weights
                    )
                    d += cost_two - cost_one
                    load_one -= fixed[v] + way_one
                    load_two += fixed[v] + way_two
                d += _off(load_one, share[one], mean, weights) - _off(load[one], share[one], mean, weights)
                d += _off(load_two, share[two], mean, weights) - _off(load[two], share[two], mean, weights)
                if d > 0 and (heat <= 0 or d > 40 * heat or _draw(state) >= np.exp(-d / heat)):
                    break
                if attempt == 0:
                    stamp += 1
                    if not _spared(u, owner, start, neighbour, mark, stamp, queue):
                        stamp += 1
                        many_moved = _torn_off(u, owner, start, neighbour, mark, stamp, queue, group)
                        continue
                for g in range(many_moved):
                    owner[group[g]] = two
                size[one] -= many_moved
                size[two] += many_moved
                load[one], load[two] = load_one, load_two
                made += 1
                break
    return made


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def nearest_centre(points, centres, prices, found):  # type: ignore[no-untyped-def]
    """found [n]: the centre with the least squared distance less its price, for each point: cells of a power diagram."""
    for i in range(len(points)):
        best = np.inf
        for k in range(len(centres)):
            x, y = points[i, 0] - centres[k, 0], points[i, 1] - centres[k, 1]
            d = x * x + y * y - prices[k]
            if d < best:
                best = d
                found[i] = k
