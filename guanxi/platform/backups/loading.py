"""Rows into a database that was just made and that nobody uses yet.

Indexes and foreign keys stand aside while rows come in and are made again at the end, which checks every reference;
the journal's guards stand all the time, for they refuse no insert.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from guanxi.platform.search.index import TABLE as SEARCH
from guanxi.platform.search.scopes import fill_sql
from guanxi.platform.tables import at_once

from . import values
from .reading import Row, connect_postgres, quoted
from .shape import Migration, Table, newest

AT_ONCE = 2000


class DoesNotFit(Exception):
    """A row that the new database does not take: of which table, the row's key, and what the database said."""

    def __init__(self, table: str, key: str, said: str) -> None:
        self.table, self.key, self.said = table, key, said
        super().__init__(f"{table} {key}: {said}".replace("  ", " "))


def make_tables(migrations: Collection[Migration]) -> None:
    """Bring Django's own (empty) database to exactly these migrations."""
    if sorted(migrations) == newest() and at_once.is_empty(connection):
        at_once.build(connection)
        return
    executor = MigrationExecutor(connection)
    children = {
        parent
        for node in migrations
        for parent in executor.loader.graph.node_map[node].parents
        if parent[0] == node[0]
    }
    executor.migrate([node for node in sorted(migrations) if node not in {tuple(c) for c in children}])


class Loader(ABC):
    """Use as a context manager around every `load`; leaving it makes indexes and foreign keys again."""

    def __enter__(self) -> Loader:
        self.step_aside()
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        try:
            if kind is None:
                self.step_back()
        finally:
            self.close()

    def load(self, table: Table, rows: Iterable[Row]) -> int:
        """Put the rows in; says how many. Raises DoesNotFit."""
        converts = [
            (place, convert)
            for place, column in enumerate(table.columns)
            if (convert := self.convert(column)) is not None
        ]

        def converted() -> Iterator[Row]:
            for row in rows:
                for place, convert in converts:
                    row[place] = convert(row[place])
                yield row

        return self.insert(table, converted())

    @abstractmethod
    def step_aside(self) -> None: ...

    @abstractmethod
    def step_back(self) -> None: ...

    @abstractmethod
    def convert(self, column: values.Column) -> values.Convert | None: ...

    @abstractmethod
    def insert(self, table: Table, rows: Iterator[Row]) -> int: ...

    @abstractmethod
    def empty(self, table: Table) -> None:
        """Take out what migrating put in."""

    @abstractmethod
    def go_on_after(self, table: Table, highest: int) -> None:
        """The next number the database gives is above this one."""

    @abstractmethod
    def close(self) -> None: ...


class SqliteLoader(Loader):
    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        # The file is thrown away if anything happens before it is whole.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
            self.connection.execute(f"PRAGMA {pragma}")
        self.indexes: list[str] = []

    def step_aside(self) -> None:
        found = self.connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        self.indexes = [sql for _, sql in found]
        for name, _ in found:
            self.connection.execute(f"DROP INDEX {quoted(name)}")
        self.connection.execute("BEGIN")

    def step_back(self) -> None:
        self.connection.execute("COMMIT")
        for sql in self.indexes:
            self.connection.execute(sql)
        standing = self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [f"{SEARCH}_words"])
        if standing.fetchone():
            self.connection.execute(f"INSERT INTO {SEARCH}_words ({SEARCH}_words) VALUES ('rebuild')")  # noqa: S608
            tables = [
                name
                for (name,) in self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            for sql in fill_sql("sqlite", tables):
                self.connection.execute(sql)
        for table, rowid, parent, _ in self.connection.execute("PRAGMA foreign_key_check"):
            raise DoesNotFit(table, str(rowid), f"points to a row of {parent} that is not there")

    def convert(self, column: values.Column) -> values.Convert | None:
        return values.to_sqlite(column)

    def empty(self, table: Table) -> None:
        self.connection.execute(f"DELETE FROM {quoted(table.name)}")  # noqa: S608 (quoted)

    def insert(self, table: Table, rows: Iterator[Row]) -> int:
        columns = ", ".join(quoted(c.name) for c in table.columns)
        marks = ", ".join("?" * len(table.columns))
        sql = f"INSERT INTO {quoted(table.name)} ({columns}) VALUES ({marks})"  # noqa: S608 (quoted)
        done = 0
        while part := list(islice(rows, AT_ONCE)):
            try:
                self.connection.executemany(sql, part)
            except sqlite3.IntegrityError as error:
                raise DoesNotFit(table.name, "", str(error)) from None
            done += len(part)
        return done

    def go_on_after(self, table: Table, highest: int) -> None:
        if not highest:
            return
        known = self.connection.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", [highest, table.name]
        )
        if known.rowcount == 0:
            self.connection.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT ?, ? "
                "FROM sqlite_master WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'",
                [table.name, highest, table.name],
            )

    def close(self) -> None:
        self.connection.close()


