"""Where to begin: centres by halving, cells of a balanced power diagram, pieces mended, people matched to places."""

from __future__ import annotations

import numpy as np

from .geometry import Floats, Ints


def halved(points: Floats, weight: Floats, shares: Floats) -> Ints:
    """[n]: a part for each point, so that parts have weights as the shares: the points are cut across their longest
    axis at the weighted share of the first half of the parts, and so on (recursive inertial bisection, Simon 1991).
    Every part has a point, n >= parts."""
    part = np.zeros(len(points), np.int64)
    stack = [(np.arange(len(points)), 0, len(shares))]
    while stack:
        which, first, end = stack.pop()
        if end - first == 1:
            part[which] = first
            continue
        half = (first + end) // 2
        mine, w = points[which], weight[which]
        spread = mine - mine.mean(axis=0)
        axis = np.linalg.eigh(spread.T @ spread)[1][:, 1]
        axis = axis * (1.0 if axis[np.argmax(np.abs(axis))] > 0 else -1.0)
        order = np.argsort(spread @ axis, kind="stable")
        total = np.cumsum(w[order])
        wanted = total[-1] * shares[first:half].sum() / shares[first:end].sum()
        at = int(np.searchsorted(total, wanted)) + 1
        at = min(max(at, half - first), len(which) - (end - half))
        stack += [(which[order[:at]], first, half), (which[order[at:]], half, end)]
    return part


def scattered(points: Floats, weight: Floats, many: int, seed: int) -> Ints:
    """[n]: the part with the nearest centre, the centres drawn by chance among the points, far from one another: each
    with a probability by weight and squared distance to those drawn (k-means++, Arthur and Vassilvitskii 2007)."""
    generator = np.random.default_rng(seed)
    chance = weight.copy()
    near = np.full(len(points), np.inf)
    part = np.zeros(len(points), np.int64)
    for k in range(many):
        total = chance.sum()
        first = generator.choice(len(points), p=chance / total if total > 0 else None)
        far = np.sum((points - points[first]) ** 2, axis=1)
        part[far < near] = k
        near = np.minimum(near, far)
        chance = weight * near
    return part


def power_cells(points: Floats, weight: Floats, part: Ints, shares: Floats, rounds: int) -> Ints:
    """[n]: parts as the cells of a power diagram about their centres, which move to the middles of their cells (Lloyd
    1982) while prices move until the weights are as the shares (Aurenhammer, Hoffmann and Aronov 1998; the prices are
    the multipliers of the balance, changed by the imbalance). The round with the least weight out of place is
    returned. Cells may be empty; see `mended`.
    """
    from .compiled import borders

    many = len(shares)
    target = weight.sum() * shares / shares.sum()
    prices = np.zeros(many)
    best, least = part, np.inf
    found = part.copy()
    centres = _middles(points, weight, part, np.zeros((many, 2)), many)
    scale = _squared_spacing(centres)
    for turn in range(rounds):
        borders.nearest_centre(points, centres, prices, found)
        off = np.bincount(found, weight, many) / target - 1
        out = float(np.abs(off * target).sum())
        if out < least and turn >= rounds // 3:
            best, least = found.copy(), out
        prices -= 0.3 * scale * np.clip(off, -1, 1)
        if turn < rounds * 2 // 3:
            centres = _middles(points, weight, found, centres, many)
    return best


def _middles(points: Floats, weight: Floats, part: Ints, before: Floats, many: int) -> Floats:
    w = weight + 1e-9
    total = np.bincount(part, w, many)
    sums = np.column_stack([np.bincount(part, w * points[:, k], many) for k in range(2)])
    return np.where(total[:, None] > 0, sums / np.maximum(total, 1e-30)[:, None], before)


def _squared_spacing(centres: Floats) -> Floats:
    """[k] squared distance of each centre to its nearest other: the scale of its price."""
    if len(centres) < 2:
        return np.ones(len(centres))
    d = np.sum((centres[:, None] - centres[None]) ** 2, axis=2)
    np.fill_diagonal(d, np.inf)
    return np.maximum(d.min(axis=1), 1.0)


def matched(cost: Floats) -> Ints:
    """[k]: the column for each row of a square cost matrix, least in sum: the Hungarian method by shortest augmenting
    paths (Jonker and Volgenant 1987)."""
    many = len(cost)
    row_price, column_price = np.zeros(many), np.zeros(many)
    row_of = np.full(many + 1, -1)
    for row in range(many):
        row_of[many] = row
        least, came = np.full(many, np.inf), np.full(many, many)
        done = np.zeros(many, bool)
        column = many
        while row_of[column] >= 0:
            if column < many:
                done[column] = True
            here = row_of[column]
            slack = cost[here] - row_price[here] - column_price
            better = ~done & (slack < least)
            least[better], came[better] = slack[better], column
            nearest = int(np.argmin(np.where(done, np.inf, least)))
            step = least[nearest]
            used = np.flatnonzero(done)
            row_price[row_of[used]] += step
            row_price[row] += step
            column_price[used] -= step
            least[~done] -= step
            column = nearest
        while column < many:
            row_of[column] = row_of[came[column]]
            column = int(came[column])
    found = np.empty(many, np.int64)
    found[row_of[:many]] = np.arange(many)
    return found
