"""Letting time pass: the queue of due times is drained up to now, in portions, each its own transaction."""

from __future__ import annotations

from datetime import datetime

from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Clock,
    Context,
    Text,
    action,
    ask,
    perform,
    system_clock,
)
from guanxi.platform.people.rights import SYSTEM

from .engine import engine
from .models import Obligation
from .store import SqlStore

PORTION = 200
"""How many obligations one transaction judges, so that nobody else waits long."""


@action
class Tick(Action):
    """Judge everything that is due up to a moment."""

    name = "norms.tick"
    label = Text("推进时间", "Let time pass")
    permission = "norms.tick"
    writes = ("norms.ticked",)
    subject = "clock"
    by_system = True
    internal = True

    class Input(ActionInput):
        at: datetime = ask("到", "Up to")

    def run(self, ctx: Context, data: Tick.Input, subject: None) -> None:
        ctx.emit("norms.ticked", subject=("clock", None), happened_at=min(data.at, ctx.now))


@action
class Roll(Action):
    """One step of bringing a new version or calendar to what already exists."""

    name = "norms.roll"
    label = Text("推行新版本", "Roll out")
    permission = "norms.tick"
    writes = ("norms.rolled",)
    subject = "clock"
    by_system = True
    internal = True

    def run(self, ctx: Context, data: ActionInput, subject: None) -> bool:
        draft = engine().rollout(SqlStore(), ctx.now, PORTION)
        if draft is None:
            return False
        ctx.emit(draft.kind, subject=(draft.subject_kind, None), data=dict(draft.data))
        return True


def drain(clock: Clock = system_clock) -> int:
    """Tick up to now; returns how many ticks it took. Nothing due writes nothing."""
    now, ticks = clock(), 0
    while True:
        due = (
            Obligation.objects.filter(next_at__lte=now)
            .order_by("next_at", "id")
            .values_list("next_at", flat=True)
        )
        portion = [at for at in due[: PORTION + 1] if at is not None]
        if not portion:
            return ticks
        at = now if len(portion) <= PORTION else portion[PORTION - 1]
        perform(
            "norms.tick",
            {"at": at},
            actor=SYSTEM,
            key=f"tick:{at.isoformat()}",
            clock=lambda: now,
            source="worker",
        )
        ticks += 1
        if at >= now:
            return ticks


def roll_out(clock: Clock = system_clock, most: int = 10_000) -> int:
    """Take roll-out steps until none is left; returns how many."""
    for step in range(most):
        if not perform("norms.roll", {}, actor=SYSTEM, clock=clock, source="worker").value:
            return step
    return most
