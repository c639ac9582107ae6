"""The Delaunay triangulation, point by point: split the triangle that holds the point, then flip edges (Lawson 1977).

A triangle t has corners `corner[t]` (anticlockwise) and across the edge opposite to corner c the triangle
`across[t, c]`, -1 outside. The first four points are the corners of a square that holds all others.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def _side(p, a, b, c):  # type: ignore[no-untyped-def]
    """Twice the area of a, b, c: above 0 where they are anticlockwise."""
    return (p[b, 0] - p[a, 0]) * (p[c, 1] - p[a, 1]) - (p[b, 1] - p[a, 1]) * (p[c, 0] - p[a, 0])


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def _within(p, a, b, c, d):  # type: ignore[no-untyped-def]
    """Whether d is inside the circle through a, b, c by more than rounding may pretend (Guibas and Stolfi 1985)."""
    ax, ay = p[a, 0] - p[d, 0], p[a, 1] - p[d, 1]
    bx, by = p[b, 0] - p[d, 0], p[b, 1] - p[d, 1]
    cx, cy = p[c, 0] - p[d, 0], p[c, 1] - p[d, 1]
    al, bl, cl = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    found = al * (bx * cy - by * cx) + bl * (cx * ay - cy * ax) + cl * (ax * by - ay * bx)
    size = al * (abs(bx * cy) + abs(by * cx)) + bl * (abs(cx * ay) + abs(cy * ax))
    size += cl * (abs(ax * by) + abs(ay * bx))
    return found > 2e-15 * size


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def _replace(across, t, old, new):  # type: ignore[no-untyped-def]
    """Triangle t has `new` where it had `old` for a neighbour."""
    if t >= 0:
        for c in range(3):
            if across[t, c] == old:
                across[t, c] = new
                return


@njit(cache=True, nogil=True)  # type: ignore[misc, untyped-decorator, unused-ignore]
def triangulate(p, order):  # type: ignore[no-untyped-def]
    """([T, 3] corners, [T, 3] triangles across) of the points p [n, 2], put in by `order` (0 to 3 are in already)."""
    n = len(p)
    corner = np.empty((2 * n + 8, 3), np.int64)
    across = np.full((2 * n + 8, 3), -1, np.int64)
    corner[0] = np.array([0, 1, 2])
    corner[1] = np.array([0, 2, 3])
    across[0, 1], across[1, 2] = 1, 0
    count, last = 2, 0
    stack = np.empty(6 * n + 64, np.int64)
    for v in order:
        # Walk towards the point; where rounding leads in a circle, look at every triangle.
        t, came, steps = last, -1, 0
        while True:
            moved = False
            for c in range(3):
                other = across[t, c]
                if (
                    other >= 0
                    and other != came
                    and _side(p, corner[t, (c + 1) % 3], corner[t, (c + 2) % 3], v) < 0
                ):
                    came, t, moved = t, other, True
                    break
            steps += 1
            if not moved:
                break
            if steps > 3 * n + 100:
                best = -np.inf
                for s in range(count):
                    least = np.inf
                    for c in range(3):
                        least = min(least, _side(p, corner[s, (c + 1) % 3], corner[s, (c + 2) % 3], v))
                    if least > best:
                        best, t = least, s
                break
        a, b, c0 = corner[t, 0], corner[t, 1], corner[t, 2]
        na, nb, nc = across[t, 0], across[t, 1], across[t, 2]
        one, two = count, count + 1
        count += 2
        corner[t, 0], corner[t, 1], corner[t, 2] = a, b, v
        across[t, 0], across[t, 1], across[t, 2] = one, two, nc
        corner[one, 0], corner[one, 1], corner[one, 2] = b, c0, v
        across[one, 0], across[one, 1], across[one, 2] = two, t, na
        corner[two, 0], corner[two, 1], corner[two, 2] = c0, a, v
        across[two, 0], across[two, 1], across[two, 2] = t, one, nb
        _replace(across, na, t, one)
        _replace(across, nb, t, two)
        stack[0], stack[1], stack[2] = t, one, two
        top, flips = 3, 0
        # Each triangle on the stack has v as its last corner; the edge opposite to it may have to be flipped.
        while top > 0:
            top -= 1
            t = stack[top]
            u = across[t, 2]
            if u < 0 or flips > 6 * n:
                continue
            x, y = corner[t, 0], corner[t, 1]
            k = 0
            while across[u, k] != t:
                k += 1
            w = corner[u, k]
            if not _within(p, x, y, v, w):
                continue
            if _side(p, x, w, v) <= 0 or _side(p, w, y, v) <= 0:
                continue
            flips += 1
            # u's corners are w, y, x in its order: across y lies beyond x-w, across x beyond w-y.
            beyond_x, beyond_y = across[u, (k + 1) % 3], across[u, (k + 2) % 3]
            if corner[u, (k + 1) % 3] != y:
                beyond_x, beyond_y = beyond_y, beyond_x
            left, right = across[t, 1], across[t, 0]
            # beyond_x: opposite to y, the neighbour over x-w; beyond_y: opposite to x, over w-y.
            corner[t, 0], corner[t, 1], corner[t, 2] = x, w, v
            across[t, 0], across[t, 1], across[t, 2] = u, left, beyond_x
            corner[u, 0], corner[u, 1], corner[u, 2] = w, y, v
            across[u, 0], across[u, 1], across[u, 2] = right, t, beyond_y
            _replace(across, beyond_x, u, t)
            _replace(across, right, t, u)
            stack[top], stack[top + 1] = t, u
            top += 2
        last = t
    return corner[:count].copy(), across[:count].copy()
