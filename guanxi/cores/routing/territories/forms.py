"""Problems and divisions as JSON, with a schema (docs/reference/territories.schema.json). The dataclasses of `model.py`
say what there is: their fields are the names, their types the shapes, what has no default is required.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from guanxi.cores.routing.saying import Said

from .model import Division, Problem, ProblemError

PROBLEM, DIVISION = "guanxi.territories/1", "guanxi.territories.division/1"
"""The value of "form", the first key of a file."""


def load(text: str | bytes) -> Problem:
    """A problem from its JSON. ProblemError names each place: `customers[3].x: …`. What it says is not judged here but
    by `divide` (`model.faults`)."""
    made: Problem = _read(text, PROBLEM, Problem)
    return made


def division_from(text: str | bytes) -> Division:
    """A division from its JSON. ProblemError as above."""
    made: Division = _read(text, DIVISION, Division)
    return made


def dump(thing: Problem | Division) -> str:
    """JSON of either, a line for each customer, person, barrier or territory; NaN and infinities as null."""
    form = PROBLEM if isinstance(thing, Problem) else DIVISION
    parts = [f'"form": {json.dumps(form)}']
    for field in dataclasses.fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            inner = ",\n".join("  " + _line(_plain(one)) for one in value)
            parts.append(f'"{field.name}": [\n{inner}\n ]')
        elif value is not None:
            parts.append(f'"{field.name}": {_line(_plain(value))}')
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {name: _plain(inner) for name, inner in fields if inner is not None}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _read(text: str | bytes, form: str, kind: type) -> Any:
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        line, column, what = error.lineno, error.colno, error.msg
        raise ProblemError(
            Said(
                f"第 {line} 行第 {column} 列：这不是 JSON：{what}",
                f"no JSON: {what}: line {line} column {column}",
            )
        ) from None
    except (ValueError, RecursionError) as error:
        raise ProblemError(Said(f"不是 JSON：{error}", f"no JSON: {error}")) from None
    if not isinstance(found, dict):
        raise ProblemError(
            Said(
                f'文件里是 {_told(found)}，不是写明 "form": "{form}" 的对象',
                f'the file holds {_told(found)}, not an object with "form": "{form}"',
            )
        )
    if found.get("form") != form:
        raise ProblemError(_must(_told(found.get("form")), "form", Said(f'"{form}"', f'"{form}"')))
    faults: list[Said] = []
    made = _object({k: v for k, v in found.items() if k != "form"}, kind, "", faults)
    if faults:
        raise ProblemError(*faults)
    return made


def _must(told: object, place: str, what: Said) -> Said:
    return Said(f"{place}：{told}，应为：{what.zh}", f"{place}: {told}, must be {what.en}")


def _object(value: Any, kind: type, place: str, faults: list[Said]) -> Any:
    before = len(faults)
    hints = _hints(kind)
    required = set(_required(kind))
    for name in value:
        if name not in hints:
            what = Said(f"{place}{name}：未知的字段", f"{place}{name}: unknown")
            for near in get_close_matches(str(name), hints, 1):
                what = Said(f"{what.zh}；是否应为 {near}？", f"{what.en}; did you mean {near}?")
            faults.append(what)
    given = {}
    for name, hint in hints.items():
        if name in value and not (value[name] is None and name not in required):
            given[name] = _value(value[name], hint, f"{place}{name}", faults)
        elif name in required:
            faults.append(Said(f"{place}{name}：缺少这个字段", f"{place}{name}: missing"))
    return kind(**given) if len(faults) == before else None


def _value(value: Any, hint: Any, place: str, faults: list[Said]) -> Any:
    """The value in its type; a fault and None where it has another."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in inner:
            return None
        if isinstance(value, bool) and bool in inner:
            return value
        return _value(value, next(h for h in inner if h not in (bool, type(None))), place, faults)
    if origin is typing.Literal:
        if value not in inner:
            faults.append(_must(_told(value), place, Said(" 或 ".join(inner), " or ".join(inner))))
        return value
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            faults.append(_must(_told(value), place, Said("列表", "a list")))
            return None
        if origin is tuple and inner[-1] is not Ellipsis:
            if len(value) != len(inner):
                faults.append(
                    Said(
                        f"{place}：{len(value)} 个值，应为 {len(inner)} 个",
                        f"{place}: {len(value)} values, must be {len(inner)}",
                    )
                )
                return None
            return tuple(
                _value(v, h, f"{place}[{i}]", faults)
                for i, (v, h) in enumerate(zip(value, inner, strict=True))
            )
        made = [_value(v, inner[0], f"{place}[{i}]", faults) for i, v in enumerate(value)]
        return tuple(made) if origin is tuple else frozenset(m for m in made if isinstance(m, str))
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            faults.append(_must(_told(value), place, Said("对象", "an object")))
            return None
        return _object(value, typing.cast(type, hint), f"{place}.", faults)
    if hint is str:
        if not isinstance(value, str) or not value:
            faults.append(_must(_told(value), place, Said("文本", "a text")))
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        faults.append(_must(_told(value), place, Said("数", "a number")))
        return None
    try:
        if hint is int and (not math.isfinite(value) or value != int(value)):
            faults.append(_must(value, place, Said("整数", "a whole number")))
            return None
        return int(value) if hint is int else float(value)
    except OverflowError:
        digits = len(str(value))
        faults.append(
            Said(f"{place}：一个 {digits} 位的数，太大", f"{place}: a number of {digits} digits, too large")
        )
        return None


