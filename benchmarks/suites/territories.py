"""Territories: how even, how connected, how much travel against balanced k-means; 100,000 customers; estimates against
plans."""

from __future__ import annotations

import itertools
import json
import os
import re
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from .. import machine
from ..companies import ROOT
from ..results import Result, table
from ..rivals import python_with
from . import Bench, suite

SUITE = "territories"
SIZES = ((300, 5), (1000, 10), (2000, 20))
SEEDS = (1, 2, 3)
LARGE = (500, 2)
"""Customers and people for each of the bench's requests: 100,000 and 400 for the usual 200."""
FEW = 20
"""Requests below which a town of each kind is enough, to see that it measures."""
CORES = 2
PAGE = ROOT / "docs" / "explanation" / "planning-territories.md"
BLOCK = re.compile(r"(<!-- figures[^>]*-->\n).*?(<!-- end of figures -->)", re.DOTALL)

RIVAL = """
import json, sys, time
import numpy
from k_means_constrained import KMeansConstrained
given = json.load(sys.stdin)
points, parts, off = numpy.array(given["points"]), given["parts"], given["spread"] / 2
even = len(points) / parts
began = time.perf_counter()
made = KMeansConstrained(n_clusters=parts, size_min=int(even * (1 - off)), size_max=int(numpy.ceil(even * (1 + off))),
                         random_state=given["seed"]).fit_predict(points)
print(json.dumps([made.tolist(), time.perf_counter() - began]))
"""


@suite(SUITE, on="nothing")
def territories(bench: Bench) -> Iterator[Result]:
    """Territories: spread, connection, travel against k-means-constrained, 100,000 customers, estimates against plans."""
    found = []
    for result in _measured(bench):
        found.append(result)
        yield result
    if os.environ.get("WRITE") == "1":
        _write(found)


def _measured(bench: Bench) -> Iterator[Result]:
    few = bench.requests < FEW
    yield from _towns(SIZES[:1] if few else SIZES, SEEDS[:1] if few else SEEDS)
    yield from _large(*(bench.requests * each for each in LARGE))
    yield from _what_if()
    yield from _estimates()


def rival() -> str | None:
    """An interpreter that has k-means-constrained. None, with the reason told."""
    return python_with(
        "k-means-constrained",
        "GUANXI_BENCH_KMEANS",
        "territories: travel is not compared with balanced k-means",
    )


def _towns(sizes: Sequence[tuple[int, int]], seeds: Sequence[int]) -> Iterator[Result]:
    """Each kind and size of town, over the seeds: the worst spread and pieces, the mean and the worst travel."""
    from guanxi.cores.routing.territories import check, divide
    from guanxi.cores.routing.territories.towns import KINDS, town

    python = rival()
    for even in (True, False):
        for kind in KINDS:
            for customers, people in sizes:
                spreads, pieces, travel, ways, seconds, theirs, findings = [], 0, [], [], 0.0, [], 0
                for seed in seeds:
                    problem = town(kind, customers, people, seed, even=even)
                    began = time.perf_counter()
                    division = divide(problem, seed)
                    seconds += time.perf_counter() - began
                    spreads.append(100 * division.spread)
                    pieces += sum(t.pieces - 1 for t in division.territories)
                    findings += len(check(problem, division))
                    if python:
                        other = _rivals(python, problem, seed)
                        theirs.append(other)
                        travel.append(100 * (division.travel_minutes / other["travel"] - 1))
                        way = sum(t.way_minutes for t in division.territories)
                        ways.append(100 * (way / other["way"] - 1))
                what = f"{kind}{', one visit each' if even else ''}, {customers:,} in {people}"
                more = {
                    "seeds": list(seeds), "pieces_too_many": pieces, "findings_of_the_checker": findings,
                    "s": round(seconds / len(seeds), 2),
                }  # fmt: skip
                yield Result(SUITE, f"spread: {what}", "%", round(float(np.median(spreads)), 2),
                             round(max(spreads), 2), n=len(seeds), target=5, more=more)  # fmt: skip
                yield Result(
                    SUITE, f"pieces and findings: {what}", "", pieces + findings, n=len(seeds), target=0
                )
                if python:
                    about = {
                        "way_mean": round(float(np.mean(ways)), 2),
                        "way_worst": round(max(ways), 2),
                        "k_means_s": round(float(np.mean([o["seconds"] for o in theirs])), 1),
                        "k_means_spread": round(max(o["spread"] for o in theirs), 1),
                        "k_means_in_pieces": sum(o["in_pieces"] for o in theirs),
                    }
                    yield Result(SUITE, f"travel against k-means: {what}", "%", round(float(np.mean(travel)), 2),
                                 round(max(travel), 2), n=len(seeds), target=5, more=about)  # fmt: skip


