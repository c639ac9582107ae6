"""What lists know of saved views, which a package above them keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.http import QueryDict

from guanxi.platform.kernel import Text

from . import conditions, exports
from .layouts import AS, BY
from .narrowing import WHERE

if TYPE_CHECKING:
    from .asked import Asked
    from .lists import List


@dataclass(frozen=True, slots=True)
class Saved:
    """A view that somebody sees. query: as in an address. note: whose it is, where it is not one's own. version: as it is
    shown, so that nobody overwrites what another changed meanwhile."""

    id: int
    name: str
    query: str
    mine: bool
    may_change: bool
    note: Text = field(default_factory=lambda: Text("", ""))
    version: int = 1

    @property
    def key(self) -> str:
        return f"s{self.id}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What one person sees of a list's views. first: the key of the one it begins with, '' for everything. The addresses
    are those of the forms around it; changes: of each that this person may change, (change, delete)."""

    views: tuple[Saved, ...] = ()
    first: str = ""
    new_url: str = ""
    first_url: str = ""
    changes: Mapping[int, tuple[str, str]] = field(default_factory=dict)


MOST_WORDS = 20_000
"""As much of the conditions in words as a note of an export holds."""
_RESERVED = re.compile(r"""[%&=#+;\s"<>]""")

_provider: Callable[[Any, str], Shown] | None = None


def provide(provider: Callable[[Any, str], Shown]) -> None:
    """Declare who keeps saved views."""
    global _provider
    _provider = provider


_keeper: Callable[[Any, Mapping[str, Any]], None] | None = None


def keep_exports(keeper: Callable[[Any, Mapping[str, Any]], None]) -> None:
    """Declare who keeps that a list was taken away as a file: keeper(person, input of `views.note_export`)."""
    global _keeper
    _keeper = keeper


def _order(of: Asked) -> str:
    """The column by which the rows are sorted; never what else stands in the address: it goes into the chain."""
    column, down = of.sorting
    return f"{'-' if down else ''}{column.key}" if column else ""


def exported(of: List, kind: str) -> None:
    """A list goes away as a file: who took what, by which conditions, is kept before it goes."""
    if _keeper is None:
        return
    told = of.sentence
    whole = of.narrowing.whole(of.applied, of.node)
    _keeper(
        getattr(of.request, "user", None),
        {
            "list": of.name,
            "form": kind,
            "columns": [c.key for c in of.shown_columns],
            "order": _order(of),
            "shape": conditions.shape(whole) if whole.parts else "",
            "view": of.view_key,
            "typed": bool(of.typed),
            "rows": min(of.matching.order_by().count(), exports.MAX_ROWS),
            "conditions": f"{told.zh} / {told.en}"[:MOST_WORDS] if whole.parts else "",
            "query": of.typed,
        },
    )


def shown(person: Any, list: str) -> Shown:
    """The views of a list as this person sees them."""
    return _provider(person, list) if _provider is not None else Shown()


def names_kept(cls: Asked | type[Asked]) -> list[str]:
    """The names in an address that a view keeps: what is typed, conditions, columns, order, and what its page understands."""
    own = [name for f in cls.filters for name in f.names()]
    return list(dict.fromkeys([*(["q"] if cls.search else []), "sort", "c", AS, BY, *cls.also, *own, WHERE]))


def cleaned(cls: Asked | type[Asked], query: QueryDict) -> tuple[str, Text | None]:
    """(what a view keeps of an address, why it cannot be kept). Values that depend on who looks are judged when it is
    opened."""
    pairs = [(name, value) for name in names_kept(cls) for value in query.getlist(name) if value]
    columns = {c.key for c in cls.columns}
    strange = [v for n, v in pairs if n == "c" and v not in columns]
    sorts = {c.key for c in cls.columns if c.sort}
    strange += [v for n, v in pairs if n == "sort" and v.lstrip("-") not in sorts]
    if strange:
        return "", Text(
            f"这个列表没有“{strange[0][:40]}”这一列", f"The list has no column “{strange[0][:40]}”"
        )
    try:
        conditions.read(query.get(WHERE, ""))
    except conditions.Unreadable as wrong:
        return "", wrong.words
    return written(pairs), None


def written(pairs: Sequence[tuple[str, str]]) -> str:
    """Pairs as a query in which words stand as they are read, so that what erases a person finds their name."""
    return "&".join(f"{name}={_RESERVED.sub(lambda m: quote(m[0]), value)}" for name, value in pairs)
