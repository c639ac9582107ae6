"""Orders by hand: entered, amended, removed with a reason, each taken back; sums, list, file and page follow."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_merger import Merger
from guanxi.domains.customers.tests.helpers import NOON, account, do, last, product
from guanxi.domains.orders import reads
from guanxi.domains.orders.models import Order
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db

PEOPLE = ("lin", "zhao", "wang", "chen", "zhou", "wu", "sun")
WORK = {"lin", "zhao", "wang"}


@pytest.fixture
def made(cast: Any) -> Account:
    found = account(cast.wang, manager=cast.zhao.pk)
    do(cast.wang, "customers.set_team", customer=found.pk, members=[cast.lin.pk])
    return found


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def order(who: Any, at: Account, /, **data: Any) -> Order:
    return do(who, "orders.add", customer=at.pk, **{"amount": "1200.50", **data})


def test_an_order_stands_in_the_journal_on_its_own_day(cast: Any, made: Account) -> None:
    row = order(
        cast.lin, made, number="DD-1", ordered_on="2026-02-10", goods="密封圈 200 件", status="settled"
    )
    assert (row.amount, row.currency, row.person, row.brought_by) == (
        Decimal("1200.50"),
        "CNY",
        cast.lin,
        None,
    )
    fact = last("order.added")
    assert timezone.localtime(fact.happened_at).isoformat() == "2026-02-10T00:00:00+08:00"
    assert fact.recorded_at == NOON
    assert (fact.data["amount"], fact.data["status"], fact.customer_id) == ("1200.5", "settled", made.pk)
    assert customers.timeline(made.pk).told[0].text == "订单 DD-1 密封圈 200 件 ¥1,200.50"


def test_without_a_day_it_is_of_today_and_a_former_colleague_may_have_taken_it(
    cast: Any, made: Account
) -> None:
    row = order(cast.zhao, made, taken_by="老周（已离职）", currency="USD", amount="-80")
    assert (row.ordered_on, row.person, row.who) == (date(2026, 3, 5), None, "老周（已离职）")
    assert last("order.added").happened_at <= NOON


@pytest.mark.parametrize(
    ("data", "field", "said"),
    [
        ({"ordered_on": "2026-03-06"}, "ordered_on", "这一天还没有到"),
        ({"ordered_on": "2026-02-30"}, "ordered_on", ""),
        ({"amount": "一千"}, "amount", ""),
        ({"amount": "1.234"}, "amount", ""),
        ({"currency": "XYZ"}, "currency", ""),
        ({"status": "odd"}, "status", ""),
        ({"product": 999}, "product", "没有这种产品或服务"),
        ({"person": 999}, "person", "找不到这位同事"),
        ({"number": "DD-1"}, "number", "已有这个订单号"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    cast: Any, made: Account, data: dict[str, Any], field: str, said: str
) -> None:
    order(cast.wang, made, number="DD-1")
    with pytest.raises(Invalid) as refused:
        order(cast.lin, made, **data)
    assert list(refused.value.errors) == [field]
    assert not said or refused.value.errors[field][0].zh == said
    assert Order.objects.count() == 1


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", ["orders.add", "orders.change", "orders.remove"])
def test_action_by_person(cast: Any, made: Account, name: str, who: str) -> None:
    """Given a customer of zhao's on whose team lin is: who works on it may; who sees it is refused; others find nothing."""
    row = order(cast.wang, made)
    data = {
        "orders.add": {"customer": made.pk, "amount": "5"},
        "orders.change": {"order": row.pk, "goods": "螺栓"},
        "orders.remove": {"order": row.pk, "reason": "重复"},
    }[name]
    person = getattr(cast, who)
    if who in WORK:
        do(person, name, **data)
        return
    with pytest.raises(NotFound if who == "sun" else Forbidden):
        do(person, name, **data)
    assert list(Order.objects.values_list("pk", "version")) == [(row.pk, 1)]


