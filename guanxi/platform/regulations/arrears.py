"""Who in somebody's branch owes what is overdue: counted owner by owner, from indexes alone.

A company of a million customers has some hundred thousand of them. Grouping those takes a quarter of a second; counting the
stretch of each owner in the index of owners and deadlines takes a tenth of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Min, QuerySet
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from . import reads
from .models import Obligation
from .obligation_lines import owner_names

_OWNED = """
    WITH RECURSIVE owners (owner) AS (
        SELECT MIN(owner) FROM regulations_obligation WHERE closed_at IS NULL
        UNION ALL
        SELECT (SELECT MIN(r.owner) FROM regulations_obligation r WHERE r.closed_at IS NULL AND r.owner > o.owner)
        FROM owners o WHERE o.owner IS NOT NULL
    )
    SELECT o.owner, (SELECT COUNT(*) {of}), (SELECT MIN(r.due_at) {of})
    FROM owners o WHERE o.owner IS NOT NULL AND {owners}"""
_OF = """FROM regulations_obligation r
    WHERE r.owner = o.owner AND r.closed_at IS NULL AND r.due_at < %s AND r.state <> 'suspended'"""
Overdue = dict[str, tuple[int, datetime]]
"""By owner: how many, and since when the oldest."""


@dataclass(frozen=True, slots=True)
class Owing:
    """How much somebody owes that is overdue, since when, and where it is listed."""

    who: Any
    count: int
    since: datetime
    url: str


def overdue_around(person: Any, now: datetime, most: int = 6) -> tuple[list[Owing], int]:
    """Who else in this person's branch owes something overdue, whoever owes most first; and how much it is in all."""
    within = reads.reach_of(person, "regulations.evidence")
    if reads.hides_customers(person):
        found = _grouped(reads.visible_obligations(person), now)
    elif within.all:
        found = _owned(now)
    else:
        people, departments = list(within.people), list(within.departments)
        found = _owned(now, f"o.owner IN ({_marks(people)})", people)
        # What others owe for these departments, or was owed by these people.
        others = f"o.owner NOT IN ({_marks(people)})"
        _add(found, _owned(now, others, people, f"r.owed_by IN ({_marks(people)})", people))
        if departments:
            there = f"r.department IN ({_marks(departments)}) AND r.owed_by NOT IN ({_marks(people)})"
            _add(found, _owned(now, others, people, there, [*departments, *people]))
    for own in reads.owners_of(person):
        found.pop(own, None)
    first = sorted(found.items(), key=lambda one: (-one[1][0], one[1][1], one[0]))[:most]
    names = owner_names(owner for owner, _ in first)
    shown = [
        Owing(
            names.get(owner, ("", ""))[0],
            n,
            since,
            f"{reverse('regulations.live')}?when=overdue&person={owner}",
        )
        for owner, (n, since) in first
    ]
    return shown, sum(n for n, _ in found.values())


def _owned(
    now: datetime,
    owners: str = "1 = 1",
    who: Sequence[str] = (),
    rows: str = "1 = 1",
    which: Sequence[str] = (),
) -> Overdue:
    """What each of the owners has in these rows."""
    of, at = f"{_OF} AND {rows}", connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(_OWNED.format(of=of, owners=owners), [at, *which, at, *which, *who])
        found = cursor.fetchall()
    return {owner: (n, _moment(since)) for owner, n, since in found if n}


def _marks(values: Sequence[str]) -> str:
    return ", ".join(["%s"] * len(values))


def _grouped(rows: QuerySet[Obligation], now: datetime) -> Overdue:
    """The same of any rows."""
    rows = rows.filter(closed_at__isnull=True, due_at__lt=now).exclude(state="suspended").order_by()
    found = rows.values_list("owner").annotate(n=Count("pk"), since=Min("due_at"))
    return {owner: (n, since) for owner, n, since in found}


def _add(found: Overdue, more: Overdue) -> None:
    """Put other obligations with them."""
    for owner, (n, since) in more.items():
        known = found.get(owner)
        found[owner] = (n + known[0], min(since, known[1])) if known else (n, since)


def _moment(value: Any) -> datetime:
    """A time as the database gives it: SQLite has texts."""
    if isinstance(value, datetime):
        return value
    found = parse_datetime(value)
    if found is None:
        raise ValueError(f"no time: {value!r}")
    return found.replace(tzinfo=UTC)
