"""A pack's text made into a checked Pack: every mistake at once, each with file, line and cure.

First the shape (``shapes``), then what the names mean: clauses, parameters, fact kinds, actions, fields, types in
conditions, owners. What passes here cannot fail to load at start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from typing import Any, Final

from guanxi.cores.norms.builders import Builder, words
from guanxi.cores.norms.catalogue import Catalogue
from guanxi.cores.norms.controls import Clause, Control, Keep, Pack, Parameter, Words
from guanxi.cores.norms.shapes import PACK
from guanxi.cores.norms.source import Node, PackError, Problem, read_yaml

_SPLIT: Final = ("regulation", "approval", "clauses", "chapters", "on_new_version", "parameters", "controls")


def load_pack(files: Mapping[str, str], catalogue: Catalogue) -> Pack:
    """The pack that these texts make (file name to text: ``clauses.yaml``, ``pack.yaml``); raises PackError.

    The top-level parts may be spread over the files, each part in one of them.
    """
    problems: list[Problem] = []
    parts: dict[str, Node] = {}
    first = next(iter(files), "pack.yaml")
    for file, text in files.items():
        try:
            document = read_yaml(text, file)
        except PackError as error:
            problems += error.problems
            continue
        PACK.check(document, "the pack", problems)
        for name, node in document.items():
            if name in parts and name != "regulation":
                where = f"{parts[name].file}:{parts[name].line}"
                problems.append(
                    document.problem(f"'{name}' stands in {where} too", "keep it in one file", name)
                )
            elif name in parts and parts[name].text("id") != node.text("id"):
                what = f"regulation '{node.text('id')}' is '{parts[name].text('id')}' in {parts[name].file}"
                problems.append(node.problem(what, "write the same id"))
            parts.setdefault(name, node)
    for name in ("regulation", "clauses"):
        if name not in parts and not problems:
            problems.append(
                Problem(first, 1, f"the pack lacks '{name}'", f"add '{name}' to one of its files")
            )
    if problems:
        raise PackError(problems)
    pack = _Reader(parts, catalogue, problems).pack()
    if problems:
        raise PackError(problems)
    return pack


class _Reader:
    """Reads the parts of one pack whose shape is right; problems are appended."""

    def __init__(self, parts: Mapping[str, Node], catalogue: Catalogue, problems: list[Problem]) -> None:
        self.parts, self.catalogue, self.problems = parts, catalogue, problems
        self.regulation = parts["regulation"].text("id")
        self.keep: Keep = parts["on_new_version"].value if "on_new_version" in parts else "keep"

    def pack(self) -> Pack:
        """The pack; only whole when no problem was found."""
        clauses = self._clauses()
        parameters = self._parameters(clauses)
        approval = self.parts.get("approval")
        if approval is not None:
            self._known(approval, "by", self.catalogue.roles, "role")
            self._known(approval, "clause", clauses, "clause")
        return Pack(
            self.regulation,
            words(self.parts["regulation"].get("title")) or Words("", ""),
            clauses,
            parameters,
            self._controls(clauses, parameters),
            approval.text("by") if approval else "",
            approval.text("origin") if approval else "",
            approval.text("clause") if approval else "",
            self.keep,
        )

    def _clauses(self) -> dict[str, Clause]:
        clauses: dict[str, Clause] = {}
        for node in self.parts["clauses"].value:
            id = node.text("id")
            if id in clauses:
                self.problems.append(node.problem(f"clause '{id}' stands twice", "keep one of them"))
            if not id.startswith(f"{self.regulation}."):
                self.problems.append(
                    node.problem(f"clause '{id}' is not of {self.regulation}", "correct the id")
                )
            kinds = tuple(str(kind.value) for kind in node.several("kinds"))
            clauses[id] = Clause(id, kinds, words(node.get("text")) or Words("", ""))
        return clauses

    def _parameters(self, clauses: Mapping[str, Clause]) -> dict[str, Parameter]:
        made: dict[str, Parameter] = {}
        node = self.parts.get("parameters")
        for name, item in node.items() if node else ():
            plain = item.plain()
            parameter = Parameter(
                name,
                plain["type"],
                plain["default"],
                plain["origin"],
                plain.get("clause", ""),
                plain.get("decision", ""),
                words(item.get("unit")),
                words(item.get("words")),
                plain.get("min"),
                plain.get("max"),
            )
            dated: list[tuple[date, Any]] = []
            for part in ("min", "max", "default"):
                if part in plain:
                    self._parse(item, part, parameter, plain[part])
            for value in item.several("values"):
                self._parse(value, "value", parameter, value.plain()["value"])
                try:
                    dated.append((date.fromisoformat(value.text("from")), value.plain()["value"]))
                except ValueError:
                    self.problems.append(
                        value.problem(f"'{value.text('from')}' is no date", "write such as 2026-07-01")
                    )
            if parameter.origin == "source" and not parameter.clause:
                what = f"parameter '{name}' is the source's but names no clause"
                self.problems.append(item.problem(what, "add 'clause', or mark it 'ours'"))
            self._known(item, "clause", clauses, "clause")
            made[name] = replace(parameter, values=tuple(dated))
        return made

    def _parse(self, node: Node, part: str, parameter: Parameter, raw: Any) -> None:
        bounds = (
            Parameter(parameter.name, parameter.type, None, "ours") if part in ("min", "max") else parameter
        )
        try:
            bounds.parse(raw)
        except (ValueError, TypeError) as error:
            what, _, cure = str(error).partition("; ")
            at = node.get(part)
            self.problems.append((at or node).problem(f"parameter '{parameter.name}', {part}: {what}", cure))

    def _controls(
        self, clauses: Mapping[str, Clause], parameters: Mapping[str, Parameter]
    ) -> dict[str, Control]:
        nodes = self.parts["controls"].value if "controls" in self.parts else []
        duties = {node.text("id") for node in nodes if node.text("kind") == "duty"}
        builder = Builder(self.regulation, self.catalogue, parameters, duties, self.keep, self.problems)
        made: dict[str, Control] = {}
        for node in nodes:
            id = node.text("id")
            if id in made:
                self.problems.append(
                    node.problem(f"control '{id}' stands twice", "give one of them another id")
                )
            for clause in node.several("clause"):
                if clause.value not in clauses:
                    self.problems.append(
                        clause.problem(f"unknown clause '{clause.value}'", near(clause.value, clauses))
                    )
            control = builder.control(node)
            if control is not None:
                made[id] = control
        return made

    def _known(self, node: Node, name: str, known: Iterable[str], what: str) -> None:
        found = node.get(name)
        if found is not None and found.value not in set(known):
            self.problems.append(found.problem(f"unknown {what} '{found.value}'", near(found.value, known)))


def near(written: object, known: Iterable[str]) -> str:
    """A cure for a name that is not known: the nearest one, or the list."""
    names = sorted(known)
    found = get_close_matches(str(written), names, 1)
    if found:
        return f"did you mean '{found[0]}'?"
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"known here: {shown or 'none'}"
