"""Given fields of the company's own for visits, when a visit is planned, made, reported and amended, then they go along."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guanxi.domains.customers.actions.merging import Merge  # noqa: F401 (declares what merges visits)
from guanxi.domains.visits.models import Visit, VisitReport
from guanxi.domains.visits.reads.preparing import prepare
from guanxi.domains.visits.web.papers import report_data, sheet_data
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Invalid, fixed_clock, perform
from guanxi.platform.ownfields.models import OwnField
from guanxi.platform.ownfields.sql import keep_indexes
from guanxi.platform.ownfields.tests import test_fields
from guanxi.platform.ownfields.tests.test_fields import _at_once  # noqa: F401 (a fixture)
from tests.company import PASSWORD

from .situation import DAY, HOUR, NOON, arrived, confirmed, contact, customer, do, left, planned
from .test_pages import browser, url

pytestmark = pytest.mark.django_db
SAID = {"summary": "谈妥", "no_conflict": True, "no_help": True}


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def define(who: Any, key: str, type: str, label: str, **more: Any) -> OwnField:
    clock = fixed_clock(NOON - 60 * DAY)
    return test_fields.define(who, key, type, label, clock, of="visit", **more)


@pytest.fixture
def own(cast) -> dict[str, OwnField]:
    return {
        "hall": define(
            cast.wang, "hall", "choice", "展厅", choices="a = 一号厅 / Hall 1\nb = 二号厅 / Hall 2"
        ),
        "guests": define(cast.wang, "guests", "number", "来宾人数", unit="人"),
        "topic": define(cast.wang, "topic", "text", "谈话主题"),
        "host": define(cast.wang, "host", "person", "陪同领导"),
        "mood": define(cast.wang, "mood", "text", "客户态度", step="report"),
        "offer": define(cast.wang, "offer", "money", "报价", step="report"),
    }


PLAN = {"hall": "一号厅", "guests": 4, "topic": "扩租方案", "host": ""}
KEPT = {"hall": "a", "guests": "4", "topic": "扩租方案"}


def changes(kind: str) -> list[dict[str, Any]]:
    return Fact.objects.filter(kind=kind).order_by("-seq").select_related("words")[0].words.body["changes"]


def test_each_form_asks_for_the_fields_of_its_step(cast, hengyuan, own) -> None:
    client = browser(cast.lin)
    for page in ("visits.plan", "visits.drop-in"):
        form = client.get(f"{reverse(page)}?customer={hengyuan.pk}").content.decode()
        assert all(f'name="own.{key}"' in form for key in ("hall", "guests", "topic"))
        assert 'name="own.mood"' not in form
    visit = left(cast.lin, hengyuan, NOON - 2 * HOUR, own=PLAN)
    form = client.get(url(visit, "visits.report")).content.decode()
    assert all(f'name="own.{key}"' in form for key in ("mood", "offer"))
    assert 'name="own.hall"' not in form


def test_a_plan_takes_them_shows_them_and_changes_them(cast, hengyuan, own) -> None:
    client = browser(cast.lin)
    sent = {"customer": hengyuan.pk, "planned_at": "2026-03-06T10:00", "purpose": "routine", "target": "谈妥",
            "own.hall": "a", "own.guests": "4", "own.topic": "扩租方案", "_key": "a" * 32}  # fmt: skip
    assert client.post(reverse("visits.plan"), sent).status_code == 302
    visit = Visit.objects.get()
    assert visit.own == KEPT
    assert {"field": "own.hall", "before": None, "after": "a"} in changes("visit.planned")
    for page in (url(visit), url(visit, "visits.sheet")):
        shown = client.get(page).content.decode()
        assert all(word in shown for word in ("展厅", "一号厅", "4 人", "扩租方案"))
        assert "客户态度" not in shown
    assert 'value="扩租方案"' in client.get(url(visit, "visits.edit")).content.decode()
    sent = {"planned_at": "2026-03-06T10:00", "own.hall": "b", "own.guests": "4", "own.topic": "",
            "opened": "1", "_key": "b" * 32}  # fmt: skip
    assert client.post(url(visit, "visits.edit"), sent).status_code == 302
    visit.refresh_from_db()
    assert visit.own == {"hall": "b", "guests": "4"}
    assert changes("visit.edited") == [
        {"field": "own.hall", "before": "a", "after": "b"},
        {"field": "own.topic", "before": "扩租方案", "after": None},
    ]


def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_lost(cast, hengyuan, own) -> None:
    sent = {"customer": hengyuan.pk, "planned_at": "2026-03-06T10:00", "target": "谈妥", "own.guests": "很多",
            "own.topic": "扩租方案", "_key": "a" * 32}  # fmt: skip
    answer = browser(cast.lin).post(reverse("visits.plan"), sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "请填写数字" in page
    assert "很多" in page
    assert "扩租方案" in page
    with pytest.raises(Invalid) as refused:
        planned(cast.lin, hengyuan, own={"mood": "好", "nothing": 1})
    assert refused.value.errors["own.mood"][0].zh == "这个字段在另一步填写"
    assert set(refused.value.errors) == {"own.mood", "own.nothing"}
    assert not Visit.objects.exists()


def test_a_required_field_is_asked_for_at_its_step_and_a_next_date_goes_without(cast, hengyuan) -> None:
    define(cast.wang, "topic", "text", "谈话主题", required=True)
    define(cast.wang, "mood", "text", "客户态度", required=True, step="report")
    with pytest.raises(Invalid) as refused:
        planned(cast.lin, hengyuan)
    assert list(refused.value.errors) == ["own.topic"]
    with pytest.raises(Invalid) as refused:
        do("visits.drop_in", cast.lin, customer=hengyuan.pk, purpose="routine", target="顺路")
    assert list(refused.value.errors) == ["own.topic"]
    visit = left(cast.lin, hengyuan, NOON - 2 * HOUR, own={"topic": "扩租"})
    with pytest.raises(Invalid) as refused:
        do("visits.report", cast.lin, visit=visit.pk, **SAID)
    assert list(refused.value.errors) == ["own.mood"]
    do("visits.set_next", cast.lin, visit=visit.pk, next_at=(NOON + 5 * DAY).isoformat())
    visit.refresh_from_db()
    coming = visit.next_visit
    assert coming.own == {}
    page = browser(cast.lin).get(url(coming)).content.decode()
    assert '谈话主题</dt><dd><span class="quiet">未填' in page
    with pytest.raises(Invalid):
        do("visits.edit", cast.lin, visit=coming.pk, own={"topic": ""})
    do("visits.edit", cast.lin, visit=coming.pk, own={"topic": "续谈"})


def test_a_drop_in_takes_them_along(cast, hengyuan, own) -> None:
    visit = do("visits.drop_in", cast.lin, customer=hengyuan.pk, purpose="routine", target="顺路", own=PLAN)
    assert Visit.objects.get(pk=visit.pk).own == KEPT


def test_a_report_says_them_and_an_amendment_leaves_the_earlier_one_as_it_was(cast, hengyuan, own) -> None:
    client = browser(cast.lin)
    visit = left(cast.lin, hengyuan, NOON - 2 * HOUR, own=PLAN)
    sent = {"summary": "谈妥", "no_conflict": "on", "no_help": "on", "own.mood": "积极", "own.offer": "12000",
            "_key": "a" * 32}  # fmt: skip
    assert client.post(url(visit, "visits.report"), sent).status_code == 302
    visit.refresh_from_db()
    assert visit.own == {**KEPT, "mood": "积极", "offer": "12000"}
    form = client.get(url(visit, "visits.amend")).content.decode()
    assert 'value="积极"' in form
    assert 'name="own.hall"' not in form
    sent = {"summary": "谈妥", "reason": "写错", "own.mood": "犹豫", "own.offer": "", "_key": "b" * 32}
    assert client.post(url(visit, "visits.amend"), sent).status_code == 302
    visit.refresh_from_db()
    assert visit.own == {**KEPT, "mood": "犹豫"}
    before, now = VisitReport.objects.order_by("number")
    assert before.own_said["zh"] == "客户态度：积极；报价：¥12,000"
    assert now.own_said == {"zh": "客户态度：犹豫", "en": "客户态度: 犹豫"}
    page = client.get(url(visit)).content.decode()
    assert "客户态度：积极；报价：¥12,000" in page
    assert "犹豫" in page
    assert [c["after"] for c in changes("visit.report_amended")] == ["犹豫", None]
    with pytest.raises(Invalid, match="内容和上一版相同"):
        do(
            "visits.amend_report",
            cast.lin,
            visit=visit.pk,
            summary="谈妥",
            reason="再写",
            own={"mood": "犹豫"},
        )
    define_again = OwnField.objects.get(key="mood")
    do("ownfields.change", cast.wang, field=define_again.pk, label_zh="客户反应", step="report")
    assert "客户态度：积极" in client.get(url(visit)).content.decode()  # a report stays as it was submitted


def test_sheet_and_report_on_paper_hold_them(cast, hengyuan, own) -> None:
    visit = left(cast.lin, hengyuan, NOON - 2 * HOUR, own={**PLAN, "host": cast.chen.pk})
    do("visits.report", cast.lin, visit=visit.pk, **SAID, own={"mood": "积极"})
    visit = Visit.objects.get()
    facts = {str(label): str(said) for label, said in sheet_data(visit, prepare(visit, NOON)).facts}
    assert facts["展厅"] == "一号厅"
    assert facts["陪同领导"] == cast.chen.name
    block = next(b for b in report_data(visit, []).blocks if str(b.title) == "更多资料")
    assert [(str(label), str(said)) for label, said in block.pairs] == [
        ("展厅", "一号厅"), ("来宾人数", "4 人"), ("谈话主题", "扩租方案"), ("陪同领导", cast.chen.name),
        ("客户态度", "积极"),
    ]  # fmt: skip
    client = browser(cast.lin)
    for page in ("visits.sheet-pdf", "visits.report-pdf"):
        assert client.get(url(visit, page)).content.startswith(b"%PDF")


@pytest.fixture
def three(cast, hengyuan, own) -> None:
    planned(cast.lin, hengyuan, NOON + DAY, target="甲", own={**PLAN, "host": cast.chen.pk})
    planned(cast.lin, hengyuan, NOON + 2 * DAY, target="乙", own={"hall": "b", "guests": 12})
    planned(cast.lin, hengyuan, NOON + 3 * DAY, target="丙")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("own_hall=a", "甲"),
        ("own_hall=empty", "丙"),
        ("own_guests_from=5", "乙"),
        ("own_topic=扩租", "甲"),
        ("where=any(own_guests.least(12),own_topic.has(方案))", "甲乙"),
        ("q=扩租方案", "甲"),
        ("q=恒远", "甲乙丙"),
    ],
)
def test_the_list_is_filtered_and_searched_by_them(cast, three, query, found) -> None:
    keep_indexes()
    rows = browser(cast.lin).get(f"/api/lists/visits.list?view=all&{query}").json()["rows"]
    assert {row["target"] for row in rows} == set(found)


def test_the_list_shows_sorts_and_exports_them(cast, three) -> None:
    client = browser(cast.lin)
    asked = "/visits/?view=all&c=target&c=own_hall&c=own_guests&c=own_host&sort=-own_guests"
    page = client.get(asked).content.decode()
    assert page.index("二号厅") < page.index("一号厅")
    answer = client.get(f"{asked}&export=csv")
    lines = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert lines[:3] == [
        ["客户", "预期结果", "展厅", "来宾人数", "陪同领导"],
        ["恒远电子", "乙", "二号厅", "12", ""],
        ["恒远电子", "甲", "一号厅", "4", cast.chen.name],
    ]
    given = {"list": "visits", "name": "一号厅的", "query": "view=all&own_hall=a"}
    perform("views.save", given, actor=cast.lin, clock=fixed_clock(NOON))
    assert "一号厅的" in client.get("/visits/?view=all").content.decode()


def test_a_retired_field_is_out_of_sight_and_its_values_stay(cast, three, own) -> None:
    do("ownfields.retire", cast.wang, field=own["hall"].pk)
    client = browser(cast.lin)
    visit = Visit.objects.get(target="甲")
    assert "展厅" not in client.get(url(visit)).content.decode()
    assert "展厅" not in client.get("/visits/?view=all").content.decode()
    assert Visit.objects.get(target="甲").own["hall"] == "a"


def test_a_page_asks_the_same_however_many_persons_are_named(cast, three) -> None:
    client = browser(cast.lin)
    address = "/visits/?view=all&c=target&c=own_host"

    def asked() -> int:
        with CaptureQueriesContext(connection) as told:
            client.get(address)
        return len(told)

    asked()  # what a process learns once
    before = asked()
    for visit, who in zip(Visit.objects.order_by("pk"), (cast.chen, cast.zhao, cast.wang), strict=True):
        Visit.objects.filter(pk=visit.pk).update(own={"host": who.pk})
    assert asked() == before


def test_the_api_describes_and_takes_them(cast, hengyuan, own) -> None:
    client = browser(cast.lin)
    shapes = client.get("/api/openapi.json").json()["components"]["schemas"]
    text = json.dumps(shapes["visits.plan"], ensure_ascii=False)
    assert "来宾人数" in text
    assert "客户态度" not in text
    body = {"customer": hengyuan.pk, "planned_at": "2026-03-06T10:00:00+08:00", "own": {"guests": 3}}
    answer = client.post("/api/actions/visits.plan", json.dumps(body), content_type="application/json",
                         headers={"Idempotency-Key": "c" * 32})  # fmt: skip
    assert answer.status_code in (200, 201), answer.content
    assert Visit.objects.get().own == {"guests": "3"}


def test_reassigning_and_going_back_keep_them(cast, hengyuan, own) -> None:
    visit = planned(cast.lin, hengyuan, NOON + DAY, own=PLAN)
    do("visits.reassign", cast.wang, visits=[visit.pk], owner=cast.zhao.pk)
    row = Visit.objects.get()
    assert (row.owner, row.own) == (cast.zhao, KEPT)
    going = confirmed(cast.lin, hengyuan, NOON, own=PLAN)
    do("visits.check_in", cast.lin, visit=going.pk)
    fact = Fact.objects.filter(kind="visit.checked_in").latest("seq")
    do("visits.undo", cast.lin, fact=fact.seq)
    assert Visit.objects.get(pk=going.pk).own == KEPT


def test_merging_customers_keeps_them(cast, hengyuan, own) -> None:
    other = customer(cast.wang, "恒远电子有限公司")
    visit = planned(cast.lin, hengyuan, NOON + DAY, own=PLAN)
    do("customers.merge", cast.wang, customer=other.pk, other=hengyuan.pk)
    row = Visit.objects.get(pk=visit.pk)
    assert (row.customer_id, row.own) == (other.pk, KEPT)


def test_erasing_a_contact_strikes_them_from_visits_and_earlier_reports(cast, hengyuan, own) -> None:
    who = contact(hengyuan, "王建国", phone="13805712345")
    visit = left(cast.lin, hengyuan, NOON - 2 * HOUR, own={"topic": "王建国要求降价", "guests": 2})
    do("visits.report", cast.lin, visit=visit.pk, **SAID, own={"mood": "王建国很满意"})
    do("visits.amend_report", cast.lin, visit=visit.pk, summary="改", reason="改", own={"mood": "一般"})
    cast.wang.set_password(PASSWORD)
    cast.wang.save()
    do("contacts.erase_data", cast.wang, contact=who.pk, reason="request", sure=True, password=PASSWORD)
    visit = Visit.objects.get(pk=visit.pk)
    assert "王建国" not in visit.own["topic"]
    assert visit.own["guests"] == "2"
    assert all("王建国" not in str(report.own_said) for report in visit.reports.all())
    bodies = Fact.objects.exclude(words=None).values_list("words__body", flat=True)
    assert not any("王建国" in json.dumps(body, ensure_ascii=False) for body in bodies)


def test_a_visit_without_any_field_costs_no_word(cast, hengyuan) -> None:
    visit = arrived(cast.lin, hengyuan, NOON - HOUR)
    page = browser(cast.lin).get(url(visit)).content.decode()
    assert "自定义字段" not in page
    fact = Fact.objects.get(kind="visit.planned")
    assert not any(name.startswith("own.") for name in fact.data)
