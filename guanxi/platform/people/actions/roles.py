"""Roles and permission sets. Every grant is a fact that the auditor sees."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from pydantic import field_validator

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Bad,
    Context,
    Invalid,
    Reason,
    Refused,
    Text,
    action,
    all_actions,
    ask,
)

from .. import reads
from ..models import Person, RoleGrant, RolePermission
from ..rights import REACHES, all_permissions
from ..roles import ROLES, role_choices
from .common import OfPerson, OnPerson
from .granting import ask_for, check_grant, give, needs_agreement, running, take
from .persons import NEEDED_ROLES, somebody_else_holds

NONE, AS_SHIPPED = "none", "default"
REACH_WORDS = {
    NONE: Text("无", "None"),
    "own": Text("本人负责的", "Their own"),
    "department": Text("本部门及下级", "Their department and below"),
    "all": Text("全部", "All"),
    AS_SHIPPED: Text("恢复默认", "As shipped"),
}
LOCKOUT = ("people.manage", "people.grant_roles")


class ARole(ActionInput):
    role: str = ask("角色", "Role", widget="select", choices=role_choices)

    @field_validator("role")
    @classmethod
    def _role(cls, given: str) -> str:
        if given not in ROLES:
            raise Bad("没有这个角色", "There is no such role")
        return given


class RoleOf(OfPerson, ARole):
    """A role of somebody."""


@action
class GrantRole(OnPerson):
    """Give somebody a role, from a day on, perhaps until a day. A role to which a clause gives rights, and the
    auditor's, waits for the general manager's agreement where there is one."""

    name = "people.grant_role"
    label = Text("授予角色", "Grant role")
    permission = "people.grant_roles"
    writes = ("role.granted", "role.asked")
    by_system = True

    class Input(RoleOf):
        since: date | None = ask("自", "From", None, hint=Text("不填为今天", "Today if left empty"))
        until: date | None = ask("至（含）", "Up to and including", None)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        day = timezone.localdate(ctx.now)
        since = data.since or day
        if since < day:
            raise Invalid.field(
                "since", "不能早于今天：过去的权限不能补授", "Not before today: no right is given backwards"
            )
        check_grant(ctx, subject, data.role, since, data.until)
        if needs_agreement(ctx, data.role):
            ask_for(ctx, subject, data.role, data.since, data.until)
        else:
            give(ctx, subject, data.role, since, data.until)
        return subject


@action
class RevokeRole(OnPerson):
    """Take a role back, at once or after a last day."""

    name = "people.revoke_role"
    label = Text("收回角色", "Revoke role")
    permission = "people.grant_roles"
    writes = ("role.revoked",)

    class Input(RoleOf):
        until: date | None = ask(
            "最后一天", "Last day", None, hint=Text("不填为立即收回", "At once if left empty")
        )

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        day = timezone.localdate(ctx.now)
        until = data.until or day - timedelta(days=1)
        if data.until is not None and data.until < day:
            raise Invalid.field("until", "不能早于今天", "Not before today")
        grants = running(subject, data.role, day).filter(Q(until=None) | Q(until__gt=until))
        if not grants.exists():
            raise Invalid.field("role", "此人没有这个角色", "They do not hold this role")
        if data.role in NEEDED_ROLES:
            somebody_else_holds(data.role, subject)
        take(ctx, subject, data.role, grants, until)
        return subject


@action
class TurnRoles(Action):
    """Tell the journal which grants began or ended with the day. Run daily."""

    name = "people.turn_roles"
    label = Text("更新当日角色", "Turn roles of the day")
    permission = "people.grant_roles"
    writes = ("role.turned",)
    by_system = True
    internal = True

    def run(self, ctx: Context, data: Any, subject: Any) -> None:
        day = timezone.localdate(ctx.now)
        holds = reads.held_on(day)
        began = RoleGrant.objects.filter(holds, counted=False)
        ended = RoleGrant.objects.filter(~holds, counted=True)
        turned: dict[int, tuple[list[str], list[str]]] = {}
        for grant in began:
            turned.setdefault(grant.person_id, ([], []))[0].append(grant.role)
        for grant in ended:
            turned.setdefault(grant.person_id, ([], []))[1].append(grant.role)
        began.update(counted=True)
        ended.update(counted=False)
        for person in Person.objects.filter(pk__in=turned).order_by("pk"):
            new, old = turned[person.pk]
            ctx.emit(
                "role.turned",
                subject=("person", person.pk),
                data={"began": sorted(new), "ended": sorted(old), "roles": reads.roles_on(person, day)},
            )


@action
class SetPermission(Action):
    """Change what a role may do. What a clause gives to a role cannot be changed here."""

    name = "people.set_permission"
    label = Text("调整权限", "Change permission set")
    permission = "people.grant_roles"
    writes = ("permission.changed",)
    subject = "role_permission"

    class Input(ARole):
        permission: str = ask("权限", "Permission", max_length=60)
        reach: str = ask("范围", "Reach", widget="select", choices=list(REACH_WORDS.items()))

        @field_validator("permission")
        @classmethod
        def _permission(cls, given: str) -> str:
            if given not in all_permissions():
                raise Bad("没有这项权限", "There is no such permission")
            return given

        @field_validator("reach")
        @classmethod
        def _reach(cls, given: str) -> str:
            if given not in REACH_WORDS:
                raise Bad("请从列出的选项中选择", "Please choose one of those listed")
            return given

    def run(self, ctx: Context, data: Any, subject: Any) -> RolePermission:
        declared = all_permissions()[data.permission]
        if declared.by_clause:
            raise Refused(
                self.name,
                [
                    Reason(
                        declared.by_clause,
                        "right-by-clause",
                        "",
                        Text(
                            "“{label}”由制度条款赋予{roles}，不能在此调整",
                            "“{label}” is given by a clause to {roles} and cannot be changed here",
                        ).format(label=declared.label, roles=_names(declared.roles)),
                        remedy_text=Text("修改该条款须经制度修订", "It changes with the regulation only"),
                    )
                ],
            )
        if declared.everybody:
            raise Invalid.field("permission", "人人都有这项权限", "Everybody holds this right")
        if (
            data.role == "administrator"
            and declared.name in LOCKOUT
            and data.reach not in (AS_SHIPPED, "all")
        ):
            raise Invalid.field("reach", "系统管理员须保有此项权限", "The administrator must keep this right")
        if data.role == "auditor" and data.reach in REACHES and writes(declared.name):
            raise Invalid.field("role", "审计员只读，不能授予可写权限", "The auditor reads only")
        row = RolePermission.objects.filter(role=data.role, permission=data.permission).first()
        before = row.reach if row else declared.roles.get(data.role, NONE)
        row = row or RolePermission(role=data.role, permission=data.permission)
        row.reach = declared.roles.get(data.role, NONE) if data.reach == AS_SHIPPED else data.reach
        row.save()
        if isinstance(ctx.actor, Person):
            ctx.actor.forget_rights()
        ctx.emit(
            "permission.changed",
            subject=("role_permission", row.pk),
            data={"role": row.role, "permission": row.permission, "reach": row.reach, "before": before},
        )
        return row


def writes(permission: str) -> bool:
    """Whether some action that writes asks for this permission."""
    return any(a.permission == permission for a in all_actions().values())


def _names(roles: Any) -> Text:
    held = [ROLES[r] for r in roles]
    return Text("、".join(r.zh for r in held), ", ".join(r.en for r in held))
