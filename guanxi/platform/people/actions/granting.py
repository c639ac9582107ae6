"""How a role is given, taken, and asked for where the general manager has to agree. See docs/decisions/0009."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Context,
    Forbidden,
    Invalid,
    NotFound,
    Reason,
    Refused,
    Text,
    action,
    ask,
)

from .. import reads
from ..holds import agrees
from ..models import Person, RoleGrant, RoleRequest
from ..rights import EVERYBODY, SYSTEM, guarded, rights_by_clause
from ..roles import ROLES
from .common import forget

APPROVAL_KIND = "role"


def needs_agreement(ctx: Context, role: str) -> bool:
    """Whether the general manager has to agree before the actor's grant of a role holds: not while there is none who
    ever signed in, so that a company can be set up."""
    if ctx.actor is SYSTEM or not guarded(role) or agrees(ctx.actor, ctx.now):
        return False
    managers = reads.holders("general_manager", timezone.localdate(ctx.now))
    return managers.exclude(last_login=None).exists()


def check_grant(ctx: Context, subject: Person, role: str, since: date, until: date | None) -> None:
    """Invalid or Refused where this role cannot be given to this person for this time, whoever agrees."""
    if until is not None and until < since:
        raise Invalid.field("until", "不能早于开始日期", "Not before the first day")
    if not subject.is_active:
        raise Invalid.field("person", "此人已停用", "They are deactivated")
    overlapping = RoleGrant.objects.filter(Q(until=None) | Q(until__gte=since), person=subject, role=role)
    if until is not None:
        overlapping = overlapping.filter(since__lte=until)
    if overlapping.exists():
        raise Invalid.field("role", "这段时间已有此角色", "They hold this role in that time already")
    if subject.pk != getattr(ctx.actor, "pk", None):
        return
    if role == "auditor":
        raise Invalid.field(
            "role",
            "不能让自己成为审计员：审计的人不审计自己，须由他人授予",
            "You cannot make yourself auditor: nobody audits himself; somebody else grants it",
        )
    by_clause = rights_by_clause(role)
    if by_clause:
        clauses = ", ".join(sorted({p.by_clause for p in by_clause}))
        words = Text(
            "不能给自己授予{role}：该角色持有制度赋予的权利，须由他人授予",
            "You cannot make yourself {role}: it holds rights that a clause gives; somebody else grants it",
        )
        raise Refused(ctx.action, [Reason(clauses, "separation-of-duty", "", words.format(role=ROLES[role]))])


def give(ctx: Context, subject: Person, role: str, since: date, until: date | None) -> None:
    """The role holds from its first day on."""
    day = timezone.localdate(ctx.now)
    RoleGrant.objects.create(
        person=subject,
        role=role,
        since=since,
        until=until,
        granted_by=ctx.actor if isinstance(ctx.actor, Person) else None,
        counted=since <= day,
    )
    forget(ctx, subject)
    ctx.emit(
        "role.granted",
        subject=("person", subject.pk),
        data={
            "role": role,
            "since": since.isoformat(),
            "until": until.isoformat() if until else None,
            "roles": reads.roles_on(subject, day),
            "clause_rights": [p.name for p in rights_by_clause(role)],
            "to_self": subject.pk == getattr(ctx.actor, "pk", None),
        },
    )


def running(subject: Person, role: str, day: date) -> QuerySet[RoleGrant]:
    """The grants of a role to somebody that hold on a day or later."""
    return RoleGrant.objects.filter(Q(until=None) | Q(until__gte=day), person=subject, role=role)


def take(ctx: Context, subject: Person, role: str, grants: QuerySet[RoleGrant], until: date) -> None:
    """These grants end with a last day."""
    day = timezone.localdate(ctx.now)
    grants.update(until=until)
    RoleGrant.objects.filter(person=subject, role=role, until__lt=day).update(counted=False)
    forget(ctx, subject)
    ctx.emit(
        "role.revoked",
        subject=("person", subject.pk),
        data={"role": role, "until": until.isoformat(), "roles": reads.roles_on(subject, day)},
    )


def ask_for(ctx: Context, subject: Person, role: str, since: date | None, until: date | None) -> None:
    """Put the grant before the general manager; the role holds once it is agreed to."""
    if RoleRequest.objects.filter(person=subject, role=role, ended_at=None).exists():
        raise Invalid.field(
            "role", "已提请总经理同意，尚未决定", "The general manager was asked and has not decided yet"
        )
    asked = RoleRequest.objects.create(
        person=subject, role=role, since=since, until=until, asked_by=ctx.actor, asked_at=ctx.now
    )
    ctx.emit(
        "role.asked",
        subject=("person", subject.pk),
        data={
            "role": role,
            "since": since.isoformat() if since else None,
            "until": until.isoformat() if until else None,
        },
    )
    ctx.act("approvals.request", {"kind": APPROVAL_KIND, "subject": asked.pk})
    subject.role_asked = asked  # type: ignore[attr-defined]


def ask_again(ctx: Context, subject: Person) -> None:
    """Somebody is let in again: what they still hold of guarded roles ends, and is asked for anew."""
    day = timezone.localdate(ctx.now)
    for role in reads.roles_on(subject, day):
        if needs_agreement(ctx, role):
            held = running(subject, role, day)
            until = held.order_by("-since").values_list("until", flat=True).first()
            take(ctx, subject, role, held, day - timedelta(days=1))
            ask_for(ctx, subject, role, None, until)


class _OnRequest(Action):
    """What follows from the general manager's decision. Nobody does it by hand."""

    permission = EVERYBODY
    subject = "role_request"
    internal = True

    class Input(ActionInput):
        request: int = ask("申请", "Request")

    def load(self, ctx: Context, data: Any) -> RoleRequest:
        rows = RoleRequest.objects.select_related("person__department")
        found = rows.filter(pk=data.request, ended_at=None).first()
        if found is None:
            raise NotFound("role_request", data.request)
        return found


@action
class GrantAskedRole(_OnRequest):
    """The general manager agreed: the role holds."""

    name = "people.grant_asked_role"
    label = Text("同意授予角色", "Agree to a role")
    writes = ("role.granted",)

    def run(self, ctx: Context, data: Any, subject: RoleRequest) -> RoleRequest:
        if not agrees(ctx.actor, ctx.now):
            raise Forbidden(EVERYBODY, who=[ROLES["general_manager"]])
        since = max(subject.since or date.min, timezone.localdate(ctx.now))
        check_grant(ctx, subject.person, subject.role, since, subject.until)
        subject.ended_at = ctx.now
        subject.save(update_fields=["ended_at"])
        give(ctx, subject.person, subject.role, since, subject.until)
        return subject


@action
class DropRoleRequest(_OnRequest):
    """It was refused, returned or withdrawn: nothing is granted."""

    name = "people.drop_role_request"
    label = Text("不授予角色", "Do not grant a role")
    by_system = True

    def run(self, ctx: Context, data: Any, subject: RoleRequest) -> RoleRequest:
        subject.ended_at = ctx.now
        subject.save(update_fields=["ended_at"])
        return subject
