"""The values of a row: taken from an input, put into its column `own`, told to people and to the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from guanxi.platform.kernel import Conflict, Invalid, Text

from .known import by_key, every, fields
from .sql import asked_at, step_of
from .types import TEXT, WORDED, Own, Unfit, people_of

UNKNOWN = Text("没有这个字段", "There is no such field")
CHANGING = Text(
    "这个字段正在换类型，请稍后再填", "This field is being changed to another type: please wait a moment"
)
GONE = Text("这个字段已停用", "This field is retired")
ELSEWHERE = Text("这个字段在另一步填写", "This field is filled in at another step")
NEEDED = Text("请填写", "Please fill this in")


def taken(
    subject: str, given: Mapping[str, Any], *, new: bool, needed: bool = True, step: str = ""
) -> dict[str, Any]:
    """What is kept of the values that were given, None for those to be emptied. Invalid with a message for each field that
    does not fit. new: of a row that is being made, whose required fields all have to be there (if they are `needed`). step:
    only what is asked for at this step."""
    known = by_key(subject) if given or new else {}
    found: dict[str, Any] = {}
    wrong: dict[str, list[Text]] = {}
    for key, value in given.items():
        own = known.get(key)
        if own is None or own.resting:
            wrong[f"own.{key}"] = [UNKNOWN if own is None else GONE if own.retired else CHANGING]
            continue
        if step and step_of(own) != step:
            wrong[own.path] = [ELSEWHERE]
            continue
        try:
            found[key] = own.read(value)
        except Unfit as unfit:
            wrong[own.path] = [unfit.text]
    for own in known.values():
        if step and step_of(own) != step:
            continue
        if own.rules.required and not own.resting and own.path not in wrong:
            if found.get(own.key) is None and ((new and needed) or own.key in found):
                wrong[own.path] = [NEEDED]
    if wrong:
        raise Invalid(wrong)
    return {k: v for k, v in found.items() if v is not None} if new else found


def put(row: Any, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Set the values that differ; what was before and after, as changes of a row are told."""
    before: dict[str, Any] = row.own
    changes = [
        {"field": f"own.{key}", "before": before.get(key), "after": value}
        for key, value in values.items()
        if before.get(key) != value
    ]
    if changes:
        row.own = {k: v for k, v in {**before, **values}.items() if v is not None}
    return changes


