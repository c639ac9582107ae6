"""What the first two steps and the sheet of passwords ask; none of these is an action of the registry."""

from __future__ import annotations

from django import forms
from pydantic import field_validator, model_validator

from guanxi.platform.kernel import Action, ActionInput, Bad, Secret, Text, ask
from guanxi.platform.people.actions.persons import SignInName
from guanxi.platform.people.settings_registry import get_setting
from guanxi.platform.ui.forms import ActionForm, Asked
from guanxi.platform.ui.widgets import Username
from guanxi.settings.zone import known

from .zone import zone_choices

NEXT = Text("下一步", "Next")


def _languages() -> list[tuple[str, Text]]:
    declared = get_setting("company.language")
    return list(declared.choices) if declared else []


class AskCode(Action):
    """The set-up code."""

    name = "setup.code"
    label = NEXT
    permission = ""

    class Input(ActionInput):
        code: str = ask("设置码", "Set-up code", max_length=60)


class AskCompany(Action):
    """The company."""

    name = "setup.company"
    label = NEXT
    permission = ""

    class Input(ActionInput):
        company: str = ask("公司名称", "Company name", min_length=1, max_length=80)
        zone: str = ask(
            "时区",
            "Time zone",
            "",
            choices=zone_choices,
            hint=Text("期限和工作时间按此计算", "Deadlines and working time are counted in it"),
        )
        language: str = ask("语言", "Language", "zh-hans", choices=_languages, widget="radio")

        @field_validator("zone")
        @classmethod
        def _zone(cls, given: str) -> str:
            if given and not known(given):
                raise Bad("没有这个时区", "There is no such time zone")
            return given

        @field_validator("language")
        @classmethod
        def _language(cls, given: str) -> str:
            if given not in dict(_languages()):
                raise Bad("请从列出的选项中选择", "Please choose one of those listed")
            return given


class AskAdministrator(Action):
    """The first administrator."""

    name = "setup.administrator"
    label = NEXT
    permission = ""

    class Input(SignInName):
        name: str = ask("姓名", "Name", min_length=1, max_length=60)
        password: Secret = ask(
            "密码",
            "Password",
            widget="password",
            hint=Text("至少 10 个字符，不要太常见", "At least 10 characters, not a common one"),
        )
        again: Secret = ask("再输一次密码", "The password again", widget="password")

        @model_validator(mode="after")
        def _same(self) -> AskAdministrator.Input:
            if self.password.get_secret_value() != self.again.get_secret_value():
                raise Bad("两次输入的密码不一致", "The two passwords differ")
            return self


class FirstForm(ActionForm):
    """The name comes before the sign-in name, and the password is a new one."""

    def _widget(self, asked: Asked) -> forms.Widget:
        if asked.name == "username":
            return Username()
        made = super()._widget(asked)
        if asked.widget == "password":
            made.attrs["autocomplete"] = "new-password"
        return made
