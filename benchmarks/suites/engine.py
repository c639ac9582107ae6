"""The engine alone, on one core: no database, no web."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from ..results import Result, percentile
from . import Bench, django_ready, suite

TARGET = 20_000
MOST = 150_000
"""Facts of the company's journal that are folded."""


@suite("engine")
def engine(bench: Bench) -> Iterator[Result]:
    """The norms engine alone: facts a second of one core."""
    company = bench.on()
    if company.server:
        return  # the database has no part in it
    django_ready()
    from guanxi.cores.norms.controls import Version
    from guanxi.cores.norms.engine import Engine
    from guanxi.cores.norms.tests.speed import journal
    from guanxi.cores.norms.tests.world import CATALOGUE, R1, R5, ZONE

    for plain, what in (
        (True, "a year of visits with all that is said of them"),
        (False, "only facts that move obligations"),
    ):
        facts = journal(400, max(5, min(90, bench.requests)), plain)
        yield _measured(what, facts, lambda: Engine([Version("1", R1), Version("1", R5)], CATALOGUE, ZONE),
                        target=TARGET if plain else None)  # fmt: skip
    from guanxi.platform.journal.models import Fact
    from guanxi.platform.regulations import codec, packs
    from guanxi.platform.regulations import models as regulations

    rows = Fact.objects.order_by("seq")[:MOST]
    facts = [codec.fact_of(row) for row in rows.iterator(chunk_size=5000)]
    known = regulations.Version.objects.exclude(state__in=["draft", "withdrawn"]).order_by("pk")
    versions = [packs.engine_version(v) for v in known]
    catalogue, zone = packs.catalogue(), ZoneInfo("Asia/Shanghai")
    result = _measured("this company's journal under nine regulations", facts,
                       lambda: Engine(versions, catalogue, zone), target=TARGET)  # fmt: skip
    result.rows = bench.rows
    yield result


def _measured(what: str, facts: Sequence[Any], make: Any, target: float | None) -> Result:
    """The middle of three runs, each with a new engine and an empty store, by processor time."""
    import gc
    import time

    from guanxi.cores.norms.backtest import replay

    took: list[float] = []
    obligations = 0
    for _ in range(3):
        made = make()
        gc.collect()
        began = time.process_time()
        store = replay(made, facts)
        took.append(time.process_time() - began)
        obligations = len(store.obligations)
        del store
    per_second = round(len(facts) / percentile(took, 0.5))
    more = {"facts": len(facts), "obligations": obligations, "best": round(len(facts) / min(took))}
    return Result(
        "engine", what, "facts/s", per_second, n=len(facts), at_least=True, target=target, more=more
    )
