"""Measures, cases, differences, coverage, and facts that do not fit."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from guanxi.cores.norms.cases import run_cases
from guanxi.cores.norms.controls import Duty, Gate, Guide, Measure, Record, Version
from guanxi.cores.norms.coverage import coverage, unused
from guanxi.cores.norms.diff import PARTS, difference
from guanxi.cores.norms.measures import SUMS, Reading, freeze, parts_of, read
from guanxi.cores.norms.model import FactError, NormsError
from guanxi.cores.norms.tests.world import CATALOGUE, DAYS_2026, PACK, R1, R5, ZONE, World, pack, when

CALENDAR: list[dict[str, Any]] = [{"year": 2026, "published": True, "days": DAYS_2026}]


def reading(world: World, control: str, period: str) -> Reading:
    for version in world.engine.versions.values():
        measure = version.pack.controls.get(control)
        if isinstance(measure, Measure):
            frozen = world.store.frozen(measure.key, period)
            return read(measure, version, world.store.measures.values(), period, frozen=frozen)
    raise AssertionError(control)


def test_the_share_on_time_by_department_and_person_is_red_below_its_target() -> None:
    world = World()
    for number, reported in enumerate(("10:00", "11:00", "19:00")):
        owner = "zhao" if number == 2 else "lin"
        world("visit.completed", "2026-02-13T16:00", f"V{number}", owner=owner, minutes=90)
        world("visit.reported", f"2026-02-14T{reported}", f"V{number}", blank=False)
    found = reading(world, "reports-on-time", "2026-02")
    assert (found.figure.counted, found.figure.hit, found.figure.shown) == (3, 2, 6666)
    assert (found.figure.small, found.figure.red, found.target) == (True, True, 100)
    assert {name: part.shown for name, part in found.parts["department"].items()} == {"D1": 10000, "D2": 0}


def test_what_is_still_open_is_not_counted_yet() -> None:
    world = World()
    world("visit.completed", "2026-02-13T16:00", "V1", owner="lin", minutes=90)
    assert reading(world, "reports-on-time", "2026-02").figure.counted == 0
    world.tick("2026-02-15T09:00")
    assert reading(world, "reports-on-time", "2026-02").figure.shown == 0


def test_a_measure_over_facts_counts_hits_by_condition_and_forgets_what_was_annulled() -> None:
    world = World()
    for number, minutes in enumerate((59, 60, 120, 121)):
        world("visit.completed", "2026-02-13T16:00", f"V{number}", owner="lin", minutes=minutes)
    assert reading(world, "training", "2026-02").figure.shown == 5000
    world("journal.annulled", "2026-02-13T18:00", fact=world.journal[-1].seq)
    found = reading(world, "training", "2026-02").figure
    assert (found.counted, found.hit, found.total) == (3, 2, 239)


def test_coverage_counts_every_entity_and_those_that_were_reached_in_the_period() -> None:
    world = World()
    for id, area in (("C1", "north"), ("C2", "north"), ("C3", "south")):
        world("customer.created", "2026-03-02T09:00", id, grade="A", manager="lin", area=area)
    world("call.logged", "2026-03-05T09:00", "C1", minutes=40)
    world("call.logged", "2026-03-05T09:00", "C3", minutes=10)
    world("customer.closed", "2026-03-06T09:00", "C3")
    found = reading(world, "coverage", "2026")
    assert (found.figure.counted, found.figure.hit, found.figure.red) == (2, 1, True)
    assert reading(world, "coverage", "2027").figure.hit == 0


def close(world: World, control: str, period: str, at: str, names: tuple[str, ...] = SUMS) -> None:
    """Freeze a measure's period as the application does."""
    for version in world.engine.versions.values():
        measure = version.pack.controls.get(control)
        if isinstance(measure, Measure):
            parts = parts_of(measure, world.store.measures.values(), [period])
            draft = freeze(measure.key, period, parts, names, len(world.journal))
            world.write(draft.kind, when(at), when(at), "", "", None, draft.data, key=draft.key)


