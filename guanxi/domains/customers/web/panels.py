"""What customers show on shared pages: what changed at mine on Today, names in Ctrl-K."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.urls import reverse

from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.reads import first_seq, of_customers
from guanxi.platform.kernel import Text
from guanxi.platform.ui.parts import Event, Group, Hit
from guanxi.platform.ui.registry import Panel, panel

from .. import reads
from ..following.reads import news_of_followed
from ..handover.reads import side_of, waiting_for
from ..models import Account
from . import own_fields as _own_fields  # noqa: F401 (declares its panel)
from . import subjects as _subjects  # noqa: F401 (declares how rows are named)

CHANGES = (
    "customer.graded",
    "customer.assigned",
    "customer.closed",
    "customer.reopened",
    "customer.updated",
    "contact.added",
    "contact.left",
    "need.recorded",
    "promise.withdrawn",
)
SINCE = timedelta(days=7)
SHOWN = 5
MOST_MINE = 1_000


@panel("today")
class Changed(Panel):
    """What others did at my customers in the last week, newest first."""

    order: ClassVar[int] = 60
    permission: ClassVar[str] = "customers.view"
    template: ClassVar[str] = "customers/panel_changed.html"
    title: ClassVar[Text] = Text("我的客户有变化", "What changed at my customers")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        mine = list(
            reads.looked_after(person).order_by("-updated_at").values_list("pk", flat=True)[:MOST_MINE]
        )
        if not mine:
            return None
        facts = list(
            Fact.objects.filter(of_customers(mine), kind__in=CHANGES, seq__gte=first_seq(now - SINCE))
            .exclude(actor_id=person.pk)
            .select_related("words")
            .order_by("-seq")[:SHOWN]
        )
        if not facts:
            return None
        names = {a.pk: a.called for a in Account.objects.filter(pk__in={f.customer_id for f in facts})}
        events = [
            Event(
                told.at,
                f"{names.get(fact.customer_id or 0, '')} · {told.text}",
                told.icon,
                told.who,
                url=reverse("customers.detail", kwargs={"customer": fact.customer_id}),
            )
            for fact, told in zip(facts, reads.tell(facts), strict=True)
        ]
        return {"events": events, "now": now}


@panel("today")
class Followed(Panel):
    """Customers that I follow at which others did something since I looked."""

    order: ClassVar[int] = 58
    permission: ClassVar[str] = "customers.view"
    template: ClassVar[str] = "customers/panel_changed.html"
    title: ClassVar[Text] = Text("我关注的客户有新动静", "News of customers that I follow")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        news = news_of_followed(person, now, SHOWN)
        if not news:
            return None
        events = []
        for one, told in zip(news, reads.tell([n.fact for n in news]), strict=True):
            more = f" · {Text('{n} 条新记录', '{n} new').format(n=one.count)}" if one.count > 1 else ""
            events.append(
                Event(
                    told.at,
                    f"{one.customer.called} · {told.text}{more}",
                    told.icon,
                    told.who,
                    url=reverse("customers.detail", kwargs={"customer": one.customer.pk}),
                    quote=told.quote,
                )
            )
        return {"events": events, "now": now}


@panel("today")
class ToSign(Panel):
    """Hand-overs that wait for my signature."""

    order: ClassVar[int] = 7
    template: ClassVar[str] = "customers/panel_hand_over.html"
    title: ClassVar[Text] = Text("待签字的交接", "Hand-overs to sign")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        rows = []
        for row in waiting_for(person):
            newest = {s.side: s.hash for s in row.signatures.all()}
            mine = newest.get(side_of(person, row))
            rows.append((row, reverse("handover.detail", kwargs={"hand_over": row.pk}), mine is not None))
        return {"rows": rows} if rows else None


@panel("palette")
class Names(Panel):
    """Customers by name, pinyin, number or contact."""

    order: ClassVar[int] = 10
    permission: ClassVar[str] = "customers.view"

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        typed = str(subject or "").strip()
        if not typed:
            return None
        found = [
            Hit(
                a.name,
                reverse("customers.detail", kwargs={"customer": a.pk}),
                " · ".join(p for p in (a.grade, a.area, a.manager.name if a.manager else "") if p),
                "building-2",
            )
            for a in reads.best(person, typed, 8)
        ]
        return {"groups": [Group(Text("客户", "Customers"), found)]}
