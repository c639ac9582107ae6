"""Each sentence of the contract on obligations, as a story in the small company."""

from __future__ import annotations

from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.explain import explain
from guanxi.cores.norms.model import State
from guanxi.cores.norms.tests.world import PACK, R1, R5, RHYTHMS, World, pack, when

V1 = Version("1", R1)


def visited(at: str = "2026-02-13T16:00", **more: str) -> World:
    world = World()
    world("visit.completed", at, "V1", owner="lin", minutes=90, customer="C1", **more)
    return world


def test_a_visit_on_the_friday_before_a_make_up_saturday_is_due_on_that_saturday() -> None:
    o = visited().one("visit-report")
    assert (o.state, o.due_at, o.owner, o.department) == (State.OPEN, when("2026-02-14T18:00"), "lin", "D1")
    assert (o.clause, o.version, o.estimated) == ("R1.16.1", "1", False)


def test_what_is_triggered_after_office_hours_counts_from_the_next_working_time() -> None:
    assert visited("2026-02-13T19:00").one("visit-report").due_at == when("2026-02-24T18:00")
    runs_on = pack(PACK.replace("does: visits.report", "does: visits.report\n    after_hours: runs_on"))
    world = World(Version("1", runs_on))
    world("visit.completed", "2026-02-13T19:00", "V1", owner="lin", minutes=90)
    assert world.one("visit-report").due_at == when("2026-02-14T18:00")


def test_working_time_stands_still_outside_office_hours() -> None:
    world = World()
    world("customer.created", "2026-03-02T09:00", "C1", grade="A", manager="lin", area="n")
    world("credit.changed", "2026-03-02T16:30", "C1", cause="")
    assert world.one("cause").due_at == when("2026-03-03T11:30")


def test_fulfilled_in_time_late_and_never() -> None:
    world = visited()
    world("visit.reported", "2026-02-14T17:59", "V1", blank=False)
    assert world.one("visit-report").state is State.FULFILLED
    world = visited()
    world("visit.reported", "2026-02-14T18:01", "V1", blank=False)
    o = world.one("visit-report")
    assert (o.state, o.missed_at) == (State.LATE, when("2026-02-14T18:00"))
    world = visited()
    world.tick("2026-02-14T18:00")
    assert world.one("visit-report").state is State.OPEN
    world.tick("2026-02-14T18:01")
    assert world.one("visit-report").state is State.MISSED


def test_a_report_that_does_not_meet_the_condition_fulfils_nothing() -> None:
    world = visited()
    world("visit.reported", "2026-02-14T10:00", "V1", blank=True)
    assert world.one("visit-report").state is State.OPEN


def test_what_was_missed_stays_missed_whatever_becomes_of_it() -> None:
    for ending in ("waive", "void"):
        world = visited()
        world.tick("2026-02-15T09:00")
        if ending == "waive":
            world("norms.waived", "2026-02-15T10:00", world.one("visit-report").id)
        else:
            world("visit.annulled", "2026-02-15T10:00", "V1")
        o = world.one("visit-report")
        assert o.state is (State.WAIVED if ending == "waive" else State.VOID)
        assert (o.missed_at, o.taken_back) == (when("2026-02-14T18:00"), False)
        assert world.store.measures["R1/reports-on-time", o.id].counted


def test_a_report_made_in_time_but_recorded_within_the_grace_takes_the_miss_back() -> None:
    world = visited()
    world.tick("2026-02-15T09:00")
    world("visit.reported", "2026-02-14T17:00", "V1", recorded="2026-02-16T10:00", blank=False)
    o = world.one("visit-report")
    assert (o.state, o.missed_at, o.taken_back) == (State.FULFILLED, None, True)
    assert [j.state for j in o.history] == [State.OPEN, State.MISSED, State.FULFILLED]
    line = world.store.measures["R1/reports-on-time", o.id]
    assert (line.hit, line.taken_back) == (True, True)


def test_recorded_beyond_the_grace_it_counts_from_its_recording() -> None:
    world = visited()
    world("visit.reported", "2026-02-14T17:00", "V1", recorded="2026-02-17T18:00", blank=False)
    assert world.one("visit-report").state is State.LATE


