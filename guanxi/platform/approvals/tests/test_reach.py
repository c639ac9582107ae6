"""Given an administrator, when they reach for what the general manager decides, then it waits for who may allow it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from guanxi.platform.approvals.models import Approval
from guanxi.platform.approvals.notices import tell_of_resets
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound, perform
from guanxi.platform.messages.models import InboxMessage
from guanxi.platform.people.holds import HOLD
from guanxi.platform.people.identity import IdentityNotConfirmed
from guanxi.platform.people.models import Person, RoleGrant, RoleRequest
from guanxi.platform.people.roles import ROLES
from guanxi.platform.people.tests.cast import SINCE, Cast, person

from .kinds import Paper, papers
from .test_approvals import ask_for, decide

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
PASSWORD = "ein langes Wort 7"
GUARDED = ("general_manager", "service_manager", "auditor")


@pytest.fixture(autouse=True)
def clock() -> Any:
    """Time stands still, and may be moved."""
    papers.clear()
    papers.update({n: Paper(n) for n in range(1, 6)})
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock
    papers.clear()


@pytest.fixture
def house(cast: Cast) -> Cast:
    """The named people, each with a password of their own."""
    for one in cast.everybody():
        one.set_password(PASSWORD)
        one.last_login = NOW
        one.save(update_fields=["password", "last_login"])
    return cast


def fresh(one: Person) -> Person:
    return Person.objects.get(pk=one.pk)


def do(action: str, actor: Person, **data: Any) -> Any:
    return perform(action, data, actor=fresh(actor)).value


def last(kind: str) -> Fact:
    return Fact.objects.filter(kind=kind).latest("seq")


def as_(one: Person) -> Client:
    client = Client()
    client.force_login(one, backend="django.contrib.auth.backends.ModelBackend")
    return client


def grant(house: Cast, role: str, **more: Any) -> Approval:
    """The administrator grants zhao a role that waits for agreement."""
    do("people.grant_role", house.wu, person=house.zhao.pk, role=role, **more)
    return Approval.objects.get(kind="role", state="waiting")


def second_manager(house: Cast) -> Person:
    made = person("song", "宋立群", house.company, "general_manager")
    made.set_password(PASSWORD)
    made.save()
    return made


# --- roles ---


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_with_rights_of_a_clause_waits_for_the_general_manager_and_no_other_does(
    house: Cast, role: str
) -> None:
    somebody = person("new", "新人", house.team)
    do("people.grant_role", house.wu, person=somebody.pk, role=role)
    if role not in GUARDED:
        assert fresh(somebody).has_role(role)
        assert not Approval.objects.exists()
        return
    assert not fresh(somebody).has_role(role)
    approval = Approval.objects.get()
    assert (approval.requested_by, approval.state) == (house.wu, "waiting")
    assert list(approval.steps.values_list("role", flat=True)) == ["general_manager"]
    asked = last("role.asked")
    assert (asked.actor_id, asked.data["role"]) == (house.wu.pk, role)
    decide(approval, house.chen, password=PASSWORD)
    assert fresh(somebody).has_role(role)
    granted = last("role.granted")
    assert (granted.actor_id, granted.subject_id) == (house.chen.pk, str(somebody.pk))
    assert RoleGrant.objects.get(person=somebody).granted_by == house.chen
    assert verify().whole


@pytest.mark.parametrize("who", ["lin", "zhao", "wang", "zhou", "wu", "sun"])
def test_nobody_but_the_general_manager_agrees(house: Cast, who: str) -> None:
    approval = grant(house, "general_manager")
    with pytest.raises((Forbidden, NotFound)):
        decide(approval, getattr(house, who), password=PASSWORD)
    assert not fresh(house.zhao).has_role("general_manager")


def test_agreement_asks_who_it_is(house: Cast) -> None:
    approval = grant(house, "general_manager")
    with pytest.raises(IdentityNotConfirmed):
        decide(approval, house.chen, password="a session left open")
    assert approval.clause == "R1.17, R9.9"
    assert str(approval.words) == "授予赵磊“总经理”"


@pytest.mark.parametrize("decision", ["refuse", "return"])
def test_what_is_not_agreed_to_is_not_granted_and_may_be_asked_again(house: Cast, decision: str) -> None:
    approval = grant(house, "service_manager")
    with pytest.raises(Invalid) as twice:
        grant(house, "service_manager")
    assert twice.value.text.zh == "已提请总经理同意，尚未决定"
    decide(approval, house.chen, decision, "不需要", password=PASSWORD)
    assert not fresh(house.zhao).has_role("service_manager")
    withdrawn = grant(house, "service_manager")
    do("approvals.withdraw", house.wu, approval=withdrawn.pk)
    assert not RoleRequest.objects.filter(ended_at=None).exists()
    grant(house, "service_manager")


def test_a_role_asked_for_a_time_begins_with_the_agreement(house: Cast, clock: Any) -> None:
    approval = grant(house, "general_manager", until="2026-12-31")
    clock.move_to(NOW + timedelta(days=2))
    decide(approval, house.chen, password=PASSWORD)
    given = RoleGrant.objects.get(person=house.zhao, role="general_manager")
    assert (given.since.isoformat(), given.until.isoformat()) == ("2026-11-26", "2026-12-31")


def test_where_there_is_no_general_manager_at_work_the_administrator_names_one(house: Cast) -> None:
    Person.objects.filter(pk=house.chen.pk).update(is_active=False)
    do("people.grant_role", house.wu, person=house.zhao.pk, role="general_manager")
    assert fresh(house.zhao).has_role("general_manager")
    assert last("role.granted").actor_id == house.wu.pk


def test_a_company_is_set_up_before_its_general_manager_first_signs_in(house: Cast) -> None:
    Person.objects.filter(pk=house.chen.pk).update(last_login=None)
    somebody = person("new", "新人", house.team)
    for role in GUARDED:
        do("people.grant_role", house.wu, person=somebody.pk, role=role)
        assert fresh(somebody).has_role(role)
    assert not Approval.objects.exists()


def test_a_reset_makes_no_company_without_general_manager(house: Cast) -> None:
    do("people.reset_password", house.wu, person=house.chen.pk)
    grant(house, "general_manager")
    assert not fresh(house.zhao).has_role("general_manager")


def test_a_general_manager_who_administers_agrees_by_granting(house: Cast) -> None:
    RoleGrant.objects.create(person=house.chen, role="administrator", since=SINCE)
    do("people.grant_role", house.chen, person=house.zhao.pk, role="service_manager")
    assert fresh(house.zhao).has_role("service_manager")


def test_a_new_person_and_an_import_wait_the_same_way(house: Cast) -> None:
    made = do("people.add", house.wu, username="second", name="乙", roles=["general_manager", "front_desk"])
    rows = [{"username": "third", "name": "丙", "roles": "审计员、前台人员"}]
    assert do("people.import", house.wu, rows=rows).added == 1
    assert fresh(made).rights.roles == {"front_desk"}
    assert Person.objects.get(username="third").rights.roles == {"front_desk"}
    assert {a.kind for a in Approval.objects.filter(state="waiting")} == {"role"}
    assert Approval.objects.count() == 2


def test_somebody_let_in_again_is_agreed_to_again(house: Cast) -> None:
    second = second_manager(house)
    RoleGrant.objects.create(person=second, role="front_desk", since=SINCE)
    do("people.deactivate", house.wu, person=second.pk)
    do("people.reactivate", house.wu, person=second.pk)
    assert fresh(second).rights.roles == {"front_desk"}
    assert (last("role.revoked").data["role"], last("role.asked").data["role"]) == (
        "general_manager",
        "general_manager",
    )
    decide(Approval.objects.get(kind="role"), house.chen, password=PASSWORD)
    assert fresh(second).has_role("general_manager")


def test_a_head_whom_an_administrator_names_says_not_who_stands_in_for_the_general_manager(
    house: Cast,
) -> None:
    do("people.change_department", house.wu, department=house.company.pk, name="恒信科技", head=house.wu.pk)
    span = {"person": house.chen.pk, "deputy": house.zhao.pk, "since": "2026-11-24", "until": "2026-11-30"}
    for action in ("approvals.set_substitute", "people.plan_absence"):
        with pytest.raises(Forbidden):
            do(action, house.wu, **span)
    do("approvals.set_substitute", house.chen, **span)
    do("approvals.set_substitute", house.wang, **{**span, "person": house.lin.pk})


# --- resets ---


@pytest.mark.parametrize("what", ["password", "second_factor"])
def test_after_a_reset_nothing_is_decided_in_that_name_until_it_is_confirmed(house: Cast, what: str) -> None:
    if what == "second_factor":
        TOTPDevice.objects.create(user_id=house.chen.pk, name="app", confirmed=True)
    do(f"people.reset_{what}", house.wu, person=house.chen.pk)
    held = last("person.held")
    assert (held.data["what"], held.actor_id) == (what, house.wu.pk)
    approval = ask_for("test.one", house.lin)
    with pytest.raises(Forbidden) as refused:
        decide(approval, house.chen)
    assert refused.value.text.zh == (
        "您的密码或第二验证由吴安重置，确认前不能审批，别人也不能代为审批；"
        "可由审计员或另一位总经理确认，否则 2026年11月25日 周三 10:30 起自动恢复"
    )
    assert refused.value.text.en == (
        "吴安 reset your password or second factor: nothing is decided in your name until an auditor or another "
        "general manager confirms it, or until Wed 25 Nov 2026 10:30"
    )
    with pytest.raises(Forbidden):
        do("approvals.pass_on", house.chen, approval=approval.pk, to=house.wang.pk)
    do("people.confirm_reset", house.zhou, person=house.chen.pk)
    assert last("reset.confirmed").actor_id == house.zhou.pk
    decide(approval, house.chen)
    assert papers[1].approved == 1
    assert verify().whole


def test_a_hold_ends_by_itself_after_a_day_so_that_no_company_is_locked_out(house: Cast, clock: Any) -> None:
    do("people.reset_password", house.wu, person=house.chen.pk)
    approval = ask_for("test.one", house.lin)
    clock.move_to(NOW + HOLD - timedelta(seconds=1))
    with pytest.raises(Forbidden):
        decide(approval, house.chen)
    clock.move_to(NOW + HOLD)
    decide(approval, house.chen)
    with pytest.raises(Conflict):
        do("people.confirm_reset", house.zhou, person=house.chen.pk)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_only_an_auditor_or_another_general_manager_confirms(house: Cast, role: str) -> None:
    do("people.reset_password", house.wu, person=house.chen.pk)
    somebody = person("other", "某人", house.company, role)
    if role in ("auditor", "general_manager"):
        do("people.confirm_reset", somebody, person=house.chen.pk)
        assert fresh(house.chen).held_until is None
        return
    with pytest.raises((Forbidden, NotFound)):
        do("people.confirm_reset", somebody, person=house.chen.pk)
    assert fresh(house.chen).held_until is not None


def test_who_reset_it_who_is_held_and_the_person_do_not_confirm(house: Cast) -> None:
    do("people.reset_password", house.wu, person=house.chen.pk)
    do("people.reset_password", house.wu, person=house.zhou.pk)
    RoleGrant.objects.create(person=house.wu, role="auditor", since=SINCE)
    for who in (house.wu, house.chen, house.zhou):
        with pytest.raises(Forbidden, match="只有审计员或另一位总经理可以确认"):
            do("people.confirm_reset", who, person=house.chen.pk)


def test_nobody_decides_for_somebody_who_is_held(house: Cast) -> None:
    span = {"deputy": house.wang.pk, "since": "2026-11-24", "until": "2026-11-30"}
    do("people.reset_password", house.wu, person=house.chen.pk)
    do("approvals.set_substitute", house.chen, **span)
    approval = ask_for("test.one", house.lin)
    with pytest.raises(Forbidden, match="陈建国的密码或第二验证由吴安重置"):
        decide(approval, house.wang)
    grant(house, "general_manager")
    with pytest.raises(Forbidden):
        decide(Approval.objects.get(kind="role"), house.chen, password=PASSWORD)


def test_several_at_once_are_refused_one_by_one(house: Cast) -> None:
    do("people.reset_password", house.wu, person=house.chen.pk)
    approval = ask_for("test.one", house.lin)
    seen = [{"approval": approval.pk, "content_hash": approval.content_hash}]
    done = do("approvals.decide_many", house.chen, decision="approve", approvals=seen)
    assert list(done.failed) == [approval.pk]
    assert "确认前不能审批" in done.failed[approval.pk].zh


def test_a_first_password_given_again_holds_nobody(house: Cast) -> None:
    made = do("people.add", house.wu, username="fresh", name="丁")
    do("people.reset_password", house.wu, person=made.pk)
    assert fresh(made).held_until is None


def test_a_reset_by_another_general_manager_is_confirmed_by_that(house: Cast) -> None:
    second = second_manager(house)
    RoleGrant.objects.create(person=second, role="administrator", since=SINCE)
    do("people.reset_password", second, person=house.chen.pk)
    assert fresh(house.chen).held_until is None


def test_the_person_and_whoever_may_confirm_are_told_and_nobody_of_a_front_desk(house: Cast) -> None:
    do("people.reset_password", house.wu, person=house.chen.pk)
    do("people.reset_password", house.wu, person=house.sun.pk)
    assert tell_of_resets() == 2
    told = InboxMessage.objects.filter(template="approvals.reset_to_confirm")
    assert set(told.values_list("person", flat=True)) == {house.chen.pk, house.zhou.pk}
    assert tell_of_resets() == 0


# --- pages ---


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_pages_show_what_waits_and_who_may_end_it(house: Cast, language: str, settings: Any) -> None:
    Person.objects.update(language=language)
    en = language == "en"
    for one in (house.wu, house.zhou, house.chen):
        one.refresh_from_db()
    page = f"/people/{house.zhao.pk}/"
    answer = as_(house.wu).post(f"{page}grant/", {"role": "service_manager"}, follow=True)
    shown = answer.content.decode()
    assert ("The general manager is asked to agree" if en else "已提请总经理同意") in shown
    assert ("吴安 asked; the general manager decides" if en else "吴安提请，待总经理同意") in shown
    theirs = f"/people/{house.chen.pk}/"
    notice = "Reset to be confirmed" if en else "重置待确认"
    assert notice in as_(house.wu).post(f"{theirs}password/").content.decode()
    confirm = f"{theirs}confirm/"
    for who, may in ((house.wu, False), (house.zhou, True)):
        shown = as_(who).get(theirs).content.decode()
        assert notice in shown
        assert (confirm in shown) is may
    chen = as_(fresh(house.chen))
    assert notice in chen.get("/me/").content.decode()
    approval = Approval.objects.get(kind="role")
    shown = chen.get(f"/approvals/{approval.pk}/").content.decode()
    assert ("No decision at present" if en else "现在不能审批") in shown
    assert 'value="approve"' not in shown
    answer = as_(house.zhou).post(confirm, follow=True)
    assert ("Confirmed" if en else "已确认") in answer.content.decode()
    assert 'value="approve"' in chen.get(f"/approvals/{approval.pk}/").content.decode()
