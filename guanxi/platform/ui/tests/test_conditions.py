"""Trees of conditions: read and written, held against the same tree worked out in Python, and never wider than one may see."""

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Department, Person
from guanxi.platform.ui import conditions as trees
from guanxi.platform.ui.conditions import Condition, Group
from guanxi.platform.ui.filters import ChoiceFilter, DateFilter, TextFilter
from guanxi.platform.ui.lists import Column, List
from guanxi.platform.ui.merging import Part
from guanxi.platform.ui.operators import Wrong, number

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class People(List):
    name = "people"
    label = Text("人员", "People")
    columns = (Column("name", Text("姓名", "Name"), sort="name", lead=True),)
    filters = (
        ChoiceFilter("post", Text("职务", "Post"), choices=[("a", "A"), ("b", "B"), ("c", "C")]),
        ChoiceFilter("department", Text("部门", "Department"), "department__name", choices=[("x", "X"), ("y", "Y")], empty=True),
        DateFilter("joined", Text("加入", "Joined"), "created_at", moment=True, empty=True),
        TextFilter("phone", Text("电话", "Phone"), empty=True),
        TextFilter("of", Text("部门名", "Department's name"), "department__name", empty=True),
    )  # fmt: skip
    search = ("name",)
    sort = "name"


def ask(query="", rows=None, parts=(), **headers):
    request = RequestFactory().get("/people/", query, headers=headers)
    return People(request, Person.objects.all() if rows is None else rows, parts=parts, now=NOW)


