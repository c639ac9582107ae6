"""A page of rows in order, from a mark on; of one query set, or of several together, each answered by its own index.

"Mine, or my department's, or my team's" in one condition leaves the database two ways: to walk the index of names until
enough rows fit, or to fetch all that fit and sort them. Both read as many rows as there are customers. Asked apart, each
part stops after one page, and the merge sorts a page of each.

Conditions beside the part's own ("tenants of grade A") bring the same choice again: walk the order and try each row, or
fetch all tenants and sort them. SQLite keeps no figures that would tell it, and chose the second for half a million
tenants. So here it is not asked: a `Part` says what answers its order, and conditions are tried row by row inside CASE,
behind which neither database looks for an index.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, reduce
from operator import or_
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import BooleanField, Case, F, IntegerField, Q, QuerySet, Value, When

Start = tuple[Any, Any]
"""The sort value and id of the row behind which to begin."""


@dataclass(frozen=True, slots=True)
class Part:
    """One reason to see rows, as a query set that says nothing but that reason.

    sorts: the fields in whose order an index holds its rows. small: an index holds its rows together, and there are
    few enough (tens of thousands) that trying a condition on each takes no time worth speaking of.
    """

    rows: QuerySet
    sorts: frozenset[str] = frozenset()
    small: bool = False

    def narrowed(self, wanted: Q, place: Q | None = None, field: str = "") -> QuerySet:
        """Those that fit, at a place in the order of a field, as they are best read in it; place None: in no order."""
        if self.rows.query.annotations:
            return self.rows.filter(wanted, place or Q())  # what is worked out has no index anyway
        if place is not None and field in self.sorts:
            return tried(self.rows.filter(place), wanted)
        if self.small:
            return tried(self.rows, wanted & (place or Q()))
        return self.rows.filter(wanted, place or Q())  # as the database thinks best


def tried(rows: QuerySet, wanted: Q) -> QuerySet:
    """The rows that fit a condition that is tried on each of them, never looked up."""
    if not wanted:
        return rows
    return rows.filter(
        Case(When(wanted, then=Value(True)), default=Value(False), output_field=BooleanField())
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of an order: which rows, behind what, and with what their values all begin ('' where that is not so)."""

    order: Order
    where: Q
    start: Start | None
    begins: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """By a field ('' for none), then by id, both down or both up. Where the field may be null, those rows stand last,
    or first (a list seen backwards). lead: rows whose value begins with this stand before all others (seen backwards:
    behind them); of a field that is never null."""

    field: str
    id: str
    down: bool = False
    nullable: bool = False
    nulls_first: bool = False
    lead: str = ""

    def of(self, rows: QuerySet) -> QuerySet:
        """The rows in this order."""
        by_id = F(self.id).desc() if self.down else F(self.id).asc()
        if self.lead:
            rank = Case(When(self.leads, then=Value(0)), default=Value(1), output_field=IntegerField())
            by = (rank, F(self.field), by_id)
            return rows.order_by(*((by[0].desc(), by[1].desc(), by_id) if self.down else by))
        if not self.field:
            return rows.order_by(by_id)
        nulls: dict[str, Any] = {}
        if self.nullable:
            nulls = {"nulls_first": True} if self.nulls_first else {"nulls_last": True}
        field = F(self.field)
        return rows.order_by(field.desc(**nulls) if self.down else field.asc(**nulls), by_id)

    def behind(self, rows: QuerySet, start: Start | None) -> QuerySet:
        """Those of the rows that come after one of them."""
        return rows.filter(self.place(start))

    def place(self, start: Start | None) -> Q:
        """The condition of coming after a row; that of every row for None."""
        if start is None:
            return Q()
        if self.lead:
            return reduce(or_, (stage.where & stage.order.place(stage.start) for stage in self.stages(start)))
        value, id = start
        ahead = "lt" if self.down else "gt"
        same_id = Q(**{f"{self.id}__{ahead}": id})
        if not self.field:
            return same_id
        empty = Q(**{f"{self.field}__isnull": True})
        if value is None:
            return (empty & same_id) | (~empty if self.nulls_first else Q(pk__in=[]))
        wanted = Q(**{f"{self.field}__{ahead}": value}) | (Q(**{self.field: value}) & same_id)
        if self.nullable and not self.nulls_first:
            return wanted | empty
        # The last says nothing new, but tells the database where in its index to begin.
        return wanted & Q(**{f"{self.field}__{ahead}e": value})

    @property
    def leads(self) -> Q:
        """The condition of standing among the first, those that begin with the lead."""
        return Q(**{f"{self.field}__startswith": self.lead})

    def stages(self, start: Start | None) -> list[Stage]:
        """What follows on `start`, one stretch after the other, each in the order of the field alone."""
        plain = replace(self, lead="")
        if not self.lead:
            return [Stage(plain, Q(), start)]
        first = Stage(plain, self.leads, None, self.lead)
        stretches = [first, Stage(plain, ~self.leads, None)]
        if self.down:
            stretches.reverse()
        if start is None:
            return stretches
        here = next(
            n for n, one in enumerate(stretches) if bool(one.begins) == str(start[0]).startswith(self.lead)
        )
        return [replace(stretches[here], start=start), *stretches[here + 1 :]]

    def split(self, start: Start | None) -> list[tuple[Order, Q]]:
        """The places behind `start` that an index answers in order: of rows with a value, of those without."""
        if not (self.field and self.nullable):
            return [(self, self.place(start))]
        empty = Q(**{f"{self.field}__isnull": True})
        valued, bare = Order(self.field, self.id, self.down), Order("", self.id, self.down)
        begun = start is not None and start[0] is None
        found = []
        if not begun or self.nulls_first:
            found.append((valued, ~empty & valued.place(None if begun else start)))
        if start is None or begun or not self.nulls_first:
            found.append((bare, empty & bare.place(start if begun else None)))
        return found


