"""What regulations show on pages that others own: what I owe on Today, what is owed on the customer's page, Ctrl-K."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.ui.parts import Group, Hit, Stat
from guanxi.platform.ui.registry import Panel, panel

from .. import arrears, obligation_lines
from ..engine import engine
from ..overview import glances
from ..periods import Month
from ..reads import in_force


@panel("today")
class Owed(Panel):
    """What I owe, by deadline."""

    order: ClassVar[int] = 10
    template: ClassVar[str] = "regulations/panel_today.html"
    title: ClassVar[Text] = Text("需要您做的", "What needs doing")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        return {
            "portion": obligation_lines.portion(person, now),
            "days": obligation_lines.LONG.days,
            "now": now,
        }


@panel("today")
class OverdueAround(Panel):
    """What others in my branch owe and have not done in time, by person."""

    order: ClassVar[int] = 40
    permission: ClassVar[str] = "regulations.evidence"
    template: ClassVar[str] = "regulations/panel_around.html"
    title: ClassVar[Text] = Text("逾期未了结", "Overdue in my branch")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        rows, count = arrears.overdue_around(person, now)
        url = f"{reverse('regulations.live')}?view=overdue&when=overdue"
        return {"rows": rows, "count": count, "url": url, "now": now} if rows else None


@panel("today")
class KeptThisMonth(Panel):
    """For whoever answers for the whole company: how far each regulation is kept this month."""

    order: ClassVar[int] = 18
    permission: ClassVar[str] = "regulations.evidence"
    template: ClassVar[str] = "regulations/panel_kept.html"
    title: ClassVar[Text] = Text("制度执行", "How far the regulations are kept")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        if person.rights.reach("regulations.evidence").scope != "all":
            return None
        stats = [
            Stat(
                Text(f"{one.code} {one.title.zh}", f"{one.code} {one.title.en}"),
                one.kept.percent,
                Text(
                    f"迟 {one.kept.late} · 漏 {one.kept.missed} · 未到期 {one.kept.open}",
                    f"late {one.kept.late} · missed {one.kept.missed} · not yet due {one.kept.open}",
                ),
                one.values,
                trend=Text("近 12 个月按时率", "in time over 12 months"),
                url=reverse("regulations.detail", kwargs={"regulation": one.code}),
            )
            for one in glances(person, now)
            if one.version is not None and one.kept.any
        ]
        return {"stats": stats, "month": Month.of(now).words} if stats else None


@panel("customer")
class OwedHere(Panel):
    """What is owed on this customer, and by whom."""

    order: ClassVar[int] = 30
    permission: ClassVar[str] = "regulations.view"
    template: ClassVar[str] = "regulations/panel_customer.html"
    title: ClassVar[Text] = Text("未了结的义务", "Open duties")
    aside: ClassVar[bool] = True

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        lines, count = obligation_lines.of_customer(person, subject.pk, now)
        return {"lines": lines, "count": count, "now": now} if lines else None


@panel("palette")
class Clauses(Panel):
    """Ctrl-K: clauses by number or word, of the versions in force."""

    order: ClassVar[int] = 80
    permission: ClassVar[str] = "regulations.view"

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        typed = str(subject or "").strip().lower()
        if not typed:
            return None
        made, hits = engine(), list[Hit]()
        for code, version in in_force().items():
            known = made.versions.get((code, version.name))
            for clause in known.pack.clauses.values() if known else ():
                if typed in clause.id.lower() or typed in clause.text.zh or typed in clause.text.en.lower():
                    url = reverse("regulations.clause", kwargs={"clause": clause.id})
                    words = Text(f"{clause.id} {clause.text.zh}", f"{clause.id} {clause.text.en}")
                    hits.append(Hit(words, url, icon="scale"))
                if len(hits) == 6:
                    break
        return {"groups": [Group(Text("条款", "Clauses"), hits[:6])]} if hits else None
