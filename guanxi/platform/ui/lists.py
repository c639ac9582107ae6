"""A list page from declared columns and filters, over any queryset that a package's reads give.

    class Customers(List):
        name = "customers"
        columns = (Column("name", Text("客户", "Customer"), sort="name", lead=True), …)
        filters = (ChoiceFilter("grade", Text("等级", "Grade"), choices=GRADES), …)

    def customer_list(request):
        return Customers(request, reads.customers(request.user)).respond("customers/list.html")

The API gives the same rows as data, under the page's name (`data.py`). Pages go by key (the sort value and the id of the
last row), so a page stays the same when rows come in above it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from guanxi.platform.kernel import Text, system_clock

from . import cells, data, exports
from . import layouts as laying
from . import saved as saving
from .arranging import ARRANGE, Arranging
from .building import BUILD, Building
from .conditions import Group, Node, Unreadable, conditions, parts_of_all
from .filters import Filter
from .merging import Order, Start, first
from .narrowing import WHERE, Narrowing
from .parts import Do, Tab

EXACT_TO = 10_000
PAGE_SIZE = 50
SEPARATOR = Text("，且 ", ", and ")


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    value: from a row; else the attribute or dictionary key called `key` ('manager.name' and 'manager__name' go
    deeper). sort: the field to sort by, '' for none; nullable: that field may be null (those rows come last).
    form: text, when, planned (a time in a diary), day, number, money, percent, state. lead: the row's name, its link.
    shown: without being asked for. phone: shown on a phone's card. url(row): the cell's own link. export(row): the cell
    in a file.
    """

    key: str
    label: Text
    value: Callable[[Any], Any] | None = None
    sort: str = ""
    nullable: bool = False
    form: str = "text"
    lead: bool = False
    shown: bool = True
    phone: bool = True
    url: Callable[[Any], str] | None = None
    export: Callable[[Any], Any] | None = None

    def of(self, row: Any) -> Any:
        return self.value(row) if self.value else reach(row, self.key)

    @property
    def css(self) -> str:
        parts = [
            "num" if self.form in ("number", "money", "percent") else "",
            "lead" if self.lead else "",
            "" if self.phone else "phone-hide",
        ]
        return " ".join(p for p in parts if p)


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: a tab that stands for filters and sorting. query: as in the address."""

    key: str
    label: Text
    query: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says: what the page is for, and the first thing to do."""

    title: Text
    text: Text = Text("", "")
    icon: str = "inbox"
    action: Text = Text("", "")
    url: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    column: Column
    value: Any
    url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """html: the cells as they stand in the table."""

    id: Any
    url: str
    cells: list[Cell]
    html: SafeString


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head: its link sorts, the sort of now is said to screen readers."""

    column: Column
    url: str = ""
    sorted: str = ""  # ascending, descending or ''


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition that is on: its words, and the address without it."""

    text: Text
    off_url: str


@dataclass(frozen=True, slots=True)
class Total:
    """A figure below the list, worked out by the database while there are at most 10,000 rows, or on request."""

    label: Text
    of: Callable[[QuerySet], Any]
    form: str = "number"


