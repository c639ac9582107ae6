"""Approvals on shared pages: Today, and Ctrl-K."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import F
from django.urls import reverse

from guanxi.platform.kernel import Text
from guanxi.platform.ui.parts import Group, Hit
from guanxi.platform.ui.registry import Panel, panel

from .. import reads
from .views import HOME

ON_TODAY = 5
IN_PALETTE = 5


@panel("today")
class WaitForMe(Panel):
    """What waits for this person's decision."""

    order = 15
    permission = "approvals.decide"
    template = "approvals/today.html"
    title = Text("等我批准", "Waiting for me")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        rows = reads.waiting_for(person).order_by(F("due_at").asc(nulls_last=True), "pk")
        found = list(rows.select_related("requested_by")[: ON_TODAY + 1])
        if not found:
            return None
        count = rows.count() if len(found) > ON_TODAY else len(found)
        lines = [(a, reverse("approvals.detail", kwargs={"approval": a.pk})) for a in found[:ON_TODAY]]
        return {"lines": lines, "count": count, "first": f"{lines[0][1]}?queue=1", "all": HOME, "now": now}


@panel("palette")
class Find(Panel):
    """Approvals whose title holds what was typed."""

    order = 60
    permission = "approvals.decide"

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        typed = str(subject or "").strip()
        if not typed:
            return None
        wanted = typed.lower()
        newest = reads.visible(person).order_by("-pk")[:200]
        found = [a for a in newest if wanted in a.words.zh.lower() or wanted in a.words.en.lower()][
            :IN_PALETTE
        ]
        if not found:
            return None
        hits = [
            Hit(a.words, reverse("approvals.detail", kwargs={"approval": a.pk}), icon="stamp") for a in found
        ]
        return {"groups": [Group(Text("审批", "Approvals"), hits)]}
