"""Exceptions: waivers of a duty or a gate, asked for and approved; suspensions with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guanxi.platform.approvals.models import Approval
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
)
from guanxi.platform.people.roles import ROLES
from guanxi.platform.ui.subjects import named

from .models import Obligation, WaiverRequest
from .reads import visible_obligations


@action
class AskWaiver(Action):
    """Ask to be released from one obligation."""

    name = "obligations.ask_waiver"
    label = Text("申请豁免", "Ask for a waiver")
    permission = "obligations.waive"
    writes = ("waiver.asked", "approval.requested")
    subject = "obligation"

    class Input(ActionInput):
        obligation: str = ask("义务", "Obligation", max_length=24, widget="hidden")
        reason: str = ask("理由", "Reason", widget="textarea", min_length=2, max_length=1000)

    def load(self, ctx: Context, data: Any) -> Obligation:
        found = visible_obligations(ctx.actor).filter(pk=data.obligation).first()
        if found is None:
            raise NotFound("obligation", data.obligation)
        return found

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, Any, int | None]:
        if not isinstance(subject, Obligation):
            return ("obligation", data.obligation, None)
        return ("obligation", subject.pk, int(subject.customer) if subject.customer else None)

    def run(self, ctx: Context, data: Any, obligation: Obligation) -> Obligation:
        if obligation.closed_at is not None:
            raise Conflict(Text("这项义务已经了结", "This obligation is closed already"))
        made = WaiverRequest.objects.create(
            obligation_id=obligation.pk,
            clause=obligation.clause,
            control=f"{obligation.regulation}/{obligation.control}",
            role="service_manager",
            asked_by=ctx.actor,
            asked_at=ctx.now,
            reason=data.reason,
        )
        _request(ctx, made, self.about(ctx, data, obligation)[2])
        return obligation


@action
class AskException(Action):
    """Ask that a gate be lifted this once, for one record."""

    name = "gates.ask_exception"
    label = Text("申请例外", "Ask for an exception")
    permission = "obligations.waive"
    writes = ("waiver.asked", "approval.requested")
    subject = "waiver"

    class Input(ActionInput):
        control: str = ask("关口", "Gate", max_length=80, widget="hidden")
        subject_kind: str = ask("对象类型", "Kind", max_length=40, widget="hidden")
        subject_id: int = ask("对象", "Subject", widget="hidden")
        until: datetime | None = ask("有效至", "Valid until", None, widget="datetime")
        reason: str = ask("理由", "Reason", widget="textarea", min_length=2, max_length=1000)

    def load(self, ctx: Context, data: Any) -> None:
        """What the exception is asked for must be something that this person may see."""
        key = (data.subject_kind, str(data.subject_id))
        if not named(ctx.actor, [key])[key].name:
            raise NotFound(data.subject_kind, data.subject_id)

    def run(self, ctx: Context, data: Any, subject: Any) -> WaiverRequest:
        from .reads import gate_in_force

        gate = gate_in_force(data.control, ctx.now)
        if gate is None:
            raise NotFound("control", data.control)
        if gate.waiver not in ROLES:
            raise Conflict(Text("这一条不允许例外", "There is no exception to this clause"))
        if data.until and data.until <= ctx.now:
            raise Invalid.field("until", "须在现在之后", "Must be after now")
        made = WaiverRequest.objects.create(
            clause=gate.clause,
            control=data.control,
            subject_kind=data.subject_kind,
            subject=str(data.subject_id),
            role=gate.waiver,
            until=data.until,
            asked_by=ctx.actor,
            asked_at=ctx.now,
            reason=data.reason,
        )
        _request(ctx, made, None)
        return made


def _request(ctx: Context, made: WaiverRequest, customer: int | None) -> None:
    ctx.emit(
        "waiver.asked",
        subject=("waiver", made.pk),
        customer=customer,
        data={"clause": made.clause, "control": made.control, "obligation": made.obligation_id or None},
        texts={"reason": made.reason},
    )
    approval = ctx.act("approvals.request", {"kind": "waiver", "subject": made.pk, "why": made.reason})
    made.approval_id = approval.pk
    made.save(update_fields=["approval_id"])


@action
class GrantWaiver(Action):
    """What follows when a waiver is approved: the obligation is waived, or the gate lifted for this record."""

    name = "waivers.grant"
    label = Text("豁免", "Waive")
    permission = "regulations.view"
    writes = ("norms.waived", "norms.gate_waived")
    subject = "waiver"
    internal = True

    class Input(ActionInput):
        approval: int = ask("审批", "Approval", of="approval")

    def load(self, ctx: Context, data: Any) -> WaiverRequest:
        found = WaiverRequest.objects.filter(approval_id=data.approval).first()
        if found is None or not Approval.objects.filter(pk=data.approval, state="approved").exists():
            raise NotFound("waiver", data.approval)
        return found

    def run(self, ctx: Context, data: Any, made: WaiverRequest) -> WaiverRequest:
        if made.granted_at is not None:
            raise Conflict(Text("已经豁免", "It is waived already"))
        made.granted_at = ctx.now
        made.save(update_fields=["granted_at"])
        if made.obligation_id:
            row = Obligation.objects.filter(pk=made.obligation_id).first()
            ctx.emit(
                "norms.waived",
                subject=("obligation", made.obligation_id),
                customer=int(row.customer) if row and row.customer else None,
                data={"approval": str(data.approval)},
            )
        else:
            regulation, _, control = made.control.partition("/")
            ctx.emit(
                "norms.gate_waived",
                subject=(made.subject_kind, made.subject),
                data={
                    "regulation": regulation,
                    "control": control,
                    "until": made.until.isoformat() if made.until else None,
                    "approval": str(data.approval),
                },
            )
        return made


class _OnObligation(Action):
    permission = "obligations.suspend"
    subject = "obligation"

    class Input(ActionInput):
        obligation: str = ask("义务", "Obligation", max_length=24, widget="hidden")
        reason: str = ask("理由", "Reason", widget="textarea", min_length=2, max_length=1000)

    def load(self, ctx: Context, data: Any) -> Obligation:
        found = visible_obligations(ctx.actor, "obligations.suspend").filter(pk=data.obligation).first()
        if found is None:
            raise NotFound("obligation", data.obligation)
        return found

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, Any, int | None]:
        customer = getattr(subject, "customer", None)
        return ("obligation", data.obligation, int(customer) if customer else None)


@action
class Suspend(_OnObligation):
    """Let the time of one obligation stand still, with a reason."""

    name = "obligations.suspend"
    label = Text("暂停", "Suspend")
    writes = ("norms.suspended",)

    def run(self, ctx: Context, data: Any, obligation: Obligation) -> Obligation:
        if obligation.closed_at is not None or obligation.state == "suspended":
            raise Conflict(Text("这项义务不能暂停", "This obligation cannot be suspended"))
        about = self.about(ctx, data, obligation)
        ctx.emit("norms.suspended", subject=about[:2], customer=about[2], texts={"words": data.reason})
        return obligation


@action
class Resume(_OnObligation):
    """Let time run again."""

    name = "obligations.resume"
    label = Text("恢复", "Resume")
    writes = ("norms.resumed",)

    def run(self, ctx: Context, data: Any, obligation: Obligation) -> Obligation:
        if obligation.state != "suspended":
            raise Conflict(Text("这项义务没有暂停", "This obligation is not suspended"))
        about = self.about(ctx, data, obligation)
        ctx.emit("norms.resumed", subject=about[:2], customer=about[2], texts={"words": data.reason})
        return obligation
