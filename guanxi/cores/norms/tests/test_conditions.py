"""Conditions: two ways of evaluating, one answer; what has no answer is an error."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.norms.conditions import CannotEvaluate, Condition, ConditionError, compile_condition
from guanxi.cores.norms.model import BOOL, INT, TEXT, TEXTS, TIMESTAMP

VARIABLES = {
    "n": INT,
    "m": INT,
    "s": TEXT,
    "c.s": TEXT,
    "b": BOOL,
    "at": TIMESTAMP.maybe(),
    "xs": TEXTS,
    "p": BOOL.maybe(),
    "q": TEXT.maybe(),
}
PLAIN = (
    "n > 3",
    "n >= -3 && n <= 3",
    "n != 0 && s == 'a'",
    "c.s != ''",
    "!b && n < 2",
    "b",
    "s == '' && b && m == 1",
    "p != null && p",
    "n > 0 && p != null && !p && q != null && q == 'a'",
    "at != null && b",
)
FULL = (
    "p && p != null",
    "p == null",
    "n > m",
    "s == 'a' || b",
    "!(b)",
    's == "a"',
    "size(xs) > 0",
    "s != 'x && y'",
    "n + 1 > 2",
)
VALUES = st.fixed_dictionaries(
    {
        "n": st.one_of(st.integers(-5, 5), st.none(), st.booleans(), st.just("a")),
        "m": st.integers(-1, 2),
        "s": st.one_of(st.sampled_from(["", "a", "b"]), st.none()),
        "c.s": st.sampled_from(["", "a"]),
        "b": st.one_of(st.booleans(), st.none()),
        "at": st.none(),
        "p": st.one_of(st.booleans(), st.none(), st.just("a")),
        "q": st.one_of(st.sampled_from(["", "a"]), st.none()),
        "xs": st.lists(st.just("a"), max_size=2),
    }
)


def answer(condition: Condition, values: dict[str, Any]) -> object:
    try:
        return condition.holds(values)
    except CannotEvaluate:
        return "no answer"


@settings(deadline=None)
@given(VALUES)
@pytest.mark.parametrize("source", PLAIN)
def test_the_short_way_answers_as_cel_does(source: str, values: dict[str, Any]) -> None:
    condition = compile_condition(source, VARIABLES)
    assert condition.simple
    by_cel = answer(replace(condition, simple=()), values)
    ours = answer(condition, values)
    assert ours == by_cel


@pytest.mark.parametrize("source", FULL)
def test_what_is_not_plain_goes_to_cel(source: str) -> None:
    assert compile_condition(source, VARIABLES).simple == ()


def test_an_optional_time_may_be_null_and_is_read_as_text() -> None:
    condition = compile_condition(
        "at == null || timestamp(at) > timestamp('2026-01-01T00:00:00Z')", VARIABLES
    )
    assert condition.holds({"at": None})
    assert condition.holds({"at": "2026-02-01T00:00:00+08:00"})
    assert not condition.holds({"at": "2025-02-01T00:00:00+08:00"})


def test_text_is_counted_in_characters() -> None:
    assert compile_condition("size(s) == 2", VARIABLES).holds({"s": "张三"})


def test_what_cannot_be_compiled_names_the_cure() -> None:
    with pytest.raises(ConditionError, match=r"undeclared reference to 'cs'.*; did you mean 'c.s'\?"):
        compile_condition("cs == ''", VARIABLES)
    with pytest.raises(ConditionError, match="gives INT, not bool"):
        compile_condition("n", VARIABLES)
