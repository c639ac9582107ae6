"""Given fields of the company's own, when customers are entered, changed, listed and taken away, then the fields go along."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from guanxi.domains.customers.models import Account
from guanxi.platform.kernel import Invalid
from guanxi.platform.ownfields.sql import keep_indexes
from guanxi.platform.ownfields.tests.test_fields import define

from .helpers import account, do, last
from .test_pages import _loud, as_  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(cast) -> dict[str, Any]:
    return {
        "floor": define(cast.wang, unit="平方米"),
        "industry": define(
            cast.wang, "industry", "choice", "行业", choices="chip = 芯片 / Chips\nsoft = 软件 / Software"
        ),
        "ends": define(cast.wang, "ends", "date", "合同到期", section="合同"),
        "alias": define(cast.wang, "alias", "text", "曾用名"),
        "tags": define(cast.wang, "tags", "many", "特点", choices="a = 出口\nb = 上市"),
        "vip": define(cast.wang, "vip", "yesno", "参加年会"),
    }


FULL = {
    "floor": 1200,
    "industry": "芯片",
    "ends": "2026-12-31",
    "alias": "恒远厂",
    "tags": ["b"],
    "vip": True,
}
KEPT = {
    "floor": "1200",
    "industry": "chip",
    "ends": "2026-12-31",
    "alias": "恒远厂",
    "tags": ["b"],
    "vip": "yes",
}


def test_values_are_kept_shown_and_told(cast, own) -> None:
    made = account(cast.lin, own=FULL)
    assert Account.objects.get().own == KEPT
    page = as_(cast.lin).get(f"/customers/{made.pk}/").content.decode()
    for words in ("面积", "1200 平方米", "芯片", "合同到期", "恒远厂", "上市"):
        assert words in page
    assert {"field": "own.industry", "before": None, "after": "chip"} in last("customer.created").words.body[
        "changes"
    ]


def test_an_update_changes_only_what_it_names(cast, own) -> None:
    made = account(cast.lin, own=FULL)
    do(cast.lin, "customers.update", customer=made.pk, own={"industry": "soft", "alias": None})
    made.refresh_from_db()
    assert made.own == {**{k: v for k, v in KEPT.items() if k != "alias"}, "industry": "soft"}
    fact = last("customer.updated")
    assert fact.data["changed"] == ["own.industry", "own.alias"]
    page = as_(cast.lin).get(f"/customers/{made.pk}/").content.decode()
    assert "更新资料：行业" in page
    assert "芯片 → 软件" in page


def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_lost(cast, own) -> None:
    with pytest.raises(Invalid) as refused:
        account(cast.lin, own={"floor": "much", "industry": "农业", "nothing": 1})
    assert set(refused.value.errors) == {"own.floor", "own.industry", "own.nothing"}
    sent = {
        "name": "杭州某公司",
        "kinds": "company",
        "own.floor": "很大",
        "own.alias": "老厂",
        "_key": "d" * 32,
    }
    answer = as_(cast.lin).post("/customers/new/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请填写数字" in page
    assert "很大" in page
    assert "老厂" in page


def test_a_required_field_is_asked_for(cast) -> None:
    define(cast.wang, required=True)
    with pytest.raises(Invalid) as refused:
        account(cast.lin)
    assert list(refused.value.errors) == ["own.floor"]
    made = account(cast.lin, own={"floor": 3})
    do(cast.lin, "customers.update", customer=made.pk, note="别的")
    with pytest.raises(Invalid):
        do(cast.lin, "customers.update", customer=made.pk, own={"floor": ""})


def test_the_forms_take_them_and_empty_them(cast, own) -> None:
    client = as_(cast.lin)
    sent = {"name": "杭州某公司", "kinds": "company", "source": "manual", "own.floor": "80", "own.industry": "chip",
            "own.tags": ["", "a", "b"], "own.vip": "no", "_key": "e" * 32}  # fmt: skip
    assert client.post("/customers/new/", sent).status_code == 302
    made = Account.objects.get()
    assert made.own == {"floor": "80", "industry": "chip", "tags": ["a", "b"], "vip": "no"}
    page = client.get(f"/customers/{made.pk}/edit/").content.decode()
    assert "行业" in page
    assert 'value="80"' in page
    sent |= {"own.floor": "", "own.tags": [""], "version": str(made.version), "_key": "f" * 32}
    assert client.post(f"/customers/{made.pk}/edit/", sent).status_code == 302
    made.refresh_from_db()
    assert made.own == {"industry": "chip", "vip": "no"}


@pytest.fixture
def three(cast, own) -> dict[str, Account]:
    return {
        "big": account(cast.lin, "甲公司", own=FULL),
        "small": account(
            cast.lin, "乙公司", own={"floor": 90, "industry": "soft", "ends": "2026-01-31", "tags": ["a"]}
        ),
        "bare": account(cast.lin, "丙公司"),
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("own_industry=chip", "甲"),
        ("own_industry=chip&own_industry=empty", "甲丙"),
        ("where=own_industry.isnt(chip)", "乙丙"),
        ("where=none(own_floor.least(100))", "乙丙"),
        ("own_floor_from=90&own_floor_to=100", "乙"),
        ("own_floor=1200", "甲"),
        ("own_floor=empty", "丙"),
        ("where=own_floor.isnt(90)", "甲丙"),
        ("own_ends_from=2026-02-01", "甲"),
        ("own_ends=empty", "丙"),
        ("own_alias=恒", "甲"),
        ("where=own_alias.lacks(恒)", "乙丙"),
        ("own_tags=a&own_tags=b", "甲乙"),
        ("where=own_tags.isnt(b)", "乙丙"),
        ("own_vip=yes", "甲"),
        ("where=any(own_floor.most(100),own_vip.is(yes))", "甲乙"),
    ],
)
def test_lists_are_filtered_by_them(cast, three, query, found) -> None:
    for person in (cast.lin, cast.chen):
        page = as_(person).get(f"/customers/?{query}").content.decode()
        assert {name for name in "甲乙丙" if f"{name}公司" in page} == set(found), (person.username, query)
    assert not any(
        f"{name}公司" in as_(cast.zhao).get(f"/customers/?{query}").content.decode() for name in "甲乙丙"
    )


@pytest.mark.parametrize(
    ("sort", "order"),
    [("own_floor", "乙甲丙"), ("-own_floor", "甲乙丙"), ("own_ends", "乙甲丙"), ("own_industry", "甲乙丙")],
)
def test_lists_are_sorted_by_them_page_after_page(cast, three, sort, order) -> None:
    for person in (cast.lin, cast.chen):
        client, seen, after = as_(person), "", ""
        while True:
            got = json.loads(
                client.get(
                    "/api/lists/customers.list", {"sort": sort, "c": "name", "limit": 1, "after": after}
                ).content
            )
            seen += "".join(row["name"][0] for row in got["rows"])
            after = got["next"]
            if not after:
                break
        assert seen == order, person.username


def test_files_and_the_api_hold_them(cast, three) -> None:
    query = {"c": ["name", "own_floor", "own_industry", "own_ends", "own_tags"], "sort": "name"}
    answer = as_(cast.chen).get("/customers/", {**query, "export": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode()[1:])))
    assert rows[0] == ["客户", "面积", "行业", "合同到期", "特点"]
    assert ["甲公司", "1200", "芯片", "2026-12-31", "上市"] in rows
    assert ["丙公司", "", "", "", ""] in rows
    got = json.loads(as_(cast.chen).get("/api/lists/customers.list", query).content)["rows"]
    assert {"id": three["big"].pk, "name": "甲公司", "own_floor": 1200, "own_industry": "芯片", "own_ends": "2026-12-31",
            "own_tags": "上市"} in got  # fmt: skip


def test_the_api_describes_and_takes_them(cast, own) -> None:
    client = as_(cast.lin)
    spec = json.loads(client.get("/api/openapi.json").content)
    shape = spec["components"]["schemas"]["customers.create"]["properties"]["own"]
    assert shape["properties"]["industry"]["enum"] == ["chip", "soft", None]
    assert shape["properties"]["floor"]["title"] == "面积 / 面积"
    names = {p["name"] for p in spec["paths"]["/api/lists/customers.list"]["get"]["parameters"]}
    assert {"own_industry", "own_floor_from"} <= names


def test_a_retired_field_is_out_of_sight_and_a_view_that_uses_it_still_means_the_same(
    cast, three, own
) -> None:
    do(cast.wang, "ownfields.retire", field=own["industry"].pk)
    client = as_(cast.lin)
    assert "行业" not in client.get("/customers/new/").content.decode()
    assert "行业" not in client.get(f"/customers/{three['big'].pk}/").content.decode().split("timeline")[0]
    assert "行业" not in client.get("/customers/?build=1").content.decode()
    page = client.get("/customers/?own_industry=chip").content.decode()
    assert "甲公司" in page
    assert "乙公司" not in page
    assert "行业（已停用）" in page
    with pytest.raises(Invalid):
        do(cast.lin, "customers.update", customer=three["big"].pk, own={"industry": "soft"})


def test_every_field_has_its_index_and_a_retired_one_has_none(cast, own) -> None:
    assert len(keep_indexes()) == 5  # several of several has none
    assert keep_indexes() == []
    do(cast.wang, "ownfields.retire", field=own["floor"].pk)
    assert keep_indexes() == [f"-own_{own['floor'].pk}_n"]


def test_what_is_folded_deep_or_no_table_at_all_is_refused(cast, own) -> None:
    deep: Any = []
    for _ in range(400):
        deep = [deep]
    wrong: list[Any] = [
        {"floor": deep},
        {"tags": [deep]},
        {"floor": {"a": {}}},
        [1],
        "x",
        {"floor": [float("inf")]},
    ]
    for given in wrong:
        answer = as_(cast.lin).post(
            "/api/actions/customers.create", {"name": "甲公司", "own": given}, content_type="application/json"
        )
        assert answer.status_code == 422, given
    assert Account.objects.count() == 0


def test_whoever_is_heard_of_at_a_visit_is_entered_without_what_nobody_asked(cast) -> None:
    define(cast.wang, required=True)
    from guanxi.domains.customers.actions.accounts import Create

    parsed = Create().parse({"name": "甲公司", "visit": 7})
    assert parsed.own == {}
    with pytest.raises(Invalid):
        Create().parse({"name": "甲公司"})
