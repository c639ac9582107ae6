"""Visit plans: gap to the best known after 10 s and 60 s, over a folder of Cordeau's instances, and generated ones; single
days with windows against PyVRP (`single_days.py`); how time and memory grow with the customers (`growth.py`).

`INSTANCES` names the folder (any `*.txt` of Cordeau's periodic format); a file `best_known.txt` in it may hold a name and
a value a line. `SECONDS` (60), `SEEDS` (1,2,3) and `PARTS` (folder,generated,days,months,growth) narrow it; of `days` the first
seed is taken. `GUANXI_BENCH_PYVRP` names a python that has PyVRP. `WRITE=1` puts the figures of these parts into the page.
"""

from __future__ import annotations

import itertools
import os
import re
import resource
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import growth, machine, single_days
from ..companies import ROOT
from ..results import Result
from . import Bench, suite

SUITE = "planning"
FEW = 20
"""Requests below which one small instance is enough, to see that it measures."""
CORES = 2
EARLY = 10.0
"""Seconds at which the early figure is read from the same run."""
PAGE = ROOT / "docs" / "explanation" / "planning-quality.md"
PICTURE = ROOT / "docs" / "explanation" / "planning-quality.svg"
GROWTH = ROOT / "docs" / "explanation" / "planning-growth.svg"
BEST_KNOWN = {
    "p01": 524.61, "p02": 1322.87, "p03": 524.61, "p04": 835.26, "p05": 2024.96,
    "p06": 835.26, "p07": 826.14, "p08": 2022.47, "p09": 826.14, "p10": 1593.43,
}  # fmt: skip
"""Vidal, Crainic, Gendreau, Lahrichi and Rei (2012), table of the periodic instances."""
GENERATED = ((50, 5), (100, 5), (200, 6), (420, 7))
"""Customers and days."""


@dataclass(frozen=True)
class Run:
    """One seed's search: (seconds, cost) wherever it became better; costs only of plans that miss nothing."""

    points: tuple[tuple[float, float], ...]

    def at(self, seconds: float) -> float:
        """The best cost by then; inf before the first whole plan."""
        return min((cost for when, cost in self.points if when <= seconds), default=float("inf"))


@suite(SUITE, on="nothing")
def planning(bench: Bench) -> Iterator[Result]:
    """Visit plans: gap to the best known after 10 s and 60 s, single days against PyVRP, growth to 10,000 customers."""
    few = bench.requests < FEW
    seconds = 1.0 if few else float(os.environ.get("SECONDS", "60"))
    seeds = [1] if few else [int(seed) for seed in os.environ.get("SEEDS", "1,2,3").split(",")]
    parts = os.environ.get("PARTS", "folder,generated,days,months,growth").split(",")
    ready = _warm()
    yield ready
    runs: dict[str, list[Run]] = {}
    known: dict[str, float] = {}
    for name, problem, best in itertools.chain(
        _folder() if "folder" in parts else (), _generated(few) if "generated" in parts else ()
    ):
        runs[name] = [_run(problem, seconds, seed) for seed in seeds]
        known[name] = best or min(run.at(seconds) for run in runs[name])
        gaps = {
            when: sorted(100 * (run.at(when) / known[name] - 1) for run in runs[name])
            for when in (EARLY, seconds)
        }
        yield Result(SUITE, f"gap: {name}", "%", round(statistics.median(gaps[seconds]), 3), round(gaps[seconds][-1], 3),
                     n=len(seeds), target=1.5 if best else None,
                     more={"early": round(statistics.median(gaps[EARLY]), 3), "seeds": seeds,
                           "best_known": best or "best of these runs"})  # fmt: skip
    public = [name for name in runs if name in known and not name.startswith("generated")]
    for when, target in ((min(EARLY, seconds), 1.2), (seconds, 0.5)):
        if public:
            mean = statistics.mean(_median(runs[name], known[name], when) for name in public)
            yield Result(
                SUITE, f"mean gap after {when:g} s", "%", round(mean, 3), n=len(public), target=target
            )
    days: list[single_days.Day] = []
    if "days" in parts:
        yield from single_days.measured(seconds, seeds[0], few=few, found=days)
    sizes = (300,) if few else (100, 1000, 3000, 10_000)
    for customers in sizes if "months" in parts else ():
        yield _month(customers, seconds if customers <= 3000 else 10 * seconds)
    grown: list[growth.Size] = []
    if "growth" in parts:
        yield from growth.measured(seconds, sizes=(100, 300) if few else growth.SIZES, found=grown)
    if os.environ.get("WRITE") == "1":
        if runs:
            _write(runs, known, seconds, seeds)
        if days:
            _put("days", f"{_about(seeds[:1])}\n\n{single_days.table(days, seconds)}")
        if grown:
            _put("growth", f"{_about([1])}\n\n{growth.table(grown)}")
            GROWTH.write_text(growth.picture(grown), encoding="utf-8")


def _warm() -> Result:
    from guanxi.cores.routing.search import warm
    from guanxi.interfaces.cli.planning import cache_folder

    began = time.perf_counter()
    warm(cache_folder())
    return Result(SUITE, "compiled code is there", "s", round(time.perf_counter() - began, 1))


def _folder() -> Iterator[tuple[str, Any, float | None]]:
    """The folder's instances with the best known values."""
    from guanxi.cores.routing import cordeau

    folder = os.environ.get("INSTANCES")
    if not folder:
        return
    known = dict(BEST_KNOWN)
    table = Path(folder) / "best_known.txt"
    if table.exists():
        known |= {
            row[0]: float(row[1]) for row in map(str.split, table.read_text().splitlines()) if len(row) >= 2
        }
    for file in sorted(Path(folder).glob("*.txt")):
        if file != table:
            yield file.stem, cordeau.read(file.read_text()), known.get(file.stem)


