"""What visits show on pages that others own: Today, the customer's page, Ctrl-K."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.urls import reverse
from django.utils import timezone

from guanxi.platform.kernel import Text
from guanxi.platform.ui.parts import Group, Hit
from guanxi.platform.ui.registry import Panel, panel
from guanxi.platform.ui.subjects import subject_kind

from .. import reads
from ..models import KitItem, PlaybookEntry, Visit
from ..reads.planned import of_customer, on_the_road, today, unfinished
from .visit import url_of


@panel("today")
class TodaysVisits(Panel):
    """今天的拜访: the day in order of time, each with the one button that goes on with it."""

    order: ClassVar[int] = 20
    permission: ClassVar[str] = "visits.view"
    template: ClassVar[str] = "visits/panel_today.html"
    title: ClassVar[Text] = Text("今天的拜访", "Today's visits")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        if not person.may("visits.work"):
            return None
        return {
            "visits": today(person, now),
            "unfinished": unfinished(person, now),
            "now": now,
            "person": person,
        }


@panel("today")
class OnTheRoad(Panel):
    """For whoever hands visits over: who is where today, and the way to reassign when somebody falls ill."""

    order: ClassVar[int] = 25
    permission: ClassVar[str] = "visits.assign"
    template: ClassVar[str] = "visits/panel_road.html"
    title: ClassVar[Text] = Text("今天谁在路上", "Who is on the road today")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        days = on_the_road(person, now)
        return {"days": days, "now": now} if days else None


@panel("customer")
class VisitsOfCustomer(Panel):
    """Last and next visits of a customer, and the button that plans one."""

    order: ClassVar[int] = 40
    permission: ClassVar[str] = "visits.view"
    template: ClassVar[str] = "visits/panel_customer.html"
    title: ClassVar[Text] = Text("拜访", "Visits")

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        return {
            "visits": of_customer(person, subject),
            "account": subject,
            "may_plan": person.may("visits.work") and subject.active,
            "now": now,
        }


@panel("palette")
class FindVisits(Panel):
    """Ctrl-K: plan a visit, drop in, and one's visits of today."""

    order: ClassVar[int] = 20
    permission: ClassVar[str] = "visits.view"

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        typed = str(subject or "").strip().lower()
        doing = [
            (Text("计划拜访", "Plan a visit"), "visits.plan", "calendar", "visits.work"),
            (Text("临时拜访", "Drop in"), "visits.drop-in", "map-pin", "visits.work"),
            (Text("本周拜访", "Visits of this week"), "visits.week", "calendar-days", "visits.view"),
            (Text("拜访手册", "Playbook"), "playbook.read", "book-open", "visits.view"),
        ]
        hits = [
            Hit(label, reverse(name), icon=icon)
            for label, name, icon, right in doing
            if person.may(right) and (not typed or typed in label.zh or typed in label.en.lower())
        ]
        groups = [Group(Text("拜访", "Visits"), hits)] if hits else []
        mine = [
            Hit(
                f"{v.customer.called} {v.target}".strip(),
                url_of(v),
                note=f"{_clock(v)}",
                icon="map-pin",
            )
            for v in today(person, now)
            if not typed or typed in f"{v.customer.name} {v.customer.short_name} {v.target}".lower()
        ]
        if mine:
            groups.append(Group(Text("我今天的拜访", "My visits today"), mine[:6]))
        return {"groups": groups} if groups else None


def _clock(visit: Visit) -> str:
    return f"{timezone.localtime(visit.began_at):%H:%M}"


subject_kind("visit", Text("拜访", "Visit"), names=reads.names_of, url=url_of, sees=reads.sees)
subject_kind(
    "kit_item",
    Text("拜访工具", "Kit item"),
    names=lambda person, ids: {i.pk: i.name_zh for i in KitItem.objects.filter(pk__in=ids)},
    url=lambda id: reverse("visits.kit"),
)
subject_kind(
    "playbook",
    Text("拜访手册", "Playbook"),
    names=lambda person, ids: {e.pk: e.title_zh for e in PlaybookEntry.objects.filter(pk__in=ids)},
    url=lambda id: reverse("playbook.read"),
)
