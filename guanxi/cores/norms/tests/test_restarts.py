"""Duties that restart: one instance an entity while it waits, its count moved by each later trigger."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings

from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.explain import explain, facts_of
from guanxi.cores.norms.model import Event, Fact, Obligation, State
from guanxi.cores.norms.pack import load_pack
from guanxi.cores.norms.source import PackError
from guanxi.cores.norms.tests.histories import START, Step, company, histories, live
from guanxi.cores.norms.tests.world import CATALOGUE, R1, R5, RHYTHMS, World, pack, when
from guanxi.cores.norms.verdicts import counting, takes_effect

RUNS = settings(max_examples=150, deadline=None)
SILENCE, GRACE = timedelta(days=5), timedelta(days=2)


def shop() -> World:
    """The small company and a customer of Lin's."""
    world = World()
    world("customer.created", "2026-03-02T09:00", "C1", grade="A", manager="lin", area="n")
    return world


def call(world: World, at: str, customer: str = "C1", recorded: str = "") -> Fact:
    """A call that is long enough to count."""
    world("call.logged", at, customer, recorded=recorded, minutes=30)
    return world.journal[-1]


def alive(world: World) -> list[Obligation]:
    return [o for o in world.all("review") if o.closed_by != "annulled"]


def test_a_later_contact_moves_the_count_and_opens_nothing() -> None:
    world = shop()
    first = call(world, "2026-03-02T10:00")
    last = call(world, "2026-03-05T10:00")
    one = world.one("review")
    assert (one.trigger_key, one.subject_kind, one.subject) == (first.key, "customer", "C1")
    assert (one.state, one.actionable_from) == (State.WAITING, when("2026-03-10T10:00"))
    assert one.due_at == when("2026-03-11T18:00")
    assert [e.key for e in one.events] == [last.key]
    assert [j.due_at for j in one.history] == [one.due_at]
    said = explain(world.engine, world.store, one)
    assert any("2026-03-05 10:00: the wait began again by call.logged" in line.en for line in said)


