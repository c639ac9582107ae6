"""Single days with time windows against PyVRP (MIT; Wouda, Lan and Kool 2024): the same problem, time and cores.

The days are made after Solomon's (1987) classes by `generating.windows` with seed 1: C (customers gathered around towns), R
(spread evenly), RC (half of each); type 1 has short days and small vehicles, type 2 long days and large ones. Windows
are hard, vehicles alike, and as many as are wanted; distance is minimised. PyVRP counts in whole numbers: it is given
distances in thousandths, travel times rounded up, windows rounded inwards. Its search runs on one core, so one of each of two
seeds runs at the same time, and the better one counts. Both answers are then read back as plans, timed, costed and checked
by the core's own checker from the unrounded problem.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from .results import Result
from .rivals import python_with

SUITE = "planning"
KINDS = ("C1", "C2", "R1", "R2", "RC1", "RC2")
SIZES = (100, 200, 400)
TARGET = 0.5
"""Percent above PyVRP that the mean may be."""
CORES = 2
SCALE = 1000

RIVAL = """
import json, sys
import numpy
from pyvrp import Client, Depot, Location, ProblemData, VehicleType, solve
from pyvrp.stop import MaxRuntime
given = json.load(sys.stdin)
scale, at = given["scale"], numpy.array(given["at"])
apart = numpy.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) * scale
whole = lambda value, rounded: int(rounded(value * scale))
clients = [
    Client(i + 1, delivery=[c["load"]], service_duration=whole(c["minutes"], numpy.ceil),
           tw_early=whole(c["early"], numpy.ceil), tw_late=whole(c["late"], numpy.floor))
    for i, c in enumerate(given["clients"])
]
vehicles = VehicleType(given["vehicles"], [given["capacity"]], tw_early=0, tw_late=whole(given["day"], numpy.floor))
data = ProblemData([Location(x, y) for x, y in given["at"]], clients, [Depot(0)], [vehicles],
                   [numpy.round(apart).astype(numpy.int64)], [numpy.ceil(apart).astype(numpy.int64)])
found = solve(data, MaxRuntime(given["seconds"]), seed=given["seed"], collect_stats=False, display=False)
routes = [[stop.idx for stop in route if stop.is_client()] for route in found.best.routes()]
print(json.dumps({"routes": routes, "feasible": found.is_feasible(), "iterations": found.num_iterations}))
"""


@dataclass(frozen=True)
class Day:
    """One instance's outcome. Costs are distances; `theirs` None where PyVRP is not there; `findings` of the checker."""

    name: str
    ours: float
    theirs: float | None
    findings: int
    more: dict[str, Any]

    @property
    def gap(self) -> float | None:
        """Percent above PyVRP."""
        return None if self.theirs is None else 100 * (self.ours / self.theirs - 1)


def rival() -> str | None:
    """An interpreter that has PyVRP. None, with the reason told."""
    return python_with("pyvrp", "GUANXI_BENCH_PYVRP", "planning: single days are not compared with PyVRP")


def measured(seconds: float, seed: int, *, few: bool, found: list[Day]) -> Iterator[Result]:
    """The gap of each day, and their mean; the days are put into `found`."""
    python = rival()
    for size in SIZES[:1] if few else SIZES:
        for kind in KINDS[:1] if few else KINDS:
            day = one(kind, size, seconds, seed, python)
            found.append(day)
            gap = 0.0 if day.gap is None else day.gap
            yield Result(SUITE, f"single day, above PyVRP: {day.name}" if python else f"single day: {day.name}", "%",
                         round(gap, 3), n=1, more=day.more)  # fmt: skip
    gaps = [day.gap for day in found if day.gap is not None]
    if gaps:
        yield Result(
            SUITE, f"single days, mean above PyVRP after {seconds:g} s", "%", round(statistics.mean(gaps), 3),
            n=len(gaps), target=TARGET, more={"worst": round(max(gaps), 3)},
        )  # fmt: skip
    findings = sum(day.findings for day in found)
    yield Result(SUITE, "single days, findings of the checker", "", findings, n=len(found), target=0)