def test_a_clause_may_look_at_the_time_of_recording() -> None:
    recorded = pack(PACK.replace("does: visits.report", "does: visits.report\n    looks_at: recorded"))
    world = World(Version("1", recorded))
    world("visit.completed", "2026-02-13T16:00", "V1", owner="lin", minutes=90)
    world("visit.reported", "2026-02-14T17:00", "V1", recorded="2026-02-14T18:30", blank=False)
    assert world.one("visit-report").state is State.LATE


def test_a_fulfilment_may_arrive_before_its_trigger() -> None:
    world = World()
    world("visit.reported", "2026-02-14T10:00", "V1", blank=False)
    world("visit.completed", "2026-02-13T16:00", "V1", recorded="2026-02-14T11:00", owner="lin", minutes=90)
    assert world.one("visit-report").state is State.FULFILLED


def test_a_trigger_recorded_after_its_deadline_has_the_rest_of_the_grace() -> None:
    world = visited(recorded="2026-02-15T10:00")
    world.tick("2026-02-16T10:00")
    assert world.one("visit-report").state is State.OPEN
    assert world.one("visit-report").overdue_at == when("2026-02-17T18:00")
    world("visit.reported", "2026-02-17T17:00", "V1", blank=False)
    assert world.one("visit-report").state is State.FULFILLED


def test_beyond_the_grace_it_is_born_missed() -> None:
    world = visited(recorded="2026-02-18T10:00")
    o = world.one("visit-report")
    assert (o.state, o.missed_at, len(o.history)) == (State.MISSED, when("2026-02-14T18:00"), 1)


def test_identity_is_clause_control_trigger_and_element() -> None:
    world = World()
    world(
        "notice.sent",
        "2026-02-10T10:00",
        "N1",
        departments=["D1", "D2", "D1"],
        starts=when("2026-03-09T10:00").isoformat(),
    )
    first, second = world.all("receipt")
    assert (first.element, second.element) == ("D1", "D2")
    assert first.due_at == when("2026-03-06T10:00")
    world("notice.received", "2026-02-11T10:00", "N1", department="D2")
    assert [o.state for o in world.all("receipt")] == [State.OPEN, State.FULFILLED]
    assert first.owner == "role:service_manager"


def test_the_owner_follows_hand_over_but_a_miss_stays_with_who_owed_it() -> None:
    world = visited()
    world("visit.handed_over", "2026-02-14T09:00", "V1", owner="zhao")
    assert (world.one("visit-report").owner, world.one("visit-report").department) == ("zhao", "D2")
    world.tick("2026-02-14T19:00")
    world("visit.handed_over", "2026-02-24T09:00", "V1", owner="lin")
    o = world.one("visit-report")
    assert (o.owner, o.owed_by, o.department) == ("lin", "zhao", "D2")


def test_a_person_who_is_away_is_stood_in_for() -> None:
    world = visited()
    world("person.away", "2026-02-13T17:00", "lin", deputy="zhao")
    assert world.one("visit-report").owner == "zhao"
    world("person.away", "2026-02-14T17:00", "lin", deputy=None)
    assert world.one("visit-report").owner == "lin"


def test_a_deputy_who_is_away_himself_is_stood_in_for_too() -> None:
    world = visited()
    world("person.away", "2026-02-13T17:00", "lin", deputy="zhao")
    world("person.away", "2026-02-13T17:10", "zhao", deputy="wang")
    assert world.one("visit-report").owner == "wang"
    world("person.away", "2026-02-13T17:20", "wang", deputy="lin")
    assert world.one("visit-report").owner == "wang"
    world("person.away", "2026-02-13T17:30", "zhao", deputy=None)
    assert world.one("visit-report").owner == "zhao"


def test_the_department_is_that_of_the_day_of_the_deadline() -> None:
    world = visited()
    world.tick("2026-02-14T19:00")
    world("person.joined", "2026-02-24T09:00", "lin", department="D2")
    assert world.one("visit-report").department == "D1"


def test_an_owner_may_be_the_first_of_several() -> None:
    world = World()
    due = when("2026-03-02T10:00").isoformat()
    world("promise.made", "2026-02-10T10:00", "P1", giver="lin", due=due)
    world("promise.made", "2026-02-10T11:00", "P2", giver="", due=due)
    assert [o.owner for o in world.all("promise")] == ["lin", "role:service_manager"]
    assert world.all("promise")[0].due_at == when("2026-03-02T10:00")


