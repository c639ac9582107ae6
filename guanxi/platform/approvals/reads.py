"""What screens ask about approvals; each starts from what the asker may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from guanxi.platform.journal.quick import select
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import today

from .deciders import Stand, stands, waiting_q
from .kinds import all_approval_kinds
from .models import WAITING, Approval, Step, Substitute


def visible(person: Any, day: date | None = None) -> QuerySet[Approval]:
    """The approvals a person may read: asked for, decided or to be decided by them; all with the right to audit."""
    if person.may("approvals.audit"):
        return Approval.objects.all()
    day = day or today()
    mine = Q(decided_by=person)
    for stand in stands(person, day):
        held = Q(person=stand.principal) | Q(role__in=stand.roles, person=None)
        if stand.kinds:
            held &= Q(approval__kind__in=stand.kinds)
        mine |= held
    steps = Step.objects.filter(mine, approval=OuterRef("pk"))
    return Approval.objects.filter(Q(requested_by=person) | Exists(steps))


def waiting_for(person: Any, day: date | None = None) -> QuerySet[Approval]:
    """What this person may decide now; the most urgent first."""
    return _waiting(person.pk, stands(person, day or today()))


def _waiting(person: int, found: Sequence[Stand]) -> QuerySet[Approval]:
    steps = Step.objects.filter(waiting_q(person, found), approval=OuterRef("pk"))
    return Approval.objects.filter(Exists(steps), state=WAITING)


def count_waiting(person: Any) -> int:
    """How much waits for this person."""
    kinds = frozenset(all_approval_kinds())
    sql, values = _counting(connection.vendor, kinds, person.pk, tuple(stands(person, today())))
    return int(select(sql, *values)[0][0])


@lru_cache(maxsize=1024)
def _counting(
    vendor: str, kinds: frozenset[str], person: int, found: tuple[Stand, ...]
) -> tuple[str, tuple[Any, ...]]:
    """The question and its values. Every page asks it, and Django takes longer to build it than a database to answer."""
    rows = _waiting(person, found).order_by().values("pk")
    sql, values = rows.query.get_compiler(connection=connection).as_sql()
    return f"SELECT COUNT(*) FROM ({sql}) AS waiting", tuple(values)  # noqa: S608 (the SQL that Django made)


def asked_by(person: Any) -> QuerySet[Approval]:
    """What this person asked for and what is not decided yet."""
    return Approval.objects.filter(requested_by=person, state=WAITING)


def decided(person: Any) -> QuerySet[Approval]:
    """What is over, of all that this person may read."""
    return visible(person).exclude(state=WAITING)


def with_steps(rows: QuerySet[Approval]) -> QuerySet[Approval]:
    """The same, with what a page shows of them, in a fixed number of queries."""
    steps = Step.objects.select_related("person", "decided_by", "on_behalf_of")
    return rows.select_related("requested_by").prefetch_related(Prefetch("steps", steps))


def substitutes_of(person: Person, now: datetime) -> QuerySet[Substitute]:
    """Who stands in for this person now or later."""
    from django.utils import timezone

    day = timezone.localdate(now)
    return Substitute.objects.filter(person=person, until__gte=day).select_related("deputy").order_by("since")
