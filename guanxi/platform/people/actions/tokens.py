"""Tokens for the API: made and ended by their owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from guanxi.platform.kernel import Action, ActionInput, Conflict, Context, NotFound, Text, action, ask

from .. import identity
from ..models import ApiToken
from ..rights import EVERYBODY
from ..tokens import new_token
from .common import Identity

MOST = 10


@dataclass(frozen=True, slots=True)
class Made:
    """A new token. `plain` is shown once and kept nowhere."""

    pk: int
    plain: str


@action
class MakeToken(Action):
    """Make a token with which your own programs may act for you through the API, with your password or a code."""

    name = "people.make_token"
    label = Text("新建接口令牌", "Make an API token")
    permission = EVERYBODY
    writes = ("token.made",)
    subject = "token"

    class Input(Identity):
        label: str = ask("用途", "What it is for", min_length=1, max_length=60)

    def run(self, ctx: Context, data: Any, subject: Any) -> Made:
        password, otp = data.password.get_secret_value(), data.otp.get_secret_value()
        identity.require_identity(ctx.actor, password=password, otp=otp, now=ctx.now)
        if ApiToken.objects.filter(person=ctx.actor, ended_at=None).count() >= MOST:
            raise Conflict(Text(f"最多 {MOST} 个令牌", f"At most {MOST} tokens"))
        plain, kept = new_token()
        row = ApiToken.objects.create(person=ctx.actor, label=data.label, hash=kept, made_at=ctx.now)
        ctx.emit("token.made", subject=("token", row.pk), data={"person": str(ctx.actor.pk)})
        return Made(row.pk, plain)


@action
class EndToken(Action):
    """End one of your tokens at once."""

    name = "people.end_token"
    label = Text("停用接口令牌", "End an API token")
    permission = EVERYBODY
    writes = ("token.ended",)
    subject = "token"

    class Input(ActionInput):
        token: int = ask("令牌", "Token", of="token", widget="hidden")

    def load(self, ctx: Context, data: Any) -> ApiToken:
        found = ApiToken.objects.filter(pk=data.token, person=ctx.actor, ended_at=None).first()
        if found is None:
            raise NotFound("token", data.token)
        return found

    def run(self, ctx: Context, data: Any, token: ApiToken) -> ApiToken:
        token.ended_at = ctx.now
        token.save(update_fields=["ended_at"])
        ctx.emit("token.ended", subject=("token", token.pk), data={"person": str(token.person_id)})
        return token
