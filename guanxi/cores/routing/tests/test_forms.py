"""JSON: what is written is read to the same, short forms are the full ones, faults have their path, the schema is published."""

from __future__ import annotations

import contextlib
import importlib.resources
import json
import math

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.routing import forms, generating
from guanxi.cores.routing.faults import ProblemError
from guanxi.cores.routing.model import Window
from guanxi.cores.routing.plan import Plan
from guanxi.cores.routing.tests.by_hand import greedy, in_both

VALIDATOR = jsonschema.Draft202012Validator(forms.schema())

SHORT = """{
 "days": 14, "first": "2026-03-02", "coordinates": "lonlat",
 "modes": [{"id": "car", "metres_per_minute": 500, "detour": 1.3}],
 "people": [{"id": "王芳", "position": [121.47, 31.23],
   "each": {"earliest": "08:30", "latest": "17:30"}, "absent": [3], "changed": [{"day": 5, "latest": "12:00"}]}],
 "customers": [
  {"id": "新华书店", "position": [121.48, 31.24], "minutes": 30, "visits": 2, "least_days_between": 5,
   "hours": ["09:00-12:00", "13:30-17:00"]},
  {"id": "东方饭店", "position": [121.44, 31.21], "minutes": 20, "hours": {"1": "10:00-11:00"}, "priority": 2}]
}"""


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_a_problem_is_read_as_it_was_written(seed):
    problem = generating.mixed(seed)
    text = forms.problem_text(problem)
    assert forms.problem_of(text) == problem
    VALIDATOR.validate(json.loads(text))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10_000))
def test_a_plan_is_read_as_it_was_written(seed):
    plan = greedy(generating.mixed(seed))
    text = forms.plan_text(plan)
    assert forms.plan_of(text) == plan
    VALIDATOR.validate(json.loads(text))


def test_an_empty_plan():
    assert forms.plan_of(forms.plan_text(Plan(()))) == Plan(())
    VALIDATOR.validate(forms.plan_form(Plan(())))


def test_short_forms():
    VALIDATOR.validate(json.loads(SHORT))
    problem = forms.problem_of(SHORT)
    (person,) = problem.people
    assert [w.day for w in person.workdays] == [1, 2, 4, 5, 8, 9, 10, 11, 12]
    assert [w.latest for w in person.workdays[:4]] == [1050, 1050, 1050, 720]
    assert person.workdays[0].start == person.workdays[0].end == "home of 王芳"
    book, hotel = problem.customers
    assert book.windows == (Window(540, 690), Window(810, 990))
    assert hotel.windows == (Window(600, 640, 1),)
    assert [place.id for place in problem.places] == ["home of 王芳", "新华书店", "东方饭店"]
    assert forms.problem_of(forms.problem_text(problem)) == problem


