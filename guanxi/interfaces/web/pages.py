"""The pages that are composed from what the domains register: Today and Ctrl-K."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from guanxi.interfaces.setup import pages as _setup  # noqa: F401 (declares the pages of set-up)
from guanxi.platform.kernel import Text, all_actions, may, system_clock
from guanxi.platform.ui.parts import Group, Hit
from guanxi.platform.ui.registry import Nav, navigation, page, page_of_action, panels

from . import operations as _operations  # noqa: F401 (declares the administrator's pages)

WEEKDAYS = (
    Text("周一", "Monday"),
    Text("周二", "Tuesday"),
    Text("周三", "Wednesday"),
    Text("周四", "Thursday"),
    Text("周五", "Friday"),
    Text("周六", "Saturday"),
    Text("周日", "Sunday"),
)
SHOWN = 6


def today(request: HttpRequest) -> HttpResponse:
    """Everyone's first page: what is due, what waits for me, what changed."""
    now = system_clock()
    day = timezone.localtime(now)
    heading = Text(
        f"今日 · {day.month}月{day.day}日 {WEEKDAYS[day.weekday()].zh}",
        f"Today · {WEEKDAYS[day.weekday()].en} {day.day} {day:%B}",
    )
    context = {"heading": heading, "panels": list(panels("today", request.user, None, now)), "now": now}
    return render(request, "web/today.html", context)


def palette(request: HttpRequest) -> HttpResponse:
    """Ctrl-K: records that fit what is typed, then pages and actions whose words hold it."""
    typed = request.GET.get("q", "").strip()[:80]
    now = system_clock()
    groups: list[Group] = []
    for shown in panels("palette", request.user, typed, now):
        groups.extend(shown.context.get("groups", ()))
    groups.extend(_pages_and_actions(request.user, typed))
    context = {"groups": [g for g in groups if g.entries], "q": typed}
    template = "ui/palette_results.html" if request.headers.get("HX-Request") else "web/palette.html"
    return render(request, template, context)


def _pages_and_actions(person: Any, typed: str) -> list[Group]:
    pages = [
        Hit(p.label, p.url(), icon=p.nav.icon if p.nav else "")
        for p in navigation(person)
        if _holds(p.label, typed)
    ]
    doing = []
    if typed:
        for action in all_actions().values():
            own = page_of_action(action.name)
            if (
                own is None
                or "<" in own.route
                or not _holds(action.label, typed)
                or not may(person, action.name)
            ):
                continue
            doing.append(Hit(action.label, own.url(), icon="zap"))
    return [
        Group(Text("操作", "Actions"), doing[:SHOWN]),
        Group(Text("页面", "Pages"), pages[: SHOWN if typed else 12]),
    ]


def _holds(label: Text, typed: str) -> bool:
    return not typed or typed.lower() in label.zh.lower() or typed.lower() in label.en.lower()


page("today", "", today, label=Text("今日", "Today"), nav=Nav(0, "house", main=True), methods=("GET", "HEAD"))
page("palette", "find/", palette, label=Text("搜索或操作", "Search or act"), methods=("GET", "HEAD"))
