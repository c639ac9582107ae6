"""How customers stand: credit events, reviews, the key-customer book, the registers of needs and contacts, the archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Text, perform, system_clock
from guanxi.platform.people.models import Person
from guanxi.platform.ui.dates import month_day
from guanxi.platform.ui.filters import EVERY_ROW, ChoiceFilter, DateFilter, Filter, TextFilter
from guanxi.platform.ui.lists import Column, Empty, List, View
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import Panel, panel

from .. import reads, words
from ..models import Account, Need, Promise
from ..models_standing import CreditEvent, Review
from .addresses import said as address_said
from .detail import event, missing_said, open_account
from .lists import FILTERS, answer
from .sending import crumbs, page_of, send

SHOWN = 5


@panel("customer")
class Standing(Panel):
    """Credit events and reviews of a customer, and the buttons for both."""

    order: ClassVar[int] = 60
    permission: ClassVar[str] = "customers.view"
    template: ClassVar[str] = "customers/panel_standing.html"
    title: ClassVar[Text] = Text("信用与复核", "Credit and reviews")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        return {
            "account": subject,
            "events": said_events(subject, SHOWN),
            "reviews": said_reviews(subject, SHOWN),
            "may": person.may("customers.work"),
            "now": now,
        }


def said_events(account: Account, most: int) -> list[dict[str, Any]]:
    """The newest credit events, in words."""
    rows = CreditEvent.objects.filter(customer=account).select_related("cause_by", "recorded_by")[:most]
    return [
        {"row": e, "kind": words.CREDIT_EVENTS[e.kind], "cause": words.CAUSES.get(e.cause_code, "")}
        for e in rows
    ]


def said_reviews(account: Account, most: int) -> list[dict[str, Any]]:
    """The newest reviews, in words."""
    rows = Review.objects.filter(customer=account).select_related("by")[:most]
    return [
        {"row": r, "because": words.said("because", r.because), "decision": words.REVIEWS[r.decision]}
        for r in rows
    ]


def credit_new(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.work")
    return send(
        request,
        "credit.record",
        account,
        fixed={"customer": account.pk},
        done=Text("已登记信用事件", "Recorded"),
    )


def credit_cause(request: HttpRequest, credit_event: int) -> HttpResponse:
    row = reads.fetch_child(CreditEvent, request.user, credit_event, "customers.work")
    day, kind = month_day(row.happened_on, year=True), words.CREDIT_EVENTS[row.kind]
    return send(
        request,
        "credit.find_cause",
        row.customer,
        fixed={"credit_event": row.pk},
        lead=Text(f"{day.zh} · {kind.zh} · {row.detail}", f"{day.en} · {kind.en} · {row.detail}"),
        done=Text("原因已记下", "Cause noted"),
    )


def review(request: HttpRequest, customer: int) -> HttpResponse:
    account = reads.fetch(request.user, customer, "customers.work")
    because = [code for code in request.GET.getlist("because") if code in words.BECAUSE]
    return send(
        request,
        "customers.review",
        account,
        fixed={"customer": account.pk},
        initial={"because": because} if because else None,
        done=Text("复核结论已存档", "Decision kept"),
    )


# --- The key-customer book (R5.20) -----------------------------------------------------------------------------------


KEY_FILTERS = ("grade", "credit", "who", "area", "contacted", "card", "confirmed")


class KeyBook(List):
    name = "key-book"
    label = Text("重点客户簿", "Key-customer book")
    columns = (
        Column("name", Text("客户", "Customer"), sort="name", lead=True),
        Column("grade", Text("等级", "Grade"), value=lambda a: a.grade, sort="grade"),
        Column("credit", Text("信用", "Credit"), value=lambda a: a.credit, sort="credit"),
        Column("manager", Text("负责人", "Looked after by"), value=lambda a: a.manager.name if a.manager else ""),
        Column("team", Text("团队", "Team"), value=lambda a: "、".join(m.person.name for m in a.team.all()), phone=False),
        Column("decides", Text("拍板的人", "Who decides"),
               value=lambda a: "、".join(c.name for c in a.contacts.all() if c.active and c.decision_role == "decides")),
        Column("contacted", Text("最近联系", "Last contact"), value=lambda a: a.last_contact_at, sort="last_contact_at",
               nullable=True, form="when"),
        Column("promises", Text("未兑现承诺", "Open promises"),
               value=lambda a: sum(p.state == Promise.OPEN for p in a.promises.all()), form="number"),
        Column("reviewed", Text("最近复核", "Last review"), value=lambda a: a.reviewed_at, form="when", phone=False),
        Column("card", Text("关系卡", "Card"), value=lambda a: a.card_percent / 100, sort="card_percent", form="percent"),
    )  # fmt: skip
    filters = tuple(f for f in FILTERS if f.key in KEY_FILTERS)
    search = ("name",)
    sort = "name"
    exportable = False
    empty = Empty(
        Text("还没有重点客户", "No key customers yet"),
        Text(
            "重点客户单独管理：只有负责人、团队和他们的上级看得到。在客户页“更多”里设为重点客户。",
            "Key customers are managed apart: only whoever looks after them, the team and their superiors see them. "
            "Mark one under “More” on its page.",
        ),
        "shield-check",
    )

    def row_url(self, row: Any) -> str:
        return reverse("customers.detail", kwargs={"customer": row.pk})

    def find(self, text: str) -> Q:
        return reads.fitting(text).rows


def key_book(request: HttpRequest) -> HttpResponse:
    """The key customers this person may see, each with who works on it and what is open."""
    person: Any = request.user
    logged = person.has_role("auditor")
    rows = reads.visible(person, logged=logged).filter(key=True, active=True)
    if logged:
        perform("customers.look", {"where": "customers.key-book", "count": rows.count()}, actor=person)
    rows = rows.select_related("manager").prefetch_related("team__person", "contacts", "promises")
    return answer(
        KeyBook(request, rows.annotate(reviewed_at=Max("reviews__at"))), "customers/key_book.html", {}
    )


# --- The register of needs (R5.26) -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ViewGiven(ChoiceFilter):
    """Whether the customer's own view is noted."""

    def where(self, value: Any, now: datetime) -> Q:
        if set(value) == {"yes", "no"}:
            return EVERY_ROW
        return ~Q(customer_view="") if "yes" in value else Q(customer_view="")


