"""Competitors: what is observed at a customer is seen with the customer, what is concluded by everybody who sees customers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account
from guanxi.domains.customers.models_competitors import Competitor, Observation
from guanxi.domains.customers.models_merger import Merger
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound

from .helpers import NOON, account, do, last

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(cast: Any) -> Account:
    return account(cast.lin)


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def observe(person: Any, at: Account | None = None, name: str = "华信自动化", **data: Any) -> Observation:
    given = {"text": "报价比我方低一成", **data}
    if "competitor" not in given:
        given["new_name"] = name
    return do(person, "competitors.observe", **({"customer": at.pk} if at else {}), **given)


def test_what_is_heard_at_a_customer(cast: Any, made: Account) -> None:
    row = observe(
        cast.lin, made, offer="视觉检测", leaning="strength", source="customer", observed_on=date(2026, 3, 2)
    )
    assert (row.competitor.name, row.observed_on, row.by) == ("华信自动化", date(2026, 3, 2), cast.lin)
    told = reads.timeline(made.pk).told[0]
    assert told.text == "竞争对手“华信自动化”视觉检测（他们的长处，客户告知）：报价比我方低一成"
    again = observe(cast.lin, made, name="华信自动化", text="换了新的销售经理")
    assert again.competitor == row.competitor
    assert again.observed_on == date(2026, 3, 5)
    page = as_(cast.lin).get(reverse("customers.detail", kwargs={"customer": made.pk})).content.decode()
    assert "报价比我方低一成" in page
    assert "视觉检测" in page


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"new_name": ""}, ""),
        ({"new_name": "甲", "competitor": 1}, ""),
        ({"new_name": "甲", "observed_on": date(2026, 3, 6)}, "observed_on"),
        ({"new_name": "甲", "text": ""}, "text"),
        ({"new_name": "甲", "leaning": "odd"}, "leaning"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    cast: Any, made: Account, data: dict[str, Any], field: str
) -> None:
    if "competitor" in data:
        data["competitor"] = do(cast.wang, "competitors.save", name="乙").pk
    with pytest.raises(Invalid) as refused:
        do(cast.lin, "competitors.observe", **{"customer": made.pk, "text": "x", **data})
    assert field in refused.value.errors
    assert not Observation.objects.exists()


def test_an_observation_is_taken_back(cast: Any, made: Account) -> None:
    for at in (made, None):
        observe(cast.lin, at)
        fact = last("competitor.observed")
        with pytest.raises(NotFound):
            do(cast.wang, "customers.undo", fact=fact.pk)
        do(cast.lin, "customers.undo", fact=fact.pk)
        assert not Observation.objects.exists()
        with pytest.raises(Conflict):
            do(cast.lin, "customers.undo", fact=fact.pk)
    observe(cast.lin, made)
    with pytest.raises(Invalid):
        do(cast.lin, "customers.undo", NOON + timedelta(minutes=11), fact=last("competitor.observed").pk)


def test_who_withdraws(cast: Any, made: Account) -> None:
    theirs, own = observe(cast.wang, made), observe(cast.lin, made)
    with pytest.raises(Forbidden):
        do(cast.lin, "competitors.withdraw", observation=theirs.pk, reason="不对")
    with pytest.raises(NotFound):
        do(cast.sun, "competitors.withdraw", observation=own.pk, reason="不对")
    do(cast.lin, "competitors.withdraw", observation=own.pk, reason="听错了")
    do(cast.wang, "competitors.withdraw", observation=theirs.pk, reason="过时")
    assert not Observation.objects.exists()
    assert "听错了" in reads.timeline(made.pk, group="").told[1].text


def test_who_sees_what(cast: Any, made: Account) -> None:
    observe(cast.lin, made, text="在恒远压价")
    observe(cast.wang, None, text="在省报登了广告", source="media")
    rival = Competitor.objects.get()
    page = reverse("registers.competitor", kwargs={"competitor": rival.pk})
    for person, sees in ((cast.lin, True), (cast.wang, True), (cast.sun, False)):
        for url in (page, reverse("customers.observations")):
            text = as_(person).get(url).content.decode()
            assert ("在恒远压价" in text) is sees
            assert "在省报登了广告" in text
        rows = as_(person).get(reverse("registers.competitors")).context["list"].page.rows
        assert [row.shown_count for row in rows] == [2 if sees else 1]
    assert as_(cast.wu).get(page).status_code == 403
    assert "在恒远压价" not in as_(cast.sun).get("/customers/").content.decode()


def test_the_register_is_kept_by_the_service_manager(cast: Any, made: Account) -> None:
    observe(cast.lin, made)
    rival = Competitor.objects.get()
    edit = reverse("registers.competitor-edit", kwargs={"competitor": rival.pk})
    assert as_(cast.lin).get(edit).status_code == 403
    sent = {"name": "华信自动化", "strengths": "价格", "advantages": "当日到场", "active": "on", "_key": "k1"}
    assert as_(cast.wang).post(edit, sent).status_code == 302
    shown = as_(cast.lin).get(reverse("registers.competitors")).content.decode()
    assert "当日到场" in shown
    with pytest.raises(Invalid) as refused:
        do(cast.wang, "competitors.save", name="华信自动化")
    assert refused.value.errors["name"][0].zh == "已有同名的一条"


def test_the_forms_and_the_list_of_customers(cast: Any, made: Account) -> None:
    client = as_(cast.lin)
    url = reverse("customers.observe-at", kwargs={"customer": made.pk})
    bad = client.post(url, {"text": "压价", "leaning": "neutral", "source": "visit", "_key": "k0"})
    assert bad.status_code == 422
    assert "压价" in bad.content.decode()
    sent = {"new_name": "华信", "text": "压价", "leaning": "strength", "source": "visit", "_key": "k1"}
    assert client.post(url, sent).status_code == 302
    new = reverse("customers.observe")
    assert client.post(new, {**sent, "text": "招人", "_key": "k2"}).status_code == 302
    assert Observation.objects.filter(customer=None).count() == 1
    account(cast.lin, "宁波海达贸易有限公司")
    rows = client.get("/customers/", {"competitor": "华信"}).context["list"].page.rows
    assert [row.pk for row in rows] == [made.pk]
    assert client.get("/customers/", {"competitor": "海达"}).context["list"].page.rows == []


def test_a_merger_takes_observations_along(cast: Any, made: Account) -> None:
    twin = account(cast.wang, "恒远电子公司", manager=cast.lin.pk)
    row = observe(cast.lin, twin)
    do(cast.wang, "customers.merge", customer=made.pk, other=twin.pk)
    assert Observation.objects.get(pk=row.pk).customer_id == made.pk
    do(cast.wang, "customers.unmerge", merger=Merger.objects.get().pk)
    assert Observation.objects.get(pk=row.pk).customer_id == twin.pk
