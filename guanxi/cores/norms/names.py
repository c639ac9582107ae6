"""Names in a pack made into what they name: fact kinds, parameters, actions, roles, people, conditions, joins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from guanxi.cores.norms.catalogue import ActionOffer, Catalogue
from guanxi.cores.norms.conditions import Condition, ConditionError, compile_condition
from guanxi.cores.norms.controls import Link, Parameter, Read
from guanxi.cores.norms.expressions import ExpressionError, Who, parse_who
from guanxi.cores.norms.model import Base, FactKind, FieldType, Role
from guanxi.cores.norms.source import Node, Problem

_VARIABLES: Final[Mapping[str, Base]] = {
    "boolean": "bool",
    "text": "text",
    "texts": "texts",
    "duration": "duration",
    "working_time": "duration",
}
AMOUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "end_of_working_day_after": ("working_days",),
    "within": ("duration", "working_time", "months"),
    "after": ("duration", "working_days", "months"),
    "ahead": ("duration", "working_days"),
    "every": ("duration", "working_days", "months"),
    "offset": ("duration", "working_days", "working_time"),
    "grace": ("duration",),
    "target": ("percent", "integer", "money"),
    "small": ("integer",),
    "rolling": ("duration", "months"),
    "stale_after": ("duration", "working_days", "months"),
}


class Names:
    """What the names in one pack mean; what is wrong with them goes to its problems."""

    def __init__(
        self,
        regulation: str,
        catalogue: Catalogue,
        parameters: Mapping[str, Parameter],
        duties: set[str],
        keep: str,
        problems: list[Problem],
    ) -> None:
        self.regulation, self.catalogue, self.parameters = regulation, catalogue, parameters
        self.duties, self.keep, self.problems = duties, keep, problems
        self.variables = {
            f"param.{name}": FieldType(_VARIABLES.get(parameter.type, "int"))
            for name, parameter in parameters.items()
        }

    # -- names ---------------------------------------------------------------------------------------------------

    def _kind(self, node: Node) -> FactKind | None:
        kind = self.catalogue.kinds.get(node.value)
        if kind is None:
            self._unknown(node, "fact kind", node.value, self.catalogue.kinds)
        elif kind.history:
            what = f"'{kind.name}' tells of what was before the company used this"
            self.problems.append(node.problem(what, "name a kind that is recorded as it happens"))
            return None
        return kind

    def _kinds(self, nodes: Iterable[Node]) -> list[FactKind]:
        return [kind for node in nodes if (kind := self._kind(node)) is not None]

    def _unknown(self, node: Node, what: str, written: object, known: Iterable[str]) -> None:
        names = sorted(known)
        found = get_close_matches(str(written), names, 1)
        shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        cure = f"did you mean '{found[0]}'?" if found else f"known here: {shown or 'none'}"
        self.problems.append(node.problem(f"unknown {what} '{written}'", cure))

    def _parameter(self, node: Node | None, use: str) -> str:
        if node is None:
            return ""
        parameter = self.parameters.get(node.value)
        if parameter is None:
            self._unknown(node, "parameter", node.value, self.parameters)
        elif parameter.type not in AMOUNTS[use]:
            what = f"parameter '{parameter.name}' is of type {parameter.type}"
            self.problems.append(
                node.problem(what, f"here a parameter of type {' or '.join(AMOUNTS[use])} is needed")
            )
        return str(node.value)

    def _actions(self, node: Node, name: str = "action") -> tuple[ActionOffer, ...]:
        found: list[ActionOffer] = []
        for item in node.several(name):
            action = self.catalogue.actions.get(item.value)
            if action is None:
                self._unknown(item, "action", item.value, self.catalogue.actions)
            else:
                found.append(action)
        return tuple(found)

    def _role(self, node: Node | None) -> str:
        if node is not None and node.value not in self.catalogue.roles:
            self._unknown(node, "role", node.value, self.catalogue.roles)
        return str(node.value) if node is not None else ""

    def _condition(
        self, node: Node | None, variables: Mapping[str, FieldType], result: str = "bool"
    ) -> Condition | None:
        if node is None:
            return None
        readable = {name: kind for name, kind in variables.items() if kind.base != "map"}
        try:
            return compile_condition(str(node.value), {**readable, **self.variables}, result)
        except ConditionError as error:
            self.problems.append(node.problem(error.what, error.cure))
            return None

    def _per_kind(
        self, node: Node | None, kinds: Iterable[FactKind], result: str = "bool"
    ) -> dict[str, Condition]:
        made = (
            {kind.name: self._condition(node, kind.fields, result) for kind in kinds}
            if node is not None
            else {}
        )
        return {name: condition for name, condition in made.items() if condition is not None}

    def _who(self, nodes: Iterable[Node], starts: Mapping[str, str]) -> tuple[Who, ...]:
        found: list[Who] = []
        for node in nodes:
            try:
                found.append(
                    parse_who(str(node.value), starts, self.catalogue.attributes, self.catalogue.roles)
                )
            except ExpressionError as error:
                self.problems.append(node.problem(error.what, error.cure))
        return tuple(found)

    @staticmethod
    def _starts(kind: FactKind) -> dict[str, str]:
        starts = {name: field.refers_to for name, field in kind.fields.items() if field.refers_to}
        return {"customer": "customer", "actor": "person", **starts, kind.subject_kind: kind.subject_kind}

    # -- joins ---------------------------------------------------------------------------------------------------

    def _read(self, node: Node, name: str, kind: FactKind, each: str) -> Read | None:
        if name == kind.subject_kind:
            return Read(name, "subject", "", kind.subject_kind)
        if name == "element" and each:
            return Read(name, "element", each, kind.fields[each].refers_to if each in kind.fields else "")
        if name in kind.fields:
            return Read(name, "data", name, kind.fields[name].refers_to)
        if name == "customer":
            return Read(name, "customer", "", "customer")
        if name == "actor":
            return Read(name, "actor", "", "person")
        known = [kind.subject_kind, "customer", "actor", *kind.fields, *(["element"] if each else [])]
        near = get_close_matches(name, known, 1)
        cure = f"did you mean '{near[0]}'?" if near else f"known there: {', '.join(known)}"
        self.problems.append(node.problem(f"'{kind.name}' has no '{name}' to join by", cure))
        return None

    def _link(self, node: Node, role: Role, triggers: list[FactKind], each: str, of: str = "") -> Link | None:
        kinds = self._kinds(node.several("fact"))
        for action in self._actions(node) if node.get("action") else ():
            kinds += [k for name in action.writes if (k := self.catalogue.kinds.get(name)) is not None]
        pairs: dict[str, tuple[str, Node]] = {}
        for item in node.several("same"):
            if item.is_map:
                pairs.update({name: (str(value.value), item) for name, value in item.items()})
            else:
                pairs[str(item.value)] = (str(item.value), item)
        names = tuple(sorted(pairs))
        of_trigger: dict[str, tuple[Read, ...]] = {}
        if of:
            wrong = [name for name in names if name != of]
            if wrong:
                self.problems.append(
                    pairs[wrong[0]][1].problem(
                        f"a rhythm of '{of}' cannot join by '{wrong[0]}'", f"write same: {of}"
                    )
                )
            of_trigger[""] = (Read(of, "subject", "", of),)
        for kind in triggers:
            reads = [self._read(pairs[name][1], name, kind, each) for name in names]
            of_trigger[kind.name] = tuple(read for read in reads if read)
        of_fact: dict[str, tuple[Read, ...]] = {}
        for kind in kinds:
            reads = [self._read(pairs[name][1], pairs[name][0], kind, "") for name in names]
            of_fact[kind.name] = tuple(read for read in reads if read)
        where = self._per_kind(node.get("where"), kinds)
        return Link(
            role,
            tuple(k.name for k in kinds),
            names,
            of_trigger,
            of_fact,
            where,
            node.text("since") == "ever",
        )

    def _links(
        self, node: Node, name: str, role: Role, triggers: list[FactKind], each: str, of: str
    ) -> list[Link]:
        made = [self._link(item, role, triggers, each, of) for item in node.several(name)]
        return [link for link in made if link is not None]
