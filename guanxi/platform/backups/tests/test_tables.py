"""Given every table there is, then it is in a backup or named with a reason; and values mean the same on both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from hypothesis import given
from hypothesis import strategies as st

from guanxi.platform.backups import values
from guanxi.platform.backups.reading import line_of
from guanxi.platform.backups.shape import LEFT_OUT, SEARCH, Unknown, newest, tables_of
from guanxi.platform.backups.values import Column

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.django_db
def test_every_table_is_in_a_backup_or_left_out_for_a_reason() -> None:
    standing = set(connection.introspection.table_names())
    kept = {t.name for t in tables_of(newest(), standing)}
    made_anew = {name for name in standing if name.startswith(f"{SEARCH}_words")}
    assert standing - kept - made_anew == set(LEFT_OUT)
    assert kept <= standing


@pytest.mark.django_db
def test_the_columns_are_those_of_the_models() -> None:
    from django.apps import apps

    known = {t.name: t for t in tables_of(newest(), ())}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table not in LEFT_OUT:
            told = {values.column_of(f) for f in model._meta.concrete_fields}
            assert set(known[model._meta.db_table].columns) == told, model._meta.label


def test_a_migration_of_a_newer_program_is_not_known() -> None:
    with pytest.raises(Unknown):
        tables_of([*newest(), ("customers", "9999_from_tomorrow")], ())


def test_a_kind_of_field_that_backups_do_not_know_is_named() -> None:
    class Strange(models.Field):  # type: ignore[type-arg]
        pass

    field = Strange()
    field.remote_field = None
    with pytest.raises(TypeError, match="Strange"):
        values.column_of(field)


def through(column: Column, value: Any, out: Any, back: Any) -> Any:
    """A backup's value into a database and out again; both sides may have nothing to do."""
    stored = out(column)(value) if out(column) else value
    return back(column)(stored) if back(column) else stored


@given(JSON)
def test_json_is_the_same_on_both(value: Any) -> None:
    column = Column("c", "json")
    first = values.from_sqlite(column)(json.dumps(value))  # type: ignore[misc]
    assert line_of([through(column, first, values.to_sqlite, values.from_sqlite)]) == line_of([first])
    sent = json.loads(values.to_postgres(column)(first))  # type: ignore[misc]
    assert line_of([values.from_postgres(column)(_decimals(sent))]) == line_of([first])  # type: ignore[misc]


def _decimals(value: Any) -> str:
    """JSON as PostgreSQL prints it: numbers as decimals without an exponent."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {_decimals(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_decimals, value)) + "]"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return json.dumps(value)


@given(st.integers(0, 6_000_000_000_000_000))
def test_a_moment_is_the_same_on_both(microseconds: int) -> None:
    naive = datetime.fromtimestamp(0, UTC).replace(tzinfo=None) + timedelta(microseconds=microseconds)
    column = Column("c", "moment")
    in_sqlite = str(naive)
    kept = values.from_sqlite(column)(in_sqlite)  # type: ignore[misc]
    assert values.to_sqlite(column)(kept) == in_sqlite  # type: ignore[misc]
    assert values.from_postgres(column)(naive.replace(tzinfo=UTC)) == kept  # type: ignore[misc]
    assert datetime.fromisoformat(values.to_postgres(column)(kept)) == naive.replace(tzinfo=UTC)  # type: ignore[misc]


@given(st.integers(-99_999_999, 99_999_999))
def test_a_decimal_is_the_same_on_both(hundredths: int) -> None:
    column = Column("c", "decimal", 2)
    amount = Decimal(hundredths).scaleb(-2)
    for stored in (float(amount), int(amount) if amount == int(amount) else float(amount)):
        assert values.from_sqlite(column)(stored) == str(amount) == values.from_postgres(column)(amount)  # type: ignore[misc]


@given(st.binary())
def test_bytes_are_the_same_on_both(data: bytes) -> None:
    column = Column("c", "bytes")
    kept = values.from_sqlite(column)(memoryview(data))  # type: ignore[misc]
    assert values.from_postgres(column)(data) == kept  # type: ignore[misc]
    assert values.to_sqlite(column)(kept) == values.to_postgres(column)(kept) == data  # type: ignore[misc]


@pytest.mark.parametrize(
    "kind", ["int", "text", "bool", "moment", "day", "decimal", "json", "bytes", "float"]
)
def test_nothing_stays_nothing(kind: str) -> None:
    column = Column("c", kind, 2)
    for convert in (values.from_sqlite, values.from_postgres, values.to_sqlite, values.to_postgres):
        found = convert(column)
        assert found is None or found(None) is None
