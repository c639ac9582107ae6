"""How a customer stands: team, key customer, grades, the card confirmed, the auditor's look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from pydantic import model_validator

from guanxi.platform.journal.quick import change
from guanxi.platform.kernel import Action, ActionInput, Bad, Context, Invalid, Text, action, ask
from guanxi.platform.people.models import Person

from .. import reads, scopes, words
from ..inputs import Lines
from ..models import Account, TeamMember
from ..models_standing import CreditEvent
from .changes import emit_updated, put, save
from .credit import keep_event


@action
class SetTeam(Action):
    """Say who works on a customer beside the person who looks after it."""

    name = "customers.set_team"
    label = Text("调整服务团队", "Change the team")
    permission = "customers.assign"
    writes = ("customer.team_changed",)
    subject = "customer"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        members: list[int] = ask("团队成员", "Members", [], of="person", widget="person", max_length=30)

    def load(self, ctx: Context, data: Any) -> Account:
        return reads.fetch(ctx.actor, data.customer, self.permission)

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        wanted = set(data.members)
        known = set(Person.objects.filter(pk__in=wanted, is_active=True).values_list("pk", flat=True))
        if wanted - known:
            raise Invalid.field("members", "找不到其中一位成员", "One of the members cannot be found")
        present = set(TeamMember.objects.filter(customer=subject).values_list("person_id", flat=True))
        joined, left = sorted(wanted - present), sorted(present - wanted)
        if not joined and not left:
            return subject
        TeamMember.objects.filter(customer=subject, person_id__in=left).delete()
        TeamMember.objects.bulk_create(
            TeamMember(customer=subject, person_id=id, since=ctx.happened_at) for id in joined
        )
        scopes.put([subject.pk])
        ctx.emit(
            "customer.team_changed",
            subject=("customer", subject.pk),
            customer=subject.pk,
            data={
                name: [str(i) for i in sorted(ids)]
                for name, ids in (("members", wanted), ("joined", set(joined)), ("left", set(left)))
            },
        )
        return subject


@action
class MarkKey(Action):
    """Make a customer a key customer, managed apart (R5.20), or an ordinary one again."""

    name = "customers.mark_key"
    label = Text("设为重点客户", "Mark as key customer")
    permission = "customers.assign"
    writes = ("customer.updated",)
    subject = "customer"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        key: bool = ask("重点客户", "Key customer", True)

    def load(self, ctx: Context, data: Any) -> Account:
        return reads.fetch(ctx.actor, data.customer, self.permission)

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        changes = put(subject, {"key": data.key})
        if changes:
            save(subject, ["key"], ctx.now)
            emit_updated(ctx, subject, ["key"], changes)
        return subject


@dataclass(frozen=True)
class GradeValues:
    grade: str
    credit: str
    before_grade: str
    before_credit: str
    credit_down: bool
    has_reason: bool


@action
class Grade(Action):
    """Set a customer's grade or credit grade by hand, with the reason."""

    name = "customers.grade"
    label = Text("评定等级", "Grade customer")
    permission = "customers.grade"
    writes = ("customer.graded", "credit.happened", "credit.told")
    subject = "customer"
    gate_values = GradeValues

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")
        grade: words.GradeCode | None = ask(
            "客户等级", "Grade", None, choices=words.pairs(words.GRADES), widget="chips"
        )
        credit: words.CreditCode | None = ask(
            "信用等级", "Credit grade", None, choices=words.pairs(words.CREDITS), widget="chips"
        )
        reason: Lines = ask("理由", "Reason", min_length=1, max_length=500, widget="textarea")
        cause_code: words.CauseCode | None = ask(
            "信用变动的原因",
            "Cause of the credit change",
            None,
            choices=words.pairs(words.CAUSES),
            widget="select",
            hint=Text(
                "还没查明就留空，负责人会收到查明原因的任务",
                "Leave empty if not known yet: finding it becomes a duty of whoever looks after the customer",
            ),
        )

        @model_validator(mode="after")
        def _something(self) -> Any:
            if self.grade is None and self.credit is None:
                raise Bad("请选择客户等级或信用等级", "Please choose a grade or a credit grade")
            return self

    def load(self, ctx: Context, data: Any) -> Account:
        return reads.fetch(ctx.actor, data.customer, self.permission)

    def gate(self, ctx: Context, data: Any, subject: Account) -> GradeValues:
        credit = subject.credit if data.credit is None else data.credit
        return GradeValues(
            subject.grade if data.grade is None else data.grade,
            credit,
            subject.grade,
            subject.credit,
            bool(subject.credit and credit) and credit > subject.credit,
            bool(data.reason),
        )

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        before = (subject.grade, subject.credit)
        new = {f: v for f in ("grade", "credit") if (v := getattr(data, f)) is not None}
        if not put(subject, new):
            return subject
        save(subject, list(new), ctx.now)
        ctx.emit(
            "customer.graded",
            subject=("customer", subject.pk),
            customer=subject.pk,
            data={
                "grade": subject.grade or None,
                "credit": subject.credit or None,
                "before_grade": before[0] or None,
                "before_credit": before[1] or None,
                "by_rule": False,
                "cause_given": data.cause_code is not None,
            },
            texts={"reason": data.reason},
        )
        if before[1] and before[1] != subject.credit:
            keep_event(
                ctx,
                CreditEvent(
                    customer=subject,
                    kind="regraded",
                    before=before[1],
                    after=subject.credit,
                    happened_on=timezone.localdate(ctx.happened_at),
                    detail=data.reason,
                    cause_code=data.cause_code or "",
                    cause=data.reason if data.cause_code else "",
                ),
            )
        return subject


