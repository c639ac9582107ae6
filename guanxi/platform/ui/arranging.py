"""The form in which a list's columns are chosen and put in order: `c` are those that are shown, `o` all of them in their
order, `do` the button that was pressed (up:grade, down:grade, apply, usual)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import QueryDict

if TYPE_CHECKING:
    from .columns import Column

ARRANGE = "arrange"


@dataclass(frozen=True, slots=True)
class Place:
    """A column in the form. moved: the way it was just moved, '' for not."""

    column: Column
    chosen: bool
    first: bool
    last: bool
    moved: str = ""


class Arranging:
    """The form for one request."""

    def __init__(self, columns: Sequence[Column], shown: Sequence[Column], query: QueryDict) -> None:
        self.by_key = {c.key: c for c in columns}
        self.usual = [c.key for c in columns if c.shown or c.lead]
        self.do, _, self.moved = query.get("do", "").partition(":")
        if "o" in query:
            self.chosen = {key for key in query.getlist("c") if key in self.by_key}
            order = [key for key in dict.fromkeys(query.getlist("o")) if key in self.by_key]
        else:
            self.chosen = {c.key for c in shown}
            order = [c.key for c in shown]
        self.order = [*order, *(key for key in self.by_key if key not in order)]
        self.chosen |= {c.key for c in columns if c.lead}
        if self.do in ("up", "down") and self.moved in self.order:
            self._move(-1 if self.do == "up" else 1)

    def _move(self, step: int) -> None:
        at = self.order.index(self.moved)
        to = min(max(at + step, 0), len(self.order) - 1)
        self.order.insert(to, self.order.pop(at))

    @property
    def applying(self) -> bool:
        return self.do in ("apply", "usual")

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What stands in the address: nothing for the usual columns in their usual order."""
        keys = [key for key in self.order if key in self.chosen]
        return [] if self.do == "usual" or keys == self.usual else [("c", key) for key in keys]

    @property
    def places(self) -> list[Place]:
        last = len(self.order) - 1
        return [
            Place(
                self.by_key[key], key in self.chosen, n == 0, n == last, self.do if key == self.moved else ""
            )
            for n, key in enumerate(self.order)
        ]
