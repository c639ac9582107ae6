"""Promises to customers: made, kept, moved, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils import timezone

from guanxi.platform.journal.quick import add, change
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, Text, action, ask, ref
from guanxi.platform.people.models import Person
from guanxi.platform.people.reads import at_work
from guanxi.platform.people.standing_in import for_whom

from .. import reads
from ..inputs import Line, Lines, due_at
from ..models import Account, Promise
from .work import OnCustomer, contact_of, visit_of


@dataclass(frozen=True)
class MakeValues:
    due_at: datetime
    key: bool
    grade: str
    has_contact: bool


@dataclass(frozen=True)
class MoveValues:
    due_at: datetime
    before: datetime
    overdue: bool
    key: bool


@action
class Make(OnCustomer):
    """Tell a customer that we will do something, by a day."""

    name = "promises.make"
    label = Text("作出承诺", "Make a promise")
    permission = "customers.work"
    writes = ("promise.made",)
    subject = "promise"
    gate_values = MakeValues

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        what: Line = ask("承诺什么", "What we promise", min_length=1, max_length=300)
        due_on: date = ask("哪天之前", "By which day", widget="date")
        due_time: time | None = ask(
            "几点之前",
            "By what time",
            None,
            widget="time",
            hint=Text("不填即下班前（18:00）", "Empty means 18:00"),
        )
        owner: int | None = ask("谁负责", "Who", None, of="person", widget="person")
        contact: int | None = ask("对谁承诺", "To whom", None, of="contact", widget="contact")
        visit: int | None = ask("拜访", "Visit", None, of="visit", widget="hidden")

    def gate(self, ctx: Context, data: Any, subject: Account) -> MakeValues:
        return MakeValues(
            due_at(data.due_on, data.due_time), subject.key, subject.grade, data.contact is not None
        )

    def run(self, ctx: Context, data: Any, subject: Account) -> Promise:
        due = due_at(data.due_on, data.due_time)
        if due <= ctx.happened_at:
            raise Invalid.field("due_on", "期限要在现在之后", "The date must be ahead")
        promise = add(
            Promise(
                customer=subject,
                contact=contact_of(subject, data.contact),
                owner=_owner(ctx, data.owner, subject),
                what=data.what,
                due=due,
                visit_id=visit_of(ctx, subject, data.visit),
                made_at=ctx.happened_at,
                made_by=ctx.actor,
            )
        )
        ctx.emit(
            "promise.made",
            subject=("promise", promise.pk),
            customer=subject.pk,
            data={**promise_data(promise), **_due_data(due), "visit": ref(data.visit)},
            texts={"what": promise.what},
        )
        return promise


def _owner(ctx: Context, id: int | None, account: Account) -> Person:
    if id is None or id == ctx.actor.pk:
        return ctx.actor
    person = at_work(id)
    if person is None or not reads.visible(person).filter(pk=account.pk).exists():
        raise Invalid.field(
            "owner", "此人看不到这位客户，不能负责这项承诺", "This person may not see this customer"
        )
    return person


def promise_data(promise: Promise) -> dict[str, Any]:
    return {"promise": ref(promise.pk), "owner": ref(promise.owner_id)}


def _due_data(due: datetime) -> dict[str, str]:
    return {"due": due.isoformat(), "due_on": timezone.localdate(due).isoformat()}


class OnPromise(Action):
    """Base of what is done with an open promise."""

    permission = "customers.work"
    subject = "promise"

    def load(self, ctx: Context, data: Any) -> Promise:
        promise = reads.fetch_child(Promise, ctx.actor, data.promise, self.permission)
        for_whom(ctx, promise.owner_id, promise.customer.manager_id)
        return promise

    def open(self, promise: Promise) -> None:
        if promise.state == Promise.KEPT:
            raise Invalid.field("", "这项承诺已经兑现", "This promise has been kept")
        if promise.state == Promise.WITHDRAWN:
            raise Invalid.field("", "这项承诺已经撤回", "This promise was withdrawn")


@action
class Keep(OnPromise):
    """It is done, and the customer was told."""

    name = "promises.keep"
    label = Text("兑现承诺", "Keep the promise")
    writes = ("promise.kept",)

    class Input(ActionInput):
        promise: int = ask("承诺", "Promise", of="promise")
        told: bool = ask("已告知客户", "The customer was told", True)
        note: Line = ask("说明", "Note", "", max_length=300)

    def run(self, ctx: Context, data: Any, subject: Promise) -> Promise:
        self.open(subject)
        subject.state = Promise.KEPT
        subject.kept_at = subject.ended_at = ctx.happened_at
        subject.told = data.told
        change(subject, "state", "kept_at", "ended_at", "told")
        ctx.emit(
            "promise.kept",
            subject=("promise", subject.pk),
            customer=subject.customer_id,
            data={**promise_data(subject), "on_time": ctx.happened_at <= subject.due, "told": data.told},
            texts={"what": subject.what, "note": data.note},
        )
        return subject


@action
class Move(OnPromise):
    """Agree on another day, with the reason."""

    name = "promises.move"
    label = Text("承诺改期", "Move the promise")
    writes = ("promise.moved",)
    gate_values = MoveValues

    class Input(ActionInput):
        promise: int = ask("承诺", "Promise", of="promise")
        due_on: date = ask("改到哪天", "New day", widget="date")
        due_time: time | None = ask("几点之前", "By what time", None, widget="time")
        reason: Lines = ask("原因", "Reason", min_length=1, max_length=300, widget="textarea")

    def gate(self, ctx: Context, data: Any, subject: Promise) -> MoveValues:
        return MoveValues(
            due_at(data.due_on, data.due_time),
            subject.due,
            subject.due < ctx.happened_at,
            subject.customer.key,
        )

    def run(self, ctx: Context, data: Any, subject: Promise) -> Promise:
        self.open(subject)
        due, before = due_at(data.due_on, data.due_time), subject.due
        if due <= ctx.happened_at:
            raise Invalid.field("due_on", "期限要在现在之后", "The date must be ahead")
        if due == before:
            raise Invalid.field("due_on", "这就是原来的日期", "This is the date it had")
        subject.due = due
        subject.save(update_fields=["due"])
        ctx.emit(
            "promise.moved",
            subject=("promise", subject.pk),
            customer=subject.customer_id,
            data={**promise_data(subject), **_due_data(due), "before": before.isoformat()},
            texts={"what": subject.what, "reason": data.reason},
        )
        return subject


@action
class Withdraw(OnPromise):
    """Take a promise back, with the reason."""

    name = "promises.withdraw"
    label = Text("撤回承诺", "Withdraw the promise")
    writes = ("promise.withdrawn",)

    class Input(ActionInput):
        promise: int = ask("承诺", "Promise", of="promise")
        reason: Lines = ask("原因", "Reason", min_length=1, max_length=300, widget="textarea")

    def run(self, ctx: Context, data: Any, subject: Promise) -> Promise:
        self.open(subject)
        subject.state = Promise.WITHDRAWN
        subject.ended_at = ctx.happened_at
        subject.save(update_fields=["state", "ended_at"])
        ctx.emit(
            "promise.withdrawn",
            subject=("promise", subject.pk),
            customer=subject.customer_id,
            data=promise_data(subject),
            texts={"what": subject.what, "reason": data.reason},
        )
        return subject
