"""The shape of a pack's files, stated once: checked here with file and line, and published as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final, Protocol

from guanxi.cores.norms.source import Node, Problem


class Shape(Protocol):
    """What a node must look like."""

    def check(self, node: Node, name: str, problems: list[Problem]) -> None:
        """Append what is wrong with the node; ``name`` is what messages call it."""

    def schema(self) -> dict[str, Any]:
        """The same as JSON Schema."""


@dataclass(frozen=True)
class Text:
    """A text, perhaps of a pattern or one of some words."""

    pattern: str = ""
    hint: str = "a text"
    words: tuple[str, ...] = ()

    def check(self, node: Node, name: str, problems: list[Problem]) -> None:
        """See Shape."""
        value = node.value
        if self.words and value not in self.words:
            near = get_close_matches(str(value), self.words, 1)
            cure = f"did you mean '{near[0]}'?" if near else f"write one of: {', '.join(self.words)}"
            problems.append(node.problem(f"'{name}' is '{node.plain()}'", cure))
        elif (
            not isinstance(value, str)
            or not value.strip()
            or not re.fullmatch(self.pattern or r"[\s\S]+", value)
        ):
            problems.append(node.problem(f"'{name}' is {node.plain()!r}", f"write {self.hint}"))

    def schema(self) -> dict[str, Any]:
        """See Shape."""
        if self.words:
            return {"enum": list(self.words)}
        return {"type": "string", "minLength": 1} | ({"pattern": f"^{self.pattern}$"} if self.pattern else {})


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def check(self, node: Node, name: str, problems: list[Problem]) -> None:
        """See Shape."""
        if not isinstance(node.value, bool):
            problems.append(node.problem(f"'{name}' is {node.plain()!r}", "write true or false"))

    def schema(self) -> dict[str, Any]:
        """See Shape."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Scalar:
    """Any single value: the parameter's type says more."""

    def check(self, node: Node, name: str, problems: list[Problem]) -> None:
        """See Shape."""
        if node.value is None or node.is_map:
            problems.append(node.problem(f"'{name}' has no value", "write a value of the parameter's type"))

    def schema(self) -> dict[str, Any]:
        """See Shape."""
        return {"type": ["string", "integer", "boolean", "array"]}


@dataclass(frozen=True)
class Many:
    """A list; with ``or_one`` a single item may stand without its brackets."""

    of: Shape
    or_one: bool = False

    def check(self, node: Node, name: str, problems: list[Problem]) -> None:
        """See Shape."""
        if node.is_list:
            for item in node.value:
                self.of.check(item, name, problems)
        elif self.or_one:
            self.of.check(node, name, problems)
        else:
            problems.append(
                node.problem(f"'{name}' is not a list", "write [ ] around it, or a dash before each item")
            )

    def schema(self) -> dict[str, Any]:
        """See Shape."""
        several = {"type": "array", "items": self.of.schema()}
        return {"anyOf": [self.of.schema(), several]} if self.or_one else several


@dataclass(frozen=True)
class Map:
    """A mapping of known names, of which some must stand; ``rest`` is the shape of all other names."""

    keys: Mapping[str, Shape] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    rest: Shape | None = None
    one_of: tuple[str, ...] = ()
    hint: str = ""

    def check(self, node: Node, name: str, problems: list[Problem]) -> None:
        """See Shape."""
        if not node.is_map:
            hint = self.hint or f"write {{{', '.join(self.needs or tuple(self.keys)[:3])}: …}}"
            problems.append(node.problem(f"'{name}' is {node.plain()!r}", hint))
            return
        for key, value in node.items():
            shape = self.keys.get(key, self.rest)
            if shape is None:
                near = get_close_matches(key, self.keys, 1)
                cure = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(self.keys)}"
                problems.append(node.problem(f"'{name}' has no '{key}'", cure, key))
            else:
                shape.check(value, key, problems)
        for key in self.needs:
            if node.get(key) is None:
                problems.append(node.problem(f"'{name}' lacks '{key}'", f"add '{key}'"))
        if self.one_of and sum(key in node.value for key in self.one_of) != 1:
            problems.append(
                node.problem(f"'{name}' must have one of {', '.join(self.one_of)}", "keep exactly one")
            )

    def schema(self) -> dict[str, Any]:
        """See Shape."""
        made: dict[str, Any] = {
            "type": "object",
            "properties": {key: shape.schema() for key, shape in self.keys.items()},
            "additionalProperties": self.rest.schema() if self.rest else False,
        }
        if self.needs:
            made["required"] = list(self.needs)
        if self.one_of:
            made["oneOf"] = [{"required": [key]} for key in self.one_of]
        return made


