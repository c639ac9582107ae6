"""A customer's credit: what happened to it, why, and who was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, Text, action, ask, ref
from guanxi.platform.messages.definitions import MessageTemplate, message_template
from guanxi.platform.messages.queue import queue
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import holders

from .. import reads, words
from ..inputs import Lines
from ..models import Account
from ..models_standing import CreditEvent
from .work import OnCustomer

DOWNGRADE = message_template(
    MessageTemplate(
        "customers.credit_down",
        Text("客户信用下调", "A customer's credit was downgraded"),
        Text("信用下调：{before} → {after}", "Credit downgraded: {before} → {after}"),
        paragraphs=(
            Text(
                "您负责的客户 {customer} 信用由 {before} 下调为 {after}。情况：{detail}",
                "The credit of your customer {customer} went from {before} down to {after}. What happened: {detail}",
            ),
            Text(
                "请查明原因并记入信用事件。", "Please find out the cause and record it with the credit event."
            ),
        ),
        button=Text("查看并填写原因", "Look, and record the cause"),
        guarded=True,
    )
)
UNRATED = Text("未评", "unrated")


def keep_event(ctx: Context, event: CreditEvent) -> CreditEvent:
    """Save a credit event with its fact; after a downgrade whoever looks after the customer is told at once."""
    event.recorded_at, event.recorded_by = ctx.now, ctx.actor
    if event.cause_code:
        event.cause_at, event.cause_by = ctx.now, ctx.actor
    event.save()
    ctx.emit(
        "credit.happened",
        subject=("credit_event", event.pk),
        customer=event.customer_id,
        data={
            "event": ref(event.pk),
            "credit_kind": event.kind,
            "before_credit": event.before or None,
            "credit": event.after or None,
            "regraded": event.before != event.after,
            "down": event.down,
            "happened_on": event.happened_on.isoformat(),
            "has_cause": bool(event.cause_code),
            "cause_code": event.cause_code,
        },
        texts={"detail": event.detail, "cause": event.cause},
    )
    if event.down:
        for person in _to_be_told(ctx, event.customer):
            _tell(ctx, event, person)
    return event


def _to_be_told(ctx: Context, account: Account) -> list[Person]:
    """Who looks after it; while nobody does, the service managers."""
    if account.manager is not None:
        return [account.manager]
    return list(holders("service_manager", timezone.localdate(ctx.now)))


def _tell(ctx: Context, event: CreditEvent, person: Person) -> None:
    if person.pk != getattr(ctx.actor, "pk", None):
        queue(
            DOWNGRADE.name,
            key=f"credit:{event.pk}:{person.pk}",
            to=person,
            values={
                "customer": event.customer.called,
                "before": event.before or UNRATED,
                "after": event.after or UNRATED,
                "detail": event.detail,
            },
            now=ctx.now,
            about=("customer", str(event.customer_id)),
            customer=event.customer_id,
        )
    ctx.emit(
        "credit.told",
        subject=("credit_event", event.pk),
        customer=event.customer_id,
        data={"event": ref(event.pk), "person": ref(person.pk)},
    )


@dataclass(frozen=True)
class CreditValues:
    kind: str
    has_detail: bool
    has_cause: bool


@action
class RecordCredit(OnCustomer):
    """Record something that bears on a customer's credit, with its cause where it is known."""

    name = "credit.record"
    label = Text("登记信用事件", "Record a credit event")
    permission = "customers.work"
    writes = ("credit.happened",)
    subject = "credit_event"
    gate_values = CreditValues

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        kind: words.CreditEventCode = ask(
            "发生了什么",
            "What happened",
            choices=words.pairs(words.CREDIT_EVENTS, ("late", "default", "settled", "limit", "news")),
            widget="chips",
        )
        happened_on: date | None = ask("发生日期", "When", None, widget="date")
        detail: Lines = ask(
            "具体情况",
            "Details",
            min_length=1,
            max_length=500,
            widget="textarea",
            hint=Text("例如：三月货款晚 12 天", "For example: March's invoice 12 days late"),
        )
        cause_code: words.CauseCode | None = ask(
            "原因",
            "Cause",
            None,
            choices=words.pairs(words.CAUSES),
            widget="select",
            hint=Text("还没查明就留空", "Leave empty if not known yet"),
        )
        cause: Lines = ask("原因说明", "The cause in words", "", max_length=500, widget="textarea")

    def gate(self, ctx: Context, data: Any, subject: Account) -> CreditValues:
        return CreditValues(data.kind, bool(data.detail), data.cause_code is not None)

    def run(self, ctx: Context, data: Any, subject: Account) -> CreditEvent:
        today = timezone.localdate(ctx.now)
        if data.kind == "regraded":
            raise Invalid.field(
                "kind", "信用等级请用“评定等级”修改", "Credit grades are changed by “Grade customer”"
            )
        if data.happened_on is not None and data.happened_on > today:
            raise Invalid.field("happened_on", "日期不能晚于今天", "The date cannot be in the future")
        if data.cause and data.cause_code is None:
            raise Invalid.field("cause_code", "写了说明，请选择原因类别", "Please choose the kind of cause")
        event = CreditEvent(
            customer=subject,
            kind=data.kind,
            happened_on=data.happened_on or timezone.localdate(ctx.happened_at),
            detail=data.detail,
            cause_code=data.cause_code or "",
            cause=data.cause,
        )
        return keep_event(ctx, event)


@action
class FindCause(Action):
    """Say what a credit change was caused by, once it is known."""

    name = "credit.find_cause"
    label = Text("查明原因", "Give the cause")
    permission = "customers.work"
    writes = ("credit.explained",)
    subject = "credit_event"

    class Input(ActionInput):
        credit_event: int = ask("信用事件", "Credit event", of="credit_event", widget="hidden")
        cause_code: words.CauseCode = ask("原因", "Cause", choices=words.pairs(words.CAUSES), widget="chips")
        cause: Lines = ask("说明", "In words", min_length=1, max_length=500, widget="textarea")

    def load(self, ctx: Context, data: Any) -> CreditEvent:
        return reads.fetch_child(CreditEvent, ctx.actor, data.credit_event, self.permission)

    def run(self, ctx: Context, data: Any, subject: CreditEvent) -> CreditEvent:
        subject.cause_code, subject.cause = data.cause_code, data.cause
        subject.cause_at, subject.cause_by = ctx.happened_at, ctx.actor
        subject.save(update_fields=["cause_code", "cause", "cause_at", "cause_by"])
        ctx.emit(
            "credit.explained",
            subject=("credit_event", subject.pk),
            customer=subject.customer_id,
            data={"event": ref(subject.pk), "cause_code": subject.cause_code},
            texts={"detail": subject.detail, "cause": subject.cause},
        )
        return subject