NEED_STATES = {
    Need.OPEN: Text("已记录", "Noted"),
    Need.CONFIRMED: Text("已确认", "Confirmed"),
    Need.CLOSED: Text("已结束", "Closed"),
}


class Needs(List):
    name = "needs"
    label = Text("需求登记簿", "Register of needs")
    columns = (
        Column("what", Text("需要什么", "What is needed"), lead=True),
        Column("customer", Text("客户", "Customer"), value=lambda n: n.customer.called),
        Column("customer_id", Text("客户编号", "Id of the customer"), form="number", shown=False),
        Column("product", Text("产品或服务", "Product or service"), value=lambda n: n.product.name if n.product else ""),
        Column("view", Text("客户怎么看", "As they see it"), value=lambda n: n.customer_view, phone=False),
        Column("source", Text("从哪里得知", "How we know"), value=lambda n: words.SOURCES.get(n.source, n.source), phone=False),
        Column("by", Text("记录人", "Noted by"), value=lambda n: n.recorded_by.name if n.recorded_by else "", phone=False),
        Column("at", Text("记录", "Noted"), value=lambda n: n.recorded_at, sort="recorded_at", form="when"),
        Column("state", Text("状态", "State"), value=lambda n: NEED_STATES[n.state]),
    )  # fmt: skip
    views = (
        View("open", Text("未结束的", "Open"), {"state": ["open", "confirmed"]}),
        View(
            "unasked",
            Text("客户看法还没问", "Their view not asked yet"),
            {"theirs": "no", "state": ["open", "confirmed"]},
        ),
    )
    filters = (
        ChoiceFilter("state", Text("状态", "State"), "state", choices=list(NEED_STATES.items())),
        TextFilter("product", Text("产品", "Product"), "product__name"),
        TextFilter("customer", Text("客户", "Customer"), "customer__name"),
        ViewGiven("theirs", Text("客户看法", "Their view"),
                  choices=[("yes", Text("已记", "noted")), ("no", Text("未记", "not noted"))]),
        DateFilter("at", Text("记录日期", "Noted on"), "recorded_at", moment=True, older=Text("{n} 天以前", "over {n} days ago")),
    )  # fmt: skip
    search = ("what", "customer__name")
    sort = "-at"
    exportable = False
    empty = Empty(
        Text("还没有需求", "No needs yet"),
        Text(
            "拜访、电话里听到的需求都汇总在这里；在客户页或拜访中记录。",
            "Needs heard at visits and on the telephone come together here; note them on a customer's page or at a visit.",
        ),
        "sparkles",
    )

    def row_url(self, row: Any) -> str:
        return reverse("customers.detail", kwargs={"customer": row.customer_id})


def needs(request: HttpRequest) -> HttpResponse:
    """Every need of the customers this person sees."""
    rows = Need.objects.filter(reads.of_visible(request.user))
    rows = rows.select_related("customer", "product", "recorded_by")
    return answer(Needs(request, rows), "customers/needs.html", {})


# --- The contact log (R5.27) -----------------------------------------------------------------------------------------

CONTACTS = ("customer.noted", "visit.completed")


@dataclass(frozen=True, slots=True)
class OwnFilter(ChoiceFilter):
    """Done by the person who asks."""

    person: Any = None

    def where(self, value: Any, now: datetime) -> Q:
        return Q(actor_id=self.person.pk)