def test_years_of_contacts_leave_one_instance_no_longer_than_the_first() -> None:
    world = shop()
    for day in range(60):
        call(world, (when("2026-03-02T10:00") + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M"))
    one = world.one("review")
    assert (len(one.events), len(one.history)) == (1, 1)
    assert len(facts_of(world.engine, world.store, one)) > 60  # but each of them can be named


def test_a_contact_after_the_wait_voids_what_was_due_and_begins_another() -> None:
    world = shop()
    call(world, "2026-03-02T10:00")
    world.tick("2026-03-07T11:00")
    assert world.one("review").state is State.OPEN
    again = call(world, "2026-03-08T09:00")
    old, new = alive(world)
    assert (old.state, old.closed_by, old.closed_at) == (State.VOID, "call.logged", when("2026-03-08T09:00"))
    assert (new.state, new.trigger_key) == (State.WAITING, again.key)


def test_what_was_missed_stays_missed_though_a_contact_follows() -> None:
    world = shop()
    call(world, "2026-03-02T10:00")
    world.tick("2026-03-12T09:00")
    call(world, "2026-03-12T10:00")
    old, new = alive(world)
    assert (old.state, old.missed_at) == (State.VOID, when("2026-03-10T18:00"))
    assert new.state is State.WAITING


def test_a_review_while_it_waits_fulfils_it_and_the_next_contact_begins_another() -> None:
    world = shop()
    call(world, "2026-03-02T10:00")
    call(world, "2026-03-03T10:00")
    world("credit.changed", "2026-03-04T10:00", "C1", cause="x")
    assert world.one("review").state is State.FULFILLED
    call(world, "2026-03-05T10:00")
    assert [o.state for o in alive(world)] == [State.FULFILLED, State.WAITING]


def test_a_late_contact_bridges_what_had_stood_as_two() -> None:
    world = shop()
    call(world, "2026-03-02T10:00")
    last = call(world, "2026-03-08T10:00")
    assert len(alive(world)) == 2
    call(world, "2026-03-06T12:00", recorded="2026-03-08T11:00")
    one = world.one("review")
    assert [e.key for e in one.events] == [last.key]
    assert one.actionable_from == when("2026-03-13T10:00")


def test_a_contact_that_never_was_parts_what_it_had_bridged() -> None:
    world = shop()
    call(world, "2026-03-02T10:00")
    bridge = call(world, "2026-03-06T10:00")
    call(world, "2026-03-10T10:00")
    assert len(alive(world)) == 1
    world("journal.annulled", "2026-03-10T12:00", fact=bridge.seq)
    old, new = alive(world)
    assert (old.state, old.closed_at) == (State.VOID, when("2026-03-10T10:00"))
    assert (new.state, new.actionable_from) == (State.WAITING, when("2026-03-15T10:00"))


def test_a_corrected_day_moves_the_count_with_it() -> None:
    world = shop()
    call(world, "2026-03-02T10:00")
    fact = call(world, "2026-03-06T10:00")
    data = {"fact": fact.seq, "data": {}, "happened_at": when("2026-03-05T08:00").isoformat()}
    world("journal.corrected", "2026-03-06T12:00", **data)
    assert world.one("review").actionable_from == when("2026-03-10T08:00")


def test_a_waiver_ends_it_and_stays_with_it() -> None:
    world = shop()
    call(world, "2026-03-02T10:00")
    own = world.one("review").id
    world("norms.waived", "2026-03-03T10:00", own, of="obligation")
    call(world, "2026-03-04T10:00")
    assert [(o.id == own, o.state) for o in alive(world)] == [(True, State.WAIVED), (False, State.WAITING)]


def test_a_suspension_before_the_last_contact_is_no_part_of_its_count() -> None:
    world = shop()
    call(world, "2026-03-02T10:00")
    world("norms.suspended", "2026-03-03T10:00", "C1", of="customer")
    world("norms.resumed", "2026-03-05T10:00", "C1", of="customer")
    call(world, "2026-03-06T10:00")
    one = world.one("review")
    assert (one.suspensions, one.actionable_from) == ((), when("2026-03-11T10:00"))


def test_two_customers_who_become_one_have_one_wait_and_part_again() -> None:
    world = shop()
    world("customer.created", "2026-03-02T09:00", "C2", grade="A", manager="zhao", area="n")
    call(world, "2026-03-02T10:00")
    call(world, "2026-03-04T10:00", "C2")
    before = {o.id: (o.state, o.due_at, o.owner, o.customer, o.subject) for o in alive(world)}
    world("customer.merged", "2026-03-05T10:00", "C2", into="C1")
    one = world.one("review")
    assert (one.subject, one.owner, one.actionable_from) == ("C1", "lin", when("2026-03-09T10:00"))
    world("journal.annulled", "2026-03-06T10:00", fact=world.journal[-1].seq)
    assert {o.id: (o.state, o.due_at, o.owner, o.customer, o.subject) for o in alive(world)} == before


PLAIN = pack(
    RHYTHMS.replace("    restart: {same: customer}\n", "").replace(
        "    void_by: {fact: customer.closed, same: customer}\n",
        "    void_by: [{fact: [visit.completed, customer.closed], same: customer},"
        " {fact: call.logged, same: customer, where: minutes > 20}]\n",
    )
)
QUICKER = pack(
    RHYTHMS.replace("silence: {type: duration, default: 5d", "silence: {type: duration, default: 3d")
)


def test_the_first_contact_under_a_new_version_counts_by_that() -> None:
    world = World(Version("1", R1), Version("1", R5), Version("2", QUICKER))
    world("customer.created", "2026-03-02T09:00", "C1", grade="A", manager="lin", area="n")
    call(world, "2026-03-02T10:00")
    world.enforce("R5", "2", "2026-03-03T10:00")
    assert world.one("review").actionable_from == when("2026-03-07T10:00")
    call(world, "2026-03-04T10:00")
    old, new = alive(world)
    assert (old.version, old.state) == ("1", State.VOID)
    assert (new.version, new.actionable_from) == ("2", when("2026-03-07T10:00"))


@pytest.mark.parametrize("restarting_first", [False, True])
def test_versions_with_and_without_it_hand_over_at_the_border(restarting_first: bool) -> None:
    first, second = (R5, PLAIN) if restarting_first else (PLAIN, R5)
    world = World(Version("1", R1), Version("1", first), Version("2", second))
    world("customer.created", "2026-03-02T09:00", "C1", grade="A", manager="lin", area="n")
    call(world, "2026-03-02T10:00")
    call(world, "2026-03-03T10:00")
    world.enforce("R5", "2", "2026-03-04T10:00")
    call(world, "2026-03-05T10:00")
    call(world, "2026-03-06T10:00")
    found = alive(world)
    assert Counter(o.state for o in found if o.live) == {State.WAITING: 1}
    assert [o.actionable_from for o in found if o.live] == [when("2026-03-11T10:00")]
    assert Counter(o.version for o in found) == ({"1": 1, "2": 2} if restarting_first else {"1": 2, "2": 1})
    assert all(o.closed_by in ("call.logged", "") for o in found)


@pytest.mark.parametrize("where", ["100 / minutes < 100", "100 / minutes < param.all"])
def test_a_contact_that_cannot_be_judged_puts_nothing_off(where: str) -> None:
    doubting = pack(RHYTHMS.replace("where: minutes > 20", f"where: {where}"))
    world = World(Version("1", R1), Version("1", doubting))
    world("customer.created", "2026-03-02T09:00", "C1", grade="A", manager="lin", area="n")
    call(world, "2026-03-02T10:00")
    world("call.logged", "2026-03-04T10:00", "C1", minutes=0)
    assert world.one("review").actionable_from == when("2026-03-07T10:00")


# -- against a telling that knows nothing of the engine ---------------------------------------------------------------


def told_plainly(facts: list[Fact], customer: str) -> dict[str, tuple[str, str]]:
    """By the key of what opened it: the key of the last contact that moved it, and of what closed it ('': none)."""
    known: list[tuple[tuple[datetime, datetime, str], bool, Fact]] = []
    for fact in facts:
        at = fact.happened_at if fact.recorded_at - fact.happened_at <= GRACE else fact.recorded_at
        contact = fact.kind == "visit.completed" or (fact.kind == "call.logged" and fact.data["minutes"] > 20)
        ends = fact.kind == "customer.closed" or (fact.kind == "credit.changed" and fact.data["cause"] != "")
        if fact.customer == customer and (contact or ends):
            known.append(((at, fact.recorded_at, fact.key), contact, fact))
    known.sort(key=lambda entry: entry[0])
    told: dict[str, tuple[str, str]] = {}
    opener: Fact | None = None
    last: Fact | None = None
    for order, contact, fact in known:
        if not contact:
            if opener is not None:
                told[opener.key] = (told[opener.key][0], fact.key)
                opener = None
            continue
        if opener is not None and last is not None:
            if order[0] < last.happened_at + SILENCE:
                if fact.happened_at > last.happened_at:
                    last, told[opener.key] = fact, (fact.key, "")
                continue
            told[opener.key] = (told[opener.key][0], fact.key)
        early = [
            other
            for at, contacts, other in known
            if not contacts and fact.happened_at <= at[0] and at < order
        ]
        opener, last, told[fact.key] = (None, None, ("", early[0].key)) if early else (fact, fact, ("", ""))
    return told


def closes(o: Obligation, event: Event) -> bool:
    """Whether it is this event that closed an instance (one from before its opening may be among them)."""
    at = takes_effect(False, GRACE, event.happened_at, event.recorded_at)
    return event.kind == o.closed_by and at == o.closed_at


@RUNS
@given(histories(faults=False, size=40))
def test_the_chain_is_that_of_a_plain_telling_however_facts_arrive(history: list[Step]) -> None:
    world = live(company(), history)
    for customer in ("C1", "C2"):
        found: dict[str, tuple[str, str]] = {}
        for o in alive(world):
            if o.customer == customer:
                last = counting(o)
                ends = [e.key for e in o.events if e.role in ("fulfil", "void") and closes(o, e)]
                found[o.trigger_key] = (last.key if last else "", ends[0] if ends else "")
        assert found == told_plainly(world.journal, customer)


def test_such_histories_take_every_way() -> None:
    """So that the test above is not empty: moved, voided by a contact, ended otherwise, told again for late ones."""
    assert START < when("2026-03-01T00:00")
    world = shop()
    for at, recorded in (
        ("2026-03-02T10:00", ""), ("2026-03-03T10:00", ""), ("2026-03-10T10:00", ""), ("2026-03-09T10:00", "2026-03-10T11:00"),
        ("2026-03-05T10:00", "2026-03-10T12:00"),
    ):  # fmt: skip
        call(world, at, recorded=recorded)
    world("credit.changed", "2026-03-10T13:00", "C1", cause="x")
    told = told_plainly(world.journal, "C1")
    assert [ends != "" for _, ends in told.values()] == [True, True]
    assert {o.trigger_key for o in alive(world)} == set(told)


# -- what a pack may not say ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    actionable_from: {after: silence}\n", "", "restarts only while it waits"),
        ("owner: customer.manager\n    actionable", "owner: visit.owner\n    actionable", "'visit' is not known here"),
        ("fulfilled_by: {fact: credit.changed, same: customer, where: cause != ''}",
         "fulfilled_by: {fact: visit.completed, same: customer}", "both triggers and ends"),
        ("restart: {same: customer}", "restart: {same: minutes}", "not the same kind of thing"),
        ("restart: {same: customer}", "restart: {same: actor}", "cannot join by 'customer'"),
        ("restart: {same: customer}", "restart: {same: nobody}", "has no 'nobody' to join by"),
        ("restart: {same: customer}", "restart: {same: customer}\n    on_new_version: restate", "is not restated"),
        ("due: {end_of_working_day_after: review, from: actionable_from}",
         "due: {before: {fact: customer.reopened, same: customer}}", "a deadline before an action cannot restart"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_with_it_is_said(old: str, new: str, said: str) -> None:
    i = RHYTHMS.index("  - id: review")
    assert old in RHYTHMS[i:]
    text = RHYTHMS[:i] + RHYTHMS[i:].replace(old, new, 1)
    with pytest.raises(PackError) as problem:
        load_pack({"pack.yaml": text}, CATALOGUE)
    assert said in str(problem.value)


def test_a_rhythm_goes_on_by_itself() -> None:
    text = RHYTHMS.replace(
        "  - id: call\n    kind: duty\n", "  - id: call\n    kind: duty\n    restart: {same: customer}\n"
    )
    with pytest.raises(PackError, match="a rhythm goes on by itself"):
        load_pack({"pack.yaml": text}, CATALOGUE)
