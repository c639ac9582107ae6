"""What was filled: how fast, and how large the database is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..results import Result
from . import Bench, suite


@suite("filling")
def filling(bench: Bench) -> Iterator[Result]:
    """How fast the company was filled, and the database's size."""
    company = bench.on()
    made = company.filled()
    if made is None:
        return
    more: dict[str, Any] = {
        name: made[name] for name in ("seconds", "cpu_seconds", "obligations", "visits") if name in made
    }
    name, rows = company.database, bench.rows
    yield Result("filling", "facts written in bulk", "facts/s", round(made["facts"] / made["seconds"]),
                 database=name, rows=rows, at_least=True, target=5_000_000 / 1800, more=more)  # fmt: skip
    size = company.megabytes()
    yield Result("filling", "database", "MB", size, database=name, rows=rows,
                 more={"bytes_per_fact": round(size * 1e6 / made["facts"])})  # fmt: skip