@dataclass(frozen=True)
class Short:
    """Either a bare text (the short form) or the full mapping."""

    text: Text
    full: Map

    def check(self, node: Node, name: str, problems: list[Problem]) -> None:
        """See Shape."""
        (self.full if node.is_map else self.text).check(node, name, problems)

    def schema(self) -> dict[str, Any]:
        """See Shape."""
        return {"anyOf": [self.text.schema(), self.full.schema()]}


NAME: Final = Text(r"[a-z][a-z0-9_-]*", "a name of small letters, digits, - and _")
PARAMETER: Final = Text(r"[a-z][a-z0-9_]*", "the name of a parameter (numbers stand in parameters only)")
CLAUSE: Final = Text(r"R\d+(\.\d+)+", "a clause id such as R1.16.1")
FACT: Final = Text(r"[a-z_]+\.[a-z_]+", "a fact kind such as visit.completed")
ACTION: Final = Text(r"[a-z_]+\.[a-z_]+", "an action such as visits.confirm")
FIELD: Final = Text(r"[a-z][a-z0-9_]*", "the name of a field")
CEL: Final = Text("", "a condition in CEL")
WHO: Final = Many(Text("", "who, such as visit.owner or role(service_manager)"), or_one=True)
WORDS: Final = Map({"zh": Text(), "en": Text()}, ("zh", "en"), hint="write {zh: …, en: …}")
KEEP: Final = Text(words=("keep", "restate", "void"))
SAME: Final = Short(FIELD, Map({}, rest=FIELD))
JOIN: Final = Many(SAME, or_one=True)

_LINK: Final = Map(
    {"fact": Many(FACT, or_one=True), "same": JOIN, "where": CEL, "since": Text(words=("trigger", "ever"))},
    ("fact", "same"),
)
_TRIGGER: Final = Short(FACT, Map({"fact": FACT, "where": CEL}, ("fact",)))
_DUE: Final = Map(
    {
        "end_of_working_day_after": PARAMETER,
        "within": PARAMETER,
        "ahead": PARAMETER,
        "end_of": Text(words=("day", "week", "month", "quarter", "year")),
        "at": FIELD,
        "before": Map(
            {"fact": Many(FACT, or_one=True), "action": ACTION, "same": JOIN},
            ("same",),
            one_of=("fact", "action"),
        ),
        "from": FIELD,
        "of": FIELD,
    },
    one_of=("end_of_working_day_after", "within", "ahead", "end_of", "at", "before"),
    hint="write a deadline such as {within: answer_time}",
)
_EVERY: Final = Short(
    PARAMETER,
    Map({"period": Text(words=("day", "week", "month", "quarter", "year")), "by": FIELD}, rest=PARAMETER),
)
_RHYTHM: Final = Map({"of": NAME, "while": CEL, "every": _EVERY}, ("of", "while", "every"))
_RESTART: Final = Map({"same": FIELD}, ("same",))
_REMIND: Final = Map(
    {"before": PARAMETER, "after": PARAMETER, "to": WHO}, ("to",), one_of=("before", "after")
)
_ESCALATE: Final = Map({"after": PARAMETER, "to": WHO}, ("after", "to"))
_COMMON: Final[Mapping[str, Shape]] = {
    "id": NAME,
    "kind": Text(words=("duty", "gate", "measure", "record", "guide")),
    "clause": Many(CLAUSE, or_one=True),
    "words": WORDS,
}
_NEEDS: Final = ("id", "kind", "clause")
_ACTIONS: Final = Many(ACTION, or_one=True)

