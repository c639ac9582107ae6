"""People: added, updated, moved, deactivated and brought back."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from pydantic import field_validator

from guanxi.platform.kernel import Action, ActionInput, Bad, Context, Invalid, Text, action, ask

from .. import identity, reads
from ..models import Department, Membership, Person, RoleGrant
from ..responsibilities import still_held
from ..roles import ROLES, role_choices
from ..settings_registry import value
from .common import OfPerson, OnPerson, forget
from .departments import a_department
from .granting import ask_again
from .succession import back

USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]*")
PHONE = re.compile(r"[0-9+][0-9 ()\-]{4,}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NEEDED_ROLES = ("administrator", "general_manager")
"""Roles that somebody must hold at any time."""


class Details(ActionInput):
    """What is known of a person besides department and roles."""

    name: str = ask("姓名", "Name", min_length=1, max_length=60)
    post: str = ask("职务", "Post", "", max_length=60)
    email: str = ask("邮箱", "E-mail", "", max_length=254)
    phone: str = ask("电话", "Telephone", "", widget="phone", max_length=40)

    @field_validator("email")
    @classmethod
    def _email(cls, given: str) -> str:
        if given and not EMAIL.fullmatch(given):
            raise Bad("邮箱地址格式不对", "This is not an e-mail address")
        return given

    @field_validator("phone")
    @classmethod
    def _phone(cls, given: str) -> str:
        if given and not PHONE.fullmatch(given):
            raise Bad("电话格式不对", "This is not a telephone number")
        return given


class SignInName(ActionInput):
    username: str = ask(
        "登录名",
        "Sign-in name",
        min_length=2,
        max_length=60,
        hint=Text("小写字母、数字，可含 . _ @ + -", "Small letters and digits; . _ @ + - may stand between"),
    )

    @field_validator("username")
    @classmethod
    def _username(cls, given: str) -> str:
        given = given.lower()
        if not USERNAME.fullmatch(given):
            raise Bad("只能用字母、数字和 . _ @ + -", "Only letters, digits and . _ @ + -")
        return given


@action
class AddPerson(Action):
    """Add somebody who works here. Roles are granted at once; the one-time password is shown to the caller only."""

    name = "people.add"
    label = Text("新增人员", "Add person")
    permission = "people.manage"
    writes = ("person.added", "role.granted", "password.reset")
    subject = "person"
    by_system = True

    class Input(Details, SignInName):
        department: int | None = ask("部门", "Department", None, widget="pick", of="department")
        roles: list[str] = ask(
            "角色", "Roles", [], widget="chips", choices=role_choices, max_length=len(ROLES)
        )
        one_time_password: bool = ask("生成一次性密码", "Make a one-time password", True)

    def run(self, ctx: Context, data: Any, subject: Any) -> Person:
        name_is_free(data.username, None)
        department = a_department(data.department, "department")
        made = Person(
            username=data.username,
            name=data.name,
            post=data.post,
            email=data.email,
            phone=data.phone,
            department=department,
            language=value("company.language"),
            created_at=ctx.now,
        )
        shown = identity.give_one_time_password(made, ctx.now) if data.one_time_password else ""
        if not shown:
            made.set_unusable_password()
        made.save()
        made.one_time_password = shown  # type: ignore[attr-defined]
        if department is not None:
            Membership.objects.create(
                person=made, department=department, post=data.post, since=timezone.localdate(ctx.now)
            )
        ctx.emit(
            "person.added",
            subject=("person", made.pk),
            data={"department": _ref(department), "active": True, "roles": []},
            texts=details_of(made),
        )
        if shown:
            ctx.emit("password.reset", subject=("person", made.pk))
        for role in dict.fromkeys(data.roles):
            ctx.act("people.grant_role", {"person": made.pk, "role": role})
        return made


@action
class UpdatePerson(OnPerson):
    """Change name, sign-in name, post or contact data."""

    name = "people.update"
    label = Text("修改资料", "Change details")
    writes = ("person.updated",)

    class Input(OfPerson, Details, SignInName):
        pass

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        name_is_free(data.username, subject)
        fields = ("username", "name", "post", "email", "phone")
        changed = [f for f in fields if getattr(subject, f) != getattr(data, f)]
        if not changed:
            return subject
        for field in changed:
            setattr(subject, field, getattr(data, field))
        subject.save(update_fields=changed)
        if "post" in changed:
            Membership.objects.filter(person=subject, until=None).update(post=subject.post)
        ctx.emit(
            "person.updated",
            subject=("person", subject.pk),
            data={"changed": changed},
            texts={f: v for f, v in details_of(subject).items() if f in changed},
        )
        return subject


@action
class MovePerson(OnPerson):
    """Move somebody to another department from a day; earlier figures stay with the earlier department."""

    name = "people.move"
    label = Text("调动部门", "Move to another department")
    writes = ("person.moved",)

    class Input(OfPerson):
        department: int = ask("调往部门", "To department", widget="pick", of="department")
        since: date | None = ask("自", "From", None, hint=Text("不填为今天", "Today if left empty"))
        post: str = ask("职务", "Post", "", max_length=60)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        department = a_department(data.department, "department")
        if department is None or department.pk == subject.department_id:
            raise Invalid.field("department", "已在这个部门", "They are there already")
        day = timezone.localdate(ctx.now)
        since = data.since or day
        if since > day:
            raise Invalid.field("since", "不能晚于今天", "Not later than today")
        latest = subject.memberships.order_by("-since", "-pk").first()
        if latest is not None and since < latest.since:
            raise Invalid(
                {
                    "since": [
                        Text("不能早于上次调动（{day}）", "Not before the last move ({day})").format(
                            day=latest.since
                        )
                    ]
                }
            )
        post = data.post or subject.post
        before, subject.department, subject.post = subject.department, department, post
        if latest is not None and latest.since == since:
            Membership.objects.filter(pk=latest.pk).update(department=department, post=post)
        else:
            Membership.objects.filter(person=subject, until=None).update(until=since - timedelta(days=1))
            Membership.objects.create(person=subject, department=department, post=post, since=since)
        subject.save(update_fields=["department", "post"])
        forget(ctx, subject)
        start = datetime.combine(since, time.min, timezone.get_default_timezone())
        ctx.emit(
            "person.moved",
            subject=("person", subject.pk),
            data={"department": str(department.pk), "before": _ref(before), "since": since.isoformat()},
            happened_at=ctx.happened_at if since == day else start,
        )
        return subject


@action
class Deactivate(OnPerson):
    """End somebody's sign-in at once. Refused while customers, approvals or other things are still theirs."""

    name = "people.deactivate"
    label = Text("停用", "Deactivate")
    writes = ("person.deactivated",)

    class Input(OfPerson):
        reason: str = ask("原因", "Reason", "", widget="textarea", max_length=500)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if not subject.is_active:
            raise _whole("此人已停用", "They are deactivated already")
        if subject.pk == getattr(ctx.actor, "pk", None):
            raise _whole("不能停用自己", "You cannot deactivate yourself")
        for role in NEEDED_ROLES:
            somebody_else_holds(role, subject)
        headed = Department.objects.filter(head=subject, active=True)
        held = [Text(d.name, d.name) for d in headed]
        wrong = [
            Text("仍是 {name} 的负责人，请先改派", "Still heads {name}; name another head first").format(
                name=name
            )
            for name in held
        ]
        wrong += [
            Text("{what}还有 {n} 项，请先移交", "{n} {what}; hand over first").format(n=h.count, what=h.label)
            for h in still_held(subject)
        ]
        if wrong:
            raise Invalid({"": wrong})
        subject.is_active = False
        subject.sign_in_epoch += 1
        subject.save(update_fields=["is_active", "sign_in_epoch"])
        subject.forget_rights()
        ctx.emit(
            "person.deactivated",
            subject=("person", subject.pk),
            data={"active": False},
            texts={"reason": data.reason},
        )
        return subject


