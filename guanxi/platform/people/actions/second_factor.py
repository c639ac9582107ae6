"""The second factor: an authenticator app (TOTP, RFC 6238) and recovery codes. Passkeys: passkeys.py."""

from __future__ import annotations

from typing import Any

from django_otp.plugins.otp_totp.models import TOTPDevice

from guanxi.platform.kernel import ActionInput, Context, Invalid, Secret, Text, action, ask

from .. import holds, identity
from ..models import Person
from .common import OnPerson, Own


class WithPassword(ActionInput):
    password: Secret = ask("密码", "Password", widget="password")


def _with_password(ctx: Context, data: Any, subject: Person) -> None:
    password = data.password.get_secret_value()
    if not identity.confirm_identity(subject, password=password, now=ctx.now):
        raise identity.IdentityNotConfirmed("password", Text("密码不正确", "The password is not right"))


@action
class Start(Own):
    """Begin to set up an authenticator app: makes the secret that the app scans. Nothing changes until confirmed."""

    name = "people.start_second_factor"
    label = Text("设置第二验证", "Set up second factor")
    Input = WithPassword

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        _with_password(ctx, data, subject)
        if identity.second_factor(subject) is not None:
            raise Invalid(
                {"": [Text("已有验证器应用，请先关闭", "There is an app already; switch it off first")]}
            )
        TOTPDevice.objects.filter(user_id=subject.pk, confirmed=False).delete()
        TOTPDevice.objects.create(user_id=subject.pk, name="app", confirmed=False)
        return subject


@action
class Enrol(Own):
    """Confirm the app by its first code; recovery codes are shown once. Ends one's other sessions."""

    name = "people.enrol_second_factor"
    label = Text("启用第二验证", "Enrol second factor")
    writes = ("second_factor.enrolled",)

    class Input(ActionInput):
        otp: str = ask("应用显示的 6 位数字", "The app's 6 digits", max_length=12)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        device = identity.unconfirmed_factor(subject)
        if device is None:
            raise Invalid({"": [Text("请重新开始设置", "Please start again")]})
        if not device.verify_token(data.otp.replace(" ", "")):
            raise Invalid.field(
                "otp", "数字不对；请检查手机的时间", "These are not the right digits; check the phone's clock"
            )
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        end_sessions(subject)
        subject.recovery_codes_shown = identity.new_recovery_codes(subject)  # type: ignore[attr-defined]
        ctx.emit("second_factor.enrolled", subject=("person", subject.pk))
        return subject


@action
class NewCodes(Own):
    """Make new recovery codes, shown once; the earlier ones end."""

    name = "people.new_recovery_codes"
    label = Text("重新生成恢复码", "New recovery codes")
    writes = ("second_factor.codes_made",)
    Input = WithPassword

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        _with_password(ctx, data, subject)
        if not identity.has_second_factor(subject):
            raise Invalid({"": [Text("尚未启用第二验证", "No second factor is set up")]})
        subject.recovery_codes_shown = identity.new_recovery_codes(subject)  # type: ignore[attr-defined]
        ctx.emit("second_factor.codes_made", subject=("person", subject.pk))
        return subject


@action
class Remove(Own):
    """Switch one's authenticator app off, with the password. Ends one's other sessions; passkeys stay."""

    name = "people.remove_second_factor"
    label = Text("关闭第二验证", "Switch second factor off")
    writes = ("second_factor.removed",)
    Input = WithPassword

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        _with_password(ctx, data, subject)
        end_sessions(subject)
        return _removed(ctx, subject, identity.drop_app(subject))


@action
class Reset(OnPerson):
    """Take away app, passkeys and codes of somebody who lost them; ends their sessions."""

    name = "people.reset_second_factor"
    label = Text("重置第二验证", "Reset second factor")
    writes = ("second_factor.removed", "person.held")

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if subject.pk == getattr(ctx.actor, "pk", None):
            raise Invalid.field("person", "请在“我的账号”关闭", "Switch your own off under “My account”")
        end_sessions(subject)
        _removed(ctx, subject, identity.drop_second_factor(subject))
        holds.begin(ctx, subject, "second_factor")
        return subject


def end_sessions(subject: Person) -> None:
    """What was signed in otherwise than from now on is over; the page on which one did it keeps its own session."""
    subject.sign_in_epoch += 1
    subject.save(update_fields=["sign_in_epoch"])


def _removed(ctx: Context, subject: Person, had: bool) -> Person:
    if not had:
        raise Invalid({"": [Text("尚未启用第二验证", "No second factor is set up")]})
    ctx.emit("second_factor.removed", subject=("person", subject.pk))
    return subject
