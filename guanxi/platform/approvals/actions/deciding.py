"""Asking for approval, deciding, and what goes with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from guanxi.platform.kernel import (
    Action,
    ActionError,
    ActionInput,
    Conflict,
    Context,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    Text,
    action,
    ask,
    get_action,
    ref,
)
from guanxi.platform.kernel.perform import stages
from guanxi.platform.people import reads as people
from guanxi.platform.people.actions.common import Identity
from guanxi.platform.people.holds import refuse_held
from guanxi.platform.people.identity import require_identity
from guanxi.platform.people.rights import SYSTEM

from .. import reads
from ..binding import present_hash, say, void
from ..deciders import Stand, deciders, turn
from ..kinds import ApprovalKind, all_approval_kinds, content_hash, plain_stages
from ..models import (
    APPROVED,
    LATER,
    OPEN,
    REFUSED,
    RETURNED,
    SKIPPED,
    STATES,
    WAITING,
    WITHDRAWN,
    Approval,
    Step,
)

DECISIONS = [
    ("approve", Text("批准", "Approve")),
    ("return", Text("退回修改", "Return")),
    ("refuse", Text("不批准", "Refuse")),
]
OUTCOME = {"approve": APPROVED, "return": RETURNED, "refuse": REFUSED}


@action
class Request(Action):
    """Ask for an approval. The content is taken as it stands; a later edit makes the approval void."""

    name = "approvals.request"
    label = Text("申请批准", "Ask for approval")
    permission = "approvals.decide"
    writes = ("approval.requested",)
    subject = "approval"
    by_system = True

    class Input(ActionInput):
        kind: str = ask("审批类型", "Kind", widget="hidden", max_length=60)
        subject: int = ask("对象", "Subject", widget="hidden")
        why: str = ask("理由", "Why", "", widget="textarea", max_length=2000)
        due: datetime | None = ask("最迟", "Needed by", None, widget="datetime")

    def run(self, ctx: Context, data: Any, _: Any) -> Approval:
        kind = all_approval_kinds().get(data.kind)
        if kind is None:
            raise Invalid.field("kind", "没有这种审批", "There is no such kind of approval")
        subject = kind.load(data.subject)
        if subject is None or (ctx.actor is not SYSTEM and not kind.may_request(ctx.actor, subject)):
            raise NotFound(kind.subject, data.subject)
        if Approval.objects.filter(kind=kind.name, subject_id=data.subject, state=WAITING).exists():
            raise Invalid({"": [Text("已在审批中", "Approval is being asked for already")]})
        content = dict(kind.content(subject))
        approval = Approval.objects.create(
            kind=kind.name,
            subject_kind=kind.subject,
            subject_id=data.subject,
            customer_id=kind.customer(subject),
            title=_both(kind.title(subject)),
            why=data.why,
            content=content,
            content_hash=content_hash(content),
            changes=[
                {"label": _both(Text.of(c.label)), "before": _said(c.before), "after": _said(c.after)}
                for c in kind.difference(subject)
            ],
            clause=kind.clause_of(subject),
            requested_by=None if ctx.actor is SYSTEM else ctx.actor,
            requested_at=ctx.now,
            due_at=data.due,
        )
        steps = self._make_steps(approval, kind, subject)
        day = timezone.localdate(ctx.now)
        for order in sorted({step.order for step in steps}):
            _somebody_can(approval, [s for s in steps if s.order == order], day)
        first = steps[0]
        say(
            ctx,
            "approval.requested",
            approval,
            {"why": approval.why},
            hash=approval.content_hash,
            steps=[f"{s.order}:{'person' if s.person_id else 'role'}:{s.person_id or s.role}" for s in steps],
            role=first.role or None,
            owner=ref(first.person_id),
            requester=ref(approval.requested_by_id),
            due=data.due.isoformat() if data.due else None,
        )
        return approval

    @staticmethod
    def _make_steps(approval: Approval, kind: ApprovalKind, subject: Any) -> list[Step]:
        made = []
        for order, (needs_all, who) in enumerate(plain_stages(kind.steps(subject)), start=1):
            for one in who:
                made.append(
                    Step(
                        approval=approval,
                        order=order,
                        role=one if isinstance(one, str) else "",
                        person=None if isinstance(one, str) else one,
                        all=needs_all,
                        state=OPEN if order == 1 else LATER,
                    )
                )
        return Step.objects.bulk_create(made)


class OneApproval(ActionInput):
    approval: int = ask("审批", "Approval", widget="hidden", of="approval")


class Decision(Identity):
    decision: Literal["approve", "return", "refuse"] = ask(
        "决定", "Decision", widget="radio", choices=DECISIONS
    )
    comment: str = ask("意见", "Comment", "", widget="textarea", max_length=2000)


class _OnOne(Action):
    """Shared by actions on one approval, which the actor must be able to see."""

    permission = "approvals.decide"
    subject = "approval"

    def load(self, ctx: Context, data: Any) -> Approval:
        return _an_approval(ctx, data.approval)


@action
class Decide(_OnOne):
    """Approve, return or refuse the open step that is yours. Bound to the content you saw."""

    name = "approvals.decide"
    label = Text("审批", "Decide")
    writes = ("approval.decided", "approval.voided")

    class Input(Decision, OneApproval):
        content_hash: str = ask("所见内容", "Content seen", widget="hidden", max_length=64)

    def run(self, ctx: Context, data: Any, subject: Approval) -> Approval:
        return _decide(ctx, data, subject, data.content_hash, _confirmed(ctx, data, [subject]))


@dataclass(slots=True)
class Bulk:
    """What became of several approvals decided at once. failed: id -> why not."""

    done: list[Approval] = field(default_factory=list)
    failed: dict[int, Text] = field(default_factory=dict)
    pk: int | None = None


class Seen(ActionInput):
    approval: int = ask("审批", "Approval", of="approval")
    content_hash: str = ask("所见内容", "Content seen", max_length=64)


@action
class DecideMany(Action):
    """Decide several at once. Each stands for itself: what cannot be decided is named, the others are done."""

    name = "approvals.decide_many"
    label = Text("批量审批", "Decide several")
    permission = "approvals.decide"
    writes = ("approval.decided", "approval.voided")
    subject = "approval"

    class Input(Decision):
        approvals: list[Seen] = ask("审批", "Approvals", min_length=1, max_length=200)

    def run(self, ctx: Context, data: Any, subject: Any) -> Bulk:
        result = Bulk()
        if data.decision != "approve" and not data.comment:
            raise _comment_missing()
        wanted = list(Approval.objects.filter(pk__in=[s.approval for s in data.approvals]))
        identity = _confirmed(ctx, data, wanted)
        for seen in data.approvals:
            written = len(ctx.emitted)
            try:
                with transaction.atomic():
                    approval = _an_approval(ctx, seen.approval)
                    result.done.append(_decide(ctx, data, approval, seen.content_hash, identity, bulk=True))
            except ActionError as wrong:
                del ctx.emitted[written:]
                result.failed[seen.approval] = wrong.text
                if isinstance(wrong, Refused | Forbidden) and stages.journal is not None:
                    about = ("approval", seen.approval, None)
                    stages.journal.attempt(ctx, get_action("approvals.decide"), about, wrong)
        return result


@action
class Withdraw(_OnOne):
    """Take back what you asked for, while it is not decided."""

    name = "approvals.withdraw"
    label = Text("撤回申请", "Withdraw request")
    writes = ("approval.withdrawn",)
    by_system = True

    class Input(OneApproval):
        comment: str = ask("原因", "Reason", "", widget="textarea", max_length=2000)

    def run(self, ctx: Context, data: Any, subject: Approval) -> Approval:
        _must_wait(subject)
        _requester_only(ctx, subject)
        _end(ctx, subject, WITHDRAWN)
        say(ctx, "approval.withdrawn", subject, {"comment": data.comment})
        kind = subject.declared
        if kind.on_withdrawn:
            ctx.act(kind.on_withdrawn, kind.follow_input(subject))
        return subject


@action
class PassOn(_OnOne):
    """Hand the step that is yours to somebody else who holds the role."""

    name = "approvals.pass_on"
    label = Text("转交", "Pass on")
    writes = ("approval.passed_on",)

    class Input(OneApproval):
        to: int = ask("转交给", "To", widget="person", of="person")
        comment: str = ask("说明", "Comment", "", widget="textarea", max_length=2000)

    def run(self, ctx: Context, data: Any, subject: Approval) -> Approval:
        _must_wait(subject)
        day = timezone.localdate(ctx.now)
        step, _ = _turn(ctx, subject, day)
        if not step.role:
            raise Invalid.field(
                "to",
                "这一步点名由本人决定，不能转交；可设代理人",
                "This step names a person and cannot be passed on; set a substitute",
            )
        receiver = people.holders(step.role, day).filter(pk=data.to).first()
        if receiver is None:
            raise Invalid(
                {
                    "to": [
                        Text("须转交给担任{role}的人", "It can be passed on to a {role} only").format(
                            role=step.whose
                        )
                        if step.person is None
                        else Text("须转交给担任同一角色的人", "It can be passed on within the same role only")
                    ]
                }
            )
        if receiver.pk in (ctx.actor.pk, step.person_id):
            raise Invalid.field("to", "已在此人手中", "It is with them already")
        if receiver.pk == subject.requested_by_id and not subject.declared.own:
            raise Invalid.field("to", "不能转交给申请人", "It cannot be passed on to who asked for it")
        step.person = receiver
        step.save(update_fields=["person"])
        say(
            ctx,
            "approval.passed_on",
            subject,
            {"comment": data.comment},
            step=step.order,
            owner=str(receiver.pk),
            role=step.role,
        )
        return subject


@action
class Remind(_OnOne):
    """Remind those for whom it waits, once a day."""

    name = "approvals.remind"
    label = Text("催办", "Remind")
    writes = ("approval.reminded",)
    by_system = True
    Input = OneApproval

    def run(self, ctx: Context, data: Any, subject: Approval) -> Approval:
        _must_wait(subject)
        _requester_only(ctx, subject)
        day = timezone.localdate(ctx.now)
        if subject.reminded_at is not None and timezone.localdate(subject.reminded_at) == day:
            raise Invalid({"": [Text("今天已催办过", "They were reminded today already")]})
        subject.reminded_at = ctx.now
        subject.save(update_fields=["reminded_at"])
        open_steps = [s for s in subject.steps.select_related("person") if s.state == OPEN]
        to = [str(p.pk) for p in deciders(open_steps, subject, day)]
        say(ctx, "approval.reminded", subject, step=subject.step, to=to)
        return subject


def _an_approval(ctx: Context, id: int) -> Approval:
    rows = (
        Approval.objects.all()
        if ctx.actor is SYSTEM
        else reads.visible(ctx.actor, timezone.localdate(ctx.now))
    )
    found = rows.select_for_update(of=("self",)).filter(pk=id).first()
    if found is None:
        raise NotFound("approval", id)
    return found


def _decide(
    ctx: Context, data: Any, approval: Approval, seen: str, identity: bool, *, bulk: bool = False
) -> Approval:
    """Decide the step that is the actor's; on the last one, what follows."""
    _must_wait(approval)
    day = timezone.localdate(ctx.now)
    step, stand = _turn(ctx, approval, day)
    if data.decision != "approve" and not data.comment:
        raise _comment_missing()
    if seen != approval.content_hash:
        raise Conflict(
            Text("内容与您所见不同，请重新打开再决定", "The content is not what you saw; open it again")
        )
    now = present_hash(approval)
    if now != approval.content_hash:
        void(ctx, approval, now)
        return approval
    step.state = OUTCOME[data.decision]
    step.decided_by, step.decided_at, step.comment = ctx.actor, ctx.now, data.comment
    step.on_behalf_of = None if stand.own else stand.principal
    step.save()
    final = _advance(ctx, approval, step)
    if not stand.own and not bulk:
        ctx.on_behalf_of = stand.principal
    say(
        ctx,
        "approval.decided",
        approval,
        {"comment": data.comment},
        decision=data.decision,
        step=step.order,
        final=final,
        hash=approval.content_hash,
        role=step.role or None,
        stands_in_for=None if stand.own else str(stand.principal.pk),
        identity=identity,
    )
    if final:
        _follow(ctx, approval, stand)
    return approval


