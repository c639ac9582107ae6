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
from django.db.models import (
    BinaryField,
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKey,
    IntegerField,
    Model,
    QuerySet,
)
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=Model)
MARKS: tuple[int, ...] = tuple(7_700_000_000_000_000_001 + n for n in range(8))
"""Stand for whole numbers in the query that is compiled."""
WORDS: tuple[str, ...] = tuple(f"\ue000{n}" for n in range(8))
"""Stand for texts."""
LARGEST = 2**63 - 1
"""No database holds a larger whole number."""


class Prepared(Generic[Row]):
    """A query whose SQL is built once per thread.

    `make` returns the query set; where it compares with MARKS[n] or WORDS[n], the call's value at place n is put in.
    """

    def __init__(self, make: Callable[[], QuerySet[Row]]) -> None:
        self._make = make
        self._local = threading.local()

    def __call__(self, *values: int | str) -> list[Row]:
        """The rows, related ones included where the query set says so."""
        made = self._local.__dict__.get(connection.vendor)
        if made is None:
            made = self._local.__dict__[connection.vendor] = _Compiled(self._make())
        found: list[Row] = made.run(values)
        return found

    def one(self, *values: int | str) -> Row | None:
        """The first row, or None."""
        found = self(*values)
        return found[0] if found else None


class _Compiled:
    def __init__(self, rows: QuerySet[Any]) -> None:
        self.compiler = rows.query.get_compiler(connection=connection)
        self.sql, self.params = self.compiler.as_sql()
        marks: dict[Any, int] = {mark: number for one in (MARKS, WORDS) for number, mark in enumerate(one)}
        self.places = [
            (place, marks[p])
            for place, p in enumerate(self.params)
            if isinstance(p, int | str) and p in marks
        ]
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

    def run(self, values: Sequence[int | str]) -> list[Any]:
        if any(isinstance(v, int) and abs(v) > LARGEST for v in values):
            return []  # as Django answers: no row has such a number, and SQLite would not even be asked
        params = list(self.params)
        for place, number in self.places:
            params[place] = values[number]
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
def _insert(model: type[Model], over: tuple[str, ...], vendor: str) -> tuple[str, list[tuple[str, Any]]]:
    fields = [f for f in model._meta.concrete_fields if not (f.primary_key and f.db_returning)]
    quote = connection.ops.quote_name
    columns = [quote(str(f.column)) for f in fields]
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608 (our own names)
    if over:
        new = ", ".join(
            f"{c} = excluded.{c}" for c, f in zip(columns, fields, strict=True) if f.attname not in over
        )
        sql += f" ON CONFLICT ({', '.join(quote(name) for name in over)}) DO UPDATE SET {new}"
    return sql, [(f.attname, _writer(f)) for f in fields]


def _writer(field: Any) -> Any:
    """How a field's value is made ready for the database; None where it is so already."""
    if isinstance(field, _PLAIN):
        return None
    if isinstance(field, DateTimeField):
        return moment
    if isinstance(field, BinaryField):
        return bytes
    return lambda value: field.get_db_prep_save(value, connection)


_PLAIN = (IntegerField, CharField, BooleanField, ForeignKey)
"""Fields whose values the database takes as they are; a row's own code has given them the right type."""


def insert(rows: Sequence[Model], *, over: tuple[str, ...] = ()) -> None:
    """Insert rows of one model. over: columns of a unique key; where it is there already, the row is written over.

    Unlike bulk_create it tells no ids that the database gives, and trusts numbers and texts to be such.
    """
    if not rows:
        return
    sql, fields = _insert(type(rows[0]), over, connection.vendor)
    values = [
        [
            value if (value := getattr(row, name)) is None or write is None else write(value)
            for name, write in fields
        ]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def delete(model: type[Model], column: str, values: Sequence[int | str]) -> None:
    """Delete the rows whose column holds one of the values; nothing follows them."""
    quote, table = connection.ops.quote_name, model._meta.db_table
    with connection.cursor() as cursor:
        for start in range(0, len(values), 500):
            part = list(values[start : start + 500])
            marks = ", ".join(["%s"] * len(part))
            cursor.execute(f"DELETE FROM {quote(table)} WHERE {quote(column)} IN ({marks})", part)  # noqa: S608 (our own names)