def first(
    parts: Sequence[Part], wanted: Q, order: Order, number: int, start: Start | None = None
) -> list[Any]:
    """The ids of the first rows behind `start` that fit, of all parts together, each once, in one query. Parts of one model."""
    fields = [order.field, order.id] if order.field else [order.id]
    split, whole = order.split(start), [(order, order.place(start))]
    sql, params = _together([
        one.of(part.narrowed(wanted, place, order.field)).values_list(*fields)[:number]
        for part in parts
        # What is sorted anyway is read once, not once for each place.
        for one, place in (whole if part.small and order.field not in part.sorts else split)
    ])  # fmt: skip
    if not sql:
        return []
    way = "DESC" if order.down else "ASC"
    by = [f"{place} {way}" for place in range(1, len(fields) + 1)]
    if order.nullable:
        by[0] += " NULLS FIRST" if order.nulls_first else " NULLS LAST"
    with connections[parts[0].rows.db].cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY {', '.join(by)} LIMIT {number}", params)
        return [row[-1] for row in cursor.fetchall()]


def counted(parts: Sequence[Part], wanted: Q, id: str, bound: int) -> int:
    """How many rows fit in all parts together, each counted once, in one query; no part is read beyond `bound` of them, so
    that anything from `bound` on means: at least so many."""
    sql, params = _together([
        part.narrowed(wanted).order_by().values_list(id)[:bound] for part in parts
    ])  # fmt: skip
    if not sql:
        return 0
    with connections[parts[0].rows.db].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS together", params)  # noqa: S608
        (number,) = cursor.fetchone()
        return int(number)


def between(field: str, begins: str) -> Q:
    """Where an index holds the values that begin with something, or a little more than those. Q() where the database orders
    texts by a language's rules, by which they need not lie together."""
    if connection.vendor == "postgresql" and not _by_code():
        return Q()
    return Q(**{f"{field}__gte": begins, f"{field}__lt": begins + chr(sys.maxunicode)})


@cache
def _by_code() -> bool:
    """Whether PostgreSQL orders texts by the codes of their signs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT datcollate FROM pg_database WHERE datname = current_database()")
        (name,) = cursor.fetchone()
    return str(name).partition(".")[0] in ("C", "POSIX")


def _together(queries: Sequence[QuerySet]) -> tuple[str, list[Any]]:
    """The rows of several queries, each once, as SQL; '' where none can have any."""
    selects: list[str] = []
    params: list[Any] = []
    for rows in queries:
        try:
            sql, given = rows.query.get_compiler(connection=connections[rows.db]).as_sql()
        except EmptyResultSet:
            continue
        selects.append(f"SELECT * FROM ({sql}) AS part{len(selects)}")  # noqa: S608 (the SQL that Django made)
        params.extend(given)
    return " UNION ".join(selects), params
