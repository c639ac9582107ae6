"""What several actions on people share."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from guanxi.platform.kernel import Action, ActionInput, Context, Secret, ask

from .. import reads
from ..models import Person
from ..rights import EVERYBODY


class OfPerson(ActionInput):
    person: int = ask("人员", "Person", widget="hidden", of="person")


class Identity(ActionInput):
    """Asked for where it has to be certain that it is this person."""

    password: Secret = ask("密码", "Password", SecretStr(""), widget="password")
    otp: Secret = ask("或验证码", "Or a code of your app", SecretStr(""), widget="otp")


class OnPerson(Action):
    """On somebody within the reach of the actor's right."""

    permission = "people.manage"
    subject = "person"
    Input = OfPerson

    def load(self, ctx: Context, data: Any) -> Person:
        return reads.person_within(ctx.actor, self.permission, data.person)


class Own(Action):
    """On oneself; everybody may."""

    permission = EVERYBODY
    subject = "person"

    def load(self, ctx: Context, data: Any) -> Person:
        return Person.objects.get(pk=ctx.actor.pk)


def forget(ctx: Context, person: Person) -> None:
    """Rights are read once per object: after a change, of the person and of the actor, who may be the same."""
    person.forget_rights()
    if isinstance(ctx.actor, Person):
        ctx.actor.forget_rights()
