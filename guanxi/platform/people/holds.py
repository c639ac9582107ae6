"""After somebody else set a person's password or second factor anew: nothing is decided in that person's name until it
is confirmed that the account is still theirs. See docs/decisions/0009.

A hold ends when an auditor or another general manager confirms it, or by itself after a day: no company locks itself
out. It concerns whoever had chosen a password of their own; a one-time password given again opens nothing new.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from guanxi.platform.kernel import Context, Forbidden, Text, system_clock
from guanxi.platform.ui.dates import exact

from .models import Person
from .rights import EVERYBODY

HOLD = timedelta(hours=24)
CONFIRMERS = ("auditor", "general_manager")


def held(person: Person, now: datetime | None = None) -> bool:
    """Whether nothing may be decided in this person's name at present."""
    return person.held_until is not None and (now or system_clock()) < person.held_until


def chose_their_own(person: Person, now: datetime) -> bool:
    """Whether the account has a password that nobody else ever saw, or is held since one was taken away."""
    return held(person, now) or (person.has_usable_password() and not person.must_change_password)


def agrees(actor: Any, now: datetime | None = None) -> bool:
    """Whether the actor speaks as general manager: then nobody else's agreement is needed."""
    return isinstance(actor, Person) and actor.has_role("general_manager") and not held(actor, now)


def begin(ctx: Context, person: Person, what: str) -> None:
    """Hold a person's name from now on. what: 'password' or 'second_factor'."""
    if agrees(ctx.actor, ctx.now):
        return
    person.held_until, person.held_by = ctx.now + HOLD, ctx.actor
    person.save(update_fields=["held_until", "held_by"])
    ctx.emit(
        "person.held",
        subject=("person", person.pk),
        data={"until": person.held_until.isoformat(), "what": what},
    )


def may_confirm(actor: Any, person: Person, now: datetime | None = None) -> bool:
    """Whether the actor may confirm this reset: an auditor or general manager who has no part in it."""
    return (
        isinstance(actor, Person)
        and actor.has_role(*CONFIRMERS)
        and actor.pk not in (person.pk, person.held_by_id)
        and not held(actor, now)
    )


def refuse_held(now: datetime, actor: Person, principal: Person) -> None:
    """Forbidden where the one who decides, or the one in whose name it is, is held."""
    for person in (actor, principal):
        if held(person, now):
            raise Forbidden(EVERYBODY, text=hold_words(person, actor))


def hold_words(person: Person, reader: Any) -> Text:
    """What a hold means and who ends it, as `reader` reads it."""
    own = person.pk == reader.pk
    by = person.held_by.name if person.held_by else ""
    until = exact(person.held_until) if person.held_until else Text("", "")
    return Text(
        f"{'您' if own else person.name}的密码或第二验证由{by or '他人'}重置，确认前不能审批，别人也不能代为审批；"
        f"可由审计员或另一位总经理确认，否则 {until.zh} 起自动恢复",
        f"{by or 'Somebody else'} reset {'your' if own else person.name + '’s'} password or second factor: nothing is "
        f"decided in {'your' if own else 'their'} name until an auditor or another general manager confirms it, or "
        f"until {until.en}",
    )