def _rivals(python: str, problem: Any, seed: int) -> dict[str, float]:
    """What balanced k-means comes to, by the same estimate."""
    from guanxi.cores.routing.territories import estimate, geometry, graph, improving

    projection = geometry.Projection.of(problem)
    known = estimate.customers(problem, projection)
    joined = graph.neighbours(
        known.points, geometry.segments(problem, projection), geometry.bridges(problem, projection)
    )
    given = {
        "points": known.points.tolist(),
        "parts": len(problem.people),
        "spread": problem.spread,
        "seed": seed,
    }
    ended = subprocess.run(
        [python, "-c", RIVAL], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    owner, seconds = json.loads(ended.stdout)
    state = improving.judged(improving.units(problem, known, joined), np.array(owner, np.int64))
    return {
        "way": state.travel, "travel": state.travel + float(known.leg.sum()), "spread": 100 * state.spread,
        "in_pieces": int(np.sum(state.pieces > 1)), "seconds": seconds,
    }  # fmt: skip


def _large(customers: int, people: int) -> Iterator[Result]:
    """100,000 customers into 400 territories, with what it takes of memory."""
    from guanxi.cores.routing.territories import check, divide
    from guanxi.cores.routing.territories.towns import KINDS, town

    divide(town("clustered", 50, 2, 1), iterations=1)  # compiled code is loaded
    for kind in KINDS:
        problem = town(kind, customers, people, 1)
        before = _peak()
        with ThreadPoolExecutor(CORES) as pool:
            began, used = time.perf_counter(), time.process_time()
            division = divide(problem, 1, pool=pool)
            seconds, processor = time.perf_counter() - began, time.process_time() - used
        pieces = sum(t.pieces - 1 for t in division.territories)
        began = time.perf_counter()
        findings = check(problem, division)
        more = {
            "processor_s": round(processor, 1), "pieces_too_many": pieces,
            "findings_of_the_checker": len(findings), "checked_in_s": round(time.perf_counter() - began, 1),
            "spread_percent": round(100 * division.spread, 2),
        }  # fmt: skip
        what = f"{customers:,} customers, {people} territories, {kind}"
        yield Result(SUITE, what, "s", round(seconds, 1), target=600, more=more)
        yield Result(SUITE, f"spread: {what}", "%", round(100 * division.spread, 2), target=5)
        yield Result(SUITE, f"pieces and findings: {what}", "", pieces + len(findings), target=0)
        yield Result(SUITE, f"memory: {what}", "MB", _peak(), more={"before": before})


def _peak() -> int:
    """The most memory this process has had, in MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


def _what_if() -> Iterator[Result]:
    """One person more, one less, new customers: who changes hands, in percent of all customers."""
    from dataclasses import replace

    from guanxi.cores.routing.territories import Person, divide, what_if
    from guanxi.cores.routing.territories.towns import KINDS, town

    for kind in KINDS:
        problem = town(kind, 1000, 10, 1)
        now = divide(problem)
        more = what_if(problem, now, more=[Person("new")])
        less = what_if(problem, now, without=["p5"])
        held = now.owners()
        customers = tuple(replace(c, owner=held[c.id]) for c in problem.customers)
        new = tuple(replace(c, id=f"new {c.id}", x=c.x + 50, owner=None) for c in customers[:30])
        grown = divide(replace(problem, customers=customers + new))
        for what, after in (("one person more", more), ("one less", less), ("30 customers more", grown)):
            yield Result(SUITE, f"change hands, {what}: {kind}, 1,000 in 10", "%",
                         round(100 * after.changes / 1000, 1), more={"spread": round(100 * after.spread, 2)})  # fmt: skip


def _estimates() -> Iterator[Result]:
    """Estimated travel of territories against months that the search has planned for them, patterns of visits evenly
    over 20 days: the ratio planned / estimated, for each kind of town over its territories."""
    from guanxi.cores.routing.territories import divide
    from guanxi.cores.routing.territories.towns import KINDS, town

    for kind in KINDS:
        problem = town(kind, 480, 6, 1)
        division = divide(problem)
        ratios = [_planned(problem, t) / t.travel_minutes for t in division.territories[:3]]
        yield Result(SUITE, f"planned / estimated travel: {kind}, 480 in 6", "", round(float(np.median(ratios)), 3),
                     n=len(ratios), more={"each": [round(r, 3) for r in ratios]})  # fmt: skip


PLANNING_ROUNDS = 20_000


def _planned(problem: Any, territory: Any) -> float:
    """Minutes of travel in a month's plan for a territory: visits once, twice (ten days apart), four times (five apart)
    in 20 days, as many days out as the estimate says and two more."""
    from guanxi.cores.routing.instance import instance
    from guanxi.cores.routing.search import solve

    mine = [c for c in problem.customers if c.id in set(territory.customers)]
    place = np.array([*((c.x, c.y) for c in mine), territory.home])
    pace = problem.detour / problem.metres_per_minute
    minutes = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1)) * pace
    days = 20
    patterns = [
        [sum(1 << (first + step * k) for k in range(days // step)) for first in range(step)]
        for step in (days // int(c.visits) for c in mine)
    ]
    made = instance(
        days=days, service=[c.minutes for c in mine], patterns=patterns, minutes=minutes, cost=minutes,
        slot_day=list(range(days)), slot_start=[len(mine)] * days, slot_owner=[0] * days,
        slot_most=[problem.day_minutes] * days,
    )  # fmt: skip
    answer = solve(made, iterations=PLANNING_ROUNDS, seed=1)
    total = 0.0
    for route in answer.routes:
        stops = [len(mine), *(int(s) for s in route), len(mine)]
        total += float(sum(minutes[a, b] for a, b in itertools.pairwise(stops)))
    return total


def _write(found: list[Result]) -> None:
    """The figures into the page, between its marks."""
    about = machine.described()
    line = (
        f"{about['processor']}, {about['cores']} cores, {about['memory_gb']} GB, Python {about['python']}; load "
        f"{about['load'][0]}, 500,000 rounds of plain Python in {about['loop_ms']} ms"
    )
    details = "\n".join(
        f"- {r.what}: {', '.join(f'{name} {value}' for name, value in r.more.items())}"
        for r in found
        if r.more
    )
    body = f"```\n{table(found)}\n\n{line}\n```\n\n{details}\n"
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda m: f"{m[1]}{body}{m[2]}", text), encoding="utf-8")
