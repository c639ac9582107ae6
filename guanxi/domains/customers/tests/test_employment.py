"""A contact changes company: closed here, known there, each with the history; and taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_contacts import Consent, Employment
from guanxi.domains.customers.models_merger import Merger
from guanxi.platform.kernel import Conflict, Invalid, NotFound

from .helpers import NOON, account, contact, do, last

pytestmark = pytest.mark.django_db
SOON = NOON + timedelta(minutes=5)


@pytest.fixture
def two(cast: Any) -> tuple[Account, Account]:
    return account(cast.lin), account(cast.lin, "华信机械有限公司", manager=None)


@pytest.fixture
def li(cast: Any, two: tuple[Account, Account]) -> Contact:
    return contact(cast.lin, two[0], "李红梅", post="采购经理", phone="13805712345，0571-87061501", email="li@heng.cn",
                   wechat="lihm", matters="交期", motives=["risk"], birthday="03-05")  # fmt: skip


def move(cast: Any, row: Contact, **data: Any) -> Contact:
    return do(cast.lin, "contacts.move", contact=row.pk, **data)


def back(cast: Any, at: Any = SOON) -> None:
    do(cast.lin, "customers.undo", at, fact=last("contact.moved").pk)


def test_what_is_theirs_goes_along_and_what_is_their_employers_stays(
    cast: Any, two: tuple[Account, Account], li: Contact
) -> None:
    here, there = two
    do(cast.lin, "contacts.consent", contact=li.pk, channels=["phone", "email"], consent="given")
    do(cast.lin, "contacts.consent", contact=li.pk, channels=["post"], consent="withdrawn")
    move(cast, li, customer=there.pk, post="采购总监", left_on="2026-03-01", since="2026-03-04")
    li.refresh_from_db()
    assert (li.active, li.left_on) == (False, date(2026, 3, 1))
    new = there.contacts.get()
    assert (new.name, new.post, new.wechat, new.matters, new.motives) == (
        "李红梅",
        "采购总监",
        "lihm",
        "交期",
        ["risk"],
    )
    assert "138" in new.phone
    assert "8706" not in new.phone
    assert new.phone_key == "+8613805712345"
    assert (new.email, new.birthday_md, new.primary) == ("", "03-05", True)
    assert dict(new.consents.values_list("channel", "state")) == {"phone": "given", "post": "withdrawn"}
    lines = reads.employments(cast.lin, [li.pk, new.pk])
    assert [(e.employer, e.post, e.since, e.until) for e in lines[li.pk]] == [
        (there.called, "采购总监", date(2026, 3, 4), None)
    ]
    assert [(e.employer, e.post, e.until) for e in lines[new.pk]] == [
        (here.called, "采购经理", date(2026, 3, 1))
    ]


def test_a_company_that_is_no_customer_and_one_already_known_there(
    cast: Any, two: tuple[Account, Account], li: Contact
) -> None:
    known = contact(cast.lin, two[1], "李红梅", post="总监")
    move(cast, li, customer=two[1].pk, there=known.pk)
    assert two[1].contacts.count() == 1
    assert reads.employments(cast.lin, [known.pk])[known.pk][0].employer == two[0].called
    move(cast, known, employer="远达机械", post="顾问")
    assert reads.employments(cast.lin, [known.pk])[known.pk][0].employer == "远达机械"
    assert "远达机械" in reads.timeline(two[1].pk).told[0].text


def test_the_whole_history_goes_along(cast: Any, two: tuple[Account, Account], li: Contact) -> None:
    third = account(cast.lin, "东阳电机有限公司")
    do(
        cast.lin,
        "contacts.add_employment",
        contact=li.pk,
        employer="宁波某厂",
        since="2015-07-01",
        until="2019-06-30",
    )
    move(cast, li, customer=two[1].pk, since="2026-03-01", left_on="2026-02-27")
    second = two[1].contacts.get()
    move(cast, second, customer=third.pk, left_on="2026-03-04")
    lines = reads.employments(cast.lin, [third.contacts.get().pk])[third.contacts.get().pk]
    assert [e.employer for e in lines] == [two[1].called, two[0].called, "宁波某厂"]


def test_taken_back_everything_is_as_before(cast: Any, two: tuple[Account, Account], li: Contact) -> None:
    do(cast.lin, "contacts.consent", contact=li.pk, channels=["phone"], consent="given")
    before = Contact.objects.filter(pk=li.pk).values("active", "primary", "left_on", "phone").get()
    move(cast, li, customer=two[1].pk)
    back(cast)
    assert Contact.objects.filter(pk=li.pk).values("active", "primary", "left_on", "phone").get() == before
    assert not two[1].contacts.exists()
    assert not Employment.objects.exists()
    assert Consent.objects.count() == 1
    undone = {t.kind for t in reads.timeline(two[0].pk).told if t.undone}
    assert undone == {"contact.left", "contact.moved"}
    assert {t.kind for t in reads.timeline(two[1].pk).told if t.undone} == {"contact.added"}
    with pytest.raises(Conflict):
        back(cast)


def test_taken_back_nobody_becomes_the_main_contact_who_was_not(
    cast: Any, two: tuple[Account, Account], li: Contact
) -> None:
    second = contact(cast.lin, two[0], "王建国", primary=True)
    move(cast, li, customer=two[1].pk)
    do(cast.lin, "contacts.leave", SOON, contact=second.pk)
    back(cast)
    assert [c.primary for c in two[0].contacts.order_by("pk")] == [False, False]
    do(cast.lin, "customers.undo", SOON, fact=last("contact.left").pk)
    assert [(c.name, c.primary) for c in two[0].contacts.order_by("pk")] == [
        ("李红梅", False),
        ("王建国", True),
    ]


def test_taken_back_the_main_contact_is_so_again_unless_another_became_it(
    cast: Any, two: tuple[Account, Account], li: Contact
) -> None:
    do(cast.lin, "contacts.update", contact=li.pk, primary=True)
    move(cast, li, customer=two[1].pk)
    back(cast)
    assert two[0].contacts.get().primary
    move(cast, li, customer=two[1].pk)
    contact(cast.lin, two[0], "王建国", primary=True)
    back(cast)
    assert [(c.name, c.primary) for c in two[0].contacts.order_by("pk")] == [
        ("李红梅", False),
        ("王建国", True),
    ]


def test_not_once_somebody_built_on_it(cast: Any, two: tuple[Account, Account], li: Contact) -> None:
    move(cast, li, customer=two[1].pk)
    new = two[1].contacts.get()
    do(cast.lin, "timeline.note", customer=two[1].pk, text="来电", contact=new.pk)
    with pytest.raises(Conflict) as refused:
        back(cast)
    assert refused.value.text.zh == "这位联系人在新单位已有新的记录，不能再撤销"
    assert two[1].contacts.count() == 1
    li.refresh_from_db()
    assert not li.active


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, ""),
        ({"employer": "甲", "customer": "there"}, ""),
        ({"there": "li"}, ""),
        ({"employer": "甲", "left_on": "2026-03-06"}, "left_on"),
        ({"customer": "here"}, "customer"),
        ({"customer": "there", "there": "li"}, "contact"),
    ],
)
def test_what_is_refused(
    cast: Any, two: tuple[Account, Account], li: Contact, data: dict[str, Any], field: str
) -> None:
    ids = {"here": two[0].pk, "there": two[1].pk, "li": li.pk}
    with pytest.raises(Invalid) as refused:
        move(cast, li, **{k: ids.get(v, v) for k, v in data.items()})
    assert set(refused.value.errors) == {field}
    li.refresh_from_db()
    assert li.active


def test_only_to_a_customer_one_works_with_and_whose_name_one_may_read(
    cast: Any, two: tuple[Account, Account], li: Contact, client: Any
) -> None:
    others = account(cast.wang, "滨江医院", manager=cast.zhao.pk)
    with pytest.raises(NotFound):
        move(cast, li, customer=others.pk)
    do(cast.wang, "contacts.move", contact=li.pk, customer=others.pk)
    for who, said in ((cast.lin, "另一家单位"), (cast.wang, "滨江医院")):
        client.force_login(who)
        for name, key in (("customers.detail", {"customer": li.customer_id}), ("customers.contact-history", {"contact": li.pk}),
                          ("customers.timeline", {"customer": li.customer_id})):  # fmt: skip
            text = client.get(reverse(name, kwargs=key)).content.decode()
            assert ("滨江医院" in text) == (said == "滨江医院" and name != "customers.timeline"), (who, name)
    client.force_login(cast.zhao)
    text = client.get(reverse("customers.detail", kwargs={"customer": others.pk})).content.decode()
    assert "恒远" not in text


def test_the_pages(cast: Any, two: tuple[Account, Account], li: Contact, client: Any) -> None:
    client.force_login(cast.lin)
    url = reverse("customers.contact-move", kwargs={"contact": li.pk})
    wrong = client.post(url, {"post": "总监", "_key": "a"})
    assert wrong.status_code == 422
    assert "请填写新单位" in wrong.content.decode()
    add = reverse("customers.employment-new", kwargs={"contact": li.pk})
    assert client.post(add, {"employer": "宁波某厂", "since": "2015-07-01", "_key": "b"}).status_code == 302
    shown = reverse("customers.contact-history", kwargs={"contact": li.pk})
    assert "宁波某厂" in client.get(shown).content.decode()
    drop = reverse("customers.employment-drop", kwargs={"employment": Employment.objects.get().pk})
    assert client.post(drop).status_code == 302
    assert not Employment.objects.exists()
    do(cast.lin, "customers.undo", fact=last("contact.employed").pk, at=last("contact.employed").recorded_at)
    kept = Employment.objects.get()
    assert (kept.employer, kept.since) == ("宁波某厂", date(2015, 7, 1))
    assert client.post(url, {"customer": two[1].pk, "post": "总监", "_key": "c"}).status_code == 302
    assert "曾在" in client.get(reverse("customers.detail", kwargs={"customer": two[1].pk})).content.decode()


def test_customers_that_are_merged_and_parted_keep_their_people(
    cast: Any, two: tuple[Account, Account], li: Contact
) -> None:
    third = account(cast.lin, "东阳电机有限公司")
    move(cast, li, customer=two[1].pk)
    before = list(Employment.objects.order_by("pk").values_list("pk", "customer"))
    do(cast.wang, "customers.merge", customer=third.pk, other=two[1].pk)
    assert reads.employments(cast.lin, [li.pk])[li.pk][0].customer == third.pk
    do(cast.wang, "customers.unmerge", merger=Merger.objects.get().pk)
    do(cast.wang, "customers.merge", customer=two[0].pk, other=two[1].pk)
    do(cast.wang, "customers.unmerge", merger=Merger.objects.latest("pk").pk)
    assert list(Employment.objects.order_by("pk").values_list("pk", "customer")) == before
