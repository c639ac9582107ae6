"""Gates refuse with clause, words, remedy and waiver; records ask for their fields; guides stand where they should."""

from __future__ import annotations

from typing import Any

from guanxi.cores.norms.backtest import what_if
from guanxi.cores.norms.controls import Record, Version
from guanxi.cores.norms.gates import Verdict, ask, guides_of, missing_fields, records_of, stale
from guanxi.cores.norms.tests.world import PACK, R1, World, pack, when

GOOD: dict[str, Any] = {
    "purpose": "renew", "contacts": 1, "starts": when("2026-02-20T10:00"), "limit": 10, "topics": ["x"], "note": None,
}  # fmt: skip


def confirm(world: World, at: str = "2026-02-13T10:00", **values: Any) -> Verdict:
    return ask(
        world.engine, "visits.confirm", {**GOOD, **values}, at=when(at), store=world.store,
        subject_kind="visit", subject="V1",
    )  # fmt: skip


def test_what_is_in_order_passes() -> None:
    assert confirm(World()).passed


def test_a_refusal_teaches() -> None:
    verdict = confirm(World(), purpose="")
    (failure,) = verdict.failures
    assert (failure.clause, failure.version, failure.waivable_by) == ("R1.3", "1", "service_manager")
    assert failure.words is not None
    assert failure.words.zh == "确认拜访须写明目的。"
    assert failure.remedy is not None
    assert (failure.remedy.action, failure.remedy.by) == ("visits.report", "actor")


def test_a_warning_does_not_refuse() -> None:
    verdict = confirm(World(), contacts=0)
    assert verdict.passed
    assert [failure.control for failure in verdict.warnings] == ["contact"]


def test_a_condition_that_cannot_be_evaluated_refuses_and_says_so() -> None:
    (failure,) = confirm(World(), limit=0).failures
    assert (failure.control, failure.fault) == (
        "no-backlog", "'!('visit-report' in overdue_duties) && 100 / limit > 0': divide by zero",
    )  # fmt: skip


def test_a_gate_compares_deadlines_with_the_moment_of_the_attempt_not_with_the_last_tick() -> None:
    world = World()
    world("visit.completed", "2026-02-13T16:00", "V1", owner="lin", minutes=90)
    assert confirm(world, "2026-02-14T17:59").passed
    assert [f.control for f in confirm(world, "2026-02-14T18:01").failures] == ["no-backlog"]


def test_a_waiver_lets_one_subject_pass_until_it_ends() -> None:
    world = World()
    world(
        "norms.gate_waived", "2026-02-13T09:00", "V1", of="visit", regulation="R1", control="purpose",
        until=when("2026-02-14T09:00").isoformat(),
    )  # fmt: skip
    verdict = confirm(world, purpose="")
    assert (verdict.passed, [f.control for f in verdict.waived]) == (True, ["purpose"])
    assert not confirm(world, "2026-02-15T10:00", purpose="").passed


def test_before_the_version_was_in_force_nothing_is_asked() -> None:
    assert confirm(World(start="2026-02-14T00:00"), purpose="").passed


def test_a_record_wants_its_fields() -> None:
    world = World()
    verdict = ask(
        world.engine, "visits.report", {}, at=world.last, store=world.store, fields={"needs": "x", "help": ""}
    )
    (failure,) = verdict.failures
    assert (failure.fields, failure.words and failure.words.en) == (("help",), "Required: help")


def test_false_and_zero_are_answers() -> None:
    record = R1.controls["report-form"]
    assert isinstance(record, Record)
    assert missing_fields(record, {"needs": False, "help": 0}) == []
    assert missing_fields(record, {"needs": "x"}) == ["help"]


def test_a_record_grows_stale() -> None:
    world = World()
    ((version, record),) = records_of(world.engine, "visits.report", world.last, world.store)
    confirmed = when("2026-01-31T10:00")
    assert not stale(world.engine, version, record, confirmed, when("2026-07-31T10:00"), world.store)
    assert stale(world.engine, version, record, confirmed, when("2026-07-31T10:01"), world.store)


def test_a_guide_stands_on_its_page_for_its_role() -> None:
    world = World()
    found = guides_of(world.engine, "visit", frozenset({"account_manager"}), world.last, world.store)
    assert [guide.id for _, guide in found] == ["playbook"]
    assert guides_of(world.engine, "visit", frozenset({"general_manager"}), world.last, world.store) == []


def test_a_back_test_judges_the_values_that_the_gate_read() -> None:
    world = World(Version("1", R1))
    world("visit.completed", "2026-02-13T16:00", "V1", owner="lin", minutes=90)
    for contacts in (0, 1):
        draft = confirm(world, "2026-02-14T10:00", contacts=contacts).asked(
            "visit", "V1", None, f"ask{contacts}"
        )
        world.write(draft.kind, world.last, world.last, "visit", "V1", None, draft.data, key=draft.key)
    assert what_if(world.engine, world.journal, [Version("1", R1)]).unchanged
    strict = Version("1", pack(PACK.replace("severity: warn", "severity: refuse")), {"report_days": 0})
    result = what_if(world.engine, world.journal, [strict])
    assert [(a.recorded, a.instead) for a in result.attempts] == [((), ("R1/contact",))]
    assert [t.instead and t.instead.due_at for t in result.obligations] == [when("2026-02-13T18:00")]