def _told(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


_known_hints: dict[type, dict[str, Any]] = {}


def _hints(kind: type) -> dict[str, Any]:
    """Types by field; looked up once, since a file may have 100,000 customers."""
    if kind not in _known_hints:
        found = typing.get_type_hints(kind)
        _known_hints[kind] = {f.name: found[f.name] for f in dataclasses.fields(kind)}
    return _known_hints[kind]


def _required(kind: type) -> Iterator[str]:
    for field in dataclasses.fields(kind):
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            yield field.name


def schema() -> dict[str, Any]:
    """The JSON Schema of both forms, as published in docs/reference/territories.schema.json."""
    definitions: dict[str, Any] = {}
    either = []
    for form, kind in ((PROBLEM, Problem), (DIVISION, Division)):
        shape = _object_schema(kind, definitions)
        shape["properties"] = {"form": {"const": form}} | shape["properties"]
        shape["required"] = ["form", *shape["required"]]
        either.append(shape)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Guanxi territories",
        "description": "What is to be divided into territories, and the division that comes out.",
        "oneOf": either,
        "$defs": definitions,
    }


def _object_schema(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    required = list(_required(kind))
    shapes = {}
    for name, hint in _hints(kind).items():
        shape = _schema(hint, definitions)
        shapes[name] = shape if name in required or "anyOf" in shape else {"anyOf": [shape, {"type": "null"}]}
    text = " ".join((kind.__doc__ or "").split())
    return {
        "title": kind.__name__,
        "description": text,
        "type": "object",
        "properties": shapes,
        "additionalProperties": False,
        "required": required,
    }


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_schema(one, definitions) for one in inner]}
    if origin is typing.Literal:
        return {"enum": list(inner)}
    if origin is tuple and inner[-1] is not Ellipsis:
        return {"type": "array", "prefixItems": [_schema(one, definitions) for one in inner],
                "minItems": len(inner), "maxItems": len(inner)}  # fmt: skip
    if origin in (tuple, frozenset):
        return {"type": "array", "items": _schema(inner[0], definitions)}
    if dataclasses.is_dataclass(hint):
        name = typing.cast(type, hint).__name__
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = _object_schema(typing.cast(type, hint), definitions)
        return {"$ref": f"#/$defs/{name}"}
    plain: dict[Any, dict[str, Any]] = {
        str: {"type": "string", "minLength": 1},
        bool: {"type": "boolean"},
        float: {"type": "number"},
        int: {"type": "integer"},
        type(None): {"type": "null"},
    }
    return plain[hint]
