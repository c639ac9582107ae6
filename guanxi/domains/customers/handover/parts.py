"""What can be in a person's hands and go over to another. Each domain declares its own part.

part(Part("visits", Text("接下来的拜访", "Next visits"), lines=…, take=…))

The customers themselves are the frame: what concerns a customer that goes over stands under it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.platform.journal.chain import stamp
from guanxi.platform.kernel import Context, Text
from guanxi.platform.people.models import Person


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that goes over.

    id: of its row. customer: id of the customer it concerns, or None. what: in words. when: until when, or when.
    note, clause: what else there is to know, and which clause asks for it. url: its page.
    """

    id: str
    customer: int | None
    what: str | Text
    when: datetime | None = None
    note: str | Text = ""
    clause: str = ""
    url: str = ""

    def plain(self) -> dict[str, Any]:
        """As the pack keeps it and its hash covers it."""
        return {
            "id": self.id,
            "customer": self.customer,
            "what": both(self.what),
            "when": stamp(self.when) if self.when else None,
            "note": both(self.note),
            "clause": self.clause,
            "url": self.url,
        }


def both(words: str | Text) -> list[str]:
    """Words in Chinese and English, as the pack keeps them."""
    return [words.zh, words.en] if isinstance(words, Text) else [words, words]


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of thing that goes over.

    lines(giver, customers): what is in the giver's hands, of these customers or (None) of all and of none.
    check(actor, taker, lines): Invalid or Forbidden where the actor cannot hand these over, or the taker cannot take them.
    take(ctx, giver, taker, lines, reason): hands them over, through actions; None where they follow by themselves.
    """

    name: str
    label: Text
    order: int
    lines: Callable[[Person, list[int] | None], list[Line]]
    check: Callable[[Any, Person, list[Line]], None] | None = None
    take: Callable[[Context, Person, Person, list[Line], str], None] | None = None


_parts: dict[str, Part] = {}


def part(declared: Part) -> Part:
    """Declare a part. A name is declared once."""
    if declared.name in _parts and _parts[declared.name].label != declared.label:
        raise ValueError(f"part {declared.name} is declared twice")
    _parts[declared.name] = declared
    return declared


def parts() -> list[Part]:
    """Every part, in the order of the pack and of handing over."""
    return sorted(_parts.values(), key=lambda p: (p.order, p.name))


def in_portions(lines: list[Line], size: int) -> Iterable[list[int]]:
    """The ids of lines, so many at a time."""
    ids = [int(line.id) for line in lines]
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
