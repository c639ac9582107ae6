"""What really happens: drop-ins, nobody there, forgotten check-outs, late entries, colleagues, illness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guanxi.domains.customers.models import Account, Need, TeamMember
from guanxi.domains.visits.models import Visit, VisitLine, VisitReport
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound

from .situation import DAY, HOUR, NOON, arrived, confirmed, customer, do, left, planned, promotion, state

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def last(kind: str) -> Fact:
    return Fact.objects.filter(kind=kind).latest("seq")


def test_an_unplanned_drop_in_is_planned_confirmed_and_begun_at_the_door(cast, hengyuan: Account) -> None:
    visit = do("visits.drop_in", cast.lin, customer=hengyuan.pk, purpose="routine", target="问候并了解近况")
    assert (visit.state, visit.drop_in, visit.source, visit.arrived_at) == (
        "checked_in",
        True,
        "drop_in",
        NOON,
    )
    assert last("visit.planned").data["drop_in"] is True
    assert last("visit.checked_in").data["drop_in"] is True


def test_a_plan_cannot_call_itself_a_drop_in(cast, hengyuan: Account) -> None:
    """Drop-ins are spared some gates, so only the action at the door makes one."""
    with pytest.raises(Invalid):
        planned(cast.lin, hengyuan, drop_in=True)
    with pytest.raises(Invalid):
        planned(cast.lin, hengyuan, source="drop_in")


def test_a_drop_in_with_promotions_reads_them_at_the_door(cast, hengyuan: Account) -> None:
    promotion()
    do("visits.drop_in", cast.lin, customer=hengyuan.pk, purpose="routine", target="x", promotions_read=True)
    assert last("visit.confirmed").data["promotions_open"] == 0


def test_nobody_was_there_and_a_next_date_is_set(cast, hengyuan: Account) -> None:
    visit = confirmed(cast.lin, hengyuan)
    do("visits.not_met", cast.lin, NOON + HOUR, visit=visit.pk, note="前台说外出")
    assert state(visit) == "not_met"
    do("visits.set_next", cast.lin, NOON + HOUR, visit=visit.pk, next_at=(NOON + DAY).isoformat())
    following = Visit.objects.get(pk=visit.pk).next_visit
    assert following is not None
    assert following.first is True


def test_a_forgotten_check_out_asks_for_the_true_time(cast, hengyuan: Account) -> None:
    """Given a check-in of yesterday, when one checks out today, then the true time is asked for and kept."""
    visit = arrived(cast.lin, hengyuan)
    with pytest.raises(Invalid, match="忘了签出"):
        do("visits.check_out", cast.lin, NOON + DAY, visit=visit.pk)
    do("visits.check_out", cast.lin, NOON + DAY, visit=visit.pk, left_at=(NOON + 2 * HOUR).isoformat())
    kept = Visit.objects.get(pk=visit.pk)
    assert (kept.left_at, kept.closed_at, kept.late_entry) == (NOON + 2 * HOUR, NOON + DAY, True)
    fact = last("visit.completed")
    assert (fact.happened_at, fact.recorded_at, fact.data["minutes"]) == (NOON + 2 * HOUR, NOON + DAY, 120)
    assert fact.data["late_entry"] is True


def test_a_visit_of_yesterday_is_entered_today(cast, hengyuan: Account) -> None:
    yesterday, now = NOON, NOON + DAY
    visit = do(
        "visits.drop_in",
        cast.lin,
        now,
        customer=hengyuan.pk,
        purpose="needs",
        target="需求",
        arrived_at=yesterday.isoformat(),
    )
    lines = [{"kind": "request", "text": "要发票", "captured_at": (yesterday + HOUR / 2).isoformat()}]
    do("visits.capture", cast.lin, now, visit=visit.pk, lines=lines)
    assert last("visit.captured").data == {"line": "request", "same_day": False}
    do("visits.check_out", cast.lin, now, visit=visit.pk, left_at=(yesterday + HOUR).isoformat())
    fact = last("visit.completed")
    assert (fact.happened_at, fact.data["late_entry"]) == (yesterday + HOUR, True)
    assert last("visit.checked_in").happened_at == yesterday


def test_a_line_of_the_same_day_counts_as_noted_within_the_day(cast, hengyuan: Account) -> None:
    visit = arrived(cast.lin, hengyuan)
    do("visits.capture", cast.lin, NOON + HOUR, visit=visit.pk, lines=[{"kind": "request", "text": "a"}])
    assert last("visit.captured").data["same_day"] is True
    do("visits.check_out", cast.lin, NOON + HOUR, visit=visit.pk)
    do("visits.capture", cast.lin, NOON + DAY, visit=visit.pk, lines=[{"kind": "request", "text": "b"}])
    assert last("visit.captured").data["same_day"] is False


@pytest.mark.parametrize(
    ("field", "moment"),
    [("arrived_at", NOON + HOUR), ("arrived_at", NOON - 40 * DAY)],
)
def test_a_time_ahead_or_too_long_ago_is_refused_at_its_field(cast, hengyuan: Account, field, moment) -> None:
    visit = confirmed(cast.lin, hengyuan)
    with pytest.raises(Invalid) as caught:
        do("visits.check_in", cast.lin, visit=visit.pk, **{field: moment.isoformat()})
    assert list(caught.value.errors) == [field]
    assert state(visit) == "confirmed"


def test_nobody_leaves_before_arriving(cast, hengyuan: Account) -> None:
    visit = arrived(cast.lin, hengyuan)
    with pytest.raises(Invalid, match="早于到达"):
        do("visits.check_out", cast.lin, NOON + HOUR, visit=visit.pk, left_at=(NOON - HOUR).isoformat())


def test_a_colleague_who_comes_along_works_on_the_visit_too(cast, hengyuan: Account) -> None:
    visit = arrived(cast.lin, hengyuan, colleagues=[cast.zhao.pk])
    do("visits.capture", cast.zhao, NOON, visit=visit.pk, lines=[{"kind": "information", "text": "要搬家"}])
    with pytest.raises(Forbidden, match="需求请由林晓记录"):
        do("visits.capture", cast.zhao, NOON, visit=visit.pk, lines=[{"kind": "need", "text": "保洁"}])
    do("visits.check_out", cast.zhao, NOON + HOUR, visit=visit.pk)
    assert last("visit.completed").data["owner"] == str(cast.lin.pk)
    assert Need.objects.count() == 0


def test_two_people_confirming_the_same_visit(cast, hengyuan: Account) -> None:
    visit = planned(cast.lin, hengyuan, colleagues=[cast.zhao.pk])
    do("visits.confirm", cast.zhao, NOON, visit=visit.pk)
    with pytest.raises(Conflict, match="赵磊 已于 03-05 12:00 确认了这次拜访"):
        do("visits.confirm", cast.lin, NOON, visit=visit.pk)
    assert Fact.objects.filter(kind="visit.confirmed").count() == 1


def test_a_double_submit_writes_once(cast, hengyuan: Account) -> None:
    visit = planned(cast.lin, hengyuan)
    for _ in range(2):
        do("visits.confirm", cast.lin, NOON, key="k1", visit=visit.pk)
    assert Fact.objects.filter(kind="visit.confirmed").count() == 1


def test_a_telephone_may_send_its_lines_again(cast, hengyuan: Account) -> None:
    """Given a batch of which the answer was lost, when it is sent with one line more, then each line is there once."""
    visit = arrived(cast.lin, hengyuan)
    first = {"kind": "need", "text": "保洁", "key": "p1-1"}
    second = {"kind": "promise", "text": "寄样册", "due_on": "2026-03-09", "key": "p1-2"}
    do("visits.capture", cast.lin, NOON, visit=visit.pk, lines=[first])
    do("visits.capture", cast.lin, NOON, visit=visit.pk, lines=[first, second])
    assert VisitLine.objects.count() == 2
    assert Need.objects.count() == 1


def test_one_wrong_line_leaves_nothing_half_done(cast, hengyuan: Account) -> None:
    visit = arrived(cast.lin, hengyuan)
    lines = [{"kind": "need", "text": "保洁"}, {"kind": "gift", "item": 999, "number": 1}]
    with pytest.raises(Exception, match=r"such record|请"):
        do("visits.capture", cast.lin, NOON, visit=visit.pk, lines=lines)
    assert (VisitLine.objects.count(), Need.objects.count()) == (0, 0)


def test_an_amended_report_keeps_the_earlier_text(cast, hengyuan: Account) -> None:
    visit = left(cast.lin, hengyuan)
    do(
        "visits.report",
        cast.lin,
        NOON + 2 * HOUR,
        visit=visit.pk,
        summary="第一版",
        no_conflict=True,
        no_help=True,
    )
    do("visits.amend_report", cast.lin, NOON + DAY, visit=visit.pk, summary="第二版", reason="漏写一条")
    versions = list(VisitReport.objects.filter(visit=visit).values_list("number", "summary"))
    assert versions == [(1, "第一版"), (2, "第二版")]
    assert last("visit.report_amended").data == {"number": 2}


def test_a_customer_handed_over_after_the_visit_does_not_stop_its_report(cast, hengyuan: Account) -> None:
    """Given a visit of lin whose customer went to another team meanwhile, then she still reports what she heard there;
    the needs on a card that is no longer hers stay as they are, and the next date is for whoever follows."""
    do("needs.add", cast.lin, NOON - DAY, customer=hengyuan.pk, what="保洁", source="visit")
    visit = left(cast.lin, hengyuan)
    do("customers.assign", cast.wang, NOON + HOUR, customers=[hengyuan.pk], manager=cast.sun.pk)
    report = {"visit": visit.pk, "summary": "需求不变", "no_conflict": True, "no_help": True}
    do("visits.report", cast.lin, NOON + 2 * HOUR, needs_confirmed=True, **report)
    assert (state(visit), VisitReport.objects.get().needs_standing) == ("reported", True)
    assert Fact.objects.filter(kind="need.confirmed").count() == 0
    with pytest.raises(Invalid, match="写明由谁跟进"):
        do("visits.set_next", cast.lin, NOON + 2 * HOUR, visit=visit.pk, next_at=(NOON + DAY).isoformat())
    do("visits.set_next", cast.lin, NOON + 2 * HOUR, visit=visit.pk, reason="由孙外跟进")


def test_a_report_does_not_contradict_its_lines(cast, hengyuan: Account) -> None:
    visit = left(cast.lin, hengyuan, lines=[{"kind": "conflict", "text": "账单有误"}])
    with pytest.raises(Invalid) as caught:
        do("visits.report", cast.lin, NOON + 2 * HOUR, visit=visit.pk, summary="好", no_conflict=True)
    assert list(caught.value.errors) == ["no_conflict"]
    with pytest.raises(Invalid) as caught:
        do("visits.report", cast.lin, NOON + 2 * HOUR, visit=visit.pk, summary="好", needs_confirmed=True)
    assert list(caught.value.errors) == ["needs_confirmed"]
    assert state(visit) == "completed"


def test_a_sick_colleagues_visits_of_today_are_handed_over(cast, hengyuan: Account) -> None:
    """Given two visits of lin, when wang hands them to zhao, then he can do all with them, and lin sees them no more."""
    other = customer(cast.lin, "华信")
    visits = [planned(cast.lin, hengyuan), confirmed(cast.lin, other, NOON + 3 * HOUR)]
    do("visits.reassign", cast.wang, visits=[v.pk for v in visits], owner=cast.zhao.pk, reason="林晓生病")
    assert {v.owner for v in Visit.objects.all()} == {cast.zhao}
    facts = Fact.objects.filter(kind="visit.reassigned")
    assert [f.data for f in facts] == [{"owner": str(cast.zhao.pk), "before": str(cast.lin.pk)}] * 2
    assert TeamMember.objects.filter(person=cast.zhao).count() == 2
    do("visits.check_in", cast.zhao, NOON + 3 * HOUR, visit=visits[1].pk)
    do(
        "visits.capture",
        cast.zhao,
        NOON + 3 * HOUR,
        visit=visits[1].pk,
        lines=[{"kind": "need", "text": "保洁"}],
    )
    with pytest.raises(Forbidden, match="赵磊"):
        do("visits.confirm", cast.lin, visit=visits[0].pk)


def test_reassigning_is_taken_back_for_those_still_to_come(cast, hengyuan: Account) -> None:
    """Given visits of two people handed to a third, then each goes back to whose it was, but for the one that has begun."""
    other = customer(cast.zhao, "华信")
    mine, his = planned(cast.lin, hengyuan), planned(cast.zhao, other)
    begun = confirmed(cast.lin, hengyuan, NOON + 3 * HOUR)
    at = NOON + 2 * HOUR
    do("visits.reassign", cast.wang, at, visits=[mine.pk, his.pk, begun.pk], owner=cast.wang.pk)
    do("visits.check_in", cast.wang, at + MINUTE, visit=begun.pk)
    seqs = list(Fact.objects.filter(kind="visit.reassigned").values_list("seq", flat=True))
    back = {"first": min(seqs), "last": max(seqs)}
    with pytest.raises(Invalid, match="十分钟"):
        do("visits.reassign_back", cast.wang, at + 11 * MINUTE, **back)
    do("visits.reassign_back", cast.wang, at + 2 * MINUTE, **back)
    owners = {v.pk: v.owner for v in Visit.objects.all()}
    assert owners == {mine.pk: cast.lin, his.pk: cast.zhao, begun.pk: cast.wang}
    with pytest.raises(Conflict):
        do("visits.reassign_back", cast.wang, at + 2 * MINUTE, **back)


def test_a_visit_that_has_begun_is_not_handed_over(cast, hengyuan: Account) -> None:
    visit = arrived(cast.lin, hengyuan)
    with pytest.raises(Conflict, match="已签到，不能改派"):
        do("visits.reassign", cast.wang, visits=[visit.pk], owner=cast.zhao.pk)


def test_the_next_date_may_be_moved_while_the_next_visit_is_only_planned(cast, hengyuan: Account) -> None:
    visit = left(cast.lin, hengyuan)
    for days in (7, 9):
        do("visits.set_next", cast.lin, NOON + HOUR, visit=visit.pk, next_at=(NOON + days * DAY).isoformat())
    assert Visit.objects.exclude(pk=visit.pk).get().planned_at == NOON + 9 * DAY
    with pytest.raises(Invalid, match="请先取消它"):
        do("visits.set_next", cast.lin, NOON + HOUR, visit=visit.pk, reason="客户不便")


def test_no_next_date_needs_a_reason(cast, hengyuan: Account) -> None:
    visit = left(cast.lin, hengyuan)
    with pytest.raises(Invalid, match="写明约不成的理由"):
        do("visits.set_next", cast.lin, NOON + HOUR, visit=visit.pk)
    do("visits.set_next", cast.lin, NOON + HOUR, visit=visit.pk, reason="客户装修停业")
    assert last("visit.next_set").data == {"has_date": False, "next_at": None, "next": None}


def test_a_changed_promotion_is_to_be_read_again(cast, hengyuan: Account) -> None:
    offer = promotion()
    first = planned(cast.lin, hengyuan)
    do("visits.acknowledge_promotions", cast.lin, visit=first.pk)
    assert last("visit.promotions_acknowledged").data == {"month": "2026-03", "count": 1}
    planned(cast.lin, hengyuan, NOON + DAY)
    assert last("visit.planned").data["promotions_open"] == 0
    offer.text = "改了条件"
    offer.save()
    planned(cast.lin, hengyuan, NOON + DAY)
    assert last("visit.planned").data["promotions_open"] == 1


def test_an_edit_over_somebody_elses_edit_is_a_conflict(cast, hengyuan: Account) -> None:
    visit = planned(cast.lin, hengyuan)
    do("visits.edit", cast.wang, visit=visit.pk, target="甲", version=1)
    with pytest.raises(Conflict, match="有人刚刚改过"):
        do("visits.edit", cast.lin, visit=visit.pk, target="乙", version=1)
    assert Visit.objects.get(pk=visit.pk).target == "甲"


def test_times_across_midnight_are_judged_in_the_companys_zone(cast, hengyuan: Account) -> None:
    """23:30 and 00:30 in Shanghai are two days, though one in UTC."""
    late = datetime(2026, 3, 5, 15, 30, tzinfo=UTC)
    visit = arrived(cast.lin, hengyuan, late)
    with pytest.raises(Invalid, match="忘了签出"):
        do("visits.check_out", cast.lin, late + HOUR, visit=visit.pk)


def undo(person, kind: str, at: datetime = NOON) -> None:
    do("visits.undo", person, at, fact=last(kind).seq)


def test_a_check_in_by_mistake_is_taken_back(cast, hengyuan: Account) -> None:
    visit = arrived(cast.lin, hengyuan)
    undo(cast.lin, "visit.checked_in", NOON + 9 * MINUTE)
    kept = Visit.objects.get(pk=visit.pk)
    assert (kept.state, kept.arrived_at, kept.distance_m) == ("confirmed", None, None)
    assert last("journal.annulled").data["fact"] == last("visit.checked_in").seq
    do("visits.check_in", cast.lin, NOON + HOUR, visit=visit.pk)
    assert Visit.objects.get(pk=visit.pk).arrived_at == NOON + HOUR


def test_a_check_out_by_mistake_is_taken_back_and_the_visit_goes_on(cast, hengyuan: Account) -> None:
    visit = left(cast.lin, hengyuan, lines=[{"kind": "training", "number": 20, "text": "面板"}])
    undo(cast.lin, "visit.completed", NOON + HOUR)
    kept = Visit.objects.get(pk=visit.pk)
    assert (kept.state, kept.left_at, kept.training_minutes) == ("checked_in", None, 0)
    do("visits.check_out", cast.lin, NOON + 2 * HOUR, visit=visit.pk)
    assert last("visit.completed").data["minutes"] == 120


@pytest.mark.parametrize(
    ("given", "action", "kind", "was"),
    [
        (planned, "visits.not_met", "visit.not_met", "planned"),
        (confirmed, "visits.not_met", "visit.not_met", "confirmed"),
        (arrived, "visits.not_met", "visit.not_met", "checked_in"),
        (planned, "visits.cancel", "visit.annulled", "planned"),
        (confirmed, "visits.cancel", "visit.annulled", "confirmed"),
    ],
)
def test_nobody_there_and_cancelled_are_taken_back(cast, hengyuan: Account, given, action, kind, was) -> None:
    visit = given(cast.lin, hengyuan)
    more = {"reason_code": "customer_asked"} if kind == "visit.annulled" else {}
    before = Visit.objects.values().get(pk=visit.pk)
    do(action, cast.lin, visit=visit.pk, **more)
    undo(cast.lin, kind)
    assert Visit.objects.values().get(pk=visit.pk) == {**before, "state": was}


def test_what_somebody_built_on_or_is_long_past_or_not_ones_own_stays(cast, hengyuan: Account) -> None:
    visit = arrived(cast.lin, hengyuan, colleagues=[cast.zhao.pk])
    with pytest.raises(NotFound):
        undo(cast.zhao, "visit.checked_in")
    with pytest.raises(Invalid, match="十分钟"):
        undo(cast.lin, "visit.checked_in", NOON + 11 * MINUTE)
    do("visits.capture", cast.zhao, NOON, visit=visit.pk, lines=[{"kind": "information", "text": "要搬家"}])
    with pytest.raises(Conflict, match="之后已有新的记录"):
        undo(cast.lin, "visit.checked_in")
    assert state(visit) == "checked_in"
