"""Readings of measures: sums over their lines, against a target or none, frozen or live.

Lines are what ``entries`` wrote; which lines a store hands in (a period, a department) is its own affair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from guanxi.cores.norms.controls import Measure, Version, Words
from guanxi.cores.norms.model import Draft, Fact, Frozen, MeasureEntry

Split = Literal["department", "person", "area"]
Parts = Mapping[tuple[str, str], Mapping[str, int]]
"""Sums by name, for each (person, department)."""
SUMS: Final = ("counted", "hit", "total", "taken_back")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: how many counted, how many of them hit, the sum of values, and how many misses were taken back.

    ``shown`` is the figure in the measure's own terms: a share in hundredths of a percent (8333 is 83.33%), a count,
    a sum, or a mean in hundredths; None when nothing was counted.
    """

    counted: int
    hit: int
    total: int
    taken_back: int
    shown: int | None
    small: bool
    red: bool

    def plain(self) -> dict[str, int]:
        """What a freezing fact keeps."""
        return {"counted": self.counted, "hit": self.hit, "total": self.total, "taken_back": self.taken_back}


@dataclass(frozen=True, slots=True)
class Reading:
    """A measure over one period: the figure, the same by each part, the target, and what was frozen.

    ``addendum`` is what arrived after the freeze, as differences of counts: shown below the frozen figure, never in it.
    A standing figure has none: what changes afterwards is no late arrival.
    """

    control: str
    clause: str
    version: str
    words: Words | None
    period: str
    show: str
    target: int | None
    reference: tuple[tuple[int, Words], ...]
    figure: Figure
    parts: Mapping[str, Mapping[str, Figure]]
    frozen: Figure | None = None
    addendum: Mapping[str, int] | None = None


def read(
    measure: Measure,
    version: Version,
    entries: Iterable[MeasureEntry],
    period: str,
    *,
    on: date | None = None,
    window: tuple[datetime, datetime] | None = None,
    frozen: Frozen | None = None,
) -> Reading:
    """Read a measure for a period label (or, for a rolling one, a window of moments) from its lines.

    ``entries`` may hold more than is needed; ``frozen`` is what the store keeps of a closed period.
    """
    lines = [line for line in entries if line.control == measure.key]
    reached = _reached(lines, period) if measure.reached_by else ()
    if measure.reached_by:
        lines = _coverage(lines, period)
    elif window is not None:
        lines = [line for line in lines if window[0] <= line.at < window[1]]
    elif measure.period != "standing":
        lines = [line for line in lines if line.period == period]
    target = version.amount(measure.target, on) if measure.target else None
    small = version.amount(measure.small, on) if measure.small else 0
    parts: dict[str, dict[str, Figure]] = {}
    for split in measure.split:
        grouped: dict[str, list[MeasureEntry]] = {}
        for line in lines:
            grouped.setdefault(str(getattr(line, split)), []).append(line)
        parts[split] = {name: _figure(measure, grouped[name], target, small) for name in sorted(grouped)}
    figure = _figure(measure, lines, target, small)
    reference = tuple((version.amount(name, on), words) for name, words in measure.reference)
    kept = addendum = None
    if frozen is not None:
        kept = _made(measure, frozen.figures, target, small)
        now = {**figure.plain(), "reached": len(reached)}
        addendum = arrived(measure, frozen.figures, now)
    return Reading(
        measure.key, measure.clause, version.label, measure.words, period, measure.show, target, reference,
        figure, parts, kept, addendum,
    )  # fmt: skip


def arrived(measure: Measure, frozen: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int] | None:
    """What came after a period was closed, as differences of sums; None where nothing did or nothing can.

    A coverage's population is the one that was frozen: only who was reached can arrive late (``reached`` counts them
    whether or not they are still in the population). A standing figure has no late arrivals.
    """
    if measure.period == "standing":
        return None
    if measure.reached_by:
        more = min(now["reached"] - frozen["reached"], frozen["counted"] - frozen["hit"])
        found = {**dict.fromkeys(SUMS, 0), "hit": more}
    else:
        found = {name: now[name] - frozen[name] for name in SUMS}
    return found if any(found.values()) else None