def test_a_deadline_may_be_before_a_named_action() -> None:
    world = World()
    starts = when("2026-02-24T10:00").isoformat()
    world("visit.planned", "2026-02-10T10:00", "V1", owner="lin", starts=starts)
    world("visit.planned", "2026-02-10T10:00", "V2", owner="lin", starts=starts)
    assert world.all("kit")[0].due_at is None
    world("visit.packed", "2026-02-24T09:00", "V1")
    world("visit.checked_in", "2026-02-24T10:00", "V1")
    world("visit.checked_in", "2026-02-24T10:00", "V2")
    world.tick("2026-02-24T10:01")
    by_visit = {o.subject: o for o in world.all("kit")}
    assert by_visit["V1"].state is State.FULFILLED
    assert (by_visit["V2"].state, by_visit["V2"].missed_at) == (State.MISSED, when("2026-02-24T10:00"))


def test_while_suspended_day_counting_stands_still() -> None:
    world = visited()
    o = world.one("visit-report")
    world("norms.suspended", "2026-02-14T10:00", o.id, of="obligation")
    assert (world.one("visit-report").state, world.one("visit-report").due_at) == (State.SUSPENDED, None)
    world.tick("2026-02-24T18:30")
    assert world.one("visit-report").state is State.SUSPENDED
    world("norms.resumed", "2026-02-24T19:00", o.id, of="obligation")
    assert world.one("visit-report").due_at == when("2026-02-25T18:00")


def test_a_suspension_that_happened_before_the_deadline_takes_the_miss_back() -> None:
    world = visited()
    world.tick("2026-02-14T19:00")
    world("norms.suspended", "2026-02-14T10:00", "V1", of="visit", recorded="2026-02-15T10:00")
    o = world.one("visit-report")
    assert (o.state, o.missed_at, o.taken_back) == (State.SUSPENDED, None, True)


def test_a_suspended_customer_suspends_what_opens_meanwhile() -> None:
    world = World()
    world("norms.suspended", "2026-02-10T10:00", "C1", of="customer")
    world("visit.completed", "2026-02-13T16:00", "V1", owner="lin", minutes=90, customer="C1")
    assert world.one("visit-report").state is State.SUSPENDED
    world("norms.resumed", "2026-02-24T10:00", "C1", of="customer")
    o = world.one("visit-report")
    assert (o.state, o.due_at) == (State.OPEN, when("2026-02-25T18:00"))


def test_a_calendar_correction_computes_anew_what_is_open_or_missed_never_what_is_closed() -> None:
    world = visited()
    world("visit.completed", "2026-02-13T16:00", "V2", owner="lin", minutes=90)
    world("visit.completed", "2026-02-13T16:00", "V3", owner="lin", minutes=90)
    world("visit.reported", "2026-02-13T17:00", "V2", blank=False)
    world.tick("2026-02-14T19:00")
    world("visit.reported", "2026-02-14T20:00", "V3", blank=False)
    world("calendar.loaded", "2026-02-15T10:00", year=2026, published=True, days={"2026-02-16": "rest"})
    world.roll()
    by_visit = {o.subject: o for o in world.all("visit-report")}
    assert by_visit["V1"].due_at == when("2026-02-17T18:00")
    assert (by_visit["V1"].state, by_visit["V1"].taken_back) == (State.OPEN, True)
    assert by_visit["V2"].due_at == when("2026-02-14T18:00")
    assert by_visit["V3"].state is State.LATE


def test_a_year_that_is_not_published_is_estimated() -> None:
    world = World()
    world("visit.completed", "2026-12-31T16:00", "V1", owner="lin", minutes=90)
    o = world.one("visit-report")
    assert (o.due_at, o.estimated) == (when("2027-01-01T18:00"), True)
    world("calendar.loaded", "2026-12-31T17:00", year=2027, published=True, days={"2027-01-01": "rest"})
    world.roll()
    o = world.one("visit-report")
    assert (o.due_at, o.estimated) == (when("2027-01-04T18:00"), False)


# -- rhythms -------------------------------------------------------------------------------------------------------


