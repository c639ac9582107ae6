"""Letting time pass: the queue of due times is drained up to now, in portions, each its own transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

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

from . import closing, stage
from .engine import engine
from .periods import Month
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
        at = min(data.at, ctx.now).astimezone(UTC)
        ctx.emit("norms.ticked", subject=("clock", None), happened_at=at)


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
    """Tick up to now, and close each month that ended on the way, as soon as all that fell due in it is judged; returns
    how many ticks it took. Nothing due writes nothing."""
    now, ticks = clock(), 0
    while True:
        month = closing.next_to_close(stage.reading())
        over = month is not None and month.end <= now
        ticks += _tick(month.end if month and over else now, now)
        if month is None or not over:
            return ticks
        _close(month, now)


def close_months(now: datetime) -> None:
    """Close each month that is over, where all that fell due in it is judged already."""
    while (month := closing.next_to_close(stage.reading())) is not None and month.end <= now:
        _close(month, now)


def _close(month: Month, now: datetime) -> None:
    _system("norms.close_period", {"month": month.label}, f"close:{month.label}", now)


def _tick(until: datetime, now: datetime) -> int:
    """Tick up to a moment; returns how many ticks it took."""
    ticks = 0
    while True:
        store = stage.reading()
        portion = store.due_at(until, PORTION + 1)
        if not portion:
            return ticks
        at = until if len(portion) <= PORTION else portion[PORTION - 1]
        # What came to be due at an instant that has been ticked waits for a later one: time is not let pass twice.
        clock = store.state("clock")
        if clock is not None:
            at = max(at, datetime.fromisoformat(clock["at"]) + timedelta(microseconds=1))
        if at > now:
            return ticks
        _system("norms.tick", {"at": at}, f"tick:{at.isoformat()}", now)
        ticks += 1
        if at >= until:
            return ticks


def _system(name: str, data: dict[str, Any], key: str, now: datetime) -> None:
    perform(name, data, actor=SYSTEM, key=key, clock=lambda: now, source="worker")


def roll_out(clock: Clock = system_clock, most: int = 10_000) -> int:
    """Take roll-out steps until none is left; returns how many."""
    for step in range(most):
        if not perform("norms.roll", {}, actor=SYSTEM, clock=clock, source="worker").value:
            return step
    return most
