"""One visit from the plan to the kept promise, on actions."""

from __future__ import annotations

import pytest

from guanxi.domains.customers.models import Account, Need, Promise, StockItem
from guanxi.domains.visits.models import Visit
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.verify import verify

from .situation import DAY, HOUR, NOON, contact, do, gift, kit, planned, promotion, state

pytestmark = pytest.mark.django_db


def kinds(visit: Visit) -> list[str]:
    facts = Fact.objects.filter(subject_kind="visit", subject_id=visit.pk, kind__startswith="visit.")
    return list(facts.order_by("seq").values_list("kind", flat=True))


def fact(visit: Visit, kind: str) -> Fact:
    return Fact.objects.filter(subject_kind="visit", subject_id=visit.pk, kind=kind).latest("seq")


def test_a_visit_from_plan_to_kept_promise(cast, hengyuan: Account) -> None:
    """Given a plan with purpose, target and contact; when everything is done in order; then the facts tell it all."""
    li, tea = contact(hengyuan), gift(quantity=5)
    kit("brochures", "pen")
    promotion()
    standing = do("needs.add", cast.lin, NOON - DAY, customer=hengyuan.pk, what="夜间保洁")

    visit = planned(cast.lin, hengyuan, contact=li.pk, colleagues=[cast.zhao.pk])
    assert (visit.first, visit.source) == (True, "plan")
    assert fact(visit, "visit.planned").data["promotions_open"] == 1
    do("visits.acknowledge_promotions", cast.lin, NOON - HOUR, visit=visit.pk)
    do("visits.prepare", cast.lin, NOON - HOUR, visit=visit.pk, packed=["pen"])
    assert fact(visit, "visit.kit_checked").data == {"complete": False, "missing": ["brochures"]}
    do("visits.confirm", cast.lin, NOON - HOUR, visit=visit.pk)
    assert fact(visit, "visit.confirmed").data["promotions_open"] == 0
    do("visits.check_in", cast.lin, NOON, visit=visit.pk)

    lines = [
        {"kind": "need", "text": "会议室预约", "more": "每周两次不够用"},
        {"kind": "objection", "text": "价格偏高", "more": "按季付有折扣"},
        {"kind": "competitor", "more": "同城物业", "text": "送一年保洁"},
        {"kind": "promise", "text": "寄样册", "due_on": "2026-03-06"},
        {"kind": "gift", "item": tea.pk, "number": 2},
        {"kind": "information", "text": "四月搬到新楼"},
        {"kind": "conflict", "text": "账单有误", "more": "当场更正", "code": "settled"},
        {"kind": "help", "text": "建议错峰预约", "need": standing.pk},
        {"kind": "training", "number": 75, "text": "门禁系统"},
        {"kind": "problem", "text": "空调异响", "more": "周五检修"},
        {"kind": "topic", "text": "四号楼改造"},
        {"kind": "prospect", "text": "隔壁的明达贸易", "contact": "何总", "phone": "13800001111"},
        {"kind": "site_check", "checks": ["logo", "tidiness"], "text": "展架破损"},
        {"kind": "request", "text": "发票当月开"},
        {"kind": "suggestion", "text": "前台加一把椅子"},
    ]
    do("visits.capture", cast.lin, NOON + HOUR, visit=visit.pk, lines=lines)
    need = Need.objects.get(what="会议室预约")
    assert (need.visit_id, need.source, need.customer_view) == (visit.pk, "visit", "每周两次不够用")
    promise = Promise.objects.get(what="寄样册")
    assert (promise.owner, promise.visit_id) == (cast.lin, visit.pk)
    assert StockItem.objects.get(pk=tea.pk).quantity == 3
    prospect = Account.objects.get(name="隔壁的明达贸易")
    assert (prospect.kinds, prospect.source, prospect.manager) == (["prospect"], "visit", cast.lin)

    do("visits.check_out", cast.lin, NOON + 2 * HOUR, visit=visit.pk)
    assert fact(visit, "visit.completed").data == {
        "owner": str(cast.lin.pk),
        "minutes": 120,
        "training_minutes": 75,
        "late_entry": False,
        "captured": 15,
        "captured_during": 15,
        "prospect": False,
    }
    assert Account.objects.get(pk=hengyuan.pk).last_contact_at == NOON + 2 * HOUR
    do(
        "visits.report",
        cast.lin,
        NOON + 2 * HOUR,
        visit=visit.pk,
        summary="扩租时间表已拿到。",
        needs_confirmed=True,
    )
    assert fact(visit, "visit.reported").data == {
        "owner": str(cast.lin.pk),
        "needs": 2,
        "conflict": True,
        "information": 1,
        "help": True,
        "late_entry": False,
        "number": "BF-2026-00001",
    }
    assert Need.objects.get(pk=standing.pk).state == Need.CONFIRMED
    do("visits.set_next", cast.lin, NOON + 2 * HOUR, visit=visit.pk, next_at=(NOON + 14 * DAY).isoformat())
    following = Visit.objects.get(pk=visit.pk).next_visit
    assert following is not None
    assert (following.state, following.planned_at, following.owner, following.source, following.contact) == (
        "planned",
        NOON + 14 * DAY,
        cast.lin,
        "next",
        li,
    )
    do("promises.keep", cast.lin, NOON + 20 * HOUR, promise=promise.pk)
    assert state(visit) == "reported"
    assert kinds(visit) == [
        "visit.planned",
        "visit.promotions_acknowledged",
        "visit.kit_checked",
        "visit.confirmed",
        "visit.checked_in",
        *["visit.captured"] * 15,
        "visit.completed",
        "visit.reported",
        "visit.next_set",
    ]
    assert verify().whole


def test_facts_hold_no_words_that_people_typed(cast, hengyuan: Account) -> None:
    """Names and free text lie beside the facts, where they can be erased."""
    visit = planned(cast.lin, hengyuan, target="见到王总")
    data = fact(visit, "visit.planned").data
    assert "王总" not in str(data)
    assert data["has_target"] is True
