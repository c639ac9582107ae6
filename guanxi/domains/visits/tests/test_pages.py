"""Every page of visits: who may open it, what it says, and that it asks the database the same however much there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from guanxi.domains.customers.models import Account
from guanxi.domains.visits.models import Visit, VisitLine
from guanxi.domains.visits.seeding import seed
from guanxi.domains.visits.web.panels import FindVisits, TodaysVisits
from guanxi.platform.kernel import fixed_clock
from guanxi.platform.people.models import Person
from guanxi.platform.ui.registry import panels

from .situation import (
    DAY,
    HOUR,
    NOON,
    arrived,
    confirmed,
    contact,
    customer,
    do,
    left,
    planned,
    promotion,
    state,
)

pytestmark = pytest.mark.django_db

PEOPLE = ("lin", "zhao", "wang", "chen", "zhou", "wu", "sun")


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def url(visit: Visit, page: str = "visits.detail", **more: object) -> str:
    return reverse(page, kwargs={"visit": visit.pk, **more})


def text(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.mark.parametrize(
    ("page", "given"),
    [
        ("visits.detail", planned),
        ("visits.confirm", planned),
        ("visits.edit", planned),
        ("visits.kit-check", planned),
        ("visits.promotions", planned),
        ("visits.cancel", planned),
        ("visits.not-met", confirmed),
        ("visits.check-in", confirmed),
        ("visits.check-out", arrived),
        ("visits.detail", arrived),
        ("visits.report", left),
        ("visits.next", left),
        ("visits.detail", left),
        ("visits.sheet", planned),
        ("visits.sheet-pdf", planned),
        ("visits.report-pdf", left),
    ],
)
def test_each_page_of_a_visit_by_person(cast, hengyuan: Account, page: str, given) -> None:
    """lin's own pages open for her; wang sees, and manages the plan; a stranger finds nothing, wu has no right."""
    visit = given(cast.lin, hengyuan)
    assert browser(cast.lin).get(url(visit, page)).status_code == 200
    assert browser(cast.sun).get(url(visit, page)).status_code == 404
    assert browser(cast.wu).get(url(visit, page)).status_code == 403
    reading = page in ("visits.detail", "visits.sheet", "visits.sheet-pdf", "visits.report-pdf")
    seen = reading or page in ("visits.confirm", "visits.check-in", "visits.check-out")
    assert browser(cast.wang).get(url(visit, page)).status_code == (
        200 if seen or page in ("visits.edit", "visits.cancel") else 403
    )
    assert browser(cast.zhou).get(url(visit, page)).status_code == (200 if reading else 403)


@pytest.mark.parametrize("page", ["visits.list", "visits.week", "playbook.read"])
@pytest.mark.parametrize("who", PEOPLE)
def test_shared_pages_by_person(cast, hengyuan: Account, page: str, who: str) -> None:
    planned(cast.lin, hengyuan)
    answer = browser(getattr(cast, who)).get(reverse(page))
    assert answer.status_code == (403 if who == "wu" else 200)
    if who in ("zhao", "sun"):
        assert "恒远电子" not in answer.content.decode()


@pytest.mark.parametrize(
    "page",
    [
        "visits.plan",
        "visits.drop-in",
        "visits.reassign",
        "visits.kit",
        "visits.kit-new",
        "playbook.new",
    ],
)
@pytest.mark.parametrize("who", PEOPLE)
def test_forms_by_person(cast, page: str, who: str) -> None:
    makes = ("lin", "zhao", "wang", "chen", "sun") if page in ("visits.plan", "visits.drop-in") else ("wang",)
    assert browser(getattr(cast, who)).get(reverse(page)).status_code == (200 if who in makes else 403)


def test_a_visit_is_planned_from_the_customers_page(cast, hengyuan: Account) -> None:
    li = contact(hengyuan)
    client, page = browser(cast.lin), reverse("visits.plan") + f"?customer={hengyuan.pk}"
    answer = client.get(page)
    assert "恒远电子" in text(answer)
    sent = client.post(
        page,
        {
            "planned_at": "2026-03-06T10:00",
            "purpose": "needs",
            "target": "需求清单",
            "contact": li.pk,
            "_key": "a1",
        },
    )
    visit = Visit.objects.get()
    assert sent.status_code == 302
    assert sent["Location"] == url(visit)
    assert (visit.contact, visit.purpose, visit.owner) == (li, "needs", cast.lin)
    assert client.post(page, {"planned_at": "gestern", "_key": "a2"}).status_code == 422


