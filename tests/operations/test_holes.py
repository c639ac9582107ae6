"""Given what is locked, when a hole of it is known, then the check fails until it is closed, or accepted for a time."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from scripts import holes

TODAY = date(2026, 11, 26)
HOLE = {"id": "CVE-1", "package": "django", "affected": "<5.1.12 || >=5.2,<5.2.6", "what": "SQL injection"}


def found(version: str, *accepted: dict[str, str]) -> list[str]:
    said = {"holes": [HOLE], "accepted": list(accepted)}
    return [
        hole.id for hole in holes.open_holes(said, iter([("django", version), ("whitenoise", "1")]), TODAY)
    ]


@pytest.mark.parametrize(
    ("version", "open_"),
    [("5.1.11", True), ("5.1.12", False), ("5.2.5", True), ("5.2.6", False), ("6.0a1", False)],
)
def test_a_version_that_a_hole_concerns_is_named(version: str, open_: bool) -> None:
    assert found(version) == (["CVE-1"] if open_ else [])


def test_it_is_accepted_with_a_reason_and_until_a_day_only() -> None:
    assert found("5.2.5", {"id": "CVE-1", "why": "not used", "until": "2026-11-26"}) == []
    assert found("5.2.5", {"id": "CVE-1", "why": "not used", "until": "2026-11-25"}) == ["CVE-1"]
    assert found("5.2.5", {"id": "CVE-1", "why": "", "until": "2027-01-01"}) == ["CVE-1"]
    assert found("5.2.5", {"id": "CVE-2", "why": "not used", "until": "2027-01-01"}) == ["CVE-1"]


def test_what_is_locked_is_read_from_every_lock() -> None:
    names = dict(holes.locked())
    assert {"django", "pytest", "uv", "npm:leaflet"} <= names.keys()
    said: dict[str, Any] = json.loads(holes.FILE.read_text())
    assert {
        hole["package"] for hole in said["holes"]
    } <= names.keys()  # an entry for what is not ours guards nothing
    assert holes.written(said) == holes.FILE.read_text()


def test_what_is_locked_has_no_hole_that_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert holes.check(TODAY) == 0, capsys.readouterr().out
