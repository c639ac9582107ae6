"""Given a customer whose credit, grade or contacts change, then the event is kept, its cause asked for and found, whoever
looks after it told, and how it is looked after is reviewed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from guanxi.domains.customers.models import Need
from guanxi.domains.customers.models_standing import CreditEvent, Review
from guanxi.platform.kernel import Forbidden, Invalid, NotFound
from guanxi.platform.messages.models import OutgoingMessage
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.replay import differences
from tests.company import bring_into_force

from .helpers import NOON, account, contact, do, kinds, last
from .test_pages import _loud, as_  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db


def owed(customer: int, control: str) -> list[Obligation]:
    return list(Obligation.objects.filter(customer=str(customer), control=control).order_by("pk"))


@pytest.fixture
def company(cast):
    bring_into_force(cast, "R1", "R5")
    return cast


def test_a_credit_event_without_cause_asks_for_it(company) -> None:
    made = account(company.lin)
    event = do(
        company.lin,
        "credit.record",
        customer=made.pk,
        kind="late",
        detail="三月货款晚 12 天",
        happened_on=date(2026, 3, 2),
    )
    assert last("credit.happened").data == {
        "event": str(event.pk),
        "credit_kind": "late",
        "before_credit": None,
        "credit": None,
        "regraded": False,
        "down": False,
        "happened_on": "2026-03-02",
        "has_cause": False,
        "cause_code": "",
    }
    assert last("credit.happened").words.body["detail"] == "三月货款晚 12 天"
    (duty,) = owed(made.pk, "credit-cause")
    assert (duty.state, duty.owner) == ("open", str(company.lin.pk))
    do(company.lin, "credit.find_cause", credit_event=event.pk, cause_code="cash", cause="其客户付款拖延")
    (duty,) = owed(made.pk, "credit-cause")
    assert duty.state == "fulfilled"
    event.refresh_from_db()
    assert (event.cause_code, event.cause, event.cause_by) == ("cash", "其客户付款拖延", company.lin)
    assert differences() == []


def test_a_downgrade_tells_whoever_looks_after_it_the_same_day(company) -> None:
    made = account(company.lin)
    do(company.wang, "customers.grade", customer=made.pk, credit="A", reason="往来多年")
    assert CreditEvent.objects.count() == 0, "a first credit grade is no change"
    do(company.wang, "customers.grade", customer=made.pk, credit="C", reason="两次拖欠")
    event = CreditEvent.objects.get()
    assert (event.before, event.after, event.down, event.cause_code) == ("A", "C", True, "")
    told = last("credit.told")
    assert told.data == {"event": str(event.pk), "person": str(company.lin.pk)}
    (message,) = OutgoingMessage.objects.filter(template="customers.credit_down")
    assert (message.person, "A → C" in message.subject) == (company.lin, True)
    (duty,) = owed(made.pk, "downgrade-told")
    assert duty.state == "fulfilled"
    assert [o.state for o in owed(made.pk, "review-after-credit")] == ["open"]
    assert [o.state for o in owed(made.pk, "credit-cause")] == ["open"]


def test_who_downgrades_ones_own_customer_gets_no_letter(company) -> None:
    made = account(company.zhao)
    do(company.zhao, "customers.grade", customer=made.pk, credit="A", reason="往来多年")
    do(company.zhao, "customers.grade", customer=made.pk, credit="B", reason="晚付", cause_code="cash")
    assert last("credit.told").data["person"] == str(company.zhao.pk)
    assert not OutgoingMessage.objects.filter(template="customers.credit_down").exists()
    assert owed(made.pk, "credit-cause") == []


def test_an_upgrade_tells_nobody(company) -> None:
    made = account(company.lin)
    do(company.wang, "customers.grade", customer=made.pk, credit="B", reason="新客户")
    do(company.wang, "customers.grade", customer=made.pk, credit="A", reason="付款及时", cause_code="other")
    assert "credit.told" not in kinds()
    assert [o.state for o in owed(made.pk, "review-after-credit")] == ["open"]


def test_bad_input_is_told_at_its_field(company) -> None:
    made = account(company.lin)
    for wrong, field in (
        ({"kind": "late", "detail": ""}, "detail"),
        ({"kind": "late", "detail": "晚付", "happened_on": NOON.date() + timedelta(days=1)}, "happened_on"),
        ({"kind": "late", "detail": "晚付", "cause": "资金紧"}, "cause_code"),
        ({"kind": "regraded", "detail": "晚付"}, "kind"),
        ({"kind": "nonsense", "detail": "晚付"}, "kind"),
    ):
        with pytest.raises(Invalid) as refused:
            do(company.lin, "credit.record", customer=made.pk, **wrong)
        assert list(refused.value.errors) == [field]
    assert CreditEvent.objects.count() == 0


def test_other_peoples_customers_stay_out_of_reach(company) -> None:
    made = account(company.lin)
    event = do(company.lin, "credit.record", customer=made.pk, kind="news", detail="涉诉")
    for name, data in (
        ("credit.record", {"customer": made.pk, "kind": "late", "detail": "晚付"}),
        ("credit.find_cause", {"credit_event": event.pk, "cause_code": "cash", "cause": "资金紧"}),
        ("customers.review", {"customer": made.pk, "because": ["other"], "decision": "keep", "text": "照旧"}),
    ):
        with pytest.raises((NotFound, Forbidden)):
            do(company.sun, name, **data)
        with pytest.raises((NotFound, Forbidden)):
            do(company.zhou, name, **data)


def test_however_often_one_speaks_to_a_customer_one_review_waits_and_says_since_when(company) -> None:
    made = account(company.lin)
    for days in (0, 20, 50):
        do(
            company.lin,
            "timeline.note",
            at=NOON + timedelta(days=days),
            customer=made.pk,
            kind="call",
            text="来电",
        )
    (row,) = owed(made.pk, "review-after-silence")
    assert (row.state, row.subject_kind, row.subject) == ("waiting", "customer", str(made.pk))
    assert row.actionable_from == NOON + timedelta(days=140)
    assert differences() == []
    page = as_(company.lin).get(f"/regulations/obligations/{row.pk}/").content.decode()
    assert "重新计时" in page
    assert "从等待期满" in page


def test_a_change_asks_for_a_review_and_the_decision_is_kept(company) -> None:
    made = account(company.lin)
    boss = contact(company.lin, made, decision_role="decides")
    do(company.wang, "customers.grade", customer=made.pk, grade="A", reason="年用量大")
    do(company.wang, "customers.grade", customer=made.pk, grade="B", reason="用量减半")
    do(company.lin, "contacts.leave", contact=boss.pk, reason="调任")
    assert [o.state for o in owed(made.pk, "review-after-grade")] == ["open"]
    assert [o.state for o in owed(made.pk, "review-after-contact")] == ["open"]
    do(
        company.lin,
        "customers.review",
        customer=made.pk,
        because=["grade", "contact"],
        decision="more",
        text="每月登门一次，认识新科长",
    )
    row = Review.objects.get()
    assert (row.because, row.decision, row.by) == (["grade", "contact"], "more", company.lin)
    assert [o.state for o in owed(made.pk, "review-after-grade")] == ["fulfilled"]
    assert [o.state for o in owed(made.pk, "review-after-contact")] == ["fulfilled"]
    assert differences() == []


def test_a_card_with_a_number_nobody_can_dial_is_not_valid(company) -> None:
    good = account(company.lin, phone="0571-8706 8951", address="杭州市滨江区江南大道 100 号")
    assert good.card_valid
    bad = account(company.lin, name="宁波海天公司", phone="总机转 8", phone_as_written=True)
    assert not bad.card_valid
    assert last("customer.created").data["card_valid"] is False
    vague = account(company.lin, name="某某公司", address="江南大道 100 号")
    assert last("customer.created").data["card_valid"] is False
    do(company.lin, "customers.update", customer=vague.pk, address="杭州市滨江区江南大道 100 号")
    vague.refresh_from_db()
    assert vague.card_valid
    assert last("customer.updated").data["card_valid"] is True


def pages_of(made: int) -> list[str]:
    return [
        "/customers/key-book/",
        "/needs/",
        "/contact-log/",
        f"/customers/{made}/archive/",
        f"/customers/{made}/credit/new/",
        f"/customers/{made}/review/",
    ]


def test_the_pages_show_what_is_kept(company) -> None:
    made = account(company.lin, key=False)
    contact(company.lin, made, decision_role="decides")
    do(
        company.lin,
        "needs.add",
        customer=made.pk,
        what="变频器三台",
        source="visit",
        customer_view="电费太高",
    )
    do(company.lin, "timeline.note", customer=made.pk, kind="care", text="端午问候")
    do(company.lin, "credit.record", customer=made.pk, kind="late", detail="三月货款晚 12 天")
    do(
        company.lin,
        "customers.review",
        customer=made.pk,
        because=["other"],
        decision="keep",
        text="照旧每月联系",
    )
    do(company.wang, "customers.mark_key", customer=made.pk)
    client = as_(company.lin)
    said = {path: client.get(path) for path in pages_of(made.pk)}
    assert {path: r.status_code for path, r in said.items()} == dict.fromkeys(said, 200)
    book, needs, log, archive, *_ = (r.content.decode() for r in said.values())
    assert made.name in book
    assert "王建国" in book
    assert "变频器三台" in needs
    assert "端午问候" in log
    for words in ("变频器三台", "三月货款晚 12 天", "照旧每月联系", "王建国"):
        assert words in archive
    whole = client.get(f"/customers/{made.pk}/").content.decode()
    assert "原因还没查明" in whole
    outside = as_(company.sun)
    assert made.name not in outside.get("/customers/key-book/").content.decode()
    assert "变频器三台" not in outside.get("/needs/").content.decode()
    assert "端午问候" not in outside.get("/contact-log/").content.decode()
    assert outside.get(f"/customers/{made.pk}/archive/").status_code == 404


def test_the_registers_can_be_filtered_and_ask_few_questions(company, django_assert_max_num_queries) -> None:
    made = account(company.lin)
    for number in range(30):
        do(company.lin, "needs.add", customer=made.pk, what=f"需求 {number}", source="call")
        do(company.lin, "timeline.note", customer=made.pk, kind="call", text=f"电话 {number}")
    do(company.lin, "needs.close", need=Need.objects.order_by("pk").first().pk, outcome="met")
    client = as_(company.lin)
    with django_assert_max_num_queries(26):
        assert "需求 0<" not in client.get("/needs/?state=open").content.decode()
    with django_assert_max_num_queries(26):
        assert "电话 29" in client.get("/contact-log/?mine=1").content.decode()
    assert "电话 29" not in client.get("/contact-log/?kind=visit.completed").content.decode()
