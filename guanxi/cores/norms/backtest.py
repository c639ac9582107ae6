"""What if: replay recorded facts under a changed version and say what would have been different.

Under the unchanged version a back-test reproduces exactly what was recorded. Reminders and escalations that were
written stay in the journal as they were; attempts at gates are judged by the values that were recorded with them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.gates import judge_gate
from guanxi.cores.norms.model import Fact, Obligation
from guanxi.cores.norms.run import Run
from guanxi.cores.norms.store import MemoryStore, Store
from guanxi.cores.norms.timeline import gates_of


@dataclass(frozen=True, slots=True)
class Turned:
    """An obligation that would have been another: before and after, None where there was or would be none."""

    recorded: Obligation | None
    instead: Obligation | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a gate that would have been answered otherwise."""

    fact: Fact
    recorded: tuple[str, ...]
    instead: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a back-test."""

    store: MemoryStore
    obligations: tuple[Turned, ...]
    attempts: tuple[Attempt, ...]

    @property
    def unchanged(self) -> bool:
        """Whether nothing would have been different."""
        return not self.obligations and not self.attempts


@contextmanager
def no_circles() -> Iterator[None]:
    """While a journal is folded Python does not look for garbage that refers to itself: the engine makes none, and looking
    through all that it keeps would take an eighth of the time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def replay(engine: Engine, facts: Iterable[Fact]) -> MemoryStore:
    """The store that these facts, in order of seq, make from nothing."""
    store = MemoryStore()
    with no_circles():
        for fact in facts:
            engine.apply(fact, store)
    return store


def what_if(engine: Engine, facts: Iterable[Fact], changed: Iterable[Version]) -> Outcome:
    """Replay under versions that take the place of those with the same regulation and label."""
    journal = list(facts)
    replaced: Mapping[tuple[str, str], Version] = {(v.regulation, v.label): v for v in changed}
    versions = [replaced.get(key, version) for key, version in engine.versions.items()]
    other = Engine(versions, engine.catalogue, engine.zone)
    recorded = replay(engine, journal)
    instead = MemoryStore()
    attempts: list[Attempt] = []
    with no_circles():
        for fact in journal:
            if fact.kind == "norms.asked":
                answer = _again(other, instead, fact)
                before = tuple(sorted([*fact.data["failed"], *fact.data["waived"]]))
                if answer != before:
                    attempts.append(Attempt(fact, before, answer))
            other.apply(fact, instead)
    turned = [
        Turned(recorded.obligations.get(id), instead.obligations.get(id))
        for id in sorted({*recorded.obligations, *instead.obligations})
        if _said(recorded.obligations.get(id)) != _said(instead.obligations.get(id))
    ]
    return Outcome(instead, tuple(turned), tuple(attempts))


def _again(engine: Engine, store: Store, fact: Fact) -> tuple[str, ...]:
    """The controls that fail on the recorded values (required fields were checked by the form itself)."""
    run = Run(engine, store, fact)
    at, action = fact.happened_at, str(fact.data["action"])
    blank: dict[str, list[str]] = {"open_duties": [], "overdue_duties": []}
    failed: list[str] = []
    for version, gate in gates_of(run.index.timelines.values(), action, at):
        duties = fact.data["open_duties"].get(gate.regulation, blank)
        values: dict[str, Any] = {**fact.data["values"], **duties}
        if gate.refuses and judge_gate(run, version, gate, action, values, at) is not None:
            failed.append(gate.key)
    known = {gate.key for _, gate in gates_of(run.index.timelines.values(), action, at)}
    kept = [key for key in (*fact.data["failed"], *fact.data["waived"]) if key not in known]
    return tuple(sorted([*failed, *kept]))


def _said(o: Obligation | None) -> tuple[object, ...] | None:
    moment: datetime | None = o.missed_at if o else None
    return (
        None if o is None else (o.state, o.due_at, moment, o.taken_back, o.fulfilled_by, o.owner, o.owed_by)
    )