def _advance(ctx: Context, approval: Approval, step: Step) -> bool:
    """Open the next steps or end the approval; whether it ended."""
    if step.state != APPROVED:
        _end(ctx, approval, step.state)
        return True
    beside = Step.objects.filter(approval=approval, order=step.order, state=OPEN)
    if step.all and beside.exists():
        return False
    beside.update(state=SKIPPED)
    later = Step.objects.filter(approval=approval, state=LATER).order_by("order").first()
    if later is None:
        _end(ctx, approval, APPROVED)
        return True
    Step.objects.filter(approval=approval, order=later.order).update(state=OPEN)
    approval.step = later.order
    approval.save(update_fields=["step"])
    return False


def _end(ctx: Context, approval: Approval, state: str) -> None:
    approval.state, approval.decided_at = state, ctx.now
    approval.save(update_fields=["state", "decided_at"])
    Step.objects.filter(approval=approval, state__in=(OPEN, LATER)).update(state=SKIPPED)


def _follow(ctx: Context, approval: Approval, stand: Stand) -> None:
    """The action that follows from the outcome, with the rights of whoever the step belongs to."""
    kind = approval.declared
    name = {APPROVED: kind.on_approved, REFUSED: kind.on_refused, RETURNED: kind.on_returned}[approval.state]
    if not name:
        return
    with ctx.with_rights_of(SYSTEM if get_action(name).by_system else stand.principal):
        ctx.act(name, kind.follow_input(approval))