def customer(grade: str = "A") -> World:
    world = World()
    world("customer.created", "2026-03-02T09:00", "C1", grade=grade, manager="lin", area="n")
    return world


def test_a_rhythm_opens_the_next_instance_from_the_last_fulfilment() -> None:
    world = customer()
    assert world.one("call").due_at == when("2026-04-01T09:00")
    world("call.logged", "2026-03-10T10:00", "C1", minutes=5)
    first, second = world.all("call")
    assert (first.state, second.state, second.due_at) == (
        State.FULFILLED,
        State.OPEN,
        when("2026-04-09T10:00"),
    )
    assert (second.trigger_kind, second.owner) == ("call.logged", "lin")


def test_a_late_call_finds_its_place_between_two_links_and_the_ids_are_the_same() -> None:
    in_order, late = customer(), customer()
    in_order("call.logged", "2026-03-10T10:00", "C1", minutes=5)
    in_order("call.logged", "2026-03-11T10:00", "C1", minutes=5)
    late.write("call.logged", when("2026-03-11T10:00"), when("2026-03-11T10:00"), "customer", "C1", "C1", {"minutes": 5},
               key=in_order.journal[-1].key)  # fmt: skip
    late.write("call.logged", when("2026-03-10T10:00"), when("2026-03-11T12:00"), "customer", "C1", "C1", {"minutes": 5},
               key=in_order.journal[-2].key)  # fmt: skip
    assert [(o.id, o.state, o.due_at) for o in in_order.all("call")] == [
        (o.id, o.state, o.due_at) for o in late.all("call")
    ]


def test_a_waiver_stays_with_the_instance_of_which_it_was_said() -> None:
    world = customer()
    id = world.one("call").id
    world("norms.waived", "2026-03-20T10:00", id)
    first, second = world.all("call")
    assert (first.id, first.state, second.state) == (id, State.WAIVED, State.OPEN)
    world("call.logged", "2026-03-19T10:00", "C1", recorded="2026-03-20T11:00", minutes=5)
    assert world.all("call")[0].id == id
    assert world.all("call")[0].state is State.FULFILLED


def test_a_shorter_interval_runs_from_the_change_and_a_longer_one_from_the_last_fulfilment() -> None:
    world = customer("B")
    assert world.one("call").due_at == when("2026-05-31T09:00")
    world("customer.graded", "2026-03-22T09:00", "C1", grade="A")
    assert world.one("call").due_at == when("2026-04-21T09:00")
    world("customer.graded", "2026-03-23T09:00", "C1", grade="B")
    assert world.one("call").due_at == when("2026-05-31T09:00")
    world("customer.graded", "2026-05-20T09:00", "C1", grade="A")
    assert world.one("call").due_at == when("2026-05-31T09:00")


def test_a_grade_said_again_after_a_late_one_counts_from_then() -> None:
    """A at the beginning; that he was B weeks earlier is recorded late, and holds from then; A again the day after."""
    world = customer("A")
    world("customer.graded", "2026-02-20T09:00", "C1", recorded="2026-03-10T09:00", grade="B")
    assert world.one("call").due_at == when("2026-05-31T09:00")
    world("customer.graded", "2026-03-11T09:00", "C1", grade="A")
    assert world.one("call").due_at == when("2026-04-10T09:00")


def test_a_rhythm_ends_and_begins_with_its_condition() -> None:
    world = customer()
    world("customer.graded", "2026-03-20T09:00", "C1", grade="C")
    assert [o.state for o in world.all("call")] == [State.VOID]
    world("customer.graded", "2026-03-25T09:00", "C1", grade="A")
    assert [o.state for o in world.all("call")] == [State.VOID, State.OPEN]
    world("customer.closed", "2026-03-26T09:00", "C1")
    assert [o.live for o in world.all("call")] == [False, False]


def test_a_period_is_a_rhythm_with_one_instance_a_year() -> None:
    world = customer()
    assert world.one("yearly").due_at == when("2026-12-31T23:59:59")
    world("call.logged", "2026-05-10T10:00", "C1", minutes=40)
    first, second = world.all("yearly")
    assert (first.state, second.state) == (State.FULFILLED, State.WAITING)
    assert (second.actionable_from, second.due_at) == (when("2027-01-01T00:00"), when("2027-12-31T23:59:59"))
    world.tick("2027-01-02T09:00")
    assert world.all("yearly")[1].state is State.OPEN


