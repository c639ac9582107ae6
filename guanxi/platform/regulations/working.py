"""Which clauses have a control that works: not only written in a pack, but carried by an action, a form, a page, data.

A gate works when its action exists and a case of cases.yaml, which is run, shows the refusal; a duty when some action writes
what opens it and what fulfils it; a record when the form or action has its fields; a guide when a place shows it; a measure
when some action writes what it counts. With `verify` the data of this company are asked too: a duty must have been opened, a
measure must yield a number, and pages are rendered for somebody who may see them: a guide must be shown (`guides.py`), a
record's fields must stand there to be filled in or read (`records.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from guanxi.cores.norms.cases import CaseResult, run_cases
from guanxi.cores.norms.controls import Control, Duty, Gate, Guide, Measure, Pack, Record
from guanxi.cores.norms.coverage import kind_of
from guanxi.cores.norms.source import read_yaml
from guanxi.platform.calendar.china import official_year, shipped_years
from guanxi.platform.kernel import all_actions
from guanxi.platform.ui.registry import page_of_action

from . import packs, surface
from .guides import not_shown
from .models import MeasureTally, Obligation
from .records import not_there


@dataclass(frozen=True, slots=True)
class ClauseCover:
    """One clause: its controls, and the kinds that its text names but no working control carries."""

    id: str
    controls: tuple[str, ...]
    missing: tuple[str, ...]
    faults: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        return {"id": self.id, "controls": list(self.controls), "missing": list(self.missing)}


def coverage(*, verify: bool = False) -> Iterator[ClauseCover]:
    """Every clause of every regulation that ships. verify: each control is tried on the data. Raises PackError."""
    written = {kind for action in all_actions().values() for kind in action.writes}
    for code, text in packs.shipped().items():
        pack = packs.load(text)
        shown = refusals_shown(code, pack)
        for clause in pack.clauses.values():
            carriers = [c for c in pack.controls.values() if clause.id in c.clauses]
            faults: list[str] = []
            working: set[str] = set()
            for control in carriers:
                fault = fault_of(control, pack, written, shown, verify=verify)
                if fault:
                    faults.append(f"{control.id}: {fault}")
                else:
                    working.add(kind_of(control))
            missing = tuple(kind for kind in clause.kinds if kind not in working)
            yield ClauseCover(clause.id, tuple(c.id for c in carriers), missing, tuple(faults))


def fault_of(control: Control, pack: Pack, written: set[str], shown: set[str], *, verify: bool) -> str:
    """Why a control does not work, or ''."""
    actions = all_actions()
    if isinstance(control, Gate):
        absent = [
            name for name in control.actions if name not in actions or actions[name].gate_values is None
        ]
        if absent:
            return f"{', '.join(absent)} cannot be gated"
        return "" if control.clause in shown else "no case shows the refusal"
    if isinstance(control, Duty):
        opens = bool(control.rhythm) or bool(written & set(control.triggers))
        fulfils = {kind for link in control.links if link.role == "fulfil" for kind in link.kinds}
        if not opens:
            return "no action writes what opens it"
        if not written & fulfils:
            return "no action writes what fulfils it"
        own = Obligation.objects.filter(regulation=control.regulation, control=control.id)
        return "nothing has opened it yet" if verify and not own.exists() else ""
    if isinstance(control, Record):
        return _record(control, verify=verify)
    if isinstance(control, Guide):
        places = [*([control.page] if control.page else []), *control.actions]
        bare = [p for p in places if p not in surface.pages() and page_of_action(p) is None]
        if bare:
            return f"{', '.join(bare)} does not show guides"
        return next((fault for place in places if (fault := not_shown(control, place))), "") if verify else ""
    if isinstance(control, Measure):
        return _measure(control, pack, written, verify=verify)
    return ""


def _record(control: Record, *, verify: bool) -> str:
    """A form has the fields by name; an action by its input, or as a value that it hands to its gates."""
    forms, actions = surface.forms(), packs.catalogue().actions
    for name in [*control.actions, *([control.form] if control.form else [])]:
        there = {*forms.get(name, ()), *(actions[name].values if name in actions else ())}
        lacking = [field for field in control.require if field not in there]
        if lacking:
            return f"{name} has no {', '.join(lacking)}"
        fault = not_there(name, control.require) if verify else ""
        if fault:
            return fault
    return ""


def _measure(control: Measure, pack: Pack, written: set[str], *, verify: bool) -> str:
    if control.over == "fact" and not written & set(control.kinds):
        return "no action writes what it counts"
    if control.over == "duty":
        duty = pack.controls.get(control.duty)
        if isinstance(duty, Duty) and not (duty.rhythm or written & set(duty.triggers)):
            return "no action writes what opens its duty"
    if verify and not MeasureTally.objects.filter(control=control.key, counted__gt=0).exists():
        return "the data yield no number"
    return ""


# Cases --------------------------------------------------------------------------------------------------------------


def case_results(code: str, pack: Pack) -> list[CaseResult]:
    """The cases of a regulation, run without a database; none where it has no cases.yaml. Raises PackError."""
    file, text = packs.shipped_cases().get(code, ("", ""))
    if not text.strip():
        return []
    return run_cases(text, file, pack, packs.catalogue(), ZoneInfo(settings.TIME_ZONE), calendar_loads())


@cache
def calendar_loads() -> tuple[dict[str, Any], ...]:
    """The shipped years as the engine takes them, so that cases may speak of holidays and make-up days."""
    return tuple(
        {
            "year": year,
            "published": True,
            "days": {
                day.isoformat(): "work" if one.working else "rest" for day, one in official_year(year).items()
            },
            "hours": None,
        }
        for year in shipped_years()
    )


def refusals_shown(code: str, pack: Pack) -> set[str]:
    """The clauses whose refusal (or warning) a case shows, and the case holds."""
    file, text = packs.shipped_cases().get(code, ("", ""))
    if not text.strip():
        return set()
    held = {(r.name, r.line) for r in case_results(code, pack) if r.passed}
    found: set[str] = set()
    for node in read_yaml(text, file).value:
        if (node.text("name", "?"), node.line) not in held:
            continue
        for look in node.several("then"):
            for word in ("refused", "warned"):
                answer = look.get(word)
                if answer is not None:
                    found.add(answer.text("clause") if answer.is_map else str(answer.value))
    return found
