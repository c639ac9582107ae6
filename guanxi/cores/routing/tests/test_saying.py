"""Whatever is wrong with what was given is said in both languages."""

from __future__ import annotations

import importlib

import pytest

from guanxi.cores.routing import saying
from guanxi.cores.routing.cordeau import CordeauError
from guanxi.cores.routing.faults import Fault, ProblemError
from guanxi.cores.routing.replanning import ReplanningError
from guanxi.cores.routing.saying import Said, Unusable
from guanxi.cores.routing.territories import ProblemError as TerritoryError
from guanxi.cores.routing.tests.by_hand import in_one_language_only

TELLING = [
    "faults", "forms", "short", "building", "cordeau", "replanning",
    "territories.model", "territories.forms", "territories.dividing", "territories.checking",
]  # fmt: skip


@pytest.mark.parametrize("name", TELLING)
def test_every_sentence_is_in_both_languages_and_fills_in_the_same(name):
    assert in_one_language_only(importlib.import_module(f"guanxi.cores.routing.{name}")) == []


def test_a_sentence_in_one_language_is_found(monkeypatch):
    source = """
Said("no Chinese", "no Chinese")
Said("中文", "也是中文")
Said(f"{a} 和 {b}", f"{a} and {c}")
Said(f"{a.zh} 和 {b:g}：{x}", f"{b:g} and {a.en}: {x}")
"""
    monkeypatch.setattr("inspect.getsource", lambda module: source)
    assert len(in_one_language_only(saying)) == 3


def test_as_a_text_it_is_english():
    fault = Fault("days", Said("不对", "is wrong"))
    elsewhere = Fault(Said("第 2 行", "line 2"), Said("不对", "is wrong"))
    error = ProblemError([fault, elsewhere])
    assert str(error) == "days: is wrong\nline 2: is wrong"
    assert [said.zh for said in error.said] == ["days：不对", "第 2 行：不对"]
    for kind in (CordeauError, ReplanningError, TerritoryError, Unusable):
        assert issubclass(kind, ValueError)
        assert str(kind(Said("不对", "wrong"), Said("也不对", "wrong too"))) == "wrong\nwrong too"
