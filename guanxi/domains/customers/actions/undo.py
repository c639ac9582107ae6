"""Undo: within ten minutes a correcting fact takes the last one back, unless somebody built on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    all_kinds,
    ask,
)

from .. import reads
from ..models import Contact, Need, Promise
from .changes import people_changed
from .consents import put_back, rows_back
from .contacts import main_again
from .employment import employment_back, move_back
from .objections import answer_back

UNDO_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Way:
    """How a kind of fact is taken back. back(ctx, fact): puts the rows right. alone: nothing can build on it. reached(ctx,
    fact): raises where the actor does not reach it, where that is not said by its customer."""

    back: Callable[[Context, Fact], None]
    alone: bool = False
    reached: Callable[[Context, Fact], Any] | None = None


def _id(fact: Fact) -> int:
    return int(fact.subject_id or 0)


def _promise_open(ctx: Context, fact: Fact) -> None:
    Promise.objects.filter(pk=_id(fact)).update(state=Promise.OPEN, kept_at=None, ended_at=None, told=False)


def _promise_back(ctx: Context, fact: Fact) -> None:
    Promise.objects.filter(pk=_id(fact)).update(due=parse_datetime(fact.data["before"]))


def _need_open(ctx: Context, fact: Fact) -> None:
    confirmed = last_before(fact, "need.confirmed")
    Need.objects.filter(pk=_id(fact)).update(
        state=Need.CONFIRMED if confirmed else Need.OPEN,
        confirmed_at=confirmed.happened_at if confirmed else None,
        closed_at=None,
        outcome="",
    )


def _contact_back(ctx: Context, fact: Fact) -> None:
    contact = Contact.objects.select_related("customer").get(pk=_id(fact))
    contact.active = True
    contact.left_on = None
    contact.primary = main_again(contact, fact.seq)
    contact.version += 1
    contact.save()
    people_changed(ctx, contact.customer)


def consent_back(fact: Fact) -> None:
    """What was said of each way before the fact said something else."""
    body = fact.words.body if hasattr(fact, "words") else {}
    if "before" in body:
        rows_back(_id(fact), fact.data["channels"], body["before"])
        return
    for channel in fact.data["channels"]:  # recorded before facts said what stood there
        put_back(_id(fact), channel, last_before(fact, fact.kind, channel=channel))


def _nothing(ctx: Context, fact: Fact) -> None:
    """A note has no row but its fact."""


def last_before(fact: Fact, kind: str, *, channel: str = "") -> Fact | None:
    """The newest earlier fact of a kind about the same subject that still stands; about a channel, where one is named."""
    earlier = Fact.objects.filter(
        subject_kind=fact.subject_kind, subject_id=fact.subject_id, seq__lt=fact.seq
    ).order_by("-seq")[:100]
    fits = (f for f in _standing(list(earlier)) if f.kind == kind)
    return next((f for f in fits if not channel or channel in f.data["channels"]), None)


def _standing(facts: list[Fact]) -> list[Fact]:
    """Those of them that no other of them annuls, annulments left out."""
    gone = {f.data["fact"] for f in facts if f.kind == "journal.annulled"}
    return [f for f in facts if f.seq not in gone and f.kind != "journal.annulled"]


def built_on(fact: Fact, way: Way) -> bool:
    """Whether it was undone already, or something that still stands was recorded about the same subject since.

    What the engine says of it (obligations, reminders) does not count: the engine follows the annulment.
    """
    own = {name for name, kind in all_kinds().items() if kind.subject == fact.subject_kind}
    later = list(
        Fact.objects.filter(
            subject_kind=fact.subject_kind,
            subject_id=fact.subject_id,
            seq__gt=fact.seq,
            kind__in=[*own, "journal.annulled"],
        ).order_by("seq")[:200]
    )
    if any(f.kind == "journal.annulled" and f.data["fact"] == fact.seq for f in later):
        return True
    return not way.alone and bool(_standing(later))


def _address_gone(ctx: Context, fact: Fact) -> None:
    from .addresses import add_back

    add_back(ctx, fact)


def _address_back(ctx: Context, fact: Fact) -> None:
    from .addresses import bring_back

    bring_back(ctx, fact)


def _attachment_back(ctx: Context, fact: Fact) -> None:
    from ..attachments.actions import bring_back

    bring_back(ctx, fact)


def _attachment_reached(ctx: Context, fact: Fact) -> Any:
    from ..attachments.reach import WORK, fetch

    return fetch(ctx.actor, _id(fact), WORK, gone=True)


def _observation_gone(ctx: Context, fact: Fact) -> None:
    from .competitors import unsee

    unsee(ctx, fact)


UNDO: dict[str, Way] = {
    "attachment.removed": Way(_attachment_back, reached=_attachment_reached),
    "competitor.observed": Way(_observation_gone),
    "address.added": Way(_address_gone),
    "address.removed": Way(_address_back),
    "promise.kept": Way(_promise_open),
    "promise.withdrawn": Way(_promise_open),
    "promise.moved": Way(_promise_back),
    "need.confirmed": Way(_need_open),
    "need.closed": Way(_need_open),
    "objection.answered": Way(answer_back),
    "contact.left": Way(_contact_back),
    "contact.consented": Way(lambda ctx, fact: consent_back(fact)),
    "contact.moved": Way(move_back),
    "contact.employed": Way(employment_back),
    "customer.noted": Way(_nothing, alone=True),
    "customer.commented": Way(_nothing, alone=True),
}
"""The kinds that declare an undo. Others have an action that goes the other way (reopen, assign back)."""


def declare(kind: str, way: Way) -> None:
    """Say how a fact kind of another domain, about a customer, is taken back."""
    UNDO[kind] = way


OF_NOBODY = ("competitor.observed",)
"""Kinds that need not be about a customer."""


def undoable(fact: Fact, person: Any, now: datetime) -> bool:
    """Whether this person may still be offered the undo of this fact."""
    return fact.kind in UNDO and fact.actor_id == person.pk and now - fact.recorded_at <= UNDO_FOR


def take_back(ctx: Context, fact: Fact, way: Way) -> None:
    """Put the rows right and say so by a correcting fact; Invalid after ten minutes, Conflict once somebody built on it."""
    if ctx.now - fact.recorded_at > UNDO_FOR:
        raise Invalid.field(
            "",
            "已过十分钟，不能再撤销；请另行更正",
            "More than ten minutes ago: correct it by another entry",
        )
    if built_on(fact, way):
        raise Conflict(
            Text(
                "已撤销过，或之后已有新的记录，不能再撤销",
                "It was undone, or something was recorded after it",
            )
        )
    way.back(ctx, fact)
    ctx.emit(
        "journal.annulled",
        subject=fact.about,
        customer=fact.customer_id,
        data={"fact": fact.seq, "reason": None},
    )


@action
class Undo(Action):
    """Take back what was just recorded: a correcting fact, within ten minutes, while nobody built on it."""

    name = "customers.undo"
    label = Text("撤销", "Undo")
    permission = "customers.work"
    writes = ("journal.annulled", "customer.updated")
    subject = "customer"

    class Input(ActionInput):
        fact: int = ask("记录号", "Record number", ge=1)

    def load(self, ctx: Context, data: Any) -> Fact:
        fact = Fact.objects.filter(pk=data.fact, kind__in=list(UNDO), actor_id=ctx.actor.pk).first()
        if fact is None or (fact.customer_id is None and fact.kind not in OF_NOBODY):
            raise NotFound("fact", data.fact)
        reached = UNDO[fact.kind].reached
        if reached is not None:
            reached(ctx, fact)
        elif fact.customer_id is not None:
            reads.fetch(ctx.actor, fact.customer_id, self.permission)
        return fact

    def about(self, ctx: Context, data: Any, subject: Fact) -> tuple[str, int | None, int | None]:
        return (subject.subject_kind, _id(subject), subject.customer_id)

    def run(self, ctx: Context, data: Any, subject: Fact) -> Fact:
        take_back(ctx, subject, UNDO[subject.kind])
        return subject
