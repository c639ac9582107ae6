"""A page of rows in order, from a mark on; of one query set, or of several together, each answered by its own index.

"Mine, or my department's, or my team's" in one condition leaves the database two ways: to walk the index of names until
enough rows fit, or to fetch all that fit and sort them. Both read as many rows as there are customers. Asked apart, each
part stops after one page, and the merge sorts a page of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import F, Q, QuerySet

Start = tuple[Any, Any]
"""The sort value and id of the row behind which to begin."""


@dataclass(frozen=True, slots=True)
class Order:
    """By a field ('' for none), then by id, both down or both up. Where the field may be null, those rows stand last,
    or first (a list seen backwards)."""

    field: str
    id: str
    down: bool = False
    nullable: bool = False
    nulls_first: bool = False

    def of(self, rows: QuerySet) -> QuerySet:
        """The rows in this order."""
        by_id = F(self.id).desc() if self.down else F(self.id).asc()
        if not self.field:
            return rows.order_by(by_id)
        nulls: dict[str, Any] = {}
        if self.nullable:
            nulls = {"nulls_first": True} if self.nulls_first else {"nulls_last": True}
        field = F(self.field)
        return rows.order_by(field.desc(**nulls) if self.down else field.asc(**nulls), by_id)

    def behind(self, rows: QuerySet, start: Start | None) -> QuerySet:
        """Those of the rows that come after one of them."""
        if start is None:
            return rows
        value, id = start
        ahead = "lt" if self.down else "gt"
        same_id = Q(**{f"{self.id}__{ahead}": id})
        if not self.field:
            return rows.filter(same_id)
        empty = Q(**{f"{self.field}__isnull": True})
        if value is None:
            return rows.filter((empty & same_id) | (~empty if self.nulls_first else Q(pk__in=[])))
        wanted = Q(**{f"{self.field}__{ahead}": value}) | (Q(**{self.field: value}) & same_id)
        if self.nullable and not self.nulls_first:
            return rows.filter(wanted | empty)
        # The last says nothing new, but tells the database where in its index to begin.
        return rows.filter(wanted, **{f"{self.field}__{ahead}e": value})

    def split(self, rows: QuerySet, start: Start | None) -> list[QuerySet]:
        """The rows behind `start` as query sets that an index answers in order: those with a value, those without."""
        if not (self.field and self.nullable):
            return [self.of(self.behind(rows, start))]
        empty = Q(**{f"{self.field}__isnull": True})
        valued, bare = Order(self.field, self.id, self.down), Order("", self.id, self.down)
        begun = start is not None and start[0] is None
        found = []
        if not begun or self.nulls_first:
            found.append(valued.of(valued.behind(rows.filter(~empty), None if begun else start)))
        if start is None or begun or not self.nulls_first:
            found.append(bare.of(bare.behind(rows.filter(empty), start if begun else None)))
        return found


def first(parts: Sequence[QuerySet], order: Order, number: int, start: Start | None = None) -> list[Any]:
    """The ids of the first rows of all parts together behind `start`, each once, in one query. Parts of one model."""
    if not parts:
        return []
    connection = connections[parts[0].db]
    selects: list[str] = []
    params: list[Any] = []
    fields = [order.field, order.id] if order.field else [order.id]
    for part in parts:
        for rows in order.split(part, start):
            try:
                query = rows.values_list(*fields)[:number].query
                sql, given = query.get_compiler(connection=connection).as_sql()
            except EmptyResultSet:
                continue
            selects.append(f"SELECT * FROM ({sql}) AS part{len(selects)}")  # noqa: S608 (the SQL that Django made)
            params.extend(given)
    if not selects:
        return []
    way = "DESC" if order.down else "ASC"
    by = [f"{place} {way}" for place in range(1, len(fields) + 1)]
    if order.nullable:
        by[0] += " NULLS FIRST" if order.nulls_first else " NULLS LAST"
    sql = f"{' UNION '.join(selects)} ORDER BY {', '.join(by)} LIMIT {number}"
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [row[-1] for row in cursor.fetchall()]
