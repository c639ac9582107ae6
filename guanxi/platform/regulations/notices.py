"""Reminders and escalations as messages: read from the journal, each told once."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Clock, Text, system_clock
from guanxi.platform.messages.definitions import MessageTemplate, message_template
from guanxi.platform.messages.queue import queue
from guanxi.platform.messages.telling import told_once
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import holders
from guanxi.platform.people.roles import ROLES
from guanxi.platform.ui.dates import exact

from .models import Obligation
from .reads import words_of

REMINDER = message_template(
    MessageTemplate(
        "norms.reminded",
        Text("到期提醒", "Reminders before deadlines"),
        Text("提醒：{what}，期限 {due}", "Reminder: {what}, due {due}"),
        paragraphs=(
            Text(
                "请在 {due} 前办理：{what}（{clause}）。办完后不再提醒。",
                "Please do this by {due}: {what} ({clause}). Once it is done you will not be reminded again.",
            ),
        ),
        button=Text("去办理", "Do it now"),
    )
)
ESCALATION = message_template(
    MessageTemplate(
        "norms.escalated",
        Text("逾期上报", "Escalations of what is overdue"),
        Text("{who}逾期：{what}", "{who} is late: {what}"),
        paragraphs=(
            Text(
                "{what}（{clause}）：负责人{who}，期限 {due}，至今没有完成。请督促，或改由他人办理。",
                "{what} ({clause}): it was due {due}, and {who} has not done it. Please see to it, or give it to "
                "somebody else.",
            ),
        ),
        button=Text("查看", "Look at it"),
        optional=False,
        urgent=Text("有事项已经逾期", "something is overdue"),
    )
)
NOBODY = Text("无人负责", "nobody in charge")
NOT_SET = Text("未定", "not set")


def send_notices(clock: Clock = system_clock) -> int:
    """Put into inbox and outbox what was reminded and escalated since the last time; returns how many facts were read."""
    return told_once("notices", ("norms.reminded", "norms.escalated"), lambda fact: _tell(fact, clock))


def _tell(fact: Fact, clock: Clock) -> None:
    obligation = Obligation.objects.filter(pk=fact.subject_id).first()
    if obligation is None or obligation.closed_at is not None:
        return
    values: dict[str, Any] = {
        "what": words_of(obligation),
        "due": exact(obligation.due_at) if obligation.due_at else NOT_SET,
        "clause": obligation.clause,
    }
    template = REMINDER
    if fact.kind == "norms.escalated":
        template = ESCALATION
        id = obligation.owner
        owner = Person.objects.filter(pk=int(id)).first() if id.isdecimal() else None
        role = ROLES.get(id.removeprefix("role:"), NOBODY)
        values["who"] = Text(owner.name, owner.name) if owner else role
    held = obligation.customer or ""
    for person in _people(str(fact.data["to"]), clock):
        queue(
            template.name,
            key=f"{fact.kind}:{fact.seq}:{person.pk}",
            to=person,
            values=values,
            now=clock(),
            about=(obligation.subject_kind, obligation.subject),
            customer=int(held) if held.isdecimal() else None,
        )


def _people(to: str, clock: Clock) -> list[Person]:
    if to.startswith("role:"):
        return list(holders(to.removeprefix("role:"), timezone.localdate(clock())))
    return list(Person.objects.filter(pk=int(to), is_active=True)) if to.isdigit() else []
