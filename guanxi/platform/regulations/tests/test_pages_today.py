"""Given duties, when people open Today, then each sees what they owe, and only that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from guanxi.platform.kernel import fixed_clock
from guanxi.platform.regulations import obligation_lines
from guanxi.platform.regulations.models import Obligation
from guanxi.platform.regulations.web import mine as own_pages
from guanxi.platform.regulations.web import panels as own_panels

from .pages_world import NOON, browser, dim, light, put_in_force, tick

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def lamps(cast, monkeypatch):
    return put_in_force(monkeypatch)


def test_overdue_stands_first_and_is_judged_by_the_moment_not_by_the_last_tick(cast, lamps) -> None:
    light(cast.lin, 1, at=NOON)
    light(cast.lin, 2, at=NOON + HOUR)
    found = obligation_lines.portion(cast.lin, NOON + 2.5 * HOUR)
    assert [(line.state, line.whom) for line in found.lines] == [("overdue", "灯1"), ("open", "灯2")]
    assert (found.open, found.overdue) == (2, 1)
    assert Obligation.objects.filter(state="missed").count() == 0, "no tick has judged anything yet"


def test_a_line_has_the_clause_and_the_one_button_with_the_subject_filled_in(cast, lamps) -> None:
    light(cast.lin, 1)
    (line,) = obligation_lines.portion(cast.lin, NOON).lines
    assert (line.clause, str(line.what), str(line.clause_title)) == ("R88.1", "关灯", "开灯要按时关")
    assert [str(do.label) for do in line.do] == ["关灯", "为什么？"]
    assert line.do[0].url.endswith("/do/test.dim/?lamp=1")


def test_a_hidden_name_stays_hidden_but_the_duty_is_owed(cast, lamps) -> None:
    light(cast.lin, 9)
    (line,) = obligation_lines.portion(cast.lin, NOON).lines
    assert (str(line.whom), line.whom_url) == ("灯", "")


def test_others_owe_nothing_of_it(cast, lamps) -> None:
    light(cast.lin, 1)
    for person in (cast.sun, cast.wang, cast.zhou):
        assert obligation_lines.portion(person, NOON).open == 0


def test_some_lines_then_more_and_each_once(cast, lamps) -> None:
    for lamp in range(101, 124):
        light(cast.lin, lamp)
    first = obligation_lines.portion(cast.lin, NOON, size=20)
    second = obligation_lines.portion(cast.lin, NOON, after=first.after, size=20)
    assert (len(first.lines), len(second.lines), second.after) == (20, 3, "")
    assert {d.whom for d in first.lines} & {d.whom for d in second.lines} == set()
    assert obligation_lines.portion(cast.lin, NOON, after="bent").open == 23
    assert [line.whom for line in first.single] == [line.whom for line in first.lines]  # due: each by itself


def test_a_long_arrear_is_one_line_that_opens(cast, lamps) -> None:
    for lamp in range(101, 106):
        light(cast.lin, lamp)
    shown = obligation_lines.portion(cast.lin, NOON + timedelta(days=3))
    assert [len(fold.lines) for fold in shown.arrears] == [5]
    assert (shown.single, shown.folds) == ([], [])


LONG_AFTER = NOON + timedelta(days=40)


def test_what_is_overdue_for_long_stands_behind_one_line_and_the_oldest_of_it_last(cast, lamps) -> None:
    for lamp in (1, 2, 3):
        light(cast.lin, lamp, at=NOON + lamp * HOUR)
    light(cast.lin, 4, at=LONG_AFTER - 20 * HOUR)
    light(cast.lin, 5, at=LONG_AFTER)
    today = obligation_lines.portion(cast.lin, LONG_AFTER)
    assert [line.whom for line in today.lines] == ["灯4", "灯5"], "today's work is on top"
    assert (today.open, today.overdue, today.long) == (5, 4, 3)
    old = obligation_lines.portion(cast.lin, LONG_AFTER, long=True)
    assert [line.whom for line in old.lines] == ["灯3", "灯2", "灯1"]
    some = obligation_lines.portion(cast.lin, LONG_AFTER, long=True, size=2)
    rest = obligation_lines.portion(cast.lin, LONG_AFTER, long=True, size=2, after=some.after)
    assert [line.whom for line in (*some.lines, *rest.lines)] == ["灯3", "灯2", "灯1"]
    assert (some.open, some.overdue, some.long, rest.after) == (5, 4, 3, "")


def test_thirty_days_to_the_moment_are_not_long_yet(cast, lamps) -> None:
    light(cast.lin, 1, at=NOON)
    due = NOON + 2 * HOUR
    assert obligation_lines.portion(cast.lin, due + timedelta(days=30)).long == 0
    late = obligation_lines.portion(cast.lin, due + timedelta(days=30, microseconds=1))
    assert (late.lines, late.overdue, late.long) == ([], 1, 1)


def test_more_than_fit_are_counted_exactly_by_an_index_alone(cast, lamps) -> None:
    for lamp in range(101, 106):
        light(cast.lin, lamp)
    for lamp in range(106, 110):
        light(cast.lin, lamp, at=LONG_AFTER - HOUR)
    shown = obligation_lines.portion(cast.lin, LONG_AFTER, size=3)
    assert (len(shown.lines), shown.open, shown.overdue, shown.long) == (3, 9, 5, 5)
    if connection.vendor == "sqlite":
        with CaptureQueriesContext(connection) as asked:
            obligation_lines.counts(cast.lin, LONG_AFTER)
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked[-1]['sql']}")
            plan = " ".join(str(row[3]) for row in cursor.fetchall())
        assert "COVERING INDEX obl_owed" in plan


def test_today_opens_what_is_overdue_for_long_only_where_that_is_asked(
    cast, lamps, settings, monkeypatch
) -> None:
    light(cast.lin, 1, at=NOON)
    light(cast.lin, 2, at=LONG_AFTER)
    for views in (own_pages.__name__, "guanxi.interfaces.web.pages"):
        monkeypatch.setattr(f"{views}.system_clock", fixed_clock(LONG_AFTER))
    client = browser(cast.lin, settings)
    first = client.get("/").content.decode()
    assert ("灯2" in first, "灯1" in first, "逾期超过 30 天" in first) == (True, False, True)
    assert 'hx-get="/regulations/mine/?long=1"' in first
    fragment = client.get("/regulations/mine/?long=1", headers={"HX-Request": "true"}).content.decode()
    assert ("灯1" in fragment, "灯2" in fragment, "<html" in fragment) == (True, False, False)
    cast.lin.language = "en"
    cast.lin.save()
    page = client.get("/regulations/mine/?long=1").content.decode()
    assert "Overdue for more than 30 days" in page
    assert "2 in all, 1 overdue (1 for more than 30 days)" in page
    dim(cast.lin, 1, at=LONG_AFTER)
    dim(cast.lin, 2, at=LONG_AFTER)
    assert "逾期超过" not in client.get("/").content.decode()


def test_the_number_of_queries_does_not_grow_with_the_lines(cast, lamps, django_assert_num_queries) -> None:
    light(cast.lin, 1)
    cast.lin.rights  # noqa: B018 (read once)
    obligation_lines.portion(cast.lin, NOON)
    with CaptureQueriesContext(connection) as one:
        obligation_lines.portion(cast.lin, NOON)
    for lamp in range(101, 115):
        light(cast.lin, lamp)
    with django_assert_num_queries(len(one)):
        obligation_lines.portion(cast.lin, NOON)


def test_the_customer_page_shows_who_owes_what_and_explains_only_what_one_may_see(cast, lamps) -> None:
    light(cast.lin, 1)
    dim(cast.lin, 1, at=NOON + HOUR)
    light(cast.lin, 1, at=NOON + 2 * HOUR)
    tick(NOON + 5 * HOUR)
    lines, count = obligation_lines.of_customer(cast.wang, 1, NOON + 5 * HOUR)
    assert (count, [(line.state, line.whom) for line in lines]) == (1, [("overdue", "林晓")])
    assert [str(do.label) for do in lines[0].do] == ["关灯", "为什么？"]
    (elsewhere,), _ = obligation_lines.of_customer(cast.sun, 1, NOON + 5 * HOUR)
    assert [str(do.label) for do in elsewhere.do] == ["关灯"]


def test_the_page_and_the_fragment_behind_more(cast, lamps, settings, monkeypatch) -> None:
    light(cast.lin, 1)
    monkeypatch.setattr(own_pages, "system_clock", fixed_clock(NOON + 3 * HOUR))
    client = browser(cast.lin, settings)
    assert "灯1" in client.get("/regulations/mine/").content.decode()
    fragment = client.get("/regulations/mine/", headers={"HX-Request": "true"}).content.decode()
    assert "灯1" in fragment
    assert "<html" not in fragment


def test_ctrl_k_finds_a_clause_by_number_and_by_word(cast, lamps) -> None:
    request = RequestFactory().get("/")
    request.user = cast.lin
    found = own_panels.Clauses().context(cast.lin, "开灯", NOON)
    assert found is not None
    assert [hit.url for hit in found["groups"][0].entries] == ["/regulations/clauses/R88.1/"]
    assert own_panels.Clauses().context(cast.lin, "", NOON) is None
