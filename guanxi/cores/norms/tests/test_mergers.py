"""Merging two of a kind, and taking it back: as if it had never been."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.norms.backtest import replay
from guanxi.cores.norms.model import FactError, State
from guanxi.cores.norms.tests.histories import PEOPLE, START, Step, company, histories
from guanxi.cores.norms.tests.test_duties import customer
from guanxi.cores.norms.tests.world import World, said, when

RUNS = settings(max_examples=40, deadline=None)
OF_VISIT = {"V1": "C1", "V2": "C2"}


def two_customers() -> World:
    """The company with a second customer and a third."""
    world = company()
    for id, manager in (("C2", "zhao"), ("C3", "lin")):
        data = {"grade": "A", "manager": manager, "area": "s"}
        world.write("customer.created", START, START, "customer", id, id, data)
    return world


def go_on(world: World, history: list[Step], now: Any) -> Any:
    """Let people's steps and ticks happen; the visits are one of each customer's."""
    for step in history:
        now += timedelta(hours=step.gap)
        if step.what == "norms.ticked":
            world.write("norms.ticked", now, now, "", "", None, {}, key=f"tick:{now.isoformat()}")
        elif step.what in PEOPLE:
            kind = PEOPLE[step.what][0]
            whose = step.subject if kind == "customer" else OF_VISIT.get(step.subject)
            happened = now - timedelta(hours=step.late)
            key = f"{step.what}:{step.subject}:{now.isoformat()}:{step.pick}"
            if all(fact.key != key for fact in world.journal):
                world.write(step.what, happened, now, kind, step.subject, whose, dict(step.data), key=key)
    return now


def standing(world: World) -> dict[str, object]:
    """How every obligation stands; what was only said because of the merger is left out."""
    return {
        o.id: (
            o.state, o.due_at, o.missed_at, o.closed_at, o.closed_by, o.owner, o.owed_by, o.department, o.version,
            o.customer, o.subject,
        )
        for o in world.store.obligations.values()
        if o.closed_by != "annulled"
    }  # fmt: skip


def merge(world: World, now: Any, gone: str = "C2", into: str = "C1") -> int:
    world.write("customer.merged", now, now, "customer", gone, gone, {"into": into})
    return world.journal[-1].seq


def undo(world: World, now: Any, seq: int) -> None:
    world.write("journal.annulled", now, now, "", "", None, {"fact": seq})


@RUNS
@given(histories(faults=False, size=15), histories(faults=False, size=6), histories(faults=False, size=6))
def test_a_merger_taken_back_is_as_if_it_had_never_been(
    before: list[Step], meanwhile: list[Step], after: list[Step]
) -> None:
    plain, world = two_customers(), two_customers()
    now = go_on(plain, before, START)
    go_on(world, before, START)
    seq = merge(world, now)
    then = go_on(plain, meanwhile, now)
    go_on(world, meanwhile, now)
    undo(world, then, seq)
    go_on(plain, after, then)
    go_on(world, after, then)
    last = max(plain.last, world.last) + timedelta(hours=1)
    for each in (plain, world):
        each.write("norms.ticked", last, last, "", "", None, {}, key="last")
    assert standing(world) == standing(plain)
    assert world.store.entities["customer"] == plain.store.entities["customer"] or _same_but_seqs(
        world, plain
    )


def _same_but_seqs(one: World, other: World) -> bool:
    def plain(world: World) -> dict[str, object]:
        return {
            id: (
                e.aliases,
                {n: [(s.value, s.happened_at, s.key) for s in found] for n, found in e.attributes.items()},
            )
            for id, e in world.store.entities["customer"].items()
        }

    return plain(one) == plain(other)


@RUNS
@given(
    histories(faults=False, size=10),
    st.permutations([("C2", "C1"), ("C3", "C1")]),
    histories(faults=False, size=8),
    st.lists(st.booleans(), min_size=2, max_size=2),
)
def test_live_rows_equal_the_fold_through_mergers_and_their_undoing(
    before: list[Step], pairs: list[tuple[str, str]], after: list[Step], undone: list[bool]
) -> None:
    world = two_customers()
    now = go_on(world, before, START)
    seqs = [merge(world, now, gone, into) for gone, into in pairs]
    now = go_on(world, after, now)
    for seq, wanted in reversed(list(zip(seqs, undone, strict=True))):
        if wanted:
            undo(world, now, seq)
    now = go_on(world, after, now)
    assert said(replay(world.engine, world.journal)) == said(world.store)


def test_duties_of_both_go_on_under_the_one_that_stays() -> None:
    world = customer()
    world("customer.created", "2026-03-02T09:00", "C2", grade="A", manager="zhao", area="n")
    world("visit.completed", "2026-03-03T10:00", "V1", customer="C2", owner="zhao", minutes=60)
    world("customer.merged", "2026-03-03T11:00", "C2", into="C1")
    assert world.one("visit-report").customer == "C1"
    world("journal.annulled", "2026-03-03T12:00", fact=world.journal[-1].seq)
    assert world.one("visit-report").customer == "C2"


def test_the_rhythm_of_each_is_told_anew_when_they_part() -> None:
    world = customer()
    world("customer.created", "2026-03-02T09:00", "C2", grade="A", manager="zhao", area="n")
    world("call.logged", "2026-03-10T10:00", "C2", minutes=5)
    apart = {o.subject: o.due_at for o in world.all("call") if o.live}
    world("customer.merged", "2026-03-11T10:00", "C2", into="C1")
    world("journal.annulled", "2026-03-12T10:00", fact=world.journal[-1].seq)
    assert {o.subject: o.due_at for o in world.all("call") if o.live} == apart
    assert all(o.state is State.OPEN for o in world.all("call") if o.live)


def test_a_chain_of_mergers_leads_to_the_last() -> None:
    world = customer()
    for id in ("C2", "C3"):
        world("customer.created", "2026-03-02T09:00", id, grade="A", manager="zhao", area="n")
    world("customer.merged", "2026-03-11T10:00", "C3", into="C2")
    world("customer.merged", "2026-03-11T11:00", "C2", into="C1")
    world("call.logged", "2026-03-12T10:00", "C3", minutes=5)
    assert [(o.subject, o.opened_at) for o in world.all("call") if o.live] == [
        ("C1", when("2026-03-12T10:00"))
    ]


def test_nobody_is_merged_into_himself() -> None:
    with pytest.raises(FactError, match="into itself"):
        customer()("customer.merged", "2026-03-11T10:00", "C1", into="C1")
