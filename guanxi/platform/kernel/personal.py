"""Where personal data lies: each table says of each of its text columns whose it is, why it is held and how it goes.

Declared in `<package>/personal.py`, read by the report, by the export of a person's data and by what erases it. A column
that no declaration names is found by a test, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .text import Text

Rows = Callable[[Any], Any]
"""From an id, or ids, to a query set of the table's rows."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one table holds of people.

    model: its label, app and class. own: columns with particulars of a person at a customer. words: free text, and
    files, in which somebody may be spoken of. staff: particulars of our own people. plain: codes, keys and hashes of
    nothing personal. of_contact(id): the rows that belong to a contact; of_customers(ids): those about customers, in
    which a contact may be spoken of. at: the column with the row's time.
    """

    model: str
    own: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    what: Text = field(default_factory=lambda: Text("", ""))
    why: Text = field(default_factory=lambda: Text("", ""))
    seen_by: Text = field(default_factory=lambda: Text("", ""))
    kept: Text = field(default_factory=lambda: Text("", ""))
    erased: Text = field(default_factory=lambda: Text("", ""))
    of_contact: Rows | None = None
    of_customers: Rows | None = None
    at: str = ""

    @property
    def personal(self) -> bool:
        return bool(self.own or self.words or self.staff)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the declaration names."""
        return (*self.own, *self.words, *self.staff, *self.plain)


_holdings: dict[str, Holding] = {}


@dataclass(frozen=True, slots=True)
class Erasing:
    """How it is told that somebody was erased, and how it is done once more where a backup brought them back.

    kind: of the fact; action: run by the system; input: from what the fact tells (its data, and its texts) to the
    action's input. The action says NotFound where nobody is there to be erased.
    """

    kind: str
    action: str
    input: Callable[[dict[str, Any]], dict[str, Any]]


_erasings: dict[str, Erasing] = {}


def erases(kind: str, action: str, input: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Declare it."""
    _erasings[kind] = Erasing(kind, action, input)


def all_erasings() -> dict[str, Erasing]:
    """Every declaration by the kind of fact."""
    return dict(_erasings)


def holds(
    model: str,
    *,
    what: Text,
    why: Text,
    seen_by: Text,
    kept: Text,
    erased: Text,
    own: Sequence[str] = (),
    words: Sequence[str] = (),
    staff: Sequence[str] = (),
    plain: Sequence[str] = (),
    of_contact: Rows | None = None,
    of_customers: Rows | None = None,
    at: str = "",
) -> Holding:
    """Declare a table that holds something of people."""
    made = Holding(
        model,
        tuple(own),
        tuple(words),
        tuple(staff),
        tuple(plain),
        what,
        why,
        seen_by,
        kept,
        erased,
        of_contact,
        of_customers,
        at,
    )
    if not made.personal:
        raise ValueError(f"{model}: nothing personal is declared by holds_nothing")
    return _declare(made)


def holds_nothing(model: str, *columns: str) -> Holding:
    """Declare a table whose text columns hold codes, keys and hashes only."""
    return _declare(Holding(model, plain=columns))


def all_holdings() -> dict[str, Holding]:
    """Every declaration by the table's label, in the order of declaration."""
    return dict(_holdings)


def _declare(made: Holding) -> Holding:
    if made.model in _holdings:
        raise ValueError(f"{made.model} is declared twice")
    twice = {name for name in made.columns if made.columns.count(name) > 1}
    if twice:
        raise ValueError(f"{made.model} declares {sorted(twice)} twice")
    _holdings[made.model] = made
    return made
