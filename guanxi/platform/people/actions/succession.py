"""Somebody left and handed everything over: whatever is still theirs is the successor's from then on.

No actions of their own: the hand-over, and bringing somebody back, do this as one of their steps.
"""

from __future__ import annotations

from guanxi.platform.kernel import Context

from .. import standing_in
from ..models import Person
from .absences import end


def succeed(ctx: Context, giver: Person, taker: Person) -> None:
    """`taker` stands in for `giver` from now on, without end. A running absence of the giver is over with it."""
    for absence in standing_in.open_absences(giver.pk):
        end(ctx, absence, successor=taker)
    giver.successor = taker
    giver.save(update_fields=["successor"])
    ctx.emit("person.succeeded", subject=("person", giver.pk), data={"deputy": str(taker.pk)})
    taker.forget_rights()


def back(ctx: Context, person: Person) -> None:
    """Somebody who left is here again: nobody succeeds them any more."""
    if person.successor_id is None:
        return
    person.successor = None
    person.save(update_fields=["successor"])
    ctx.emit("person.succeeded", subject=("person", person.pk), data={"deputy": None})