CONTROLS: Final[Mapping[str, Map]] = {
    "duty": Map(
        {
            **_COMMON,
            "does": ACTION,
            "trigger": Many(_TRIGGER, or_one=True),
            "rhythm": _RHYTHM,
            "restart": _RESTART,
            "each": FIELD,
            "owner": WHO,
            "actionable_from": Map(
                {"at": FIELD, "ahead": PARAMETER, "after": PARAMETER}, one_of=("at", "after")
            ),
            "due": _DUE,
            "after_hours": Text(words=("next_working_time", "runs_on")),
            "looks_at": Text(words=("happened", "recorded")),
            "grace": PARAMETER,
            "fulfilled_by": Many(_LINK, or_one=True),
            "void_by": Many(_LINK, or_one=True),
            "remind": Many(_REMIND),
            "escalate": Many(_ESCALATE),
            "on_new_version": KEEP,
        },
        (*_NEEDS, "owner", "fulfilled_by"),
        one_of=("trigger", "rhythm"),
    ),
    "gate": Map(
        {
            **_COMMON,
            "action": _ACTIONS,
            "when": CEL,
            "require": CEL,
            "severity": Text(words=("refuse", "warn")),
            "remedy": Map({"action": ACTION, "by": WHO, "words": WORDS}, ("words",)),
            "waiver": Short(Text(words=("none",)), Map({"by": NAME}, ("by",))),
        },
        (*_NEEDS, "action", "require", "words"),
    ),
    "measure": Map(
        {
            **_COMMON,
            "over": Map(
                {
                    "duty": NAME,
                    "fact": Many(FACT, or_one=True),
                    "entity": NAME,
                    "where": CEL,
                    "hit": CEL,
                    "value": CEL,
                    "at": FIELD,
                    "person": WHO,
                    "reached_by": Many(_LINK, or_one=True),
                },
                one_of=("duty", "fact", "entity"),
            ),
            "period": Text(words=("month", "quarter", "year", "rolling", "standing")),
            "rolling": PARAMETER,
            "split": Many(Text(words=("department", "person", "area"))),
            "show": Text(words=("share", "count", "sum", "mean")),
            "better": Text(words=("higher", "lower")),
            "target": PARAMETER,
            "reference": Many(Map({"at": PARAMETER, "words": WORDS}, ("at", "words"))),
            "small": PARAMETER,
        },
        (*_NEEDS, "over", "period", "words"),
    ),
    "record": Map(
        {
            **_COMMON,
            "action": _ACTIONS,
            "form": NAME,
            "require": Many(FIELD),
            "when": CEL,
            "stale_after": PARAMETER,
            "confirmed_by": WHO,
        },
        (*_NEEDS, "require"),
        one_of=("action", "form"),
    ),
    "guide": Map(
        {
            **_COMMON,
            "page": NAME,
            "action": _ACTIONS,
            "for": Many(NAME, or_one=True),
            "acknowledge": Flag(),
        },
        (*_NEEDS, "words"),
        one_of=("page", "action"),
    ),
}
PARAMETER_TYPES: Final = (
    "integer", "percent", "money", "boolean", "text", "texts", "duration", "working_time", "working_days", "months",
)  # fmt: skip
PARAMETER_SHAPE: Final = Map(
    {
        "type": Text(words=PARAMETER_TYPES),
        "unit": WORDS,
        "min": Scalar(),
        "max": Scalar(),
        "default": Scalar(),
        "origin": Text(words=("source", "ours")),
        "clause": CLAUSE,
        "decision": Text(r"[a-z]", "the letter of a decision"),
        "words": WORDS,
        "values": Many(Map({"from": Text(r"\d{4}-\d\d-\d\d", "a date such as 2026-07-01"), "value": Scalar()},
                           ("from", "value"))),
    },
    ("type", "default", "origin"),
)  # fmt: skip


@dataclass(frozen=True)
class AnyControl:
    """A control: its kind says which shape it has."""

    def check(self, node: Node, name: str, problems: list[Problem]) -> None:
        """See Shape."""
        shape = CONTROLS.get(node.text("kind"))
        if shape is None:
            Map(_COMMON, _NEEDS, rest=Anything()).check(node, "control", problems)
        else:
            shape.check(node, f"{node.text('kind')} {node.text('id', '?')}", problems)

    def schema(self) -> dict[str, Any]:
        """See Shape."""
        kinds = [(kind, shape.schema()) for kind, shape in CONTROLS.items()]
        return {
            "oneOf": [
                made | {"properties": made["properties"] | {"kind": {"const": kind}}} for kind, made in kinds
            ]
        }


@dataclass(frozen=True)
class Anything:
    """No demand."""

    def check(self, node: Node, name: str, problems: list[Problem]) -> None:
        """See Shape."""

    def schema(self) -> dict[str, Any]:
        """See Shape."""
        return {}


_REGULATION: Final = Map({"id": Text(r"R\d+", "R and a number"), "title": WORDS}, ("id", "title"))
_CLAUSE_SHAPE: Final = Map(
    {
        "id": CLAUSE,
        "kinds": Many(Text(words=("Duty", "Gate", "Measure", "Record", "Guide"))),
        "text": WORDS,
        "product": WORDS,
        "parameters_note": WORDS,
    },
    ("id", "kinds", "text"),
)
PACK: Final = Map(
    {
        "regulation": _REGULATION,
        "approval": Map(
            {"by": NAME, "origin": Text(words=("source", "ours")), "clause": CLAUSE}, ("by", "origin")
        ),
        "chapters": Many(Map({"title": WORDS, "from": CLAUSE, "to": CLAUSE}, ("title", "from", "to"))),
        "clauses": Many(_CLAUSE_SHAPE),
        "on_new_version": KEEP,
        "parameters": Map({}, rest=PARAMETER_SHAPE),
        "controls": Many(AnyControl()),
    }
)


def pack_schema() -> dict[str, Any]:
    """The JSON Schema of ``pack.yaml`` and ``clauses.yaml``, as published in ``docs/reference/pack.schema.json``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Guanxi regulation pack",
        "description": "pack.yaml and clauses.yaml of one regulation; their top-level keys may be split between them.",
        **PACK.schema(),
    }