def one(kind: Any, customers: int, seconds: float, seed: int, python: str | None) -> Day:
    """One day, solved by both for the same time, one after the other."""
    from guanxi.cores.routing.generating import windows
    from guanxi.cores.routing.lowering import lower
    from guanxi.cores.routing.search import solve, warm
    from guanxi.interfaces.cli.planning import cache_folder

    warm(cache_folder())  # loading compiled code is not searching
    problem = windows(1, customers, kind)
    theirs = rivals(python, problem, seconds, seed) if python else []
    lowered = lower(problem)
    with ThreadPoolExecutor(CORES) as pool:
        began = time.perf_counter()
        answer = solve(lowered.made, seconds=seconds, clock=time.perf_counter, pool=pool.map, seed=seed)
        took = time.perf_counter() - began
    ours, findings = judged(lowered, [[int(i) for i in route] for route in answer.routes])
    costs = []
    for each in theirs:
        cost, wrong = judged(lowered, each["routes"])
        costs.append(cost)
        findings += wrong
    more = {
        "cost": round(ours, 2), "s": round(took, 1), "steps": answer.steps, "pyvrp": [round(cost, 2) for cost in costs],
        "pyvrp_iterations": [each["iterations"] for each in theirs], "findings_of_the_checker": findings,
    }  # fmt: skip
    return Day(f"{kind}, {customers}", ours, min(costs, default=None), findings, more)


def judged(lowered: Any, routes: Sequence[Sequence[int]]) -> tuple[float, int]:
    """Distance of routes (customers by number, from 0) and how much the checker finds: read back as a plan of the problem."""
    from guanxi.cores.routing.checking import check
    from guanxi.cores.routing.figures import figures
    from guanxi.cores.routing.lowering import routes as timed
    from guanxi.cores.routing.plan import Plan

    problem = lowered.problem
    lists = [*routes, *([[]] * (len(lowered.slots) - len(routes)))]
    made, _ = timed(lowered, lists)
    plan = Plan(made, figures=figures(problem, made, (), None))
    return plan.figures.travel_cost, len(check(problem, plan))


def rivals(python: str, problem: Any, seconds: float, seed: int) -> list[dict[str, Any]]:
    """What PyVRP comes to, on each core with a seed of its own; routes of customers from 0."""
    (workday,) = problem.people[0].workdays
    given = {
        "at": [(place.x, place.y) for place in problem.places],  # the depot, then the customers in their order
        "clients": [
            {"load": round(c.load), "minutes": c.minutes, "early": c.windows[0].earliest, "late": c.windows[0].latest}
            for c in problem.customers
        ],
        "vehicles": len(problem.people), "capacity": round(workday.capacity), "day": workday.latest,
        "seconds": seconds, "scale": SCALE,
    }  # fmt: skip

    def run(core: int) -> Any:
        text = json.dumps({**given, "seed": seed * CORES + core})
        command = [python, "-c", RIVAL]
        return json.loads(
            subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
        )

    with ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(run, range(CORES)))


def table(found: Sequence[Day], seconds: float) -> str:
    """The days as the page shows them."""
    lines = [f"| class, customers | Guanxi | PyVRP | above it, {seconds:g} s |", "| --- | --- | --- | --- |"]
    for day in found:
        theirs, gap = ("", "") if day.theirs is None else (f"{day.theirs:.2f}", f"{day.gap:+.2f} %")
        lines.append(f"| {day.name} | {day.ours:.2f} | {theirs} | {gap} |")
    gaps = [day.gap for day in found if day.gap is not None]
    if gaps:
        lines.append(f"| mean (worst) | | | {statistics.mean(gaps):+.2f} % ({max(gaps):+.2f} %) |")
    return "\n".join(lines)
