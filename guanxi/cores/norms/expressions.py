"""Expressions that say who: ``visit.owner``, ``customer.manager``, ``head_of(owner.department)``, ``role(gatekeeper)``.

    expression = path | "role(" name ")" | "head_of(" expression ")" | "parent_of(" expression ")"
    path       = name { "." attribute }

A path starts at an entity that the trigger names (its subject, its customer, a field that refers to an entity, its
actor) or, in escalations, at ``owner``; each attribute must refer to an entity. A list of expressions means the
first that names somebody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from guanxi.cores.norms.model import Entity, FieldType, NormsError

Attributes = Mapping[str, Mapping[str, FieldType]]
"""Entity kind to attribute to type."""
Look = Callable[[str, str], Entity | None]
"""Find an entity by kind and id (merged ones already followed)."""

_STEP: Final = re.compile(r"\s*(role|head_of|parent_of)\((.*)\)\s*$", re.DOTALL)
_PATH: Final = re.compile(r"[a-z_]\w*(\.[a-z_]\w*)*$")


class ExpressionError(NormsError):
    """An expression that names nothing: what is wrong and the cure."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what}; {cure}")
        self.what, self.cure = what, cure


@dataclass(frozen=True, slots=True)
class Who:
    """A checked expression: a role, or a path from a name over attributes (each with the kind it is read from)."""

    source: str
    role: str = ""
    start: str = ""
    start_kind: str = ""
    steps: tuple[tuple[str, str], ...] = ()

    def resolve(self, names: Mapping[str, str], look: Look, at: datetime | None, seen: set[str]) -> str:
        """Who it is at a moment (None: by the latest known), or ''. Adds ``kind=id`` of what it read to ``seen``."""
        if self.role:
            return f"role:{self.role}"
        id, kind = names.get(self.start, ""), self.start_kind
        for kind, attribute in self.steps:
            if not id or id.startswith("role:"):
                return ""
            seen.add(f"{kind}={id}")
            entity = look(kind, id)
            found = entity.at(attribute, at) if entity is not None else None
            id = str(found) if found else ""
        return id


def parse_who(source: str, starts: Mapping[str, str], attributes: Attributes, roles: frozenset[str]) -> Who:
    """Check an expression against the names it may start from (name to entity kind) and the known attributes."""
    text = source.strip()
    outer: list[tuple[str, str]] = []
    while step := _STEP.match(text):
        if step[1] == "role":
            name = step[2].strip()
            if outer or name not in roles:
                near = get_close_matches(name, roles, 1)
                known = f"known roles: {', '.join(sorted(roles))}"
                raise ExpressionError(
                    f"unknown role '{name}'", f"did you mean '{near[0]}'?" if near else known
                )
            return Who(source, role=name)
        outer.append(("department", {"head_of": "head", "parent_of": "parent"}[step[1]]))
        text = step[2].strip()
    if not _PATH.match(text):
        raise ExpressionError(
            f"'{source}' names nobody",
            "write a path such as visit.owner, role(name), or head_of(owner.department)",
        )
    start, *names = text.split(".")
    if start not in starts:
        near = get_close_matches(start, starts, 1)
        known = f"known here: {', '.join(sorted(starts)) or 'none'}"
        raise ExpressionError(
            f"'{start}' is not known here", f"did you mean '{near[0]}'? {known}" if near else known
        )
    kind = starts[start]
    steps: list[tuple[str, str]] = []
    for name in names:
        kind = _follow(kind, name, attributes, steps)
    for expected, name in reversed(outer):
        if kind != expected:
            raise ExpressionError(f"'{source}' asks for the {name} of a {kind}", "hand it a department")
        kind = _follow(kind, name, attributes, steps)
    if kind != "person":
        raise ExpressionError(
            f"'{source}' names a {kind or 'text'}, not a person", "end the path at a person"
        )
    return Who(source, "", start, starts[start], tuple(steps))


def _follow(kind: str, name: str, attributes: Attributes, steps: list[tuple[str, str]]) -> str:
    known = {key: value.refers_to for key, value in attributes.get(kind, {}).items() if value.refers_to}
    if name not in known:
        near = get_close_matches(name, known, 1)
        listed = f"a {kind} refers to: {', '.join(sorted(known)) or 'nothing'}"
        raise ExpressionError(
            f"'{name}' is not a reference of a {kind}",
            f"did you mean '{near[0]}'? {listed}" if near else listed,
        )
    steps.append((kind, name))
    return known[name]
