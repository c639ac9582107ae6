"""The outbox: what was sent, what waits, what failed and why; sending again; trying e-mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.kernel import Action, ActionInput, NotFound, Text, ask, system_clock
from guanxi.platform.ui import states
from guanxi.platform.ui.act import do_for, show
from guanxi.platform.ui.filters import ChoiceFilter
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.lists import Column, Empty, List, View
from guanxi.platform.ui.parts import Crumb, Do, Stat
from guanxi.platform.ui.registry import page

from .. import deliver, reads
from ..definitions import all_templates
from ..deliver import is_configured, sender
from ..models import OPEN, STATE_WORDS, UNDELIVERED, OutgoingMessage, State
from ..trial import try_email
from . import inbox as _inbox  # noqa: F401 (declares its own pages)

READ = ("GET", "HEAD")
RIGHT = "messages.manage"
TONES = {
    State.SENT: ("good", "circle-check"),
    State.WAITING: ("accent", "hourglass"),
    State.CLAIMED: ("accent", "send"),
    State.HANDING: ("accent", "send"),
    State.SKIPPED: ("quiet", "circle-slash"),
    State.BUNDLED: ("quiet", "mail"),
    State.REFUSED: ("bad", "circle-x"),
    State.FAILED: ("bad", "circle-x"),
    State.UNCERTAIN: ("warn", "triangle-alert"),
}
for _state, (_tone, _icon) in TONES.items():
    states.declare(f"mail-{_state.value}", STATE_WORDS[_state], _tone, _icon)


def _templates() -> list[tuple[str, Text]]:
    return [(name, one.label) for name, one in all_templates().items()]


def _kind(row: OutgoingMessage) -> Text:
    found = all_templates().get(row.template)
    return found.label if found else Text(row.template, row.template)


class Outbox(List):
    """Who runs the system sees that mail goes, to whom, and why it does not: its words are the receiver's."""

    name = "outbox"
    label = Text("发件箱", "Outbox")
    columns = (
        Column("kind", Text("种类", "Kind"), value=_kind, lead=True),
        Column("address", Text("收件人", "To"), value=lambda m: m.address_name or m.address),
        Column("created_at", Text("生成", "Made"), form="when"),
        Column("sent_at", Text("发出", "Sent"), form="when", phone=False),
        Column("attempts", Text("次数", "Tries"), form="number", phone=False),
        Column("state", Text("状态", "State"), value=lambda m: f"mail-{m.state}", form="state"),
        Column("error", Text("原因", "Reason"), value=lambda m: m.error_text if m.error else ""),
    )
    filters = (
        ChoiceFilter(
            "state",
            Text("状态", "State"),
            field="state",
            choices=[(state.value, words) for state, words in STATE_WORDS.items()],
        ),
        ChoiceFilter("template", Text("种类", "Kind"), field="template", choices=_templates),
    )
    views = (
        View("failed", Text("未送达", "Undelivered"), {"state": [s.value for s in UNDELIVERED]}),
        View("waiting", Text("待发", "Waiting"), {"state": [s.value for s in OPEN]}),
        View("sent", Text("已发出", "Sent"), {"state": [State.SENT.value]}),
    )
    search = ("address", "address_name")
    search_label = Text("收件人", "Receiver")
    sort = "-"
    empty = Empty(
        Text("还没有发过邮件", "Nothing was sent yet"),
        Text(
            "提醒和通知会先放到这里，再由后台发出。",
            "Reminders and notices come here first and are sent in the background.",
        ),
        icon="mail",
    )

    def row_url(self, row: Any) -> str:
        return reverse("messages.detail", kwargs={"message": row.pk})


def outbox(request: HttpRequest) -> Any:
    """Every message, newest first."""
    person: Any = request.user
    counted = reads.counts()
    stats = [
        Stat(Text("待发", "Waiting"), f"{sum(counted.get(s, 0) for s in OPEN):,}"),
        Stat(Text("已发出", "Sent"), f"{counted.get(State.SENT, 0):,}"),
        Stat(
            Text("未送达", "Undelivered"),
            f"{sum(counted.get(s, 0) for s in UNDELIVERED):,}",
            url="?view=failed&state=refused&state=failed&state=uncertain",
            bad=any(counted.get(s, 0) for s in UNDELIVERED),
        ),
    ]
    context = {
        "stats": stats,
        "configured": is_configured(),
        "do": [Do(Text("测试邮件", "Try e-mail"), reverse("messages.try"), icon="send")],
    }
    return Outbox(request, reads.outbox(person)).respond("gx_messages/outbox.html", context)


def detail(request: HttpRequest, message: int) -> HttpResponse:
    """One message: to whom it goes, and what became of it."""
    person: Any = request.user
    found = reads.outbox(person).filter(pk=message).select_related("person", "bundle").first()
    if found is None:
        raise NotFound("message", message)
    home = reverse("messages.outbox")
    again = found.state in UNDELIVERED and found.text and found.address
    context = {
        "heading": _kind(found),
        "crumbs": [Crumb(Outbox.label, home), Crumb(_kind(found))],
        "message": found,
        "bundle": _kind(found.bundle) if found.bundle else None,
        "state": f"mail-{found.state}",
        "files": found.attachments.count(),
        "do": [do_for("messages.send_again", {"message": found.pk}, tone="primary", back=home)]
        if again
        else [],
        "open": found.state in OPEN,
        "held": deliver.held(system_clock()).get(found.person_id or 0) if not found.urgent else None,
    }
    return show(request, "gx_messages/detail.html", context)


class AskAddress(Action):
    """Where a test message goes; nothing is written by it."""

    name = "messages.try"
    label = Text("发送测试邮件", "Send a test message")
    permission = ""

    class Input(ActionInput):
        address: str = ask("收件地址", "Send it to", min_length=3, max_length=254)


def trial(request: HttpRequest) -> HttpResponse:
    """Which mail server is set, and whether it sends."""
    person: Any = request.user
    form = ActionForm(AskAddress(), request, initial={"address": person.email})
    result = None
    if request.method == "POST" and form.is_valid():
        result = try_email(str(form.raw()["address"]), language=person.language)
    context = mail_context() | {
        "heading": Text("测试邮件", "Try e-mail"),
        "crumbs": [Crumb(Outbox.label, reverse("messages.outbox"))],
        "trial": result,
        "cancel_url": reverse("messages.outbox"),
    }
    return show(request, "gx_messages/try.html", context, form=form)


def mail_context() -> dict[str, Any]:
    """What is set for mail; never the password."""
    return {
        "configured": is_configured(),
        "mail": {
            "host": settings.EMAIL_HOST,
            "port": settings.EMAIL_PORT,
            "user": settings.EMAIL_HOST_USER,
            "tls": settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL,
            "sender": sender(),
        },
    }


def _newest(person: Any) -> dict[str, Any] | None:
    found = reads.outbox(person).first() if person.may(RIGHT) else None
    return {"message": found.pk} if found else None


page(
    "messages.outbox",
    "settings/outbox/",
    outbox,
    label=Outbox.label,
    permission=RIGHT,
    methods=READ,
    lists=(Outbox,),
)
page(
    "messages.detail",
    "settings/outbox/<int:message>/",
    detail,
    label=Text("邮件", "Message"),
    permission=RIGHT,
    sample=_newest,
    methods=READ,
)
page("messages.try", "settings/try-email/", trial, label=Text("测试邮件", "Try e-mail"), permission=RIGHT)
