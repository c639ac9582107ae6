"""The search for customers that are one, over all there are."""

from __future__ import annotations

import itertools
import resource
import time
from collections.abc import Iterator
from typing import Any

from ..results import Result, spread
from . import Bench, django_ready, suite

SUITE = "duplicates"
TARGET = 900
"""Seconds for OF customers; fewer have as much less."""
OF = 1_000_000
LEAST = 10


@suite(SUITE)
def duplicates(bench: Bench) -> Iterator[Result]:
    """Every customer compared with whatever could be the same; with the memory that takes."""
    company = bench.on()
    django_ready()
    from django.utils import timezone

    from guanxi.domains.customers.models_twins import TwinSearch
    from guanxi.domains.customers.twins import search

    TwinSearch.objects.filter(finished_at=None).update(finished_at=timezone.now())
    portions: list[float] = [time.perf_counter()]

    def beat(progress: dict[str, Any] | None) -> None:
        portions.append(time.perf_counter())

    made = search.begin(None, timezone.now())
    before, processor = _peak(), time.process_time()
    search.run_search(made.pk, clock=timezone.now, beat=beat)
    seconds, used = time.perf_counter() - portions[0], time.process_time() - processor
    made.refresh_from_db()
    more = {"processor_s": round(used, 1), "customers": made.looked, "new_pairs": made.found}
    target = max(LEAST, TARGET * made.total / OF)
    yield Result(SUITE, f"{made.looked:,} customers compared", "s", round(seconds, 1), database=company.database,
                 target=round(target), rows=bench.rows, more=more)  # fmt: skip
    took = [after - start for start, after in itertools.pairwise(portions)]
    if took:
        yield Result(SUITE, f"each {search.PORTION} of them", "ms", **spread(took), database=company.database,
                     n=len(took), rows=bench.rows)  # fmt: skip
    yield Result(SUITE, "memory", "MB", _peak(), database=company.database, rows=bench.rows,
                 more={"before": before})  # fmt: skip


def _peak() -> int:
    """The most memory this process has had, in MB."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)