def test_an_order_is_amended_and_that_is_taken_back(cast: Any, made: Account) -> None:
    thing = product(cast.wang)
    row = order(cast.lin, made, number="DD-1", goods="密封圈", note="加急")
    changed = {"amount": "1500", "product": thing.pk, "status": "delivered", "clear": ["note"], "version": 1}
    do(cast.lin, "orders.change", order=row.pk, **changed)
    row.refresh_from_db()
    assert (row.amount, row.note, row.status, row.version) == (Decimal("1500.00"), "", "delivered", 2)
    told = customers.timeline(made.pk).told[0]
    assert told.quote.split("\n") == [
        "金额：1200.5 → 1500",
        "订单状态：进行中 → 已交付",
        "备注：加急 → ",
        "产品或服务：不锈钢密封圈",
    ]
    with pytest.raises(Conflict):
        do(cast.zhao, "orders.change", order=row.pk, goods="x", version=1)
    do(cast.lin, "customers.undo", fact=last("order.updated").pk)
    row.refresh_from_db()
    assert (row.amount, row.note, row.status, row.product) == (Decimal("1200.50"), "加急", "open", None)


def test_saying_the_same_again_changes_nothing(cast: Any, made: Account) -> None:
    row = order(cast.lin, made, goods="密封圈")
    do(cast.lin, "orders.change", order=row.pk, goods="密封圈", amount="1200.5")
    assert not Fact.objects.filter(kind="order.updated").exists()


def test_a_removal_keeps_its_reason_and_comes_back_whole(cast: Any, made: Account) -> None:
    row = order(cast.lin, made, number="DD-1", ordered_on="2026-02-10", goods="密封圈", note="加急")
    before = Order.objects.filter(pk=row.pk).values().get()
    do(cast.lin, "orders.remove", order=row.pk, reason="录入两次")
    assert not Order.objects.exists()
    assert customers.timeline(made.pk).told[0].text == "删除订单 DD-1 ¥1,200.50：录入两次"
    do(cast.lin, "customers.undo", fact=last("order.removed").pk)
    assert Order.objects.values().get() == before
    do(cast.lin, "orders.remove", order=row.pk, reason="录入两次")
    order(cast.zhao, made, number="DD-1")
    with pytest.raises(Conflict) as refused:
        do(cast.lin, "customers.undo", fact=last("order.removed").pk)
    assert "DD-1" in refused.value.text.zh


def test_what_was_entered_by_mistake_goes_while_nobody_built_on_it(cast: Any, made: Account) -> None:
    order(cast.lin, made)
    fact = last("order.added")
    with pytest.raises(Invalid):
        do(cast.lin, "customers.undo", NOON + timedelta(minutes=11), fact=fact.pk)
    do(cast.lin, "customers.undo", fact=fact.pk)
    assert not Order.objects.exists()
    row = order(cast.lin, made)
    fact = last("order.added")
    do(cast.zhao, "orders.change", order=row.pk, goods="螺栓")
    with pytest.raises(Conflict):
        do(cast.lin, "customers.undo", fact=fact.pk)


def test_sums_are_of_this_year_and_last_without_what_was_cancelled(cast: Any, made: Account) -> None:
    for day, amount, more in (
        ("2026-01-01", "100.10", {}),
        ("2026-03-05", "-20", {}),
        ("2026-02-01", "7", {"currency": "USD"}),
        ("2026-02-02", "9999", {"status": "cancelled"}),
        ("2025-12-31", "50", {}),
        ("2024-12-31", "1000", {}),
    ):
        order(cast.lin, made, ordered_on=day, amount=amount, **more)
    found = reads.sums(made.pk, date(2026, 3, 5))
    assert [(each.year, each.count, each.said) for each in found] == [
        (2026, 3, "¥80.10 + USD 7.00"),
        (2025, 1, "¥50.00"),
    ]
    page = as_(cast.chen).get(reverse("customers.detail", kwargs={"customer": made.pk})).content.decode()
    assert "¥80.10 + USD 7.00" in page


