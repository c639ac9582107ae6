"""Which clauses of which versions read a field of the company's own: it cannot be renamed, retyped or retired under them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from guanxi.cores.norms.source import PackError, read_yaml
from guanxi.platform.kernel import Reason, Text, all_actions, all_kinds
from guanxi.platform.ownfields.types import Own
from guanxi.platform.ownfields.uses import used_by_rules

from .models import Version

STATES = {
    "in_force": Text("生效中", "in force"),
    "approved": Text("已批准", "approved"),
    "submitted": Text("待审批", "waiting for approval"),
    "draft": Text("草稿", "a draft"),
}


def used_by(own: Own) -> Sequence[Reason]:
    """A reason for each control that reads the field, of every version that is in force or may come to be."""
    name = rf"own\.{own.key}(?:__\d+)?(?![\w.])"  # also the names of further types: see `Own.told_name`
    named = re.compile(rf"(?<![\w.]){own.subject}\.{name}")
    bare = re.compile(rf"(?<![\w.]){name}")
    found: list[Reason] = []
    for version in Version.objects.filter(state__in=list(STATES)).order_by("regulation", "number"):
        if not any(f"own.{own.key}" in text for text in version.source.values()):
            continue
        for control in _controls(version.source):
            if any(
                named.search(text) or (ours and bare.search(text))
                for text, ours in _texts(control, own.subject, True)
            ):
                found.append(_reason(own, version, control))
    return found


def _reason(own: Own, version: Version, control: dict[str, Any]) -> Reason:
    clause = control.get("clause")
    clause = str(clause[0] if isinstance(clause, list) and clause else clause or "")
    state = STATES[version.state]
    return Reason(
        clause=clause,
        control=f"{version.regulation_id}/{control.get('id', '')}",
        version=version.name,
        text=Text(
            f"{version.regulation_id} 第 {version.number} 版（{state.zh}）的 {clause} 用到字段“{own.label.zh}”",
            f"{clause} of version {version.number} of {version.regulation_id} ({state.en}) reads the field “{own.label.en}”",
        ),
    )


def _controls(source: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name, text in source.items():
        try:
            found = read_yaml(text, name).several("controls")
        except PackError:  # a draft may be unfinished
            continue
        yield from (node.plain() for node in found if node.is_map)


def _texts(value: Any, subject: str, ours: bool) -> Iterator[tuple[str, bool]]:
    """Every text in it, words for people left out, each with whether a bare `own.…` in it would be of this kind of row: a
    condition reads the fact or the action that is named beside it."""
    if isinstance(value, str):
        yield value, ours
    elif isinstance(value, dict):
        beside = [_named(part) for name, part in value.items() if name != "does"]
        if kinds := {kind for part in beside for kind in part}:
            ours = subject in kinds
        for name, part in value.items():
            if name != "words":
                yield from _texts(part, subject, ours)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, subject, ours)


def _named(value: Any) -> set[str]:
    """The kinds of rows that facts and actions are about whose names stand here."""
    names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    facts, actions = all_kinds(), all_actions()
    found = (facts.get(name) or actions.get(name) for name in names if isinstance(name, str))
    return {kind.subject for kind in found if kind is not None}


def declare() -> None:
    """Let whoever changes a field ask here."""
    used_by_rules(used_by)
