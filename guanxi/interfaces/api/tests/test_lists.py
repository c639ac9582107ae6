"""Given a list of the web, when a program reads it, then it gets the rows its person sees there, and is told what it asks
wrongly."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

import guanxi
from guanxi.domains.customers.models import Account
from guanxi.platform.kernel import fixed_clock
from guanxi.platform.people.tests.cast import Cast, person
from guanxi.platform.ui.lists import List
from guanxi.platform.ui.registry import listing_pages
from tests.company import START, bring_into_force, do

from .test_api import token_of

pytestmark = pytest.mark.django_db
ABSTRACT = {"Register"}


@pytest.fixture
def tokens(cast: Cast) -> dict[str, str]:
    for n in range(5):
        do(cast.lin, START, "customers.create", name=f"恒远电子{n}", kinds=["company"])
    do(cast.sun, START, "customers.create", name="外部客户", kinds=["prospect"])
    return {p.username: token_of(p, fixed_clock(START)) for p in cast.everybody()}


def get(token: str, name: str, query: str = "", **headers: str) -> Any:
    return Client().get(f"/api/lists/{name}?{query}", headers={"Authorization": f"Bearer {token}", **headers})


def all_lists() -> set[type[List]]:
    for module in pkgutil.walk_packages(guanxi.__path__, "guanxi."):
        if ".web" in module.name and ".tests" not in module.name:
            importlib.import_module(module.name)
    found, waiting = set(), [List]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if (
                ".tests" not in cls.__module__
                and not cls.__module__.startswith("tests.")
                and "style" not in cls.__module__
            ):
                found.add(cls)
    return {cls for cls in found if cls.__name__ not in ABSTRACT}


def test_every_list_of_the_product_is_offered() -> None:
    offered = {cls for page in listing_pages().values() for cls in page.lists}
    assert sorted(cls.__qualname__ for cls in all_lists() - offered) == []


def test_every_list_answers_with_its_own_columns(cast: Cast, tokens: dict[str, str]) -> None:
    bring_into_force(cast, "R1")
    whole = person(
        "whole", "全能", cast.company, "general_manager", "administrator", "auditor", "service_manager"
    )
    token, customer = token_of(whole), Account.objects.filter(manager=cast.lin).first()
    for name, page in listing_pages().items():
        query = {"customers.facts": f"customer={customer.pk}", "regulations.clause": "clause=R1.3"}.get(
            name, ""
        )
        answer = get(token, name, query)
        assert answer.status_code == 200, (name, answer.content)
        keys = {c.key for cls in page.lists for c in cls.columns}
        for row in answer.json()["rows"]:
            assert set(row) <= {"id", *keys}


def test_one_reads_what_one_sees_and_no_more(cast: Cast, tokens: dict[str, str]) -> None:
    def names(who: str) -> list[str]:
        return [row["name"] for row in get(tokens[who], "customers.list").json()["rows"]]

    assert names("lin") == [f"恒远电子{n}" for n in range(5)]
    assert names("sun") == ["外部客户"]
    assert len(names("chen")) == 6
    assert get(tokens["sun"], "customers.contacts").json()["rows"] == []
    his = Account.objects.get(name="外部客户").pk
    assert get(tokens["lin"], "customers.facts", f"customer={his}").json()["kind"] == "not_found"
    assert get(tokens["sun"], "customers.facts", f"customer={his}").json()["count"] >= 1
    refused = get(tokens["lin"], "operations.jobs")
    assert (refused.status_code, refused.json()["kind"]) == (403, "forbidden")


def test_pages_go_on_by_their_marks(tokens: dict[str, str]) -> None:
    first = get(tokens["lin"], "customers.list", "limit=2&sort=-name").json()
    assert [row["name"] for row in first["rows"]] == ["恒远电子4", "恒远电子3"]
    assert (first["count"], first["count_is_exact"], first["previous"]) == (5, True, None)
    second = get(tokens["lin"], "customers.list", f"limit=2&sort=-name&after={first['next']}").json()
    assert [row["name"] for row in second["rows"]] == ["恒远电子2", "恒远电子1"]
    back = get(tokens["lin"], "customers.list", f"limit=2&sort=-name&before={second['previous']}").json()
    assert back["rows"] == first["rows"]


def test_filters_views_columns_and_words_are_those_of_the_page(cast: Cast, tokens: dict[str, str]) -> None:
    for row, grade in zip(Account.objects.filter(manager=cast.lin).order_by("name"), "AAB", strict=False):
        do(cast.wang, START, "customers.grade", customer=row.pk, grade=grade, reason="年度评定")
    assert get(tokens["lin"], "customers.list", "grade=A").json()["count"] == 2
    assert get(tokens["lin"], "customers.list", "grade=A&grade=B").json()["count"] == 3
    assert get(tokens["lin"], "customers.list", "view=a").json()["count"] == 2
    assert get(tokens["lin"], "customers.list", "q=电子3").json()["count"] == 1
    row = get(
        tokens["lin"], "customers.list", "view=a&c=kinds&c=created", **{"Accept-Language": "en-GB"}
    ).json()["rows"][0]
    assert {k: v for k, v in row.items() if k != "id"} == {"kinds": "Company", "created": "2026-01-05"}
    row = get(tokens["lin"], "customers.list", "view=a&c=kinds").json()["rows"][0]
    assert row["kinds"] == "企业客户"


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("grad=A", ["grad"]),
        ("grade=Q", ["grade"]),
        ("sort=phone", ["sort"]),
        ("c=secret", ["c"]),
        ("view=yours", ["view"]),
        ("contacted=sometime", ["contacted"]),
        ("contacted_from=yesterday", ["contacted_from"]),
        ("after=xyz", ["after"]),
        ("limit=0", ["limit"]),
        ("limit=1000", ["limit"]),
        ("limit=two", ["limit"]),
    ],
)
def test_what_is_asked_wrongly_is_told_and_not_passed_over(
    tokens: dict[str, str], query: str, fields: list[str]
) -> None:
    answer = get(tokens["lin"], "customers.list", query)
    assert (answer.status_code, sorted(answer.json()["fields"])) == (422, fields)


def test_what_a_list_is_of_must_be_said(tokens: dict[str, str]) -> None:
    assert get(tokens["lin"], "customers.facts").json()["fields"] == {"customer": ["请填写"]}
    assert get(tokens["lin"], "customers.facts", "customer=99999999999999999999").status_code == 404
    assert get(tokens["lin"], "no.such").json()["kind"] == "not_found"


def test_the_list_of_lists_names_those_one_may_read(cast: Cast, tokens: dict[str, str]) -> None:
    def names(who: str) -> set[str]:
        found = Client().get("/api/lists", headers={"Authorization": f"Bearer {tokens[who]}"}).json()
        return {one["name"] for one in found}

    assert {"customers.list", "visits.list", "regulations.obligations"} <= names("lin")
    assert "operations.jobs" in names("wu") - names("lin")


def test_a_duty_is_read_with_what_it_rests_on(cast: Cast, tokens: dict[str, str]) -> None:
    bring_into_force(cast, "R1")
    customer = Account.objects.filter(manager=cast.lin).first()
    at = START + timedelta(hours=1)
    due = (START + timedelta(days=2)).date().isoformat()
    do(cast.lin, at, "promises.make", customer=customer.pk, what="寄样册", due_on=due)
    rows = get(tokens["lin"], "regulations.obligations", "clause=R1.16.2").json()["rows"]
    assert [(r["clause"], r["control"], r["customer"], r["who"]) for r in rows] == [
        ("R1.16.2", "promise-kept", str(customer.pk), "林晓")
    ]
    assert get(tokens["sun"], "regulations.obligations").json()["count"] == 0


def test_a_nul_in_an_address_is_as_if_it_were_not_there(tokens: dict[str, str]) -> None:
    assert get(tokens["lin"], "customers.list", "q=%00").json()["count"] == 5
    assert Client().get(
        "/api/lists/%00", headers={"Authorization": f"Bearer {tokens['lin']}"}
    ).status_code in (200, 404)


def test_conditions_in_groups_narrow_rows_and_a_wrong_one_is_told(tokens: dict[str, str]) -> None:
    told = get(tokens["chen"], "customers.list", "where=any(kind.is(prospect),area.filled)").json()
    assert [row["name"] for row in told["rows"]] == ["外部客户"]
    assert get(tokens["lin"], "customers.list", "where=none(kind.is(company))").json()["rows"] == []
    wrong = get(tokens["lin"], "customers.list", "where=kind.is(planet)")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["where"])
