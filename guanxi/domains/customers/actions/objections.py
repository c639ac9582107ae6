"""The register of objections: noted, answered, settled, open again."""

from __future__ import annotations

from typing import Any

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, Text, action, ask, ref

from .. import reads, words
from ..inputs import Line, Lines
from ..models import Account
from ..models_objections import Objection
from .changes import put
from .work import OnCustomer, contact_of, visit_of


@action
class AddObjection(OnCustomer):
    """Note an objection of a customer, with our answer where there is one already."""

    name = "objections.add"
    label = Text("记录异议", "Record an objection")
    permission = "customers.work"
    writes = ("objection.raised",)
    subject = "objection"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        what: Line = ask("客户有什么异议", "What they object to", min_length=1, max_length=500)
        product: int | None = ask("产品或服务", "Product or service", None, of="product")
        contact: int | None = ask("谁提出的", "Who raised it", None, of="contact", widget="contact")
        answer: Lines = ask("我方答复", "Our answer", "", max_length=1000, widget="textarea")
        help: Lines = ask("给予的帮助", "Help given", "", max_length=500, widget="textarea")
        state: words.ObjectionCode = ask(
            "状态", "State", "open", choices=words.pairs(words.OBJECTIONS), widget="chips"
        )
        visit: int | None = ask("拜访", "Visit", None, of="visit", widget="hidden")

    def run(self, ctx: Context, data: Any, subject: Account) -> Objection:
        product = reads.one_product(data.product) if data.product else None
        if data.product and product is None:
            raise Invalid.field("product", "没有这种产品或服务", "There is no such product or service")
        _answered(data.state, data.answer, data.help)
        made = Objection.objects.create(
            customer=subject,
            contact=contact_of(subject, data.contact),
            product=product,
            what=data.what,
            answer=data.answer,
            help=data.help,
            state=data.state,
            visit_id=visit_of(ctx, subject, data.visit),
            raised_at=ctx.happened_at,
            recorded_by=ctx.actor,
            settled_at=ctx.happened_at if data.state == Objection.SETTLED else None,
        )
        ctx.emit(
            "objection.raised",
            subject=("objection", made.pk),
            customer=subject.pk,
            data={
                "objection": ref(made.pk),
                "product": ref(made.product_id),
                "contact": ref(made.contact_id),
                "visit": ref(data.visit),
                "answered": bool(made.answer),
                "helped": bool(made.help),
                "objection_state": made.state,
            },
            texts={"what": made.what, "answer": made.answer, "help": made.help},
        )
        return made


def _answered(state: str, answer: str, help: str) -> None:
    """Invalid where it is said to be settled without a word on how."""
    if state == Objection.SETTLED and not (answer or help):
        raise Invalid.field(
            "answer", "已解决的，请写明怎么答复或帮助的", "It is settled: please say by which answer or help"
        )


@action
class AnswerObjection(Action):
    """Say what we answer to an objection and how we helped, and whether that settles it."""

    name = "objections.answer"
    label = Text("答复异议", "Answer the objection")
    permission = "customers.work"
    writes = ("objection.answered",)
    subject = "objection"

    class Input(ActionInput):
        objection: int = ask("异议", "Objection", of="objection", widget="hidden")
        answer: Lines = ask("我方答复", "Our answer", "", max_length=1000, widget="textarea")
        help: Lines = ask("给予的帮助", "Help given", "", max_length=500, widget="textarea")
        state: words.ObjectionCode = ask(
            "状态", "State", "settled", choices=words.pairs(words.OBJECTIONS), widget="chips"
        )

    def load(self, ctx: Context, data: Any) -> Objection:
        return reads.fetch_child(Objection, ctx.actor, data.objection, self.permission)

    def run(self, ctx: Context, data: Any, subject: Objection) -> Objection:
        _answered(data.state, data.answer, data.help)
        changes = put(subject, {"answer": data.answer, "help": data.help, "state": data.state})
        if not changes:
            return subject
        if "state" in [c["field"] for c in changes]:
            subject.settled_at = ctx.happened_at if data.state == Objection.SETTLED else None
        subject.save()
        ctx.emit(
            "objection.answered",
            subject=("objection", subject.pk),
            customer=subject.customer_id,
            data={
                "objection": ref(subject.pk),
                "answered": bool(subject.answer),
                "helped": bool(subject.help),
                "objection_state": subject.state,
            },
            texts={
                "what": subject.what,
                "answer": subject.answer,
                "help": subject.help,
                "changes": changes,
            },
        )
        return subject


def answer_back(ctx: Context, fact: Fact) -> None:
    """The objection as it was before it was answered."""
    row = Objection.objects.get(pk=int(fact.subject_id or 0))
    for change in fact.words.body.get("changes", ()) if hasattr(fact, "words") else ():
        setattr(row, change["field"], change["before"])
    if row.state == Objection.OPEN:
        row.settled_at = None
    row.save()
