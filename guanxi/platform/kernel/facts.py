"""Fact kinds: the names under which the journal remembers, declared once and kept for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .text import Text

FIELD_TYPES = (
    "str",
    "int",
    "bool",
    "timestamp",
    "date",
    "decimal",
    "list[str]",
    "list[int]",
    "list[ref]",
    "ref",
    "map",
)
"""What a field of a fact may hold. ref: the id of a row, as a string, and `ref:person` says of which kind (else the
field's own name says it: manager, owner and before are persons); timestamp: ISO 8601 with offset;
decimal: a number as a string; map: plain nested data that no condition reads."""


@dataclass(frozen=True, slots=True)
class FactKind:
    """What a kind of fact holds.

    subject: kind of row it is about; '*' for kinds that may be about any.
    fields: name -> one of FIELD_TYPES ('?' behind it: may be None or absent). Values that conditions may read;
        never personal data, never free text.
    texts: names of the free or personal texts that lie beside the fact and can be erased.
    sets: attribute of the subject, as the engine folds it -> field it is taken from.
    merges_into: the field that holds the id of the row into which the subject was merged; '' for other kinds.
    history: tells of what was before the company used this: no pack may speak of it.
    more: further fields that are known only while running (name -> type), of which each sets the attribute of its name.
    sentence: one sentence for timeline and audit; placeholders are fields and texts.
    upcast: for each older version, a function from its data to that of the next version.
    """

    name: str
    subject: str
    label: Text
    fields: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)
    merges_into: str = ""
    sentence: Text = field(default_factory=lambda: Text("", ""))
    version: int = 1
    upcast: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    icon: str = "circle"
    on_timeline: bool = True
    history: bool = False
    more: Callable[[], Mapping[str, str]] | None = None

    def all_fields(self) -> Mapping[str, str]:
        """Its fields, with those that are known only while running."""
        return {**self.fields, **self.more()} if self.more else self.fields


_kinds: dict[str, FactKind] = {}


def fact_kind(kind: FactKind) -> FactKind:
    """Declare a kind. A name is declared once; unknown field types and sets without a field are mistakes."""
    if kind.name in _kinds and _kinds[kind.name] != kind:
        raise ValueError(f"fact kind {kind.name} is declared twice")
    for name, type_name in kind.fields.items():
        if _base(type_name) not in FIELD_TYPES:
            raise ValueError(f"{kind.name}.{name}: unknown type {type_name}")
    for attribute, source in kind.sets.items():
        if source not in kind.fields:
            raise ValueError(f"{kind.name} sets {attribute} from {source}, which it does not hold")
    if kind.merges_into and kind.merges_into not in kind.fields:
        raise ValueError(f"{kind.name} merges into {kind.merges_into}, which it does not hold")
    missing = [v for v in range(1, kind.version) if v not in kind.upcast]
    if missing:
        raise ValueError(f"{kind.name}: no way to read version {missing[0]}")
    _kinds[kind.name] = kind
    return kind


def get_kind(name: str) -> FactKind:
    """The kind called `name`; KeyError where none is declared."""
    return _kinds[name]


def all_kinds() -> dict[str, FactKind]:
    """Every declared kind by name, sorted."""
    return dict(sorted(_kinds.items()))


def ref(id: int | None) -> str | None:
    """A row's id as facts hold it."""
    return None if id is None else str(id)


def read_data(name: str, version: int, data: dict[str, Any]) -> dict[str, Any]:
    """A fact's data in the shape of the kind's newest version."""
    kind = _kinds.get(name)
    if kind is None:
        return data
    while version < kind.version:
        data = kind.upcast[version](dict(data))
        version += 1
    return data


def check_data(kind: FactKind, data: Mapping[str, Any], texts: Mapping[str, Any]) -> None:
    """TypeError where data or texts do not fit the kind: a mistake of the program, found by its tests."""
    fields = kind.fields if data.keys() <= kind.fields.keys() else kind.all_fields()
    for name in data:
        if name not in fields:
            raise TypeError(f"{kind.name} holds no field {name}")
    for name, type_name in fields.items():
        optional = type_name.endswith("?")
        value = data.get(name)
        if value is None:
            if not optional:
                raise TypeError(f"{kind.name}.{name} is required")
            continue
        if not _fits(_base(type_name), value):
            raise TypeError(f"{kind.name}.{name} is {type_name}, not {type(value).__name__}")
    for name, value in texts.items():
        if name not in kind.texts:
            raise TypeError(f"{kind.name} holds no text {name}")
        if not plain(value):
            raise TypeError(f"{kind.name}.{name} holds what JSON does not keep to the letter")


def plain(value: Any) -> bool:
    """Whether both databases give a value back to the letter: no floats (the chain hashes what is written)."""
    if value is None or isinstance(value, str | int):
        return True
    if isinstance(value, dict):
        for name, part in value.items():
            if not (isinstance(name, str) and (part is None or isinstance(part, str | int) or plain(part))):
                return False
        return True
    if isinstance(value, list | tuple):
        for part in value:
            if not plain(part):
                return False
        return True
    return False


@lru_cache(maxsize=1000)
def _base(type_name: str) -> str:
    return type_name.removesuffix("?").partition(":")[0]


def _fits(type_name: str, value: Any) -> bool:
    match type_name:
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool)
        case "map":
            return isinstance(value, dict | list) and plain(value)
        case "list[str]" | "list[ref]":
            return isinstance(value, list) and all(isinstance(v, str) for v in value)
        case "list[int]":
            return isinstance(value, list) and all(isinstance(v, int) for v in value)
        case _:
            return isinstance(value, str)
