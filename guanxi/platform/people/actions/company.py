"""The company's settings, and the first people of a new installation."""

from __future__ import annotations

import json
from typing import Any

from pydantic import field_validator, model_validator

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Bad,
    Context,
    Forbidden,
    Invalid,
    Secret,
    Text,
    action,
    ask,
)

from .. import identity
from ..models import Person, Setting
from ..rights import SYSTEM, who_may
from ..settings_registry import SYSTEM_ONLY, Declared, Unfit, fitting, get_setting
from .persons import USERNAME, SignInName


@action
class ChangeSetting(Action):
    """Change one company-wide setting."""

    name = "people.change_setting"
    label = Text("修改设置", "Change setting")
    permission = "people.manage"
    writes = ("setting.changed",)
    subject = "setting"
    by_system = True

    class Input(ActionInput):
        key: str = ask("设置", "Setting", widget="hidden", max_length=60)
        value: str = ask("值", "Value", "", max_length=4000)

    def load(self, ctx: Context, data: Any) -> Setting:
        declared = _declared(data.key)
        if ctx.actor is not SYSTEM and (declared.by == SYSTEM_ONLY or not ctx.actor.may(declared.by)):
            raise Forbidden(declared.by, who=who_may(declared.by))
        return Setting.objects.filter(key=data.key).first() or Setting(key=data.key, value=declared.default)

    def run(self, ctx: Context, data: Any, subject: Setting) -> Setting:
        try:
            value = fitting(_declared(data.key), data.value)
        except Unfit as wrong:
            raise Invalid({"value": [wrong.text]}) from None
        before = subject.value
        if value == before:
            return subject
        subject.value, subject.changed_at = value, ctx.now
        subject.save()
        ctx.emit(
            "setting.changed",
            subject=("setting", subject.pk),
            data={
                "key": subject.key,
                "value": json.dumps(value, ensure_ascii=False),
                "before": json.dumps(before, ensure_ascii=False),
            },
        )
        return subject


class OneSetting(ActionInput):
    """A setting and what it is to be."""

    key: str = ask("设置", "Setting", max_length=60)
    value: str = ask("值", "Value", "", max_length=4000)


@action
class ChangeSettings(Action):
    """Change several company-wide settings at once: all of them, or none where one does not fit."""

    name = "people.change_settings"
    label = Text("修改多项设置", "Change several settings")
    permission = "people.manage"
    writes = ("setting.changed",)

    class Input(ActionInput):
        settings: list[OneSetting] = ask("设置", "Settings", min_length=1, max_length=60)

    def run(self, ctx: Context, data: Any, subject: Any) -> int:
        """How many were given; what stays as it is becomes no fact."""
        wrong: dict[str, list[Text]] = {}
        for number, given in enumerate(data.settings):
            try:
                ctx.act("people.change_setting", {"key": given.key, "value": given.value})
            except Invalid as invalid:  # all that is wrong is told at once
                wrong |= {f"settings.{number}.{name}": list(said) for name, said in invalid.errors.items()}
        if wrong:
            raise Invalid(wrong)
        return len(data.settings)


@action
class FirstAdministrator(Action):
    """Name the company, its administrator and its general manager, in an installation where nobody is yet."""

    name = "people.first_administrator"
    label = Text("建立公司", "Set up the company")
    permission = "people.manage"
    writes = (
        "department.added",
        "department.changed",
        "person.added",
        "role.granted",
        "password.reset",
        "setting.changed",
    )
    subject = "person"
    by_system = True
    internal = True

    class Input(SignInName):
        company: str = ask("公司名称", "Company name", min_length=1, max_length=80)
        name: str = ask("管理员姓名", "Administrator's name", min_length=1, max_length=60)
        password: Secret = ask("密码", "Password", widget="password")
        manager_name: str = ask("总经理姓名", "General manager's name", "", max_length=60)
        manager_username: str = ask(
            "总经理登录名",
            "General manager's sign-in name",
            "",
            max_length=60,
            hint=Text("留空表示管理员兼任总经理", "Left empty, the administrator is general manager too"),
        )
        manager_later: bool = ask(
            "总经理以后指定", "The general manager is named later", False, widget="checkbox"
        )

        @model_validator(mode="after")
        def _both_or_neither(self) -> FirstAdministrator.Input:
            if bool(self.manager_name) != bool(self.manager_username):
                raise Bad(
                    "总经理的姓名和登录名须同时填写", "Give both name and sign-in name of the general manager"
                )
            if self.manager_username == self.username:
                raise Bad("两人的登录名须不同", "The two need different sign-in names")
            return self

        @field_validator("manager_username")
        @classmethod
        def _manager(cls, given: str) -> str:
            given = given.lower()
            if given and not USERNAME.fullmatch(given):
                raise Bad("只能用字母、数字和 . _ @ + -", "Only letters, digits and . _ @ + -")
            return given

    def run(self, ctx: Context, data: Any, subject: Any) -> Person:
        if ctx.actor is not SYSTEM:
            raise Forbidden(self.permission)
        if Person.objects.exists():
            raise Invalid({"": [Text("公司已经建立", "The company is set up already")]})
        company = ctx.act("people.add_department", {"name": data.company})
        made: Person = ctx.act(
            "people.add",
            {
                "username": data.username,
                "name": data.name,
                "department": company.pk,
                "roles": ["administrator"]
                if data.manager_username or data.manager_later
                else ["administrator", "general_manager"],
                "one_time_password": False,
            },
        )
        password = data.password.get_secret_value()
        identity.check_new_password(made, password, "password")
        identity.set_own_password(made, password)
        made.save(update_fields=identity.PASSWORD_FIELDS)
        head = made
        if data.manager_username:
            head = ctx.act(
                "people.add",
                {
                    "username": data.manager_username,
                    "name": data.manager_name,
                    "department": company.pk,
                    "roles": ["general_manager"],
                },
            )
        made.general_manager = None if data.manager_later else head  # type: ignore[attr-defined]
        company.head = made.general_manager  # type: ignore[attr-defined]
        company.save(update_fields=["head"])
        ctx.emit(
            "department.changed",
            subject=("department", company.pk),
            data={"parent": None, "head": None if data.manager_later else str(head.pk), "active": True},
            texts={"name": company.name},
        )
        ctx.act("people.change_setting", {"key": "company.name", "value": data.company})
        return made


def _declared(key: str) -> Declared:
    found = get_setting(key)
    if found is None:
        raise Invalid.field("key", "没有这项设置", "There is no such setting")
    return found
