"""Given what facts and columns hold, when it is written as JSON, then the quick way says what the standard library says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guanxi.platform.journal import chain, quick

LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text()
PLAIN = st.recursive(
    LEAVES,
    lambda parts: st.lists(parts) | st.lists(parts).map(tuple) | st.dictionaries(st.text(), parts),
)
NESTED: Any = "deep"
for _ in range(300):
    NESTED = [NESTED]


@given(PLAIN)
@example(
    {"ab": 1, "a": 2, "": 3, "中": 4, "\ue000": 5, "\U0001f600": 6}
)  # beyond the plane that UTF-16 sorts wrongly
@example("\u2028\x7f\x00\x1f/<>&'\"\\")
@example([2**63, -(2**63), 2**64, -(2**63) - 1])
@example(NESTED)
def test_the_chain_hashes_the_same_bytes(value: Any) -> None:
    assert chain.of_plain(value) == chain.canonical(value)


@given(PLAIN | st.floats(allow_nan=False, allow_infinity=False))
@example({1: "a number as a key", "b": [1.5, 1e300, 0.1]})
def test_a_column_holds_the_same_value(value: Any) -> None:
    assert json.loads(quick._as_json(value)) == json.loads(json.dumps(value))


def test_half_a_character_is_written_or_refused_as_before() -> None:
    assert json.loads(quick._as_json("\ud800")) == "\ud800"
    with pytest.raises(UnicodeEncodeError):
        chain.of_plain("\ud800")


@pytest.mark.parametrize("write", [chain.of_plain, quick._as_json])
def test_what_is_no_json_is_refused(write: Any) -> None:
    with pytest.raises(TypeError):
        write({"at": datetime(2026, 1, 1, tzinfo=UTC)})
