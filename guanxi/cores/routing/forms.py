"""Problems and plans as JSON, in and out; the published schema is made from the same types.

The keys are the fields' names. Beside the full form a problem may be written shorter (`short.py`): times of day as
"09:30", positions in place of places, a person's week in place of each day, opening hours in place of windows. Whatever
does not have the form is a fault with its path.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
import typing
from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union

import numpy as np

from guanxi.cores.routing import model
from guanxi.cores.routing.faults import MOST_FAULTS, Fault, ProblemError
from guanxi.cores.routing.model import Matrix, Mode, Problem
from guanxi.cores.routing.plan import Figures, Plan, Reason
from guanxi.cores.routing.saying import Said, Unusable
from guanxi.cores.routing.short import expanded, short_schema

T = TypeVar("T")

PROBLEM_FORMAT = "guanxi planning problem 1"
PLAN_FORMAT = "guanxi plan 1"
FILE = Said("文件", "file")
_HALF = re.compile(r"\\u[dD][89a-fA-F]")

# Fields that are minutes after midnight, and may be written as "09:30"; None where they are endless.
CLOCKS = {
    (model.Workday, "earliest"), (model.Workday, "latest"), (model.Window, "earliest"), (model.Window, "latest"),
    (model.FixedVisit, "start"),
}  # fmt: skip
ENDLESS = {(model.Workday, "latest"), (model.Window, "latest"), (Reason, "by")}
LEFT_OUT = {(Mode, "function")}


def problem_of(text: str) -> Problem:
    """The problem that JSON text says. Raises ProblemError with the faults of its form (not of its meaning)."""
    return _read(Problem, _parsed(text), PROBLEM_FORMAT, expanded)


def plan_of(text: str) -> Plan:
    """The plan that JSON text says; see `problem_of`."""
    return _read(Plan, _parsed(text), PLAN_FORMAT)


def problem_text(problem: Problem) -> str:
    """A problem as JSON text that `problem_of` reads to the same."""
    return _text({"format": PROBLEM_FORMAT, **_plain(problem)})


def plan_text(plan: Plan) -> str:
    """A plan as JSON text that `plan_of` reads to the same."""
    return _text(plan_form(plan))


def plan_form(plan: Plan) -> dict[str, Any]:
    """A plan as plain lists and dictionaries, with the sum of its costs."""
    form = {"format": PLAN_FORMAT, **_plain(plan)}
    form["figures"] = {"cost": plan.figures.cost, **form.get("figures", {})}
    return form


def _text(form: Any) -> str:
    return json.dumps(form, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _parsed(text: str) -> Any:
    try:
        form = json.loads(text)
        if _HALF.search(text):
            json.dumps(form, ensure_ascii=False).encode()
        return form
    except UnicodeEncodeError:
        what = Said(
            "有不成对的半个字符（如 \\ud800）", "holds half a character without the other (such as \\ud800)"
        )
        raise ProblemError([Fault(FILE, what)]) from None
    except json.JSONDecodeError as error:
        where = Said(f"第 {error.lineno} 行第 {error.colno} 列", f"line {error.lineno}, column {error.colno}")
        what = Said(f"这不是 JSON：{error.msg}", f"this is not JSON: {error.msg}")
        raise ProblemError([Fault(where, what)]) from None
    except ValueError:
        what = Said("有的数位数过多", "has a number of too many digits")
        raise ProblemError([Fault(FILE, what)]) from None
    except RecursionError:
        raise ProblemError([Fault(FILE, Said("嵌套过深", "is nested too deeply"))]) from None


def _read(
    kind: type[T], form: Any, named: str, before: Callable[[dict[str, Any], list[Fault]], Any] | None = None
) -> T:
    faults: list[Fault] = []
    if not isinstance(form, dict):
        raise ProblemError([Fault(FILE, Said("不是 JSON 对象（{ … }）", "is no JSON object ({ … })"))])
    form = dict(form)
    if form.pop("format", named) != named:
        raise ProblemError([Fault("format", Said(f"不是“{named}”", f"is not '{named}'"))])
    if before is not None:
        form = before(form, faults)
    made = _Reader(faults).value(kind, form, "")
    if faults:
        raise ProblemError(faults[:MOST_FAULTS])
    return typing.cast(T, made)


@lru_cache(maxsize=64)
def _fields(kind: type) -> dict[str, tuple[Any, bool]]:
    """Each field's type, and whether it has to be there."""
    hints = typing.get_type_hints(kind)
    return {
        f.name: (
            hints[f.name],
            f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING,
        )
        for f in dataclasses.fields(kind)
        if (kind, f.name) not in LEFT_OUT
    }


