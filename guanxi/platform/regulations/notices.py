"""Reminders and escalations as messages: read from the journal, each told once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from guanxi.platform.journal.models import Fact, Reader
from guanxi.platform.kernel import Clock, Text, system_clock
from guanxi.platform.messages.definitions import MessageTemplate, message_template
from guanxi.platform.messages.queue import queue
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import holders

from .models import Obligation
from .reads import words_of

PORTION = 200
REMINDER = message_template(
    MessageTemplate(
        "norms.reminded",
        Text("到期提醒", "Reminders of what is due"),
        Text("提醒：{what}", "Reminder: {what}"),
        paragraphs=(Text("{what}，期限 {due}（{clause}）。", "{what}, due {due} ({clause})."),),
        button=Text("打开今日", "Open Today"),
    )
)
ESCALATION = message_template(
    MessageTemplate(
        "norms.escalated",
        Text("逾期上报", "What your people are late with"),
        Text("逾期：{what}", "Overdue: {what}"),
        paragraphs=(
            Text(
                "{who}：{what}，期限 {due}，尚未完成（{clause}）。",
                "{who}: {what}, due {due}, not done ({clause}).",
            ),
        ),
        button=Text("打开今日", "Open Today"),
    )
)


def send_notices(clock: Clock = system_clock) -> int:
    """Put into the outbox what was reminded and escalated since the last time; returns how many facts were read."""
    read = 0
    while True:
        with transaction.atomic():
            place, _ = Reader.objects.select_for_update().get_or_create(name="notices")
            kinds = ("norms.reminded", "norms.escalated")
            facts = list(Fact.objects.filter(seq__gt=place.seq, kind__in=kinds).order_by("seq")[:PORTION])
            if not facts:
                return read
            for fact in facts:
                _tell(fact, clock)
            place.seq = facts[-1].seq
            place.save(update_fields=["seq"])
            read += len(facts)


def _tell(fact: Fact, clock: Clock) -> None:
    obligation = Obligation.objects.filter(pk=fact.subject_id).first()
    if obligation is None or obligation.closed_at is not None:
        return
    now = clock()
    due = timezone.localtime(obligation.due_at).strftime("%Y-%m-%d %H:%M") if obligation.due_at else "–"
    values: dict[str, Any] = {"what": words_of(obligation), "due": due, "clause": obligation.clause}
    template = REMINDER
    if fact.kind == "norms.escalated":
        template = ESCALATION
        owner = (
            Person.objects.filter(pk=int(obligation.owner)).first() if obligation.owner.isdigit() else None
        )
        values["who"] = owner.name if owner else obligation.owner
    for person in _people(str(fact.data["to"]), clock):
        queue(
            template.name,
            key=f"{fact.kind}:{fact.seq}:{person.pk}",
            to=person,
            values=values,
            now=now,
            link=settings.GUANXI_ADDRESS,
        )


def _people(to: str, clock: Clock) -> list[Person]:
    if to.startswith("role:"):
        return list(holders(to.removeprefix("role:"), timezone.localdate(clock())))
    return list(Person.objects.filter(pk=int(to), is_active=True)) if to.isdigit() else []
