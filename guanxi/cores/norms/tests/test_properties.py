"""What must hold after any history: the seven properties of the contract, and the order of arrival among equals."""

from __future__ import annotations

import copy
import gc
import pickle
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.norms.backtest import replay, what_if
from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.explain import facts_of
from guanxi.cores.norms.gates import ask
from guanxi.cores.norms.instances import rejudge
from guanxi.cores.norms.model import Entity, Fact, Obligation, State
from guanxi.cores.norms.run import Run
from guanxi.cores.norms.store import MemoryStore
from guanxi.cores.norms.tests.histories import (
    PEOPLE,
    START,
    STRICTER,
    VOIDING,
    Step,
    company,
    histories,
    live,
)
from guanxi.cores.norms.tests.speed import journal
from guanxi.cores.norms.tests.world import CATALOGUE, R1, R5, ZONE, World, outcome, said

RUNS = settings(max_examples=120, deadline=None)
FEW = settings(max_examples=40, deadline=None)


class CopyingStore(MemoryStore):
    """Keeps everything as bytes, as a database would: nothing shared, nothing mutated behind its back."""

    def put_obligation(self, obligation: Obligation) -> None:
        super().put_obligation(pickle.loads(pickle.dumps(obligation)))

    def put_entity(self, entity: Entity) -> None:
        super().put_entity(pickle.loads(pickle.dumps(entity)))


class Failed(Exception):
    """The machine stopped in the middle of a fact."""


class FailingStore(CopyingStore):
    """Fails at the n-th write of an obligation, once."""

    fuse = -1

    def put_obligation(self, obligation: Obligation) -> None:
        self.fuse -= 1
        if self.fuse == 0:
            raise Failed
        super().put_obligation(obligation)


@RUNS
@given(histories())
def test_live_rows_equal_the_fold_of_the_journal(history: list[Step]) -> None:
    world = live(company(), history)
    again = CopyingStore()
    engine = Engine(world.engine.versions.values(), CATALOGUE, ZONE)
    for fact in world.journal:
        engine.apply(fact, again)
    assert said(again) == said(world.store)


@RUNS
@given(histories())
def test_judging_again_a_wait_that_began_again_says_the_same(history: list[Step]) -> None:
    """What was told without judging all of it."""
    world = live(company(), history)
    run = Run(world.engine, world.store, world.journal[-1])
    for o in world.all("review", state=State.WAITING):
        rejudge(run, o)
    assert run.changes == []


@FEW
@given(histories(size=12), st.integers(1, 40))
def test_a_fault_in_the_middle_leaves_nothing_when_the_transaction_is_rolled_back(
    history: list[Step], fuse: int
) -> None:
    world = live(company(), history)
    store = FailingStore()
    store.fuse = fuse
    for fact in world.journal:
        before = copy.deepcopy(store)
        try:
            world.engine.apply(fact, store)
        except Failed:
            store = before
            store.fuse = -1
            world.engine.apply(fact, store)
    assert said(store) == said(world.store)


@RUNS
@given(histories(late=False, faults=False), histories(late=False, faults=False))
def test_the_past_of_a_longer_history_stays(first: list[Step], then: list[Step]) -> None:
    world = live(company(), first)
    now = START + timedelta(hours=sum(step.gap for step in first))
    closed = {
        o.id: o for o in world.store.obligations.values() if not o.live and o.closed_at and o.closed_at < now
    }
    missed = {o.id: o.missed_at for o in world.store.obligations.values() if o.missed_at}
    later = [replace(step, gap=step.gap + (1 if place == 0 else 0)) for place, step in enumerate(then)]
    longer = live(company(), [*first, *later]).store.obligations
    for id, o in closed.items():
        assert outcome([longer[id]]) == outcome([o])
    for id, missed_at in missed.items():
        assert longer[id].missed_at == missed_at


@RUNS
@given(histories())
def test_the_same_fact_twice_is_one(history: list[Step]) -> None:
    world = live(company(), history)
    twice = MemoryStore()
    for fact in world.journal:
        world.engine.apply(fact, twice)
        assert world.engine.apply(fact, twice) == []
        if fact.kind == "norms.ticked":
            again = replace(fact, key=f"{fact.key}:again")
            assert [c for c in world.engine.apply(again, twice) if c.opened] == []
    assert twice.obligations == world.store.obligations


@RUNS
@given(histories())
def test_a_gate_answers_the_same_however_slow_the_worker_was(history: list[Step]) -> None:
    world = live(company(), history)
    at = world.last + timedelta(hours=30)
    values: dict[str, Any] = {
        "purpose": "p", "contacts": 1, "starts": at, "limit": 10, "topics": ["t"], "note": None,
    }  # fmt: skip
    before = said(world.store)
    slow = [
        ask(world.engine, "visits.confirm", values, at=at, store=world.store, subject_kind="visit", subject=v)
        for v in ("V1", "V2")
    ]
    assert said(world.store) == before
    world.write("norms.ticked", at, at, "", "", None, {})
    quick = [
        ask(world.engine, "visits.confirm", values, at=at, store=world.store, subject_kind="visit", subject=v)
        for v in ("V1", "V2")
    ]
    assert [v.failures for v in slow] == [v.failures for v in quick]


