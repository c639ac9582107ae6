"""Readings of measures: sums over their lines, against a target or none, frozen or live.

Lines are what ``entries`` wrote; which lines a store hands in (a period, a department) is its own affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from guanxi.cores.norms.controls import Measure, Version, Words
from guanxi.cores.norms.model import Draft, MeasureEntry

Split = Literal["department", "person", "area"]


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
    frozen: Mapping[str, Any] | None = None,
) -> Reading:
    """Read a measure for a period label (or, for a rolling one, a window of moments) from its lines.

    ``entries`` may hold more than is needed; ``frozen`` is the store's ``frozen/<control>/<period>`` document.
    """
    lines = [line for line in entries if line.control == measure.key]
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
        before = frozen["figures"]
        kept = _made(measure, {name: int(before[name]) for name in figure.plain()}, target, small)
        addendum = {name: value - int(before[name]) for name, value in figure.plain().items()}
    return Reading(
        measure.key, measure.clause, version.label, measure.words, period, measure.show, target, reference,
        figure, parts, kept, addendum,
    )  # fmt: skip


def freeze(reading: Reading, regulation: str, up_to: int) -> Draft:
    """The fact that closes a period: its figures up to a seq."""
    control = reading.control.split("/", 1)[1]
    data = {
        "regulation": regulation, "control": control, "period": reading.period, "up_to": up_to,
        "figures": reading.figure.plain(),
    }  # fmt: skip
    return Draft("norms.measure_frozen", "", "", None, data, f"frozen:{reading.control}:{reading.period}")


def _coverage(lines: list[MeasureEntry], period: str) -> list[MeasureEntry]:
    reached = {line.key.rsplit("|", 1)[0] for line in lines if line.period == period and "|" in line.key}
    population = [line for line in lines if not line.period and line.counted]
    return [
        MeasureEntry(
            line.control, line.key, line.regulation, period, line.at, line.person, line.department, line.area,
            line.customer, True, line.key in reached, line.value, False, line.seq,
        )
        for line in population
    ]  # fmt: skip


def _figure(measure: Measure, lines: Iterable[MeasureEntry], target: int | None, small: int) -> Figure:
    counts = {"counted": 0, "hit": 0, "total": 0, "taken_back": 0}
    for line in lines:
        counts["taken_back"] += line.taken_back
        if line.counted:
            counts["counted"] += 1
            counts["hit"] += line.hit
            counts["total"] += line.value or 0
    return _made(measure, counts, target, small)


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
