"""The visits' part of a hand-over: those that have not begun."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from guanxi.domains.customers.handover.parts import Line, Part, in_portions, part
from guanxi.platform.kernel import Context, Invalid, Text
from guanxi.platform.people.models import Person
from guanxi.platform.people.responsibilities import responsibility

from .actions.planning import MOST_AT_ONCE
from .models import AHEAD, Visit
from .words import PURPOSES


def _lines(giver: Person, customers: list[int] | None) -> list[Line]:
    rows = Visit.objects.filter(owner=giver.pk, state__in=AHEAD)
    if customers is not None:
        rows = rows.filter(customer__in=customers)
    return [
        Line(
            str(v.pk),
            v.customer_id,
            v.target or PURPOSES.get(v.purpose, Text("拜访", "Visit")),
            v.planned_at,
            note=v.contact.name if v.contact else "",
            url=reverse("visits.detail", kwargs={"visit": v.pk}),
        )
        for v in rows.select_related("contact").order_by("planned_at", "pk")
    ]


def _check(actor: Any, taker: Person, lines: list[Line]) -> None:
    if lines and not taker.may("visits.work"):
        raise Invalid.field("taker", "此人没有拜访的权限", "This person has no right to make visits")


def _take(ctx: Context, giver: Person, taker: Person, lines: list[Line], reason: str) -> None:
    for ids in in_portions(lines, MOST_AT_ONCE):
        ctx.act("visits.hand_over", {"visits": ids, "owner": taker.pk, "reason": reason})


VISITS = part(Part("visits", Text("接下来的拜访", "Next visits"), 40, _lines, check=_check, take=_take))
responsibility(
    "visits",
    Text("未开始的拜访", "Visits that have not begun"),
    lambda person: Visit.objects.filter(owner=person.pk, state__in=AHEAD).count(),
)
