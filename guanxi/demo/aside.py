"""Indexes set aside while a great deal is written, and made again afterwards: sorted at once they cost a fraction of what
millions of single entries in all their places do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Model

_THERE = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL"
    " AND sql NOT LIKE 'CREATE UNIQUE%%' ORDER BY name",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s"
    " AND indexdef NOT LIKE 'CREATE UNIQUE%%' ORDER BY indexname",
}
"""The indexes of a table and how they are made; those that keep something unique stay."""


@contextmanager
def aside(tables: dict[type[Model], tuple[str, ...]]) -> Iterator[None]:
    """Without the indexes of these tables, but for those named. Inside somebody else's transaction nothing happens:
    PostgreSQL refuses it while it has checks to make at the end."""
    if connection.in_atomic_block:
        yield
        return
    again: list[str] = []
    with connection.cursor() as cursor:
        for model, stay in tables.items():
            cursor.execute(_THERE[connection.vendor], [model._meta.db_table])
            for name, made in cursor.fetchall():
                if name not in stay:
                    cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
                    again.append(made)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA threads = 2")  # more hands to sort with
            for made in again:
                cursor.execute(made)
        connection.close()  # what was planned without them is planned anew


def weigh() -> None:
    """Tell PostgreSQL how large its tables have become, and that all who look see these rows: until it knows, it reads the
    whole of a table that was small when it planned, and looks at rows of which an index says everything. SQLite needs neither."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
