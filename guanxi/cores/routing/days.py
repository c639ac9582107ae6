"""On which days a customer may be visited: the sets of days of which the search chooses one.

Distances between visits are turned into sets of days. There may be millions of them, so they are counted (by how many
visits follow after each day) and, where there are more than `MOST_PATTERNS`, taken at even steps of their lexicographic
order, with the evenly spaced ones always among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from guanxi.cores.routing.model import Customer, Period

MOST_PATTERNS = 512
MOST_FEWER = 2048

Pattern = tuple[int, ...]


def first_days(customer: Customer) -> tuple[int, int | None]:
    """Earliest and latest day (None: any) of the first visit, by the distance to the one before the period. A visit that
    is overdue on day 1 has no latest day."""
    if customer.last_visit is None:
        return 1, None
    latest = None
    if customer.most_days_between is not None and customer.last_visit + customer.most_days_between >= 1:
        latest = customer.last_visit + customer.most_days_between
    return max(1, customer.last_visit + customer.least_days_between), latest


def patterns(customer: Customer, allowed: Sequence[int], fewer: bool = False) -> list[tuple[Pattern, int]]:
    """Sets of days and how many visits each falls short of `customer.visits`.

    `allowed`: the days on which a visit is possible at all, ascending; fixed days count as allowed. Given patterns are
    all or nothing. By distances, where no set has all the visits, those with most are taken; with `fewer` (and without
    given patterns) also those with less, until there are more than `MOST_FEWER`.
    """
    fixed = frozenset(visit.day for visit in customer.fixed)
    days = tuple(sorted({*allowed, *fixed}))
    if customer.patterns:
        free = frozenset(days)
        given = [p for p in customer.patterns if p <= free and fixed <= p]
        if given or not fixed:
            return [(tuple(sorted(p)), customer.visits - len(p)) for p in given]
        return [(tuple(sorted(fixed)), customer.visits - len(fixed))]
    found: list[tuple[Pattern, int]] = []
    least, most = customer.least_days_between, customer.most_days_between
    first = first_days(customer)
    for visits in range(min(customer.visits, len(days)), max(0, len(fixed) - 1), -1):
        sets = spaced(days, visits, least, most, first, tuple(sorted(fixed)))
        found += [(pattern, customer.visits - visits) for pattern in sets]
        if found and (not fewer or len(found) > MOST_FEWER):
            break
    if not found and fixed:
        found = [(tuple(sorted(fixed)), customer.visits - len(fixed))]
    return found


@lru_cache(maxsize=4096)
def spaced(
    days: Pattern,
    visits: int,
    least: int,
    most: int | None,
    first: tuple[int, int | None],
    fixed: Pattern = (),
) -> tuple[Pattern, ...]:
    """Sets of so many of the days, `least` to `most` apart, the first within `first`, with all `fixed` days. Between two
    fixed days distances do not bind."""
    if visits < 1:
        return ()
    count, must = len(days), frozenset(fixed)
    after = [i for i, day in enumerate(days) if day in must]

    def following(i: int) -> list[int]:
        """Which days may come next after day i; a fixed day is not passed over."""
        end = next((k for k in after if k > i), count - 1)
        return [k for k in range(i + 1, end + 1) if _apart(days[i], days[k], least, most, must)]

    follow = [following(i) for i in range(count)]
    # ways[v][i]: sets of v more visits after day i, with no fixed day left out
    last_fixed = after[-1] if after else -1
    ways = [[1 if i >= last_fixed else 0 for i in range(count)]]
    for _ in range(1, visits):
        ways.append([sum(ways[-1][k] for k in follow[i]) for i in range(count)])
    first_fixed = after[0] if after else count - 1
    firsts = [
        i
        for i in range(first_fixed + 1)
        if days[i] in must or (days[i] >= first[0] and (first[1] is None or days[i] <= first[1]))
    ]
    total = sum(ways[visits - 1][i] for i in firsts)

    def at(rank: int) -> Pattern:
        chosen: list[int] = []
        options = firsts
        for left in range(visits - 1, -1, -1):
            for i in options:
                if rank < ways[left][i]:
                    chosen.append(days[i])
                    options = follow[i]
                    break
                rank -= ways[left][i]
        return tuple(chosen)

    if total <= MOST_PATTERNS:
        return tuple(at(rank) for rank in range(total))
    found = dict.fromkeys(at(rank * total // MOST_PATTERNS) for rank in range(MOST_PATTERNS))
    known = frozenset(days)
    for step in range(
        least, (most or (days[-1] - days[0])) + 1
    ):  # evenly spaced ones, such as every second Monday
        for i in firsts:
            even = tuple(days[i] + step * k for k in range(visits))
            if known.issuperset(even) and must <= set(even):
                found.setdefault(even)
    return tuple(sorted(found))


def _apart(day: int, next_day: int, least: int, most: int | None, must: frozenset[int]) -> bool:
    gap = next_day - day
    return (day in must and next_day in must) or (least <= gap and (most is None or gap <= most))


def needed_weekdays(visits: int, period: Period) -> int:
    """The fewest weekdays on which so many visits can be, with one a day."""
    weeks = -(-period.days // 7)
    return -(-visits // weeks)