def test_a_closed_period_is_frozen_and_later_arrivals_stand_below() -> None:
    world = World()
    world("visit.completed", "2026-02-13T16:00", "V1", owner="lin", minutes=90)
    close(world, "training", "2026-02", "2026-03-01T09:00")
    assert reading(world, "training", "2026-02").addendum is None
    world("visit.completed", "2026-02-27T16:00", "V2", recorded="2026-03-01T10:00", owner="lin", minutes=30)
    found = reading(world, "training", "2026-02")
    assert found.frozen is not None
    assert (found.frozen.counted, found.frozen.shown) == (1, 10000)
    assert found.addendum == {"counted": 1, "hit": 0, "total": 30, "taken_back": 0}
    kept = world.store.frozen("R1/training", "2026-02")
    assert kept is not None
    assert kept.parts == {("lin", "D1"): {"counted": 1, "hit": 1, "total": 90}}
    assert kept.up_to == kept.seq - 1


def test_a_period_is_frozen_once_and_for_all() -> None:
    world = World()
    world("visit.completed", "2026-02-13T16:00", "V1", owner="lin", minutes=90)
    close(world, "training", "2026-02", "2026-03-01T09:00")
    first = world.store.frozen("R1/training", "2026-02")
    assert first is not None
    again = freeze("R1/training", "2026-02", {}, SUMS, len(world.journal))
    world.write(again.kind, world.last, world.last, "", "", None, again.data, key="again")
    assert world.store.frozen("R1/training", "2026-02") == first
    faults: list[tuple[str, dict[str, Any]]] = [
        ("journal.corrected", {"data": {"figures": {}}}),
        ("journal.annulled", {}),
    ]
    for kind, more in faults:
        with pytest.raises(FactError, match="cannot be corrected"):
            world(kind, "2026-03-02T09:00", fact=first.seq, **more)


def test_a_coverage_keeps_its_population_and_adds_who_was_reached_late() -> None:
    world = World()
    for id in ("C1", "C2", "C3"):
        world("customer.created", "2026-03-02T09:00", id, grade="A", manager="lin", area="north")
    world("call.logged", "2026-03-05T09:00", "C1", minutes=40)
    close(world, "coverage", "2026", "2027-01-01T00:00", (*SUMS, "reached"))
    world("customer.closed", "2027-01-02T09:00", "C3")
    assert reading(world, "coverage", "2026").addendum is None
    world("call.logged", "2026-12-31T17:00", "C2", recorded="2027-01-02T10:00", minutes=40)
    found = reading(world, "coverage", "2026")
    assert found.frozen is not None
    assert (found.frozen.counted, found.frozen.hit) == (3, 1)
    assert found.addendum == {"counted": 0, "hit": 1, "total": 0, "taken_back": 0}


CASES = """
- name: a visit on the Friday before a make-up Saturday is due on that Saturday
  given: [{visit.completed: {at: 2026-02-13T16:00, visit: V1, owner: lin}}]
  then: {obligation: {clause: R1.16.1, visit: V1, due: 2026-02-14T18:00, owner: lin}}
- name: before the version was in force nothing is owed
  in_force: 2026-02-14T00:00
  given: [{visit.completed: {at: 2026-02-13T16:00, visit: V1, owner: lin}}]
  then: {no_obligation: {clause: R1.16.1}}
- name: with three days it is due after the holiday; a waiver ends it
  parameters: {report_days: 3}
  given:
    - visit.completed: {at: 2026-02-13T16:00, visit: V1, owner: lin}
    - norms.waived: {at: 2026-02-14T10:00, clause: R1.16.1, visit: V1}
  then:
    - {at: 2026-03-01T09:00, obligation: {visit: V1, due: 2026-02-25T18:00, state: waived}}
- name: without a purpose a visit is not confirmed
  when: {action: visits.confirm, at: 2026-02-13T10:00, visit: V1, values: {limit: 5}}
  then: {refused: {clause: R1.3}, warned: R1.3, passed: false}
- name: a figure
  given:
    - visit.completed: {at: 2026-02-13T16:00, visit: V1, owner: lin, minutes: 90}
  then: {measure: {control: training, period: 2026-02, counted: 1, shown: 10000}}
- name: what does not hold is told
  given: [{visit.completed: {at: 2026-02-13T16:00, visit: V1, owner: lin}}]
  then: {obligation: {clause: R1.16.1, due: 2026-02-15T18:00}}
- name: a word nobody knows
  given: [{visit.completed: {at: 2026-02-13T16:00, visit: V1, onwer: lin}}]
"""


