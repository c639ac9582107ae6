"""Permissions, their reach, and what one person may do.

A permission is declared once, with its words and which roles hold it how far:

    permission("visits.work", Text("处理拜访", "Work on visits"), own=FIELD_STAFF, department=("service_manager",))

Reach: 'own' (what this person looks after), 'department' (that and what the people of the department and its
sub-departments look after), 'all'. `by_clause`: a clause gives this right to these roles; no administrator can
give it to another role or take it away. No person means refused, never unchecked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from guanxi.platform.journal.quick import MARKS, Prepared, select
from guanxi.platform.kernel import Action, Context, Forbidden, Text, system_clock

from .roles import ROLES

if TYPE_CHECKING:
    from .models import Person, RoleGrant

REACHES = ("own", "department", "all")


@dataclass(frozen=True, slots=True)
class Permission:
    """A right, in words, and the roles that hold it from the start."""

    name: str
    label: Text
    roles: Mapping[str, str]
    by_clause: str = ""
    everybody: bool = False


_permissions: dict[str, Permission] = {}


def permission(
    name: str,
    label: Text,
    *,
    own: Iterable[str] = (),
    department: Iterable[str] = (),
    all: Iterable[str] = (),
    by_clause: str = "",
    everybody: bool = False,
) -> Permission:
    """Declare a permission. Unknown roles and a second declaration are mistakes.

    everybody: every signed-in person holds it for what concerns them, with or without a role; it cannot be taken.
    """
    roles: dict[str, str] = dict.fromkeys(ROLES, "own") if everybody else {}
    for reach, holders in (("own", own), ("department", department), ("all", all)):
        for role in holders:
            if role not in ROLES:
                raise ValueError(f"{name}: no role {role}")
            roles[role] = reach
    made = Permission(name, label, roles, by_clause, everybody)
    if _permissions.get(name, made) != made:
        raise ValueError(f"permission {name} is declared twice")
    _permissions[name] = made
    return made


def all_permissions() -> dict[str, Permission]:
    return dict(sorted(_permissions.items()))


EVERYBODY = "people.self"
"""The right that every signed-in person holds: what concerns only themselves."""

permission(EVERYBODY, Text("管理本人账号", "Look after one's own account"), everybody=True)


class System:
    """The actor of background work: ticks, reminders, clean-up. Runs only actions that say `by_system`."""

    pk = None
    name = "系统"
    is_active = True

    def __repr__(self) -> str:
        return "SYSTEM"


SYSTEM = System()


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a permission reaches for one person."""

    scope: str  # '' (nothing), own, department, all
    person_id: int | None = None
    department_path: str = ""

    def __bool__(self) -> bool:
        return bool(self.scope)

    def rows(self, *, person: str, department: str) -> Q:
        """The filter for rows whose looked-after-by and department are the named fields.

        `person`: field that holds the person, e.g. 'manager'. `department`: field that points to a Department.
        """
        if self.scope == "all":
            return Q()
        if self.scope == "department" and self.department_path:
            return Q(**{person: self.person_id}) | Q(
                **{f"{department}__path__startswith": self.department_path}
            )
        if self.scope in ("own", "department"):
            return Q(**{person: self.person_id})
        return Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do: permission -> reach, and the roles it comes from."""

    person_id: int | None
    roles: frozenset[str] = frozenset()
    reaches: Mapping[str, str] = field(default_factory=dict)
    department_path: str = ""

    def may(self, permission: str) -> bool:
        if self.person_id is None:
            return False
        declared = _permissions.get(permission)
        return (declared is not None and declared.everybody) or permission in self.reaches

    def reach(self, permission: str) -> Reach:
        return Reach(self.reaches.get(permission, ""), self.person_id, self.department_path)


NO_RIGHTS = Rights(None)
_CHANGED = "SELECT role, permission, reach FROM people_rolepermission"


def _rows() -> QuerySet[RoleGrant]:
    from .models import RoleGrant

    return RoleGrant.objects.filter(person=MARKS[0])


_grants: Prepared[RoleGrant] = Prepared(_rows)


def rights_of(person: Person, day: date | None = None) -> Rights:
    """The rights of `person` on `day` (default today, company time)."""
    if not person.is_active or person.pk is None:
        return NO_RIGHTS
    day = day or timezone.localdate(system_clock())
    at_hand = "grants" in getattr(person, "_prefetched_objects_cache", {})
    grants = person.grants.all() if at_hand else _grants(person.pk)
    roles = frozenset(grant.role for grant in grants if grant.holds_on(day))
    changed = {(role, name): reach for role, name, reach in select(_CHANGED) if role in roles}
    reaches: dict[str, str] = {}
    for name, declared in _permissions.items():
        widest = -1
        for role in roles:
            reach = declared.roles.get(role, "none")
            if not (declared.by_clause or declared.everybody):
                reach = changed.get((role, name), reach)
            if reach in REACHES:
                widest = max(widest, REACHES.index(reach))
        if widest >= 0:
            reaches[name] = REACHES[widest]
    department = person.department
    return Rights(person.pk, roles, reaches, department.path if department else "")


def who_may(permission: str) -> list[Text]:
    """The roles that hold a permission today, in words, for a refusal."""
    from .models import RolePermission

    declared = _permissions.get(permission)
    if declared is None or declared.everybody:
        return []
    held = dict(declared.roles)
    if not declared.by_clause:
        held.update(RolePermission.objects.filter(permission=permission).values_list("role", "reach"))
    return [words for role, words in ROLES.items() if held.get(role) in REACHES]


def rights_by_clause(role: str) -> list[Permission]:
    """The permissions that a clause gives to this role."""
    return [p for p in _permissions.values() if p.by_clause and role in p.roles]


def guarded(role: str) -> bool:
    """Whether no administrator grants this role alone: a clause gives it rights, or it watches the administrators."""
    return role == "auditor" or bool(rights_by_clause(role))


class RightsCheck:
    """The rights stage of perform."""

    def check(self, ctx: Context, action: Action) -> None:
        actor: Any = ctx.actor
        if actor is SYSTEM:
            if action.by_system:
                return
            raise Forbidden(action.permission, who=who_may(action.permission))
        if actor is None or not getattr(actor, "is_active", False) or actor.pk is None:
            raise Forbidden(action.permission, who=who_may(action.permission))
        if not actor.rights.may(action.permission):
            raise Forbidden(action.permission, who=who_may(action.permission))
