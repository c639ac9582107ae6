"""The figures of closed months as they were frozen, under which label, and what arrived after that in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from guanxi.cores.norms.controls import Measure, Version
from guanxi.platform.kernel import Text

from .engine import engine
from .models import FrozenFigure
from .periods import Month
from .reads import Within
from .store import SqlStore


@dataclass(frozen=True, slots=True)
class Frozen:
    """Sums of a closed period within somebody's reach; up_to: the seq up to which facts were counted; seq: the fact that
    says so."""

    sums: Mapping[str, int]
    up_to: int
    seq: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A control's closed period: its sums by department, or under '' those of all together.

    Whoever had nothing in it has frozen zeros: what arrives for them later is late all the same.
    """

    names: tuple[str, ...]
    up_to: int
    seq: int
    parts: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def of_duty(self) -> bool:
        return "on_time" in self.names

    def part(self, department: str = "") -> Frozen:
        found = self.parts.get(department, {})
        return Frozen({name: found.get(name, 0) for name in self.names}, self.up_to, self.seq)


def closed_periods(
    within: Within, periods: Iterable[str], regulation: str = "", *, by: bool = False
) -> dict[tuple[str, str], Closed]:
    """(control, period) -> what was frozen, of those periods that are closed. by: split by department. One query."""
    rows = FrozenFigure.objects.filter(period__in=sorted(set(periods)))
    if regulation:
        rows = rows.filter(control__startswith=f"{regulation}/")
    whole = Q(person=None, department=None)
    if not within.all:
        wanted = whole | Q(within.of(), person__isnull=False)
    else:
        wanted = Q(person=None) if by else whole
    found: dict[tuple[str, str], Closed] = {}
    fields = ("control", "period", "person", "department", "figures", "up_to", "seq")
    for control, period, person, department, figures, up_to, seq in (
        rows.filter(wanted).order_by("pk").values_list(*fields)  # the row of all together was written first
    ):
        of_all = person is None and department is None
        closed = found.get((control, period))
        if closed is None:
            closed = found[control, period] = Closed(tuple(figures), up_to, seq)
        if of_all and (by or not within.all):
            continue
        part = closed.parts.setdefault(department if by else "", {})
        for name, n in figures.items():
            part[name] = part.get(name, 0) + n
    return found


def after_words(arrived: Mapping[str, int], words: Mapping[str, Text], reading: str) -> Text:
    """What came after closing, in words: 定稿后：迟 +1、漏 −1，计入后为 93%."""
    parts = [(words[name], f"{'+' if n > 0 else '−'}{abs(n)}") for name, n in arrived.items() if n]
    if not parts:
        return Text("", "")
    zh = "、".join(f"{label.zh} {n}" for label, n in parts)
    en = ", ".join(f"{label.en} {n}" for label, n in parts)
    return Text(f"定稿后：{zh}，计入后为 {reading}", f"after closing: {en}; would be {reading}")


def frozen_label(measure: Measure, month: Month, labels: Sequence[str]) -> str:
    """Under which label a measure's figure of a month is frozen: its period's, or the month's where it has none."""
    return month.label if measure.period in ("standing", "rolling") else labels[0]


def period_labels(
    measure: Measure, version: Version, month: Month, now: datetime, calendar: Any = None
) -> list[str]:
    """Under which periods a measure's lines stand for a month: its own, the quarter or year that holds it, the days
    of a rolling window up to its end."""
    if measure.period == "standing":
        return [""]
    made = calendar or engine_calendar()
    last = min(month.end, now) if month.start <= now else month.end
    last -= timedelta(microseconds=1)
    if measure.period != "rolling":
        kind: Any = measure.period
        return [made.period(max(last, month.start), kind).label]
    length: Any = version.amount(measure.rolling, made.local_day(last))
    start = made.add_months(last, -length) if isinstance(length, int) else last - length
    days, moment = [], start
    while moment <= last:
        days.append(made.period(moment, "day").label)
        moment += timedelta(days=1)
    return days


def engine_calendar() -> Any:
    """The working calendar as the engine counts by it."""
    return engine().calendar(SqlStore().state("calendar"))
