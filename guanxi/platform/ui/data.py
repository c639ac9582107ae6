"""A list's rows as data for programs: the same rows, filters, order and rights as on its page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.http import JsonResponse
from django.utils import timezone

from guanxi.platform.kernel import Invalid, Text

from .marks import Mark

if TYPE_CHECKING:
    from .columns import Column
    from .lists import List

MOST = 200
"""How many rows one answer holds at most."""
OWN = ("view", "sort", "c", "after", "before", "exact", "limit", "where")
"""What every list understands beside its filters."""


def answer(shown: List) -> JsonResponse:
    """The page of rows that was asked for, with the marks of its neighbours. Invalid where something asked for is
    unknown: a program is told what a page would pass over."""
    refuse_unknown(shown)
    asked = shown.query.getlist("c")
    columns = [c for c in shown.columns if c.key in asked or not asked]
    page = shown.page
    body = {
        "list": shown.name,
        "label": str(shown.label),
        "count": shown.count,
        "count_is_exact": not shown.exact_url,
        "next": page.next or None,
        "previous": page.previous or None,
        "rows": [
            {"id": row.id, **{c.key: plain(c, c.of(source)) for c in columns}}
            for row, source in zip(shown.rows, page.rows, strict=True)
        ],
    }
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})


def names(shown: List | type[List], route: tuple[str, ...] = ()) -> list[str]:
    """Every name that a list understands in an address."""
    filters = [name for f in shown.filters for name in f.names()]
    return [*route, *(["q"] if shown.search else []), *OWN, *filters, *shown.also]


def refuse_unknown(shown: List) -> None:
    """Invalid with a message per name that the list does not know or whose value it cannot take."""
    known = set(names(shown, tuple(getattr(shown.request, "data_route", ()))))
    found = {
        name: Text("这个列表没有这个参数", "This list has no such parameter")
        for name in shown.query
        if name not in known
    }
    wrong = [name for f in shown.filters for name in f.faults(shown.query)]
    wrong += [
        name for name in ("after", "before") if shown.query.get(name) and not Mark.read(shown.query[name])
    ]
    sort = shown.query.get("sort", "").lstrip("-")
    if sort and sort not in {c.key for c in shown.columns if c.sort}:
        wrong.append("sort")
    if shown.query.get("exact", "1") != "1":
        wrong.append("exact")
    if set(shown.query.getlist("c")) - {c.key for c in shown.columns}:
        wrong.append("c")
    if shown.query.get("view") not in (None, "", "all", *(v.key for v in shown.views)):
        wrong.append("view")
    found |= {name: Text("这里不能取这个值", "It cannot take this value") for name in wrong}
    if shown.fault:
        found["where"] = shown.fault
    if found:
        raise Invalid({name: [words] for name, words in found.items()})


def plain(column: Column, value: Any) -> Any:
    """A cell as JSON holds it: times as ISO 8601 with their zone, days as dates, numbers as numbers, money and
    everything else as text in the reader's language."""
    if value is None or (
        value == "" and column.form in ("when", "planned", "day", "number", "money", "percent")
    ):
        return None
    if column.form in ("number", "percent") and isinstance(value, int | float | Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).date().isoformat() if column.form == "day" else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def schema(cls: type[List]) -> dict[str, Any]:
    """The JSON Schema of one answer."""
    types: dict[str, dict[str, Any]] = {
        "when": {"type": ["string", "null"], "format": "date-time"},
        "planned": {
            "anyOf": [
                {"type": ["string", "null"], "format": "date-time"},
                {"type": "string", "format": "date"},  # where the hour is not known
            ]
        },
        "day": {"type": ["string", "null"], "format": "date"},
        "number": {"type": ["number", "string", "null"]},
        "percent": {"type": ["number", "null"]},
    }
    row: dict[str, Any] = {"id": {"type": ["integer", "string"]}}
    for column in cls.columns:
        of = types.get(column.form, {"type": ["string", "null"]})
        row[column.key] = {**of, "description": f"{column.label.zh} / {column.label.en}"}
    return {
        "type": "object",
        "required": ["list", "label", "count", "count_is_exact", "next", "previous", "rows"],
        "properties": {
            "list": {"type": "string"},
            "label": {"type": "string"},
            "count": {"type": "integer"},
            "count_is_exact": {"type": "boolean"},
            "next": {"type": ["string", "null"], "description": "pass it as `after`"},
            "previous": {"type": ["string", "null"], "description": "pass it as `before`"},
            "rows": {"type": "array", "items": {"type": "object", "required": ["id"], "properties": row}},
        },
    }


def parameters(cls: type[List]) -> list[dict[str, Any]]:
    """The parameters of a list as OpenAPI describes them."""
    found: list[dict[str, Any]] = []

    def add(name: str, words: str, of: dict[str, Any]) -> None:
        found.append({"name": name, "in": "query", "description": words, "required": False, "schema": of})

    text = {"type": "string"}
    if cls.search:
        add("q", f"{cls.search_label.zh} / {cls.search_label.en}", text)
    if cls.views:
        words = "; ".join(f"{v.key}: {v.label.en}" for v in cls.views)
        add("view", words, {"type": "string", "enum": ["", "all", *(v.key for v in cls.views)]})
    sorts = [c.key for c in cls.columns if c.sort]
    if sorts:
        both = [sign + key for key in sorts for sign in ("", "-")]
        add("sort", "a column's key, - before it for descending", {"type": "string", "enum": ["", *both]})
    keys = {"type": "array", "items": {"type": "string", "enum": [c.key for c in cls.columns]}}
    add("c", "only these columns", keys)
    add("after", "the `next` of an earlier answer", text)
    add("before", "the `previous` of an earlier answer", text)
    add("limit", f"rows in one answer, at most {MOST}", {"type": "integer", "minimum": 1, "maximum": MOST})
    add("exact", "1: count beyond 10,000 too", {"type": "string", "enum": ["1"]})
    if fields := [f for f in cls.filters if f.operators()]:
        asked = "; ".join(f"{f.key}: {', '.join(o.key for o in f.operators())}" for f in fields)
        add(
            "where",
            f"conditions in all(…), any(…), none(…), such as any(a.is(x,y),b.older(90)); {asked}",
            text,
        )
    for f in cls.filters:
        label = f"{f.label.zh} / {f.label.en}"
        for name in f.names():
            add(name, label, {"type": "array", "items": text} if f.kind == "choice" else text)
    for name, words in cls.also.items():
        add(name, words, text)
    return found
