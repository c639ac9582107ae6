"""Closing a month: the figures of every control that was in force in it become facts and never change again.

Duties and measures by the month; measures by the quarter or year when that ends with the month; a rolling or standing
figure as it stood at the month's end. What arrives later stands beside the frozen figure (figures.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db.models import CharField, Count, Exists, OuterRef, Sum, Value
from django.db.models.functions import Concat

from guanxi.cores.norms import model as norms
from guanxi.cores.norms.controls import Duty, Measure, Version
from guanxi.cores.norms.measures import SUMS, Parts, freeze, parts_of
from guanxi.cores.norms.model import Draft
from guanxi.cores.norms.timeline import Timeline
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Action, ActionInput, Conflict, Context, Text, action, ask
from guanxi.platform.kernel.perform import stages

from .closed_figures import frozen_label, period_labels
from .engine import engine
from .figures import KEPT, Kept
from .models import MeasureEntry, MeasureTally, StateTally
from .periods import Month
from .store import SqlStore


class Sums(Protocol):
    """Where the sums of a period are read: in the tables, or in a journal that was replayed."""

    def duties(self, month: Month) -> Mapping[str, Parts]:
        """Of every duty (``R1/visit-report``) with deadlines in the month: how far it was kept."""

    def measure(self, measure: Measure, periods: Sequence[str]) -> Parts:
        """A measure's sums under these labels; see `guanxi.cores.norms.measures.parts_of`."""


class TableSums:
    """The running sums. Whatever was folded must have been flushed."""

    def duties(self, month: Month) -> Mapping[str, Parts]:
        rows = (
            StateTally.objects.filter(month=month.label)
            .exclude(count=0)
            .values_list("regulation", "control", "person", "department", "state", "missed")
            .annotate(n=Sum("count"))
            .order_by()
        )
        return _kept((f"{row[0]}/{row[1]}", *row[2:]) for row in rows)

    def measure(self, measure: Measure, periods: Sequence[str]) -> Parts:
        parts: dict[tuple[str, str], dict[str, int]] = {}
        tallies = MeasureTally.objects.filter(control=measure.key, period__in=periods).exclude(lines=0)
        by = tallies.values_list("person", "department").order_by()
        if measure.reached_by:
            (period,) = periods
            for person, department, reached in by.annotate(n=Sum("lines")):
                parts.setdefault((person, department), {})["reached"] = reached
            for person, department, there, counted, total in _population(measure, period):
                part = parts.setdefault((person, department), {})
                _add(part, (counted, counted if there else 0, total or 0, 0))
            return parts
        for person, department, *sums in by.annotate(
            a=Sum("counted"), b=Sum("hits"), c=Sum("total"), d=Sum("taken_back")
        ):
            _add(parts.setdefault((person, department), {}), sums)
        return parts


class Counting(Protocol):
    """What a replay counts as it goes."""

    @property
    def counts(self) -> Mapping[tuple[Any, ...], int]:
        """How many obligations stand under each `folded.state_key`."""

    def lines(self, control: str, periods: Sequence[str]) -> Iterable[norms.MeasureEntry]:
        """A measure's lines under these labels, and those of what stands."""


class ReplayedSums:
    """The same from a replay."""

    def __init__(self, store: Counting) -> None:
        self.store = store

    def duties(self, month: Month) -> Mapping[str, Parts]:
        return _kept(
            (f"{regulation}/{control}", person, department, state, missed, n)
            for (
                regulation,
                _,
                control,
                label,
                person,
                department,
                state,
                missed,
            ), n in self.store.counts.items()
            if label == month.label and n
        )

    def measure(self, measure: Measure, periods: Sequence[str]) -> Parts:
        return parts_of(measure, self.store.lines(measure.key, periods), periods)


def _population(measure: Measure, period: str) -> Iterable[tuple[str, str, bool, int, int | None]]:
    """Person, department, whether reached in the period: how many of the standing population, and their values."""
    key = Concat(OuterRef("key"), Value(f"|{period}"), output_field=CharField())
    there = Exists(MeasureEntry.objects.filter(control=measure.key, key=key))
    standing = MeasureEntry.objects.filter(control=measure.key, period="", counted=True)
    by = standing.annotate(there=there).values_list("person", "department", "there").order_by()
    return by.annotate(n=Count("pk"), total=Sum("value"))


