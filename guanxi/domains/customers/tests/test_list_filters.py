"""Given somebody's rights, when the list of customers is filtered in any way, then it never shows a customer they may not see."""

from __future__ import annotations

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account
from guanxi.platform.journal.models import Fact

from .helpers import account, do
from .test_pages import _loud, as_  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db

WIDENING = (
    "any(grade.is(A,B,C),grade.isnt(A))",
    "none(grade.is(A))",
    "none(mine.is(me))",
    "mine.isnt(me)",
    "any(mine.is(me,nobody),mine.isnt(me,nobody))",
    "any(area.empty,area.filled)",
    "none(all(area.empty,area.filled))",
    "any(key.is(1),key.isnt(1))",
    "any(active.is(0),active.is(1))",
    "any(who.has(王),who.lacks(王))",
    "none(none(kind.is(tenant),kind.isnt(tenant)))",
    "any(contacted.empty,contacted.filled)",
    "card.isnt(complete,gaps)",
)


@pytest.fixture
def customers(cast) -> dict[str, Account]:
    """One of lin's, one of zhao's, a key customer of zhao's, one of another department's."""
    return {
        "lin": account(cast.lin, "杭州恒远电子有限公司", area="西湖区", kinds=["tenant"]),
        "zhao": account(cast.wang, "宁波海达贸易有限公司", manager=cast.zhao.pk, kinds=["company"]),
        "key": account(cast.wang, "苏州荣川智能有限公司", manager=cast.zhao.pk, key=True, kinds=["company"]),
        "sun": account(cast.sun, "无锡外部物流有限公司", kinds=["prospect"]),
    }


def shown(person, query: str) -> set[str]:
    """The names in the file of the list: every row that fits."""
    answer = as_(person).get(f"/customers/{query}")
    page = answer.content.decode()
    return {a.name for a in Account.objects.all() if a.name in page}


@pytest.mark.parametrize("where", WIDENING)
def test_no_condition_shows_a_customer_of_others(cast, customers, where: str) -> None:
    for person in (cast.lin, cast.wang, cast.chen, cast.zhao, cast.zhou, cast.sun):
        answer = as_(person).get("/customers/", {"where": where})
        assert answer.status_code == 200
        may = set(reads.visible(person, logged=True).values_list("name", flat=True))
        page = answer.content.decode()
        assert {a.name for a in Account.objects.all() if a.name in page} <= may, (person.username, where)
    assert as_(cast.wu).get("/customers/", {"where": where}).status_code == 403


def test_what_is_asked_is_what_comes(cast, customers) -> None:
    assert shown(cast.chen, "?where=any(area.has(西湖),key.is(1))") == {
        customers["lin"].name,
        customers["key"].name,
    }
    assert shown(cast.chen, "?where=none(kind.is(company),mine.is(nobody))") == {
        customers["lin"].name,
        customers["sun"].name,
    }
    assert shown(cast.lin, "?where=none(mine.is(me))") & {customers["lin"].name} == set()


def test_a_file_takes_the_same_conditions(cast, customers) -> None:
    where = "any(kind.is(company),area.has(西湖))"
    answer = as_(cast.chen).get("/customers/", {"where": where, "export": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode()[1:])))
    assert {row[0] for row in rows[1:]} == {customers[who].name for who in ("lin", "zhao", "key")}


def test_a_file_is_not_made_from_a_filter_that_cannot_be_read(cast, customers) -> None:
    answer = as_(cast.chen).get("/customers/", {"where": "grade.is(", "export": "csv"})
    assert not answer.streaming
    assert "筛选条件用不了" in answer.content.decode()


def test_an_auditor_who_asks_for_key_customers_in_any_way_is_noted(cast, customers) -> None:
    before = Fact.objects.filter(kind="customer.looked_at").count()
    page = as_(cast.zhou).get("/customers/", {"where": "any(key.is(1),area.filled)"}).content.decode()
    assert customers["key"].name in page
    assert Fact.objects.filter(kind="customer.looked_at").count() == before + 1


def test_a_closed_customer_is_shown_where_the_conditions_name_its_state(cast, customers) -> None:
    do(cast.wang, "customers.close", customer=customers["lin"].pk, reason_code="other", reason="停产")
    name = customers["lin"].name
    assert name not in shown(cast.wang, "?where=any(area.filled,kind.is(company))")
    assert name in shown(cast.wang, "?where=any(active.is(0),kind.is(company))")


def test_a_tree_asks_as_often_as_no_filter(cast, customers) -> None:
    client = as_(cast.chen)
    counts = []
    for query in ({}, {"where": "any(grade.is(B),all(area.filled,none(who.has(x),contacted.last(30))))"}):
        client.get("/customers/", query)
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/customers/", query).status_code == 200
        counts.append(len(asked))
    assert counts[1] <= counts[0]  # so few are fetched at once, not looked for in order first


def test_a_filter_keeps_whose_promises_are_shown(cast, customers) -> None:
    page = as_(cast.chen).get("/promises/", {"of": "all", "where": "state.isnt(kept)"})
    assert 'name="of" value="all"' in page.content.decode()


def test_who_took_a_list_away_is_kept_with_its_conditions_and_without_names_in_the_chain(
    cast, customers
) -> None:
    query = {"where": "any(who.has(赵磊),area.filled)", "c": ["area", "name"], "sort": "-grade", "q": "有限"}
    answer = as_(cast.wang).get("/customers/", {**query, "export": "csv"})
    assert len(b"".join(answer.streaming_content).decode().splitlines()) == 1 + 3
    fact = Fact.objects.select_related("words").get(kind="list.exported")
    assert fact.actor_id == cast.wang.pk
    assert fact.data == {
        "list": "customers",
        "form": "csv",
        "columns": ["area", "name"],
        "order": "-grade",
        "shape": "any(who.has,area.filled)",
        "view": "",
        "typed": True,
        "rows": 3,
    }
    assert "赵磊" in str(fact.words.body)
    as_(cast.wang).get("/customers/", query)
    assert Fact.objects.filter(kind="list.exported").count() == 1, "looking is no export"
    assert as_(cast.sun).get("/customers/", {"export": "csv"}).status_code == 403
    assert Fact.objects.filter(kind="list.exported").count() == 1


@pytest.mark.parametrize(
    ("where", "taken"),
    [
        ("contacted.older(00000000000030)", True),
        ("contacted.older(0000000009999999)", False),
        ("contacted.older(00000000099999999999999)", False),
        ('area.has("a\\u0000b")', False),
        ('area.is("\\ud800")', False),
    ],
)
def test_what_no_database_can_look_for_is_said_and_breaks_nothing(cast, customers, where, taken) -> None:
    answer = as_(cast.chen).get("/customers/", {"where": where})
    assert answer.status_code == 200
    assert ("筛选条件用不了" in answer.content.decode()) is not taken


def test_what_somebody_writes_as_the_order_of_a_file_does_not_get_into_the_chain(cast, customers) -> None:
    for asked in ("张三" * 50, "-grade"):
        assert as_(cast.chen).get("/customers/", {"export": "csv", "sort": asked}).status_code == 200
    facts = Fact.objects.filter(kind="list.exported").order_by("seq")
    assert [fact.data["order"] for fact in facts] == ["name", "-grade"]
