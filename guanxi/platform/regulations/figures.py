"""What the regulation pages count: how far duties were kept, gates passed, measures met. Sums only, never rows.

Whose figures: everybody's with the right to all evidence, else those of one's branch, else one's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, Exists, OuterRef, Q, Sum, Value
from django.db.models.functions import Concat
from django.urls import reverse

from guanxi.cores.norms.controls import Control, Duty, Gate, Guide, Measure, Record, Version
from guanxi.cores.norms.coverage import kind_of
from guanxi.cores.norms.measures import Figure, figure_of
from guanxi.platform.kernel import NotFound, Text

from . import attempts
from .engine import engine
from .models import EngineState, MeasureEntry, MeasureTally, StateTally
from .periods import Month
from .reads import Within, reach_of
from .store import SqlStore
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
    role_words,
    value_words,
)

MONTHS = 12
SCOPES = {
    True: Text("全公司", "the whole company"),
    False: Text("您能看到的范围", "what you may see"),
}


@dataclass(slots=True)
class Kept:
    """How far a duty was kept in a month of deadlines.

    late: done after the deadline; missed: the deadline passed and it was not done (what was waived or dropped only
    after its deadline stays here); open: not yet due; waived and void: released in time, out of the count.
    """

    on_time: int = 0
    late: int = 0
    missed: int = 0
    open: int = 0
    waived: int = 0
    void: int = 0

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
    """(regulation, control) -> month -> how far it was kept. One query."""
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
    return found


def kept_by_department(within: Within, regulation: str, month: Month) -> dict[tuple[str, str], Kept]:
    """(control, department) -> how far it was kept in a month. One query."""
    rows = StateTally.objects.filter(within.of(), regulation=regulation, month=month.label).exclude(count=0)
    found: dict[tuple[str, str], Kept] = defaultdict(Kept)
    for control, department, state, missed, n in (
        rows.values_list("control", "department", "state", "missed").annotate(n=Sum("count")).order_by()
    ):
        found[control, department].add(state, missed, n)
    return found


def together(parts: Iterable[Kept]) -> Kept:
    """Several as one."""
    whole = Kept()
    for part in parts:
        for name in ("on_time", "late", "missed", "open", "waived", "void"):
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
    return whole


# Measures ---------------------------------------------------------------------------------------------------------

SUMS = ("counted", "hits", "total", "taken_back")


def measured(
    within: Within, version: Version, months: Sequence[Month], now: datetime, *, by: str = ""
) -> dict[tuple[str, str, str], Figure]:
    """(control, month, department) -> a measure's figure. by: 'department' splits, '' sums up.

    One query for all measures of the version, and one more for each that counts who was reached.
    """
    labels: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    reaching: list[Measure] = []
    wanted = Q()
    calendar = engine_calendar() if version.pack.measures else None
    for measure in version.pack.measures:
        if measure.reached_by:
            reaching.append(measure)
            continue
        for month in months:
            for label in period_labels(measure, version, month, now, calendar):
                labels[measure.key][label].append(month.label)
        wanted |= Q(control=measure.key, period__in=list(labels[measure.key]))
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    fields = ("control", "period", "department") if by else ("control", "period")
    if wanted:
        rows = MeasureTally.objects.filter(wanted).filter(within.of()).exclude(lines=0)
        summed = {f"sum_{name}": Sum(name) for name in SUMS}
        for line in rows.values(*fields).annotate(**summed).order_by():
            part = line["department"] if by else ""
            for month_label in labels[line["control"]][line["period"]]:
                total = sums[line["control"], month_label, part]
                for place, name in enumerate(SUMS):
                    total[place] += line[f"sum_{name}"]
    for measure in reaching:
        for month in months[-1:]:
            for part, counts in _reached(within, measure, version, month, now, by).items():
                sums[measure.key, month.label, part] = counts
    return {key: _figure(version, key[0], counts) for key, counts in sums.items()}


def _figure(version: Version, control: str, sums: Sequence[int]) -> Figure:
    measure = version.pack.controls[control.partition("/")[2]]
    if not isinstance(measure, Measure):
        raise TypeError(f"{control} is no measure")
    return figure_of(
        measure, version, dict(zip(("counted", "hit", "total", "taken_back"), sums, strict=True))
    )


def _reached(
    within: Within, measure: Measure, version: Version, month: Month, now: datetime, by: str
) -> dict[str, list[int]]:
    """How many of a population were reached in the period: counted, hit."""
    label = period_labels(measure, version, month, now)[0]
    standing = MeasureEntry.objects.filter(within.of(), control=measure.key, period="", counted=True)
    key = Concat(OuterRef("key"), Value(f"|{label}"), output_field=CharField())
    there = MeasureEntry.objects.filter(control=measure.key, key=key)
    rows = standing.annotate(there=Exists(there)).values_list("department", "there")
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for department, hit, n in rows.annotate(n=Count("pk")).order_by():
        part = department if by else ""
        found[part][0] += n
        found[part][1] += n if hit else 0
    return found


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
    figures: Mapping[tuple[str, str, str], Figure],
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
        made.notes = [listed if listed and len(fields) == n else Text(f"必填 {n} 项", f"{n} required")]
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
    made: ControlFigure, measure: Measure, version: Version, values: Sequence[Figure | None], month: Month
) -> None:
    made.figure, made.reading = values[-1], shown(measure, values[-1])
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


# One figure taken apart ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FigureTold:
    """What one figure was computed from."""

    what: Text
    clause: str
    clause_text: Text
    version: str
    month: Month
    reading: str
    rule: Text
    counts: Sequence[Part]
    scope: Text
    target: Text | str
    ticked_at: datetime | None
    ticked_seq: int | None
    lifted_by: Text
    url: str


def figure_told(person: Any, regulation: str, control: str, month_text: str, now: datetime) -> FigureTold:
    """A duty's or measure's figure with its rule, its counts and the tick it stands at; NotFound for any other."""
    version = version_at(regulation, now)
    found = version.pack.controls.get(control) if version else None
    if version is None or not isinstance(found, Duty | Measure):
        raise NotFound("control", control)
    month, within = Month.read(month_text, now), reach_of(person)
    target: Text | str = ""
    if isinstance(found, Duty):
        kept = (
            kept_by_month(within, [month], regulation).get((regulation, control), {}).get(month.label, Kept())
        )
        reading, counts = kept.percent, _kept_parts(found, kept, month)
        rule = Text(
            "按时率 = 按时完成 ÷（按时 + 迟 + 漏），按期限所在月份计；到期前豁免、失效的不计入，到期后的仍算漏。",
            "In time = fulfilled ÷ (fulfilled + late + missed), by the month of the deadline; what was waived or void "
            "before its deadline is left out, afterwards it stays missed.",
        )
    else:
        figure = measured(within, version, [month], now).get((found.key, month.label, ""))
        reading, counts = shown(found, figure), _figure_parts(found, figure)
        target = amount_words(version, found.target) if found.target else ""
        rule = Text(
            f"{control_words(found).zh}。没有目标的不标红；总数少时显示件数。",
            f"{control_words(found).en}. Never red without a target; few in all are shown as counts.",
        )
    clock = EngineState.objects.filter(name="clock").values_list("document", flat=True).first()
    return FigureTold(
        what=control_words(found),
        clause=found.clause,
        clause_text=clause_words(version.pack.clauses.get(found.clause)),
        version=version.label.rpartition("@")[2],
        month=month,
        reading=reading,
        rule=rule,
        counts=counts,
        scope=SCOPES[within.all],
        target=target,
        ticked_at=datetime.fromisoformat(clock["at"]) if clock else None,
        ticked_seq=clock["seq"] if clock else None,
        lifted_by=role_words("service_manager") if isinstance(found, Duty) else Text("", ""),
        url=clause_url(found.clause, month, found.id),
    )


def _kept_parts(duty: Duty, kept: Kept, month: Month) -> list[Part]:
    names = (
        ("按时", "in time", kept.on_time, "fulfilled"),
        ("迟", "late", kept.late, "late"),
        ("漏", "missed", kept.missed, "missed"),
        ("未到期", "not yet due", kept.open, "open"),
        ("豁免", "waived", kept.waived, "waived"),
        ("失效", "void", kept.void, "void"),
    )
    return [
        Part(Text(zh, en), n, clause_url(duty.clause, month, duty.id, state)) for zh, en, n, state in names
    ]


def _figure_parts(measure: Measure, figure: Figure | None) -> list[Part]:
    if figure is None:
        return []
    found = [
        Part(Text("总数", "counted"), figure.counted),
        Part(Text("符合", "of which meet it"), figure.hit),
    ]
    if measure.show in ("sum", "mean"):
        found.append(Part(Text("合计", "sum"), figure.total))
    if figure.taken_back:
        found.append(Part(Text("撤回判定", "taken back"), figure.taken_back))
    return found


def version_at(regulation: str, moment: datetime) -> Version | None:
    """The version of a regulation in force at a moment, as the engine knows it."""
    timeline = engine().timelines(SqlStore()).get(regulation)
    return timeline.at(moment) if timeline else None
