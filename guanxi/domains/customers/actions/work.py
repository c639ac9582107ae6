"""Working with a customer: needs, approaches, notes."""

from __future__ import annotations

from typing import Any

from guanxi.platform.journal.quick import add, change, select
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, NotFound, Text, action, ask, ref
from guanxi.platform.people.standing_in import for_whom
from guanxi.platform.ui.subjects import seen

from .. import reads, words
from ..inputs import Line, Lines
from ..models import Account, Approach, Contact, Need
from ..reads.mergers import ids_of

_MADE_TO = """SELECT DISTINCT customer_id FROM journal_fact
    WHERE subject_kind = 'visit' AND subject_id = %s AND customer_id IS NOT NULL"""


def contact_of(account: Account, id: int | None) -> Contact | None:
    """The contact, if it is one of this customer's; Invalid otherwise."""
    if id is None:
        return None
    contact = reads.one_contact(id)
    if contact is None or contact.customer_id != account.pk or contact.erased_at is not None:
        raise Invalid.field("contact", "这位联系人不属于该客户", "This contact is not of this customer")
    return contact


def visit_of(ctx: Context, account: Account | None, id: int | None) -> int | None:
    """The visit's id, if the actor may see it and it is one to this customer (None: to whomever); NotFound otherwise.

    Visits are a domain of their own: its kind of subject says who sees one, the journal whom it was made to (this
    customer, or one that was merged into it).
    """
    if id is None:
        return None
    if not seen(ctx.actor, "visit", id):
        raise NotFound("visit", id)
    if account is not None:
        to = {row[0] for row in select(_MADE_TO, str(id))}
        if to and account.pk not in to and to.isdisjoint(ids_of(account.pk)):
            raise NotFound("visit", id)
    return id


class OnCustomer(Action):
    """Base of actions that add something to a customer."""

    def load(self, ctx: Context, data: Any) -> Account:
        account = reads.fetch(ctx.actor, data.customer, self.permission)
        for_whom(ctx, account.manager_id)
        return account

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        if subject is None or isinstance(subject, Account):
            return (self.subject, None, data.customer)
        return (self.subject, subject.pk, subject.customer_id)


@action
class AddNeed(OnCustomer):
    """Record what a customer needs; their own view stands apart from our judgement."""

    name = "needs.add"
    label = Text("记录需求", "Record a need")
    permission = "customers.work"
    writes = ("need.recorded",)
    subject = "need"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        what: Line = ask("需要什么", "What is needed", min_length=1, max_length=300)
        product: int | None = ask("产品或服务", "Product or service", None, of="product")
        source: words.SourceCode = ask(
            "从哪里得知",
            "How we know",
            "call",
            choices=words.pairs(words.SOURCES, words.NEED_SOURCES),
            widget="chips",
        )
        customer_view: Lines = ask(
            "客户自己怎么看", "As the customer sees it", "", max_length=1000, widget="textarea"
        )
        our_view: Lines = ask("我方判断", "Our judgement", "", max_length=1000, widget="textarea")
        contact: int | None = ask("联系人", "Contact", None, of="contact", widget="contact")
        visit: int | None = ask("拜访", "Visit", None, of="visit", widget="hidden")

    def run(self, ctx: Context, data: Any, subject: Account) -> Need:
        product = reads.one_product(data.product) if data.product else None
        if data.product and product is None:
            raise Invalid.field("product", "没有这种产品或服务", "There is no such product or service")
        need = add(
            Need(
                customer=subject,
                contact=contact_of(subject, data.contact),
                product=product,
                what=data.what,
                customer_view=data.customer_view,
                our_view=data.our_view,
                source=data.source,
                visit_id=visit_of(ctx, subject, data.visit),
                recorded_at=ctx.happened_at,
                recorded_by=ctx.actor,
            )
        )
        ctx.emit(
            "need.recorded",
            subject=("need", need.pk),
            customer=subject.pk,
            data={
                "need": ref(need.pk),
                "product": ref(need.product_id),
                "source": need.source,
                "has_customer_view": bool(need.customer_view),
                "visit": ref(data.visit),
            },
            texts={"what": need.what, "customer_view": need.customer_view, "our_view": need.our_view},
        )
        return need


