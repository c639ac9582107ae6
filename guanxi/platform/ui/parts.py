"""What the components show, as typed values: views fill these, templates take them. Words may be str or Text."""

from __future__ import annotations

import difflib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from guanxi.platform.kernel import Text

Words = str | Text
NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Do:
    """One thing to do. A link to the form that does it, or (post) a button that sends `data` at once.

    key: the keyboard's letter for it on its page or in its list. tone: '', primary, quiet or refuse.
    """

    label: Words
    url: str
    post: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    tone: str = ""
    icon: str = ""
    key: str = ""
    call_key: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True, slots=True)
class Crumb:
    label: Words
    url: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    label: Words
    url: str
    current: bool = False
    count: int | None = None
    note: Words = NOTHING


@dataclass(frozen=True, slots=True)
class Step:
    """A stage. state: done, current or '' (still to come)."""

    label: Words
    state: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """A line of Today: when, what, which one, whom, clause, the one button. state: overdue, open, waiting or done.

    before: what it has to be done before, where it has no deadline otherwise (签到之前).
    """

    deadline: datetime | None
    what: Words
    state: str = "open"
    whom: Words = ""
    whom_url: str = ""
    clause: str = ""
    clause_title: Words = ""
    do: Sequence[Do] = ()
    undo: Do | None = None
    thing: str = ""
    before: Words = NOTHING


@dataclass(frozen=True, slots=True)
class Fold:
    """Duties that are the same work on several things, all without a deadline or all overdue: one line that opens."""

    lines: Sequence[Duty]

    @property
    def first(self) -> Duty:
        return self.lines[0]


@dataclass(frozen=True, slots=True)
class Stat:
    """A figure. bad: below what is asked for. values: the earlier ones, oldest first, for the small line."""

    label: Words
    value: Words
    note: Words = ""
    values: Sequence[float | None] = ()
    target: float | None = None
    trend: Words = ""
    bad: bool = False
    url: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of a timeline."""

    at: datetime
    text: Words | SafeString
    icon: str = "circle"
    who: Words = ""
    url: str = ""
    quote: str = ""
    clause: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A field before and after, shown as a difference in words."""

    label: Words
    before: Words
    after: Words


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody has to decide: what, why, who, what changes, which clause asks, what if nothing is done, history."""

    id: Any
    what: Words
    by: Words
    at: datetime
    why: Words = ""
    url: str = ""
    state: str = "pending"
    clause: str = ""
    clause_title: Words = ""
    changes: Sequence[Change] = ()
    otherwise: Words = ""
    until: datetime | None = None
    do: Sequence[Do] = ()
    history: Sequence[Event] = ()


_TOKEN = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.S)


def word_diff(before: str, after: str) -> SafeString:
    """Before and after as one text with <del> and <ins>: Chinese by character, Latin by word."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    parts: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = escape("".join(old[a:b])), escape("".join(new[c:d]))
        if kind == "equal":
            parts.append(gone)
            continue
        parts.append(f"<del>{gone}</del>" if gone else "")
        parts.append(f"<ins>{come}</ins>" if come else "")
    return mark_safe("".join(parts))  # noqa: S308 (each part is escaped)


@dataclass(frozen=True, slots=True)
class Hit:
    """A line of Ctrl-K."""

    label: Words
    url: str
    note: Words = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of Ctrl-K under one heading, as `ui/palette_results.html` takes them."""

    label: Words
    entries: Sequence[Hit] = ()