@action
class Reactivate(OnPerson):
    """Let somebody sign in again, with the roles that still hold; those that no administrator grants alone are asked for anew."""

    name = "people.reactivate"
    label = Text("重新启用", "Reactivate")
    writes = ("person.reactivated", "person.succeeded", "role.revoked", "role.asked")

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if subject.is_active:
            raise _whole("此人未停用", "They are not deactivated")
        subject.is_active = True
        subject.save(update_fields=["is_active"])
        subject.forget_rights()
        back(ctx, subject)
        ctx.emit("person.reactivated", subject=("person", subject.pk), data={"active": True})
        ask_again(ctx, subject)
        return subject


def details_of(person: Person) -> dict[str, str]:
    """Name and contact data, as a fact's texts."""
    return {f: getattr(person, f) for f in ("username", "name", "post", "email", "phone")}


def name_is_free(username: str, but: Person | None) -> None:
    """Invalid where somebody else has this sign-in name, whatever the case of its letters."""
    same = Person.objects.filter(username__iexact=username)
    if but is not None:
        same = same.exclude(pk=but.pk)
    if same.exists():
        raise Invalid.field("username", "登录名已被使用", "This sign-in name is taken")


def somebody_else_holds(role: str, person: Person) -> None:
    """Invalid where this person is the last active one in a role that the company cannot be without. Who holds it
    to a day only does not count: the day would come on which nobody does."""
    day = reads.today()
    if not RoleGrant.objects.filter(Q(person=person, role=role) & reads.held_on(day)).exists():
        return
    lasting = RoleGrant.objects.filter(role=role, since__lte=day, until=None, person__is_active=True)
    if not lasting.exclude(person=person).exists():
        raise Invalid(
            {
                "": [
                    Text(
                        "最后一位{role}不能移除；请先授予另一人",
                        "The last {role} cannot be removed; name another first",
                    ).format(role=ROLES[role])
                ]
            }
        )


def _ref(row: Any) -> str | None:
    return None if row is None else str(row.pk)


def _whole(zh: str, en: str) -> Invalid:
    return Invalid({"": [Text(zh, en)]})
