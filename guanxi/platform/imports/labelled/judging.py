"""How well the matcher does: precision and recall over pairs, and which kinds of difference it misses."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ..duplicates import Index, Match
from ..judge import profile_of_reading
from .rows import Part
from .sets import Labelled, labelled


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        """From 0 to 1; 1 where there is nothing to hit."""
        return self.hits / self.of if self.of else 1.0

    @property
    def least(self) -> float:
        """The lower end of its 95 % interval (Wilson, 1927)."""
        if not self.of:
            return 0.0
        z, n, p = 1.96, self.of, self.share
        return (p + z * z / (2 * n) - z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)

    def __str__(self) -> str:
        return f"{self.share:.4f} ({self.hits} of {self.of})"


@dataclass
class Outcome:
    """What was found of one half, and what by mistake."""

    part: Part
    customers: int
    precision: Share
    recall: Share
    by_source: dict[str, tuple[Share, Share]] = field(default_factory=dict)
    """Source -> (precision, recall)."""
    by_kind: dict[str, Share] = field(default_factory=dict)
    """Kind of difference -> recall."""
    missed: list[tuple[int, int]] = field(default_factory=list)
    mistaken: list[tuple[int, int, Match]] = field(default_factory=list)
    alike: dict[str, int] = field(default_factory=dict)
    """Kind of look-alike -> how many were taken for the customer they look like."""


def judge(half: Labelled, *, certain: bool = False) -> Outcome:
    """What the matcher says of a half, held against its labels. certain: only those nobody needs to be asked about."""
    truth, found = half.pairs(), pairs_found(half)
    said = {pair: match for pair, match in found.items() if match.certain or not certain}
    said = {pair: match for pair, match in said.items() if pair not in half.unclear}
    made = Outcome(
        half.part,
        len(half.customers),
        Share(sum(1 for pair in said if pair in truth), len(said)),
        Share(sum(1 for pair in truth if pair in said), len(truth)),
        missed=sorted(pair for pair in truth if pair not in said),
        mistaken=sorted((*pair, match) for pair, match in said.items() if pair not in truth),
    )
    sources = [customer.source for customer in half.customers]
    for source in dict.fromkeys(sources):
        mine = [pair for pair in said if source in (sources[pair[0]], sources[pair[1]])]
        own = [pair for pair in truth if sources[pair[0]] == source]
        made.by_source[source] = (
            Share(sum(1 for pair in mine if pair in truth), len(mine)),
            Share(sum(1 for pair in own if pair in said), len(own)),
        )
    kinds, hits = Counter[str](), Counter[str]()
    for pair, how in truth.items():
        for kind in how.split("+"):
            kinds[kind] += 1
            hits[kind] += pair in said
    made.by_kind = {kind: Share(hits[kind], n) for kind, n in sorted(kinds.items())}
    hows = [customer.how for customer in half.customers]
    alike = Counter(
        next((how for how in (hows[b], hows[a]) if how.startswith("!")), "other") for a, b, _ in made.mistaken
    )
    made.alike = dict(sorted(alike.items()))
    return made


def pairs_found(half: Labelled) -> dict[tuple[int, int], Match]:
    """(number, number), smaller first -> what the matcher says of the two, for all of which it says something."""
    found: dict[tuple[int, int], Match] = {}
    index = Index(asking=False)
    for customer, reading in zip(half.customers, half.readings(), strict=True):
        profile = profile_of_reading(customer.number, reading)
        for match in index.matches(profile):
            found[int(match.ref), customer.number] = match
        index.add(profile)
    return found


def told(outcome: Outcome) -> list[str]:
    """The outcome as lines to print."""
    lines = [
        f"{outcome.part}: {outcome.customers} customers, {outcome.recall.of} pairs that are one",
        f"  precision {outcome.precision}, recall {outcome.recall}",
        f"  95 %: precision at least {outcome.precision.least:.3f}, recall at least {outcome.recall.least:.3f}",
    ]
    for source, (precision, recall) in outcome.by_source.items():
        lines.append(f"    {source:24} precision {precision!s:24} recall {recall}")
    lines.append("  recall by what differs:")
    lines += [f"    {kind:24} {share}" for kind, share in outcome.by_kind.items()]
    if outcome.alike:
        lines.append(
            "  taken for one by mistake: "
            + ", ".join(f"{k.lstrip('!')} {n}" for k, n in outcome.alike.items())
        )
    return lines


def run(part: Part, folder: Path | None, *, certain: bool = False) -> Outcome:
    """Judge a half of the set."""
    return judge(labelled(part, folder), certain=certain)