def _turn(ctx: Context, approval: Approval, day: date) -> tuple[Step, Stand]:
    found = turn(ctx.actor, approval, day)
    if found is not None:
        refuse_held(ctx.now, ctx.actor, found[1].principal)
        return found
    if approval.requested_by_id == ctx.actor.pk and not approval.declared.own:
        text = Text("不能批准自己的申请", "You cannot approve what you asked for yourself")
        raise Forbidden("approvals.decide", text=text)
    who = [s.whose for s in approval.steps.select_related("person") if s.state == OPEN]
    raise Forbidden("approvals.decide", who=who)


def _confirmed(ctx: Context, data: Any, approvals: list[Approval]) -> bool:
    """Whether identity was asked for and confirmed; raises where it is asked for and not confirmed."""
    if not any(a.declared.needs_identity for a in approvals if a.waiting):
        return False
    require_identity(
        ctx.actor, password=data.password.get_secret_value(), otp=data.otp.get_secret_value(), now=ctx.now
    )
    return True


def _must_wait(approval: Approval) -> None:
    if approval.waiting:
        return
    raise Conflict(
        Text("已经是“{state}”，不能再处理", "It is “{state}” already and cannot be dealt with").format(
            state=STATES[approval.state]
        )
    )


def _requester_only(ctx: Context, approval: Approval) -> None:
    if ctx.actor is not SYSTEM and approval.requested_by_id != ctx.actor.pk:
        raise Forbidden(
            "approvals.decide", text=Text("只有申请人可以这样做", "Only who asked for it may do this")
        )


def _somebody_can(approval: Approval, steps: list[Step], day: date) -> None:
    """Invalid where a step waits for nobody: it would wait for ever."""
    for group in [[s] for s in steps] if steps[0].all else [steps]:
        if deciders(group, approval, day):
            continue
        words = [s.whose for s in group]
        who = Text("、".join(w.zh for w in words), " / ".join(w.en for w in words))
        nobody = Text(
            "没有人可以批准：{who}空缺，或只有申请人自己",
            "Nobody can approve it: there is no {who}, or only the one who asks",
        )
        raise Invalid({"": [nobody.format(who=who)]})


def _comment_missing() -> Invalid:
    return Invalid.field("comment", "退回或不批准时请写明意见", "Say why it is returned or refused")


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _said(words: object) -> str | dict[str, str]:
    return _both(words) if isinstance(words, Text) else str(words)
