"""Gifts are held to a yearly measure by the regulation in force, and stand in a ledger with what is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from guanxi.domains.customers.models import Account, Contact, StockItem, StockMovement
from guanxi.domains.customers.reads import gifts
from guanxi.platform.approvals.models import Approval
from guanxi.platform.kernel import Invalid, NotFound, Refused
from tests.company import PASSWORD, bring_into_force

from .helpers import NOON, account, contact, do, item

pytestmark = pytest.mark.django_db
NEXT_YEAR = datetime(2027, 1, 4, 4, tzinfo=UTC)


@pytest.fixture
def li(cast: Any) -> Contact:
    bring_into_force(cast, "R8", at=NOON - timedelta(days=3))
    return contact(cast.lin, account(cast.lin), "李红梅")


@pytest.fixture
def tea(cast: Any) -> StockItem:
    return item(cast.wang, quantity=100)  # 88 yuan apiece


def give(
    cast: Any, to: Contact | Account, what: StockItem, quantity: int = 1, at: Any = NOON, **data: Any
) -> Any:
    whom = {"customer": to.pk} if isinstance(to, Account) else {"customer": to.customer_id, "contact": to.pk}
    return do(cast.lin, "materials.issue", at, item=what.pk, quantity=quantity, gift=True, **whom, **data)


def test_up_to_the_limit_and_not_beyond(cast: Any, li: Contact, tea: StockItem) -> None:
    give(cast, li, tea, 5)
    with pytest.raises(Refused) as refused:
        give(cast, li, tea)
    (reason,) = refused.value.failures
    assert (reason.clause, reason.text.zh) == ("R8.13", "今年送给这位联系人的礼品将超过年度限额")
    assert reason.waivable_role == "general_manager"
    assert gifts.given(NOON, contact=li.pk) == Decimal(440)
    other = contact(cast.lin, li.customer, "周强")
    give(cast, other, tea)
    do(cast.lin, "materials.issue", item=tea.pk, quantity=20, customer=li.customer_id, contact=li.pk)
    give(cast, li, tea, at=NEXT_YEAR)


def test_what_it_was_worth_counts_not_what_it_is_worth_now(cast: Any, li: Contact, tea: StockItem) -> None:
    give(cast, li, tea, 5)
    do(cast.wang, "stock.save", item=tea.pk, name=tea.name, kind="gift", unit="盒", value="1.00")
    assert gifts.given(NOON, contact=li.pk) == Decimal(440)
    give(cast, li, tea, 60)
    with pytest.raises(Refused):
        give(cast, li, tea)


def test_spread_over_many_the_customers_limit_holds(cast: Any, li: Contact, tea: StockItem) -> None:
    for n in range(6):
        give(cast, contact(cast.lin, li.customer, f"客{n}"), tea, 5)
    with pytest.raises(Refused) as refused:
        give(cast, li.customer, tea, 5)
    assert [r.text.zh for r in refused.value.failures] == ["今年送给这位客户的礼品将超过年度限额"]


def test_the_general_managers_exception_lets_one_person_have_more(
    cast: Any, li: Contact, tea: StockItem
) -> None:
    give(cast, li, tea, 5)
    asked = {
        "control": "R8/gifts-to-one-person",
        "subject_kind": "contact",
        "subject_id": li.pk,
        "reason": "十年合作",
    }
    do(cast.lin, "gates.ask_exception", **asked)
    approval = Approval.objects.latest("pk")
    decided = {"decision": "approve", "password": PASSWORD, "content_hash": approval.content_hash}
    do(cast.chen, "approvals.decide", approval=approval.pk, **decided)
    give(cast, li, tea, at=NOON + timedelta(minutes=1))
    other = contact(cast.lin, li.customer, "周强")
    with pytest.raises(Refused):
        give(cast, other, tea, 6)


def test_without_the_regulation_in_force_nothing_is_limited(cast: Any, tea: StockItem) -> None:
    some = contact(cast.lin, account(cast.lin))
    give(cast, some, tea, 50)
    assert gifts.limit(gifts.PER_CONTACT, NOON) is None


def test_a_contact_of_somebody_else_is_not_told_of(cast: Any, li: Contact, tea: StockItem) -> None:
    other = contact(cast.zhao, account(cast.zhao, "滨江医院"))
    with pytest.raises(Invalid) as refused:
        do(
            cast.lin,
            "materials.issue",
            item=tea.pk,
            customer=li.customer_id,
            contact=other.pk,
            gift=True,
            quantity=99,
        )
    assert list(refused.value.errors) == ["contact"]


def test_the_ledger_says_what_is_left_and_only_of_ones_customers(
    cast: Any, li: Contact, tea: StockItem, client: Any
) -> None:
    give(cast, li, tea, 2)
    give(cast, li.customer, tea)
    do(cast.zhao, "materials.issue", item=tea.pk, customer=account(cast.zhao, "滨江医院").pk, gift=True)
    client.force_login(cast.lin)
    text = client.get(reverse("registers.gifts")).content.decode()
    assert "¥176.00" in text
    assert "¥324.00" in text
    assert "滨江医院" not in text
    assert "每位联系人每年 ¥500.00" in text
    form = client.get(reverse("customers.material", kwargs={"customer": li.customer_id})).content.decode()
    assert "今年已送" in form
    assert 'data-guide="R8/measure-in-gifts"' in form
    for who, code in ((cast.wang, 200), (cast.chen, 200), (cast.zhou, 200), (cast.wu, 403)):
        client.force_login(who)
        assert client.get(reverse("registers.gifts")).status_code == code


def test_the_refusal_stands_on_the_page(cast: Any, li: Contact, tea: StockItem, client: Any) -> None:
    give(cast, li, tea, 5, at=datetime.now(UTC))
    client.force_login(cast.lin)
    url = reverse("customers.material", kwargs={"customer": li.customer_id})
    answer = client.post(
        url, {"item": tea.pk, "quantity": 1, "gift": "true", "contact": li.pk, "note": "中秋", "_key": "k"}
    )
    assert answer.status_code == 409
    assert "R8.13" in answer.content.decode()
    assert "中秋" in answer.content.decode()
    assert StockMovement.objects.filter(gift=True).count() == 1


def test_what_comes_back_no_longer_counts(cast: Any, li: Contact, tea: StockItem, client: Any) -> None:
    line = give(cast, li, tea, 5)
    client.force_login(cast.lin)
    url = reverse("customers.movement", kwargs={"movement": line.pk})
    assert "退回库存" in client.get(url).content.decode()
    form = reverse("customers.give-back", kwargs={"movement": line.pk})
    assert client.post(form, {"note": "", "_key": "a"}).status_code == 422
    assert client.post(form, {"note": "客户婉拒", "_key": "b"}).status_code == 302
    assert "客户婉拒" in client.get(url).content.decode()
    tea.refresh_from_db()
    assert tea.quantity == 100
    assert gifts.given(NOON, contact=li.pk) == 0
    with pytest.raises(Invalid):
        do(cast.lin, "materials.give_back", movement=line.pk, note="x")
    give(cast, li, tea, 5)
    assert client.get(reverse("registers.gifts")).content.decode().count("已退回") >= 1
    with pytest.raises(NotFound):
        do(cast.sun, "materials.give_back", movement=line.pk, note="x")
    client.force_login(cast.sun)
    assert client.get(url).status_code == 404