def test_merged_customers_share_one_rhythm() -> None:
    world = customer()
    world("customer.created", "2026-03-02T09:00", "C2", grade="A", manager="zhao", area="n")
    world("call.logged", "2026-03-10T10:00", "C2", minutes=5)
    world("customer.merged", "2026-03-11T10:00", "C2", into="C1")
    live = [o for o in world.all("call") if o.live]
    assert [(o.subject, o.due_at) for o in live] == [("C1", when("2026-04-09T10:00"))]
    world("call.logged", "2026-03-12T10:00", "C2", minutes=5)
    assert [(o.subject, o.opened_at) for o in world.all("call") if o.live] == [
        ("C1", when("2026-03-12T10:00"))
    ]


# -- reminders, corrections, versions ------------------------------------------------------------------------------


def test_reminders_and_escalations_are_facts_with_offsets() -> None:
    world = visited()
    world.tick("2026-02-14T13:59")
    assert world.drafts == []
    world.tick("2026-02-14T14:00")
    world.tick("2026-02-14T14:30")
    assert [(d.kind, d.data["to"]) for d in world.drafts] == [("norms.reminded", "lin")]
    world.tick("2026-02-14T19:00")
    world.tick("2026-02-24T19:00")
    assert [(d.kind, d.data["to"]) for d in world.drafts][1:] == [("norms.escalated", "wang")]


def test_an_annulled_trigger_voids_and_an_annulled_report_opens_again() -> None:
    world = visited()
    world("visit.reported", "2026-02-14T10:00", "V1", blank=False)
    world("journal.annulled", "2026-02-14T11:00", fact=world.journal[-1].seq)
    assert world.one("visit-report").state is State.OPEN
    trigger = world.one("visit-report").trigger
    world("journal.annulled", "2026-02-14T12:00", fact=trigger)
    assert [(o.state, o.closed_by) for o in world.all("visit-report")] == [(State.VOID, "annulled")]


def test_a_corrected_trigger_moves_the_deadline_of_the_same_instance() -> None:
    world = visited()
    o = world.one("visit-report")
    corrected = when("2026-02-12T16:00").isoformat()
    world(
        "journal.corrected", "2026-02-13T17:00", fact=o.trigger, data={"owner": "zhao"}, happened_at=corrected
    )
    moved = world.one("visit-report")
    assert (moved.id, moved.owner, moved.due_at) == (o.id, "zhao", when("2026-02-13T18:00"))


def versions(choice: str) -> World:
    other = pack(PACK.replace("on_new_version: keep", f"on_new_version: {choice}"))
    world = World(V1, Version("2", other, {"report_days": 3}))
    world("visit.completed", "2026-02-13T16:00", "V1", owner="lin", minutes=90)
    world("visit.completed", "2026-02-12T09:00", "V2", owner="lin", minutes=90)
    world("visit.reported", "2026-02-12T10:00", "V2", blank=False)
    world.enforce("R1", "2", "2026-02-13T17:00")
    return world


def test_the_version_in_force_when_the_trigger_happened_governs_to_the_end() -> None:
    world = versions("keep")
    by_visit = {o.subject: o for o in world.all("visit-report")}
    assert (by_visit["V1"].version, by_visit["V1"].due_at) == ("1", when("2026-02-14T18:00"))
    world("visit.completed", "2026-02-13T17:30", "V3", owner="lin", minutes=90)
    assert {o.subject: o.version for o in world.all("visit-report")}["V3"] == "2"


def test_a_new_version_may_restate_or_void_what_is_not_closed_on_its_date() -> None:
    restated = {o.subject: o for o in versions("restate").all("visit-report")}
    assert (restated["V1"].version, restated["V1"].due_at) == ("2", when("2026-02-25T18:00"))
    assert (restated["V2"].version, restated["V2"].state) == ("1", State.FULFILLED)
    voided = {o.subject: o for o in versions("void").all("visit-report")}
    assert (voided["V1"].state, voided["V2"].state) == (State.VOID, State.FULFILLED)


