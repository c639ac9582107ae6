"""Queries compiled once and run often. Django builds the SQL of a query anew each time it is run, which for a look-up
by key costs ten times what the database takes to answer it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=Model)
MARKS: tuple[int, ...] = tuple(7_700_000_000_000_000_001 + n for n in range(8))
"""Stand for whole numbers in the query that is compiled."""


class Prepared(Generic[Row]):
    """A query whose SQL is built once per thread.

    `make` returns the query set; where it compares with MARKS[0], MARKS[1] … the values of the call are put in.
    """

    def __init__(self, make: Callable[[], QuerySet[Row]]) -> None:
        self._make = make
        self._local = threading.local()

    def __call__(self, *values: int) -> list[Row]:
        """The rows, related ones included where the query set says so."""
        made = self._local.__dict__.get(connection.vendor)
        if made is None:
            made = self._local.__dict__[connection.vendor] = _Compiled(self._make())
        found: list[Row] = made.run(values)
        return found

    def one(self, *values: int) -> Row | None:
        """The first row, or None."""
        found = self(*values)
        return found[0] if found else None


class _Compiled:
    def __init__(self, rows: QuerySet[Any]) -> None:
        self.compiler = rows.query.get_compiler(connection=connection)
        self.sql, self.params = self.compiler.as_sql()
        found = self.compiler.klass_info
        if found is None:
            raise TypeError("only queries for whole rows can be prepared")
        select = self.compiler.select
        self.converters = self.compiler.get_converters([one[0] for one in select])
        self.model = found["model"]
        places = found["select_fields"]
        self.first, self.last = places[0], places[-1] + 1
        self.names = [select[place][0].target.attname for place in range(self.first, self.last)]
        populators: Any = get_related_populators  # (its stubs are of a later Django)
        self.related = populators(found, select, connection.alias)

    def run(self, values: Sequence[int]) -> list[Any]:
        known = dict(zip(MARKS, values, strict=False))
        params = [known.get(p, p) if isinstance(p, int) else p for p in self.params]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, params)
            rows = cursor.fetchall()
        if rows and self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        made = []
        for row in rows:
            one = self.model.from_db(connection.alias, self.names, row[self.first : self.last])
            for populator in self.related:
                populator.populate(row, one)
            made.append(one)
        return made


def select(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query in SQL that both databases read; times are given as datetime."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [moment(v) if isinstance(v, datetime) else v for v in values])
        return cursor.fetchall()


def moment(value: datetime) -> Any:
    """A time as the database takes it."""
    return connection.ops.adapt_datetimefield_value(value)


@lru_cache
def _insert(model: type[Model], vendor: str) -> tuple[str, tuple[Any, ...]]:
    fields = tuple(f for f in model._meta.concrete_fields if not (f.primary_key and f.db_returning))
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(f.column)) for f in fields)
    marks = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})", fields  # noqa: S608 (our own names)


def insert(rows: Sequence[Model]) -> None:
    """Insert rows of one model; unlike bulk_create it tells no ids that the database gives, and heeds no conflict."""
    if not rows:
        return
    sql, fields = _insert(type(rows[0]), connection.vendor)
    values = [[f.get_db_prep_save(getattr(row, f.attname), connection) for f in fields] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
