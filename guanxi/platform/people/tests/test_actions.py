"""Given the named people, when departments, people and roles change, then rights follow and the journal knows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from guanxi.platform.journal.models import Fact, FactText
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    Text,
    get_action,
    perform,
    system_clock,
)
from guanxi.platform.people import reads, responsibilities
from guanxi.platform.people.models import Membership, Person, RoleGrant, RolePermission
from guanxi.platform.people.rights import SYSTEM, all_permissions, permission

from .cast import Cast, department

ADMINISTRATION = ("people.add_department", "people.change_department", "people.add", "people.update",
                              "people.move", "people.grant_role", "people.revoke_role", "people.set_permission",
                              "people.reset_password", "people.unlock", "people.deactivate", "people.reactivate",
                              "people.change_setting", "people.change_settings", "people.import",
                              "people.reset_second_factor", "people.unlink_account_of")  # fmt: skip

permission("test.by_clause", Text("批准制度", "Approve"), all=("general_manager",), by_clause="R1.17")
permission("test.read", Text("试读", "Try reading"), own=("relationship_specialist",))


def today() -> date:
    return timezone.localdate(system_clock())


def fresh(person: Person) -> Person:
    return Person.objects.get(pk=person.pk)


def last(kind: str) -> Fact:
    return Fact.objects.filter(kind=kind).latest("seq")


def do(action: str, actor: Any, **data: Any) -> Any:
    return perform(action, data, actor=actor).value


def sample(name: str, cast: Cast) -> dict[str, Any]:
    person: dict[str, Any] = {"person": cast.lin.pk}
    samples: dict[str, dict[str, Any]] = {
        "people.add_department": {"name": "新部门"},
        "people.change_department": {
            "department": cast.team.pk,
            "name": "服务二组",
            "parent": cast.service.pk,
        },
        "people.add": {"username": "new", "name": "新人"},
        "people.update": {**person, "username": "lin", "name": "林小"},
        "people.move": {**person, "department": cast.operations.pk},
        "people.grant_role": {**person, "role": "front_desk"},
        "people.revoke_role": {**person, "role": "relationship_specialist"},
        "people.set_permission": {"role": "front_desk", "permission": "people.view", "reach": "all"},
        "people.change_setting": {"key": "company.name", "value": "恒信"},
        "people.change_settings": {"settings": [{"key": "company.name", "value": "恒信"}]},
        "people.unlink_account_of": {**person, "reason": "离职交接"},
        "people.import": {"rows": [{"username": "a1", "name": "甲"}]},
    }
    return samples.get(name, person)


@pytest.mark.parametrize("name", ADMINISTRATION)
def test_only_the_administrator_administers(cast: Cast, name: str) -> None:
    for somebody in cast.everybody():
        if somebody is cast.wu:
            continue
        with pytest.raises(Forbidden):
            perform(name, sample(name, cast), actor=somebody)
    with pytest.raises(Forbidden):
        perform(name, sample(name, cast), actor=None)
    try:
        perform(name, sample(name, cast), actor=cast.wu)
    except (Invalid, Conflict):
        assert name in ("people.reactivate", "people.reset_second_factor", "people.unlink_account_of")


def test_every_fact_kind_that_an_action_writes_is_declared() -> None:
    from guanxi.platform.kernel import all_actions, get_kind

    for name, found in all_actions().items():
        if name.startswith("people."):
            assert found.permission in all_permissions(), name
            for kind in found.writes:
                get_kind(kind)


def test_a_department_moves_with_all_below_it_and_reach_follows(cast: Cast) -> None:
    do(
        "people.change_department",
        cast.wu,
        department=cast.team.pk,
        name="服务一组",
        parent=cast.operations.pk,
    )
    do(
        "people.change_department",
        cast.wu,
        department=cast.operations.pk,
        name="营运部",
        parent=cast.service.pk,
    )
    cast.team.refresh_from_db()
    assert cast.team.path == f"/{cast.company.pk}/{cast.service.pk}/{cast.operations.pk}/{cast.team.pk}/"
    assert last("department.changed").data == {"parent": str(cast.service.pk), "head": None, "active": True}


@pytest.mark.parametrize("below", ["service", "team"])
def test_a_department_cannot_stand_below_itself(cast: Cast, below: str) -> None:
    with pytest.raises(Invalid) as refused:
        do(
            "people.change_department",
            cast.wu,
            department=cast.service.pk,
            name="客户服务部",
            parent=getattr(cast, below).pk,
        )
    assert refused.value.errors["parent"][0].zh == "不能放到自己或自己的下级部门之下"


def test_a_department_with_people_is_not_closed(cast: Cast) -> None:
    with pytest.raises(Invalid, match="2"):
        do("people.change_department", cast.wu, department=cast.team.pk, name="服务一组",
           parent=cast.service.pk, active=False)  # fmt: skip


def test_siblings_have_different_names(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        do("people.add_department", cast.wu, name="营运部", parent=cast.company.pk)
    assert "name" in refused.value.errors


def test_a_person_is_added_with_roles_and_a_password_shown_once(cast: Cast) -> None:
    made = do(
        "people.add", cast.wu, username="Zheng", name="郑新", department=cast.team.pk, roles=["salesperson"]
    )
    assert made.username == "zheng"
    assert made.check_password(made.one_time_password)
    assert made.must_change_password
    assert fresh(made).has_role("salesperson")
    assert reads.department_on(made, today()) == cast.team
    added, granted = last("person.added"), last("role.granted")
    assert added.data == {"department": str(cast.team.pk), "active": True, "roles": []}
    assert granted.data["roles"] == ["salesperson"]
    assert FactText.objects.get(fact=added).body == {"username": "zheng", "name": "郑新"}
    assert not any("郑新" in str(f.data) or made.one_time_password in str(f.data) for f in Fact.objects.all())
    assert verify().whole


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", "LIN"),
        ("username", "a b"),
        ("email", "nobody"),
        ("phone", "call me"),
        ("department", 999),
    ],
)
def test_details_that_do_not_fit_are_named_at_their_field(cast: Cast, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        do("people.add", cast.wu, **{"username": "new", "name": "新人", field: value})
    assert list(refused.value.errors) == [field]


def test_an_update_names_what_changed_and_keeps_names_beside_the_fact(cast: Cast) -> None:
    do(
        "people.update",
        cast.wu,
        person=cast.lin.pk,
        username="lin",
        name="林晓",
        email="lin@example.com",
        phone="0571-8888",
    )
    assert last("person.updated").data == {"changed": ["phone"]}


def test_a_move_keeps_the_earlier_days_where_they_were(cast: Cast) -> None:
    yesterday = today() - timedelta(days=1)
    do("people.move", cast.wu, person=cast.lin.pk, department=cast.operations.pk, since=yesterday.isoformat())
    assert reads.department_on(cast.lin, yesterday - timedelta(days=1)) == cast.team
    assert reads.department_on(cast.lin, yesterday) == cast.operations
    moved = last("person.moved")
    assert (moved.data["department"], moved.data["before"]) == (str(cast.operations.pk), str(cast.team.pk))
    assert timezone.localdate(moved.happened_at) == yesterday
    with pytest.raises(Invalid, match=str(yesterday)):
        do("people.move", cast.wu, person=cast.lin.pk, department=cast.team.pk,
           since=(yesterday - timedelta(days=5)).isoformat())  # fmt: skip
    with pytest.raises(Invalid):
        do("people.move", cast.wu, person=cast.lin.pk, department=cast.team.pk,
           since=(today() + timedelta(days=1)).isoformat())  # fmt: skip


def test_two_moves_on_one_day_leave_one_row(cast: Cast) -> None:
    do("people.move", cast.wu, person=cast.lin.pk, department=cast.operations.pk)
    do("people.move", cast.wu, person=cast.lin.pk, department=cast.company.pk)
    assert Membership.objects.filter(person=cast.lin).count() == 2
    assert reads.department_on(cast.lin, today()) == cast.company


def test_a_role_is_granted_for_a_time_and_nobody_is_given_the_past(cast: Cast) -> None:
    later = today() + timedelta(days=7)
    do("people.grant_role", cast.wu, person=cast.lin.pk, role="front_desk", since=later.isoformat())
    assert not fresh(cast.lin).has_role("front_desk")
    assert last("role.granted").data["roles"] == ["relationship_specialist"]
    with pytest.raises(Invalid):
        do("people.grant_role", cast.wu, person=cast.lin.pk, role="front_desk", since="2020-01-01")
    with pytest.raises(Invalid):
        do("people.grant_role", cast.wu, person=cast.lin.pk, role="front_desk")


def test_a_role_that_begins_or_ends_with_the_day_is_told_to_the_journal(cast: Cast) -> None:
    RoleGrant.objects.create(person=cast.lin, role="front_desk", since=today(), counted=False)
    RoleGrant.objects.filter(person=cast.lin, role="relationship_specialist").update(
        until=today() - timedelta(days=1)
    )
    perform("people.turn_roles", {}, actor=SYSTEM)
    assert last("role.turned").data == {
        "began": ["front_desk"],
        "ended": ["relationship_specialist"],
        "roles": ["front_desk"],
    }
    before = Fact.objects.count()
    perform("people.turn_roles", {}, actor=SYSTEM)
    assert Fact.objects.count() == before


def test_a_revoked_role_ends_at_once(cast: Cast) -> None:
    assert cast.lin.has_role("relationship_specialist")
    do("people.revoke_role", cast.wu, person=cast.lin.pk, role="relationship_specialist")
    assert not fresh(cast.lin).has_role("relationship_specialist")
    assert last("role.revoked").data["roles"] == []


@pytest.mark.parametrize("who", ["wu", "chen"])
def test_the_last_administrator_and_the_last_general_manager_stay(cast: Cast, who: str) -> None:
    person, role = getattr(cast, who), {"wu": "administrator", "chen": "general_manager"}[who]
    with pytest.raises(Invalid) as refused:
        do("people.revoke_role", cast.wu, person=person.pk, role=role)
    assert refused.value.text.zh.startswith("最后一位")
    with pytest.raises(Invalid):
        do("people.deactivate", cast.wu, person=person.pk)
    given = RoleGrant.objects.create(
        person=cast.zhao, role=role, since=today(), until=today() + timedelta(days=9)
    )
    with pytest.raises(Invalid):  # the day would come on which nobody holds it
        do("people.revoke_role", cast.wu, person=person.pk, role=role)
    given.until = None
    given.save()
    do(
        "people.revoke_role",
        fresh(cast.zhao) if role == "administrator" else cast.wu,
        person=person.pk,
        role=role,
    )


def test_the_administrator_does_not_make_himself_general_manager(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        do("people.grant_role", cast.wu, person=cast.wu.pk, role="general_manager")
    assert "R1.17" in refused.value.failures[0].clause
    attempt = last("action.refused")
    assert (attempt.actor_id, attempt.about) == (cast.wu.pk, ("person", str(cast.wu.pk)))
    do("people.grant_role", cast.wu, person=cast.zhao.pk, role="general_manager")
    assert "test.by_clause" in last("role.granted").data["clause_rights"]
    do("people.grant_role", cast.wu, person=cast.wu.pk, role="front_desk")
    assert last("role.granted").data["to_self"] is True


def test_nobody_makes_himself_auditor(cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        do("people.grant_role", cast.wu, person=cast.wu.pk, role="auditor")
    assert refused.value.errors["role"][0].zh == "不能让自己成为审计员：审计的人不审计自己，须由他人授予"


def test_a_right_given_by_a_clause_is_not_the_administrators_to_give(cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        do("people.set_permission", cast.wu, role="administrator", permission="test.by_clause", reach="all")
    reason = refused.value.failures[0]
    assert (reason.clause, reason.text.zh) == ("R1.17", "“批准制度”由制度条款赋予总经理，不能在此调整")
    RolePermission.objects.create(role="administrator", permission="test.by_clause", reach="all")
    assert not fresh(cast.wu).may("test.by_clause")


def test_a_permission_set_changes_and_goes_back(cast: Cast) -> None:
    do("people.set_permission", cast.wu, role="front_desk", permission="test.read", reach="all")
    do("people.grant_role", cast.wu, person=cast.lin.pk, role="front_desk")
    assert fresh(cast.lin).rights.reach("test.read").scope == "all"
    do("people.set_permission", cast.wu, role="front_desk", permission="test.read", reach="default")
    assert fresh(cast.lin).rights.reach("test.read").scope == "own"
    assert last("permission.changed").data == {
        "role": "front_desk", "permission": "test.read", "reach": "none", "before": "all"}  # fmt: skip


@pytest.mark.parametrize(
    ("role", "permission", "reach"),
    [
        ("auditor", "people.manage", "all"),
        ("administrator", "people.manage", "none"),
        ("administrator", "people.grant_roles", "own"),
        ("front_desk", "people.self", "none"),
        ("front_desk", "no.such", "all"),
        ("nobody", "people.view", "all"),
        ("front_desk", "people.view", "far"),
    ],
)
def test_permission_sets_that_would_break_the_order_are_refused(
    cast: Cast, role: str, permission: str, reach: str
) -> None:
    with pytest.raises(Invalid):
        do("people.set_permission", cast.wu, role=role, permission=permission, reach=reach)


def test_nobody_leaves_with_something_in_hand(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responsibilities, "_known", {})
    responsibilities.responsibility(
        "accounts", Text("负责的客户", "accounts"), lambda p: 12 if p.pk == cast.lin.pk else 0
    )
    with pytest.raises(Invalid) as refused:
        do("people.deactivate", cast.wu, person=cast.lin.pk)
    assert refused.value.text.zh == "负责的客户还有 12 项，请先移交"
    with pytest.raises(Invalid, match="客户服务部"):
        do("people.deactivate", cast.wu, person=cast.wang.pk)


def test_deactivation_ends_sessions_and_reactivation_does_not_revive_them(cast: Cast) -> None:
    before = cast.lin.get_session_auth_hash()
    do("people.deactivate", cast.wu, person=cast.lin.pk, reason="离职")
    gone = fresh(cast.lin)
    assert not gone.is_active
    assert gone.rights.roles == frozenset()
    assert FactText.objects.get(fact=last("person.deactivated")).body == {"reason": "离职"}
    do("people.reactivate", cast.wu, person=cast.lin.pk)
    back = fresh(cast.lin)
    assert back.has_role("relationship_specialist")
    assert back.get_session_auth_hash() != before


def test_the_deactivated_may_do_nothing(cast: Cast) -> None:
    do("people.deactivate", cast.wu, person=cast.lin.pk)
    with pytest.raises(Forbidden):
        perform("people.set_preferences", {"language": "en"}, actor=fresh(cast.lin))


def test_everybody_chooses_language_and_theme(cast: Cast) -> None:
    for person in cast.everybody():
        do("people.set_preferences", person, language="en", theme="dark")
        assert (fresh(person).language, fresh(person).theme) == ("en", "dark")


def test_an_administrator_of_one_department_reaches_no_other(cast: Cast) -> None:
    RolePermission.objects.create(role="service_manager", permission="people.manage", reach="department")
    do("people.update", fresh(cast.wang), person=cast.lin.pk, username="lin", name="林晓晓")
    with pytest.raises(NotFound):
        do("people.update", fresh(cast.wang), person=cast.sun.pk, username="sun", name="孙")


def test_a_setting_is_typed_checked_and_remembered(cast: Cast) -> None:
    from guanxi.platform.people.settings_registry import value

    do("people.change_setting", cast.wu, key="company.record_position", value="on")
    assert value("company.record_position") is True
    assert last("setting.changed").data == {
        "key": "company.record_position",
        "value": "true",
        "before": "false",
    }
    for key, wrong in (
        ("company.record_position", "vielleicht"),
        ("company.name", ""),
        ("mail.sender", "x"),
        ("no", "1"),
    ):
        with pytest.raises(Invalid):
            do("people.change_setting", cast.wu, key=key, value=wrong)
    with pytest.raises(Forbidden):
        do("people.change_setting", cast.wu, key="demo", value="on")
    do("people.change_setting", SYSTEM, key="demo", value="on")
    assert value("demo") is True


def test_several_settings_are_changed_together_or_not_at_all(cast: Cast) -> None:
    from guanxi.platform.people.settings_registry import value

    def change(**given: str) -> Any:
        sent = [{"key": key.replace("__", "."), "value": told} for key, told in given.items()]
        return do("people.change_settings", cast.wu, settings=sent)

    change(company__name="恒信", security__idle_hours="8")
    assert (value("company.name"), value("security.idle_hours")) == ("恒信", 8)
    facts = Fact.objects.filter(kind="setting.changed")
    assert facts.count() == 2
    with pytest.raises(Invalid) as told:
        change(company__name="别的", security__idle_hours="900", mail__sender="x")
    assert set(told.value.errors) == {"settings.1.value", "settings.2.value"}
    assert (value("company.name"), facts.count()) == ("恒信", 2)
    with pytest.raises(Forbidden):
        change(company__name="别的", demo="true")
    assert value("company.name") == "恒信"
    change(company__name="恒信", security__idle_hours="9")  # what stays as it is becomes no fact
    assert facts.count() == 3


def test_rows_of_a_spreadsheet_are_judged_one_by_one(cast: Cast) -> None:
    rows = [
        {"username": "gao", "name": "高一", "department": "服务一组", "roles": "客户经理，前台人员"},
        {"username": "gao", "name": "高二"},
        {"username": "lin", "name": "林二"},
        {"username": "", "name": "无名"},
        {"username": "he", "name": "何五", "department": "不存在部"},
        {"username": "hu", "name": "胡六", "roles": "国王"},
        {"username": "jin", "name": "金七", "email": "jin@example.com", "phone": "+86 571 8888 0000"},
    ]
    imported = do("people.import", cast.wu, rows=rows)
    assert [v.fits for v in imported.verdicts] == [True, False, False, False, False, False, True]
    assert [next(iter(v.errors)) for v in imported.verdicts if v.errors] == [
        "username", "username", "username", "department", "roles"]  # fmt: skip
    assert [str(fault.en) for fault in imported.verdicts[4].faults] == [
        "Department: There is no department “不存在部”"
    ]
    assert imported.added == 2
    assert reads.roles_on(Person.objects.get(username="gao")) == ["account_manager", "front_desk"]
    assert Fact.objects.filter(kind="person.added").count() == 2
    assert verify().whole


@pytest.mark.django_db
def test_the_first_administrator_is_named_once() -> None:
    asked = {
        "company": "恒信科技", "username": "wu", "name": "吴安", "password": "correct-horse-7",
        "manager_name": "陈建国", "manager_username": "Chen",
    }  # fmt: skip
    made = perform("people.first_administrator", asked, actor=SYSTEM).value
    wu = fresh(made)
    assert wu.check_password("correct-horse-7")
    assert reads.roles_on(wu) == ["administrator"]
    chen = Person.objects.get(username="chen")
    assert (reads.roles_on(chen), chen.check_password(made.general_manager.one_time_password)) == (
        ["general_manager"],
        True,
    )
    assert wu.department is not None
    assert wu.department.head == chen
    with pytest.raises(Invalid):
        perform("people.first_administrator", {**asked, "username": "x"}, actor=SYSTEM)
    with pytest.raises(Forbidden):
        perform("people.first_administrator", asked, actor=wu)


@pytest.mark.django_db
def test_the_first_administrator_may_be_general_manager_too() -> None:
    weak = {"company": "恒信", "username": "wu", "name": "吴安", "password": "1234567890"}
    with pytest.raises(Invalid):
        perform("people.first_administrator", weak, actor=SYSTEM)
    assert not Person.objects.exists()
    made = perform("people.first_administrator", {**weak, "password": "correct-horse-7"}, actor=SYSTEM).value
    assert reads.roles_on(made) == ["administrator", "general_manager"]


def test_the_superior_is_the_nearest_head_above(cast: Cast) -> None:
    assert reads.superior(cast.lin) == cast.wang
    assert reads.superior(cast.wang) == cast.chen
    assert reads.superior(cast.chen) is None


def test_the_tree_stands_in_order(cast: Cast) -> None:
    department("二级", cast.operations)
    assert [d.name for d in reads.tree()] == ["恒信科技", "客户服务部", "服务一组", "营运部", "二级"]


def test_passwords_leave_no_quick_hash_behind(cast: Cast) -> None:
    from guanxi.platform.kernel.perform import input_digest

    change = get_action("people.change_password")
    one = change.parse({"old": "a", "new": "b", "again": "b"})
    two = change.parse({"old": "x", "new": "y", "again": "z"})
    assert input_digest("n", one) == input_digest("n", two)
