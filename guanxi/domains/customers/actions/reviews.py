"""Reviewing how a customer is looked after, when something about it has changed."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import ActionInput, Context, Text, action, ask

from .. import words
from ..inputs import Lines
from ..models import Account
from ..models_standing import Review
from .work import OnCustomer


@action
class DecideReview(OnCustomer):
    """Decide how a customer is looked after from now on, and keep why."""

    name = "customers.review"
    label = Text("复核维护计划", "Review how it is looked after")
    permission = "customers.work"
    writes = ("customer.reviewed",)
    subject = "customer"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        because: list[words.BecauseCode] = ask(
            "因为什么",
            "What has changed",
            choices=words.pairs(words.BECAUSE),
            widget="chips",
            min_length=1,
            max_length=5,
        )
        decision: words.ReviewCode = ask(
            "结论", "Decision", choices=words.pairs(words.REVIEWS), widget="radio"
        )
        text: Lines = ask(
            "怎么做、为什么",
            "How, and why",
            min_length=1,
            max_length=1000,
            widget="textarea",
            hint=Text("写明今后怎样联系、由谁、多久一次", "Say how it is kept in touch, by whom, how often"),
        )

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("customer", data.customer, data.customer)

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        Review.objects.create(
            customer=subject,
            at=ctx.happened_at,
            by=ctx.actor,
            because=list(data.because),
            decision=data.decision,
            text=data.text,
        )
        ctx.emit(
            "customer.reviewed",
            subject=("customer", subject.pk),
            customer=subject.pk,
            data={"because": list(data.because), "decision": data.decision},
            texts={"text": data.text},
        )
        return subject
