"""What is owed in one's branch and not yet done: the service manager's team, the general manager's and auditor's company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from guanxi.platform.kernel import Text, system_clock
from guanxi.platform.people.models import Department, Person
from guanxi.platform.ui.filters import ChoiceFilter, Filter
from guanxi.platform.ui.lists import Column, Empty, View
from guanxi.platform.ui.registry import Nav, page

from .. import reads
from ..models import Regulation
from ..reads import Within
from .evidence import Obligations
from .reading import GET

WHEN = [
    ("overdue", Text("已逾期", "overdue")),
    ("today", Text("今天到期", "due today")),
    ("week", Text("7 天内到期", "due within 7 days")),
    ("none", Text("不限时", "without a deadline")),
]


@dataclass(frozen=True, slots=True)
class DueFilter(ChoiceFilter):
    """By when it is due, seen from now."""

    def where(self, value: Any, now: datetime) -> Q:
        tomorrow = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
            days=1
        )
        spans = {
            "overdue": Q(due_at__lt=now),
            "today": Q(due_at__gte=now, due_at__lt=tomorrow),
            "week": Q(due_at__gte=now, due_at__lt=tomorrow + timedelta(days=6)),
            "none": Q(due_at__isnull=True),
        }
        wanted = Q()
        for when in value:
            wanted |= spans[when]
        return wanted

    def said(self, value: Any) -> Text:
        known = dict(self.pairs())
        return Text("或".join(known[v].zh for v in value), " or ".join(known[v].en for v in value))


class Live(Obligations):
    """Obligations that are still owed, the oldest first."""

    name = "live"
    label = Text("未了结的义务", "Open duties")
    columns = (
        Column("due_at", Text("期限", "Deadline"), sort="due_at", nullable=True, form="when"),
        Column("what", Text("事项", "What"), value=lambda r: r.what, lead=True),
        *(c for c in Obligations.columns if c.key in ("state", "who")),
        Column("department", Text("部门", "Department"), value=lambda r: r.department_name, phone=False),
        Column("clause", Text("条款", "Clause"), sort="clause"),
        *(c for c in Obligations.columns if c.key in ("missed_at", "opened_at")),
    )
    sort = "due_at"
    views = (
        View("overdue", Text("已逾期", "Overdue"), {"when": "overdue"}),
        View("today", Text("今天到期", "Due today"), {"when": "today"}),
        View("week", Text("7 天内到期", "Due within 7 days"), {"when": "week"}),
    )
    empty = Empty(
        Text("没有未了结的义务", "Nothing is owed"),
        Text("您能看到的范围内，应做的都已做完。", "As far as you may see, everything that was due is done."),
        "circle-check",
    )

    def __init__(self, request: HttpRequest, rows: QuerySet, *, within: Within, now: datetime) -> None:
        super().__init__(request, rows, within=within, now=now)
        self.filters = filters_for(within)  # type: ignore[misc]


def filters_for(within: Within) -> tuple[Filter, ...]:
    """By deadline, person, department and regulation; offered as far as one may see."""
    people, departments = Person.objects.filter(is_active=True), Department.objects.all()
    if not within.all:
        people = people.filter(pk__in=within.ids)
        departments = departments.filter(pk__in=[int(d) for d in within.departments])
    return (
        DueFilter("when", Text("期限", "Deadline"), choices=WHEN),
        ChoiceFilter(
            "person", Text("责任人", "Owed by"), field="owner", choices=_pairs(people.order_by("name"))
        ),
        ChoiceFilter("department", Text("部门", "Department"), choices=_pairs(departments)),
        ChoiceFilter(
            "regulation",
            Text("制度", "Regulation"),
            choices=[
                (r.code, Text(f"{r.code} {r.title_zh}", f"{r.code} {r.title_en}"))
                for r in Regulation.objects.order_by("order")
            ],
        ),
    )


def _pairs(rows: QuerySet[Any]) -> Sequence[tuple[str, str]]:
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]


def live(request: HttpRequest) -> HttpResponse:
    """The list."""
    within = reads.reach_of(request.user)
    rows = reads.visible_obligations(request.user).filter(closed_at__isnull=True)
    found = Live(request, rows, within=within, now=system_clock())
    lead = Text("谁欠着什么，最久的在前。", "Who owes what, the oldest first.")
    return cast(HttpResponse, found.respond("ui/page_list.html", {"lead": lead}))


page(
    "regulations.live",
    "regulations/live/",
    live,
    label=Text("未了结的义务", "Open duties"),
    permission="regulations.evidence",
    nav=Nav(45, "list-checks"),
    methods=GET,
    lists=(Live,),
)
