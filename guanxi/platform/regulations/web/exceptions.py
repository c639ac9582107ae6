"""Exceptions: waivers asked for and given, and what is suspended; by clause and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property

from guanxi.platform.approvals.models import APPROVED, REFUSED, WAITING, Approval
from guanxi.platform.kernel import Text, system_clock
from guanxi.platform.people.models import Person
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, Filter
from guanxi.platform.ui.lists import Column, Empty, List, Page
from guanxi.platform.ui.parts import Tab
from guanxi.platform.ui.registry import page

from .. import reads
from ..explaining import waivers_shown
from ..models import WaiverRequest
from .evidence import Obligations
from .reading import GET, home_crumb

OUTCOMES = [
    (WAITING, Text("待批准", "Awaiting approval")),
    (APPROVED, Text("已批准", "Given")),
    (REFUSED, Text("已拒绝", "Refused")),
]


class OutcomeFilter(ChoiceFilter):
    """What became of the request."""

    def where(self, value: Any, now: datetime) -> Q:
        asked = Approval.objects.filter(kind="waiver", state__in=value)
        return Q(approval_id__in=asked.values("pk"))


class DeciderFilter(ChoiceFilter):
    """Who decided."""

    def where(self, value: Any, now: datetime) -> Q:
        decided = Approval.objects.filter(kind="waiver", steps__decided_by__in=[int(v) for v in value])
        return Q(approval_id__in=decided.values("pk"))


class Waivers(List):
    """Requests to be released from an obligation, or to have a gate lifted once."""

    name = "waivers"
    label = Text("豁免", "Waivers")
    columns = (
        Column("clause", Text("条款", "Clause"), sort="clause", lead=True, url=lambda r: _clause(r.clause)),
        Column("outcome", Text("结果", "Outcome"), value=lambda r: r.told.state, form="state"),
        Column("about", Text("对象", "About"), value=lambda r: r.told.about, url=lambda r: r.told.about_url),
        Column("asked_by", Text("申请人", "Asked by"), value=lambda r: r.told.asked_by),
        Column("asked_at", Text("申请时间", "Asked at"), sort="asked_at", form="when"),
        Column("reason", Text("理由", "Reason"), value=lambda r: r.told.reason, phone=False),
        Column("decided_by", Text("批准人", "Decided by"), value=lambda r: r.told.decided_by),
        Column(
            "granted_at",
            Text("批准时间", "Given at"),
            sort="granted_at",
            nullable=True,
            form="when",
            phone=False,
        ),
        Column("until", Text("有效至", "Valid until"), sort="until", nullable=True, form="when", shown=False),
    )
    sort = "-asked_at"
    exportable = False
    empty = Empty(
        Text("没有豁免申请", "No waiver was asked for"),
        Text(
            "条款允许例外时，在拒绝处或义务页上申请；谁批准的都留在这里。",
            "Where a clause allows it, ask beside the refusal or on the obligation; who gave it stays here.",
        ),
        "shield-check",
    )

    filters: Sequence[Filter] = (  # type: ignore[misc]
        ChoiceFilter("clause", Text("条款", "Clause")),
        OutcomeFilter("outcome", Text("结果", "Outcome"), choices=OUTCOMES),
        DeciderFilter("by", Text("批准人", "Decided by")),
        DateFilter("asked_at", Text("申请时间", "Asked"), moment=True, offers=("week", "month", "past30")),
    )
    also = {"show": "suspended: what stands still, instead of waivers"}

    def __init__(self, request: HttpRequest, rows: QuerySet, *, now: datetime) -> None:
        super().__init__(request, rows, now=now)
        clauses = list(rows.order_by("clause").values_list("clause", flat=True).distinct())
        deciders = Person.objects.filter(approval_decisions__approval__kind="waiver").distinct()
        choices: dict[str, Any] = {
            "clause": [(c, c) for c in clauses],
            "by": [(str(pk), name) for pk, name in deciders.order_by("name").values_list("pk", "name")],
        }
        self.filters = tuple(
            replace(f, choices=choices[f.key]) if isinstance(f, ChoiceFilter) and f.key in choices else f
            for f in self.filters
        )

    @cached_property
    def page(self) -> Page:
        found = super().page
        for row, told in zip(found.rows, waivers_shown(self.request.user, found.rows), strict=True):
            row.told = told
        return found

    def row_url(self, row: Any) -> str:
        seen = row.obligation_id in self.open_to
        return reverse("regulations.obligation", kwargs={"obligation": row.obligation_id}) if seen else ""

    @cached_property
    def open_to(self) -> set[str]:
        ids = [r.obligation_id for r in self.page.rows if r.obligation_id]
        seen = reads.visible_obligations(self.request.user).filter(pk__in=ids)
        return set(seen.values_list("pk", flat=True)) if ids else set()


def _clause(clause: str) -> str:
    return reverse("regulations.clause", kwargs={"clause": clause})


def visible_waivers(person: Any) -> QuerySet[WaiverRequest]:
    """Requests that a person may read: their own, those for what they may see of obligations, those of their people."""
    within = reads.reach_of(person)
    if within.all:
        return WaiverRequest.objects.all()
    seen = reads.visible_obligations(person).values("pk")
    roles = person.rights.roles
    return WaiverRequest.objects.filter(
        Q(asked_by__in=within.ids) | Q(obligation_id__in=seen) | Q(role__in=roles)
    )


def exceptions(request: HttpRequest) -> HttpResponse:
    """Waivers, and what stands still."""
    now = system_clock()
    suspended = request.GET.get("show") == "suspended"
    rows = visible_waivers(request.user)
    still = reads.visible_obligations(request.user).filter(state="suspended")
    tabs = [
        Tab(Text("豁免与例外", "Waivers"), "?", not suspended, rows.count()),
        Tab(Text("暂停中", "Suspended"), "?show=suspended", suspended, still.count()),
    ]
    context = {"tabs": tabs, "crumbs": [home_crumb()]}
    made: List
    if suspended:
        made = Suspended(request, still, within=reads.reach_of(request.user), now=now)
    else:
        made = Waivers(request, rows, now=now)
    return cast(HttpResponse, made.respond("regulations/exceptions.html", context))


class Suspended(Obligations):
    """Obligations whose time stands still."""

    name = "suspended"
    label = Text("暂停中的义务", "Suspended obligations")
    also = Waivers.also
    empty = Empty(Text("没有暂停中的义务", "Nothing is suspended"), icon="pause")

    def address(self, **changes: Any) -> str:
        found = super().address(**changes)
        return found + ("&" if len(found) > 1 else "") + "show=suspended"


page(
    "regulations.exceptions",
    "regulations/exceptions/",
    exceptions,
    label=Text("豁免与例外", "Exceptions"),
    permission="regulations.view",
    methods=GET,
    lists=(Waivers, Suspended),
)