def test_a_merger_takes_orders_along_and_parting_brings_them_back(cast: Any, made: Account) -> None:
    twin = account(cast.wang, "恒远电子公司", manager=cast.zhao.pk)
    row = order(cast.wang, twin, number="DD-9")
    do(cast.wang, "customers.merge", customer=made.pk, other=twin.pk)
    assert Order.objects.get(pk=row.pk).customer_id == made.pk
    do(cast.wang, "customers.unmerge", merger=Merger.objects.get().pk)
    assert Order.objects.get(pk=row.pk).customer_id == twin.pk
    do(cast.wang, "orders.remove", order=row.pk, reason="错")
    do(cast.wang, "customers.merge", customer=made.pk, other=twin.pk)
    do(cast.wang, "customers.undo", fact=last("order.removed").pk)
    assert Order.objects.get(pk=row.pk).customer_id == made.pk


def test_list_file_and_page_show_what_one_may_see(cast: Any, made: Account) -> None:
    row = order(cast.lin, made, number="DD-1", goods="密封圈")
    other = order(cast.wang, account(cast.wang, "宁波海达贸易有限公司"), number="DD-2", status="cancelled")
    url = reverse("orders.list")
    for who, sees in (
        ("lin", [row.pk]),
        ("wang", [other.pk, row.pk]),
        ("zhou", [other.pk, row.pk]),
        ("sun", []),
    ):
        rows = as_(getattr(cast, who)).get(url).context["list"].page.rows
        assert sorted(r.pk for r in rows) == sorted(sees), who
    assert as_(cast.wu).get(url).status_code == 403
    assert as_(cast.lin).get(url, {"export": "csv"}).status_code in (200, 403)
    file = as_(cast.zhao).get(url, {"export": "csv"})
    text = b"".join(file).decode("utf-8-sig")  # type: ignore[call-overload]
    assert "DD-1" in text
    assert "1200.5" in text
    assert "DD-2" not in text
    for who, status in (("lin", 200), ("chen", 200), ("sun", 404)):
        assert (
            as_(getattr(cast, who)).get(reverse("orders.detail", kwargs={"order": row.pk})).status_code
            == status
        )
    found = as_(cast.wang).get(url, {"status": "cancelled"}).context["list"].page.rows
    assert [r.pk for r in found] == [other.pk]


def test_the_forms_keep_what_was_typed(cast: Any, made: Account) -> None:
    client = as_(cast.lin)
    url = reverse("orders.new-at", kwargs={"customer": made.pk})
    bad = client.post(
        url, {"amount": "一千", "goods": "密封圈", "currency": "CNY", "status": "open", "_key": "k0"}
    )
    assert bad.status_code == 422
    assert "密封圈" in bad.content.decode()
    sent = {"amount": "1,200.50", "goods": "密封圈", "currency": "CNY", "status": "open", "_key": "k1"}
    assert client.post(url, sent).status_code == 302
    row = Order.objects.get()
    assert (row.amount, row.person) == (Decimal("1200.50"), cast.lin)
    edit = reverse("orders.change", kwargs={"order": row.pk})
    assert "密封圈" in client.get(edit).content.decode()
    again = {**sent, "goods": "", "amount": "1300", "ordered_on": "2026-01-02", "version": "1", "_key": "k2"}
    assert client.post(edit, again).status_code == 302
    row.refresh_from_db()
    assert (row.goods, row.amount, row.ordered_on) == ("", Decimal("1300.00"), date(2026, 1, 2))
    gone = reverse("orders.remove", kwargs={"order": row.pk})
    assert client.post(gone, {"reason": "", "_key": "k3"}).status_code == 422
    assert client.post(gone, {"reason": "错", "_key": "k4"}).status_code == 302
    assert not Order.objects.exists()


def test_the_auditor_sees_no_key_customers_order_without_a_look(cast: Any, made: Account) -> None:
    row = order(cast.lin, made)
    do(cast.chen, "customers.mark_key", customer=made.pk)
    assert as_(cast.zhou).get(reverse("orders.detail", kwargs={"order": row.pk})).status_code == 404
    assert not reads.visible(cast.zhou).exists()
