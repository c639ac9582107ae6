"""The way in: passwords, locks, and what each person chooses for themselves."""

from __future__ import annotations

from typing import Any, Literal

from axes.utils import reset as reset_axes

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Forbidden,
    Invalid,
    NotFound,
    Secret,
    Text,
    action,
    ask,
)

from .. import holds, identity
from ..models import Person
from ..settings_registry import LANGUAGES
from .common import OnPerson, Own

THEMES = [
    ("auto", Text("跟随设备", "As the device")),
    ("light", Text("浅色", "Light")),
    ("dark", Text("深色", "Dark")),
]


@action
class ResetPassword(OnPerson):
    """Give somebody a one-time password, shown once; they choose their own at the next sign-in."""

    name = "people.reset_password"
    label = Text("重置密码", "Reset password")
    writes = ("password.reset", "person.held")

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if not subject.is_active:
            raise Invalid.field("person", "此人已停用", "They are deactivated")
        if subject.pk == getattr(ctx.actor, "pk", None):
            raise Invalid.field(
                "person", "请在“我的账号”修改自己的密码", "Change your own password under “My account”"
            )
        theirs = holds.chose_their_own(subject, ctx.now)
        shown = identity.give_one_time_password(subject, ctx.now)
        subject.save(update_fields=identity.PASSWORD_FIELDS)
        reset_axes(username=subject.username)
        subject.one_time_password = shown  # type: ignore[attr-defined]
        ctx.emit("password.reset", subject=("person", subject.pk))
        if theirs:
            holds.begin(ctx, subject, "password")
        return subject


@action
class ConfirmReset(OnPerson):
    """Confirm, after asking the person, that an account whose password or second factor was reset is still theirs."""

    name = "people.confirm_reset"
    label = Text("确认重置", "Confirm reset")
    permission = "people.view"
    writes = ("reset.confirmed",)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if not holds.may_confirm(ctx.actor, subject, ctx.now):
            words = Text(
                "只有审计员或另一位总经理可以确认；本人、重置的人和自己待确认的人不能",
                "Only an auditor or another general manager can confirm it; not the person, nor who reset it, nor "
                "whoever waits for a confirmation themselves",
            )
            raise Forbidden(self.permission, text=words)
        if not holds.held(subject, ctx.now):
            raise Conflict(Text("没有待确认的重置", "There is no reset to confirm"))
        subject.held_until = subject.held_by = None
        subject.save(update_fields=["held_until", "held_by"])
        ctx.emit("reset.confirmed", subject=("person", subject.pk))
        return subject


@action
class Unlock(OnPerson):
    """Lift the lock that too many wrong passwords put on a sign-in."""

    name = "people.unlock"
    label = Text("解除锁定", "Unlock")
    writes = ("sign_in.unlocked",)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        reset_axes(username=subject.username)
        ctx.emit("sign_in.unlocked", subject=("person", subject.pk))
        return subject


@action
class NoteLock(Action):
    """Keep that a sign-in was locked after too many wrong passwords."""

    name = "people.note_lock"
    label = Text("记录登录锁定", "Note a lock")
    permission = "people.manage"
    writes = ("sign_in.locked",)
    subject = "person"
    by_system = True
    internal = True

    class Input(ActionInput):
        username: str = ask("登录名", "Sign-in name", max_length=254)

    def load(self, ctx: Context, data: Any) -> Person:
        found = Person.objects.filter(username__iexact=data.username).first()
        if found is None:
            raise NotFound("person", data.username)
        return found

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        ctx.emit("sign_in.locked", subject=("person", subject.pk))
        return subject


class NewPassword(ActionInput):
    new: Secret = ask(
        "新密码",
        "New password",
        widget="password",
        hint=Text("至少 10 个字符，不要太常见", "At least 10 characters, not a common one"),
    )
    again: Secret = ask("再输一次新密码", "The new one again", widget="password")


@action
class ChangePassword(Own):
    """Choose a new password, with the old one. Ends one's other sessions."""

    name = "people.change_password"
    label = Text("修改密码", "Change password")
    writes = ("password.changed",)

    class Input(NewPassword):
        old: Secret = ask("现在的密码", "Present password", widget="password")

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if not identity.confirm_identity(subject, password=data.old.get_secret_value(), now=ctx.now):
            raise identity.IdentityNotConfirmed(
                "old", Text("现在的密码不正确", "The present password is not right")
            )
        return _take_password(ctx, subject, data)


@action
class ChoosePassword(Own):
    """Choose one's own password in place of a one-time one, while signing in with it."""

    name = "people.choose_password"
    label = Text("设置新密码", "Choose a password")
    writes = ("password.changed",)
    internal = True
    Input = NewPassword

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if not subject.must_change_password:
            raise Invalid({"": [Text("请用“修改密码”", "Use “Change password”")]})
        return _take_password(ctx, subject, data)


def _take_password(ctx: Context, subject: Person, data: Any) -> Person:
    new = data.new.get_secret_value()
    if new != data.again.get_secret_value():
        raise Invalid.field("again", "两次输入不一致", "The two differ")
    if subject.check_password(new):
        raise Invalid.field(
            "new", "新密码须与现在的不同", "The new password must differ from the present one"
        )
    identity.check_new_password(subject, new)
    identity.set_own_password(subject, new)
    subject.save(update_fields=identity.PASSWORD_FIELDS)
    ctx.emit("password.changed", subject=("person", subject.pk))
    return subject


@action
class SetPreferences(Own):
    """Choose language and theme."""

    name = "people.set_preferences"
    label = Text("修改偏好", "Set preferences")
    writes = ("preferences.changed",)

    class Input(ActionInput):
        language: Literal["zh-hans", "en"] = ask("语言", "Language", widget="radio", choices=LANGUAGES)
        theme: Literal["auto", "light", "dark"] = ask("外观", "Theme", "auto", widget="radio", choices=THEMES)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if (subject.language, subject.theme) == (data.language, data.theme):
            return subject
        subject.language, subject.theme = data.language, data.theme
        subject.save(update_fields=["language", "theme"])
        ctx.emit(
            "preferences.changed",
            subject=("person", subject.pk),
            data={"language": data.language, "theme": data.theme},
        )
        return subject