def test_the_published_schema_is_the_one_of_the_types():
    docs = importlib.resources.files("guanxi").joinpath("../docs/reference/planning.schema.json")
    assert json.loads(docs.read_text(encoding="utf-8")) == forms.schema()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"days": 14', '"days": "x"', 'period.days: "x" is no whole number'),
        ('"days": 14', '"days": 1.5', "period.days: 1.5 is no whole number"),
        ('"minutes": 30', '"minutes": "30"', r'customers\[0\].minutes: "30" is no number'),
        ('"minutes": 30', '"minuts": 30', r"customers\[0\].minuts: is unknown, did you mean minutes"),
        ('"2026-03-02"', '"2.3.2026"', "period.first"),
        ("[121.48, 31.24]", "[121.48]", r"customers\[0\].position: is no list of two numbers"),
        ("[121.48, 31.24]", '"here"', r"customers\[0\].position"),
        ('"08:30"', '"8.30"', r"people\[0\].workdays\[0\].earliest: '8.30' is no time of day"),
        ('"09:00-12:00"', '"9 to 12"', r"customers\[0\].hours\[0\]: is no span"),
        ('{"1": "10:00-11:00"}', '{"8": "10:00-11:00"}', r"customers\[1\].hours.8: is no weekday"),
        ('"lonlat"', '"sphere"', "travel.coordinates"),
        ('"absent": [3]', '"absent": "3"', r"people\[0\].absent"),
        ('"id": "东方饭店", ', "", r"customers\[1\].id: is missing"),
        ('"people": [', '"people": [7, ', r"people\[0\]: is no object"),
        ('"day": 5', '"day": [5]', r"people\[0\].changed: is no list of objects that name a day"),
        ('"08:30"', '"²²:30"', "'²²:30' is no time of day"),
        ('"days": 14', '"days": 1' + "0" * 400, "period.days: 1000.* is no whole number"),
        ('"days": 14', '"days": 1' + "0" * 5000, "file: has a number of too many digits"),
        ('"东方饭店"', '"\\ud800"', "file: holds half a character"),
        (SHORT, "[]", "file: is no JSON object"),
        (SHORT, SHORT[:200], "line 5, column .*: this is not JSON"),
        (SHORT, '{"format": "something else"}', "format: is not"),
        (SHORT, "[" * 100_000, "nested too deeply|not JSON"),
    ],
)
def test_faults_have_their_path(old, new, message):
    with pytest.raises(ProblemError, match=message) as caught:
        forms.problem_of(SHORT.replace(old, new))
    assert all(in_both(said) for said in caught.value.said)


def test_a_fault_in_chinese():
    with pytest.raises(ProblemError) as caught:
        forms.problem_of(SHORT.replace('"minutes": 30', '"minuts": 30'))
    assert [said.zh for said in caught.value.said] == [
        "customers[0].minuts：是未知的字段，是否应为 minutes？"
    ]
    with pytest.raises(ProblemError) as caught:
        forms.problem_of(SHORT.replace('"id": "东方饭店", ', ""))
    assert caught.value.said[0].zh == "customers[1].id：缺少这个字段"
    with pytest.raises(ProblemError) as caught:
        forms.problem_of("{")
    assert caught.value.said[0].zh.startswith("第 1 行第 2 列：这不是 JSON：")


def test_numbers_of_hundreds_of_digits_are_infinite():
    huge = "1" + "0" * 400
    assert (
        forms.problem_of(SHORT.replace('"minutes": 30', f'"minutes": {huge}')).customers[0].minutes
        == math.inf
    )
    tables = f'"minutes": [[{huge}]], "metres": [[0]]'
    with pytest.raises(ProblemError, match="minutes: has a number that is too large"):
        forms.problem_of(SHORT.replace('"metres_per_minute": 500', '"matrix": {' + tables + "}"))


def test_truncated_at_any_byte_is_refused():
    for end in range(len(SHORT) - 1):
        with pytest.raises(ProblemError):
            forms.problem_of(SHORT[:end])


def test_a_table_with_holes_and_one_that_is_ragged():
    form = {
        "period": {"days": 1},
        "places": [{"id": "a"}, {"id": "b"}],
        "people": [],
        "customers": [],
        "travel": {
            "modes": [{"id": "m", "matrix": {"minutes": [[0, None], [3, 0]], "metres": [[0, 1], [1, 0]]}}]
        },
    }
    matrix = forms.problem_of(json.dumps(form)).travel.modes[0].matrix
    assert matrix is not None
    assert matrix.minutes[0, 1] == math.inf
    form["travel"]["modes"][0]["matrix"]["minutes"] = [[0, 1], [3]]
    with pytest.raises(ProblemError, match=r"travel.modes\[0\].matrix.minutes\[1\]: has 1 entries"):
        forms.problem_of(json.dumps(form))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_whatever_stands_in_a_field_is_read_or_refused(data):
    """Any value in any place of a short form: never anything but a problem, or faults."""
    form = json.loads(SHORT)
    here = form
    while True:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        if isinstance(here[key], dict | list) and here[key] and data.draw(st.booleans()):
            here = here[key]
            continue
        here[key] = data.draw(json_values)
        break
    with contextlib.suppress(ProblemError):
        assert forms.problem_of(json.dumps(form)).period
