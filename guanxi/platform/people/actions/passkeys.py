"""A person's own passkeys: added after showing who they are, removed the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guanxi.platform.kernel import (
    ActionInput,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Secret,
    Text,
    action,
    ask,
)

from .. import identity, passkeys
from ..models import Passkey, Person
from .common import Identity, Own
from .second_factor import end_sessions

MOST = 10


@dataclass(frozen=True, slots=True)
class Added:
    """A new passkey. codes: recovery codes, where there were none before; shown once."""

    pk: int
    codes: tuple[str, ...] = ()


@action
class Start(Own):
    """Show who one is before one adds a passkey. Nothing changes yet; the page then offers what the device signs."""

    name = "people.start_passkey"
    label = Text("新增通行密钥", "Add a passkey")
    Input = Identity

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        _confirmed(ctx, data, subject)
        if subject.passkeys.count() >= MOST:
            raise Conflict(Text(f"最多 {MOST} 个通行密钥", f"At most {MOST} passkeys"))
        return subject


@action
class Add(Own):
    """Add the passkey that a device has just made. Ends one's other sessions."""

    name = "people.add_passkey"
    label = Text("保存通行密钥", "Keep the passkey")
    writes = ("passkey.added",)

    class Input(ActionInput):
        name: str = ask(
            "名称",
            "Name",
            "",
            max_length=60,
            hint=Text("按它所在的设备起名", "After the device that it is on"),
        )
        answer: Secret = ask("设备的答复", "The device's answer", widget="hidden")

    def run(self, ctx: Context, data: Any, subject: Person) -> Added:
        try:
            signed = passkeys.made(data.answer.get_secret_value(), subject, ctx.now)
        except passkeys.NotThisPasskey:
            raise Invalid(
                {
                    "": [
                        Text(
                            "没有得到可用的通行密钥，请重新开始", "No passkey came of it; please start again"
                        )
                    ]
                }
            ) from None
        if Passkey.objects.filter(credential=signed.credential).exists():
            raise Conflict(Text("这个通行密钥已经在用", "This passkey is in use already"))
        first = not identity.has_second_factor(subject)
        row = Passkey.objects.create(
            person=subject,
            name=data.name or str(Text("通行密钥", "Passkey")),
            credential=signed.credential,
            public_key=signed.public_key,
            handle=signed.handle,
            sign_count=signed.sign_count,
            backed_up=signed.backed_up,
            made_at=ctx.now,
        )
        end_sessions(subject)
        ctx.emit("passkey.added", subject=("person", subject.pk), texts={"name": row.name})
        return Added(row.pk, tuple(identity.new_recovery_codes(subject)) if first else ())


@action
class Remove(Own):
    """Remove one of one's passkeys, with password or code. Ends one's other sessions."""

    name = "people.remove_passkey"
    label = Text("删除通行密钥", "Remove a passkey")
    writes = ("passkey.removed",)

    class Input(Identity):
        passkey: int = ask("通行密钥", "Passkey", of="passkey", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Person:
        if not Passkey.objects.filter(pk=data.passkey, person=ctx.actor.pk).exists():
            raise NotFound("passkey", data.passkey)
        return super().load(ctx, data)

    def run(self, ctx: Context, data: Any, subject: Person) -> Person:
        _confirmed(ctx, data, subject)
        row = Passkey.objects.get(pk=data.passkey, person=subject)
        name = row.name
        row.delete()
        identity.drop_idle_codes(subject)
        end_sessions(subject)
        ctx.emit("passkey.removed", subject=("person", subject.pk), texts={"name": name})
        return subject


def _confirmed(ctx: Context, data: Any, subject: Person) -> None:
    password, otp = data.password.get_secret_value(), data.otp.get_secret_value()
    identity.require_identity(subject, password=password, otp=otp, now=ctx.now)
