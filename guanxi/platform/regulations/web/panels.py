"""What regulations show on pages that others own: what I owe on Today, what is owed on the customer's page, Ctrl-K."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.ui.parts import Group, Hit
from guanxi.platform.ui.registry import Panel, panel

from .. import obligation_lines
from ..engine import engine
from ..reads import in_force


@panel("today")
class Owed(Panel):
    """What I owe, by deadline."""

    order: ClassVar[int] = 10
    template: ClassVar[str] = "regulations/panel_today.html"
    title: ClassVar[Text] = Text("需要你做的", "What needs doing")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        return {"portion": obligation_lines.portion(person, now), "now": now}


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
