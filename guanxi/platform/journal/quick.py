"""Queries compiled once and run often. Django builds the SQL of a query anew each time it is run, which for a look-up
by key costs ten times what the database takes to answer it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import (
    BinaryField,
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
)
from django.db.models.base import ModelState

from guanxi.platform.kernel.actions import LARGEST

Row = TypeVar("Row", bound=Model)
Statement = tuple[str, Sequence[Sequence[Any]]]
"""SQL and the values of each time it is run, as the database takes them."""
MARKS: tuple[int, ...] = tuple(7_700_000_000_000_000_001 + n for n in range(8))
"""Stand for whole numbers in the query that is compiled."""
WORDS: tuple[str, ...] = tuple(f"\ue000{n}" for n in range(8))
"""Stand for texts."""


class Prepared(Generic[Row]):
    """A query whose SQL is built once per thread.

    `make` returns the query set; where it compares with MARKS[n] or WORDS[n], the call's value at place n is put in.
    """

    def __init__(self, make: Callable[[], QuerySet[Row]]) -> None:
        self._make = make
        self._local = threading.local()

    def __call__(self, *values: int | str) -> list[Row]:
        """The rows, related ones included where the query set says so."""
        vendor, known = _here().vendor, self._local.__dict__
        made = known.get(vendor)
        if made is None:
            made = known[vendor] = _Compiled(self._make())
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
        converters = self.compiler.get_converters([one[0] for one in select])
        self.readers = [(place, _reader(*one)) for place, one in converters.items()]
        self.part = _Part(found, select)

    def run(self, values: Sequence[int | str]) -> list[Any]:
        if any(isinstance(v, int) and abs(v) > LARGEST for v in values):
            return []  # as Django answers: no row has such a number, and SQLite would not even be asked
        params = list(self.params)
        for place, number in self.places:
            params[place] = values[number]
        rows = _ran(self.sql, params).fetchall()
        make, alias = self.part.make, self.compiler.connection.alias
        return [make(self._read(row), alias) for row in rows]

    def _read(self, row: Sequence[Any]) -> Sequence[Any]:
        """The values as Django gives them."""
        values = list(row)
        for place, read in self.readers:
            if values[place] is not None:
                values[place] = read(values[place])
        return values


def _reader(converters: Sequence[Any], expression: Any) -> Callable[[Any], Any]:
    """A column's converters as one function; the times of SQLite by the short way."""
    here = _here()
    if here.vendor == "sqlite" and list(converters) == [here.ops.convert_datetimefield_value]:
        return _in_utc

    def read(value: Any) -> Any:
        for convert in converters:
            value = convert(value, expression, here)
        return value

    return read


def _in_utc(value: datetime | str) -> datetime:
    """A time from how Django keeps it in SQLite: in UTC, without saying so (text where the column is computed)."""
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).replace(tzinfo=UTC)


class _Part:
    """The columns of one model in a row, and the related models that come along, as `select_related` says."""

    def __init__(self, info: dict[str, Any], select: Sequence[Any]) -> None:
        self.model = info["model"]
        places = info["select_fields"]
        self.first, self.last = places[0], places[-1] + 1
        self.names = [select[place][0].target.attname for place in range(self.first, self.last)]
        self.key = self.first + self.names.index(self.model._meta.pk.attname)
        self.related = [
            (_Part(one, select), one["local_setter"], one["remote_setter"])
            for one in info.get("related_klass_infos", ())
        ]

    def make(self, row: Sequence[Any], alias: str) -> Any:
        """The row of this model; None where an outer join found none. Made without `__init__`, which sets defaults and
        sends signals: what comes from the database is whole, and nobody listens."""
        if row[self.key] is None:
            return None
        one = self.model.__new__(self.model)
        state = one.__dict__["_state"] = ModelState()
        state.adding, state.db = False, alias
        one.__dict__.update(zip(self.names, row[self.first : self.last], strict=True))
        for part, local_setter, remote_setter in self.related:
            other = part.make(row, alias)
            local_setter(one, other)
            if other is not None:
                remote_setter(other, one)
        return one