def test_cases_read_like_the_regulation() -> None:
    results = run_cases(CASES, "cases.yaml", R1, CATALOGUE, ZONE, CALENDAR)
    assert [result.faults for result in results[:5]] == [()] * 5
    assert results[5].faults == (
        "obligation {'clause': 'R1.16.1'}: due is 2026-02-14T18:00, not 2026-02-15T18:00",
    )
    assert (
        results[6]
        .faults[0]
        .startswith("cases.yaml:27: visit.completed has no 'onwer'; known: at, recorded, by")
    )


def test_the_difference_of_two_versions_in_words() -> None:
    changed = pack(
        PACK.replace("default: 4h", "default: 2h").replace("severity: warn", "severity: refuse").replace("  few:", "  some:")
        .replace("small: few", "small: some").replace("A plan has a purpose.", "A plan says why.")
    )  # fmt: skip
    assert difference(Version("1", R1), Version("1", R1)) == []
    said = difference(Version("1", R1), Version("2", changed, {"report_days": 2}))
    assert [words.en for words in said] == [
        "Clause R1.3 now reads: A plan says why. (before: A plan has a purpose.)",
        "Parameter 'few' is gone.",
        "'remind_before': 4h becomes 2h.",
        "'report_days': 1 becomes 2.",
        "Parameter 'some' is new: 5.",
        "Gate 'No contact yet.' of R1.3 changed: whether it refuses or warns.",
        "Measure 'Reports on time' of R1.16.1 changed: below how many the count is shown.",
    ]
    assert said[3].zh == "“report_days”由 1 改为 2。"
    assert said[5].zh == "R1.3 的关口“尚无联系人。”有变动：拒绝还是提醒。"


def test_every_part_of_a_control_has_a_name_in_both_languages() -> None:
    own = {"id", "regulation", "owner_source"}  # no part differs in these alone
    for kind in (Duty, Gate, Measure, Record, Guide):
        for part in fields(kind):
            assert part.name in own or all((PARTS[part.name].zh, PARTS[part.name].en)), part.name


def test_coverage_names_what_is_missing() -> None:
    found = {row.clause: row for row in coverage([R1, R5])}
    assert found["R1.17"].missing == ("Gate",)
    assert found["R1.15.1"].missing == ()
    assert found["R1.16.1"].carried == (
        ("Duty", "visit-report"), ("Gate", "no-backlog"), ("Measure", "reports-on-time"), ("Record", "report-form"),
    )  # fmt: skip
    assert "visit.completed" in unused([R1], CATALOGUE)
    assert "visit.reported" not in unused([R1], CATALOGUE)


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("visit.completed", {"owner": "lin"}, "lacks 'minutes'; hand it in"),
        (
            "visit.completed",
            {"owner": "lin", "minutes": 1, "x": 1},
            "has no field 'x'; declare it or leave it out",
        ),
        ("visit.completed", {"owner": "lin", "minutes": True}, "minutes is not of type int: True"),
        ("visit.complete", {}, "unknown kind 'visit.complete'; declare it in the domain's facts"),
        ("journal.annulled", {"fact": 99}, "corrects 99, which is unknown or annulled"),
        ("journal.annulled", {"fact": 1}, "calendar.loaded cannot be corrected so"),
    ],
)
def test_a_fact_that_does_not_fit_is_refused(kind: str, data: dict[str, Any], message: str) -> None:
    world = World()
    with pytest.raises(FactError, match=message):
        world(kind, "2026-02-13T16:00", "V1", **data)


def test_a_version_that_was_not_handed_in_is_refused() -> None:
    with pytest.raises(NormsError, match="R1 version '7' was not handed to the engine"):
        World()("norms.version_in_force", "2026-02-13T16:00", regulation="R1", version="7")
