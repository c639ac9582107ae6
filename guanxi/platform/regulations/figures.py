"""What the regulation pages count: how far duties were kept, gates passed, measures met. Sums only, never rows.

Whose figures: everybody's with the right to all evidence, else those of one's branch, else one's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, Exists, OuterRef, Q, Sum, Value
from django.db.models.functions import Concat
from django.urls import reverse

from guanxi.cores.norms.controls import Control, Duty, Gate, Guide, Measure, Record, Version
from guanxi.cores.norms.coverage import kind_of
from guanxi.cores.norms.measures import Figure, arrived, figure_of
from guanxi.platform.kernel import Text

from . import attempts
from .closed_figures import Frozen, after_words, closed_periods, engine_calendar, frozen_label, period_labels
from .engine import engine
from .models import MeasureEntry, MeasureTally, StateTally
from .periods import Month
from .reads import Within, reach_of
from .store import SqlStore
from .unseen import UnseenLines, shown_lines, unseen_measures, unseen_sums
from .wording import (
    KINDS,
    ORIGIN_HINTS,
    ORIGINS,
    amount_words,
    clause_words,
    control_words,
    field_words,
    own_value,
    parameter_words,
    place_words,
    value_words,
)

MONTHS = 12
SCOPES = {
    True: Text("全公司", "the whole company"),
    False: Text("您能看到的范围", "what you may see"),
}


KEPT = ("on_time", "late", "missed", "open", "waived", "void")
KEPT_WORDS = {
    "on_time": Text("按时", "in time"),
    "late": Text("迟", "late"),
    "missed": Text("漏", "missed"),
    "open": Text("未到期", "not yet due"),
    "waived": Text("豁免", "waived"),
    "void": Text("失效", "void"),
}


@dataclass(slots=True)
class Kept:
    """How far a duty was kept in a month of deadlines.

    late: done after the deadline; missed: the deadline passed and it was not done (what was waived or dropped only
    after its deadline stays here); open: not yet due; waived and void: released in time, out of the count. Of a closed
    month these are the frozen figures; `now` is what they would be with what arrived after closing, `frozen` which fact
    froze them and up to which.
    """

    on_time: int = 0
    late: int = 0
    missed: int = 0
    open: int = 0
    waived: int = 0
    void: int = 0
    now: Kept | None = None
    frozen: Frozen | None = None

    def plain(self) -> dict[str, int]:
        """The sums by name."""
        return {name: getattr(self, name) for name in KEPT}

    def add(self, state: str, missed: bool, n: int) -> None:
        if state == "late":
            self.late += n
        elif missed or state == "missed":
            self.missed += n
        elif state == "fulfilled":
            self.on_time += n
        elif state == "waived":
            self.waived += n
        elif state == "void":
            self.void += n
        else:
            self.open += n

    @property
    def due(self) -> int:
        """Those that are in the count: judged one way or the other."""
        return self.on_time + self.late + self.missed

    @property
    def share(self) -> float | None:
        return self.on_time / self.due if self.due else None

    @property
    def percent(self) -> str:
        """92%, cut off: 99.9% is not 100%; '–' where nothing was due."""
        return f"{self.on_time * 100 // self.due}%" if self.due else "–"

    @property
    def any(self) -> int:
        return self.due + self.open + self.waived + self.void


@dataclass(frozen=True, slots=True)
class Part:
    """A figure's piece with its own link: 迟 5."""

    label: Text
    count: int
    url: str = ""


@dataclass(slots=True)
class ControlFigure:
    """One control of a clause as a small figure. What does not apply to its kind stays empty."""

    control: str
    kind: Text
    what: Text
    url: str = ""
    why_url: str = ""
    reading: str = ""
    target: Text | str = ""
    red: bool = False
    values: Sequence[float | None] = ()
    trend: Text | str = ""
    parts: Sequence[Part] = ()
    notes: Sequence[Text] = ()
    kept: Kept | None = None
    figure: Figure | None = None
    up_to: int | None = None
    """Of a closed period: the seq up to which facts were counted. `after`: what arrived since, in words."""
    after: Text | str = ""

    @property
    def frozen(self) -> bool:
        return self.up_to is not None