class ContactLog(List):
    name = "contact-log"
    label = Text("往来记录", "Contact log")
    columns = (
        Column("at", Text("时间", "When"), value=lambda f: f.happened_at, sort="seq", form="when"),
        Column("customer", Text("客户", "Customer"), value=lambda f: f.customer_name, lead=True),
        Column("way", Text("方式", "Way"), value=lambda f: f.way),
        Column("who", Text("谁", "Who"), value=lambda f: f.who),
        Column("text", Text("内容", "What"), value=lambda f: f.said),
    )
    views = (View("mine", Text("我的", "Mine"), {"mine": "1"}),)
    filters: Sequence[Filter] = (  # type: ignore[misc]
        OwnFilter("mine", Text("谁的", "Whose"), choices=[("1", Text("我的", "mine"))]),
        ChoiceFilter("kind", Text("方式", "Way"), "kind", choices=[
            ("visit.completed", Text("拜访", "Visit")), ("customer.noted", Text("电话、微信等", "Calls and messages"))]),
        DateFilter("on", Text("日期", "Date"), "happened_at", moment=True, older=Text("{n} 天以前", "over {n} days ago")),
    )  # fmt: skip
    sort = "-at"
    exportable = False
    empty = Empty(
        Text("还没有往来", "No contacts yet"),
        Text(
            "拜访、电话、微信、会面和关怀都按时间列在这里。在客户页上“记一笔”。",
            "Visits, calls, messages, meetings and care stand here in order of time. Note them on a customer's page.",
        ),
        "message-square",
    )

    def __init__(self, request: HttpRequest, rows: QuerySet, **how: Any) -> None:
        self.filters = tuple(
            replace(f, person=request.user) if isinstance(f, OwnFilter) else f for f in self.filters
        )
        super().__init__(request, rows, **how)

    def row_url(self, row: Any) -> str:
        return reverse("customers.timeline", kwargs={"customer": row.customer_id})

    def prepare(self, rows: Sequence[Any]) -> None:
        """Names and words for the rows of one page: three queries, however many rows."""
        told = reads.tell(list(rows))
        names = reads.names_of(self.request.user, {f.customer_id for f in rows})
        people = dict(Person.objects.filter(pk__in={f.actor_id for f in rows}).values_list("pk", "name"))
        for fact, one in zip(rows, told, strict=True):
            fact.customer_name = names.get(fact.customer_id, "")
            fact.who = people.get(fact.actor_id, "")
            noted = fact.kind == "customer.noted"
            fact.way = words.NOTE_KINDS.get(fact.data["kind"], "") if noted else Text("拜访", "Visit")
            fact.said = one.quote or one.text


def contact_log(request: HttpRequest) -> HttpResponse:
    """Who was in touch with whom, newest first, over all customers this person sees."""
    seen = Exists(reads.visible(request.user).filter(pk=OuterRef("customer_id")))
    rows = Fact.objects.filter(
        Q(seen) | reads.once_of_visible(request.user), kind__in=CONTACTS
    ).select_related("words")
    return answer(ContactLog(request, rows), "customers/contact_log.html", {})


# --- The archive (R8.3) ----------------------------------------------------------------------------------------------


def archive(request: HttpRequest, customer: int) -> HttpResponse:
    """The whole file of a company and its people on one printable page."""
    account = open_account(request, customer, "customers.archive")
    now = system_clock()
    people = list(account.contacts.prefetch_related("consents"))
    state = reads.card_state(account, now, contacts=people)
    kept = Fact.objects.filter(
        customer_id__in=reads.ids_of(account.pk),
        kind__in=(
            "customer.merged",
            "customer.graded",
            "customer.assigned",
            "customer.closed",
            "customer.reopened",
        ),
    )
    context = {
        "account": account,
        "heading": Text("客户资料档案", "Customer archive"),
        "crumbs": crumbs(account, Crumb(Text("档案", "Archive"))),
        "back_url": page_of(account),
        "now": now,
        "state": state,
        "missing": missing_said(state.missing),
        "kinds": words.said("kinds", account.kinds),
        "source": words.said("source", account.source),
        "service": words.said("service", account.service),
        "tags": reads.tags_of(account),
        "addresses": [address_said(row) for row in account.addresses.all()],
        "team": list(account.team.select_related("person")),
        "people": [
            {
                "row": c,
                "role": words.DECISION_ROLES.get(c.decision_role, ""),
                "channel": words.CHANNELS.get(c.channel, ""),
                "motives": words.said("motives", c.motives),
                "refused": words.said(
                    "channels", [o.channel for o in c.consents.all() if o.state == "withdrawn"]
                ),
            }
            for c in people
        ],
        "needs": list(Need.objects.filter(customer=account).select_related("product")[:50]),
        "need_states": NEED_STATES,
        "objections": list(account.objections.select_related("product")[:50]),
        "objection_states": words.OBJECTIONS,
        "approaches": [(words.WAYS[a.way], a) for a in account.approaches.select_related("by")[:50]],
        "promises": list(
            Promise.objects.filter(customer=account).select_related("owner").order_by("-due")[:50]
        ),
        "events": said_events(account, 50),
        "reviews": said_reviews(account, 50),
        "changes": [event(t) for t in reads.tell(list(kept.select_related("words").order_by("-seq")[:50]))],
    }
    return render(request, "customers/archive.html", context)
