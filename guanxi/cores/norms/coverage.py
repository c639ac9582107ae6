"""Which clauses are carried by which controls, and what is still missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from guanxi.cores.norms.catalogue import Catalogue
from guanxi.cores.norms.controls import Control, Duty, Gate, Guide, Measure, Pack, Record


@dataclass(frozen=True, slots=True)
class Coverage:
    """One clause: the kinds of control it asks for, those it has (with their ids), those it lacks."""

    clause: str
    wanted: tuple[str, ...]
    carried: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


def coverage(packs: Iterable[Pack]) -> list[Coverage]:
    """Every clause of every pack, in order."""
    found: list[Coverage] = []
    for pack in packs:
        for clause in pack.clauses.values():
            carried = [
                (kind_of(control), control.id)
                for control in pack.controls.values()
                if clause.id in control.clauses
            ]
            missing = tuple(kind for kind in clause.kinds if kind not in {name for name, _ in carried})
            found.append(Coverage(clause.id, clause.kinds, tuple(carried), missing))
    return found


def unused(packs: Iterable[Pack], catalogue: Catalogue) -> list[str]:
    """Fact kinds that packs wait for but no action of the application writes."""
    written = {kind for action in catalogue.actions.values() for kind in action.writes}
    waited: set[str] = set()
    for pack in packs:
        for duty in pack.duties:
            waited |= {*duty.triggers, *(kind for link in duty.links for kind in link.kinds)}
        for measure in pack.measures:
            waited |= {*measure.kinds, *(kind for link in measure.reached_by for kind in link.kinds)}
    return sorted(waited - written)


def kind_of(control: Control) -> str:
    """The kind of a control as clauses name it: Duty, Gate, Measure, Record, Guide."""
    for kind in (Duty, Gate, Measure, Record, Guide):
        if isinstance(control, kind):
            return kind.__name__
    return type(control).__name__
