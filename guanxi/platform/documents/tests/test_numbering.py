"""Given a rule, when documents are numbered, then numbers follow each other without gap or repeat, whatever fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guanxi.platform.documents.models import Numbered
from guanxi.platform.documents.numbering import fault_of, number_of, number_rule, take
from guanxi.platform.kernel import Invalid, Text, fixed_clock, perform
from guanxi.platform.kernel.actions import Context
from guanxi.platform.people.tests.cast import Cast

from . import numbered  # noqa: F401 (declares the action)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


def give(cast: Cast, slip: int, at: datetime = NOON, **more: Any) -> Any:
    data = {"slip": slip, **more}
    return perform("test.number", data, actor=cast.lin, clock=fixed_clock(at)).value


def rule(cast: Cast, pattern: str) -> None:
    said = {"key": "numbers.test_slip", "value": pattern}
    perform("people.change_setting", said, actor=cast.wu, clock=fixed_clock(NOON))


def test_numbers_follow_each_other_and_begin_anew_each_year_of_the_company(cast: Cast) -> None:
    assert [give(cast, n) for n in (1, 2)] == ["TS-2026-0001", "TS-2026-0002"]
    new_year = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # half past midnight in Shanghai
    assert give(cast, 3, new_year - timedelta(hours=1)) == "TS-2026-0003"
    assert give(cast, 4, new_year) == "TS-2027-0001"


def test_what_fails_gives_its_number_back(cast: Cast) -> None:
    give(cast, 1)
    with pytest.raises(RuntimeError):
        give(cast, 2, fails=True)
    assert give(cast, 3) == "TS-2026-0002"
    assert list(Numbered.objects.values_list("subject_id", "n")) == [(1, 1), (3, 2)]


def test_the_same_row_keeps_its_number(cast: Cast) -> None:
    assert give(cast, 1) == give(cast, 1) == number_of("test_slip", ("slip", 1))
    assert give(cast, 2) == "TS-2026-0002"
    assert number_of("test_slip", ("slip", 99)) == ""


def test_the_company_sets_its_own_rule_and_no_number_comes_twice(cast: Cast) -> None:
    rule(cast, "{year}{n}")
    assert give(cast, 1) == "20261"
    rule(cast, "{year}{month}{n:01}")
    assert give(cast, 2) == "2026031"
    rule(cast, "HX{n:03}")
    assert [give(cast, 3), give(cast, 4)] == ["HX001", "HX002"]
    rule(cast, "HX00{n}")
    assert give(cast, 5) == "HX003"
    rule(cast, "{n}")
    assert give(cast, 6) == "4"


def test_a_number_that_an_earlier_rule_gave_already_is_told_apart(cast: Cast) -> None:
    rule(cast, "HX{n:01}")
    give(cast, 1)
    rule(cast, "HX{n}{year}")
    Numbered.objects.filter(n=1).update(number="HX12026")
    assert give(cast, 2) == "HX12026*"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("BF-{n", "花括号不成对"),
        ("BF-{n.__class__}", "只能用"),
        ("BF-{n!r}", "只能用"),
        ("{company}{n}", "只能用"),
        ("{year:>9}{n}", "只能用"),
        ("{n:5}", "流水号的位数"),
        ("{n:099}", "流水号的位数"),
        ("BF", "有且只有一个"),
        ("{n}{n}", "有且只有一个"),
        ("{month}-{n}", "也要写 {year}"),
        ("长" * 40 + "{n}", "编号太长"),
        ("a\n{n}", "编号太长"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_with_its_cure(cast: Cast, pattern: str, words: str) -> None:
    found = fault_of(pattern)
    assert found is not None
    assert words in found.zh
    if pattern.isprintable():
        with pytest.raises(Invalid):
            rule(cast, pattern)
    with pytest.raises(ValueError, match="number rule test_bad"):
        number_rule("test_bad", Text("坏", "bad"), pattern)


@pytest.mark.django_db(transaction=True)
def test_numbers_are_taken_inside_an_action_only(cast: Cast) -> None:
    ctx = Context(actor=cast.lin, now=NOON, happened_at=NOON, key="k", action="x")
    with pytest.raises(RuntimeError, match="inside an action"):
        take(ctx, "test_slip", ("slip", 1))