def _generated(few: bool) -> Iterator[tuple[str, Any, None]]:
    from guanxi.cores.routing.generating import periodic

    for customers, days in GENERATED[:1] if few else GENERATED:
        yield f"generated-{customers}-{days}", periodic(1, customers, days), None


def _run(problem: Any, seconds: float, seed: int) -> Run:
    from guanxi.cores.routing.lowering import lower
    from guanxi.cores.routing.search import solve

    with ThreadPoolExecutor(CORES) as pool:
        answer = solve(
            lower(problem).made, seconds=seconds, clock=time.perf_counter, pool=pool.map, seed=seed
        )
    return Run(tuple((point.seconds, point.cost) for point in answer.trace if not point.missed))


def _month(customers: int, seconds: float) -> Result:
    """Four weeks of as many people as the customers ask for, with windows."""
    from guanxi.cores.routing.generating import month
    from guanxi.cores.routing.lowering import lower
    from guanxi.cores.routing.search import solve

    made = lower(month(1, customers, max(1, customers // 250))).made
    with ThreadPoolExecutor(CORES) as pool:
        answer = solve(made, seconds=seconds, clock=time.perf_counter, pool=pool.map, seed=1)
    late = next(
        (p.seconds for p in answer.trace if p.cost <= 1.03 * answer.cost and p.missed <= sum(answer.missed)),
        0,
    )
    return Result(SUITE, f"month: {customers:,} customers, to within 3 % of its last", "s", round(late, 1),
                  more={"missed": sum(answer.missed), "cost": round(answer.cost), "seconds": seconds,
                        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)})  # fmt: skip


def _median(runs: list[Run], best: float, when: float) -> float:
    return statistics.median(100 * (run.at(when) / best - 1) for run in runs)


def _write(runs: dict[str, list[Run]], known: dict[str, float], seconds: float, seeds: list[int]) -> None:
    """The page's figures and its picture."""
    lines = [
        f"{_about(seeds)}; gap in % of the best known, median of the seeds (worst).",
        "",
        f"| instance | best known | {EARLY:g} s | {seconds:g} s |",
        "| --- | --- | --- | --- |",
    ]
    for name, found in runs.items():
        cells = []
        for when in (EARLY, seconds):
            worst = max(100 * (run.at(when) / known[name] - 1) for run in found)
            cells.append(f"{_shown(_median(found, known[name], when))} ({_shown(worst)})")
        own = " (best of these runs)" if name.startswith("generated") else ""
        lines.append(f"| {name} | {known[name]:.2f}{own} | {cells[0]} | {cells[1]} |")
    if public := [name for name in runs if not name.startswith("generated")]:
        means = [
            statistics.mean(_median(runs[name], known[name], when) for name in public)
            for when in (EARLY, seconds)
        ]
        lines.append(f"| mean of {len(public)} public | | {_shown(means[0])} | {_shown(means[1])} |")
    _put("figures", "\n".join([*lines, "", f"![Gap against time]({PICTURE.name})"]))
    PICTURE.write_text(picture(runs, known, seconds), encoding="utf-8")


def _shown(percent: float) -> str:
    """Two places; best known values are rounded, so that a plan may stand a trace below: that is no minus."""
    return f"{round(percent, 2) + 0.0:.2f}"


def _about(seeds: list[int]) -> str:
    """Machine and seeds of a table."""
    about = machine.described()
    return (
        f"{about['processor']}, {CORES} of {about['cores']} cores, load {about['load'][0]}, "
        f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
    )


def _put(mark: str, block: str) -> None:
    """The block between the page's marks of this name."""
    marks = re.compile(rf"(<!-- {mark}[^>]*-->\n).*?(<!-- end of {mark} -->)", re.DOTALL)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(marks.sub(lambda m: f"{m[1]}{block}\n{m[2]}", text), encoding="utf-8")


def picture(runs: dict[str, list[Run]], known: dict[str, float], seconds: float) -> str:
    """SVG of the median gap against time: a line for each instance, time by its logarithm from a second on."""
    import math

    wide, high, left, most = 720, 360, 46, 4.0
    ticks = [t for t in (1, 2, 5, 10, 20, 60, 300) if t <= seconds]

    def x(t: float) -> float:
        return left + (wide - left - 90) * math.log(max(t, 1)) / math.log(max(seconds, 2))

    def y(gap: float) -> float:
        return 12 + (high - 44) * (1 - min(max(gap, 0.0), most) / most)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="11">'
    ]
    parts += [f'<text x="{x(t):.0f}" y="{high - 12}" text-anchor="middle">{t} s</text>' for t in ticks]
    for gap in range(int(most) + 1):
        parts.append(
            f'<line x1="{left}" x2="{wide - 90}" y1="{y(gap):.0f}" y2="{y(gap):.0f}" stroke="#ddd"/>'
        )
        parts.append(f'<text x="{left - 6}" y="{y(gap) + 4:.0f}" text-anchor="end">{gap} %</text>')
    for number, (name, found) in enumerate(runs.items()):
        colour = f"hsl({number * 360 // max(len(runs), 1)} 60% 40%)"
        times = [1.0 * (seconds ** (i / 60)) for i in range(61)]
        gaps = [(t, _median(found, known[name], t)) for t in times]
        drawn = " ".join(f"{x(t):.1f},{y(gap):.1f}" for t, gap in gaps if math.isfinite(gap))
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}"/>')
        parts.append(f'<text x="{wide - 86}" y="{24 + 12 * number}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
