"""Competitors: their register, the page of one, what was observed, the panel on a customer's page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.kernel import NotFound, Text
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import Nav, Option, Panel, page, panel, picker

from .. import reads, words
from ..models_competitors import Competitor, Observation
from .lists import answer
from .registers import Register, register_page
from .sending import SAVE, page_of, send

VIEW, WORK, MANAGE = "customers.view", "customers.work", "registers.manage"
RIVALS = Text("竞争对手", "Competitors")
OBSERVED = Text("竞争观察", "Observations")
GET = ("GET", "HEAD")
SHOWN = 8
FIELDS = ("name", "strengths", "weaknesses", "advantages", "active")


# --- The register ----------------------------------------------------------------------------------------------------


class Competitors(Register):
    """Side by side: what they do well, what badly, what we do better."""

    name = "competitors"
    label = RIVALS
    columns = (
        Column("name", Text("竞争对手", "Competitor"), sort="name", lead=True),
        Column("strengths", Text("他们的长处", "Their strengths")),
        Column("weaknesses", Text("他们的短处", "Their weaknesses")),
        Column("advantages", Text("我方优势", "What we do better")),
        Column("observed", OBSERVED, value=lambda c: c.shown_count, form="number"),
        Column("state", Text("状态", "State"), value=lambda c: "active" if c.active else "inactive", form="state"),
    )  # fmt: skip
    search = ("name", "strengths", "weaknesses", "advantages")
    sort = "name"
    empty = Empty(
        Text("还没有竞争对手", "No competitors yet"),
        Text(
            "在客户页记下谁在争取这位客户，名单和对比就会在这里。",
            "Note on a customer's page who else wants it: the list and the comparison stand here.",
        ),
        "target",
    )

    def row_url(self, row: Any) -> str:
        return reverse("registers.competitor", kwargs={"competitor": row.pk})

    def prepare(self, rows: Any) -> None:
        seen = reads.observations(self.request.user).filter(competitor__in=[row.pk for row in rows])
        counts = dict(
            seen.order_by().values("competitor").annotate(n=Count("pk")).values_list("competitor", "n")
        )
        for row in rows:
            row.shown_count = counts.get(row.pk, 0)


def competitors(request: HttpRequest) -> HttpResponse:
    return register_page(
        request, Competitors(request, Competitor.objects.all()), "competitors", "registers.competitor-new"
    )


def _one(id: int) -> Competitor:
    row = Competitor.objects.filter(pk=id).first()
    if row is None:
        raise NotFound("competitor", id)
    return row


def competitor(request: HttpRequest, competitor: int) -> HttpResponse:
    """One competitor: what we conclude, and what was observed at customers that the reader sees."""
    row = _one(competitor)
    person: Any = request.user
    seen = reads.observations(person).filter(competitor=row).select_related("customer", "by")
    context = {
        "competitor": row,
        "heading": row.name,
        "crumbs": [Crumb(RIVALS, reverse("registers.competitors")), Crumb(row.name)],
        "lines": said(list(seen[:100])),
        "may_manage": person.may(MANAGE),
        "may_work": person.may(WORK),
        "person": person,
    }
    return render(request, "customers/competitor.html", context)


def save(request: HttpRequest, competitor: int | None = None) -> HttpResponse:
    row = None if competitor is None else _one(competitor)
    back = (
        reverse("registers.competitor", kwargs={"competitor": row.pk})
        if row
        else reverse("registers.competitors")
    )
    return send(
        request,
        "competitors.save",
        None,
        fixed={"competitor": row.pk} if row else {},
        only=FIELDS,
        initial={f: getattr(row, f) for f in FIELDS} if row else {},
        heading=Text("修改竞争对手", "Edit competitor") if row else Text("新增竞争对手", "New competitor"),
        done=Text("已保存", "Saved"),
        button=SAVE,
        back=back,
        context={
            "crumbs": [
                Crumb(RIVALS, reverse("registers.competitors")),
                Crumb(str(row or Text("新增", "New"))),
            ]
        },
    )


# --- What was observed -----------------------------------------------------------------------------------------------


def said(rows: list[Observation]) -> list[dict[str, Any]]:
    """Observations in words."""
    return [
        {
            "row": r,
            "leaning": words.LEANINGS[r.leaning],
            "source": words.OBSERVED[r.source],
            "tone": TONES[r.leaning],
        }
        for r in rows
    ]


TONES = {"strength": "warn", "weakness": "good", "neutral": "neutral"}
"""Their strength is what we mind."""


class Observations(List):
    name = "observations"
    label = OBSERVED
    columns = (
        Column("text", Text("看到或听到什么", "What was seen or heard"), lead=True),
        Column("competitor", Text("竞争对手", "Competitor"), value=lambda o: o.competitor.name,
               url=lambda o: reverse("registers.competitor", kwargs={"competitor": o.competitor_id})),
        Column("customer", Text("客户", "Customer"), value=lambda o: o.customer.called if o.customer else "",
               url=lambda o: page_of(o.customer) if o.customer else ""),
        Column("offer", Text("产品或服务", "Product or service"), phone=False),
        Column("leaning", Text("说明", "It shows"), value=lambda o: words.LEANINGS[o.leaning]),
        Column("source", Text("从哪里得知", "How we know"), value=lambda o: words.OBSERVED[o.source], phone=False),
        Column("on", Text("日期", "Day"), value=lambda o: o.observed_on, sort="observed_on", form="day"),
        Column("by", Text("记录人", "Noted by"), value=lambda o: o.by.name if o.by else "", phone=False),
    )  # fmt: skip
    filters = (
        TextFilter("competitor", Text("竞争对手", "Competitor"), "competitor__name"),
        TextFilter("customer", Text("客户", "Customer"), "customer__name"),
        ChoiceFilter("leaning", Text("说明", "It shows"), "leaning", choices=words.pairs(words.LEANINGS)),
        ChoiceFilter(
            "source", Text("从哪里得知", "How we know"), "source", choices=words.pairs(words.OBSERVED)
        ),
        DateFilter("on", Text("日期", "Day"), "observed_on"),
    )
    search = ("text", "offer", "competitor__name")
    sort = "-on"
    exportable = False
    empty = Empty(
        Text("还没有竞争观察", "No observations yet"),
        Text(
            "拜访时听到、在媒体上看到的竞争对手情况汇总在这里；在客户页记录，或点“新增”记一般情况。",
            "What is heard of competitors at visits or seen in the media comes together here; note it on a customer's page, "
            "or in general with “New”.",
        ),
        "eye",
    )

    def row_url(self, row: Any) -> str:
        return reverse("registers.competitor", kwargs={"competitor": row.competitor_id})


def observations(request: HttpRequest) -> HttpResponse:
    """Everything observed that this person may read, newest first."""
    rows = reads.observations(request.user).select_related("competitor", "customer", "by")
    new = reverse("customers.observe") if request.user.may(WORK) else ""  # type: ignore[union-attr]
    return answer(Observations(request, rows), "customers/observations.html", {"new_url": new})


def observe(request: HttpRequest, customer: int | None = None) -> HttpResponse:
    """At a customer, or in general."""
    account = None if customer is None else reads.fetch(request.user, customer, WORK)
    asked = request.GET.get("competitor", "")
    names = list(Competitor.objects.filter(active=True)[:500])
    fields = ["competitor", "new_name", "offer", "text", "leaning", "source", "observed_on"]
    return send(
        request,
        "competitors.observe",
        account,
        fixed={"customer": account.pk} if account else {},
        only=fields,
        initial={"competitor": asked if asked.isdecimal() and len(asked) < 19 else ""},
        choices={"competitor": names},
        done=Text("已记录", "Noted"),
        back="" if account else reverse("customers.observations"),
    )


def withdraw(request: HttpRequest, observation: int) -> HttpResponse:
    row = reads.fetch_observation(request.user, observation, WORK)
    return send(
        request,
        "competitors.withdraw",
        row.customer,
        fixed={"observation": row.pk},
        lead=row.text,
        done=Text("已撤回", "Withdrawn"),
        back=reverse("registers.competitor", kwargs={"competitor": row.competitor_id}),
    )


@panel("customer")
class Rivals(Panel):
    """Who else wants this customer, and what was observed."""

    order: ClassVar[int] = 65
    permission: ClassVar[str] = VIEW
    template: ClassVar[str] = "customers/panel_competitors.html"
    title: ClassVar[Text] = RIVALS

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        there = "observations" in reads.present(subject)
        found = subject.observations.select_related("competitor", "by")
        rows = list(found[: SHOWN + 1]) if there else []
        may = person.may(WORK)
        if not rows and not may:
            return None
        return {"account": subject, "may": may, "lines": said(rows[:SHOWN]), "more": len(rows) > SHOWN}


def _find(person: Any, typed: str) -> list[Option]:
    if not person.may(VIEW):
        return []
    rows = Competitor.objects.filter(active=True, name__icontains=typed)[:20]
    return [Option(str(r.pk), r.name) for r in rows]


def _name(person: Any, id: Any) -> str:
    row = Competitor.objects.filter(pk=id).first() if str(id).isdecimal() and person.may(VIEW) else None
    return row.name if row else ""


def declare(customer: Any) -> None:
    """The pages. customer: finds a customer for a page's sample."""

    def one(person: Any) -> dict[str, Any] | None:
        found = Competitor.objects.values_list("pk", flat=True).first()
        return None if found is None else {"competitor": found}

    def seen(person: Any) -> dict[str, Any] | None:
        own = reads.observations(person).filter(customer__isnull=False)
        found = own.values_list("pk", flat=True).first()
        return None if found is None else {"observation": found}

    page("registers.competitors", "registers/competitors/", competitors, label=RIVALS, permission=VIEW, methods=GET,
         lists=(Competitors,))  # fmt: skip
    page("registers.competitor-new", "registers/competitors/new/", save, label=Text("新增竞争对手", "New competitor"),
         permission=MANAGE, action="competitors.save")  # fmt: skip
    page("registers.competitor", "registers/competitors/<int:competitor>/", competitor, label=Text("竞争对手", "Competitor"),
         permission=VIEW, sample=one, methods=GET)  # fmt: skip
    page("registers.competitor-edit", "registers/competitors/<int:competitor>/edit/", save,
         label=Text("修改竞争对手", "Edit competitor"), permission=MANAGE, sample=one)  # fmt: skip
    page("customers.observations", "observations/", observations, label=OBSERVED, permission=VIEW, nav=Nav(43, "eye"),
         methods=GET, lists=(Observations,))  # fmt: skip
    page("customers.observe", "observations/new/", observe, label=Text("记录竞争观察", "Note an observation"),
         permission=WORK)  # fmt: skip
    page("customers.observe-at", "customers/<int:customer>/observations/new/", observe,
         label=Text("记录竞争观察", "Note an observation"), permission=WORK, sample=customer,
         action="competitors.observe")  # fmt: skip
    page("customers.observation-withdraw", "observations/<int:observation>/withdraw/", withdraw,
         label=Text("撤回竞争观察", "Withdraw the observation"), permission=WORK, sample=seen,
         action="competitors.withdraw")  # fmt: skip
    picker("competitor", search=_find, label=_name)
