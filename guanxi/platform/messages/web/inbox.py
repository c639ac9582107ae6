"""Everybody's own inbox: what has come, by day; one message; which kinds come by e-mail too, and when not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from guanxi.platform.kernel import NotFound, Text, perform, system_clock
from guanxi.platform.people.models import Person
from guanxi.platform.people.settings_registry import value
from guanxi.platform.people.web.forms import unsent
from guanxi.platform.ui import dates
from guanxi.platform.ui.act import Undo, after, do_for, show, submit
from guanxi.platform.ui.filters import ChoiceFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column, Empty, List, View
from guanxi.platform.ui.parts import Crumb, Do, Tab
from guanxi.platform.ui.registry import Nav, page

from .. import quiet, reads
from ..models import InboxMessage, QuietHours
from ..reads import READ, UNREAD, Line

LABEL = Text("消息", "Messages")
SETTINGS = Text("消息设置", "Message settings")
LOOK = ("GET", "HEAD")


class Inbox(List):
    name = "inbox"
    label = LABEL
    columns = (
        Column("title", Text("消息", "Message"), value=lambda m: m.line.title, lead=True),
        Column("about", Text("关于", "About"), value=lambda m: m.line.about.name),
        Column("kind", Text("种类", "Kind"), value=lambda m: m.line.kind),
        Column("text", Text("内容", "Text"), value=lambda m: m.line.body),
        Column("link", Text("链接", "Link"), value=lambda m: m.line.url),
        Column(
            "in_place_of",
            Text("代收", "In place of"),
            value=lambda m: m.in_place_of.name if m.in_place_of else "",
        ),
        Column("created_at", Text("时间", "When"), form="when"),
        Column("read_at", Text("已读时间", "Read"), form="when"),
    )
    filters = (
        ChoiceFilter(
            "status",
            Text("状态", "State"),
            field="status",
            choices=[(UNREAD, Text("未读", "unread")), (READ, Text("已读", "read"))],
        ),
    )
    views = (View(UNREAD, Text("未读", "Unread"), {"status": [UNREAD]}),)
    sort = "-"
    exportable = False

    def row_url(self, row: Any) -> str:
        return reverse("inbox.message", kwargs={"inbox_message": row.pk})

    def prepare(self, rows: Sequence[Any]) -> None:
        person: Any = self.request.user
        found = reads.lines(person, rows)
        for row in rows:
            row.line, row.url = found[row.pk], self.row_url(row)

    @property
    def days(self) -> list[tuple[date, list[Any]]]:
        """The rows of this page by day."""
        rows = groupby(self.page.rows, lambda row: timezone.localdate(row.created_at))
        return [(day, list(of_day)) for day, of_day in rows]

    @property
    def only_unread(self) -> bool:
        return self.query.get("view") == UNREAD


def inbox(request: HttpRequest) -> Any:
    """What has come to me, newest first, by day."""
    person: Any = request.user
    shown = Inbox(request, reads.inbox(person))
    count = reads.unread(person)
    context = {
        "unread": count,
        "tabs": [
            Tab(Text("全部", "All"), "?", not shown.only_unread),
            Tab(Text("未读", "Unread"), f"?view={UNREAD}&status={UNREAD}", shown.only_unread, count),
        ],
        "empty": Empty(
            Text("没有未读消息", "Nothing unread"),
            Text("都看过了。", "You have read everything."),
            icon="check",
        )
        if shown.only_unread
        else Empty(
            Text("还没有消息", "No messages yet"),
            Text(
                "到期提醒、待您审批、工作交接、客户信用下调等会出现在这里。",
                "What is due, what waits for your decision, hand-overs and downgraded customers come here.",
            ),
        ),
    }
    return shown.respond("gx_messages/inbox.html", context)


def read_all(request: HttpRequest) -> HttpResponse:
    """Everything is read; to be taken back by the word that says so."""
    key = request.POST.get("_key") or None
    at = perform("messages.mark_all_read", {}, actor=request.user, key=key, source="web").value
    undo_url = reverse("ui.act", kwargs={"action": "messages.unmark_all_read"})
    words = Text("已全部标为已读", "All are marked as read")
    undo = Undo(undo_url, {"at": at.isoformat()}) if at else None
    return after(request, reverse("inbox.list"), words, undo=undo)


def message(request: HttpRequest, inbox_message: int) -> HttpResponse:
    """One message. To open it is to have read it; `?go` leads on to what it is about."""
    person: Any = request.user
    row = reads.inbox(person).filter(pk=inbox_message).first()
    if row is None:
        raise NotFound("inbox_message", inbox_message)
    if row.read_at is None and request.method == "GET":
        perform("messages.mark_read", {"message": row.pk}, actor=person, source="web")
        row.read_at = system_clock()
    line: Line = reads.lines(person, [row])[row.pk]
    if "go" in request.GET and line.url:
        return HttpResponseRedirect(line.url)
    home = reverse("inbox.list")
    do = [do_for("messages.mark_unread", {"message": row.pk}, tone="quiet", back=home)]
    if line.url:
        words = (
            Text(f"打开{line.about.label.zh}", f"Open the {line.about.label.en.lower()}")
            if line.about.name
            else Text("去看看", "Go there")
        )
        do.insert(0, Do(words, line.url, tone="primary"))
    context = {
        "heading": line.title,
        "crumbs": [Crumb(LABEL, home), Crumb(line.title)],
        "message": row,
        "line": line,
        "do": do,
    }
    return show(request, "gx_messages/message.html", context)


def settings(request: HttpRequest) -> HttpResponse:
    """Which kinds come by e-mail too, and when e-mail waits."""
    person = Person.objects.get(pk=request.user.pk or 0)
    row = QuietHours.objects.filter(person=person).first() or QuietHours(person=person)
    posted = request.GET.get("form", "") if request.method == "POST" else ""
    since, _, until = row.hours.partition("-")
    hours = ActionForm(
        "messages.set_quiet_hours",
        request if posted == "hours" else unsent(request),
        initial={"since": since, "until": until, "rest_days": row.rest_days},
        submit_label=Text("保存", "Save"),
        prefix="hours",
    )
    pause = ActionForm(
        "messages.do_not_disturb",
        request if posted == "pause" else unsent(request),
        initial={"until": row.until_at},
        submit_label=Text("保存", "Save"),
        prefix="pause",
    )
    form = {"hours": hours, "pause": pause}.get(posted)
    if form is not None and submit(request, form) is not None:
        return after(request, reverse("inbox.settings"), Text("已保存", "Saved"))
    now = system_clock()
    ends = quiet.quiet_until([person.pk], now).get(person.pk)
    context = {
        "heading": SETTINGS,
        "crumbs": [Crumb(LABEL, reverse("inbox.list")), Crumb(SETTINGS)],
        "lines": [(wish, None if wish.urgent else _switch(wish)) for wish in reads.wishes(person)],
        "address": person.email,
        "hours": hours,
        "pause": pause,
        "common": quiet.company(),
        "most": value("mail.own_quiet_hours"),
        "days": value("mail.undisturbed_days"),
        "ends": dates.said(ends, now) if ends else None,
        "undisturbed": row.until_at if row.until_at and row.until_at > now else None,
    }
    response = show(request, "gx_messages/settings.html", context)
    if form is not None:
        response.status_code = form.status
    return response


def _switch(wish: reads.Wish) -> Do:
    label = Text("改为仅站内", "Inbox only") if wish.on else Text("也发邮件", "By e-mail too")
    return do_for("messages.set_preference", {"template": wish.template, "on": not wish.on}, label=label)


def _newest(person: Any) -> dict[str, Any] | None:
    found = InboxMessage.objects.filter(person=person).order_by("-id").values_list("pk", flat=True).first()
    return {"inbox_message": found} if found else None


page(
    "inbox.list",
    "inbox/",
    inbox,
    label=LABEL,
    nav=Nav(90, "bell", head=True, badge=reads.unread),
    methods=LOOK,
    lists=(Inbox,),
)
page("inbox.read-all", "inbox/read-all/", read_all, label=Text("全部已读", "All read"), methods=("POST",))
page("inbox.message", "inbox/<int:inbox_message>/", message, label=LABEL, sample=_newest, methods=LOOK)
page("inbox.settings", "me/messages/", settings, label=SETTINGS)