def _kept(rows: Iterable[tuple[str, str, str, str, bool, int]]) -> dict[str, dict[tuple[str, str], Any]]:
    found: dict[str, dict[tuple[str, str], Kept]] = {}
    for control, person, department, state, missed, n in rows:
        found.setdefault(control, {}).setdefault((person, department), Kept()).add(state, missed, n)
    return {control: {part: kept.plain() for part, kept in parts.items()} for control, parts in found.items()}


def _add(part: dict[str, int], sums: Sequence[int]) -> None:
    for name, n in zip(SUMS, sums, strict=True):
        part[name] = part.get(name, 0) + n


def frozen_figures(
    sums: Sums, timelines: Mapping[str, Timeline], calendar: Any, month: Month, up_to: int, at: datetime
) -> Iterator[Draft]:
    """What freezes a month's figures at a moment: one draft for each duty and measure that was in force in it.

    A standing figure has no lines of its month: closed more than a month late, it would say what stands today.
    """
    duties = sums.duties(month)
    timely = at < month.shift(1).end
    for regulation in sorted(timelines):
        for version, control in _in_force(timelines[regulation], month):
            if isinstance(control, Duty):
                yield freeze(control.key, month.label, duties.get(control.key, {}), KEPT, up_to)
            elif closes_with(control, month, calendar) and (timely or control.period != "standing"):
                labels = period_labels(control, version, month, month.end, calendar)
                parts = sums.measure(control, labels)
                names = (*SUMS, "reached") if control.reached_by else SUMS
                label = frozen_label(control, month, labels)
                yield freeze(control.key, label, parts, names, up_to)


def closes_with(measure: Measure, month: Month, calendar: Any) -> bool:
    """Whether a measure's period ends with this month: not a quarter's in February."""
    if measure.period in ("standing", "rolling"):
        return True
    return bool(calendar.period(month.start, measure.period).end == month.end)


def _in_force(timeline: Timeline, month: Month) -> list[tuple[Version, Duty | Measure]]:
    """Every duty and measure of the versions that were in force at some time of the month, as last defined in it."""
    found: dict[str, tuple[Version, Duty | Measure]] = {}
    ends = [border.at for border in timeline.borders[1:]]
    for border, end in zip(timeline.borders, [*ends, None], strict=True):
        if border.at < month.end and (end is None or end > month.start):
            version = border.version
            for control in version.pack.controls.values():
                if isinstance(control, Duty | Measure):
                    found[control.id] = (version, control)
    return [found[id] for id in sorted(found)]


def next_to_close(store: SqlStore) -> Month | None:
    """The month to close next (it may not be over yet): the one after the last closed, or the first with a version in
    force. None where no regulation is in force."""
    closed, known = store.state("closed"), store.state("versions")
    if closed is not None:
        return Month.of(datetime.fromisoformat(closed["at"]))
    versions = known["regulations"] if known is not None else {}
    starts = [datetime.fromisoformat(entry["at"]) for entries in versions.values() for entry in entries]
    return Month.of(min(starts)) if starts else None


@action
class ClosePeriod(Action):
    """Freeze the figures of a month that is over."""

    name = "norms.close_period"
    label = Text("期末定稿", "Close a period")
    permission = "norms.tick"
    writes = ("norms.period_closed", "norms.measure_frozen")
    subject = "clock"
    by_system = True
    internal = True

    class Input(ActionInput):
        month: str = ask("月份", "Month")

    def run(self, ctx: Context, data: ClosePeriod.Input, subject: None) -> None:
        for stage in stages.obligations:
            stage.flush()  # what this transaction folded before counts too
        store = SqlStore()
        month = next_to_close(store)
        if month is None or month.label != data.month or month.end > ctx.now:
            raise Conflict(Text(f"{data.month} 还不能定稿", f"{data.month} cannot be closed yet"))
        up_to = Fact.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
        made = engine()
        calendar = made.calendar(store.state("calendar"))
        about, at = ("clock", None), month.end.astimezone(UTC)
        closed = {"period": month.label, "up_to": up_to}
        ctx.emit("norms.period_closed", subject=about, happened_at=at, data=closed)
        timelines = made.timelines(store)
        for draft in frozen_figures(TableSums(), timelines, calendar, month, up_to, ctx.now):
            ctx.emit(draft.kind, subject=about, happened_at=at, data=dict(draft.data))