class List:
    """One list for one request. Subclass it and set what is below; see the module's head."""

    name: ClassVar[str] = "list"
    label: ClassVar[Text] = Text("", "")
    columns: ClassVar[Sequence[Column]] = ()
    filters: ClassVar[Sequence[Filter]] = ()
    views: ClassVar[Sequence[View]] = ()
    totals: ClassVar[Sequence[Total]] = ()
    sort: ClassVar[str] = ""  # a column's key, '-' before it for descending; the id otherwise
    search: ClassVar[Sequence[str]] = ()  # fields that the search box looks into
    search_label: ClassVar[Text] = Text("搜索", "Search")
    empty: ClassVar[Empty] = Empty(Text("还没有记录", "Nothing here yet"))
    page_size: ClassVar[int] = PAGE_SIZE
    exportable: ClassVar[bool] = True
    id_field: ClassVar[str] = "pk"
    also: ClassVar[
        Mapping[str, str]
    ] = {}  # what else its page understands in the address, in words for programs
    cards: ClassVar[bool] = True  # rows are cards on a phone; False scrolls inside the box
    boards: ClassVar[Sequence[laying.Board]] = ()  # by what the rows can be laid out in lanes
    mapped: ClassVar[laying.Mapped | None] = None  # where the rows are, if they are anywhere

    def __init__(
        self,
        request: HttpRequest,
        rows: QuerySet,
        *,
        parts: Sequence[QuerySet] = (),
        now: datetime | None = None,
    ) -> None:
        """rows: all that this person may see. parts: the same rows as several query sets (they may overlap), each of
        which an index answers in order: then a page takes the first of each, where "or" would read all of them."""
        self.request = request
        self.page_size = getattr(request, "data_limit", None) or self.page_size  # type: ignore[misc]
        self.base = rows
        self.parts = parts
        self.now = now or system_clock()
        self.query = request.GET

    # --- what a subclass may say ---

    def row_url(self, row: Any) -> str:
        """The row's page; also shown in the drawer. '' for none."""
        return ""

    def bulk(self) -> Sequence[Do]:
        """What can be done to several rows at once; each gets the ids as `row`."""
        return ()

    def find(self, rows: QuerySet, text: str) -> QuerySet:
        """Rows that fit what is typed into the search box."""
        wanted = Q()
        for name in self.search:
            wanted |= Q(**{f"{name}__icontains": text})
        return rows.filter(wanted)

    @property
    def fits_many(self) -> bool:
        """Whether what is typed fits so many rows that the first page is found sooner by looking at them in order, part by
        part, than by finding all of them first."""
        return False

    def prepare(self, rows: Sequence[Any]) -> None:
        """Called once with the rows of a page (of a file: of a portion): the place to look up for all what no join brings."""

    # --- answering ---

    def respond(
        self, template: str = "ui/page_list.html", context: Mapping[str, Any] | None = None
    ) -> HttpResponseBase:
        """The page; only the list for htmx; a file for `?export=csv` or `xlsx`; data where the API asks."""
        if getattr(self.request, "data_limit", None):
            return data.answer(self)
        if BUILD in self.query and self.narrowing.filters:
            return self.build()
        if ARRANGE in self.query:
            return self.arrange()
        if self.layout == laying.MAP and laying.BOX in self.query:
            return laying.spots(self)
        if first := self._first_url():
            return redirect(first)
        wanted = self.query.get("export", "")
        if self.exportable and wanted in ("csv", "xlsx") and not self.fault:
            saving.exported(self, wanted)
            return self.export(wanted)
        whole = {**(context or {}), "list": self, "now": self.now}
        only_list = self.request.headers.get("HX-Target") == self.dom_id
        response: HttpResponse = render(self.request, "ui/list.html" if only_list else template, whole)
        response["Vary"] = "HX-Request, HX-Target"
        if only_list:
            place = {name: self.query.get(name, "") for name in ("after", "before", "exact")}
            response["HX-Push-Url"] = self.request.path + self.address(**place)
        return response

    def export(self, kind: str) -> HttpResponseBase:
        """Exactly what is shown: these columns, this order, every row of these filters (at most 100,000)."""
        columns = self.shown_columns
        head = [str(c.label) for c in columns]
        rows = self.ordered(self.matching)[: exports.MAX_ROWS]
        lines = (
            [c.export(row) if c.export else c.of(row) for c in columns]
            for row in self._prepared(rows.iterator(chunk_size=exports.PORTION))
        )
        make = exports.csv_response if kind == "csv" else exports.xlsx_response
        return make(f"{self.label or self.name}", head, lines)

    def _prepared(self, rows: Iterator[Any]) -> Iterator[Any]:
        """The rows of a file, each portion prepared like a page."""
        while portion := list(islice(rows, exports.PORTION)):
            self.prepare(portion)
            yield from portion

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

    @property
    def heads(self) -> list[Head]:
        now, down = self.sorting
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

    @property
    def layouts(self) -> list[laying.Layout]:
        return laying.layouts(self)

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

    @cached_property
    def lanes(self) -> list[laying.ShownLane]:
        return laying.lanes_of(self)

    @property
    def map_url(self) -> str:
        """Where the map asks for what lies in a box."""
        return self.address(**{laying.AS: laying.MAP})

    @cached_property
    def map_bounds(self) -> str:
        return laying.bounds(self)

    @property
    def map_provinces(self) -> str:
        return laying.provinces()

    @cached_property
    def map_unplaced(self) -> tuple[str, str]:
        """How many of the rows have no place, as a number, and where they stand; ('', '') for none."""
        number, mapped = laying.unplaced(self), self.mapped
        if not number or mapped is None:
            return "", ""
        said = f"{number:,}" if number <= laying.LANE_EXACT else f"{laying.LANE_EXACT:,}+"
        return said, self.address(**{laying.AS: "", **mapped.without}) if mapped.without else ""

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

    def arrange(self) -> HttpResponse:
        """The form in which columns are chosen and put in order; sent, the list with them."""
        arranging = Arranging(self.columns, self.shown_columns, self.query)
        if arranging.applying:
            return self._go([*self.beside_columns, *arranging.pairs])
        return self._form("arrange", {"arranging": arranging})

    def build(self) -> HttpResponse:
        """The form in which the filter is put together; sent, the list by it."""
        building = Building(self.narrowing, self.narrowing.whole(self.applied, self.node), self.query)
        root = building.tree() if building.applying else None
        if root is not None:
            pairs = [*self.beside, *((n, v) for n, vs in self.narrowing.address(root).items() for v in vs)]
            return self._go(pairs)
        response = self._form("build", {"building": building})
        response.status_code = 422 if building.applying else 200
        return response

    def _go(self, pairs: Sequence[tuple[str, str]]) -> HttpResponse:
        """On to the list, from one of its forms; where that stands in the drawer, the page below goes on."""
        url = self.request.path + (f"?{urlencode(pairs)}" if pairs else self.bare_url)
        if not self.request.headers.get("HX-Request"):
            return redirect(url)
        told = json.dumps({"guanxi:narrowed": {"list": self.dom_id, "url": url}})
        return HttpResponse(status=204, headers={"HX-Trigger": told})

    def _form(self, name: str, context: Mapping[str, Any]) -> HttpResponse:
        """One of the list's own forms: a page, or the form alone where it is drawn anew."""
        alone = self.request.headers.get("HX-Target") == f"{self.dom_id}-{name}"
        template = f"ui/list_{name}.html" if alone else f"ui/page_list_{name}.html"
        response = render(self.request, template, {**context, "list": self, "now": self.now})
        response["Vary"] = "HX-Request, HX-Target"
        return response

    @cached_property
    def matching(self) -> QuerySet:
        return self._narrowed(self.base)

    def _narrowed(self, rows: QuerySet) -> QuerySet:
        if self.fault:
            return rows.none()
        for f, value in self.applied:
            rows = f.apply(rows, value, self.now)
        if self.node is not None:
            rows = rows.filter(self.narrowing.where(self.node, self.now))
        return self.find(rows, self.typed) if self.typed and self.search else rows

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
            kept = {"next": there["next"], **({"query": self.state} if self.changed else {})}
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

    # --- paging by key ---

    def ordered(self, rows: QuerySet) -> QuerySet:
        """All rows in the present order, as a file shows them."""
        return self._order().of(rows)

    def _order(self, *, backwards: bool = False) -> Order:
        column, down = self.sorting
        nullable = column is not None and column.nullable
        return Order(column.sort if column else "", self.id_field, down != backwards, nullable, backwards)

    @cached_property
    def page(self) -> Page:
        """The rows of this page and the marks of its neighbours; one query, two where there are parts."""
        before, after = Mark.read(self.query.get("before", "")), Mark.read(self.query.get("after", ""))
        backwards = before is not None
        mark = before or after
        try:
            found = self._first_rows(mark, backwards)
        except (ValueError, TypeError, ValidationError):  # a mark that somebody has bent
            mark, backwards = None, False
            found = self._first_rows(None, False)
        more, found = len(found) > self.page_size, found[: self.page_size]
        if backwards:
            found.reverse()
        self.prepare(found)
        has_next, has_previous = (True, more) if backwards else (more, mark is not None)
        following = self._mark(found[-1]) if found and has_next else ""
        earlier = self._mark(found[0]) if found and has_previous else ""
        return Page(
            found,
            self.address(after=following) if following else "",
            self.address(before=earlier) if earlier else "",
            following,
            earlier,
        )

    def _first_rows(self, mark: Mark | None, backwards: bool) -> list[Any]:
        """One row more than a page shows, in order, from a mark on."""
        start = None if mark is None else (mark.value, mark.id)
        return self.first_rows(Q(), self.page_size + 1, start, backwards)

    def first_rows(
        self, where: Q, number: int, start: Start | None = None, backwards: bool = False
    ) -> list[Any]:
        """So many of the rows that fit `where` too, in order, behind a row."""
        order = self._order(backwards=backwards)
        few = self.typed and not self.fits_many
        if few or not (self.parts or order.nullable):
            return list(order.of(order.behind(self.matching.filter(where), start))[:number])
        parts = [self._narrowed(part).filter(where) for part in self.parts or [self.base]]
        ids = first(parts, order, number, start)
        rows = {reach(row, self.id_field): row for row in self.base.filter(**{f"{self.id_field}__in": ids})}
        return [rows[id] for id in ids if id in rows]

    def _mark(self, row: Any) -> str:
        column, _ = self.sorting
        return Mark(reach(row, column.sort) if column else None, reach(row, self.id_field)).write()

    @cached_property
    def rows(self) -> list[Row]:
        chosen = self.query.getlist("c")  # what somebody has chosen stands on a phone too
        columns = [
            (c, cells.head_of(replace(c, phone=True).css if c.key in chosen else c.css, c.label))
            for c in self.shown_columns
        ]
        found = []
        for row in self.page.rows:
            url = self.row_url(row)
            made = [Cell(c, c.of(row), c.url(row) if c.url else "") for c, _ in columns]
            html = cells.joined([
                cells.cell(one.value, c.form, url if c.lead and url else one.url, head, self.now)
                for one, (c, head) in zip(made, columns, strict=True)
            ])  # fmt: skip
            found.append(Row(reach(row, self.id_field), url, made, html))
        return found

    # --- the footer ---

    @property
    def asked_exactly(self) -> bool:
        return self.query.get("exact") == "1"

    @cached_property
    def count(self) -> int:
        """Rows in all: exact to 10,000 (10,001 means more), or exact on request."""
        rows = self.matching.order_by()
        return rows.count() if self.asked_exactly else rows[: EXACT_TO + 1].count()

    @property
    def count_said(self) -> str:
        return f"{EXACT_TO:,}+" if self.count > EXACT_TO and not self.asked_exactly else f"{self.count:,}"

    @property
    def exact_url(self) -> str:
        return self.address(exact=1) if self.count > EXACT_TO and not self.asked_exactly else ""

    @cached_property
    def sums(self) -> list[tuple[Total, Any]]:
        if self.exact_url or not self.totals or not self.count:
            return []
        return [(total, total.of(self.matching.order_by())) for total in self.totals]

    @property
    def export_urls(self) -> list[tuple[str, str]]:
        if not self.exportable:
            return []
        return [("CSV", self.address(export="csv")), ("Excel", self.address(export="xlsx"))]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list, the addresses of its neighbours, and the marks in them."""

    rows: list[Any]
    next_url: str
    previous_url: str
    next: str = ""
    previous: str = ""


_READ: dict[str, Callable[[str], Any]] = {
    "s": str,
    "i": int,
    "n": Decimal,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "0": lambda _: None,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """The sort value and id of a row, as it stands in an address."""

    value: Any
    id: Any

    def write(self) -> str:
        body = json.dumps([*_tagged(self.value), *_tagged(self.id)], ensure_ascii=False)
        return base64.urlsafe_b64encode(body.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """The mark in an address; None for none, or for one that somebody has bent."""
        if not text or len(text) > 2000:
            return None
        try:
            kind, value, id_kind, id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(_READ[kind](value), _READ[id_kind](id))
        except (ValueError, KeyError, TypeError, InvalidOperation, binascii.Error, UnicodeError):
            return None


def without_layout(query: str) -> str:
    """A query without what says how the rows are shown."""
    return urlencode(
        [(n, v) for n, vs in QueryDict(query).lists() for v in vs if n not in (laying.AS, laying.BY)]
    )


def _same(one: str, other: str) -> bool:
    """Whether two queries ask the same; the order of names does not matter, that of one name's values does."""
    return dict(QueryDict(one).lists()) == dict(QueryDict(other).lists())


def _tagged(value: Any) -> tuple[str, str]:
    if value is None:
        return "0", ""
    for kind, tag in ((datetime, "t"), (date, "d")):
        if isinstance(value, kind):
            return tag, value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return "i", str(value)
    return ("n", str(value)) if isinstance(value, Decimal | float) else ("s", str(value))


def reach(row: Any, path: str) -> Any:
    """What stands at a path of attributes or keys ('manager__name'); '' or None where it ends early."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    for part in path.replace(".", "__").split("__"):
        if row is None:
            return None
        row = (
            row.get(part if part != "pk" else "id") if isinstance(row, Mapping) else getattr(row, part, None)
        )
    return row
