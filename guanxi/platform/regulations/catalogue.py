"""What the application offers to the packs: fact kinds, actions with typed gate values, forms and pages."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import datetime

from guanxi.cores.norms import model as norms
from guanxi.platform.kernel import Action, FactKind, all_actions, all_kinds
from guanxi.platform.ownfields.values import fact_fields

OWN = "own"
"""The gate value that holds the company's own fields, each of which conditions read under its own name: own.floor."""

_TYPES = {
    "str": norms.TEXT,
    "int": norms.INT,
    "bool": norms.BOOL,
    "timestamp": norms.TIMESTAMP,
    "date": norms.DATE,
    "decimal": norms.TEXT,
    "list[str]": norms.TEXTS,
    "list[ref]": norms.TEXTS,
    "list[int]": norms.MAP,
    "map": norms.MAP,
}
_REFERS = {
    "manager": "person",
    "owner": "person",
    "before": "person",
    "head": "person",
    "parent": "department",
}
_VALUES = {
    str: norms.TEXT,
    int: norms.INT,
    bool: norms.BOOL,
    datetime: norms.TIMESTAMP,
    list[str]: norms.TEXTS,
}


def field_type(name: str, declared: str) -> norms.FieldType:
    """A kernel field type as the engine's."""
    optional = declared.endswith("?")
    base, _, target = declared.removesuffix("?").partition(":")
    found = norms.ref(target or _REFERS.get(name, name)) if base == "ref" else _TYPES[base]
    return found.maybe() if optional else found


def engine_kind(kind: FactKind) -> norms.FactKind:
    """A declared fact kind as the engine reads it; '*' becomes 'about anything'."""
    more = kind.more() if kind.more else {}
    return norms.FactKind(
        name=kind.name,
        version=kind.version,
        subject_kind="" if kind.subject == "*" else kind.subject,
        fields={name: field_type(name, declared) for name, declared in {**kind.fields, **more}.items()},
        sets=dict(kind.sets) | {name: name for name in more},
        merges_into=kind.merges_into,
        history=kind.history,
    )


def engine_kinds() -> dict[str, norms.FactKind]:
    """Every fact kind that the application declares."""
    return {name: engine_kind(kind) for name, kind in all_kinds().items()}


def gate_fields(action: Action) -> dict[str, norms.FieldType]:
    """The typed values that an action hands to gates; empty where none can be put on it."""
    if action.gate_values is None:
        return {}
    hints = typing.get_type_hints(action.gate_values)
    found = {
        field.name: _value_type(hints[field.name])
        for field in dataclasses.fields(action.gate_values)
        if field.name != OWN
    }
    if OWN in hints:
        found |= {name: field_type(name, declared) for name, declared in fact_fields(action.subject).items()}
    return found


def gated_actions() -> dict[str, dict[str, norms.FieldType]]:
    """Action name -> its gate values' types, for checking packs."""
    return {name: gate_fields(action) for name, action in all_actions().items()}


def _value_type(hint: object) -> norms.FieldType:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        inner = [part for part in typing.get_args(hint) if part is not type(None)]
        return _value_type(inner[0]).maybe()
    try:
        return _VALUES[hint]  # type: ignore[index]
    except (KeyError, TypeError):
        raise TypeError(f"a gate value may not be {hint!r}") from None
