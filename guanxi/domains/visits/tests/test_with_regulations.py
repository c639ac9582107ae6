"""With R1 and R5 in force, approved by chen: refusals that teach, duties that open and close, what is still owed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from django.urls import reverse

from guanxi.domains.customers.models import Account
from guanxi.domains.visits.models import Visit
from guanxi.domains.visits.reads.duties import owed
from guanxi.platform.approvals.models import Approval
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Refused
from guanxi.platform.regulations import reads as regulations
from guanxi.platform.regulations.replay import differences

from .situation import DAY, HOUR, NOON, contact, do, kit, left, planned, promotion, state
from .test_pages import browser, text, url

pytestmark = pytest.mark.django_db

PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def _in_force(cast) -> Iterator[None]:
    """wang submits both regulations ten days ago, chen approves them."""
    from guanxi.platform.regulations import engine, packs

    engine._made = None
    packs.forget()
    cast.chen.set_password(PASSWORD)
    cast.chen.save()
    start = NOON - 10 * DAY
    for code in ("R1", "R5"):
        version = do("regulations.draft", cast.wang, start, regulation=code, source="shipped")
        do("regulations.submit", cast.wang, start, version=version.pk)
        approval = Approval.objects.get(subject_id=version.pk, kind="regulation_version")
        do(
            "approvals.decide",
            cast.chen,
            start,
            approval=approval.pk,
            decision="approve",
            content_hash=approval.content_hash,
            password=PASSWORD,
        )
    with time_machine.travel(NOON, tick=False):
        yield


def duties(visit: Visit) -> dict[str, str]:
    return {o.control: o.state for o in regulations.for_subject("visit", visit.pk)}


def test_a_confirmation_is_refused_with_each_clause_and_its_remedy(cast, hengyuan: Account) -> None:
    """R1.3, R1.5: no target, promotions unread, no contact (which only warns)."""
    promotion()
    visit = planned(cast.lin, hengyuan, target="")
    with pytest.raises(Refused) as refused:
        do("visits.confirm", cast.lin, visit=visit.pk)
    found = {(r.clause, r.remedy_action) for r in refused.value.failures}
    assert found == {("R1.3", "visits.edit"), ("R1.5", "visits.acknowledge_promotions")}
    assert [(r.clause, r.severity) for r in refused.value.warnings] == [("R1.3", "warn")]
    assert state(visit) == "planned"
    kept = Fact.objects.filter(subject_kind="visit", subject_id=visit.pk).latest("seq")
    assert "扩租" not in str(kept.data)


def test_the_refusal_stands_on_the_page_and_the_remedy_lets_it_go_on(cast, hengyuan: Account) -> None:
    promotion("三月优惠")
    visit, client = planned(cast.lin, hengyuan, target="", contact=contact(hengyuan).pk), browser(cast.lin)
    answer = client.post(url(visit, "visits.confirm"), {"_key": "c1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "不能确认这次拜访" in page
    assert f'href="{url(visit, "visits.edit")}' in page
    assert f'href="{url(visit, "visits.promotions")}' in page
    client.post(
        url(visit, "visits.edit"), {"_key": "c2", "planned_at": "2026-03-05T12:00", "target": "时间表"}
    )
    client.post(url(visit, "visits.promotions"), {"_key": "c3"})
    assert client.post(url(visit, "visits.confirm"), {"_key": "c1"}).status_code == 302
    assert state(visit) == "confirmed"


def test_a_drop_in_meets_the_same_gates_and_leaves_no_plan_behind(cast, hengyuan: Account) -> None:
    client, page = browser(cast.lin), reverse("visits.drop-in") + f"?customer={hengyuan.pk}"
    answer = client.post(page, {"_key": "d1", "purpose": "routine"})
    assert answer.status_code == 409
    assert "没有写明预期结果" in text(answer)
    assert not Visit.objects.exists()
    assert client.post(page, {"_key": "d1", "purpose": "routine", "target": "问候"}).status_code == 302


def test_duties_open_and_close_along_the_visit(cast, hengyuan: Account) -> None:
    kit("pen")
    promotion()
    visit = planned(cast.lin, hengyuan)
    assert set(duties(visit)) == {"promotions-read", "kit-checked"}
    do("visits.acknowledge_promotions", cast.lin, visit=visit.pk)
    do("visits.prepare", cast.lin, visit=visit.pk, packed=["pen"])
    assert set(duties(visit).values()) == {"fulfilled"}
    do("visits.confirm", cast.lin, visit=visit.pk)
    do("visits.check_in", cast.lin, visit=visit.pk)
    lines = [{"kind": k, "text": "甲"} for k in ("need", "information", "help")]
    do("visits.capture", cast.lin, visit=visit.pk, lines=lines)
    do("visits.check_out", cast.lin, NOON + HOUR, visit=visit.pk)
    assert duties(visit)["visit-report"] == "open"
    assert duties(visit)["next-visit"] == "open"
    do("visits.report", cast.lin, NOON + HOUR, visit=visit.pk, summary="好", no_conflict=True)
    still = owed(visit.pk)
    assert still is not None
    assert still.said.zh.startswith("本次完成 3 项义务，还差 1 项：")
    do("visits.set_next", cast.lin, NOON + HOUR, visit=visit.pk, reason="客户装修")
    done = owed(visit.pk)
    assert done is not None
    assert done.said.zh == "本次 4 项义务全部完成"


def test_a_report_is_due_by_the_day_it_really_happened(cast, hengyuan: Account) -> None:
    """A visit of last Thursday entered on Monday: the report's deadline counts from Thursday."""
    monday = NOON + 4 * DAY
    visit = do(
        "visits.drop_in",
        cast.lin,
        monday,
        customer=hengyuan.pk,
        purpose="routine",
        target="问候",
        arrived_at=NOON.isoformat(),
    )
    do("visits.check_out", cast.lin, monday, visit=visit.pk, left_at=(NOON + HOUR).isoformat())
    duty = next(o for o in regulations.for_subject("visit", visit.pk) if o.control == "visit-report")
    assert duty.due_at is not None
    assert duty.due_at < monday


