"""A refusal as a page shows it: one line per condition, the nearest remedy, who may make an exception, and why."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from guanxi.platform.kernel import Reason, Refused, Text, get_action
from guanxi.platform.kernel.errors import UnknownAction

from .parts import NOTHING


@dataclass(frozen=True, slots=True)
class Why:
    """One clause behind an answer, opened up: its words, its version and the values it looked at."""

    clause: str
    text: Text
    version: str = ""
    control: str = ""
    clause_text: Text = NOTHING
    facts: tuple[tuple[str | Text, Any], ...] = ()
    waivable_by: Text = NOTHING


@dataclass(frozen=True, slots=True)
class Line:
    """One condition. sign: refuse (✗), met (✓) or warn (△). The remedy is a link where it can be done, else words."""

    sign: str
    text: Text
    clause: str = ""
    remedy: Text = NOTHING
    remedy_by: Text = NOTHING
    remedy_url: str = ""


@dataclass(frozen=True, slots=True)
class RefusalView:
    """What `ui/refusal.html` shows."""

    title: Text
    lines: tuple[Line, ...]
    reasons: tuple[Why, ...]
    waivable_by: Text = NOTHING
    waiver_url: str = ""
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])

    @property
    def failures(self) -> bool:
        return any(line.sign == "refuse" for line in self.lines)


def view_of(
    refused: Refused,
    *,
    title: Text | None = None,
    remedy_url: Callable[[Reason], str] | None = None,
    waiver_url: str = "",
    clause_text: Callable[[str], Text] | None = None,
    value_label: Callable[[str], Text] | None = None,
) -> RefusalView:
    """The refusal for `ui/refusal.html`.

    title: what was not done ("不能确认这次拜访"); made from the action's label otherwise. remedy_url(reason): where
    the remedy of a reason is done, '' where only words help. waiver_url: the form that asks for an exception.
    clause_text(number): the clause's own words for "why?"; value_label(name): what a value it looked at is called.
    """
    lines = [_line("refuse", r, remedy_url) for r in refused.failures]
    lines += [_line("met", r, None) for r in refused.met]
    lines += [_line("warn", r, remedy_url) for r in refused.warnings]
    return RefusalView(
        title or _title(refused.action),
        tuple(lines),
        tuple(_why(r, clause_text, value_label) for r in [*refused.failures, *refused.warnings]),
        joined(r.waivable_by for r in refused.failures),
        waiver_url if any(r.waivable_by or r.waivable_role for r in refused.failures) else "",
    )


def joined(words: Iterable[Text]) -> Text:
    """Several names as one phrase, each once."""
    once = list(dict.fromkeys(w for w in words if w))
    return Text("、".join(w.zh for w in once), ", ".join(w.en for w in once))


def _title(action: str) -> Text:
    try:
        label = get_action(action).label
    except UnknownAction:
        return Text("现在不能这样做", "This cannot be done now")
    return Text(f"不能{label.zh}", f"Cannot {label.en[:1].lower()}{label.en[1:]}")


def _line(sign: str, reason: Reason, remedy_url: Callable[[Reason], str] | None) -> Line:
    return Line(
        sign,
        reason.text,
        reason.clause,
        reason.remedy_text,
        reason.remedy_by,
        remedy_url(reason) if remedy_url and reason.remedy_text else "",
    )


def _why(
    reason: Reason,
    clause_text: Callable[[str], Text] | None,
    value_label: Callable[[str], Text] | None,
) -> Why:
    return Why(
        clause=reason.clause,
        text=reason.text,
        version=reason.version,
        control=reason.control,
        clause_text=clause_text(reason.clause) if clause_text else Text("", ""),
        facts=tuple(
            (value_label(name) if value_label else name, value) for name, value in _shown(reason.values)
        ),
        waivable_by=reason.waivable_by,
    )


def _shown(values: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, bool):
            value = Text("是", "yes") if value else Text("否", "no")
        elif isinstance(value, list | tuple):
            value = "、".join(str(v) for v in value)
        yield name, "–" if value in (None, "") else value
