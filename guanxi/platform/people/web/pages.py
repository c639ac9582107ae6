"""The addresses of this package."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from guanxi.platform.kernel import Text
from guanxi.platform.ui.registry import Nav, Option, page, picker
from guanxi.platform.ui.subjects import subject_kind

from .. import reads, standing_in
from ..models import Absence, Department, Passkey, Person, RoleRequest
from . import absences, account, company, passkeys, people, provider, sessions, settings, signin

READ = ("GET", "HEAD")
SEND = ("POST",)


def _self(person: Any) -> dict[str, Any] | None:
    return {"person": person.pk} if person.may("people.view") else None


def _somebody(person: Any) -> dict[str, Any] | None:
    found = (
        reads.people_within(person, "people.manage").exclude(pk=person.pk).first()
        if person.may("people.manage")
        else None
    )
    return {"person": found.pk, "what": "update"} if found else None


def _absence(person: Any) -> dict[str, Any] | None:
    found = Absence.objects.filter(person=person.pk, ended_at=None).first()
    return {"absence": found.pk} if found else None


def _passkey(person: Any) -> dict[str, Any] | None:
    found = Passkey.objects.filter(person=person.pk).first()
    return {"passkey": found.pk} if found else None


def _department(person: Any) -> dict[str, Any] | None:
    found = Department.objects.first() if person.may("people.manage") else None
    return {"department": found.pk} if found else None


page("people.sign-in", "sign-in/", signin.sign_in, label=Text("登录", "Sign in"), public=True)
page(
    "people.sign-in-code", "sign-in/code/", signin.code, label=Text("第二验证", "Second factor"), public=True
)
page(
    "people.sign-in-provider",
    "sign-in/provider/",
    provider.start,
    label=Text("单位账号登录", "Sign in by the company's account"),
    public=True,
    methods=READ,
)
page(
    "people.sign-in-provider-back",
    "sign-in/provider/back/",
    provider.back,
    label=Text("单位账号登录", "Sign in by the company's account"),
    public=True,
    methods=READ,
)
page(
    "people.passkey-ask",
    "sign-in/passkey/",
    passkeys.ask,
    label=Text("通行密钥", "Passkey"),
    public=True,
    methods=SEND,
)
page(
    "people.sign-in-password",
    "sign-in/password/",
    signin.new_password,
    label=Text("设置新密码", "Choose a password"),
    public=True,
)
page(
    "people.demo",
    "sign-in/demo/",
    signin.demo,
    label=Text("演示登录", "Demo sign-in"),
    public=True,
    methods=SEND,
)
page(
    "people.sign-out",
    "sign-out/",
    signin.sign_out,
    label=Text("退出登录", "Sign out"),
    public=True,
    methods=SEND,
)

page("people.me", "me/", account.me, label=Text("我的账号", "My account"), action="people.set_preferences")
page(
    "people.me-password",
    "me/password/",
    account.password,
    label=Text("修改密码", "Change password"),
    action="people.change_password",
)
page(
    "people.second-factor",
    "me/second-factor/",
    account.second_factor,
    label=Text("第二验证", "Second factor"),
    action="people.start_second_factor",
)
page(
    "people.link",
    "me/company-account/",
    provider.link,
    label=Text("单位账号", "Company account"),
    action="people.start_link",
)
page(
    "people.passkeys",
    "me/passkeys/",
    passkeys.mine,
    label=Text("通行密钥", "Passkeys"),
    action="people.start_passkey",
)
page(
    "people.passkey-remove",
    "me/passkeys/<int:passkey>/remove/",
    passkeys.remove,
    label=Text("删除通行密钥", "Remove a passkey"),
    sample=_passkey,
    action="people.remove_passkey",
)
page(
    "people.sessions",
    "me/sessions/",
    sessions.sessions,
    label=Text("登录与令牌", "Sessions and tokens"),
    methods=READ,
)
page(
    "people.session-end",
    "me/sessions/end/",
    sessions.end,
    label=Text("结束登录", "End sessions"),
    action="people.end_other_sessions",
)
page(
    "people.token",
    "me/sessions/token/",
    sessions.new_token,
    label=Text("新建接口令牌", "Make an API token"),
    action="people.make_token",
)
page(
    "people.away",
    "people/away/",
    absences.away,
    label=Text("外出与代理", "Absences"),
    nav=Nav(795, "calendar-days"),
    action="people.plan_absence",
)
page(
    "people.absence",
    "people/away/<int:absence>/",
    absences.change,
    label=Text("修改外出", "Change absence"),
    sample=_absence,
    action="people.change_absence",
)
page(
    "people.absence-end",
    "people/away/<int:absence>/end/",
    absences.end,
    label=Text("结束外出", "End absence"),
    sample=_absence,
    methods=SEND,
)
page(
    "people.list",
    "people/",
    people.people_list,
    label=Text("人员", "People"),
    permission="people.view",
    nav=Nav(800, "users"),
    methods=READ,
    lists=(people.People,),
)
page(
    "people.add",
    "people/add/",
    people.add,
    label=Text("新增人员", "Add person"),
    permission="people.manage",
    action="people.add",
)
page(
    "people.detail",
    "people/<int:person>/",
    people.detail,
    label=Text("人员", "Person"),
    permission="people.view",
    sample=_self,
    methods=READ,
)
page(
    "people.do",
    "people/<int:person>/<slug:what>/",
    people.doing,
    label=Text("办理", "Do"),
    permission="people.view",
    sample=_somebody,
)
page(
    "people.departments",
    "people/departments/",
    company.departments,
    label=Text("部门", "Departments"),
    permission="people.view",
    nav=Nav(810, "building-2"),
    methods=READ,
)
page(
    "people.department-add",
    "people/departments/add/",
    company.department_add,
    label=Text("新增部门", "Add department"),
    permission="people.manage",
    action="people.add_department",
)
page(
    "people.department",
    "people/departments/<int:department>/",
    company.department,
    label=Text("部门", "Department"),
    permission="people.manage",
    sample=_department,
    action="people.change_department",
)
page(
    "people.roles",
    "people/roles/",
    company.roles,
    label=Text("角色与权限", "Roles and permissions"),
    permission="people.audit",
    nav=Nav(820, "shield"),
    methods=READ,
)
page(
    "people.permission",
    "people/roles/permission/",
    company.permission,
    label=Text("调整权限", "Change permission set"),
    permission="people.grant_roles",
    action="people.set_permission",
)
page(
    "people.settings",
    "settings/",
    settings.company_settings,
    label=Text("公司设置", "Company settings"),
    permission="people.manage",
    nav=Nav(830, "settings"),
    action="people.change_setting",
)
page(
    "people.import",
    "people/import/",
    company.import_people,
    label=Text("导入人员", "Import people"),
    permission="people.manage",
    action="people.import",
)
page(
    "people.import-template",
    "people/import/template/",
    company.import_template,
    label=Text("下载模板", "Download template"),
    permission="people.manage",
    methods=READ,
)


def _find_people(person: Any, typed: str) -> list[Option]:
    found = reads.colleagues().filter(
        Q(name__icontains=typed) | Q(username__istartswith=typed) | Q(phone__startswith=typed)
    )
    return [
        Option(p.pk, p.name, p.department.name if p.department else "")
        for p in found.select_related("department")[:20]
    ]


def _person_name(person: Any, id: Any) -> str:
    return (
        Person.objects.filter(pk=id).values_list("name", flat=True).first() or ""
        if str(id).isdecimal()
        else ""
    )


def _find_departments(person: Any, typed: str) -> list[Option]:
    found = Department.objects.filter(name__icontains=typed, active=True).select_related("parent")
    return [Option(d.pk, d.name, d.parent.name if d.parent else "") for d in found[:20]]


def _department_name(person: Any, id: Any) -> str:
    return (
        Department.objects.filter(pk=id).values_list("name", flat=True).first() or ""
        if str(id).isdecimal()
        else ""
    )


picker("person", search=_find_people, label=_person_name)
picker("department", search=_find_departments, label=_department_name)
subject_kind(
    "person",
    Text("人员", "Person"),
    names=lambda person, ids: dict(reads.colleagues().filter(pk__in=ids).values_list("pk", "name")),
    url=lambda id: f"/people/{id}/",
)
subject_kind(
    "role_request",
    Text("授予角色", "Grant of a role"),
    names=lambda person, ids: dict(
        RoleRequest.objects.filter(
            pk__in=ids, person__in=reads.people_within(person, "people.view")
        ).values_list("pk", "person__name")
    ),
    url=lambda id: "/people/",
)
subject_kind(
    "absence",
    Text("外出", "Absence"),
    names=lambda person, ids: {
        a.pk: a.person.name for a in standing_in.concerning(person, reads.today()).filter(pk__in=ids)
    },
    url=lambda id: "/people/away/",
)
subject_kind(
    "department",
    Text("部门", "Department"),
    names=lambda person, ids: dict(Department.objects.filter(pk__in=ids).values_list("pk", "name")),
    url=lambda id: "/people/departments/",
)
