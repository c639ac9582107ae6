"""Two customers merged into one, and parted again."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from random import Random
from typing import Any

from ..asking import counted
from ..results import Result, spread
from . import Bench, django_ready, people, suite
from .pages import busiest

SUITE = "merging"
TARGET = 1000


@suite(SUITE)
def merging(bench: Bench) -> Iterator[Result]:
    """Pairs of customers merged and parted, drawn by chance and among the busiest."""
    company = bench.on()
    django_ready()
    from guanxi.domains.customers import reads

    person = people()["all"]
    ids = list(
        reads.visible(person)
        .filter(credit_code="", parent=None, children=None, active=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    number = min(max(2, bench.requests // 4), 50, len(ids) // 2)
    drawn = Random(bench.seed).sample(ids, 2 * number)
    # The first action reads the regulations.
    _timed(person, "customers.merge", {"customer": drawn[0], "other": drawn[1]})
    _timed(person, "customers.unmerge", {"merger": _merger(drawn[1])})
    for what, chosen in (("by chance", drawn), ("the busiest", busiest(ids)[: 2 * number])):
        merged: list[tuple[float, int]] = []
        parted: list[tuple[float, int]] = []
        for stays, goes in zip(chosen[::2], chosen[1::2], strict=False):
            merged.append(_timed(person, "customers.merge", {"customer": stays, "other": goes}))
            parted.append(_timed(person, "customers.unmerge", {"merger": _merger(goes)}))
        for done, took in (("merged", merged), ("parted", parted)):
            if took:
                yield Result(SUITE, f"two customers {done}, {what}", "ms", **spread([s for s, _ in took]),
                             database=company.database, who="all", state="warm", n=len(took), target=TARGET,
                             queries=(min(q for _, q in took), max(q for _, q in took)), rows=bench.rows)  # fmt: skip


def _merger(goes: int) -> int:
    from guanxi.domains.customers.models_merger import Merger

    return int(Merger.objects.values_list("pk", flat=True).get(gone=goes, undone_at=None))


def _timed(person: Any, action: str, data: dict[str, Any]) -> tuple[float, int]:
    """Seconds and queries of one action."""
    from guanxi.platform.kernel import perform

    with counted() as sql:
        began = time.perf_counter()
        perform(action, data, actor=person, key=uuid.uuid4().hex, source="web")
        return time.perf_counter() - began, len(sql)
