"""Given the people of the company, when they enter and change customers, then rows and facts say so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account, with_kind
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound

from .helpers import NOON, account, contact, do, kinds, last

pytestmark = pytest.mark.django_db


def test_a_specialist_enters_a_customer_into_her_own_hands(cast) -> None:
    made = account(
        cast.lin,
        kinds=["company", "tenant"],
        phone="0571-87061501",
        address="杭州市西湖区文三路 199 号",
        area="西湖区",
        credit_code="91330106MA2B0WXX0A"[:0],
        contact_name="王建国",
        contact_post="采购部经理",
        contact_phone="13805712288",
    )
    made.refresh_from_db()
    assert (made.manager, made.department, made.kinds) == (cast.lin, cast.team, ["company", "tenant"])
    assert (made.phone, made.phone_key) == ("0571-87061501", "+8657187061501")
    assert (made.card_percent, made.created_at) == (100, NOON)
    assert kinds() == ["customer.created", "contact.added"]
    assert last("customer.created").data == {
        "kinds": ["company", "tenant"],
        "grade": None,
        "credit": None,
        "manager": str(cast.lin.pk),
        "department": str(cast.team.pk),
        "area": "西湖区",
        "key": False,
        "active": True,
        "source": "manual",
        "card_percent": 100,
        "card_valid": True,
        "visit": None,
    }


def test_what_the_service_manager_enters_stands_in_the_pool(cast) -> None:
    assert account(cast.wang).manager is None
    assert account(cast.wang, name="华信", manager=cast.lin.pk).manager == cast.lin


def test_nobody_takes_or_gives_customers_past_the_service_manager(cast) -> None:
    with pytest.raises(Invalid) as refused:
        account(cast.lin, manager=cast.zhao.pk)
    assert list(refused.value.errors) == ["manager"]
    with pytest.raises(Forbidden):
        account(cast.lin, key=True)
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "至少 1 个字"),
        ("name", "名" * 121, "最多 120 个字"),
        ("phone", "1380571", "按原样保存"),
        ("credit_code", "91330106MA2B0WXX00", "校验位不符"),
        ("email", "不是邮箱", "不是电子邮件地址"),
        ("website", "a b", "不是网址"),
        ("lon", "190", "不能大于 180"),
        ("kinds", [], "至少 1 项"),
        ("kinds", ["friend"], "请从列出的选项中选择"),
        ("source", "dream", "请从列出的选项中选择"),
    ],
)
def test_input_that_does_not_fit_is_told_at_its_field(cast, field: str, value: object, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "customers.create", **{"name": "恒远", field: value})
    messages = [m.zh for name, ms in refused.value.errors.items() if name.split(".")[0] == field for m in ms]
    assert any(words in message for message in messages), refused.value.errors
    assert not Account.objects.exists()


def test_what_cannot_be_seen_is_taken_out(cast) -> None:
    made = account(cast.lin, name="恒远\x00\u200b电子\n有限公司", note="一\r\n二\x07")
    assert (made.name, made.note) == ("恒远电子 有限公司", "一\n二")


def test_an_odd_number_may_stand_as_written(cast) -> None:
    made = account(cast.lin, phone="1380571", phone_as_written=True)
    assert (made.phone, made.phone_key) == ("1380571", "")
    assert reads.card_state(made, NOON).phone_valid is False


def test_half_a_position_is_none(cast) -> None:
    with pytest.raises(Invalid) as refused:
        account(cast.lin, lon="120.130663")
    assert "经度和纬度要一起填" in str(refused.value.errors[""][0].zh)
    made = account(cast.lin, lon="120.130663", lat="30.259295", coordinates="wgs84")
    made.refresh_from_db()
    assert (str(made.lon), str(made.lat), made.coordinates) == ("120.130663", "30.259295", "wgs84")


def test_every_change_is_kept_with_what_was_before(cast) -> None:
    made = account(cast.lin, area="西湖区", phone="13805712288")
    do(
        cast.lin,
        "customers.update",
        customer=made.pk,
        area="滨江区",
        kinds=["company", "supplier"],
        clear=["phone"],
    )
    fact = last("customer.updated")
    assert sorted(fact.data["changed"]) == ["area", "kinds", "phone"]
    assert (fact.data["area"], fact.data["version"]) == ("滨江区", 2)
    changes = {c["field"]: (c["before"], c["after"]) for c in fact.words.body["changes"]}
    assert changes == {
        "area": ("西湖区", "滨江区"),
        "phone": ("138 0571 2288", ""),
        "kinds": (["company"], ["company", "supplier"]),
    }
    made.refresh_from_db()
    assert (made.phone_key, made.kind_bits in with_kind("supplier")) == ("", True)


def test_saving_nothing_new_writes_no_fact(cast) -> None:
    made = account(cast.lin, area="西湖区")
    do(cast.lin, "customers.update", customer=made.pk, area="西湖区", version=1)
    assert kinds() == ["customer.created"]


def test_two_people_editing_do_not_overwrite_each_other(cast) -> None:
    made = account(cast.lin, area="西湖区")
    do(cast.wang, "customers.update", customer=made.pk, area="滨江区", address="江南大道 1 号", version=1)
    with pytest.raises(Conflict) as refused:
        do(cast.lin, "customers.update", customer=made.pk, area="上城区", version=1)
    assert "王敏改了：地址、所在区域" in refused.value.text.zh
    made.refresh_from_db()
    assert made.area == "滨江区"
    do(cast.lin, "customers.update", customer=made.pk, area="上城区", version=2)


def test_the_name_cannot_be_emptied(cast) -> None:
    made = account(cast.lin)
    with pytest.raises(Invalid):
        do(cast.lin, "customers.update", customer=made.pk, clear=["name"])


def test_closed_and_reopened_with_a_reason(cast) -> None:
    made = account(cast.zhao)
    with pytest.raises(Invalid):
        do(cast.zhao, "customers.close", customer=made.pk, reason_code="other")
    do(cast.zhao, "customers.close", customer=made.pk, reason_code="moved", reason="迁往苏州")
    made.refresh_from_db()
    assert (made.active, made.closed_at) == (False, NOON)
    assert last("customer.closed").data == {"reason_code": "moved", "active": False, "open_promises": 0}
    with pytest.raises(Invalid):
        do(cast.zhao, "customers.close", customer=made.pk, reason_code="moved")
    do(cast.zhao, "customers.reopen", customer=made.pk, reason="又迁回来了")
    made.refresh_from_db()
    assert (made.active, made.closed_at) == (True, None)


def test_many_customers_are_assigned_in_one_call(cast, django_assert_max_num_queries) -> None:
    ids = [account(cast.wang, name=f"客户{n}").pk for n in range(12)]
    with django_assert_max_num_queries(
        60
    ):  # the engine reads each fact; customers themselves cost nothing each
        do(cast.wang, "customers.assign", customers=ids, manager=cast.lin.pk, reason="分区调整")
    assert Account.objects.filter(manager=cast.lin, department=cast.team).count() == 12
    assert last("customer.assigned").data == {
        "manager": str(cast.lin.pk),
        "department": str(cast.team.pk),
        "before": None,
    }
    do(cast.wang, "customers.assign", customers=ids[:1])
    assert Account.objects.get(pk=ids[0]).manager is None
    with pytest.raises(Invalid) as nobody:
        do(cast.wang, "customers.assign", customers=ids[:1])
    assert "请选择由谁负责" in str(nobody.value.errors["manager"][0])
    with pytest.raises(Invalid):
        do(cast.wang, "customers.assign", customers=ids, manager=cast.wu.pk)
    with pytest.raises(NotFound):
        do(cast.wang, "customers.assign", customers=[*ids, 99999], manager=cast.lin.pk)


def test_grades_by_hand_with_reason(cast) -> None:
    made = account(cast.zhao)
    with pytest.raises(Invalid):
        do(cast.zhao, "customers.grade", customer=made.pk, grade="A", reason="")
    with pytest.raises(Invalid):
        do(cast.zhao, "customers.grade", customer=made.pk, reason="没有选")
    do(cast.zhao, "customers.grade", customer=made.pk, grade="A", credit="B", reason="年采购额第一")
    do(cast.zhao, "customers.grade", customer=made.pk, credit="C", reason="回款晚 12 天")
    assert last("customer.graded").data == {
        "grade": "A",
        "credit": "C",
        "before_grade": "A",
        "before_credit": "B",
        "by_rule": False,
        "cause_given": False,
    }


def test_the_card_says_what_is_missing_and_how_old_it_is(cast) -> None:
    made = account(cast.lin)
    assert (made.card_percent, reads.card_state(made, NOON).missing) == (
        20,
        ("name", "post", "address", "contact"),
    )
    contact(cast.lin, made, post="采购部经理", phone="13805712288")
    do(cast.lin, "customers.update", customer=made.pk, address="文三路 199 号")
    do(cast.lin, "customers.confirm_card", customer=made.pk)
    assert last("customer.card_confirmed").data == {
        "complete": True,
        "missing": [],
        "card_percent": 100,
        "card_valid": False,  # the address does not say in which city
    }
    made.refresh_from_db()
    state = reads.card_state(made, NOON + timedelta(days=40))
    assert (state.complete, state.percent, state.age_days, state.phone_valid) == (True, 100, 40, True)
    assert (state.confirmed_at, state.confirmed_by, state.code_valid) == (NOON, cast.lin, None)
    assert reads.missing_fields(made, made.contacts.all(), ("birthday", "name")) == ["birthday"]


def test_facts_hold_nothing_by_which_a_person_is_known(cast) -> None:
    made = account(
        cast.lin, phone="0571-87061501", contact_name="王建国", contact_phone="13805712288", note="爱喝龙井"
    )
    someone = contact(
        cast.lin, made, name="李娟", birthday="1985-03-05", wechat="lijuan85", matters="孩子高考"
    )
    do(
        cast.lin,
        "contacts.update",
        contact=someone.pk,
        name="李娟娟",
        phone="13905710000",
        email="li@example.com",
    )
    do(cast.lin, "timeline.note", customer=made.pk, kind="call", text="李娟娟说下周回款", contact=someone.pk)
    do(
        cast.lin,
        "approaches.add",
        customer=made.pk,
        way="fair",
        event="杭博会",
        person="陈秘书长",
        result="换了名片",
    )
    do(cast.lin, "contacts.leave", contact=someone.pk, reason="去了华信")
    said = " ".join(str(f.data) for f in Fact.objects.all())
    personal = "王建国 李娟 8706 1380571 1390571 lijuan 龙井 高考 陈秘书长 华信 1985 恒远"
    assert [word for word in personal.split() if word in said] == []
    assert "03-05" not in said


def test_pages_find_likely_twins_without_giving_others_customers_away(cast) -> None:
    mine = account(cast.lin, name="杭州恒远电子科技有限公司", phone="0571-87061501")
    account(cast.sun, name="宁波海天塑机集团有限公司", phone="0574-86182888")
    (twin,) = reads.alike(cast.lin, name="杭州恒远电子科技公司").seen
    assert (twin.account, [why.code for why in twin.reasons]) == (mine, ["same.core", "name.unique"])
    assert reads.alike(cast.lin, phones=["0571 8706 1501"], but=mine.pk).seen == ()
    found = reads.alike(cast.lin, phones=["057486182888"])
    assert (found.seen, found.unseen) == ((), 1)


def test_a_twin_is_found_by_its_short_name_and_number_and_in_traditional_signs(cast) -> None:
    mine = account(
        cast.lin, name="杭州恒远电子科技有限公司", phone="0571-87061501", address="杭州市西湖区文三路90号"
    )
    for typed in (
        {"name": "恒远", "phones": ["87061501", "0571 87061501"]},
        {"name": "恒遠電子科技（杭州）"},
    ):
        assert [twin.account for twin in reads.alike(cast.lin, **typed).seen] == [mine]
    assert reads.alike(cast.lin, name="杭州恒远电子科技有限公司宁波分公司").seen == ()
    assert reads.alike(cast.lin, name="上海恒远电子科技有限公司").seen == ()


def test_assigning_many_is_taken_back_at_once(cast) -> None:
    """Given customers of two people assigned to a third, then each goes back, but for the one assigned anew meanwhile."""
    mine, his, pooled, anew = (
        account(cast.wang, f"客户{n}", manager=who and who.pk)
        for n, who in enumerate((cast.lin, cast.zhao, None, cast.lin))
    )
    ids = [a.pk for a in (mine, his, pooled, anew)]
    do(cast.wang, "customers.assign", customers=ids, manager=cast.wang.pk)
    seqs = list(Fact.objects.filter(kind="customer.assigned").values_list("seq", flat=True))[-4:]
    back = {"first": min(seqs), "last": max(seqs)}
    do(cast.chen, "customers.assign", customers=[anew.pk], manager=cast.zhao.pk)
    with pytest.raises(NotFound):
        do(cast.chen, "customers.assign_back", **back)
    with pytest.raises(Invalid, match="十分钟"):
        do(cast.wang, "customers.assign_back", NOON + timedelta(minutes=11), **back)
    do(cast.wang, "customers.assign_back", NOON + timedelta(minutes=9), **back)
    now = {a.pk: a.manager for a in Account.objects.select_related("manager")}
    assert now == {mine.pk: cast.lin, his.pk: cast.zhao, pooled.pk: None, anew.pk: cast.zhao}
    with pytest.raises(Conflict):
        do(cast.wang, "customers.assign_back", NOON + timedelta(minutes=9), **back)