def test_a_report_that_says_nothing_is_refused_and_mended_beside_it(cast, hengyuan: Account) -> None:
    """R1.2: none of the four tasks may be passed over; the missing lines are captured without leaving the report."""
    visit, client = left(cast.lin, hengyuan, NOON - 2 * HOUR), browser(cast.lin)
    with pytest.raises(Refused) as refused:
        do("visits.report", cast.lin, visit=visit.pk, summary="好")
    assert {r.clause for r in refused.value.failures} == {"R1.2.1", "R1.2.2", "R1.2.3", "R1.2.4"}
    sent = {"_key": "r1", "summary": "两句话", "no_conflict": "on", "no_help": "on"}
    answer = client.post(url(visit, "visits.report"), sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "两句话" in page
    for kind in ("need", "information"):
        capture = url(visit, "visits.capture", kind=kind)
        assert f'href="{capture}"' in page
        assert client.post(capture, {"_key": f"k{kind}", "text": "甲"}).status_code == 302
    assert client.post(url(visit, "visits.report"), sent).status_code == 302
    assert state(visit) == "reported"


def test_a_reassigned_visits_duties_go_with_it(cast, hengyuan: Account) -> None:
    kit("pen")
    visit = planned(cast.lin, hengyuan, NOON + HOUR)
    do("visits.reassign", cast.wang, NOON + HOUR / 2, visits=[visit.pk], owner=cast.zhao.pk)
    assert {o.owner for o in regulations.for_subject("visit", visit.pk)} == {str(cast.zhao.pk)}


def test_a_cancelled_visit_owes_nothing(cast, hengyuan: Account) -> None:
    visit = planned(cast.lin, hengyuan)
    do("visits.cancel", cast.lin, visit=visit.pk, reason_code="ill")
    assert set(duties(visit).values()) == {"void"}


def test_a_check_out_taken_back_takes_its_duties_back(cast, hengyuan: Account) -> None:
    """Given a check-out by mistake, when it is undone, then no report is owed; the true one owes it again."""
    visit = left(cast.lin, hengyuan)
    assert duties(visit)["visit-report"] == "open"
    do("visits.undo", cast.lin, NOON + HOUR, fact=Fact.objects.get(kind="visit.completed").seq)
    assert duties(visit)["visit-report"] == "void"
    do("visits.check_out", cast.lin, NOON + 2 * HOUR, visit=visit.pk)
    reports = regulations.for_subject("visit", visit.pk).filter(control="visit-report")
    assert sorted(o.state for o in reports) == ["open", "void"]
    assert differences() == []