@dataclass(frozen=True, slots=True)
class ParameterView:
    """A parameter in its place: words, value, origin; whether the company changed what the pack says."""

    name: str
    what: Text
    value: Text
    origin: Text
    hint: Text
    clause: str
    changed: bool
    shipped: Text


@dataclass(slots=True)
class ClauseView:
    """A clause with its controls' figures and its parameters."""

    id: str
    text: Text
    figures: list[ControlFigure] = field(default_factory=list)
    parameters: list[ParameterView] = field(default_factory=list)
    url: str = ""


# Duties -----------------------------------------------------------------------------------------------------------


def kept_by_month(
    within: Within, months: Sequence[Month], regulation: str = ""
) -> dict[tuple[str, str], dict[str, Kept]]:
    """(regulation, control) -> month -> how far it was kept; what is closed as it was frozen. Two queries."""
    rows = StateTally.objects.filter(within.of(), month__gte=months[0].label, month__lte=months[-1].label)
    if regulation:
        rows = rows.filter(regulation=regulation)
    found: dict[tuple[str, str], dict[str, Kept]] = defaultdict(lambda: defaultdict(Kept))
    for code, control, month, state, missed, n in (
        rows.exclude(count=0)
        .values_list("regulation", "control", "month", "state", "missed")
        .annotate(n=Sum("count"))
        .order_by()
    ):
        found[code, control][month].add(state, missed, n)
    for code, control, label, _, state, missed, n in unseen_sums(within, months, regulation):
        found[code, control][label].add(state, missed, -n)
    labels = [month.label for month in months]
    for (key, label), closed in closed_periods(within, labels, regulation).items():
        if closed.of_duty:
            code, _, control = key.partition("/")
            found[code, control][label] = _closed(closed.part(), found[code, control][label])
    return found


def _closed(frozen: Frozen, now: Kept) -> Kept:
    return Kept(**{name: frozen.sums.get(name, 0) for name in KEPT}, now=now, frozen=frozen)


def kept_by_department(within: Within, regulation: str, month: Month) -> dict[tuple[str, str], Kept]:
    """(control, department) -> how far it was kept in a month; a closed one as it was frozen. Two queries."""
    rows = StateTally.objects.filter(within.of(), regulation=regulation, month=month.label).exclude(count=0)
    found: dict[tuple[str, str], Kept] = defaultdict(Kept)
    for control, department, state, missed, n in (
        rows.values_list("control", "department", "state", "missed").annotate(n=Sum("count")).order_by()
    ):
        found[control, department].add(state, missed, n)
    for _, control, _, department, state, missed, n in unseen_sums(within, [month], regulation):
        found[control, department].add(state, missed, -n)
    for (key, _), closed in closed_periods(within, [month.label], regulation, by=True).items():
        control = key.partition("/")[2]
        live = [department for one, department in found if one == control]
        for department in {*live, *closed.parts} if closed.of_duty else ():
            found[control, department] = _closed(closed.part(department), found[control, department])
    return found


# What came after closing -------------------------------------------------------------------------------------------


def kept_after(kept: Kept) -> Text:
    """What came after closing of a duty's month; empty where nothing did."""
    if kept.now is None:
        return Text("", "")
    arrived = {name: getattr(kept.now, name) - getattr(kept, name) for name in KEPT}
    return after_words(arrived, KEPT_WORDS, kept.now.percent)


def measured_after(measure: Measure, found: Measured | None) -> Text:
    """What came after closing of a measure's period; empty where nothing did."""
    if found is None or found.arrived is None:
        return Text("", "")
    words = dict(MEASURE_WORDS)
    if measure.show not in ("sum", "mean"):
        del words["total"]
    arrived = {name: n for name, n in found.arrived.items() if name in words}
    return after_words(arrived, words, shown(measure, found.now))


def together(parts: Iterable[Kept]) -> Kept:
    """Several as one."""
    whole = Kept()
    for part in parts:
        for name in KEPT:
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
    return whole


# Measures ---------------------------------------------------------------------------------------------------------

