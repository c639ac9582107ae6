"""What the application offers to packs: fact kinds, actions, forms, pages, roles; and the engine's own fact kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from guanxi.cores.norms.model import (
    BOOL,
    INT,
    MAP,
    TEXT,
    TIMESTAMP,
    Const,
    Fact,
    FactError,
    FactKind,
    FieldType,
    NormsError,
)

RESERVED: Final[Mapping[str, FactKind]] = {
    kind.name: kind
    for kind in (
        FactKind("norms.ticked", 1, ""),
        FactKind(
            "norms.version_in_force", 1, "", {"regulation": TEXT, "version": TEXT, "from": TIMESTAMP.maybe()}
        ),
        FactKind("norms.rolled", 1, "", {"task": INT, "stage": TEXT, "ids": MAP, "done": BOOL}),
        FactKind("norms.waived", 1, "obligation", {"reason": TEXT.maybe(), "approval": TEXT.maybe()}),
        FactKind("norms.suspended", 1, "", {"control": TEXT.maybe(), "reason": TEXT.maybe()}),
        FactKind("norms.resumed", 1, "", {"control": TEXT.maybe(), "reason": TEXT.maybe()}),
        FactKind("norms.reminded", 1, "obligation", {"number": INT, "to": TEXT, "at": TIMESTAMP}),
        FactKind("norms.escalated", 1, "obligation", {"number": INT, "to": TEXT, "at": TIMESTAMP}),
        FactKind(
            "norms.gate_waived",
            1,
            "",
            {"regulation": TEXT, "control": TEXT, "until": TIMESTAMP.maybe(), "approval": TEXT.maybe()},
        ),
        FactKind(
            "norms.asked",
            1,
            "",
            {"action": TEXT, "values": MAP, "open_duties": MAP, "passed": BOOL, "failed": MAP, "waived": MAP},
        ),
        FactKind("norms.period_closed", 1, "", {"period": TEXT, "up_to": INT}),
        FactKind(
            "norms.measure_frozen",
            1,
            "",
            {"regulation": TEXT, "control": TEXT, "period": TEXT, "up_to": INT, "figures": MAP, "parts": MAP},
        ),
        FactKind(
            "calendar.loaded", 1, "", {"year": INT, "published": BOOL, "days": MAP, "hours": MAP.maybe()}
        ),
        FactKind("journal.corrected", 1, "", {"fact": INT, "data": MAP, "happened_at": TIMESTAMP.maybe()}),
        FactKind("journal.annulled", 1, "", {"fact": INT, "reason": TEXT.maybe()}),
    )
}
"""The kinds that the engine itself declares and understands. Domain code may not declare others under these names."""

_PYTHON: Final[Mapping[str, tuple[type, ...]]] = {
    "text": (str,),
    "int": (int,),
    "bool": (bool,),
    "timestamp": (str,),
    "date": (str,),
    "texts": (list, tuple),
    "map": (dict, list, tuple),
}
BLANKS: Final[Mapping[str, Any]] = {"text": "", "int": 0, "bool": False, "date": "", "texts": [], "map": {}}
"""What an attribute reads as in a condition when nothing has set it."""


@dataclass(frozen=True, slots=True)
class ActionOffer:
    """An action as packs see it: the typed values its gate hands over, the fact kinds it writes, its form's fields."""

    name: str
    values: Mapping[str, FieldType] = field(default_factory=dict)
    writes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """Everything that packs may name. ``forms`` maps a form's name to its fields."""

    kinds: Mapping[str, FactKind]
    actions: Mapping[str, ActionOffer] = field(default_factory=dict)
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pages: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    attributes: Mapping[str, Mapping[str, FieldType]] = field(init=False)
    references: Mapping[str, frozenset[str]] = field(init=False)
    known: Mapping[str, FactKind] = field(init=False)
    """Every fact kind by its name, the engine's own included."""

    def __post_init__(self) -> None:
        clash = sorted(set(self.kinds) & set(RESERVED))
        if clash:
            raise NormsError(f"fact kind '{clash[0]}' is the engine's own; give the domain's another name")
        object.__setattr__(self, "attributes", _attributes(self.kinds.values()))
        references = {
            kind: frozenset(name for name, declared in known.items() if declared.refers_to)
            for kind, known in self.attributes.items()
        }
        object.__setattr__(self, "references", references)
        object.__setattr__(self, "known", {**RESERVED, **self.kinds})

    def kind(self, name: str) -> FactKind | None:
        """A fact kind by its name, the engine's own included."""
        return self.known.get(name)


def catalogue(
    kinds: Iterable[FactKind],
    *,
    actions: Iterable[ActionOffer] = (),
    forms: Mapping[str, tuple[str, ...]] | None = None,
    pages: Iterable[str] = (),
    roles: Iterable[str] = (),
) -> Catalogue:
    """A catalogue from plain lists."""
    named = {action.name: action for action in actions}
    return Catalogue({k.name: k for k in kinds}, named, forms or {}, frozenset(pages), frozenset(roles))


def _attributes(kinds: Iterable[FactKind]) -> dict[str, dict[str, FieldType]]:
    found: dict[str, dict[str, FieldType]] = {}
    for kind in kinds:
        for attribute, source in kind.sets.items():
            if isinstance(source, Const):
                base = {bool: BOOL, int: INT}.get(type(source.value), TEXT)
            elif source in kind.fields:
                base = kind.fields[source]
            else:
                raise NormsError(
                    f"fact kind '{kind.name}' sets '{attribute}' from '{source}', which it does not have"
                )
            base = FieldType(base.base, False, base.refers_to)
            known = found.setdefault(kind.subject_kind, {}).setdefault(attribute, base)
            if known.base != base.base or (
                known.refers_to and base.refers_to and known.refers_to != base.refers_to
            ):
                raise NormsError(
                    f"'{kind.subject_kind}.{attribute}' is {known.base} elsewhere and {base.base} in '{kind.name}'"
                )
            if base.refers_to:
                found[kind.subject_kind][attribute] = base
    return found


def check_fact(fact: Fact, kind: FactKind | None) -> None:
    """Raise FactError unless the fact fits its declared kind: known fields, right types, nothing missing."""
    if kind is None:
        raise FactError(f"fact {fact.seq}: unknown kind '{fact.kind}'; declare it in the domain's facts")
    if kind.subject_kind and kind.subject_kind != fact.subject_kind:
        raise FactError(
            f"fact {fact.seq}: {fact.kind} is about a {kind.subject_kind}, not a {fact.subject_kind}"
        )
    taken, data = kind.taken, fact.data
    for name, value in data.items():
        if type(value) not in taken.get(name, ()):
            _check_field(fact, kind, name, value)
    if len(data) < len(taken):
        for name in kind.required:
            if name not in data:
                raise FactError(f"fact {fact.seq}: {fact.kind} lacks '{name}'; hand it in")


def _check_field(fact: Fact, kind: FactKind, name: str, value: Any) -> None:
    declared = kind.fields.get(name)
    if declared is None:
        raise FactError(f"fact {fact.seq}: {fact.kind} has no field '{name}'; declare it or leave it out")
    if value is None and declared.optional:
        return
    accepted = _PYTHON[declared.base]
    if not isinstance(value, accepted) or (isinstance(value, bool) and declared.base != "bool"):
        raise FactError(f"fact {fact.seq}: {fact.kind}.{name} is not of type {declared.base}: {value!r}")
