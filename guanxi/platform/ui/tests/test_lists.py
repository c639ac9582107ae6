"""Lists over a real table (people): filters, paging by key, counts, export."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Department, Person
from guanxi.platform.ui import exports, lists
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, TextFilter
from guanxi.platform.ui.lists import Column, List, Mark, View

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


NOT_VISITED = Text("{n} 天未拜访", "not visited for {n} days")
SORT_VALUES = st.one_of(
    st.none(),
    st.text(),
    st.integers(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.decimals(allow_nan=False),
)


class People(List):
    name = "people"
    label = Text("人员", "People")
    columns = (
        Column("name", Text("姓名", "Name"), sort="name", lead=True),
        Column("post", Text("职务", "Post"), sort="post"),
        Column("created_at", Text("加入", "Joined"), sort="created_at", nullable=True, form="when"),
        Column("department__name", Text("部门", "Department")),
        Column("phone", Text("电话", "Phone"), shown=False),
    )
    filters = (
        ChoiceFilter("post", Text("职务", "Post"), choices=[("a", "A"), ("b", "B")]),
        DateFilter("created_at", Text("加入", "Joined"), moment=True, older=NOT_VISITED, empty=True),
        TextFilter("phone", Text("电话", "Phone")),
    )
    views = (View("as", Text("甲", "As"), {"post": "a"}),)
    search = ("name",)
    sort = "name"
    page_size = 3

    def row_url(self, row):
        return f"/people/{lists.reach(row, 'pk')}/"


def ask(query="", rows=None, cls=People, **headers):
    request = RequestFactory().get(f"/people/{query}", headers=headers)
    return cls(request, Person.objects.select_related("department") if rows is None else rows, now=NOW)


@pytest.fixture
def eight(db):
    sales = Department.objects.create(name="销售")
    for n in range(8):
        Person.objects.create(
            username=f"u{n}",
            name="同名" if n in (2, 3, 4) else f"人{n}",
            post="ab"[n % 2],
            phone=f"+86{n}",
            department=sales if n else None,
            created_at=None if n % 3 == 0 else NOW - timedelta(days=10 * n),
        )


def names(found):
    return [row.id for row in found.rows]


def walk(query, cls=People):
    """All ids by following "next", then all by following "previous" from the last page."""
    found, forward = ask(query, cls=cls), []
    while True:
        forward += names(found)
        if not found.page.next_url:
            break
        found = ask(found.page.next_url, cls=cls)
    backward = names(found)
    while found.page.previous_url:
        found = ask(found.page.previous_url, cls=cls)
        backward = names(found) + backward
    return forward, backward


@pytest.mark.parametrize("sort", ["name", "-name", "created_at", "-created_at", "post", ""])
def test_pages_hold_every_row_once_in_both_directions(eight, sort):
    forward, backward = walk(f"?sort={sort}")
    assert sorted(forward) == sorted(Person.objects.values_list("pk", flat=True))
    assert backward == forward


def test_rows_without_a_value_come_last_whichever_way(eight):
    for sort in ("created_at", "-created_at"):
        forward, _ = walk(f"?sort={sort}")
        missing = set(Person.objects.filter(created_at=None).values_list("pk", flat=True))
        assert set(forward[-len(missing) :]) == missing


class InParts(People):
    """The same people, asked for in three overlapping parts."""

    def __init__(self, request, rows, **how):
        wanted = ({"post": "a"}, {"post": "b", "created_at__isnull": True}, {"department__isnull": False})
        super().__init__(request, rows, parts=[rows.filter(**one) for one in wanted], **how)


@pytest.mark.parametrize("sort", ["name", "-name", "created_at", "-created_at", "post", ""])
@pytest.mark.parametrize("narrow", ["", "&post=b", "&created_at=empty", "&created_at=past30"])
def test_a_list_in_parts_is_the_same_list(eight, sort, narrow):
    whole, apart = walk(f"?sort={sort}{narrow}"), walk(f"?sort={sort}{narrow}", cls=InParts)
    assert apart == whole


def test_a_list_in_parts_asks_one_query_more(eight, django_assert_num_queries):
    with django_assert_num_queries(3):
        found = ask(cls=InParts)
        assert len(found.rows) == 3
        assert found.count == 8


def test_a_page_stays_when_rows_come_in_above_it(eight):
    second = ask(ask().page.next_url)
    before = names(second)
    Person.objects.create(username="new", name="一")
    assert names(ask(ask("").page.next_url)) != before
    assert names(ask(second.query and f"?{second.query.urlencode()}")) == before


@pytest.mark.parametrize("mark", ["x", "e30", "W10", "WyJpIiwieCIsImkiLCIxIl0", "ÿ", "a" * 5000])
def test_a_bent_page_mark_shows_the_first_page(eight, mark):
    assert names(ask(f"?after={mark}")) == names(ask())


@given(SORT_VALUES, st.integers())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_page_mark_reads_back_what_was_written(value, id):
    assert Mark.read(Mark(value, id).write()) == Mark(value, id)


def test_a_page_asks_as_often_for_eight_rows_as_for_one(eight, django_assert_num_queries):
    with django_assert_num_queries(2):
        found = ask()
        assert len(found.rows) == 3
        assert found.count == 8


def test_counts_are_exact_to_the_bound_and_on_request(eight, monkeypatch):
    assert ask().count_said == "8"
    monkeypatch.setattr(lists, "EXACT_TO", 5)
    found = ask()
    assert found.count_said == "5+"
    assert ask(found.exact_url).count_said == "8"


def test_filters_read_like_a_sentence(eight):
    found = ask("?post=a&created_at=older30")
    assert str(found.sentence) == "职务是 A，且 30 天未拜访"
    with translation.override("en"):
        assert str(found.sentence) == "Post is A, and not visited for 30 days"
    assert {row.cells[1].value for row in found.rows} == {"a"}


def test_longer_ago_counts_who_never_was(eight):
    found = {p.pk for p in ask("?created_at=older30").matching}
    assert found == {
        p.pk for p in Person.objects.all() if p.created_at is None or p.created_at < NOW - timedelta(days=31)
    }


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?created_at=empty", 3),
        ("?created_at=past30", 2),
        ("?created_at=today", 0),
        ("?created_at_from=2026-10-01&created_at_to=2026-10-31", 2),
        ("?created_at=nonsense", 8),
        ("?created_at_from=nonsense", 8),
        ("?post=zzz", 8),
        ("?phone=%2B863", 1),
        ("?q=同", 3),
    ],
)
def test_filters_narrow(eight, query, count):
    assert ask(query).count == count


def test_the_list_works_over_values_too(eight):
    rows = Person.objects.values("id", "name", "post", "created_at", "department__name", "phone")
    found = ask(rows=rows)
    assert len(found.rows) == 3
    assert names(ask(found.page.next_url, rows=rows))


def test_htmx_gets_the_list_alone_and_a_clean_address(eight, rf):
    whole = ask().respond()
    assert b"<html" in whole.content
    part = ask("?post=&q=&sort=-name", HX_Target="list-people", HX_Request="true").respond()
    assert b"<html" not in part.content
    assert part["HX-Push-Url"] == "/people/?sort=-name"
    second = ask(ask().page.next_url, HX_Target="list-people").respond()
    assert "after=" in second["HX-Push-Url"], "a page of the list can be kept and sent to somebody"


def test_an_empty_list_says_what_it_is_for_and_a_narrow_one_how_to_widen_it(db):
    assert "还没有记录" in ask().respond().content.decode()
    narrow = ask("?q=zz").respond().content.decode()
    assert "没有符合条件的记录" in narrow
    assert 'href="?"' in narrow


def test_export_is_what_is_shown(eight):
    answer = ask("?export=csv&post=b&sort=-name&c=phone").respond()
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    table = list(csv.reader(io.StringIO(text[1:])))
    assert table[0] == ["姓名", "电话"]
    assert [row[0] for row in table[1:]] == [
        p.name for p in Person.objects.filter(post="b").order_by("-name", "-pk")
    ]
    assert all(row[1].startswith("'+86") for row in table[1:]), "text never starts a formula"


def test_a_spreadsheet_holds_text_as_text(eight):
    from python_calamine import CalamineWorkbook

    Person.objects.create(username="evil", name="=1+1", post="b")
    answer = ask("?export=xlsx&q=%3D").respond()
    file = io.BytesIO(b"".join(answer.streaming_content))
    answer.close()
    assert CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()[1][0] == "=1+1"


@given(st.text(min_size=1))
@settings(max_examples=100, deadline=None)
def test_no_text_starts_a_formula(text):
    assert not exports.harmless(text).lstrip(" \u3000").startswith(exports.STARTS_FORMULA)


def test_a_saved_view_says_its_name_only_where_nothing_is_narrowed_beside_it(db):
    """What is empty then is the view; with anything beside it, it is what one asked for."""
    assert ask("?view=as&post=a").view_shown == Text("甲", "As")
    for query in (
        "",
        "?view=as",
        "?view=as&post=b",
        "?view=as&post=a&phone=1",
        "?view=as&post=a&q=x",
        "?post=a",
    ):
        assert ask(query).view_shown is None, query


# --- columns ----------------------------------------------------------------------------------------------------------


def columns(query):
    return [c.key for c in ask(query).shown_columns]


def test_columns_stand_in_the_order_in_which_they_are_asked_for(db):
    assert columns("") == ["name", "post", "created_at", "department__name"]
    assert columns("?c=phone&c=post") == ["name", "phone", "post"]
    assert columns("?c=phone&c=name&c=phone&c=salary") == ["phone", "name"]


def test_columns_are_chosen_and_moved_in_their_form(db):
    sent = "?arrange=1&o=name&o=post&o=created_at&o=department__name&o=phone&c=name&c=post&c=phone&q=x"
    page = ask(sent + "&do=up:phone").respond().content.decode()
    order = [
        page.index(f'name="o" value="{key}"')
        for key in ("name", "post", "created_at", "phone", "department__name")
    ]
    assert order == sorted(order)
    assert ask(sent + "&do=apply").respond()["Location"] == "/people/?q=x&c=name&c=post&c=phone"
    assert ask(sent + "&do=usual").respond()["Location"] == "/people/?q=x"


def test_a_file_has_the_columns_in_their_order(eight):
    answer = ask("?export=csv&c=phone&c=name&c=post").respond()
    head = b"".join(answer.streaming_content).decode()[1:].splitlines()[0]
    assert head == "电话,姓名,职务"


def test_a_column_that_was_chosen_stands_on_a_phone_too(eight):
    class Wide(People):
        columns = (People.columns[0], Column("post", Text("职务", "Post"), phone=False))

    assert "phone-hide" in ask(cls=Wide).rows[0].html
    assert "phone-hide" not in ask("?c=post", cls=Wide).rows[0].html
