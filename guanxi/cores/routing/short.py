"""Shorter ways to write a problem in JSON, turned into the full form before it is read.

- a customer's or a person's `position` [x, y]: a place of its own is made, named like the customer or "home of …";
- a person's `each` (what a workday has, and `weekdays`), with `absent` days and `changed` ones, in place of `workdays`;
- a customer's `hours` ("09:00-12:00", a list, or an object of such by weekday): the whole visit lies within them, in
  place of `windows`, within which a visit begins;
- `modes`, `coordinates` and `barriers` at the top, in place of `travel`; `days` and `first` in place of `period`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guanxi.cores.routing.faults import Fault
from guanxi.cores.routing.saying import Said

TOP = {"travel": ("modes", "coordinates", "barriers"), "period": ("days", "first", "first_weekday")}
DEFAULT_MODE = {"id": "car"}
NO_OBJECT = Said("不是对象（{ … }）", "is no object ({ … })")


def expanded(form: dict[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """The full form of a problem. What has not even the outline of a short form is left for the reader to name."""
    form = dict(form)
    for whole, parts in TOP.items():
        if whole not in form and any(part in form for part in parts):
            form[whole] = {part: form.pop(part) for part in parts if part in form}
    travel = form.setdefault("travel", {})
    if isinstance(travel, dict) and "modes" not in travel:
        form["travel"] = {**travel, "modes": [DEFAULT_MODE]}
    places = form.setdefault("places", [])
    more: list[Any] = []
    for name in ("people", "customers"):
        if isinstance(form.get(name), list):
            form[name] = [
                _person(item, f"people[{i}]", form, more, faults)
                if name == "people"
                else _customer(item, f"customers[{i}]", more, faults)
                for i, item in enumerate(form[name])
                if isinstance(item, dict) or _none(faults, f"{name}[{i}]")
            ]
    if isinstance(places, list) and more:
        form["places"] = [*places, *more]
    return form


def _none(faults: list[Fault], path: str) -> bool:
    faults.append(Fault(path, NO_OBJECT))
    return False


def _position(
    at: Any, id: str, path: str, more: list[Any], faults: list[Fault], district: Any = None
) -> None:
    if not (
        isinstance(at, list)
        and len(at) == 2
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in at)
    ):
        what = Said(
            "不是两个数的列表 [x, y] 或 [经度, 纬度]",
            "is no list of two numbers, [x, y] or [longitude, latitude]",
        )
        faults.append(Fault(f"{path}.position", what))
        return
    more.append(
        {"id": id, "x": at[0], "y": at[1], **({"district": district} if district is not None else {})}
    )


def _customer(item: dict[str, Any], path: str, more: list[Any], faults: list[Fault]) -> dict[str, Any]:
    item = dict(item)
    if "position" in item and "place" not in item:
        id = str(item.get("id", ""))
        _position(item.pop("position"), id, path, more, faults, item.pop("district", None))
        item["place"] = id
    if "hours" in item and "windows" not in item:
        minutes = item.get("minutes", 0)
        minutes = minutes if isinstance(minutes, int | float) and abs(minutes) < 1e300 else 0
        item["windows"] = list(_hours(item.pop("hours"), minutes, f"{path}.hours", faults))
    return item


def _hours(form: Any, minutes: float, path: str, faults: list[Fault]) -> Iterator[dict[str, Any]]:
    """Windows for hours: a visit begins so early that it ends within them."""
    from guanxi.cores.routing.forms import clock_minutes

    if isinstance(form, dict):
        for weekday, hours in form.items():
            if weekday not in "1234567" or len(weekday) != 1:
                what = Said("不是星期，星期用 1（星期一）到 7 表示", "is no weekday, 1 (Monday) to 7")
                faults.append(Fault(f"{path}.{weekday}", what))
                continue
            for window in _hours(hours, minutes, f"{path}.{weekday}", faults):
                yield {**window, "weekday": int(weekday)}
        return
    for number, text in enumerate(form if isinstance(form, list) else [form]):
        at = f"{path}[{number}]" if isinstance(form, list) else path
        parts = text.split("-") if isinstance(text, str) else []
        times = [clock_minutes(part.strip()) for part in parts]
        if len(times) != 2 or times[0] is None or times[1] is None:
            what = Said("不是时段，要写成 09:00-12:00 这样", "is no span such as 09:00-12:00")
            faults.append(Fault(at, what))
            continue
        yield {"earliest": times[0], "latest": times[1] - minutes}


def _person(
    item: dict[str, Any], path: str, form: dict[str, Any], more: list[Any], faults: list[Fault]
) -> dict[str, Any]:
    item = dict(item)
    home = None
    if "position" in item:
        home = f"home of {item.get('id', '')}"
        _position(item.pop("position"), home, path, more, faults)
    if "each" not in item or "workdays" in item:
        return item
    each, absent, changed = item.pop("each"), item.pop("absent", []), item.pop("changed", [])
    if not isinstance(each, dict):
        faults.append(Fault(f"{path}.each", NO_OBJECT))
        return {**item, "workdays": []}
    if not (isinstance(absent, list) and all(isinstance(day, int) for day in absent)):
        faults.append(Fault(f"{path}.absent", Said("不是由日子组成的列表", "is no list of days")))
        absent = []
    if not (
        isinstance(changed, list)
        and all(isinstance(c, dict) and isinstance(c.get("day"), int | float) for c in changed)
    ):
        what = Said("不是由写明 day 的对象组成的列表", "is no list of objects that name a day")
        faults.append(Fault(f"{path}.changed", what))
        changed = []
    each = dict(each)
    weekdays = each.pop("weekdays", [1, 2, 3, 4, 5])
    if home is not None:
        each = {"start": home, "end": home, **each}
    if "start" in each:
        each.setdefault("end", each["start"])
    modes = form["travel"].get("modes") if isinstance(form["travel"], dict) else None
    if isinstance(modes, list) and modes and isinstance(modes[0], dict):
        each.setdefault("mode", modes[0].get("id"))
    other = {change["day"]: change for change in changed}
    item["workdays"] = [
        {"day": day, **each, **other.get(day, {})}
        for day, weekday in _days(form)
        if day not in absent and (day in other or not isinstance(weekdays, list) or weekday in weekdays)
    ]
    return item


def _days(form: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Days and weekdays of the period, none where it has no form."""
    from datetime import date

    period = form.get("period")
    if not isinstance(period, dict) or not isinstance(period.get("days"), int):
        return
    first = period.get("first_weekday", 1)
    if isinstance(period.get("first"), str):
        try:
            first = date.fromisoformat(period["first"]).isoweekday()
        except ValueError:
            return
    if isinstance(first, int):
        for day in range(1, min(period["days"], 1000) + 1):
            yield day, (first - 1 + day - 1) % 7 + 1