def test_other_peoples_customers_cannot_be_planned_for(cast, hengyuan: Account) -> None:
    assert browser(cast.sun).get(reverse("visits.plan") + f"?customer={hengyuan.pk}").status_code == 404


def test_the_whole_visit_by_hand(cast, hengyuan: Account) -> None:
    """Given a plan, when each button is pressed in turn, then the visit is made, reported and followed."""
    visit, client = planned(cast.lin, hengyuan), browser(cast.lin)
    assert client.post(url(visit, "visits.kit-check"), {"_key": "k1"}).status_code == 302
    assert client.post(url(visit, "visits.promotions"), {"_key": "k2"}).status_code == 302
    assert client.post(url(visit, "visits.confirm"), {"_key": "k3"}).status_code == 302
    assert client.post(url(visit, "visits.check-in"), {"_key": "k4"}).status_code == 302
    with time_machine.travel(NOON + HOUR, tick=False):
        capture = url(visit, "visits.capture", kind="need")
        assert client.post(capture, {"_key": "k5", "text": "夜间保洁"}).status_code == 302
        assert client.post(capture, {"_key": "k6", "text": ""}).status_code == 422
        training = {"_key": "k7", "number": "70", "text": "门禁"}
        drawer = {"X-Drawer": "1", "HX-Request": "true"}
        answer = client.post(url(visit, "visits.capture", kind="training"), training, headers=drawer)
        assert (answer.status_code, "guanxi:done" in answer["HX-Trigger"]) == (204, True)
        assert client.post(url(visit, "visits.check-out"), {"_key": "k8"})["Location"] == url(
            visit, "visits.report"
        )
        page = text(client.get(url(visit, "visits.report")))
        assert "夜间保洁" in page
        assert "70 分钟：门禁" in page
        empty = client.post(url(visit, "visits.report"), {"_key": "k8", "summary": ""})
        assert empty.status_code == 422
        assert "请填写" in text(empty), "what is missing stands at its field"
        report = {"_key": "k9", "summary": "谈成。", "no_conflict": "on", "information": "下月搬家"}
        assert client.post(url(visit, "visits.report"), report).status_code == 302
        assert (
            client.post(url(visit, "visits.next"), {"_key": "k10", "next_at": "2026-03-20T10:00"}).status_code
            == 302
        )
    assert state(visit) == "reported"
    kinds = list(VisitLine.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["need", "training", "information"]
    page = text(client.get(url(visit)))
    assert "谈成。" in page
    assert "下月搬家" in page


def test_a_double_click_confirms_once_and_the_second_person_is_told(cast, hengyuan: Account) -> None:
    visit = planned(cast.lin, hengyuan, colleagues=[cast.zhao.pk])
    client = browser(cast.lin)
    assert [client.post(url(visit, "visits.confirm"), {"_key": "same"}).status_code for _ in range(2)] == [
        302,
        302,
    ]
    answer = browser(cast.zhao).post(url(visit, "visits.confirm"), {"_key": "other"})
    assert answer.status_code == 409
    assert "林晓 已于 03-05 12:00 确认了这次拜访" in text(answer)


def test_a_forgotten_check_out_is_said_and_mended_on_the_page(cast, hengyuan: Account) -> None:
    visit, client = arrived(cast.lin, hengyuan), browser(cast.lin)
    with time_machine.travel(NOON + DAY, tick=False):
        assert "忘了签出" in text(client.get(url(visit)))
        answer = client.post(url(visit, "visits.check-out"), {"_key": "k1"})
        assert answer.status_code == 422
        assert "请填写实际离开时间" in text(answer)
        client.post(url(visit, "visits.check-out"), {"_key": "k1", "left_at": "2026-03-05T13:10"})
        assert "签出为事后补登" in text(client.get(url(visit)))
    assert Visit.objects.get().minutes == 70


def test_an_amended_report_shows_its_earlier_text(cast, hengyuan: Account) -> None:
    visit = left(cast.lin, hengyuan, NOON - 3 * HOUR)
    do("visits.report", cast.lin, visit=visit.pk, summary="第一版")
    client = browser(cast.lin)
    client.post(url(visit, "visits.amend"), {"_key": "k1", "summary": "第二版", "reason": "补一句"})
    page = text(client.get(url(visit)))
    assert "第一版" in page
    assert "第 2 版：补一句" in page


def test_a_drop_in_begins_at_the_door(cast, hengyuan: Account) -> None:
    promotion("三月优惠")
    client, page = browser(cast.lin), reverse("visits.drop-in") + f"?customer={hengyuan.pk}"
    assert "三月优惠" in text(client.get(page))
    sent = client.post(page, {"_key": "d1", "purpose": "routine", "target": "问候", "promotions_read": "on"})
    assert sent.status_code == 302
    assert state(Visit.objects.get()) == "checked_in"


def test_a_sick_colleagues_day_is_handed_over(cast, hengyuan: Account) -> None:
    visit = planned(cast.lin, hengyuan, NOON + HOUR)
    client = browser(cast.wang)
    assert "恒远电子" in text(client.get(reverse("visits.reassign") + f"?owner={cast.lin.pk}"))
    assert "恒远电子" in text(client.post(reverse("visits.reassign"), {"row": visit.pk}))
    data = {"row": visit.pk, "owner": cast.zhao.pk, "reason": "生病", "_key": "r1"}
    assert client.post(reverse("visits.reassign"), data).status_code == 302
    assert Visit.objects.get().owner == cast.zhao


def test_the_week_says_who_visits_whom(cast, hengyuan: Account) -> None:
    planned(cast.lin, hengyuan, NOON + HOUR)
    planned(cast.zhao, customer(cast.zhao, "华信"), NOON + DAY)
    page = text(browser(cast.wang).get(reverse("visits.week")))
    for said in ("林晓", "赵磊", "13:00 恒远电子", "12:00 华信"):
        assert said in page
    own = text(browser(cast.lin).get(reverse("visits.week")))
    assert "13:00 恒远电子" in own
    assert "华信" not in own
    for odd in ("x", "0001-01-01", "9999-12-31"):
        assert browser(cast.wang).get(reverse("visits.week") + f"?day={odd}").status_code == 200


def test_the_record_card_and_the_papers(cast, hengyuan: Account) -> None:
    seed(cast.wang, fixed_clock(NOON - 10 * DAY))
    lines = [{"kind": "promise", "text": "寄样册", "due_on": "2026-03-20"}]
    visit = left(cast.lin, hengyuan, NOON - DAY, lines, contact=contact(hengyuan, "李工", post="采购经理").pk)
    do("visits.report", cast.lin, visit=visit.pk, summary="谈成。")
    client = browser(cast.wang)
    card = reverse("visits.card", kwargs={"customer": hengyuan.pk})
    page = text(client.get(card))
    for said in ("林晓", "李工", "例行回访", "谈成。", "寄样册"):
        assert said in page
    for paper in (
        reverse("visits.card-pdf", kwargs={"customer": hengyuan.pk}),
        url(visit, "visits.sheet-pdf"),
        url(visit, "visits.report-pdf"),
    ):
        answer = client.get(paper)
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    assert browser(cast.sun).get(card).status_code == 404


def test_the_preparation_sheet_asks_what_is_not_known(cast, hengyuan: Account) -> None:
    earlier = [{"kind": "objection", "text": "嫌价高"}, {"kind": "need", "text": "夜间保洁"}]
    left(cast.lin, hengyuan, NOON - DAY, earlier)
    visit = planned(cast.lin, hengyuan, contact=contact(hengyuan).pk)
    page = text(browser(cast.lin).get(url(visit, "visits.sheet")))
    for said in (
        "李工是什么职务？",
        "谁对今后的合作拍板？",
        "嫌价高",
        "夜间保洁",
        "客户自己怎么看？",
        "地址在哪里？",
    ):
        assert said in page


def test_the_position_is_asked_for_only_where_the_company_says_so(cast, hengyuan: Account) -> None:
    from guanxi.platform.people.models import Setting

    visit = confirmed(cast.lin, hengyuan)
    client = browser(cast.lin)
    assert "data-position" not in client.get(url(visit)).content.decode()
    sent = {"_key": "p1", "lon": "120.13", "lat": "30.27"}
    Account.objects.filter(pk=hengyuan.pk).update(lon="120.13", lat="30.28", coordinates="wgs84")
    Setting.objects.create(key="company.record_position", value=True, changed_at=NOON)
    assert "data-position" in client.get(url(visit)).content.decode()
    client.post(url(visit, "visits.check-in"), sent)
    assert 1100 <= (Visit.objects.get().distance_m or 0) <= 1125


def test_the_playbook_is_searched(cast) -> None:
    seed(cast.wang, fixed_clock(NOON))
    client = browser(cast.lin)
    assert "处理异议四步" in text(client.get(reverse("playbook.read") + "?purpose=objection"))
    page = text(client.get(reverse("playbook.read") + "?q=工牌"))
    assert "佩戴工牌" in page
    assert "处理异议四步" not in page


def test_pages_speak_english_too(cast, hengyuan: Account) -> None:
    Person.objects.filter(pk=cast.lin.pk).update(language="en")
    visit = planned(cast.lin, hengyuan)
    page = text(browser(cast.lin).get(url(visit)))
    assert "Confirm the visit" in page
    assert "确认拜访" not in page


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_query_counts_do_not_grow_with_what_is_shown(cast, hengyuan: Account) -> None:
    """List, week, record card and visit page ask as often for many rows as for a few."""
    seed(cast.wang, fixed_clock(NOON - 10 * DAY))

    def more(start: datetime) -> Visit:
        lines = [{"kind": k, "text": "甲"} for k in ("need", "information", "help", "topic")]
        lines.append({"kind": "promise", "text": "乙", "due_on": "2026-04-20"})
        visit = left(
            cast.lin, hengyuan, start, lines, contact=contact(hengyuan).pk, colleagues=[cast.zhao.pk]
        )
        do("visits.report", cast.lin, start + HOUR, visit=visit.pk, summary="丙")
        planned(cast.lin, customer(cast.lin), NOON + HOUR)
        return visit

    visit = more(NOON - DAY)
    more(NOON - 2 * DAY)
    client = browser(cast.wang)
    addresses = [
        reverse("visits.list") + "?view=all",
        reverse("visits.week"),
        reverse("visits.card", kwargs={"customer": hengyuan.pk}),
        url(visit),
    ]
    before = [queries(client, a) for a in addresses]
    for n in range(1, 4):
        more(NOON - DAY + n * 2 * HOUR)
    assert [queries(client, a) for a in addresses] == before


def test_todays_panel_goes_on_where_the_visit_stands(cast, hengyuan: Account) -> None:
    """Each line of today has the one button that goes on; what was left open on earlier days stands first."""
    left(cast.lin, customer(cast.lin, "旧账"), NOON - DAY)
    confirmed(cast.lin, hengyuan, NOON + HOUR, colleagues=[cast.zhao.pk])
    shown = {p.panel.title.zh: p for p in panels("today", cast.lin, None, NOON)}["今天的拜访"].context
    assert [v.customer.name for v in shown["unfinished"]] == ["旧账"]
    assert [v.customer.name for v in shown["visits"]] == ["恒远电子"]
    page = render_to_string("visits/panel_today.html", {"panel": TodaysVisits(), "shown": shown})
    assert "开始" in page
    assert "写报告" in page
    joined = {p.panel.title.zh: p for p in panels("today", cast.zhao, None, NOON)}["今天的拜访"].context
    assert [v.customer.name for v in joined["visits"]] == ["恒远电子"]
    for who in (cast.zhou, cast.wu):
        assert "今天的拜访" not in {p.panel.title.zh for p in panels("today", who, None, NOON)}


def test_the_customers_page_shows_last_and_next_visit(cast, hengyuan: Account) -> None:
    visit = left(cast.lin, hengyuan, NOON - DAY)
    do("visits.report", cast.lin, visit=visit.pk, summary="谈成。")
    planned(cast.lin, hengyuan, NOON + DAY)
    page = text(browser(cast.lin).get(reverse("customers.detail", kwargs={"customer": hengyuan.pk})))
    assert "谈成。" in page
    assert "明天 12:00" in page


def test_ctrl_k_plans_and_finds(cast, hengyuan: Account) -> None:
    planned(cast.lin, hengyuan, NOON + HOUR)

    def labels(person: Person, typed: str) -> list[str]:
        groups = FindVisits().context(person, typed, NOON) or {"groups": []}
        return [str(hit.label) for group in groups["groups"] for hit in group.entries]

    assert labels(cast.lin, "计划") == ["计划拜访"]
    assert labels(cast.lin, "恒远") == ["恒远电子 拿到扩租时间表"]
    assert labels(cast.zhou, "计划") == []


def test_the_list_exports_what_it_shows(cast, hengyuan: Account) -> None:
    planned(cast.lin, hengyuan, NOON + HOUR, target="=1+1")
    answer = browser(cast.wang).get(reverse("visits.list") + "?view=all&export=csv")
    body = answer.getvalue().decode("utf-8-sig")
    assert "恒远电子" in body
    assert ",=1+1" not in body