def select(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query in SQL that both databases read; times are given as datetime."""
    params = [moment(v) if isinstance(v, datetime) else v for v in values]
    found: list[tuple[Any, ...]] = _ran(sql, params).fetchall()
    return found


def _here() -> Any:
    """This thread's connection; `django.db.connection` finds it anew for each of its attributes."""
    return connections[DEFAULT_DB_ALIAS]


def _ran(sql: str, params: Sequence[Any], *, many: bool = False) -> Any:
    """A cursor that has run the statement. On SQLite without the layers that Django puts around a cursor, which cost more
    than most answers do; where somebody counts or watches the queries they are there."""
    here = _here()
    if here.vendor == "sqlite" and not (here.execute_wrappers or here.queries_logged):
        here.ensure_connection()
        here.validate_no_broken_transaction()
        with here.wrap_database_errors:
            run = here.connection.executemany if many else here.connection.execute
            return run(_marked(sql), params)
    cursor = here.cursor()
    (cursor.executemany if many else cursor.execute)(sql, params)
    return cursor


@lru_cache(maxsize=2000)
def _marked(sql: str) -> str:
    """SQLite's own marks for values."""
    return sql.replace("%s", "?")


def moment(value: datetime) -> Any:
    """A time as the database takes it."""
    return _as_text(value) if connection.vendor == "sqlite" else value


def _as_text(value: datetime) -> str:
    """A time as Django keeps it in SQLite: in UTC, without saying so."""
    return _utc_text(value) if value.tzinfo is UTC else _utc_text(value.astimezone(UTC))


@lru_cache(256)
def _utc_text(value: datetime) -> str:
    """Many rows of a transaction hold the same time. See `chain.stamp` for why in UTC only."""
    return value.isoformat(" ")[:-6]


@lru_cache
def _insert(
    model: type[Model], over: tuple[str, ...], vendor: str, numbered: bool = False
) -> tuple[str, list[tuple[str, Any]]]:
    fields = list(model._meta.concrete_fields) if numbered else _given(model)
    quote = connection.ops.quote_name
    columns = [quote(str(f.column)) for f in fields]
    sql = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(fields))})"  # noqa: S608 (our own names)
    if over:
        new = ", ".join(
            f"{c} = excluded.{c}" for c, f in zip(columns, fields, strict=True) if f.attname not in over
        )
        sql += f" ON CONFLICT ({', '.join(quote(name) for name in over)}) DO UPDATE SET {new}"
    return sql, [(f.attname, _writer(f, vendor)) for f in fields]


def _given(model: type[Model]) -> list[Any]:
    """The columns of a new row that the database does not give itself."""
    return [f for f in model._meta.concrete_fields if not (f.primary_key and f.db_returning)]


def _writer(field: Any, vendor: str) -> Any:
    """How a field's value is made ready for the database; None where it is so already."""
    if isinstance(field, _PLAIN):
        return None
    if isinstance(field, DateTimeField):
        return _as_text if vendor == "sqlite" else None
    if isinstance(field, BinaryField):
        return bytes
    if isinstance(field, JSONField) and vendor == "sqlite" and field.encoder is None:
        return _as_json
    return lambda value: field.get_db_prep_save(value, connection)


_slowly_as_json = json.JSONEncoder(check_circular=False).encode
_PASSED_ON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def _as_json(value: Any) -> str:
    """The same value as Django writes, ten times as quickly, without blanks and with every sign as it is."""
    try:
        return orjson.dumps(value, option=_PASSED_ON).decode()
    except TypeError:  # keys that are no texts, a number beyond 64 bits, half a character: as Django does
        return _slowly_as_json(value)


_PLAIN = (IntegerField, CharField, TextField, BooleanField, ForeignKey)
"""Fields whose values the database takes as they are; a row's own code has given them the right type."""


def insert(rows: Sequence[Model], *, over: tuple[str, ...] = (), numbered: bool = False) -> None:
    """Insert rows of one model. over: columns of a unique key; where it is there already, the row is written over.
    numbered: the rows have ids already, from `numbers`.

    Unlike bulk_create it tells no ids that the database gives, and trusts numbers and texts to be such.
    """
    if not rows:
        return
    sql, fields = _insert(type(rows[0]), over, connection.vendor, numbered)
    _fill(sql, [_written(row, fields) for row in rows])


