"""Conditions of packs: CEL with declared, flat, typed variables; what cannot be evaluated is an error, never a guess.

Google's C++ engine returns errors as values and refuses datetimes inside dynamic maps, so variables are flat
(``amount``, ``customer.grade``, ``param.report_days``) and the result's type is looked at each time.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

from cel_expr_python import cel  # type: ignore[import-untyped]

from guanxi.cores.norms.model import FieldType, NormsError

_TYPES: Final[Mapping[str, Any]] = {
    "text": cel.Type.STRING,
    "int": cel.Type.INT,
    "bool": cel.Type.BOOL,
    "timestamp": cel.Type.TIMESTAMP,
    "duration": cel.Type.DURATION,
    "date": cel.Type.STRING,
    "texts": cel.Type.List(cel.Type.STRING),
}
_RESULTS: Final[Mapping[str, Any]] = {"bool": cel.Type.BOOL, "int": cel.Type.INT}
_TERM: Final = re.compile(r"([a-z_][\w.]*)\s*(==|!=|<=|>=|<|>)\s*(?:'([^'\\]*)'|(-?\d+)|(param\.\w+))")
_THERE: Final = re.compile(r"([a-z_][\w.]*)\s*!=\s*null")
_FLAG: Final = re.compile(r"(!?)([a-z_][\w.]*)")
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_STRINGS: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_NAMES: Final = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


class ConditionError(NormsError):
    """A condition that cannot be compiled: what is wrong and the cure."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what}; {cure}")
        self.what, self.cure = what, cure