MEASURE_WORDS = {
    "counted": Text("总数", "counted"),
    "hit": Text("符合", "meeting it"),
    "total": Text("合计", "sum"),
    "taken_back": Text("收回的判定", "taken back"),
}
_COLUMNS = {
    "counted": "counted",
    "hit": "hits",
    "total": "total",
    "taken_back": "taken_back",
    "reached": "lines",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure's figure; of a closed period the frozen one, with what arrived after closing as differences of sums
    (None: nothing) and the figure that it would be."""

    figure: Figure
    frozen: Frozen | None = None
    arrived: Mapping[str, int] | None = None
    now: Figure | None = None


def measured(
    within: Within, version: Version, months: Sequence[Month], now: datetime, *, by: str = ""
) -> dict[tuple[str, str, str], Measured]:
    """(control, month, department) -> a measure's figure. by: 'department' splits, '' sums up.

    Two queries for all measures of the version, and one more for each that counts who was reached. Customers that an import
    still hides are not in it.
    """
    calendar = engine_calendar() if version.pack.measures else None
    labels: dict[tuple[str, str], list[str]] = {}
    wanted: dict[str, set[str]] = defaultdict(set)
    for measure in version.pack.measures:
        for month in months:
            found = labels[measure.key, month.label] = period_labels(measure, version, month, now, calendar)
            wanted[measure.key].update(found)
    sums = _live_sums(within, wanted, bool(by))
    under = {
        (measure.key, month.label): frozen_label(measure, month, labels[measure.key, month.label])
        for measure in version.pack.measures
        for month in months
    }
    closed = closed_periods(within, under.values(), version.regulation, by=bool(by)) if under else {}
    unseen = _unseen_lines(within, version, wanted, [period.up_to for period in closed.values()])
    result: dict[tuple[str, str, str], Measured] = {}
    for measure in version.pack.measures:
        for month in months:
            live: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COLUMNS, 0))
            kept = closed.get((measure.key, under[measure.key, month.label]))
            for label in labels[measure.key, month.label]:
                for part, one in sums.get((measure.key, label), {}).items():
                    for name, n in one.items():
                        live[part][name] += n
                for hidden in unseen.get((measure.key, label), ()):
                    if kept is None or hidden.until > kept.up_to:  # what was frozen is no late arrival
                        for name, n in hidden.sums.items():
                            live[hidden.department if by else ""][name] -= n
            if unseen and kept is None:
                live = {part: one for part, one in live.items() if one["reached"]}
            if measure.reached_by and kept is None:
                live = {}
                if month == months[-1]:
                    live.update(_reached(within, measure, labels[measure.key, month.label][0], bool(by)))
            if kept is None:
                parts = set(live)
            elif not by:
                parts = {""}
            else:
                parts = {*kept.parts, *(() if measure.reached_by else live)}
            for part in parts:
                result[measure.key, month.label, part] = _measured(
                    measure, version, live[part], kept.part(part) if kept else None, split=bool(by)
                )
    return result


def _live_sums(
    within: Within, wanted: Mapping[str, set[str]], by: bool
) -> dict[tuple[str, str], dict[str, dict[str, int]]]:
    """(control, period) -> department ('' for all) -> sums by name. One query."""
    which = Q()
    for control, labels in wanted.items():
        which |= Q(control=control, period__in=sorted(labels))
    found: dict[tuple[str, str], dict[str, dict[str, int]]] = defaultdict(dict)
    if not which:
        return found
    fields = ("control", "period", "department") if by else ("control", "period")
    summed = {f"sum_{name}": Sum(column) for name, column in _COLUMNS.items()}
    rows = MeasureTally.objects.filter(which).filter(within.of()).exclude(lines=0)
    for line in rows.values(*fields).annotate(**summed).order_by():
        part = line["department"] if by else ""
        found[line["control"], line["period"]][part] = {name: line[f"sum_{name}"] for name in _COLUMNS}
    return found


def _unseen_lines(
    within: Within, version: Version, wanted: Mapping[str, set[str]], borders: Collection[int]
) -> dict[tuple[str, str], list[UnseenLines]]:
    """(control, period) -> what of the running sums is about customers that nobody sees yet; nearly always nothing."""
    found: dict[tuple[str, str], list[UnseenLines]] = defaultdict(list)
    measures = [(measure, wanted[measure.key]) for measure in version.pack.measures]
    for lines in unseen_measures(within, measures, borders):
        found[lines.control, lines.period].append(lines)
    return found


def _measured(
    measure: Measure, version: Version, live: Mapping[str, int], kept: Frozen | None, *, split: bool
) -> Measured:
    if kept is None:
        return Measured(figure_of(measure, version, live))
    # Who was reached stands in no department, so a coverage split by them has no late arrivals of its own.
    late = None if measure.reached_by and split else arrived(measure, kept.sums, live)
    now = {name: kept.sums[name] + late[name] for name in late} if late else None
    return Measured(
        figure_of(measure, version, kept.sums), kept, late, figure_of(measure, version, now) if now else None
    )


def _reached(within: Within, measure: Measure, label: str, by: bool) -> dict[str, dict[str, int]]:
    """How many of a population were reached in the period."""
    standing = shown_lines(
        MeasureEntry.objects.filter(within.of(), control=measure.key, period="", counted=True)
    )
    key = Concat(OuterRef("key"), Value(f"|{label}"), output_field=CharField())
    there = MeasureEntry.objects.filter(control=measure.key, key=key)
    rows = standing.annotate(there=Exists(there)).values_list("department", "there")
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COLUMNS, 0))
    for department, hit, n in rows.annotate(n=Count("pk")).order_by():
        part = found[department if by else ""]
        part["counted"] += n
        part["hit"] += n if hit else 0
    return found


def shown(measure: Measure, figure: Figure | None) -> str:
    """A figure in the measure's own terms: 83%, 3 / 4 where few are counted, a count, a sum or a mean."""
    if figure is None or figure.shown is None:
        return "–"
    if measure.show == "share":
        return f"{figure.hit} / {figure.counted}" if figure.small else f"{figure.shown // 100}%"
    if measure.show == "mean":
        return f"{figure.shown // 100:,}.{figure.shown % 100:02d}"
    return f"{figure.shown:,}"


def line_value(measure: Measure, figure: Figure | None) -> float | None:
    """A figure as a point of the small line."""
    if figure is None or figure.shown is None:
        return None
    return figure.shown / 100 if measure.show in ("share", "mean") else float(figure.shown)


# The page of one regulation -----------------------------------------------------------------------------------------


def clause_views(person: Any, version: Version, month: Month, now: datetime) -> list[ClauseView]:
    """Every clause of a version with its controls' figures in a month; the query count does not grow with either."""
    within = reach_of(person)
    months = month.back(MONTHS)
    kept = kept_by_month(within, months, version.regulation)
    figures = measured(within, version, months, now)
    tried = attempts.tried(within, month.label) if version.pack.gates else {}
    views: dict[str, ClauseView] = {
        clause.id: ClauseView(clause.id, clause_words(clause), url=clause_url(clause.id, month))
        for clause in version.pack.clauses.values()
    }
    for control in version.pack.controls.values():
        made = _control_figure(control, version, month, months, kept, figures, tried)
        for clause in control.clauses:
            views[clause].figures.append(made)
    for parameter in parameter_views(version):
        if parameter.clause in views:
            views[parameter.clause].parameters.append(parameter)
    return list(views.values())


def _control_figure(
    control: Control,
    version: Version,
    month: Month,
    months: Sequence[Month],
    kept: Mapping[tuple[str, str], Mapping[str, Kept]],
    figures: Mapping[tuple[str, str, str], Measured],
    tried: Mapping[str, attempts.Tried],
) -> ControlFigure:
    url = clause_url(control.clause, month, control.id)
    made = ControlFigure(control.key, KINDS[kind_of(control)], control_words(control), url)
    if isinstance(control, Duty):
        by_month = kept.get((control.regulation, control.id), {})
        _duty_figure(made, control, month, [by_month.get(m.label, Kept()) for m in months])
    elif isinstance(control, Measure):
        _measure_figure(
            made, control, version, [figures.get((control.key, m.label, "")) for m in months], month
        )
    elif isinstance(control, Gate):
        _gate_figure(made, control, [tried[name] for name in control.actions if name in tried])
    elif isinstance(control, Record):
        fields = field_words(control)
        n = len(control.require)
        listed = Text("、".join(f.zh for f in fields), ", ".join(f.en for f in fields))
        made.notes = [
            listed
            if listed and len(fields) == n
            else Text(f"必填 {n} 项", f"{n} required {'field' if n == 1 else 'fields'}")
        ]
        made.url = ""
    elif isinstance(control, Guide):
        places = place_words(control)
        made.notes = [
            Text("显示在：" + "、".join(p.zh for p in places), "Shown at: " + ", ".join(p.en for p in places))
        ]
        made.url = ""
    return made


def figure_url(control: Control, month: Month) -> str:
    """Where a figure is taken apart."""
    where = {"regulation": control.regulation, "control": control.id}
    return reverse("regulations.figure", kwargs=where) + f"?month={month.label}"


def clause_url(clause: str, month: Month, control: str = "", state: str = "") -> str:
    """The evidence of a clause in a month."""
    query = (
        f"?month={month.label}"
        + (f"&control={control}" if control else "")
        + (f"&state={state}" if state else "")
    )
    return reverse("regulations.clause", kwargs={"clause": clause}) + query


def _duty_figure(made: ControlFigure, duty: Duty, month: Month, kept: Sequence[Kept]) -> None:
    now = kept[-1]
    made.kept, made.reading = now, now.percent
    made.up_to, made.after = now.frozen.up_to if now.frozen else None, kept_after(now)
    made.values = [k.share * 100 if k.share is not None else None for k in kept]
    made.trend = _trend([k.percent for k in kept])
    made.why_url = figure_url(duty, month)

    def part(zh: str, en: str, count: int, state: str) -> Part:
        return Part(Text(zh, en), count, clause_url(duty.clause, month, duty.id, state))

    made.parts = [
        part("迟", "late", now.late, "late"),
        part("漏", "missed", now.missed, "missed"),
        part("未到期", "not yet due", now.open, "open"),
    ]
    if now.waived:
        made.parts = [*made.parts, part("豁免", "waived", now.waived, "waived")]


def _measure_figure(
    made: ControlFigure, measure: Measure, version: Version, found: Sequence[Measured | None], month: Month
) -> None:
    newest = found[-1]
    values = [one.figure if one else None for one in found]
    made.figure, made.reading = values[-1], shown(measure, values[-1])
    made.up_to = newest.frozen.up_to if newest and newest.frozen else None
    made.after = measured_after(measure, newest)
    made.values = [line_value(measure, v) for v in values]
    made.trend = _trend([shown(measure, v) for v in values])
    made.red = values[-1] is not None and values[-1].red
    made.why_url = figure_url(measure, month)
    if measure.target:
        made.target = amount_words(version, measure.target)


def _gate_figure(made: ControlFigure, gate: Gate, tried: Sequence[attempts.Tried]) -> None:
    every = sum(t.tried for t in tried)
    refused = sum(t.refused.get(gate.key, 0) for t in tried)
    lifted = sum(t.waived.get(gate.key, 0) for t in tried)
    made.parts = [Part(Text("通过", "passed"), every - refused - lifted)]
    if gate.refuses:
        made.parts = [*made.parts, Part(Text("拒绝", "refused"), refused, made.url)]
    else:
        made.notes = [Text("只提醒，不阻止", "Warns, stops nothing")]
    if lifted:
        made.parts = [*made.parts, Part(Text("例外放行", "let through by exception"), lifted)]
    forbidden = sum(t.forbidden for t in tried)
    if forbidden:
        made.parts = [*made.parts, Part(Text("无权尝试", "tried without the right"), forbidden)]


def _trend(readings: Sequence[str]) -> Text:
    """A row of readings in words, for who cannot see the line."""
    known = [r for r in readings if r != "–"]
    if not known:
        return Text("", "")
    n = len(readings)
    return Text(f"最近 {n} 个月：{'、'.join(readings)}", f"The last {n} months: {', '.join(readings)}")


def parameter_views(version: Version) -> list[ParameterView]:
    """Every parameter of a version as a page shows it."""
    found = []
    for parameter in version.pack.parameters.values():
        value = own_value(version, parameter.name)
        found.append(
            ParameterView(
                parameter.name,
                parameter_words(parameter),
                value_words(parameter, value),
                ORIGINS[parameter.origin],
                ORIGIN_HINTS[parameter.origin],
                parameter.clause,
                value != parameter.default,
                value_words(parameter, parameter.default),
            )
        )
    return found


def version_at(regulation: str, moment: datetime) -> Version | None:
    """The version of a regulation in force at a moment, as the engine knows it."""
    timeline = engine().timelines(SqlStore()).get(regulation)
    return timeline.at(moment) if timeline else None