def numbers(model: type[Model], count: int) -> list[int]:
    """The ids of as many rows that are about to be inserted together, never given before. Whoever calls is the only
    writer (`Journal.writing`) and inserts all of them."""
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        key = str(model._meta.pk.column)
        sql = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
        return [int(row[0]) for row in select(sql, table, key, count)]
    found = select("SELECT seq FROM sqlite_sequence WHERE name = %s", table)
    first = int(found[0][0]) + 1 if found else 1
    return list(range(first, first + count))


def fresh(model: type[Row], **values: Any) -> Row:
    """A new row of which every column is given, made without `__init__` and its defaults."""
    one = model.__new__(model)
    one.__dict__["_state"] = ModelState()
    one.__dict__.update(values)
    return one


def put(model: type[Model], rows: Sequence[Sequence[Any]], *, over: tuple[str, ...] = ()) -> None:
    """Insert plain values in the order of the model's columns (without an id that the database gives): `insert` for rows
    that nobody looks at as objects."""
    run(ready(model, rows, over=over))


def ready(
    model: type[Model], rows: Sequence[Sequence[Any]], *, over: tuple[str, ...] = ()
) -> Statement | None:
    """What `put` runs, for another process to run: plain values cross over ten times as fast as objects do."""
    if not rows:
        return None
    sql, fields = _insert(model, over, connection.vendor)
    writers = [(place, write) for place, (_, write) in enumerate(fields) if write is not None]
    values = []
    for row in rows:
        one = list(row)
        for place, write in writers:
            if one[place] is not None:
                one[place] = write(one[place])
        values.append(one)
    return sql, values


def run(statement: Statement | None) -> None:
    """Run what was made ready; nothing where there is nothing."""
    if statement is not None:
        _fill(*statement)


def _fill(sql: str, values: Sequence[Sequence[Any]]) -> None:
    if len(values) == 1:
        _ran(sql, values[0])
    else:
        _ran(sql, values, many=True)


def _written(row: Model, fields: Sequence[tuple[str, Any]]) -> list[Any]:
    return [
        value if (value := getattr(row, name)) is None or write is None else write(value)
        for name, write in fields
    ]


def add(row: Row) -> Row:
    """Insert one new row and give it the id that the database gave: `row.save()` without looking whether it was there."""
    here = _here()
    sql, fields = _insert(type(row), (), here.vendor)
    key = here.ops.quote_name(str(row._meta.pk.column))
    ((row.pk,),) = _ran(f"{sql} RETURNING {key}", _written(row, fields)).fetchall()
    row._state.adding, row._state.db = False, here.alias
    return row


def change(row: Model, *names: str) -> None:
    """Write these columns of a row (all, if none is named): `row.save(update_fields=names)` with its SQL built once.
    LookupError where the row is gone."""
    sql, fields = _update(type(row), names, connection.vendor)
    if _ran(sql, [*_written(row, fields), row.pk]).rowcount != 1:
        raise LookupError(f"{type(row).__name__} {row.pk} is gone")


def change_all(rows: Sequence[Model], *names: str) -> None:
    """`change` for many rows of one model in one statement."""
    if not rows:
        return
    sql, fields = _update(type(rows[0]), names, connection.vendor)
    _fill(sql, [[*_written(row, fields), row.pk] for row in rows])


@lru_cache
def _update(model: type[Model], names: tuple[str, ...], vendor: str) -> tuple[str, list[tuple[str, Any]]]:
    quote = connection.ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    if not fields:
        fields = [f for f in model._meta.concrete_fields if not f.primary_key]
    new = ", ".join(f"{quote(str(f.column))} = %s" for f in fields)
    key = quote(str(model._meta.pk.column))
    sql = f"UPDATE {quote(model._meta.db_table)} SET {new} WHERE {key} = %s"  # noqa: S608 (our own names)
    return sql, [(f.attname, _writer(f, vendor)) for f in fields]


def delete(model: type[Model], column: str, values: Sequence[int | str]) -> None:
    """Delete the rows whose column holds one of the values; nothing follows them."""
    quote, table = connection.ops.quote_name, model._meta.db_table
    for start in range(0, len(values), 500):
        part = list(values[start : start + 500])
        marks = ", ".join(["%s"] * len(part))
        _ran(f"DELETE FROM {quote(table)} WHERE {quote(column)} IN ({marks})", part)  # noqa: S608 (our own names)
