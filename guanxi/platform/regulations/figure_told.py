"""One figure told: where it comes from, for the answer to "why?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.cores.norms.controls import Duty, Measure
from guanxi.cores.norms.measures import Figure
from guanxi.platform.kernel import NotFound, Text

from .closed_figures import Frozen
from .figures import (
    MEASURE_WORDS,
    SCOPES,
    Kept,
    Part,
    clause_url,
    kept_after,
    kept_by_month,
    measured,
    measured_after,
    shown,
    version_at,
)
from .models import EngineState
from .periods import Month
from .reads import reach_of
from .wording import amount_words, clause_words, control_words, role_words


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
    frozen: Frozen | None = None
    """What froze it, where the period is closed."""
    after: Text = Text("", "")
    later: Sequence[Part] = ()
    """The counts as they are with what arrived after closing; empty where nothing did."""


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
        frozen, after = kept.frozen, kept_after(kept)
        later = _kept_parts(found, kept.now, month) if kept.now and after else []
        rule = Text(
            "按时率 = 按时完成 ÷（按时 + 迟 + 漏），按期限所在月份计；到期前豁免、失效的不计入，到期后的仍算漏。",
            "In time = fulfilled ÷ (fulfilled + late + missed), by the month of the deadline; what was waived or void "
            "before its deadline is left out, afterwards it stays missed.",
        )
    else:
        one = measured(within, version, [month], now).get((found.key, month.label, ""))
        figure = one.figure if one else None
        reading, counts = shown(found, figure), _figure_parts(found, figure)
        frozen, after = one.frozen if one else None, measured_after(found, one)
        later = _figure_parts(found, one.now) if one and after else []
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
        frozen=frozen,
        after=after,
        later=later,
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
        found.append(Part(MEASURE_WORDS["taken_back"], figure.taken_back))
    return found