class PostgresLoader(Loader):
    """Works in the first schema of the connection's search path, and nowhere else."""

    def __init__(self, database: Mapping[str, Any]) -> None:
        self.connection = connect_postgres(database, autocommit=True)
        self.schema = self.connection.execute("SELECT current_schema()").fetchone()[0]
        self.again: list[str] = []

    def step_aside(self) -> None:
        keys = self.connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'f' AND connamespace = %s::regnamespace ORDER BY 1, 2",
            [self.schema],
        ).fetchall()
        indexes = self.connection.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = %s::regnamespace "
            "AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid) ORDER BY 1",
            [self.schema],
        ).fetchall()
        for table, name, _ in keys:
            self.connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {quoted(name)}")
        for name, _ in indexes:
            self.connection.execute(f"DROP INDEX {name}")
        self.again = [definition for _, definition in indexes]
        self.again += [
            f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name)} {definition}"
            for table, name, definition in keys
        ]

    def step_back(self) -> None:
        import psycopg

        found = self.connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", [self.schema]
        ).fetchall()
        if SEARCH in (tables := [name for (name,) in found]):
            for sql in fill_sql("postgresql", tables):
                self.connection.execute(sql)
        for sql in self.again:
            try:
                self.connection.execute(sql)
            except psycopg.IntegrityError as error:
                said = " ".join(str(error).split())
                raise DoesNotFit(error.diag.table_name or "", "", said) from None
        self.connection.execute("ANALYZE")

    def convert(self, column: values.Column) -> values.Convert | None:
        return values.to_postgres(column)

    def empty(self, table: Table) -> None:
        self.connection.execute(f"DELETE FROM {quoted(table.name)}")  # noqa: S608 (quoted)

    def insert(self, table: Table, rows: Iterator[Row]) -> int:
        import psycopg

        columns = ", ".join(quoted(c.name) for c in table.columns)
        done, row = 0, None
        with self.connection.cursor() as cursor:
            try:
                with cursor.copy(f"COPY {quoted(table.name)} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                        done += 1
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                at = _key(table, row) if isinstance(error, psycopg.DataError) and row else ""
                raise DoesNotFit(table.name, at, " ".join(str(error).split())) from None
        return done

    def go_on_after(self, table: Table, highest: int) -> None:
        sequence = self.connection.execute(
            "SELECT pg_get_serial_sequence(%s, %s)", [quoted(table.name), table.numbered]
        ).fetchone()[0]
        if sequence and highest:
            self.connection.execute("SELECT setval(%s, %s)", [sequence, highest])

    def close(self) -> None:
        self.connection.close()


def _key(table: Table, row: Row) -> str:
    names = [c.name for c in table.columns]
    return " ".join(str(row[names.index(k)]) for k in table.key)


def loader(database: Mapping[str, Any]) -> Loader:
    """For the database of Django's settings `database`."""
    if database["ENGINE"].endswith("postgresql"):
        return PostgresLoader(database)
    return SqliteLoader(str(database["NAME"]))
