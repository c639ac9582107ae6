"""What is still in somebody's hands. Domains say what it is; nobody leaves before it is handed over.

responsibility("customers", Text("负责的客户", "customers looked after"), lambda person: …count…, url=…)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from guanxi.platform.kernel import Text


@dataclass(frozen=True, slots=True)
class Held:
    """So many of something in one person's hands."""

    label: Text
    count: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Responsibility:
    name: str
    label: Text
    count: Callable[[Any], int]
    url: Callable[[Any], str] | None = None


_known: dict[str, Responsibility] = {}


def responsibility(
    name: str, label: Text, count: Callable[[Any], int], *, url: Callable[[Any], str] | None = None
) -> None:
    """Declare something that must be handed over before a person is deactivated. url(person): where that is done."""
    _known[name] = Responsibility(name, label, count, url)


def still_held(person: Any) -> list[Held]:
    """What is in this person's hands now, nothing left out."""
    counted = [(r, r.count(person)) for _, r in sorted(_known.items())]
    return [Held(r.label, n, r.url(person) if r.url else "") for r, n in counted if n]
