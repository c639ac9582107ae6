"""How the search grows with the number of customers: months of 100 to 10,000, each in a process of its own.

`python -m benchmarks.growth CUSTOMERS SECONDS` prints one size as JSON.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from .companies import ROOT
from .results import Result

SUITE = "planning"
SIZES = (100, 300, 1000, 3000, 10_000)
CORES = 2
NEAR = 1.01
"""Within 1 % of the last plan's cost."""
CUSTOMERS_A_PERSON = 250


@dataclass(frozen=True)
class Size:
    """One number of customers. Seconds from the search's begin; `first`: to the first plan that misses no more than the
    last one; `near`: until within 1 % of it; `thousand`: for 1,000 steps of each island; `made`: to make the arrays;
    `peak`: MB (10^6 bytes) that the process had at most, the compiled search in it."""

    customers: int
    seconds: float
    made: float
    first: float
    near: float
    thousand: float
    peak: float
    missed: int
    cost: float


def size(customers: int, seconds: float) -> Size:
    """Four weeks of as many people as the customers ask for, with windows, searched for so long in this process."""
    from guanxi.cores.routing.generating import month
    from guanxi.cores.routing.lowering import lower
    from guanxi.cores.routing.search import solve, warm
    from guanxi.interfaces.cli.planning import cache_folder

    warm(cache_folder())
    problem = month(1, customers, max(1, customers // CUSTOMERS_A_PERSON))
    began = time.perf_counter()
    made = lower(problem).made
    prepared = time.perf_counter() - began
    with ThreadPoolExecutor(CORES) as pool:
        began = time.perf_counter()
        answer = solve(made, seconds=seconds, clock=time.perf_counter, pool=pool.map, seed=1)
        took = time.perf_counter() - began
    missed = sum(answer.missed)
    whole = [point for point in answer.trace if point.missed <= missed]
    first = next((point.seconds for point in whole), took)
    near = next((point.seconds for point in whole if point.cost <= NEAR * answer.cost), took)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return Size(customers, seconds, round(prepared, 2), round(first, 2), round(near, 2),
                round(1000 * took / max(answer.steps, 1), 3), round(peak), missed, round(answer.cost, 1))  # fmt: skip


def measured(seconds: float, *, sizes: Sequence[int] = SIZES, found: list[Size]) -> Iterator[Result]:
    """Each size for `seconds`, ten times as long above 3,000 customers; the sizes are put into `found`."""
    for customers in sizes:
        limit = seconds if customers <= 3000 else 10 * seconds
        command = [sys.executable, "-m", "benchmarks.growth", str(customers), str(limit)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        one = Size(**json.loads(ended.stdout))
        found.append(one)
        yield Result(SUITE, f"growth: {customers:,} customers, first plan", "s", one.first, more=asdict(one))
        yield Result(SUITE, f"growth: {customers:,} customers, to within 1 % of its last", "s", one.near)
        yield Result(SUITE, f"growth: {customers:,} customers, memory", "MB", one.peak,
                     target=2000 if customers <= 10_000 else None)  # fmt: skip


def table(found: Sequence[Size]) -> str:
    """The sizes as the page shows them."""
    lines = [
        "| customers | searched | first plan | within 1 % of its last | 1,000 steps | memory | visits missed |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {s.customers:,} | {s.seconds:g} s | {s.first:.1f} s | {s.near:.1f} s | {s.thousand:.2f} s | {s.peak:.0f} MB | "
        f"{s.missed} |"
        for s in found
    ]
    return "\n".join(lines)


def picture(found: Sequence[Size]) -> str:
    """SVG: seconds, and beside them memory, against customers; both by their logarithms."""
    times = {
        "first plan": [s.first for s in found],
        "within 1 % of its last": [s.near for s in found],
        "1,000 steps": [s.thousand for s in found],
    }
    customers = [s.customers for s in found]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 340" font-family="sans-serif" font-size="11">'
    ]
    parts += _panel(40, 380, customers, times, "s")
    parts += _panel(480, 220, customers, {"memory": [s.peak for s in found]}, "MB")
    return "\n".join([*parts, "</svg>", ""])


def _panel(
    left: int, wide: int, customers: Sequence[int], lines: dict[str, list[float]], unit: str
) -> Iterator[str]:
    """One picture: lines over the customers, tens as grid."""
    top, high = 40, 250
    values = [max(value, 1e-3) for line in lines.values() for value in line]
    low = math.floor(math.log10(min(values)))
    most = max(math.ceil(math.log10(max(values))), low + 1)
    begin = math.log10(min(customers))
    span = max(math.log10(max(customers)) - begin, 1e-9)

    def x(count: int) -> float:
        return left + wide * (math.log10(count) - begin) / span

    def y(value: float) -> float:
        return top + high * (most - math.log10(max(value, 1e-3))) / (most - low)

    for power in range(low, most + 1):
        at = y(10.0**power)
        yield f'<line x1="{left}" x2="{left + wide}" y1="{at:.0f}" y2="{at:.0f}" stroke="#ddd"/>'
        yield f'<text x="{left - 4}" y="{at + 4:.0f}" text-anchor="end">{10.0**power:g}</text>'
    yield f'<text x="{left - 4}" y="{top - 22}" text-anchor="end">{unit}</text>'
    for count in customers:
        yield f'<text x="{x(count):.0f}" y="{top + high + 18}" text-anchor="middle">{count:,}</text>'
    yield f'<text x="{left + wide / 2:.0f}" y="{top + high + 36}" text-anchor="middle">customers</text>'
    for number, (name, line) in enumerate(lines.items()):
        colour = f"hsl({number * 360 // len(lines)} 60% 40%)"
        points = " ".join(f"{x(c):.1f},{y(v):.1f}" for c, v in zip(customers, line, strict=True))
        yield f'<polyline points="{points}" fill="none" stroke="{colour}"/>'
        yield f'<text x="{left + 10 + 130 * number}" y="{top - 8}" fill="{colour}">{name}</text>'


if __name__ == "__main__":
    print(json.dumps(asdict(size(int(sys.argv[1]), float(sys.argv[2])))))
