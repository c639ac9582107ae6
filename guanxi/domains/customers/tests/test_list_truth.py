"""Given any filters, words and order, when anybody looks at the list, then it shows what a plain reading of the rows gives:
those they see and that fit, each once, in order, on whatever way the list found them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.domains.customers import reads
from guanxi.domains.customers.models import Account, kind_bits
from guanxi.domains.customers.models_merger import Merger
from guanxi.domains.customers.reads import finding
from guanxi.domains.customers.web.lists import Customers
from guanxi.platform.people.tests.cast import person
from guanxi.platform.search import index
from guanxi.platform.ui import lists

from .helpers import NOON, account, do

pytestmark = pytest.mark.django_db
TRY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = (
    "苏州金明纺织有限公司",
    "苏州永和阀门",
    "宁波海天机械有限公司",
    "宁波科远医疗科技",
    "杭州益丰材料有限公司",
)
WHO = ("lin", "zhao", "wang", "chen", "zhou", "sun", "shen", "wu")
WORDS = ("", "苏州", "有限", "公司", "sz", "nb", "宁波 有限", "蘇州", "8001", "没有", "——")
CONDITIONS: dict[str, tuple[dict[str, Any], Callable[[Account], bool]]] = {
    "grade": ({"grade": ["A", "B"]}, lambda a: a.grade in ("A", "B")),
    "kind": ({"kind": ["tenant"]}, lambda a: "tenant" in a.kinds),
    "silent": ({"contacted": "older30"}, lambda a: _silent(a.last_contact_at)),
    "never": ({"contacted": "empty"}, lambda a: a.last_contact_at is None),
    "area": ({"area": "湖"}, lambda a: "湖" in a.area),
    "who": ({"who": "赵"}, lambda a: a.manager is not None and "赵" in a.manager.name),
    "nobody": ({"mine": "nobody"}, lambda a: a.manager is None),
    "tree": (
        {"where": "any(kind.is(company),none(grade.is(A),area.filled))"},
        lambda a: "company" in a.kinds or not (a.grade == "A" or a.area),
    ),
}  # fmt: skip
SORTS: dict[str, Callable[[Account], Any]] = {
    "name": lambda a: a.name,
    "contacted": lambda a: a.last_contact_at,
    "card": lambda a: a.card_percent,
    "grade": lambda a: a.grade,
}


def _silent(at: datetime | None) -> bool:
    return at is None or at < NOON - timedelta(days=30)


@pytest.fixture
def company(cast: Any) -> Any:
    """Forty customers of everybody's and nobody's, some key, some closed, some worked on by a team."""
    draw = Random(7)
    shen = person("shen", "沈若兰", cast.service, "customer_service_manager")
    for number in range(40):
        manager = draw.choice([cast.lin, cast.zhao, cast.zhao, cast.sun, None])
        made = account(
            cast.wang, f"{draw.choice(NAMES)}{number % 13}", manager=manager and manager.pk,
            phone=f"0512-6{number:03d}8001" if number % 5 == 0 else "", area=draw.choice(["", "西湖区", "太湖", "工业园"]),
        )  # fmt: skip
        if number % 9 == 0:
            do(
                cast.wang,
                "customers.set_team",
                customer=made.pk,
                members=[draw.choice([cast.lin, cast.sun]).pk],
            )
        if number % 11 == 0:
            do(cast.chen, "customers.mark_key", customer=made.pk)
        days = draw.choice([None, 1, 40, 200])
        Account.objects.filter(pk=made.pk).update(
            grade=draw.choice(["", "A", "B", "C"]),
            kind_bits=kind_bits(draw.choice([["company"], ["tenant"], ["tenant", "supplier"], ["prospect"]])),
            last_contact_at=None if days is None else NOON - timedelta(days=days, minutes=number % 3),
            active=number % 8 != 0,
        )
    return SimpleNamespace(**vars(cast), shen=shen)


@pytest.fixture
def found(company: Any) -> dict[str, frozenset[int]]:
    """Which customers each of the words finds, as the index says without scope and bounds."""
    return {text: frozenset(index.found_ids(connection, text, "customer", most=1000)) for text in WORDS}


def list_of(who: Any, query: dict[str, Any]) -> Customers:
    request = RequestFactory().get("/customers/", query)
    request.user = who
    rows = reads.visible(who).select_related("manager")
    seen = reads.within(who, "customers.view") if who.pk % 2 else None
    return Customers(request, rows, parts=reads.list_parts(who), seen=seen, now=NOON)


@given(
    who=st.sampled_from(WHO),
    asked=st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=2, unique=True),
    typed=st.sampled_from(WORDS),
    sort=st.sampled_from(["", *sorted(SORTS)]),
    down=st.booleans(),
    bounds=st.sampled_from(
        [(1, 2, 1, 3), (3, 4, 5, 1), (5, 1000, 0, 1000), (2, 9, 0, 12), (1000, 1000, 1000, 9)]
    ),
)
@TRY
def test_a_list_is_what_a_plain_reading_gives(
    company: Any,
    found: Any,
    who: str,
    asked: list[str],
    typed: str,
    sort: str,
    down: bool,
    bounds: tuple[int, int, int, int],
) -> None:
    looking = type(company.lin).objects.get(pk=getattr(company, who).pk)
    query: dict[str, Any] = {"sort": f"{'-' if down else ''}{sort}"} if sort else {}
    for name in asked:
        query |= {key: value for key, value in CONDITIONS[name][0].items() if key not in query}
    if typed:
        query["q"] = typed
    holds = [CONDITIONS[name][1] for name in asked if CONDITIONS[name][0].items() <= query.items()]
    seen = [a for a in reads.visible(looking).select_related("manager") if a.active]
    fit = [a for a in seen if all(one(a) for one in holds) and (not typed or a.pk in found[typed])]
    listed, counted, few, walked = bounds
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "LISTED", listed)
        patch.setattr(finding, "COUNTED", counted)
        patch.setattr(lists, "FEW", few)
        patch.setattr(Customers, "page_size", 7)
        patch.setattr("guanxi.domains.customers.web.lists.WALKED", walked)
        patch.setattr("guanxi.domains.customers.web.lists.SOON", 1 + walked // 5)
        assert _walk(looking, query) == (
            _in_order(fit, SORTS[sort], down) if sort else _best_first(fit, typed)
        )
        assert list_of(looking, query).count == len(fit)
        patch.setattr("guanxi.domains.customers.web.lists.EXACT_TO", 6)
        patch.setattr(lists, "EXACT_TO", 6)
        shown = list_of(looking, query)
        assert shown.count_said == ("6+" if len(fit) > 6 else str(len(fit)))
        assert bool(shown.exact_url) == (len(fit) > 6)
        assert list_of(looking, query | {"exact": "1"}).count_said == str(len(fit))


def _walk(looking: Any, query: dict[str, Any]) -> list[int]:
    """Every row by following "next", and back again."""
    pages: list[list[int]] = []
    after = ""
    while True:
        page = list_of(looking, query | ({"after": after} if after else {})).page
        pages.append([a.pk for a in page.rows])
        if not page.next:
            break
        after = page.next
    for before in reversed(pages[:-1]):  # and the same way back
        page = list_of(looking, query | {"before": page.previous}).page
        assert [a.pk for a in page.rows] == before
    return [pk for one in pages for pk in one]


def _best_first(rows: list[Account], typed: str) -> list[int]:
    return [
        a.pk for a in sorted(rows, key=lambda a: (not (typed and a.name.startswith(typed)), a.name, a.pk))
    ]


def _in_order(rows: list[Account], key: Callable[[Account], Any], down: bool) -> list[int]:
    valued = sorted((a for a in rows if key(a) is not None), key=lambda a: (key(a), a.pk), reverse=down)
    bare = sorted((a for a in rows if key(a) is None), key=lambda a: a.pk, reverse=down)
    return [a.pk for a in [*valued, *bare]]


def test_the_scopes_in_which_one_searches_hold_all_that_one_sees(company: Any, found: Any) -> None:
    for who, typed in product(WHO, WORDS):
        looking = getattr(company, who)
        seen = set(reads.visible(looking).values_list("pk", flat=True))
        ids = set(index.found_ids(connection, typed, "customer", scope=reads.scope_of(looking), most=1000))
        assert ids & seen == found[typed] & seen, (who, typed)
        assert {a.pk for a in reads.best(looking, typed, 100)} == found[typed] & seen, (who, typed)


def test_a_customer_that_changes_hands_is_found_by_whoever_has_it_now(cast: Any) -> None:
    made = account(cast.lin, "苏州金明纺织有限公司")
    for holder, other in ((cast.sun, cast.lin), (cast.lin, cast.sun)):
        do(cast.wang, "customers.assign", customers=[made.pk], manager=holder.pk)
        assert index.found_ids(connection, "金明", "customer", scope=reads.scope_of(holder)) == [made.pk]
        assert index.found_ids(connection, "金明", "customer", scope=reads.scope_of(other)) == []
    do(cast.wang, "customers.set_team", customer=made.pk, members=[cast.sun.pk])
    assert reads.best(cast.sun, "金明") == [made]
    do(cast.wang, "customers.set_team", customer=made.pk, members=[])
    assert reads.best(cast.sun, "金明") == []
    do(
        cast.lin,
        "customers.update",
        customer=made.pk,
        version=Account.objects.get(pk=made.pk).version,
        name="苏州新明",
    )
    assert reads.best(cast.lin, "新明") == [made]
    assert index.found_ids(connection, "金明", "customer") == []


@pytest.mark.parametrize("typed", ["m1", "t1", "d1", "m0", "\ue000m0", "\ue000"])
def test_nobody_finds_anything_by_the_words_of_scopes(cast: Any, typed: str) -> None:
    account(cast.lin, "苏州金明纺织有限公司")
    account(cast.wang, "宁波海天机械有限公司")
    assert index.found_ids(connection, typed, "customer") == []


def scopes_kept() -> dict[int, set[str]]:
    """The words of each customer's scope in the index."""
    sql = {
        "sqlite": "SELECT ref, scope FROM search_scope",
        "postgresql": "SELECT ref, array_to_string(scope, ' ') FROM search_entry",
    }
    with connection.cursor() as cursor:
        cursor.execute(sql[connection.vendor])
        return {ref: {one[1:] for one in scope.split()} for ref, scope in cursor.fetchall()}


