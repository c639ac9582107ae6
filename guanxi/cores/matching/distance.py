"""How far two short texts lie apart."""

from __future__ import annotations

from difflib import SequenceMatcher


def edits(one: str, other: str, most: int) -> int:
    """How many signs are to be put in, taken out, changed or swapped with their neighbour to make one text of the other;
    most + 1 where it takes more than `most` (optimal string alignment: Damerau, 1964)."""
    if one == other:
        return 0
    if abs(len(one) - len(other)) > most:
        return most + 1
    # What both begin and end with needs no looking at.
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    if not left or not right:
        return min(most + 1, max(len(left), len(right)))
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def within(short: str, long: str) -> bool:
    """Whether the signs of one stand in the other in their order, with others between them."""
    rest = iter(long)
    return all(sign in rest for sign in short)


def likeness(one: str, other: str) -> float:
    """From 0 to 1: the share of signs that both have in the same order (Ratcliff and Obershelp, 1988)."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
