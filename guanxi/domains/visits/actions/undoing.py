"""Undo of a step that was tapped by mistake: a correcting fact, within ten minutes, while nothing was built on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.domains.customers.actions.undo import Way, last_before, take_back
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Action, ActionInput, Context, NotFound, Text, action, ask

from ..models import CHECKED_IN, CONFIRMED, PLANNED, Visit, other_day
from ..reads import fetch_mine


def _visit(fact: Fact) -> Visit:
    return Visit.objects.get(pk=int(fact.subject_id or 0))


def _not_arrived(ctx: Context, fact: Fact) -> None:
    visit = _visit(fact)
    visit.state, visit.arrived_at, visit.distance_m, visit.late_entry = CONFIRMED, None, None, False
    visit.save(update_fields=["state", "arrived_at", "distance_m", "late_entry"])


def _not_left(ctx: Context, fact: Fact) -> None:
    visit = _visit(fact)
    visit.state, visit.left_at, visit.closed_at, visit.training_minutes = CHECKED_IN, None, None, 0
    visit.late_entry = _entered_later(last_before(fact, "visit.checked_in"))
    visit.save(update_fields=["state", "left_at", "closed_at", "training_minutes", "late_entry"])


def _not_ended(ctx: Context, fact: Fact) -> None:
    """Neither cancelled nor in vain: as far as it was before."""
    visit = _visit(fact)
    arrived = last_before(fact, "visit.checked_in")
    visit.state = CHECKED_IN if arrived else CONFIRMED if visit.confirmed_at else PLANNED
    visit.arrived_at = arrived.happened_at if arrived else None
    visit.late_entry = _entered_later(arrived)
    visit.ended_at, visit.end_reason, visit.end_note = None, "", ""
    visit.save(update_fields=["state", "arrived_at", "late_entry", "ended_at", "end_reason", "end_note"])


def _entered_later(fact: Fact | None) -> bool:
    return fact is not None and other_day(fact.happened_at, fact.recorded_at)


UNDO: Mapping[str, Way] = {
    "visit.checked_in": Way(_not_arrived),
    "visit.completed": Way(_not_left),
    "visit.not_met": Way(_not_ended),
    "visit.annulled": Way(_not_ended),
}
"""The steps that declare an undo. A line is put right by a further line, a report by an amendment."""


@action
class Undo(Action):
    """Take back a check-in, a check-out, a cancellation or "nobody there" just recorded by oneself."""

    name = "visits.undo"
    label = Text("撤销", "Undo")
    permission = "visits.work"
    writes = ("journal.annulled",)
    subject = "visit"

    class Input(ActionInput):
        fact: int = ask("记录号", "Record number", ge=1)

    def load(self, ctx: Context, data: Any) -> Fact:
        fact = Fact.objects.filter(pk=data.fact, kind__in=list(UNDO), actor_id=ctx.actor.pk).first()
        if fact is None:
            raise NotFound("fact", data.fact)
        fetch_mine(ctx.actor, int(fact.subject_id or 0), manager=True)
        return fact

    def about(self, ctx: Context, data: Any, subject: Fact) -> tuple[str, int | None, int | None]:
        return (subject.subject_kind, int(subject.subject_id or 0), subject.customer_id)

    def run(self, ctx: Context, data: Any, subject: Fact) -> Fact:
        take_back(ctx, subject, UNDO[subject.kind])
        return subject