def short_schema() -> dict[str, dict[str, Any]]:
    """For the schema: what short forms add to each object, and which keys they make unnecessary."""
    position = {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 2,
        "maxItems": 2,
        "description": "[x, y] in metres, or [longitude, latitude]; in place of a place",
    }
    span = {"type": "string", "pattern": "^ *[0-9]{1,2}:[0-5][0-9] *- *[0-9]{1,2}:[0-5][0-9] *$"}
    spans = {"anyOf": [span, {"type": "array", "items": span}]}
    hours = {
        "anyOf": [
            *spans["anyOf"],
            {"type": "object", "patternProperties": {"^[1-7]$": spans}, "additionalProperties": False},
        ]
    }
    day = {"$ref": "#/$defs/Workday/properties"}
    parts = {name: {"$ref": f"{day['$ref']}/{name}"} for name in _WORKDAY}
    weekdays = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 7}}
    each = {"type": "object", "properties": {**parts, "weekdays": weekdays}, "additionalProperties": False}
    changed = {
        "type": "object",
        "properties": {**parts, "day": {"type": "integer"}},
        "required": ["day"],
        "additionalProperties": False,
    }
    top = {
        "modes": "Travel",
        "coordinates": "Travel",
        "barriers": "Travel",
        "days": "Period",
        "first": "Period",
        "first_weekday": "Period",
    }
    return {
        "Customer": {
            "properties": {"position": position, "district": {"type": "string"}, "hours": hours},
            "optional": ["place"],
        },
        "Person": {
            "properties": {
                "position": position,
                "each": each,
                "absent": {"type": "array", "items": {"type": "integer"}},
                "changed": {"type": "array", "items": changed},
            },
            "optional": ["workdays"],
        },
        "Problem": {
            "properties": {name: {"$ref": f"#/$defs/{of}/properties/{name}"} for name, of in top.items()},
            "optional": ["travel", "places", "period"],
        },
        "Travel": {"properties": {}, "optional": ["modes"]},
    }


_WORKDAY = ("start", "end", "mode", "earliest", "latest", "most_minutes", "most_stops", "capacity")