class _Wrong(Unusable):
    """What a value is not."""


class _Reader:
    """Values of the types that the model uses; faults are gathered."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults

    def value(self, kind: Any, form: Any, path: str) -> Any:
        try:
            return self.made(kind, form, path)
        except _Wrong as wrong:
            if len(self.faults) <= MOST_FAULTS:
                self.faults.append(Fault(path or FILE, wrong.said[0]))
            return None

    def made(self, kind: Any, form: Any, path: str) -> Any:
        origin = typing.get_origin(kind)
        if kind is Matrix:
            return self.matrix(form, path)
        if dataclasses.is_dataclass(kind):
            return self.object(typing.cast(type, kind), form, path)
        if origin in (Union, types.UnionType):
            if form is None:
                return None
            (inner,) = (k for k in typing.get_args(kind) if k is not type(None))
            return self.made(inner, form, path)
        if origin is Literal:
            if form not in typing.get_args(kind):
                known = ", ".join(map(str, typing.get_args(kind)))
                raise _Wrong(Said(f"{_shown(form)} 不是 {known} 之一", f"{_shown(form)} is none of {known}"))
            return form
        if origin in (tuple, frozenset):
            return self.several(kind, origin, form, path)
        return _scalar(kind, form)

    def several(self, kind: Any, origin: Any, form: Any, path: str) -> Any:
        if not isinstance(form, list):
            raise _Wrong(Said(f"{_shown(form)} 不是列表", f"{_shown(form)} is no list"))
        inner = typing.get_args(kind)
        if origin is tuple and inner[-1] is not Ellipsis:
            if len(form) != len(inner):
                raise _Wrong(
                    Said(
                        f"有 {len(form)} 项，应为 {len(inner)} 项",
                        f"has {len(form)} entries, expected are {len(inner)}",
                    )
                )
            return tuple(
                self.value(k, item, f"{path}[{i}]")
                for i, (k, item) in enumerate(zip(inner, form, strict=True))
            )
        return origin([self.value(inner[0], item, f"{path}[{i}]") for i, item in enumerate(form)])

    def object(self, kind: type, form: Any, path: str) -> Any:
        if not isinstance(form, dict):
            raise _Wrong(
                Said(f"{_shown(form)} 不是对象（{{ … }}）", f"{_shown(form)} is no object ({{ … }})")
            )
        fields = _fields(kind)
        given: dict[str, Any] = {}
        before = len(self.faults)
        for key, item in form.items():
            at = f"{path}.{key}" if path else key
            if key not in fields:
                if (kind, key) == (Figures, "cost"):
                    continue
                what = Said("是未知的字段", "is unknown")
                for near in get_close_matches(key, fields, 1):
                    what = Said(f"{what.zh}，是否应为 {near}？", f"{what.en}, did you mean {near}?")
                self.faults.append(Fault(at, what))
                continue
            if (kind, key) in ENDLESS and item is None:
                given[key] = math.inf
            elif (kind, key) in CLOCKS and isinstance(item, str):
                given[key] = self.clock(item, at)
            else:
                given[key] = self.value(fields[key][0], item, at)
        for key, (_, needed) in fields.items():
            if needed and key not in form:
                self.faults.append(
                    Fault(f"{path}.{key}" if path else key, Said("缺少这个字段", "is missing"))
                )
        return kind(**given) if len(self.faults) == before else None

    def clock(self, text: str, path: str) -> float | None:
        minutes = clock_minutes(text)
        if minutes is None:
            self.faults.append(
                Fault(
                    path,
                    Said(
                        f"“{text[:20]}”不是时刻；请写 09:30，或从零点起的分钟数",
                        f"'{text[:20]}' is no time of day; write 09:30, or minutes after midnight",
                    ),
                )
            )
        return minutes

    def matrix(self, form: Any, path: str) -> Matrix:
        if not isinstance(form, dict) or not {"minutes", "metres"} <= form.keys():
            raise _Wrong(Said("要有 minutes 和 metres", "needs minutes and metres"))
        return Matrix(
            self.table(form["minutes"], f"{path}.minutes"), self.table(form["metres"], f"{path}.metres")
        )

    def table(self, form: Any, path: str) -> Any:
        """Rows of numbers; null is no way."""
        if not isinstance(form, list) or not all(isinstance(row, list) for row in form):
            self.faults.append(Fault(path, Said("不是由行组成的列表", "is no list of rows")))
            return np.zeros((0, 0))
        width = len(form[0]) if form else 0
        for number, row in enumerate(form):
            if len(row) != width:
                self.faults.append(
                    Fault(
                        f"{path}[{number}]",
                        Said(
                            f"有 {len(row)} 项，第一行有 {width} 项",
                            f"has {len(row)} entries, the first row {width}",
                        ),
                    )
                )
                return np.zeros((0, 0))
            for column, item in enumerate(row):
                if item is not None and (isinstance(item, bool) or not isinstance(item, int | float)):
                    self.faults.append(Fault(f"{path}[{number}][{column}]", _no_number(item)))
                    return np.zeros((0, 0))
        try:
            return np.array(
                [[math.inf if item is None else item for item in row] for row in form], np.float64
            )
        except OverflowError:
            self.faults.append(Fault(path, Said("有太大的数", "has a number that is too large")))
            return np.zeros((0, 0))


def _no_number(form: Any) -> Said:
    return Said(f"{_shown(form)} 不是数", f"{_shown(form)} is no number")


def _no_whole_number(form: Any) -> Said:
    return Said(f"{_shown(form)} 不是整数", f"{_shown(form)} is no whole number")


def _scalar(kind: Any, form: Any) -> Any:
    if kind is float:
        if isinstance(form, bool) or not isinstance(form, int | float):
            raise _Wrong(_no_number(form))
        if abs(form) >= 1e300:  # a whole number may have more digits than float() takes
            return math.inf if form > 0 else -math.inf
        return float(form)
    if kind is int:
        if isinstance(form, bool) or not isinstance(form, int | float):
            raise _Wrong(_no_whole_number(form))
        if not abs(form) <= 1e15 or form != int(form):
            raise _Wrong(_no_whole_number(form))
        return int(form)
    if kind is bool:
        if not isinstance(form, bool):
            raise _Wrong(
                Said(f"{_shown(form)} 既不是 true 也不是 false", f"{_shown(form)} is neither true nor false")
            )
        return form
    if kind is date:
        try:
            return date.fromisoformat(form)
        except (TypeError, ValueError):
            raise _Wrong(
                Said(
                    f"{_shown(form)} 不是日期，要写成 2026-03-02 这样",
                    f"{_shown(form)} is no date such as 2026-03-02",
                )
            ) from None
    if not isinstance(form, str):
        raise _Wrong(Said(f"{_shown(form)} 不是文本", f"{_shown(form)} is no text"))
    return form


def _shown(form: Any) -> str:
    text = json.dumps(form, ensure_ascii=False, default=str)
    return text if len(text) <= 40 else text[:37] + "…"


def clock_minutes(text: str) -> float | None:
    """570 for "09:30", 1440 for "24:00"; None where it is no time of day."""
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and len(hours) <= 2):
        return None
    value = int(hours) * 60 + int(minutes)
    return float(value) if int(minutes) < 60 and value <= 1440 else None


# --- out ---


def _plain(value: Any) -> Any:
    """As JSON has it: what is as by default is left out, endless is null."""
    if isinstance(value, Matrix):
        return {"minutes": _rows(value.minutes), "metres": _rows(value.metres)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {}
        for f in dataclasses.fields(value):
            item = getattr(value, f.name)
            if (type(value), f.name) in LEFT_OUT or (
                f.default is not dataclasses.MISSING and item == f.default
            ):
                continue
            found[f.name] = _plain(item)
        return found
    if isinstance(value, frozenset):
        return sorted(
            (_plain(item) for item in value),
            key=lambda item: item if isinstance(item, str | int) else tuple(item),
        )
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if math.isinf(value) else value
    return value.isoformat() if isinstance(value, date) else value


def _rows(table: Any) -> list[list[float | None]]:
    return [[None if math.isinf(item) else item for item in row] for row in table.tolist()]


# --- schema ---


def schema() -> dict[str, Any]:
    """The JSON Schema of problems and plans, as published in `docs/reference/planning.schema.json`."""
    made: dict[str, Any] = {}
    problem, plan = _shape(Problem, made), _shape(Plan, made)
    made["Figures"]["properties"]["cost"] = {"type": "number"}
    for name, more in short_schema().items():
        made[name]["properties"].update(more["properties"])
        made[name]["required"] = [key for key in made[name]["required"] if key not in more["optional"]]
    for name, text in (("Problem", PROBLEM_FORMAT), ("Plan", PLAN_FORMAT)):
        made[name]["properties"]["format"] = {"const": text}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Visit planning: a problem, or a plan",
        "description": "Days from 1, weekdays 1 (Monday) to 7, times in minutes after midnight or 09:30, metres, minutes.",
        "anyOf": [problem, plan],
        "$defs": dict(sorted(made.items())),
    }


def _shape(kind: Any, made: dict[str, Any]) -> dict[str, Any]:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is Matrix:
        table = {
            "type": "array",
            "items": {"type": "array", "items": {"type": ["number", "null"], "minimum": 0}},
        }
        made["Matrix"] = {
            "type": "object",
            "description": _first_sentence(kind),
            "properties": {"minutes": table, "metres": table},
            "required": ["minutes", "metres"],
            "additionalProperties": False,
        }
        return {"$ref": "#/$defs/Matrix"}
    if dataclasses.is_dataclass(kind):
        name = typing.cast(type, kind).__name__
        if name not in made:
            made[name] = {}
            made[name] = _object(typing.cast(type, kind), made)
        return {"$ref": f"#/$defs/{name}"}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_shape(next(k for k in inner if k is not type(None)), made), {"type": "null"}]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is frozenset or (origin is tuple and inner[-1] is Ellipsis):
        return {"type": "array", "items": _shape(inner[0], made)} | (
            {"uniqueItems": True} if origin is frozenset else {}
        )
    if origin is tuple:
        return {
            "type": "array",
            "prefixItems": [_shape(k, made) for k in inner],
            "minItems": len(inner),
            "maxItems": len(inner),
        }
    scalars: dict[Any, dict[str, Any]] = {
        float: {"type": "number"},
        int: {"type": "integer"},
        bool: {"type": "boolean"},
        str: {"type": "string"},
        date: {"type": "string", "format": "date"},
    }
    return scalars[kind]


def _object(kind: type, made: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for name, (hint, _) in _fields(kind).items():
        shape = _shape(hint, made)
        if (kind, name) in CLOCKS:
            clock = [{"type": "number"}, {"type": "string", "pattern": "^[0-9]{1,2}:[0-5][0-9]$"}]
            shape = {
                "anyOf": [*clock, {"type": "null"}] if (kind, name) in ENDLESS or "anyOf" in shape else clock
            }
        elif (
            (hint is float or hint is float | None)
            and kind.__module__ == model.__name__
            and name not in ("x", "y")
        ):
            least = {"minimum": 0}
            shape = (
                shape | least if hint is float else {"anyOf": [{"type": "number", **least}, {"type": "null"}]}
            )
        if (kind, name) in ENDLESS and "anyOf" not in shape:
            shape = {"anyOf": [shape, {"type": "null"}]}
        properties[name] = shape
    return {
        "type": "object",
        "description": _first_sentence(kind),
        "properties": properties,
        "required": [name for name, (_, needed) in _fields(kind).items() if needed],
        "additionalProperties": False,
    }


def _first_sentence(kind: type) -> str:
    text = " ".join((kind.__doc__ or "").split())
    return text.partition(". ")[0].rstrip(".:") + "."