@action
class ConfirmNeed(Action):
    """The customer still needs it."""

    name = "needs.confirm"
    label = Text("确认需求仍在", "Need still holds")
    permission = "customers.work"
    writes = ("need.confirmed",)
    subject = "need"

    class Input(ActionInput):
        need: int = ask("需求", "Need", of="need")
        visit: int | None = ask("拜访", "Visit", None, of="visit", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Need:
        return reads.fetch_child(Need, ctx.actor, data.need, self.permission)

    def run(self, ctx: Context, data: Any, subject: Need) -> Need:
        if subject.state == Need.CLOSED:
            raise Invalid.field("", "这条需求已经结束", "This need is closed")
        visit_of(ctx, subject.customer, data.visit)
        subject.state = Need.CONFIRMED
        subject.confirmed_at = ctx.happened_at
        change(subject, "state", "confirmed_at")
        ctx.emit(
            "need.confirmed",
            subject=("need", subject.pk),
            customer=subject.customer_id,
            data={"need": ref(subject.pk), "visit": ref(data.visit)},
            texts={"what": subject.what},
        )
        return subject


@action
class CloseNeed(Action):
    """The need is met, declined or gone."""

    name = "needs.close"
    label = Text("结束需求", "Close the need")
    permission = "customers.work"
    writes = ("need.closed",)
    subject = "need"

    class Input(ActionInput):
        need: int = ask("需求", "Need", of="need")
        outcome: words.NeedEndCode = ask(
            "结果", "Outcome", choices=words.pairs(words.NEED_ENDS), widget="chips"
        )
        reason: Line = ask("说明", "Note", "", max_length=300)

    def load(self, ctx: Context, data: Any) -> Need:
        return reads.fetch_child(Need, ctx.actor, data.need, self.permission)

    def run(self, ctx: Context, data: Any, subject: Need) -> Need:
        if subject.state == Need.CLOSED:
            raise Invalid.field("", "这条需求已经结束", "This need is closed")
        subject.state = Need.CLOSED
        subject.closed_at = ctx.happened_at
        subject.outcome = data.outcome
        change(subject, "state", "closed_at", "outcome")
        ctx.emit(
            "need.closed",
            subject=("need", subject.pk),
            customer=subject.customer_id,
            data={"need": ref(subject.pk), "outcome": data.outcome},
            texts={"what": subject.what, "reason": data.reason},
        )
        return subject


@action
class AddApproach(OnCustomer):
    """How a large or hard customer is approached (R1.8.4): way, event, person, result."""

    name = "approaches.add"
    label = Text("记录接触方案", "Record an approach")
    permission = "customers.work"
    writes = ("approach.recorded",)
    subject = "approach"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        way: words.WayCode = ask("途径", "Way", choices=words.pairs(words.WAYS), widget="chips")
        event: Line = ask("活动或场合", "Event", "", max_length=120)
        person: Line = ask("对接人", "Person", "", max_length=60)
        result: Lines = ask("结果", "Result", "", max_length=500, widget="textarea")

    def run(self, ctx: Context, data: Any, subject: Account) -> Approach:
        approach = Approach.objects.create(
            customer=subject,
            way=data.way,
            event=data.event,
            person=data.person,
            result=data.result,
            at=ctx.happened_at,
            by=ctx.actor,
        )
        ctx.emit(
            "approach.recorded",
            subject=("approach", approach.pk),
            customer=subject.pk,
            data={"way": data.way, "approach": ref(approach.pk), "has_result": bool(data.result)},
            texts={"event": data.event, "person": data.person, "result": data.result},
        )
        return approach


@action
class Note(OnCustomer):
    """Note a call, a message, a meeting or anything worth keeping."""

    name = "timeline.note"
    label = Text("记一笔", "Note")
    permission = "customers.work"
    writes = ("customer.noted",)
    subject = "customer"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        kind: words.NoteCode = ask(
            "方式", "Kind", "call", choices=words.pairs(words.NOTE_KINDS), widget="chips"
        )
        text: Lines = ask("内容", "What", min_length=1, max_length=2000, widget="textarea")
        contact: int | None = ask("联系人", "Contact", None, of="contact", widget="contact")

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("customer", data.customer, data.customer)

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        contact = contact_of(subject, data.contact)
        if words.NOTE_CHANNEL[data.kind]:
            subject.contacted(ctx.happened_at)
        ctx.emit(
            "customer.noted",
            subject=("customer", subject.pk),
            customer=subject.pk,
            data={
                "channel": words.NOTE_CHANNEL[data.kind],
                "kind": data.kind,
                "contact": ref(contact.pk if contact else None),
                "prospect": subject.prospect,
            },
            texts={"text": data.text},
        )
        return subject
