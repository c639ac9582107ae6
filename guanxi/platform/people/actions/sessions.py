"""A person's own sessions: noted when they begin, ended one by one or all others at once."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import ActionInput, Context, Invalid, NotFound, Text, action, ask

from .. import identity
from ..models import Person, Session
from ..sessions import sessions_of
from .common import Identity, OnPerson, Own


@action
class NoteSession(Own):
    """Keep that somebody signed in: when, from where, with or without the second factor."""

    name = "people.note_session"
    label = Text("记录登录", "Note a session")
    writes = ("session.began",)
    internal = True

    class Input(ActionInput):
        address: str = ask("地址", "Address", max_length=45)
        device: str = ask("设备", "Device", max_length=80)
        factor: bool = ask("已用第二验证", "With the second factor", widget="checkbox")
        how: str = ask("方式", "How", "password", max_length=20)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        ctx.emit(
            "session.began",
            subject=("person", subject.pk),
            data={"factor": data.factor, "how": data.how},
            texts={"address": data.address, "device": data.device},
        )
        return subject


@action
class EndSession(Own):
    """End one of your sessions at once, with your password or a code."""

    name = "people.end_session"
    label = Text("结束登录", "End a session")
    writes = ("session.ended",)

    class Input(Identity):
        session: str = ask("登录", "Session", widget="hidden", max_length=32)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        _confirmed(ctx, data, subject)
        rows = [row for row in sessions_of(subject, ctx.now) if row.ref == data.session]
        if not rows:
            raise NotFound("session", data.session)
        return _ended(ctx, subject, rows)


@action
class EndOtherSessions(Own):
    """End all your sessions but one at once, with your password or a code."""

    name = "people.end_other_sessions"
    label = Text("结束其他登录", "End all other sessions")
    writes = ("session.ended",)

    class Input(Identity):
        keep: str = ask("保留的登录", "Session to keep", "", widget="hidden", max_length=32)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        _confirmed(ctx, data, subject)
        return _ended(
            ctx,
            subject,
            [row for row in sessions_of(subject, ctx.now) if not data.keep or row.ref != data.keep],
        )


@action
class EndSessionsOf(OnPerson):
    """End all sessions of somebody else at once, when a device was lost; the password stays."""

    name = "people.end_sessions_of"
    label = Text("结束全部登录", "End all sessions")
    writes = ("session.ended",)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        if subject.pk == getattr(ctx.actor, "pk", None):
            raise Invalid.field(
                "person", "请在“我的账号”结束自己的登录", "End your own sessions under “My account”"
            )
        rows = sessions_of(subject, ctx.now)
        subject.sign_in_epoch += 1
        subject.save(update_fields=["sign_in_epoch"])
        return _ended(ctx, subject, rows)


def _confirmed(ctx: Context, data: Any, subject: Person) -> None:
    password, otp = data.password.get_secret_value(), data.otp.get_secret_value()
    identity.require_identity(subject, password=password, otp=otp, now=ctx.now)


def _ended(ctx: Context, subject: Person, rows: list[Session]) -> Person:
    Session.objects.filter(pk__in=[row.pk for row in rows]).delete()
    ctx.emit("session.ended", subject=("person", subject.pk), data={"count": len(rows)})
    return subject
