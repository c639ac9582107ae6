"""Given a customer, when needs, promises and gifts come and go, then each is kept and may be undone for ten minutes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from guanxi.domains.customers.models import Contact, Need, Promise, StockItem, StockMovement
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import Conflict, Invalid, NotFound

from .helpers import NOON, account, contact, do, item, last, product, promise

pytestmark = pytest.mark.django_db


def test_contacts_come_change_and_go(cast) -> None:
    made = account(cast.lin)
    first = contact(cast.lin, made, birthday="3月5日", decision_role="decides", channel="wechat")
    second = contact(cast.lin, made, name="李娟", primary=True)
    first.refresh_from_db()
    assert (first.primary, second.primary, first.birthday, first.birthday_md) == (
        False,
        True,
        "--03-05",
        "03-05",
    )
    assert last("contact.added").subject_kind == "contact"
    do(cast.lin, "contacts.update", contact=first.pk, post="总监", primary=True, birthday="1985-03-06")
    assert last("contact.updated").data | {"contact": ""} == {
        "contact": "",
        "has_post": True,
        "decision_role": "decides",
        "has_birthday": True,
        "channel": "wechat",
        "primary": True,
        "changed": ["post", "birthday", "primary"],
        "version": 2,
    }
    with pytest.raises(Conflict):
        do(cast.wang, "contacts.update", contact=first.pk, post="经理", version=1)
    do(cast.lin, "contacts.leave", contact=first.pk, reason="退休")
    first.refresh_from_db()
    assert (first.active, first.primary, first.left_on) == (False, False, date(2026, 3, 5))


def test_a_birthday_that_is_none_is_told(cast) -> None:
    made = account(cast.lin)
    for wrong in ("2月30日", "农历八月初三", "很久以前"):
        with pytest.raises(Invalid) as refused:
            contact(cast.lin, made, birthday=wrong)
        assert list(refused.value.errors) == ["birthday"]


def test_a_need_with_the_customers_view_apart(cast) -> None:
    made, ring = account(cast.lin), product(cast.wang)
    need = do(
        cast.lin,
        "needs.add",
        customer=made.pk,
        what="每月 2000 只",
        product=ring.pk,
        source="visit",
        customer_view="现供应商交期慢",
        our_view="价格才是原因",
    )
    assert last("need.recorded").data == {
        "need": str(need.pk),
        "product": str(ring.pk),
        "source": "visit",
        "has_customer_view": True,
        "visit": None,
    }
    do(cast.lin, "needs.confirm", need=need.pk)
    do(cast.lin, "needs.close", need=need.pk, outcome="met")
    with pytest.raises(Invalid):
        do(cast.lin, "needs.confirm", need=need.pk)
    with pytest.raises(Invalid):
        do(cast.lin, "needs.add", customer=made.pk, what="x", product=999)


def test_a_promise_is_made_moved_and_kept(cast) -> None:
    made = account(cast.lin)
    told = promise(cast.lin, made, owner=cast.wang.pk)
    fact = last("promise.made")
    assert (fact.subject_kind, fact.customer_id) == ("promise", made.pk)
    assert fact.data == {
        "promise": str(told.pk),
        "owner": str(cast.wang.pk),
        "due": "2026-03-12T18:00:00+08:00",
        "due_on": "2026-03-12",
        "visit": None,
    }
    do(cast.lin, "promises.move", promise=told.pk, due_on="2026-03-20", due_time="12:00", reason="样册缺货")
    assert last("promise.moved").data["due"] == "2026-03-20T12:00:00+08:00"
    do(cast.wang, "promises.keep", promise=told.pk, note="快递已签收", at=NOON + timedelta(days=2))
    assert last("promise.kept").data["on_time"] is True
    with pytest.raises(Invalid):
        do(cast.lin, "promises.withdraw", promise=told.pk, reason="x")


def test_a_promise_needs_a_day_ahead_and_an_owner_who_sees_the_customer(cast) -> None:
    made = account(cast.lin)
    with pytest.raises(Invalid):
        promise(cast.lin, made, days=-1)
    with pytest.raises(Invalid) as refused:
        promise(cast.lin, made, owner=cast.sun.pk)
    assert list(refused.value.errors) == ["owner"]
    other = contact(cast.zhao, account(cast.zhao, "华信"))
    with pytest.raises(Invalid) as refused:
        promise(cast.lin, made, contact=other.pk)
    assert list(refused.value.errors) == ["contact"]


def test_stock_never_goes_below_zero(cast) -> None:
    made, tea = account(cast.lin), item(cast.wang, quantity=3)
    do(cast.lin, "materials.issue", item=tea.pk, quantity=2, customer=made.pk, gift=True)
    assert last("material.issued").data == {
        "item": str(tea.pk),
        "quantity": 2,
        "visit": None,
        "contact": None,
        "gift": True,
        "kind": "gift",
        "value_fen": 17600,
    }
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "materials.issue", item=tea.pk, quantity=2)
    assert "只剩 1 盒" in refused.value.text.zh
    assert StockItem.objects.get().quantity == 1
    assert list(StockMovement.objects.order_by("id").values_list("quantity", "balance")) == [(3, 3), (-2, 1)]
    with pytest.raises(Invalid):
        do(cast.lin, "materials.issue", item=tea.pk, gift=True)


def test_promotions_of_a_month(cast) -> None:
    values = {
        "title": "春季换新",
        "month": "2026-03",
        "starts_on": "2026-03-01",
        "ends_on": "2026-03-31",
        "text": "九折",
    }
    made = do(cast.wang, "promotions.save", **values)
    assert last("promotion.saved").data["narrowed"] is False
    do(cast.wang, "promotions.save", promotion=made.pk, **{**values, "text": "八五折"})
    for wrong in ({"ends_on": "2026-02-01"}, {"audience": "tenant"}, {"month": "2026-13"}):
        with pytest.raises(Invalid):
            do(cast.wang, "promotions.save", **{**values, **wrong})


def test_two_products_of_one_name_are_one_too_many(cast) -> None:
    product(cast.wang)
    with pytest.raises(Invalid) as refused:
        product(cast.wang)
    assert list(refused.value.errors) == ["name"]


# --- Undo ----------------------------------------------------------------------------------------------------------


def test_keeping_a_promise_is_undone_within_ten_minutes(cast) -> None:
    told = promise(cast.lin, account(cast.lin))
    do(cast.lin, "promises.keep", promise=told.pk)
    kept = last("promise.kept")
    do(cast.lin, "customers.undo", fact=kept.pk, at=NOON + timedelta(minutes=9))
    told.refresh_from_db()
    assert (told.state, told.kept_at) == (Promise.OPEN, None)
    undone = last("journal.annulled")
    assert (undone.data["fact"], undone.about) == (kept.pk, kept.about)
    do(cast.lin, "promises.keep", promise=told.pk, at=NOON + timedelta(minutes=9))
    assert verify().whole


def test_undo_is_refused_when_too_late_twice_or_built_on(cast) -> None:
    told = promise(cast.lin, account(cast.lin))
    do(cast.lin, "promises.move", promise=told.pk, due_on="2026-03-20", reason="缺货")
    moved = last("promise.moved")
    with pytest.raises(Invalid):
        do(cast.lin, "customers.undo", fact=moved.pk, at=NOON + timedelta(minutes=11))
    do(cast.lin, "promises.keep", promise=told.pk, at=NOON + timedelta(minutes=11))
    kept = last("promise.kept")
    with pytest.raises(Invalid):
        do(cast.lin, "customers.undo", fact=moved.pk, at=NOON + timedelta(minutes=11))
    do(cast.lin, "customers.undo", fact=kept.pk, at=NOON + timedelta(minutes=12))
    with pytest.raises(Conflict):
        do(cast.lin, "customers.undo", fact=kept.pk, at=NOON + timedelta(minutes=12))


def test_undo_is_refused_once_somebody_built_on_it(cast) -> None:
    told = promise(cast.lin, account(cast.lin))
    do(cast.lin, "promises.move", promise=told.pk, due_on="2026-03-20", reason="缺货")
    moved = last("promise.moved")
    do(cast.wang, "promises.keep", promise=told.pk)
    with pytest.raises(Conflict):
        do(cast.lin, "customers.undo", fact=moved.pk)


def test_only_ones_own_facts_and_kinds_with_an_undo(cast) -> None:
    made = account(cast.lin)
    created = last("customer.created")
    do(cast.lin, "timeline.note", customer=made.pk, text="打错了")
    note = last("customer.noted")
    for person, fact in ((cast.lin, created), (cast.wang, note), (cast.sun, note)):
        with pytest.raises(NotFound):
            do(person, "customers.undo", fact=fact.pk)
    do(cast.lin, "timeline.note", customer=made.pk, text="另一条不相干")
    do(cast.lin, "customers.undo", fact=note.pk)


def test_each_way_back(cast) -> None:
    made = account(cast.lin)
    someone = contact(cast.lin, made, post="经理")
    need = do(cast.lin, "needs.add", customer=made.pk, what="密封圈")
    do(cast.lin, "needs.confirm", need=need.pk)
    do(cast.lin, "needs.close", need=need.pk, outcome="gone")
    do(cast.lin, "customers.undo", fact=last("need.closed").pk)
    assert Need.objects.get().state == Need.CONFIRMED
    do(cast.lin, "contacts.leave", contact=someone.pk)
    do(cast.lin, "customers.undo", fact=last("contact.left").pk)
    assert Contact.objects.filter(active=True, primary=True).count() == 1
    told = promise(cast.lin, made)
    do(cast.lin, "promises.move", promise=told.pk, due_on="2026-03-20", reason="缺货")
    do(cast.lin, "customers.undo", fact=last("promise.moved").pk)
    told.refresh_from_db()
    assert told.due.isoformat() == "2026-03-12T10:00:00+00:00"
