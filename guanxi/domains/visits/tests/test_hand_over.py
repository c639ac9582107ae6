"""Given that lin leaves, when wang arranges it and both sign, then all that was lin's is zhao's, in one step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.handover import letters, pack
from guanxi.domains.customers.handover.notices import tell_of_hand_overs
from guanxi.domains.customers.handover.parts import parts
from guanxi.domains.customers.models import Account, Promise, TeamMember
from guanxi.domains.customers.models_handover import HandOver
from guanxi.domains.visits.models import Visit
from guanxi.platform.documents.tests.pdftext import words_of
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound, fixed_clock, perform
from guanxi.platform.messages.models import InboxMessage
from guanxi.platform.people.identity import IdentityNotConfirmed
from guanxi.platform.people.models import Person
from guanxi.platform.people.responsibilities import still_held
from guanxi.platform.regulations.models import Obligation
from tests.company import PASSWORD, bring_into_force

from .situation import DAY, HOUR, NOON, contact, customer, do, left, planned

pytestmark = pytest.mark.django_db
LATER = NOON + 3 * HOUR
NEED = {"kind": "need", "text": "扩产线"}


@pytest.fixture(autouse=True)
def _noon(cast) -> Iterator[None]:
    for one in (cast.lin, cast.zhao, cast.wang):
        one.set_password(PASSWORD)
        one.phone = "0571-8706 8951"
        one.save()
    with time_machine.travel(NOON, tick=False):
        yield


def again(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def arrange(cast, **more: Any) -> HandOver:
    asked = {"giver": cast.lin.pk, "taker": cast.zhao.pk, "leaves": True, **more}
    return do("handover.arrange", again(cast.wang), **asked)


def sign(hand_over: HandOver, person: Person, hash: str | None = None, **more: Any) -> HandOver:
    seen = hash or pack.present(HandOver.objects.get(pk=hand_over.pk))[1]
    asked = {"hand_over": hand_over.pk, "content_hash": seen, "password": PASSWORD, **more}
    return do("handover.sign", again(person), LATER, **asked)


def person_do(cast, what: str) -> None:
    clock = fixed_clock(LATER + HOUR)
    perform(f"people.{what}", {"person": cast.lin.pk}, actor=again(cast.wu), clock=clock)


def report_on(person: Person, visit: Visit) -> None:
    said = {
        "summary": "已谈妥",
        "no_conflict": True,
        "no_help": True,
        "information": "扩产",
    }
    do("visits.report", person, NOON + HOUR, visit=visit.pk, **said)


def promise(person: Person, account: Account, what: str = "寄样册") -> Promise:
    return do("promises.make", person, customer=account.pk, what=what, due_on="2026-03-09")


def test_everything_goes_over_with_the_second_signature(cast) -> None:
    bring_into_force(cast, "R1", "R5", at=NOON - 10 * DAY)
    mine = customer(cast.lin, key=True, grade="A")
    contact(mine, matters="讲究准时", primary=True)
    theirs = customer(cast.wang, "他人客户")
    TeamMember.objects.create(customer=theirs, person=cast.lin, since=NOON)
    own, other = promise(cast.lin, mine), promise(cast.lin, theirs, "发报价")
    ahead = planned(cast.lin, mine, NOON + 2 * DAY)
    done = left(cast.lin, mine, NOON - 2 * HOUR, [NEED])

    row = arrange(cast)
    sign(row, cast.lin)
    assert Account.objects.get(pk=mine.pk).manager == cast.lin, "one signature moves nothing"
    assert not customers.visible(again(cast.zhao)).filter(pk=mine.pk).exists()
    sign(row, cast.zhao)

    row.refresh_from_db()
    assert row.state == "completed"
    assert (Account.objects.get(pk=mine.pk).manager, Visit.objects.get(pk=ahead.pk).owner) == (
        cast.zhao,
        cast.zhao,
    )
    assert {Promise.objects.get(pk=p.pk).owner for p in (own, other)} == {cast.zhao}
    assert set(theirs.team.values_list("person", flat=True)) == {cast.zhao.pk}
    assert still_held(cast.lin) == []
    report = Obligation.objects.get(clause="R1.16.1", subject=str(done.pk))
    assert report.owner == str(cast.zhao.pk), "the report of a visit that lin made is zhao's to write"
    open_duties = Obligation.objects.filter(closed_at=None, owner=str(cast.lin.pk))
    assert list(open_duties) == []
    assert [p["number"] for p in _parts_of(row)] == [1, 1, 1]
    report_on(again(cast.zhao), done)
    completed = Fact.objects.get(kind="handover.completed")
    assert completed.data == {
        "giver": str(cast.lin.pk),
        "taker": str(cast.zhao.pk),
        "customers": 1,
        "promises": 2,
        "visits": 1,
        "duties": completed.data["duties"],
        "leaves": True,
        "whole": True,
        "hash": row.content_hash,
        "excused": False,
    }
    assigned = Fact.objects.get(kind="customer.assigned")
    assert (assigned.actor_id, assigned.data["manager"]) == (cast.zhao.pk, str(cast.zhao.pk))
    assert verify().findings == []
    person_do(cast, "deactivate")


def _parts_of(row: HandOver) -> list[dict[str, Any]]:
    [one] = pack.present(row)[0]["customers"]
    return [{"name": n, "number": len(lines)} for n, lines in one["lines"].items() if n != "duties"] + [
        {"name": "contacts", "number": len(one["contacts"])}
    ]


def test_what_changes_in_between_must_be_signed_anew(cast) -> None:
    hengyuan = customer(cast.lin)
    made = promise(cast.lin, hengyuan)
    row = arrange(cast)
    seen = pack.present(row)[1]
    sign(row, cast.lin)
    do("promises.keep", again(cast.lin), NOON + HOUR, promise=made.pk)
    with pytest.raises(Conflict, match=r"内容有变化|content changed"):
        sign(row, cast.zhao, hash=seen)
    sign(row, cast.zhao)
    row.refresh_from_db()
    assert row.state == "arranged", "lin signed something else"
    sign(row, cast.lin)
    row.refresh_from_db()
    assert (row.state, pack.counts(row.content)["promises"]) == ("completed", 0)


def test_only_the_two_sign_and_only_with_their_own_identity(cast) -> None:
    customer(cast.lin)
    row = arrange(cast)
    with pytest.raises(Forbidden):
        sign(row, cast.wang)
    with pytest.raises(NotFound):
        sign(row, cast.sun)
    with pytest.raises(IdentityNotConfirmed):
        sign(row, cast.lin, password="something else")
    with pytest.raises(Invalid):
        sign(row, cast.lin, password="")
    assert not row.signatures.exists()


def test_who_cannot_sign_any_more_is_excused_with_a_reason(cast) -> None:
    customer(cast.lin)
    row = arrange(cast)
    sign(row, cast.zhao)
    with pytest.raises(Forbidden):
        do("handover.excuse", again(cast.chen), hand_over=row.pk, reason="拒签", password=PASSWORD)
    with pytest.raises(IdentityNotConfirmed):
        do("handover.excuse", again(cast.wang), hand_over=row.pk, reason="拒签", password="nothing")
    do(
        "handover.excuse",
        again(cast.wang),
        hand_over=row.pk,
        reason="已离开公司，联系不上",
        password=PASSWORD,
    )
    row.refresh_from_db()
    assert (row.state, row.excuse) == ("completed", "已离开公司，联系不上")
    assert Fact.objects.get(kind="handover.completed").data["excused"] is True


def test_chosen_customers_only(cast) -> None:
    one, two = customer(cast.lin, "甲"), customer(cast.lin, "乙")
    for account in (one, two):
        promise(cast.lin, account)
    row = arrange(cast, leaves=False, customers=[one.pk])
    sign(row, cast.lin)
    sign(row, cast.zhao)
    assert [Account.objects.get(pk=a.pk).manager for a in (one, two)] == [cast.zhao, cast.lin]
    assert set(Promise.objects.values_list("customer__name", "owner__name")) == {
        ("甲", "赵磊"),
        ("乙", "林晓"),
    }
    assert again(cast.lin).successor is None
    assert again(cast.zhao).principals == ()


def test_a_place_in_the_takers_own_team_leaves_no_empty_team(cast) -> None:
    bring_into_force(cast, "R5", at=NOON - 10 * DAY)
    theirs = customer(cast.zhao)
    TeamMember.objects.create(customer=theirs, person=cast.lin, since=NOON)
    row = arrange(cast)
    sign(row, cast.lin)
    sign(row, cast.zhao)
    assert set(theirs.team.values_list("person", flat=True)) == {cast.zhao.pk}


def test_while_away_the_duties_of_the_deputy_are_in_the_pack(cast) -> None:
    bring_into_force(cast, "R1", at=NOON - 10 * DAY)
    left(cast.lin, customer(cast.lin), NOON - 2 * HOUR)
    until = (NOON + 3 * DAY).date().isoformat()
    do("people.plan_absence", again(cast.lin), deputy=cast.sun.pk, since="2026-03-05", until=until)
    row = arrange(cast)
    assert pack.counts(pack.present(row)[0])["duties"] > 0
    sign(row, cast.zhao)
    sign(row, cast.lin)
    assert not Obligation.objects.filter(closed_at=None).exclude(owner=str(cast.zhao.pk)).exists()
    assert not again(cast.lin).absences.filter(ended_at=None).exists()
    assert again(cast.sun).principals == ()
    with pytest.raises(Invalid):
        do("people.plan_absence", again(cast.lin), deputy=cast.sun.pk, since="2026-03-05", until=until)


def test_what_cannot_be_arranged_is_said(cast) -> None:
    hengyuan = customer(cast.lin)
    for wrong, field in (
        ({"taker": cast.lin.pk}, "taker"),
        ({"taker": cast.zhou.pk}, "taker"),
        ({"giver": 10**9}, "giver"),
        ({"giver": cast.wu.pk, "leaves": False}, "giver"),
        ({"customers": [hengyuan.pk]}, "leaves"),
        ({"customers": [customer(cast.sun, "丙").pk], "leaves": False}, "customers"),
    ):
        with pytest.raises(Invalid) as invalid:
            arrange(cast, **wrong)
        assert list(invalid.value.errors) == [field], wrong
    arrange(cast)
    with pytest.raises(Invalid):
        arrange(cast)


def test_key_customers_that_the_manager_may_not_see_go_to_the_general_manager(cast) -> None:
    customer(cast.sun, key=True)
    with pytest.raises(Invalid) as invalid:
        arrange(cast, giver=cast.sun.pk)
    assert "请总经理安排交接" in str(invalid.value.errors["giver"][0])
    row = do("handover.arrange", again(cast.chen), giver=cast.sun.pk, taker=cast.zhao.pk)
    assert row.arranged_by == cast.chen


def test_a_managers_own_customers_and_visits_are_handed_over_by_the_general_manager(cast) -> None:
    visit = planned(cast.wang, customer(cast.wang), NOON + DAY)
    with pytest.raises(Forbidden):
        do("visits.reassign", again(cast.chen), visits=[visit.pk], owner=cast.zhao.pk)
    row = do("handover.arrange", again(cast.chen), giver=cast.wang.pk, taker=cast.zhao.pk)
    sign(row, cast.wang)
    sign(row, cast.zhao)
    assert Visit.objects.get(pk=visit.pk).owner == cast.zhao


def test_a_cancelled_one_moves_nothing(cast) -> None:
    hengyuan = customer(cast.lin)
    row = arrange(cast)
    sign(row, cast.lin)
    do("handover.cancel", again(cast.wang), hand_over=row.pk, reason="不走了")
    with pytest.raises(Conflict):
        sign(row, cast.zhao)
    assert Account.objects.get(pk=hengyuan.pk).manager == cast.lin


def test_both_sides_read_of_it_when_it_is_arranged_and_when_it_ends(cast) -> None:
    customer(cast.lin)

    def told() -> list[tuple[str, str]]:
        tell_of_hand_overs()
        rows = InboxMessage.objects.order_by("pk").select_related("person")
        return [(row.person.username, row.title["zh"]) for row in rows]

    row = arrange(cast)
    first = [("zhao", "请接手林晓的工作"), ("lin", "请向赵磊移交工作")]
    assert told() == first
    assert told() == first
    sign(row, cast.lin)
    sign(row, cast.zhao)
    done = "林晓向赵磊的交接已完成"
    assert told() == [*first, ("lin", done), ("wang", done)], "not to whose signature completed it"


def test_who_comes_back_is_succeeded_by_nobody(cast) -> None:
    customer(cast.lin)
    row = arrange(cast)
    sign(row, cast.lin)
    sign(row, cast.zhao)
    person_do(cast, "deactivate")
    assert again(cast.zhao).principals == (cast.lin.pk,)
    person_do(cast, "reactivate")
    assert again(cast.zhao).principals == ()
    assert Fact.objects.filter(kind="person.succeeded").latest("seq").data == {"deputy": None}


def test_figures_stay_with_the_department_of_the_day(cast) -> None:
    """What lin did before the hand-over counts for lin's team; zhao of another department has the rest."""
    bring_into_force(cast, "R1", at=NOON - 10 * DAY)
    for one, place in ((cast.zhao, cast.operations), (cast.lin, cast.service)):
        move = {"person": one.pk, "department": place.pk}
        perform("people.move", move, actor=cast.wu, clock=fixed_clock(NOON - DAY))
    done = left(again(cast.lin), customer(again(cast.lin)), NOON - 2 * HOUR)
    late = left(again(cast.lin), customer(cast.lin, "乙"), NOON - 4 * HOUR, [NEED])
    report_on(again(cast.lin), late)
    row = arrange(cast)
    sign(row, cast.lin)
    sign(row, cast.zhao)
    reports = {o.subject: o for o in Obligation.objects.filter(clause="R1.16.1")}
    assert reports[str(late.pk)].department == str(cast.service.pk)
    assert reports[str(late.pk)].owner == str(cast.lin.pk)
    assert reports[str(done.pk)].department == str(cast.operations.pk)
    assert {v.department for v in Visit.objects.filter(pk__in=(done.pk, late.pk))} == {cast.service}


