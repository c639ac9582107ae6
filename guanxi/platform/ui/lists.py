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

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import cached_property

from guanxi.platform.kernel import Text, system_clock

from . import cells, data, exports, tiles
from . import layouts as laying
from . import saved as saving
from .arranging import ARRANGE, Arranging
from .asked import Asked, View
from .building import BUILD, Building
from .columns import Cell, Column, Row, reach
from .marks import Mark, Page
from .merging import Order, Part, Start, counted, first
from .parts import Do

__all__ = ["EXACT_TO", "PAGE_SIZE", "Column", "Empty", "List", "Mark", "Page", "Total", "View"]

EXACT_TO = 10_000
FEW = 1_000
"""Up to so many rows are fetched and sorted rather than met on a walk through all."""
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says: what the page is for, and the first thing to do."""

    title: Text
    text: Text = Text("", "")
    icon: str = "inbox"
    action: Text = Text("", "")
    url: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """A figure below the list, worked out by the database while there are at most 10,000 rows, or on request."""

    label: Text
    of: Callable[[QuerySet], Any]
    form: str = "number"


class List(Asked):
    """One list for one request. Subclass it and set what is below; see the module's head."""

    label: ClassVar[Text] = Text("", "")
    totals: ClassVar[Sequence[Total]] = ()
    search_label: ClassVar[Text] = Text("搜索", "Search")
    empty: ClassVar[Empty] = Empty(Text("还没有记录", "Nothing here yet"))
    page_size: ClassVar[int] = PAGE_SIZE
    exportable: ClassVar[bool] = True
    id_field: ClassVar[str] = "pk"
    cards: ClassVar[bool] = True  # rows are cards on a phone; False scrolls inside the box

    def __init__(
        self,
        request: HttpRequest,
        rows: QuerySet,
        *,
        parts: Sequence[QuerySet | Part] = (),
        now: datetime | None = None,
    ) -> None:
        """rows: all that this person may see. parts: the same rows as several query sets (they may overlap), each of
        which an index answers in order: then a page takes the first of each, where "or" would read all of them. A `Part`
        says more about how its rows are read."""
        super().__init__(request)
        self.page_size = getattr(request, "data_limit", None) or self.page_size  # type: ignore[misc]
        self.base = rows
        self.parts = [part if isinstance(part, Part) else Part(part) for part in parts]
        self.now = now or system_clock()

    # --- what a subclass may say ---

    def row_url(self, row: Any) -> str:
        """The row's page; also shown in the drawer. '' for none."""
        return ""

    def bulk(self) -> Sequence[Do]:
        """What can be done to several rows at once; each gets the ids as `row`."""
        return ()

    def find(self, text: str) -> Q:
        """The condition of fitting what is typed into the search box."""
        wanted = Q()
        for name in self.search:
            wanted |= Q(**{f"{name}__icontains": text})
        return wanted

    @property
    def fits_few(self) -> bool:
        """Whether what is typed fits so few rows that all of them are found sooner than the first in order."""
        return bool(self.typed)

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
        if self.mapped and (
            source := tiles.source()
        ):  # said on the table too: the map may come into this page
            self.request.map_origin = source.origin  # type: ignore[attr-defined]
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

    # --- layouts ---

    @property
    def layouts(self) -> list[laying.Layout]:
        return laying.layouts(self)

    @cached_property
    def lanes(self) -> list[laying.ShownLane]:
        return laying.lanes_of(self)

    @cached_property
    def map_bounds(self) -> str:
        return laying.bounds(self)

    @property
    def map_tiles(self) -> str:
        """The company's map pictures, as JSON; '' for none."""
        source = tiles.source()
        return source.as_json() if source else ""

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

    # --- its own forms ---

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
        if self.fault:
            return self.base.none()
        return self.base.filter(self.wanted) if self.wanted else self.base

    @cached_property
    def wanted(self) -> Q:
        """What is asked of the rows: every filter, the tree beside them, what is typed."""
        return self.filtered & self.find(self.typed) if self.typed and self.search else self.filtered

    @cached_property
    def filtered(self) -> Q:
        """What is asked of the rows beside what is typed."""
        found = Q()
        for f, value in self.applied:
            found &= f.where(value, self.now)
        if self.node is not None:
            found &= self.narrowing.where(self.node, self.now)
        return found

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
        large = any(part.sorts and not part.small for part in self.parts)
        few = large and bool(self.wanted) and self.count <= FEW
        return self.first_rows(Q(), self.page_size + 1, start, backwards, few=few)

    def first_rows(
        self,
        where: Q,
        number: int,
        start: Start | None = None,
        backwards: bool = False,
        *,
        few: bool = False,
    ) -> list[Any]:
        """So many of the rows that fit `where` too, in order, behind a row. few: they are so few that whoever walks a long
        order meets one of them now and then only."""
        order = self._order(backwards=backwards)
        if self.fault:
            return []
        if few or (self.typed and self.fits_few) or not (self.parts or order.nullable):
            return list(order.of(order.behind(self.matching.filter(where), start))[:number])
        return self.walked(order, where, number, start)

    def walked(
        self, order: Order, where: Q, number: int, start: Start | None, near: Q | None = None
    ) -> list[Any]:
        """The same, met on a walk through each part in its order. near: how far to walk in it."""
        parts = self.parts or [Part(self.base)]
        if near:
            parts = [replace(part, rows=part.rows.filter(near)) for part in parts]
        ids = first(parts, self.wanted & where, order, number, start)
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
        if self.parts and not self.asked_exactly and not self.fault:
            return counted(self.parts, self.wanted, self.id_field, EXACT_TO + 1)
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