@action
class ConfirmCard(Action):
    """Say that everything on the relationship card is right today."""

    name = "customers.confirm_card"
    label = Text("确认关系卡无误", "Confirm the card")
    permission = "customers.work"
    writes = ("customer.card_confirmed",)
    subject = "customer"

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", of="customer", widget="customer")

    def load(self, ctx: Context, data: Any) -> Account:
        return reads.fetch(ctx.actor, data.customer, self.permission)

    def run(self, ctx: Context, data: Any, subject: Account) -> Account:
        people = reads.contacts_of(subject.pk)
        missing = reads.missing_fields(subject, people)
        subject.card_percent = reads.percent_of(missing)
        subject.card_valid = reads.is_valid(subject, people)
        subject.card_confirmed_at = ctx.happened_at
        subject.card_confirmed_by = ctx.actor
        change(subject, "card_percent", "card_valid", "card_confirmed_at", "card_confirmed_by")
        ctx.emit(
            "customer.card_confirmed",
            subject=("customer", subject.pk),
            customer=subject.pk,
            data={
                "complete": not missing,
                "missing": missing,
                "card_percent": subject.card_percent,
                "card_valid": subject.card_valid,
            },
        )
        return subject


@action
class Look(Action):
    """Keeps that the auditor looked at key customers: the record without which he is not shown them."""

    name = "customers.look"
    label = Text("查阅重点客户", "Look at key customers")
    permission = "customers.view"
    writes = ("customer.looked_at",)
    subject = "customer"
    internal = True

    class Input(ActionInput):
        customer: int | None = ask("客户", "Customer", None, of="customer")
        where: str = ask("页面", "Page", max_length=40)
        count: int = ask("数量", "How many", 1, ge=0)

    def load(self, ctx: Context, data: Any) -> Account | None:
        return None if data.customer is None else reads.fetch(ctx.actor, data.customer, logged=True)

    def run(self, ctx: Context, data: Any, subject: Account | None) -> Account | None:
        ctx.emit(
            "customer.looked_at",
            subject=("customer", data.customer),
            customer=data.customer,
            data={"where": data.where, "count": data.count},
        )
        return subject