def test_the_letter_is_filled_for_each_active_customer(cast) -> None:
    one = customer(cast.lin, "恒远电子", address="滨江区江南大道 1 号")
    contact(one, "李工", primary=True)
    customer(cast.lin, "已停用的", active=False)
    row = arrange(cast)
    [made] = letters.letters(
        row, [c["id"] and int(c["id"]) for c in pack.present(row)[0]["customers"]], NOON.date()
    )
    assert (made.customer, made.to) == ("恒远电子", "李工")
    text = "\n".join(made.paragraphs)
    assert text.startswith("尊敬的李工：")
    assert "原由林晓负责的贵方业务由赵磊接手（电话：0571-8706 8951" in text
    assert not re.search(r"[{}]", text)
    do("handover.set_letter", again(cast.zhao), hand_over=row.pk, letter="您好，{contact}！今后找{taker}。")
    row.refresh_from_db()
    assert letters.letters(row, [one.pk], NOON.date())[0].paragraphs == ["您好，李工！今后找赵磊。"]
    with pytest.raises(Invalid, match=r"占位符|placeholder"):
        do(
            "handover.set_letter",
            again(cast.zhao),
            hand_over=row.pk,
            letter="您好，{contact.__class__}！今后",
        )
    with pytest.raises(Forbidden):
        do(
            "handover.set_letter",
            again(cast.lin),
            hand_over=row.pk,
            letter="您好，{contact}！今后找{taker}吧",
        )


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_pages_from_the_arrangement_to_paper(cast) -> None:
    hengyuan = customer(cast.lin, "恒远电子")
    contact(hengyuan, "李工", matters="讲究准时", primary=True)
    promise(cast.lin, hengyuan, "寄样册")
    wang = as_(cast.wang)
    assert "工作交接" in wang.get(f"/people/{cast.lin.pk}/").content.decode()
    form = wang.get(f"/hand-overs/new/?giver={cast.lin.pk}").content.decode()
    assert "恒远电子" in form
    assert as_(cast.zhao).get("/hand-overs/new/").status_code == 403
    sent = {"taker": cast.zhao.pk, "leaves": "on", "_key": "a1"}
    answer = wang.post(f"/hand-overs/new/?giver={cast.lin.pk}", sent)
    row = HandOver.objects.get()
    path = f"/hand-overs/{row.pk}/"
    assert answer.headers["Location"] == path
    lin, zhao = as_(cast.lin), as_(cast.zhao)
    assert "核对签字" in lin.get("/").content.decode()
    shown = zhao.get(path).content.decode()
    for words in ("恒远电子", "李工", "讲究准时", "寄样册", "签字确认"):
        assert words in shown
    [hash] = re.findall(r'name="content_hash" value="(\w+)"', shown)
    wrong = zhao.post(path, {"content_hash": hash, "password": "wrong one", "_key": "b1"})
    assert wrong.status_code == 403
    assert "密码或验证码不正确" in wrong.content.decode()
    stale = zhao.post(path, {"content_hash": "0" * 64, "password": PASSWORD, "_key": "b2"})
    assert stale.status_code == 409
    assert f'name="content_hash" value="{hash}"' in stale.content.decode()
    assert zhao.post(path, {"content_hash": hash, "password": PASSWORD, "_key": "b3"}).status_code == 302
    assert "您已签字" in zhao.get("/").content.decode()
    assert lin.post(path, {"content_hash": hash, "password": PASSWORD, "_key": "c1"}).status_code == 302
    assert "已完成" in wang.get("/hand-overs/").content.decode()
    paper = words_of(zhao.get(f"{path}pack.pdf").content)
    for words in (
        "工作交接清单",
        "林晓→赵磊",
        "讲究准时",
        "寄样册",
        "密码确认",
    ):
        assert words in paper
    assert row.__class__.objects.get().content_hash in paper
    assert "尊敬的李工" in zhao.get(f"{path}letter/").content.decode()
    assert "尊敬的李工" in words_of(zhao.get(f"{path}letters.pdf").content)
    zhou = as_(cast.zhou)
    assert "讲究准时" not in zhou.get(path).content.decode()
    assert zhou.get(f"{path}pack.pdf").status_code == 404
    assert as_(cast.sun).get(path).status_code == 404


def test_every_part_is_counted_and_named() -> None:
    assert [p.name for p in parts()] == ["customers", "teams", "promises", "visits", "duties"]


def test_a_hundred_customers_in_one_step(cast, django_assert_max_num_queries: Any) -> None:
    """The pack asks the same number of questions for any number of customers."""
    accounts = [customer(cast.lin, f"客户{n:03}") for n in range(100)]
    for account in accounts[:30]:
        contact(account)
    row = arrange(cast)
    with django_assert_max_num_queries(14):
        pack.present(row)
    sign(row, cast.lin)
    sign(row, cast.zhao)
    assert Account.objects.filter(manager=cast.zhao).count() == 100
    assert timedelta(0) <= Fact.objects.latest("seq").recorded_at - NOON
