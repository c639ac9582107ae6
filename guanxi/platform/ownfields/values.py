"""The values of a row: taken from an input, put into its column `own`, told to people and to the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from guanxi.platform.kernel import Invalid, Text

from .known import by_key, every, fields
from .types import TEXT, WORDED, Own, Unfit

UNKNOWN = Text("没有这个字段", "There is no such field")
GONE = Text("这个字段已停用", "This field is retired")
NEEDED = Text("请填写", "Please fill this in")


def taken(subject: str, given: Mapping[str, Any], *, new: bool, needed: bool = True) -> dict[str, Any]:
    """What is kept of the values that were given, None for those to be emptied. Invalid with a message for each field that
    does not fit. new: of a row that is being made, whose required fields all have to be there (if they are `needed`)."""
    known = by_key(subject) if given or new else {}
    found: dict[str, Any] = {}
    wrong: dict[str, list[Text]] = {}
    for key, value in given.items():
        own = known.get(key)
        if own is None or own.retired:
            wrong[f"own.{key}"] = [UNKNOWN if own is None else GONE]
            continue
        try:
            found[key] = own.read(value)
        except Unfit as unfit:
            wrong[own.path] = [unfit.text]
    for own in known.values():
        if own.rules.required and not own.retired and own.path not in wrong:
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


def initial(subject: str, row: Any) -> dict[str, Any]:
    """What a form for the row begins with."""
    return {own.path: row.own[own.key] for own in fields(subject) if own.key in row.own}


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
    for own in fields(subject):
        if values.get(own.key) not in (None, "", []):  # erasing somebody may have emptied it
            found.setdefault(own.section, []).append((own, own.said(values[own.key])))
    return list(found.items())


def differing(stays: Any, goes: Any) -> list[str]:
    """The fields in which two rows say something else, both filled in: own.floor."""
    return [f"own.{key}" for key, value in goes.own.items() if key in stays.own and stays.own[key] != value]


def joined(stays: Mapping[str, Any], goes: Mapping[str, Any], take: Iterable[str]) -> dict[str, Any]:
    """The values of two rows that become one: what only one knows, and of what differs what is taken from the other."""
    wanted = set(take)
    return {**goes, **stays, **{key: value for key, value in goes.items() if f"own.{key}" in wanted}}


def parted(now: Mapping[str, Any], was: Mapping[str, Any], became: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they were before two rows became one, except those that were changed again since."""
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
    return {
        pk: [(own, own.said(values[own.key])) for own in known if values.get(own.key) not in (None, "", [])]
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
        own.path: own.told(values.get(own.key))
        for own in every(subject)
        if own.in_chain and (own.key in wanted if wanted is not None else not own.retired)
    }


def changed_keys(changes: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of own fields among the changes of a row."""
    names = (str(one["field"]) for one in changes)
    return [name.removeprefix("own.") for name in names if name.startswith("own.")]


def fact_fields(subject: str) -> dict[str, str]:
    """What facts about a kind of row may hold of its own fields, and what conditions read: name -> type. Also of retired
    ones, which earlier facts and versions name."""
    return {own.path: f"{own.told_type}?" for own in every(subject) if own.told_type}