def parts_of(measure: Measure, entries: Iterable[MeasureEntry], periods: Collection[str]) -> Parts:
    """A measure's sums by (person, department) in a period: what is frozen when the period closes.

    ``periods`` is the period's label, or all days of a rolling window. A coverage also says how many were ``reached``.
    """
    lines = [line for line in entries if line.control == measure.key]
    parts: dict[tuple[str, str], dict[str, int]] = {}
    if measure.reached_by:
        (period,) = periods
        for line in _reached(lines, period):
            part = parts.setdefault((line.person, line.department), {})
            part["reached"] = part.get("reached", 0) + 1
        lines = _coverage(lines, period)
    elif measure.period != "standing":
        lines = [line for line in lines if line.period in periods]
    for line in lines:
        part = parts.setdefault((line.person, line.department), {})
        for name, value in _sums(line).items():
            part[name] = part.get(name, 0) + value
    return parts


def freeze(control: str, period: str, parts: Parts, names: Collection[str], up_to: int) -> Draft:
    """The fact that freezes a control's figures of a closed period, up to a seq. ``names``: the sums that it has."""
    regulation, _, id = control.partition("/")
    told = [
        {"person": person, "department": department, **{n: part[n] for n in names if part.get(n)}}
        for (person, department), part in sorted(parts.items())
        if any(part.get(n) for n in names)
    ]
    figures = {name: sum(part.get(name, 0) for part in parts.values()) for name in names}
    data = {
        "regulation": regulation, "control": id, "period": period, "up_to": up_to, "figures": figures, "parts": told,
    }  # fmt: skip
    return Draft("norms.measure_frozen", "", "", None, data, f"frozen:{control}:{period}")


def frozen_of(fact: Fact) -> Frozen:
    """What a ``norms.measure_frozen`` says."""
    data = fact.data
    parts = {
        (str(part["person"]), str(part["department"])): {
            name: int(n) for name, n in part.items() if name not in ("person", "department")
        }
        for part in data["parts"]
    }
    figures = {name: int(n) for name, n in data["figures"].items()}
    return Frozen(
        f"{data['regulation']}/{data['control']}", data["period"], data["up_to"], figures, parts, fact.seq
    )


def _reached(lines: Iterable[MeasureEntry], period: str) -> list[MeasureEntry]:
    return [line for line in lines if line.period == period and "|" in line.key]


def _coverage(lines: list[MeasureEntry], period: str) -> list[MeasureEntry]:
    reached = {line.key.rsplit("|", 1)[0] for line in _reached(lines, period)}
    population = [line for line in lines if not line.period and line.counted]
    return [
        MeasureEntry(
            line.control, line.key, line.regulation, period, line.at, line.person, line.department, line.area,
            line.customer, True, line.key in reached, line.value, False, line.seq,
        )
        for line in population
    ]  # fmt: skip


def _figure(measure: Measure, lines: Iterable[MeasureEntry], target: int | None, small: int) -> Figure:
    counts = dict.fromkeys(SUMS, 0)
    for line in lines:
        for name, value in _sums(line).items():
            counts[name] += value
    return _made(measure, counts, target, small)


def _sums(line: MeasureEntry) -> dict[str, int]:
    """What a line adds to a measure's sums."""
    if not line.counted:
        return {"taken_back": int(line.taken_back)}
    return {
        "counted": 1, "hit": int(line.hit), "total": line.value or 0, "taken_back": int(line.taken_back)
    }  # fmt: skip


def _made(measure: Measure, counts: Mapping[str, int], target: int | None, small: int) -> Figure:
    counted, hit, total = counts["counted"], counts["hit"], counts["total"]
    shown: int | None
    compared: int | None
    if measure.show == "share":
        shown = compared = _hundredths(hit * 100, counted)
    elif measure.show == "mean":
        shown = compared = _hundredths(total, counted)
    else:
        shown = hit if measure.show == "count" else total
        compared = shown * 100
    red = False
    if target is not None and compared is not None:
        red = compared < target * 100 if measure.better == "higher" else compared > target * 100
    return Figure(counted, hit, total, counts["taken_back"], shown, counted < small, red)


def figure_of(
    measure: Measure, version: Version, counts: Mapping[str, int], on: date | None = None
) -> Figure:
    """The figure of a measure from sums that were kept up elsewhere: counted, hit, total, taken_back."""
    target = version.amount(measure.target, on) if measure.target else None
    small = version.amount(measure.small, on) if measure.small else 0
    return _made(measure, counts, target, small)


def _hundredths(numerator: int, denominator: int) -> int | None:
    """A quotient in hundredths, cut off (99.999% is not 100%)."""
    return None if denominator == 0 else numerator * 100 // denominator