@pytest.fixture
def many(db):
    places = {name: Department.objects.create(name=name) for name in ("x", "y")}
    for n in range(24):
        Person.objects.create(
            username=f"u{n}",
            name=f"人{n}",
            post="abc"[n % 3],
            phone=("", "130", "131 0", "139")[n % 4],
            department=[None, places["x"], places["y"]][n // 2 % 3],
            created_at=None if n % 5 == 0 else NOW - timedelta(days=6 * n - 20),
        )


def fits(person, one):
    """A condition, worked out in Python."""
    place = person.department.name if person.department else None
    day = person.created_at and (person.created_at + timedelta(hours=8)).date()
    today = NOW.date()
    first = one.values[0] if one.values else ""
    match one.key, one.op:
        case "post", "is":
            return person.post in one.values
        case "post", "isnt":
            return person.post not in one.values
        case "department", "is":
            return (place or "empty") in one.values
        case "department", "isnt":
            return (place or "empty") not in one.values
        case "joined", "last":
            return day is not None and today - timedelta(days=int(first)) <= day <= today
        case "joined", "next":
            return day is not None and today <= day <= today + timedelta(days=int(first))
        case "joined", "older":
            return day is None or day < today - timedelta(days=int(first))
        case "joined", "this":
            same = {
                "today": lambda d: d == today,
                "month": lambda d: (d.year, d.month) == (today.year, today.month),
                "quarter": lambda d: (d.year, (d.month - 1) // 3) == (today.year, (today.month - 1) // 3),
                "year": lambda d: d.year == today.year,
            }
            return day is not None and same[first](day)
        case "joined", "until":
            return day is not None and day.isoformat() <= first
        case "joined", "between":
            return day is not None and first <= day.isoformat() <= one.values[1]
        case ("joined", "empty") | ("joined", "filled"):
            return (day is None) == (one.op == "empty")
        case (("phone" | "of"), _):
            text = person.phone if one.key == "phone" else place or ""
            told = {"has": first in text, "is": first == text, "empty": not text}
            return not told[OPPOSITE[one.op]] if one.op in OPPOSITE else told[one.op]
    raise AssertionError(one)


OPPOSITE = {"lacks": "has", "isnt": "is", "filled": "empty"}


def holds(person, node):
    if isinstance(node, Condition):
        return fits(person, node)
    told = [holds(person, part) for part in node.parts]
    return {"all": all(told), "any": any(told), "none": not any(told)}[node.kind]


def some(values):
    return st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)


ASKED = ["has", "lacks", "is", "isnt"]
DAYS = st.integers(0, 80).map(lambda n: (str(n),))
CONDITIONS = st.one_of(
    st.builds(Condition, st.just("post"), st.sampled_from(["is", "isnt"]), some("abc")),
    st.builds(Condition, st.just("department"), st.sampled_from(["is", "isnt"]), some(["x", "y", "empty"])),
    st.builds(Condition, st.just("joined"), st.sampled_from(["last", "next", "older"]), DAYS),
    st.builds(Condition, st.just("joined"), st.just("this"), some(["today", "month", "quarter", "year"]).map(lambda v: v[:1])),
    st.builds(Condition, st.just("joined"), st.just("until"), st.just(("2026-10-15",))),
    st.builds(Condition, st.just("joined"), st.just("between"), st.just(("2026-09-01", "2026-10-15"))),
    st.builds(Condition, st.just("joined"), st.sampled_from(["empty", "filled"])),
    st.builds(Condition, st.just("phone"), st.sampled_from(ASKED), some(["13", "130", "131 0"]).map(lambda v: v[:1])),
    st.builds(Condition, st.just("of"), st.sampled_from(ASKED), some("xyz").map(lambda v: v[:1])),
    st.builds(Condition, st.sampled_from(["phone", "of"]), st.sampled_from(["empty", "filled"])),
)  # fmt: skip


def groups(inner):
    return st.builds(Group, st.sampled_from(trees.KINDS), st.lists(inner, min_size=1, max_size=3).map(tuple))


NODES = st.one_of(CONDITIONS, groups(CONDITIONS), groups(st.one_of(CONDITIONS, groups(CONDITIONS))))
ROOTS = groups(st.one_of(CONDITIONS, groups(CONDITIONS)))
TRY = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(NODES)
@TRY
def test_the_database_finds_what_the_tree_says(many, node):
    found = ask({"where": node.write()})
    assert found.fault is None
    people = list(Person.objects.select_related("department"))
    assert {p.pk for p in found.matching} == {p.pk for p in people if holds(p, node)}


@pytest.mark.parametrize(
    "where",
    [
        "none(joined.last(5),all(of.isnt(x),of.is(x)))",
        "any(department.isnt(empty),any(joined.next(40),of.lacks(13)))",
        "none(post.is(a),all(department.is(empty),of.has(13)))",
        "none(of.has(x),none(of.filled,of.isnt(13)))",
        "any(of.lacks(x),department.isnt(x))",
    ],
)
def test_who_is_in_no_department_is_not_lost_under_a_not(many, where):
    people = list(Person.objects.select_related("department"))
    expected = {p.pk for p in people if holds(p, trees.read(where))}
    assert {p.pk for p in ask({"where": where}).matching} == expected


@given(NODES)
@TRY
def test_no_tree_shows_what_one_may_not_see(many, node):
    """Whatever is asked stays inside the rows that the list was given, on the page, in parts, and in a file."""
    seen = Person.objects.filter(post="a", department__name="x")
    shown = ask({"where": node.write()}, rows=seen)
    assert set(shown.matching) <= set(seen)
    people = list(seen.select_related("department"))
    assert {p.pk for p in shown.matching} == {p.pk for p in people if holds(p, node)}
    expected = {p.pk for p in people if holds(p, node)}
    for small in (False, True):
        for sorts in (frozenset(), frozenset({"name"})):
            rows = [seen.filter(phone=""), seen]
            again = ask({"where": node.write()}, rows=seen, parts=[Part(one, sorts, small) for one in rows])
            assert {p.pk for p in again.page.rows} == expected
            assert again.count == len(expected)


@given(NODES)
@TRY
def test_a_tree_reads_back_what_was_written(node):
    assert trees.read(node.write()) == node


KEEPABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(st.lists(KEEPABLE, min_size=1, max_size=3))
@TRY
def test_any_text_may_stand_in_a_value(values):
    node = Condition("phone", "has", tuple(values))
    assert trees.read(node.write()) == node


@given(st.text())
@TRY
def test_rubbish_is_refused_in_words_and_shows_no_row(many, text):
    shown = ask({"where": text})
    if shown.fault:
        assert shown.fault.zh
        assert shown.fault.en
        assert shown.count == 0
    else:
        assert shown.node is None or trees.read(shown.node.write()) == shown.node


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("post.is(a", "筛选条件不完整", "The filter ends too early"),
        ("post.is(a))", "筛选条件从“)”起读不懂", "The filter cannot be read from “)” on"),
        ("some(post.is(a))", "筛选条件从“(post.is(a))”起读不懂", "The filter cannot be read from “(post.is(a))” on"),
        ("any()", "条件组里没有条件", "A group without a condition"),
        ("salary.is(a)", "salary：这个列表没有这个筛选字段", "salary: This list has no such filter"),
        ("post.has(a)", "职务：这个字段不能这样筛选", "Post: This field cannot be asked that way"),
        ("post.is(a,q)", "职务：没有“q”这一项可选", "Post: “q” is not among the choices"),
        ("joined.last(soon)", "加入：请填写天数（0 到 3660）", "Joined: Give a number of days (0 to 3660)"),
        ("joined.on(2026-02-30)", "加入：请填写日期", "Joined: Give a date"),
        ("joined.between(2026-03-01,2026-02-01)", "加入：结束早于开始", "Joined: The last day is before the first"),
        ("any(all(any(all(any(post.is(a))))))",
         "条件组套得太深（最多 4 层）", "Groups stand too deep in one another (at most 4)"),
        (f"any({','.join(['joined.empty'] * 41)})", "筛选条件太多（最多 40 个）", "Too many conditions (at most 40)"),
        ("phone.has(" + "1" * 4000 + ")", "筛选条件太长（最多 4000 个字符）", "The filter is too long (at most 4000 characters)"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_says_why(db, text, zh, en):
    shown = ask({"where": text})
    assert shown.fault == Text(zh, en)
    page = shown.respond().content.decode()
    assert "筛选条件用不了，所以没有显示任何行" in page


def test_a_tree_in_words():
    node = trees.read(
        'any(post.is(a,b),all(joined.older(90),phone.lacks("1 3")),none(department.is(x),phone.empty))'
    )
    shown = ask({"where": node.write()})
    assert str(shown.sentence) == (
        "职务是 A或 B 或 （加入在90 天以前或没有 且 电话不含“1 3”） 或 都不是（部门是 X 或 电话为空）"
    )
    with translation.override("en"):
        assert str(shown.sentence) == (
            "Post is A or B or (Joined over 90 days ago or never and Phone does not contain “1 3”) "
            "or none of (Department is X or Phone is empty)"
        )


# --- the form ---------------------------------------------------------------------------------------------------------


class Sent(HTMLParser):
    """What the form of a filter on a page would send."""

    def __init__(self, page):
        super().__init__()
        self.pairs, self.inside, self.select, self.options = {}, False, None, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        at = dict(attrs)
        if tag == "form":
            self.inside = at.get("id") == "list-people-build"
        if not self.inside:
            return
        if tag == "input" and (at.get("type") != "checkbox" or "checked" in at):
            self.pairs.setdefault(at["name"], []).append(at["value"])
        elif tag == "select":
            self.select, self.options = at["name"], []
        elif tag == "option":
            self.options.append(("selected" in at, at["value"]))

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False
        if tag == "select" and self.inside:
            chosen = [v for on, v in self.options if on] or [self.options[0][1]]
            self.pairs[self.select] = chosen


def fields(page):
    return Sent(page).pairs


def build(query, **headers):
    return ask({"build": "1", **query}, **headers).respond()


@given(ROOTS)
@TRY
def test_what_the_form_shows_is_what_it_sends(many, root):
    """A tree goes through the form and comes out as one that finds the same rows."""
    shown = ask({"where": root.write()})
    form = build({"where": root.write()})
    answer = build(fields(form.content.decode()) | {"do": "apply"})
    assert answer.status_code == 302, answer.content.decode()
    again = People(RequestFactory().get(answer["Location"]), Person.objects.all(), now=NOW)
    assert again.fault is None
    assert set(again.matching) == set(shown.matching)


def test_conditions_that_all_hold_stand_in_the_address_by_their_own_names(db):
    sent = {"n.k": "all", "n.0.f": "post", "n.0.o": "is", "n.0.v": ["a", "b"], "n.1.f": "joined", "n.1.o": "last", "n.1.v": "30",
            "n.2.f": "post", "n.2.o": "isnt", "n.2.v": "b", "do": "apply", "sort": "-name"}  # fmt: skip
    assert build(sent)["Location"] == "/people/?sort=-name&post=a&post=b&joined=past30&where=post.isnt%28b%29"


def test_the_form_adds_and_removes_and_keeps_what_was_typed(db):
    page = build({"phone": "13"}).content.decode()
    sent = fields(page)
    assert sent["n.0.v"] == ["13"]
    sent = fields(build(sent | {"do": "add:n"}).content.decode())
    assert (sent["n.0.v"], sent["n.1.f"]) == (["13"], ["post"])
    sent = fields(build(sent | {"do": "group:n"}).content.decode())
    assert (sent["n.2.k"], sent["n.2.0.f"]) == (["any"], ["department"])
    sent = fields(build(sent | {"do": "drop:n.1"}).content.decode())
    assert "n.2.f" not in sent
    assert sent["n.0.v"] == ["13"]
    assert fields(build(sent | {"n.0.f": "joined"}).content.decode())["n.0.o"] == ["last"], (
        "a new field, its operators"
    )


def test_what_is_not_finished_is_said_at_its_condition(db):
    sent = {
        "n.k": "all",
        "n.0.f": "phone",
        "n.0.o": "has",
        "n.0.v": " ",
        "n.1.f": "joined",
        "n.1.o": "last",
        "n.1.v": "x",
    }
    answer = build(sent | {"do": "apply"}, HX_Request="true", HX_Target="list-people-build")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "请填写内容" in page
    assert "请填写天数" in page
    assert 'value="x"' in page, "what was typed stands there still"
    assert b"<html" not in answer.content


def test_in_the_drawer_the_list_is_told_where_to_go(db):
    sent = {
        "n.k": "any",
        "n.0.f": "post",
        "n.0.o": "is",
        "n.0.v": "a",
        "n.1.f": "phone",
        "n.1.o": "empty",
        "do": "apply",
    }
    answer = build(sent, HX_Request="true")
    assert json.loads(answer["HX-Trigger"])["guanxi:narrowed"] == {
        "list": "list-people",
        "url": "/people/?where=any%28post.is%28a%29%2Cphone.empty%29",
    }


def test_each_chip_takes_its_own_condition_away(many):
    shown = ask({"post": "a", "where": "all(phone.filled,none(joined.empty,department.is(x)))"})
    assert [str(chip.text) for chip in shown.chips] == [
        "职务是 A",
        "电话不为空",
        "都不是（加入为空 或 部门是 X）",
    ]
    left = QueryDict(shown.chips[1].off_url[1:])
    assert (left["post"], left["where"]) == ("a", "none(joined.empty,department.is(x))")
    assert "where" in QueryDict(shown.chips[0].off_url[1:])


@pytest.mark.parametrize("text", ['phone.has("\\u0000")', 'phone.has("\\ud800")', "phone.has(\0)"])
def test_what_no_database_can_look_for_is_refused(db, text):
    assert ask({"where": text}).fault


@pytest.mark.parametrize("text", ["1e-999999", "1e-16", "1e15", "-1e15", "nan", "sNaN", "inf", "x", ""])
def test_a_number_that_would_fill_a_page_is_none(text):
    with pytest.raises(Wrong):
        number(text)


@pytest.mark.parametrize(
    ("text", "said"), [("12.50", "12.50"), ("-１２,000.5", "-12000.5"), ("1e14", "1E+14")]
)
def test_a_number_is_read_as_it_is_typed(text, said):
    assert str(number(text)) == said