def scopes_due() -> dict[int, set[str]]:
    """What they should be."""
    return {
        a.pk: {f"m{a.manager_id or 0}", *(f"t{member.person_id}" for member in a.team.all())}
        | ({f"d{a.department_id}"} if a.department_id else set())
        for a in Account.objects.all()
    }


def test_scopes_follow_whatever_happens_to_a_customer(cast: Any) -> None:
    stays, goes = (
        account(cast.lin, "苏州金明纺织有限公司"),
        account(cast.wang, "苏州金明纺织", manager=cast.sun.pk),
    )
    third = account(cast.wang, "宁波海天机械有限公司")
    assert scopes_kept() == scopes_due()
    do(cast.wang, "customers.set_team", customer=goes.pk, members=[cast.zhao.pk, cast.sun.pk])
    do(cast.wang, "customers.assign", customers=[goes.pk, third.pk], manager=cast.zhao.pk)
    assert scopes_kept() == scopes_due()
    do(cast.wang, "customers.merge", customer=stays.pk, other=goes.pk)
    assert scopes_kept() == scopes_due()
    do(cast.wang, "customers.unmerge", merger=Merger.objects.get().pk)
    assert scopes_kept() == scopes_due()
    do(cast.wang, "customers.assign", customers=[third.pk], manager=None)
    assert scopes_kept() == scopes_due()
