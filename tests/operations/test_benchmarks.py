"""Given results, when the benchmarks end, then a missed target is told, and ends with 1 where that is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks.results import Result, percentile
from benchmarks.suites import suites

from .running import clean

MET = Result("engine", "folded", "facts/s", 20_000, target=20_000, at_least=True)
MISSED = Result("pages", "Today", "ms", 40, p95=101, p99=120, target=100)
PRINTED = Result("together", "each call", "ms", 40, p95=900)


def ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *found: Result, strict: str) -> tuple[int, Any]:
    monkeypatch.setenv("STRICT", strict)
    monkeypatch.setattr(command, "_companies", lambda options: [])
    monkeypatch.setattr(command, "_apart", lambda one, company, options: list(found))
    engine = replace(suites()["engine"], on="nothing")
    monkeypatch.setattr(command, "suites", lambda: {"engine": engine})
    file = tmp_path / "bench.json"
    return command.main(["engine", "--json", str(file)]), json.loads(file.read_text())


def test_a_missed_target_ends_with_1_only_where_that_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, body = ended(monkeypatch, tmp_path, MET, MISSED, PRINTED, strict="")
    assert (code, body["met"]) == (0, False)
    assert [r["met"] for r in body["results"]] == [True, False, None]
    assert body["machine"]["cores"] >= 1
    assert "missed: Today" in capsys.readouterr().out
    assert ended(monkeypatch, tmp_path, MET, MISSED, strict="1")[0] == 1
    code, body = ended(monkeypatch, tmp_path, MET, PRINTED, strict="1")
    assert (code, body["met"]) == (0, True)


def test_what_no_suite_is_called_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["speed"]) == 2
    assert "no suite speed" in capsys.readouterr().err


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99)] == [50, 95, 99]
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)


@pytest.mark.skipif("GUANXI_TEST_LONG" not in os.environ, reason="takes minutes: make long")
def test_every_suite_measures_a_tiny_company(tmp_path: Path) -> None:
    file, sizes = tmp_path / "bench.json", ("--customers", "300", "--facts", "3000", "--requests", "3")
    where = ("--database", "sqlite", "--folder", str(tmp_path / "companies"), "--json", str(file))
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks", *sizes, *where],
        cwd=command.ROOT,
        env=clean(tmp_path),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    body = json.loads(file.read_text())
    assert body["not_measured"] == []
    assert {r["suite"] for r in body["results"]} == set(suites())
    lost = next(r for r in body["results"] if r["what"] == "lost, doubled or refused")
    assert lost["p50"] == 0, lost