class CannotEvaluate(NormsError):
    """A condition that has no answer for these values (a missing value, a division by zero)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition; ``names`` are the variables it reads."""

    source: str
    names: tuple[tuple[str, FieldType], ...]
    result: str
    expression: Any
    simple: tuple[Term, ...] = ()
    own_data: bool = True
    parameters: tuple[str, ...] = ()
    plain: str = ""

    def value(self, values: Mapping[str, Any]) -> Any:
        """The result over these values, of which only the names it reads are looked at."""
        if self.plain:
            answer = values.get(self.plain)
            if type(answer) is int:
                return answer
        if self.simple:
            answer = _simply(self.simple, values)
            if answer is not None:
                return answer
        try:
            read = {name: _plain(values.get(name), kind) for name, kind in self.names}
            answer = self.expression.eval(data=read).value()
        except (ValueError, TypeError, RuntimeError) as error:
            raise CannotEvaluate(f"'{self.source}': {_first_line(error)}") from error
        if type(answer) is bool if self.result == "bool" else type(answer) is int:
            return answer
        raise CannotEvaluate(f"'{self.source}': {_first_line(answer)}")

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether the condition is true; raises CannotEvaluate where it has no answer."""
        return bool(self.value(values))

    def number(self, values: Mapping[str, Any]) -> int:
        """The whole number that the expression makes."""
        return int(self.value(values))


def compile_condition(source: str, variables: Mapping[str, FieldType], result: str = "bool") -> Condition:
    """Compile against these variables; a fault names what to write instead."""
    names = _names_read(source, variables)
    env = cel.NewEnv(variables={name: _cel_type(variables[name]) for name in names})
    try:
        expression = env.compile(source)
    except RuntimeError as error:
        raise ConditionError(_explain(str(error)), _cure(str(error), source, variables)) from error
    if expression.return_type() != _RESULTS[result]:
        found = expression.return_type().name()
        raise ConditionError(
            f"'{source}' gives {found}, not {result}", f"write an expression that gives {result}"
        )
    read = tuple((name, variables[name]) for name in names)
    own_data = not any("." in name for name in names)
    parameters = tuple(name.removeprefix("param.") for name in names if name.startswith("param."))
    terms = _terms(source, variables) if result == "bool" else ()
    plain = source.strip() if result == "int" and source.strip() in variables else ""
    return Condition(source, read, result, expression, terms, own_data, parameters, plain)


class Term(NamedTuple):
    """One comparison of a plain conjunction: ``name op literal``, a truth value (``op`` then is ``is``), or that an optional
    one is there (``there``); what stands behind that may read the name.

    ``parameter`` names what stands instead of a literal.
    """

    name: str
    kind: type
    op: str
    literal: Any
    parameter: str = ""


def _terms(source: str, variables: Mapping[str, FieldType]) -> tuple[Term, ...]:
    """The comparisons of a condition that is a plain conjunction; () where CEL itself has to be asked.

    What is as simple as ``minutes > 30 && grade == 'A'`` need not go through the engine each time; it has been compiled
    and typed by it all the same, and a value of the wrong type goes to it for its error.
    """
    found: list[Term] = []
    for part in source.split("&&"):
        there = _THERE.fullmatch(part.strip())
        if there and (kind := variables.get(there[1])) and kind.optional:
            found.append(Term(there[1], bool, "there", None))
            variables = {**variables, there[1]: FieldType(kind.base)}
            continue
        term = _TERM.fullmatch(part.strip())
        flag = _FLAG.fullmatch(part.strip())
        if flag and (kind := variables.get(flag[2])) and kind.base == "bool" and not kind.optional:
            found.append(Term(flag[2], bool, "is", not flag[1]))
        elif term and term[5] and (kind := variables.get(term[1])) and not kind.optional:
            other = variables.get(term[5])
            if kind.base != "int" or other is None or other.base != "int" or other.optional:
                return ()
            found.append(Term(term[1], int, term[2], None, term[5]))
        elif term and not term[5] and (kind := variables.get(term[1])) and not kind.optional:
            text = term[3] is not None
            if kind.base == ("text" if text else "int") and (not text or term[2] in ("==", "!=")):
                found.append(Term(term[1], str if text else int, term[2], term[3] if text else int(term[4])))
                continue
            return ()
        else:
            return ()
    return tuple(found)


def _simply(terms: tuple[Term, ...], values: Mapping[str, Any]) -> bool | None:
    for name, kind, op, literal, parameter in terms:
        value = values.get(name)
        if op == "there":
            if value is None:
                return False
            continue
        if type(value) is not kind:
            return None
        if parameter:
            literal = values.get(parameter)
            if type(literal) is not kind:
                return None
        if not (value is literal if op == "is" else _OPERATORS[op](value, literal)):
            return False
    return True


def _names_read(source: str, variables: Mapping[str, FieldType]) -> list[str]:
    bare = _STRINGS.sub("''", source)
    found: dict[str, None] = {}
    for match in _NAMES.finditer(bare):
        parts = match.group().split(".")
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            if name in variables:
                found[name] = None
                break
    return list(found)


def _cel_type(kind: FieldType) -> Any:
    return cel.Type.DYN if kind.optional else _TYPES[kind.base]


def _plain(value: Any, kind: FieldType) -> Any:
    if kind.base != "timestamp" or value is None:
        return value
    if kind.optional:  # CEL takes no datetime where null may stand: the condition says timestamp(name)
        return value if isinstance(value, str) else value.isoformat()
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _first_line(message: object) -> str:
    return str(message).splitlines()[0].split(": ", 1)[-1].removesuffix(" [INVALID_ARGUMENT]")


def _explain(message: str) -> str:
    return re.sub(r"^.*?<input>:\d+:\d+: ", "", message.splitlines()[0])


def _cure(message: str, source: str, variables: Mapping[str, FieldType]) -> str:
    missing = re.search(r"undeclared reference to '([^']+)'", message)
    if missing is None:
        return f"correct the condition '{source}'"
    written = next(
        (m.group() for m in _NAMES.finditer(source) if m.group().split(".")[0] == missing[1]), missing[1]
    )
    near = get_close_matches(written, variables, 1)
    own = sorted(name for name in variables if not name.startswith("param."))
    known = ", ".join([*own, *(["param.<parameter>"] if len(own) < len(variables) else [])]) or "none"
    return (f"did you mean '{near[0]}'? " if near else "") + f"known here: {known}"