def test_so_it_does_whenever_the_trigger_arrives_and_a_trigger_dated_back_is_shown() -> None:
    world = versions("void")
    world("visit.completed", "2026-02-13T15:00", "V4", recorded="2026-02-13T18:00", owner="lin", minutes=90)
    o = {o.subject: o for o in world.all("visit-report")}["V4"]
    assert (o.state, o.dated_back, o.version) == (State.VOID, True, "1")


def test_before_a_version_was_in_force_nothing_is_owed() -> None:
    world = World(V1, start="2026-02-14T00:00", calendar=False)
    world("visit.completed", "2026-02-13T16:00", "V1", recorded="2026-02-14T09:00", owner="lin", minutes=90)
    assert world.all("visit-report") == []


def test_a_rhythm_begins_for_customers_that_were_there_before_the_version() -> None:
    world = World(V1, Version("1", R5))
    engine_without = World(V1)
    assert engine_without.all("call") == []
    world = World(Version("1", R5), Version("2", pack(RHYTHMS.replace("default: 30d", "default: 20d"))))
    for id in ("C1", "C2", "C3"):
        world("customer.created", "2026-03-02T09:00", id, grade="A", manager="lin", area="n")
    world.enforce("R5", "2", "2026-03-05T09:00")
    assert {o.version for o in world.all("call")} == {"1"}


def test_a_new_rhythm_reaches_existing_customers_by_the_roll_out_in_pages() -> None:
    only_yearly = pack(
        RHYTHMS.replace("  - id: call\n", "  - id: call-later\n").replace(
            "by: grade, A: often", "by: grade, Z: often"
        )
    )
    world = World(Version("1", only_yearly), Version("2", R5))
    for number in range(5):
        world("customer.created", "2026-03-02T09:00", f"C{number}", grade="A", manager="lin", area="n")
    assert world.all("call") == []
    world("norms.version_in_force", "2026-03-05T09:00", regulation="R5", version="2")
    assert world.all("call") == []
    world("customer.graded", "2026-03-05T10:00", "C4", grade="B")
    assert [o.subject for o in world.all("call")] == ["C4"]
    world.roll(limit=2)
    assert [(o.subject, o.opened_at) for o in world.all("call")].count(("C4", when("2026-03-05T09:00"))) == 1
    assert {o.subject for o in world.all("call")} == {"C0", "C1", "C2", "C3", "C4"}


def test_a_story_names_its_facts_in_both_languages() -> None:
    world = visited()
    world.tick("2026-02-15T09:00")
    world("visit.reported", "2026-02-14T17:00", "V1", recorded="2026-02-16T10:00", blank=False)
    lines = explain(world.engine, world.store, world.one("visit-report"))
    assert lines[0].zh == "2026-02-13 16:00，依R1.16.1（第1版）产生，事由：visit.completed。"
    assert [line.en for line in lines][1:] == [
        "2026-02-13 16:00: judged open, due 2026-02-14 18:00.",
        "2026-02-15 09:00: judged missed, due 2026-02-14 18:00.",
        "2026-02-16 10:00: judged fulfilled on time, due 2026-02-14 18:00.",
        "An earlier miss was taken back: out of the count, still visible.",
    ]


def test_a_version_reads_no_evidence_from_before_it_asked_even_if_another_regulation_kept_it() -> None:
    asking = PACK.replace(
        "fulfilled_by: {fact: visit.packed, same: visit}",
        "fulfilled_by: [{fact: visit.packed, same: visit}, {fact: call.logged, same: customer, since: ever}]",
    )
    for versions in ((V1, Version("2", pack(asking)), Version("1", R5)), (V1, Version("2", pack(asking)))):
        world = World(*versions)
        world("call.logged", "2026-02-10T10:00", "C1", minutes=5)
        world.enforce("R1", "2", "2026-02-11T09:00")
        starts = when("2026-02-24T10:00").isoformat()
        world("visit.planned", "2026-02-12T10:00", "V1", owner="lin", starts=starts, customer="C1")
        assert world.one("kit").state is State.OPEN
        world("call.logged", "2026-02-12T09:00", "C1", recorded="2026-02-12T11:00", minutes=5)
        assert world.one("kit").state is State.FULFILLED