def first(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The first values of a new row, as changes from nothing."""
    return [{"field": f"own.{key}", "before": None, "after": value} for key, value in values.items()]


def initial(subject: str, row: Any, step: str = "") -> dict[str, Any]:
    """What a form for the row begins with."""
    return {own.path: row.own[own.key] for own in asked_at(subject, step) if own.key in row.own}


def label(subject: str, path: str) -> Text | None:
    """The words of a field by its name in what changed; None where it is none of these."""
    if not path.startswith("own."):
        return None
    own = by_key(subject).get(path.removeprefix("own."))
    return own.label if own else None


def said(subject: str, path: str, value: Any) -> Any:
    """A value in words, as it stands in what changed."""
    own = by_key(subject).get(path.removeprefix("own."))
    return own.said(value) if own else value


def sections(subject: str, values: Mapping[str, Any]) -> list[tuple[str, list[tuple[Own, Any]]]]:
    """(section, its fields with their values in words) of a row, in order; fields without a value are left out."""
    found: dict[str, list[tuple[Own, Any]]] = {}
    known = fields(subject)
    names = people_of(known, [values])
    for own in known:
        if values.get(own.key) not in (None, "", []):  # erasing somebody may have emptied it
            found.setdefault(own.section, []).append((own, own.said(values[own.key], names)))
    return list(found.items())


def carried(subject: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a person takes along to another employer: the fields in use, but for those that stay."""
    still(subject)
    return {o.key: values[o.key] for o in fields(subject) if o.key in values and not o.rules.stays}


def at_step(subject: str, step: str, values: Mapping[str, Any]) -> list[tuple[Own, Any]]:
    """The fields of a step that are filled in, each with its value in words, and those that have to be, with ''."""
    known = asked_at(subject, step)
    names = people_of(known, [values])
    said = [(own, own.said(values.get(own.key), names)) for own in known]
    return [(own, value) for own, value in said if value or own.rules.required]


def differing(stays: Any, goes: Any) -> list[str]:
    """The fields in which two rows say something else, both filled in: own.floor."""
    return [f"own.{key}" for key, value in goes.own.items() if key in stays.own and stays.own[key] != value]


def still(subject: str) -> None:
    """Conflict while values of a kind of row are being brought into another type: each is brought over once, where it is."""
    for own in every(subject):
        if own.changing:
            raise Conflict(
                Text(
                    f"自定义字段“{own.label.zh}”正在换类型，请稍后再试",
                    f"The field “{own.label.en}” is being changed to another type: please try again in a moment",
                )
            )


def joined(
    subject: str, stays: Mapping[str, Any], goes: Mapping[str, Any], take: Iterable[str]
) -> dict[str, Any]:
    """The values of two rows that become one: what only one knows, and of what differs what is taken from the other."""
    still(subject)
    wanted = set(take)
    return {**goes, **stays, **{key: value for key, value in goes.items() if f"own.{key}" in wanted}}


def fitting(subject: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that were kept aside for a while, as the fields are now: a type may have changed since. What does not fit any
    more is left out; the journal has it."""
    known = by_key(subject)
    found: dict[str, Any] = {}
    for key, value in values.items():
        try:
            found[key] = known[key].kept(value) if key in known else value
        except Unfit:
            continue
    return {key: value for key, value in found.items() if value is not None}


def parted(
    subject: str, now: Mapping[str, Any], was: Mapping[str, Any], became: Mapping[str, Any]
) -> dict[str, Any]:
    """The values as they were before two rows became one, except those that were changed again since."""
    still(subject)
    was, became = fitting(subject, was), fitting(subject, became)
    back = {
        key: was.get(key) if now.get(key) == became.get(key) else now.get(key)
        for key in dict.fromkeys([*now, *was, *became])
    }
    return {key: value for key, value in back.items() if value is not None}


def between(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What changed from the one to the other, as changes of a row are told."""
    return [
        {"field": f"own.{key}", "before": before.get(key), "after": now.get(key)}
        for key in dict.fromkeys([*before, *now])
        if before.get(key) != now.get(key)
    ]


def lines(subject: str, rows: Iterable[Any]) -> dict[int, list[tuple[Own, Any]]]:
    """Of each row that has any: its fields with their values in words."""
    found = {row.pk: row.own for row in rows if row.own}
    known = fields(subject) if found else []
    names = people_of(known, found.values())
    return {
        pk: [
            (own, own.said(values[own.key], names))
            for own in known
            if values.get(own.key) not in (None, "", [])
        ]
        for pk, values in found.items()
    }


def searched(subject: str, values: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The words of a row's values by which it is found: short ones, by pinyin too, and long ones."""
    found: tuple[list[str], list[str]] = ([], [])
    for own in fields(subject) if values else ():
        if own.type in WORDED and isinstance(value := values.get(own.key), str) and value:
            found[0 if own.type == TEXT else 1].append(value)
    return found


def to_journal(subject: str, values: Mapping[str, Any], keys: Iterable[str] | None = None) -> dict[str, Any]:
    """What the chain holds of a row's values (all fields, or those of these keys) under "own.<key>": what conditions read."""
    wanted = None if keys is None else set(keys)
    if wanted is not None and not wanted:
        return {}
    return {
        own.told_name: own.told(values.get(own.key))
        for own in every(subject)
        if own.in_chain and (own.key in wanted if wanted is not None else not own.resting)
    }


def changed_keys(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of own fields among the changes of a row."""
    names = (str(one["field"]) for one in changes)
    return [name.removeprefix("own.") for name in names if name.startswith("own.")]


def fact_fields(subject: str) -> dict[str, str]:
    """What facts about a kind of row may hold of its own fields, and what conditions read: name -> type. Also of retired
    ones, which earlier facts and versions name."""
    return {name: f"{kind}?" for own in every(subject) for name, kind in own.all_told.items()}