@RUNS
@given(histories(faults=False))
def test_an_explanation_recomputes_the_obligation_from_the_facts_it_names(history: list[Step]) -> None:
    world = live(company(), history)
    for o in world.store.obligations.values():
        named = set(facts_of(world.engine, world.store, o))
        again = replay(world.engine, [fact for fact in world.journal if fact.seq in named])
        found = again.obligation(o.id)
        assert found is not None
        for name in (
            "state",
            "due_at",
            "missed_at",
            "closed_at",
            "fulfilled_by",
            "owner",
            "owed_by",
            "department",
        ):
            assert getattr(found, name) == getattr(o, name), name


@RUNS
@given(histories())
def test_a_back_test_under_the_unchanged_version_reproduces_what_was_recorded(history: list[Step]) -> None:
    world = live(company(), history)
    result = what_if(world.engine, world.journal, [Version("1", R1), Version("1", R5)])
    assert result.unchanged
    assert said(result.store) == said(world.store)


@RUNS
@given(histories())
def test_no_regulation_changes_what_another_says(history: list[Step]) -> None:
    journal = live(company(), history).journal
    own = (
        "norms.ticked",
        "norms.reminded",
        "norms.escalated",
        "norms.rolled",
    )
    people = [fact for fact in journal if fact.kind not in own]
    versions = [Version("1", R1), Version("1", R5), Version("2", STRICTER), Version("2", VOIDING)]
    end = people[-1].recorded_at
    both = _settled(versions, people, end)
    for regulation in ("R1", "R5"):
        alone = _settled([v for v in versions if v.regulation == regulation], [
            fact for fact in people
            if fact.kind != "norms.version_in_force" or fact.data["regulation"] == regulation
        ], end)  # fmt: skip
        assert outcome(alone.obligations.values()) == outcome(
            o for o in both.obligations.values() if o.regulation == regulation
        )


def _settled(versions: list[Version], facts: list[Fact], end: datetime) -> MemoryStore:
    """Replay, roll out to the end, and tick once."""
    engine, store = Engine(versions, CATALOGUE, ZONE), MemoryStore()
    for fact in facts:
        engine.apply(fact, store)
    seq = 100_000
    while (draft := engine.rollout(store, end, 3)) is not None:
        seq += 1
        engine.apply(
            Fact(
                seq,
                draft.kind,
                end,
                end,
                None,
                "",
                "",
                None,
                draft.data,
                1,
                f"r{seq}",
            ),
            store,
        )
    at = end + timedelta(days=60)
    engine.apply(Fact(seq + 1, "norms.ticked", at, at, None, "", "", None, {}, 1, "tick"), store)
    return store


@RUNS
@given(histories(faults=False, size=12), st.randoms(use_true_random=False))
def test_the_order_of_arrival_among_equals_changes_nothing(history: list[Step], chance: Any) -> None:
    base = company()
    now = START + timedelta(hours=500)
    facts: list[tuple[Any, ...]] = []
    moment = START
    for place, step in enumerate(history):
        moment += timedelta(hours=step.gap)
        if step.what in PEOPLE:
            kind = PEOPLE[step.what][0]
            customer = step.subject if kind == "customer" else "C1" if kind == "visit" else None
            facts.append(
                (step.what, min(moment, now), now, kind, step.subject, customer, dict(step.data), f"e{place}")
            )
    shuffled = list(facts)
    chance.shuffle(shuffled)
    other = company()
    for world, order in ((base, facts), (other, shuffled)):
        for kind, happened, recorded, subject_kind, subject, customer, data, key in order:
            world.write(kind, happened, recorded, subject_kind, subject, customer, data, key=key)
        world.write("norms.ticked", now, now, "", "", None, {}, key="end")
    assert outcome(base.store.obligations.values()) == outcome(other.store.obligations.values())


def test_the_world_of_these_tests_has_something_to_say() -> None:
    assert len(World().engine.versions) == 2


def test_nothing_that_is_folded_refers_to_itself() -> None:
    """So that a journal may be folded without looking for such garbage (`no_circles`)."""
    made = Engine([Version("1", R1), Version("1", R5)], CATALOGUE, ZONE)
    facts = journal(40, 20, True)
    replay(made, facts[:200])  # what is made once stays
    on = gc.isenabled()
    gc.disable()
    try:
        gc.collect()
        store = replay(made, facts)
        assert len(store.obligations) > 100
        assert not gc.isenabled()
        del store
        assert gc.collect() == 0
    finally:
        if on:
            gc.enable()
