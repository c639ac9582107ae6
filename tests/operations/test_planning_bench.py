"""Given the planner's benchmarks on small settings, when they measure, then their figures are those of checked plans."""

from __future__ import annotations

import os

import pytest

from benchmarks import growth, single_days
from guanxi.cores.routing.generating import windows
from guanxi.cores.routing.lowering import lower
from guanxi.cores.routing.search import solve
from guanxi.cores.routing.tests.by_hand import COMPILED, HOME


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled code is kept for all tests."""
    monkeypatch.setenv("GUANXI_HOME", HOME)


def test_growth_is_measured_told_and_drawn() -> None:
    found: list[growth.Size] = []
    results = list(growth.measured(0.5, sizes=(40, 80), found=found))
    assert [size.customers for size in found] == [40, 80]
    assert all(0 <= size.first <= size.near and size.thousand > 0 and size.peak > 10 for size in found)
    assert len(results) == 6
    assert growth.table(found).count("\n") == 3
    drawn = growth.picture(found)
    assert drawn.count("<polyline") == 4
    assert "nan" not in drawn


def test_a_single_day_is_judged_by_the_checker() -> None:
    lowered = lower(windows(1, 25, "R1"))
    answer = solve(lowered.made, iterations=300, seed=1, cache_folder=COMPILED)
    routes = [[int(i) for i in route] for route in answer.routes]
    cost, findings = single_days.judged(lowered, routes)
    assert cost == pytest.approx(answer.cost)
    assert findings == 0
    assert single_days.judged(lowered, routes[1:])[1] > 0  # customers are missing
    backwards = [route[::-1] for route in routes]
    assert single_days.judged(lowered, backwards)[1] > 0


def test_days_are_told_without_pyvrp_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GUANXI_BENCH_PYVRP", raising=False)
    monkeypatch.setattr(single_days, "SIZES", (25,))
    found: list[single_days.Day] = []
    results = list(single_days.measured(0.2, 1, few=True, found=found))
    assert [day.name for day in found] == ["C1, 25"]
    assert results[-1].p50 == 0  # findings
    assert "GUANXI_BENCH_PYVRP" in capsys.readouterr().err
    assert "| C1, 25 |" in single_days.table(found, 0.2)


@pytest.mark.skipif("GUANXI_BENCH_PYVRP" not in os.environ, reason="names a python that has PyVRP")
def test_pyvrp_solves_the_same_problem() -> None:
    day = single_days.one("RC2", 25, 1.0, 1, os.environ["GUANXI_BENCH_PYVRP"])
    assert day.findings == 0
    assert day.theirs is not None
    assert len(day.more["pyvrp"]) == single_days.CORES
