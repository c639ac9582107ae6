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
    # Names of other kinds of rows do not count; a fact's own field stands without its kind, in controls about that kind.
    named = re.compile(rf"(?<![\w.]){own.subject}\.own\.{own.key}(?![\w.])")
    bare = re.compile(rf"(?<![\w.])own\.{own.key}(?![\w.])")
    found: list[Reason] = []
    for version in Version.objects.filter(state__in=list(STATES)).order_by("regulation", "number"):
        if not any(f"own.{own.key}" in text for text in version.source.values()):
            continue
        for control in _controls(version.source):
            texts = list(_texts(control))
            if any(named.search(text) for text in texts) or (
                _about(own.subject, texts) and any(bare.search(text) for text in texts)
            ):
                found.append(_reason(own, version, control))
    return found


def _about(subject: str, texts: Sequence[str]) -> bool:
    """Whether a control names a fact or an action about this kind of row."""
    facts, actions = all_kinds(), all_actions()
    return any(
        (kind := facts.get(text) or actions.get(text)) is not None and kind.subject == subject
        for text in texts
    )


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


def _texts(value: Any) -> Iterator[str]:
    """Every text in it, words for people left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            if name != "words":
                yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def declare() -> None:
    """Let whoever changes a field ask here."""
    used_by_rules(used_by)
