"""What screens ask about approvals; each starts from what the asker may see."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import today

from .deciders import stands, waiting_q
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
    steps = Step.objects.filter(waiting_q(person, day or today()), approval=OuterRef("pk"))
    return Approval.objects.filter(Exists(steps), state=WAITING)


def count_waiting(person: Any) -> int:
    """How much waits for this person."""
    return waiting_for(person).count()


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
