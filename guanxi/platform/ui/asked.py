"""What the address asks of a list: columns, sorting, filters, views and layout, with the addresses that ask something else.

No row is read here; that is `lists.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property

from guanxi.platform.kernel import Text

from . import layouts as laying
from . import saved as saving
from .columns import Column, Head
from .conditions import Group, Node, Unreadable, conditions, parts_of_all
from .filters import Filter
from .narrowing import WHERE, Narrowing
from .parts import Tab

SEPARATOR = Text("，且 ", ", and ")


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: a tab that stands for filters and sorting. query: as in the address."""

    key: str
    label: Text
    query: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition that is on: its words, and the address without it."""

    text: Text
    off_url: str


class Asked:
    """The part of a list that knows its address. `List` adds the rows."""

    name: ClassVar[str] = "list"
    columns: ClassVar[Sequence[Column]] = ()
    filters: ClassVar[Sequence[Filter]] = ()
    views: ClassVar[Sequence[View]] = ()
    search: ClassVar[Sequence[str]] = ()  # fields that the search box looks into
    sort: ClassVar[str] = ""  # a column's key, '-' before it for descending; the id otherwise
    also: ClassVar[
        Mapping[str, str]
    ] = {}  # what else its page understands in the address, in words for programs
    boards: ClassVar[Sequence[laying.Board]] = ()  # by what the rows can be laid out in lanes
    mapped: ClassVar[laying.Mapped | None] = None  # where the rows are, if they are anywhere

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.query = request.GET

    # --- columns, sorting ---

    @property
    def dom_id(self) -> str:
        return f"list-{self.name}"

    @cached_property
    def shown_columns(self) -> list[Column]:
        """Those that are asked for, in the order in which they are; the row's name always."""
        by_key = {c.key: c for c in self.columns}
        asked = [by_key[key] for key in dict.fromkeys(self.query.getlist("c")) if key in by_key]
        if not asked:
            return [c for c in self.columns if c.shown or c.lead]
        return [*(c for c in self.columns if c.lead and c not in asked), *asked]

    @property
    def arrange_url(self) -> str:
        """Where columns are chosen and put in order."""
        return self.address(arrange=1)

    @cached_property
    def sorting(self) -> tuple[Column | None, bool]:
        """(the column that is sorted by, descending)."""
        by_key = {c.key: c for c in self.columns if c.sort}
        for asked in (self.query.get("sort", ""), self.sort):
            if asked.lstrip("-") in by_key:
                return by_key[asked.lstrip("-")], asked.startswith("-")
        return None, self.sort == "-"

    best_first = False
    """What fits best stands first: the rows are in no column's order alone."""

    @property
    def heads(self) -> list[Head]:
        now, down = (None, False) if self.best_first else self.sorting
        heads = []
        for column in self.shown_columns:
            url = (
                self.address(sort=f"{'' if down or column is not now else '-'}{column.key}")
                if column.sort
                else ""
            )
            heads.append(Head(column, url, ("descending" if down else "ascending") if column is now else ""))
        return heads

    # --- layouts ---

    @cached_property
    def layout(self) -> str:
        """How the rows are shown: table, board or map."""
        asked = self.query.get(laying.AS, "")
        there = {laying.BOARD: bool(self.boards), laying.MAP: self.mapped is not None}
        return asked if there.get(asked) else laying.TABLE

    @cached_property
    def board(self) -> laying.Board:
        return laying.board_of(self)

    def with_layout(self, url: str) -> str:
        """An address of this list, shown in the present way."""
        kept = [(name, value) for name in (laying.AS, laying.BY) if (value := self.query.get(name, ""))]
        if self.layout == laying.TABLE or not kept:
            return url
        return f"{url}{'' if url.endswith('?') else '&'}{urlencode(kept)}"

    @property
    def board_tabs(self) -> list[Tab]:
        """The fields by which lanes can be made."""
        there = {laying.AS: laying.BOARD}
        return [
            Tab(one.label, self.address(**there, **{laying.BY: one.key}), one is self.board)
            for one in self.boards
        ]

    @property
    def map_url(self) -> str:
        """Where the map asks for what lies in a box."""
        return self.address(**{laying.AS: laying.MAP})

    # --- filters ---

    @cached_property
    def applied(self) -> list[tuple[Filter, Any]]:
        return [(f, value) for f in self.filters if (value := f.values(self.query))]

    @property
    def typed(self) -> str:
        return self.query.get("q", "").strip()[:200]

    @property
    def narrowed(self) -> bool:
        return bool(self.applied or self.typed or self.node or self.fault)

    @cached_property
    def narrowing(self) -> Narrowing:
        return Narrowing(self.filters)

    @cached_property
    def _where(self) -> tuple[Node | None, Text | None]:
        try:
            return self.narrowing.read(self.query), None
        except Unreadable as wrong:
            return None, wrong.words

    @property
    def node(self) -> Node | None:
        """The tree of conditions in the address."""
        return self._where[0]

    @property
    def fault(self) -> Text | None:
        """Why the tree in the address cannot be taken. Then no row is shown: without it there would be too many."""
        return self._where[1]

    def asks(self, key: str) -> bool:
        """Whether one of the conditions is about this filter."""
        asked = any(f.key == key for f, _ in self.applied)
        return asked or (self.node is not None and any(one.key == key for one in conditions(self.node)))

    @cached_property
    def chips(self) -> list[Chip]:
        """Each condition that has to hold, as a sentence with the address without it."""
        found = [Chip(f.said(value), self.address(without=f.names())) for f, value in self.applied]
        parts = parts_of_all(self.node)
        for place, part in enumerate(parts):
            rest = (*parts[:place], *parts[place + 1 :])
            left = rest[0].write() if len(rest) == 1 else Group("all", rest).write() if rest else ""
            found.append(Chip(self.narrowing.said(part), self.address(where=left)))
        return found

    @property
    def sentence(self) -> Text:
        """All filters as one sentence: 等级是 A，且 30 天未拜访."""
        said = [chip.text for chip in self.chips]
        return Text(SEPARATOR.zh.join(s.zh for s in said), SEPARATOR.en.join(s.en for s in said))

    @property
    def build_url(self) -> str:
        """Where the filter is put together; '' where there is nothing to filter by."""
        return self.address(build=1) if self.narrowing.filters else ""

    @property
    def beside(self) -> list[tuple[str, str]]:
        """What else stands in the address, for a form that asks anew: columns, order, view, what its page understands."""
        own = {name for f in self.narrowing.filters.values() for name in f.names()} | {WHERE}
        return [(name, value) for name, value in self._pairs() if name not in own]

    @property
    def beside_columns(self) -> list[tuple[str, str]]:
        """What choosing columns keeps."""
        return [(name, value) for name, value in self._pairs() if name != "c"]

    @property
    def beside_search(self) -> list[tuple[str, str]]:
        """What a search keeps: everything but what was typed."""
        return [(name, value) for name, value in self._pairs() if name != "q"]

    # --- addresses ---

    def address(self, *, without: Sequence[str] = (), **changes: Any) -> str:
        """The present filters, columns and sorting as a query; a changed list starts at its first page."""
        pairs = [(n, value) for n, value in self._pairs() if n not in without and n not in changes]
        pairs += [(name, str(value)) for name, value in changes.items() if value not in ("", None)]
        return "?" + urlencode(pairs) if pairs else self.bare_url

    def _pairs(self) -> list[tuple[str, str]]:
        own = [name for f in self.filters for name in f.names()]
        names = dict.fromkeys(["view", "q", "sort", "c", laying.AS, laying.BY, *self.also, *own, WHERE])
        if self.shown_columns == [c for c in self.columns if c.shown or c.lead]:
            del names["c"]  # nothing chosen but what is shown anyway
        return [(name, value) for name in names for value in self.query.getlist(name) if value]

    @property
    def clear_url(self) -> str:
        own = [name for f in self.filters for name in f.names()]
        return self.address(without=["q", "view", WHERE, *own])

    @property
    def bare_url(self) -> str:
        """Everything, also where the list begins with a view."""
        return "?view=all" if self.saved.first else "?"

    # --- views ---

    @cached_property
    def saved(self) -> saving.Shown:
        """The views that this person sees of it."""
        return saving.shown(getattr(self.request, "user", None), self.name)

    def _first_url(self) -> str:
        """Where the list begins for this person, if it was asked for without anything; '' for here."""
        if self.request.META.get("QUERY_STRING") or not self.saved.first or self.request.method != "GET":
            return ""
        queries = {v.key: urlencode(v.query, doseq=True) for v in self.views}
        queries |= {one.key: one.query for one in self.saved.views}
        if self.saved.first not in queries:
            return ""  # deleted, or not shared any more
        query = QueryDict(queries[self.saved.first]).urlencode()
        return f"{self.request.path}?view={self.saved.first}&{query}".rstrip("&")

    @cached_property
    def state(self) -> str:
        """What a view of the list as it stands would keep."""
        return saving.cleaned(self, self.query)[0]

    @cached_property
    def view_key(self) -> str:
        """The view that is shown: the one in the address, or a saved one that asks exactly this; '' for none."""
        asked = self.query.get("view", "")
        known = {v.key: urlencode(v.query, doseq=True) for v in self.views}
        if asked in known and (
            _same(known[asked], without_layout(self.state)) or not without_layout(self.state)
        ):
            return asked
        known |= {one.key: one.query for one in self.saved.views}
        if asked in known and (_same(known[asked], self.state) or not self.state):
            return asked
        exact = (one.key for one in self.saved.views if one.query and _same(one.query, self.state))
        return next(exact, asked if asked in known else "")

    @property
    def saved_shown(self) -> saving.Saved | None:
        """The saved view that is shown."""
        return next((one for one in self.saved.views if one.key == self.view_key), None)

    @property
    def changed(self) -> bool:
        """Whether something else is shown than the saved view keeps."""
        return self.saved_shown is not None and not _same(self.saved_shown.query, self.state)

    @property
    def view_menu(self) -> list[tuple[str, Text, str]]:
        """(icon, words, address) of what can be done with views, each in a form of its own."""
        if not self.saved.new_url:
            return []
        there = {"list": self.name, "query": self.state, "next": self.request.get_full_path()}
        found = [
            ("plus", Text("存为新视图…", "Save as a new view…"), f"{self.saved.new_url}?{urlencode(there)}")
        ]
        one = self.saved_shown
        if one is not None and one.id in self.saved.changes:
            kept = {"next": there["next"], "version": one.version}
            if self.changed:
                kept["query"] = self.state
            words = Text(f"修改“{one.name}”…", f"Change “{one.name}”…")
            found.append(("pen-line", words, f"{self.saved.changes[one.id][0]}?{urlencode(kept)}"))
        return found

    @property
    def view_delete(self) -> tuple[Text, str] | None:
        """(words, address) for deleting the saved view that is shown."""
        one = self.saved_shown
        if one is None or one.id not in self.saved.changes:
            return None
        return Text(f"删除“{one.name}”", f"Delete “{one.name}”"), self.saved.changes[one.id][1]

    @property
    def tabs(self) -> list[Tab]:
        if not self.views and not self.saved.views:
            return []
        found = [Tab(Text("全部", "All"), self.with_layout(self.bare_url), not self.view_key)]
        for view in self.views:
            url = self.with_layout("?" + urlencode({"view": view.key, **view.query}, doseq=True))
            found.append(Tab(view.label, url, self.view_key == view.key))
        for one in self.saved.views:
            url = f"?view={one.key}&{QueryDict(one.query).urlencode()}".rstrip("&")
            found.append(Tab(one.name, url, self.view_key == one.key, note=one.note))
        return found

    @property
    def view_shown(self) -> Text | None:
        """The name of the saved view, where nothing is narrowed beside it."""
        view = next((v for v in self.views if v.key == self.query.get("view")), None)
        if view is None or self.typed or self.node or self.fault:
            return None
        own = {
            k: [*map(str, v)] if isinstance(v, list) else [str(v)]
            for k, v in view.query.items()
            if k != "sort"
        }
        names = [name for f in self.filters for name in f.names()]
        asked = {name: sent for name in names if any(sent := self.query.getlist(name))}
        return view.label if asked == own else None


def without_layout(query: str) -> str:
    """A query without what says how the rows are shown."""
    return urlencode(
        [(n, v) for n, vs in QueryDict(query).lists() for v in vs if n not in (laying.AS, laying.BY)]
    )


def _same(one: str, other: str) -> bool:
    """Whether two queries ask the same; the order of names does not matter, that of one name's values does."""
    return dict(QueryDict(one).lists()) == dict(QueryDict(other).lists())
