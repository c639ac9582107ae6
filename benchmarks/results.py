"""A result, percentiles, the table that is printed, and the file."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Result:
    """One figure, or the percentiles of many.

    unit: ms, s, kB (1,000 bytes), MB (10^6 bytes), facts/s …. state: warm, cold, or '' where that means nothing.
    target: what p95 must not pass; with `at_least`, what the figure must reach; None where it is only printed.
    queries: least and most of one request or action. more: whatever else explains the figure.
    """

    suite: str
    what: str
    unit: str
    p50: float
    p95: float | None = None
    p99: float | None = None
    database: str = ""
    who: str = ""
    state: str = ""
    n: int = 1
    concurrency: int = 1
    target: float | None = None
    at_least: bool = False
    queries: tuple[int, int] | None = None
    rows: dict[str, int] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def judged(self) -> float:
        """What is held against the target: the 95th percentile where there are several."""
        return self.p50 if self.p95 is None else self.p95

    @property
    def met(self) -> bool | None:
        if self.target is None:
            return None
        return self.judged >= self.target if self.at_least else self.judged <= self.target

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}

    @classmethod
    def read(cls, line: dict[str, Any]) -> Result:
        """From `as_json`."""
        known = {name: value for name, value in line.items() if name != "met"}
        if known.get("queries") is not None:
            known["queries"] = tuple(known["queries"])
        return cls(**known)


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that `share` of all values do not pass. ValueError of none."""
    if not values:
        raise ValueError("no percentile of nothing")
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 1)
    return ordered[max(0, min(len(ordered), int(rank)) - 1)]


def spread(seconds: Sequence[float]) -> dict[str, Any]:
    """p50, p95 and p99 in milliseconds, of seconds."""
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    return {name: round(percentile(seconds, share) * 1000, 2) for name, share in shares.items()}


HEAD = ("", "database", "who", "state", "p50", "p95", "p99", "unit", "n x at once", "queries", "target", "")


def table(results: Sequence[Result]) -> str:
    """The results, a line each, suite by suite."""
    lines: list[tuple[str, ...]] = [HEAD]
    suite = ""
    for r in results:
        if r.suite != suite:
            suite = r.suite
            lines.append((suite.upper(), *[""] * (len(HEAD) - 1)))
        queries = (
            ""
            if r.queries is None
            else str(r.queries[0])
            if r.queries[0] == r.queries[1]
            else f"{r.queries[0]}-{r.queries[1]}"
        )
        target = "" if r.target is None else f"{'≥' if r.at_least else '≤'} {number(r.target)}"
        lines.append((
            f"  {r.what}", r.database, r.who, r.state, number(r.p50), number(r.p95), number(r.p99), r.unit,
            f"{r.n} x {r.concurrency}" if r.n > 1 or r.concurrency > 1 else "", queries, target,
            {None: "", True: "met", False: "MISSED"}[r.met],
        ))  # fmt: skip
    widths = [max(width(line[place]) for line in lines) for place in range(len(HEAD))]
    numeric = {4, 5, 6, 9}
    return "\n".join(
        "  ".join(
            pad(cell, widths[place], right=place in numeric) for place, cell in enumerate(line)
        ).rstrip()
        for line in lines
    )


def number(value: float | None) -> str:
    """A figure as people read it."""
    if value is None:
        return ""
    if value >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def width(text: str) -> int:
    """Places on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def pad(text: str, places: int, *, right: bool = False) -> str:
    blanks = " " * max(0, places - width(text))
    return blanks + text if right else text + blanks
