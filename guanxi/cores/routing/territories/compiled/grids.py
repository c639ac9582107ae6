"""Nearest neighbours by buckets, and segments that meet."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def nearest(metres, cell, order, start, columns, rows, side, many):  # type: ignore[no-untyped-def]
    """[n] distance of each point to its many-th nearest other; see `geometry.nearest`."""
    n = len(metres)
    found = np.empty(n)
    best = np.empty(many)
    for i in range(n):
        count = 0
        ring = 0
        while True:
            column, row = cell[i, 0], cell[i, 1]
            for y in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                whole = y in (row - ring, row + ring)
                step = 1 if whole or ring == 0 else 2 * ring
                x = column - ring
                while x <= column + ring:
                    if 0 <= x < columns:
                        for place in range(start[y * columns + x], start[y * columns + x + 1]):
                            j = order[place]
                            if j == i:
                                continue
                            d = (metres[j, 0] - metres[i, 0]) ** 2 + (metres[j, 1] - metres[i, 1]) ** 2
                            if count < many:
                                at = count
                                count += 1
                            elif d < best[many - 1]:
                                at = many - 1
                            else:
                                continue
                            while at > 0 and best[at - 1] > d:
                                best[at] = best[at - 1]
                                at -= 1
                            best[at] = d
                    x += step
            if count == many and best[many - 1] <= (ring * side) ** 2:
                break
            if ring > columns and ring > rows:
                break
            ring += 1
        found[i] = np.sqrt(best[many - 1])
    return found


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def meets(ends, lines):  # type: ignore[no-untyped-def]
    """[m] whether each segment meets one of the lines; touching counts."""
    found = np.zeros(len(ends), np.bool_)
    for e in range(len(ends)):
        ax, ay, bx, by = ends[e, 0], ends[e, 1], ends[e, 2], ends[e, 3]
        left, right, low, high = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
        for b in range(len(lines)):
            cx, cy, dx, dy = lines[b, 0], lines[b, 1], lines[b, 2], lines[b, 3]
            if max(cx, dx) < left or min(cx, dx) > right or max(cy, dy) < low or min(cy, dy) > high:
                continue
            one = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
            two = (bx - ax) * (dy - ay) - (by - ay) * (dx - ax)
            three = (dx - cx) * (ay - cy) - (dy - cy) * (ax - cx)
            four = (dx - cx) * (by - cy) - (dy - cy) * (bx - cx)
            if ((one <= 0 <= two) or (two <= 0 <= one)) and ((three <= 0 <= four) or (four <= 0 <= three)):
                found[e] = True
                break
    return found
