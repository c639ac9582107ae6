"""Linking one's account at the company's provider, and parting from it."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import ActionInput, Conflict, Context, Invalid, Text, action, ask

from .. import identity
from ..models import Link, Person
from .common import Identity, OfPerson, OnPerson, Own
from .second_factor import end_sessions


@action
class StartLink(Own):
    """Show who one is before one links one's account at the company's provider. Nothing changes yet."""

    name = "people.start_link"
    label = Text("关联单位账号", "Link the company account")
    Input = Identity

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        _confirmed(ctx, data, subject)
        return subject


@action
class KeepLink(Own):
    """Link the account that has just signed in at the company's provider."""

    name = "people.link_account"
    label = Text("关联单位账号", "Link the company account")
    writes = ("account.linked",)
    internal = True

    class Input(ActionInput):
        issuer: str = ask("登录服务", "Provider", max_length=300)
        subject: str = ask("账号", "Account", max_length=255)

    def run(self, ctx: Context, data: Any, subject: Person) -> Link:
        taken = Link.objects.filter(issuer=data.issuer, subject=data.subject).first()
        if taken is not None and taken.person_id == subject.pk:
            return taken
        if taken is not None:
            raise Conflict(Text("这个单位账号已关联他人", "This account is linked to somebody else"))
        Link.objects.filter(person=subject, issuer=data.issuer).delete()
        row = Link.objects.create(person=subject, issuer=data.issuer, subject=data.subject, at=ctx.now)
        ctx.emit("account.linked", subject=("person", subject.pk), texts={"account": data.subject})
        return row


@action
class Unlink(Own):
    """Part from one's account at the company's provider: it opens nothing here any more."""

    name = "people.unlink_account"
    label = Text("取消关联单位账号", "Unlink the company account")
    writes = ("account.unlinked",)

    class Input(Identity):
        issuer: str = ask("登录服务", "Provider", widget="hidden", max_length=300)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        _confirmed(ctx, data, subject)
        rows = Link.objects.filter(person=subject)
        if not identity.comes_in_alone(subject) and not rows.exclude(issuer=data.issuer).exists():
            raise Conflict(
                Text(
                    "取消后您就没有登录的办法了：请先设置密码或通行密钥",
                    "You would have no way to sign in: set a password or a passkey first",
                )
            )
        _parted(ctx, subject, rows.filter(issuer=data.issuer))
        return subject


@action
class UnlinkOf(OnPerson):
    """Part somebody else from their account at the company's provider, in WeCom or in DingTalk; ends their sessions."""

    name = "people.unlink_account_of"
    label = Text("解除单位账号", "Unlink their company account")
    writes = ("account.unlinked",)

    class Input(OfPerson):
        issuer: str = ask("哪个账号", "Which account", "", max_length=300, widget="select")
        reason: str = ask("原因", "Reason", min_length=1, max_length=200)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if subject.pk == getattr(ctx.actor, "pk", None):
            raise Invalid.field(
                "person", "请在“我的账号”取消自己的关联", "Unlink your own account under “My account”"
            )
        rows = Link.objects.filter(person=subject)
        _parted(ctx, subject, rows.filter(issuer=data.issuer) if data.issuer else rows, reason=data.reason)
        end_sessions(subject)
        return subject


def _parted(ctx: Context, subject: Person, rows: Any, *, reason: str = "") -> None:
    """These accounts open nothing here any more; a fact for each."""
    gone = list(rows.order_by("pk"))
    if not gone:
        raise Conflict(Text("没有关联单位账号", "No account is linked"))
    for row in gone:
        ctx.emit(
            "account.unlinked",
            subject=("person", subject.pk),
            texts={"account": row.subject, "issuer": row.issuer, "reason": reason},
        )
        row.delete()


def _confirmed(ctx: Context, data: Any, subject: Person) -> None:
    password, otp = data.password.get_secret_value(), data.otp.get_secret_value()
    identity.require_identity(subject, password=password, otp=otp, now=ctx.now)
