"""A database as it stood at one moment, read while others go on writing.

SQLite: one reading transaction in WAL mode. PostgreSQL: one of isolation REPEATABLE READ. Both on a connection of
their own, so that nothing of the caller's transaction is seen and nobody waits.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from . import values
from .shape import Migration, Table, tables_of

Row = list[Any]
AT_ONCE = 2000


class Snapshot(ABC):
    """Use as a context manager. `vendor`: sqlite or postgresql; `tables`: what is in it, by name."""

    vendor: str

    def __init__(self) -> None:
        self.migrations: list[Migration] = []
        self.tables: list[Table] = []

    def __enter__(self) -> Snapshot:
        try:
            standing = self.names()
            if "django_migrations" in standing:
                self.migrations = sorted(
                    (a, n) for a, n in self.select("SELECT app, name FROM django_migrations")
                )
            self.tables = [t for t in tables_of(self.migrations, standing) if t.name in standing]
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def empty(self) -> bool:
        """Whether nobody is here and nothing happened."""
        names = {t.name for t in self.tables}
        asked = [n for n in ("people_person", "journal_fact") if n in names]
        return not any(self.select(f"SELECT 1 FROM {n} LIMIT 1") for n in asked)  # noqa: S608 (our own names)

    def count(self, table: Table) -> int:
        return int(self.select(f"SELECT count(*) FROM {quoted(table.name)}")[0][0])  # noqa: S608 (quoted)

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows in the order of the key, their values in the form of a backup (values.py)."""
        converts = [
            (place, convert)
            for place, column in enumerate(table.columns)
            if (convert := self.convert(column)) is not None
        ]
        columns = ", ".join(self.expression(c) for c in table.columns)
        order = ", ".join(self.ordered(table.column(k)) for k in table.key)
        sql = f"SELECT {columns} FROM {quoted(table.name)} ORDER BY {order}"  # noqa: S608 (quoted)
        for found in self.stream(sql):
            row = list(found)
            for place, convert in converts:
                row[place] = convert(row[place])
            yield row

    def head(self) -> tuple[int, str]:
        """The journal's newest fact and its hash in hex; (0, '') where there is none."""
        if not any(t.name == "journal_head" for t in self.tables):
            return 0, ""
        found = self.select("SELECT seq, hash FROM journal_head WHERE id = 1")
        return (int(found[0][0]), bytes(found[0][1]).hex()) if found else (0, "")

    @abstractmethod
    def names(self) -> set[str]:
        """Every table there is."""

    @abstractmethod
    def select(self, sql: str) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    def stream(self, sql: str) -> Iterator[Sequence[Any]]: ...

    @abstractmethod
    def highest(self, table: Table) -> int:
        """The highest number the database gave in the numbered column, also to rows that are gone; 0 for none."""

    @abstractmethod
    def convert(self, column: values.Column) -> values.Convert | None: ...

    @abstractmethod
    def expression(self, column: values.Column) -> str: ...

    @abstractmethod
    def ordered(self, column: values.Column) -> str: ...

    @abstractmethod
    def close(self) -> None: ...


class SqliteSnapshot(Snapshot):
    vendor = "sqlite"

    def __init__(self, path: str) -> None:
        super().__init__()
        self.connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        try:
            self.connection.execute("PRAGMA query_only=ON")
            self.connection.execute("PRAGMA mmap_size=268435456")
            self.connection.execute("BEGIN")
            self.connection.execute(
                "SELECT count(*) FROM sqlite_master"
            ).fetchall()  # from here on it stands still
        except BaseException:
            self.connection.close()
            raise

    def names(self) -> set[str]:
        return {name for (name,) in self.select("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def stream(self, sql: str) -> Iterator[Sequence[Any]]:
        return iter(self.connection.execute(sql))

    def highest(self, table: Table) -> int:
        found = self.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table.name])
        row = found.fetchone()
        if row is None:  # a table without AUTOINCREMENT gives numbers of rows that are gone again
            row = self.select(f"SELECT max({quoted(table.numbered)}) FROM {quoted(table.name)}")[0]  # noqa: S608
        return int(row[0] or 0)

    def convert(self, column: values.Column) -> values.Convert | None:
        return values.from_sqlite(column)

    def expression(self, column: values.Column) -> str:
        return quoted(column.name)

    def ordered(self, column: values.Column) -> str:
        return quoted(column.name)

    def close(self) -> None:
        self.connection.close()


class PostgresSnapshot(Snapshot):
    vendor = "postgresql"

    def __init__(self, database: Mapping[str, Any]) -> None:
        import psycopg

        super().__init__()
        self.connection = connect_postgres(database)
        try:
            self.connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self.connection.read_only = True
            self.connection.execute("SET TIME ZONE 'UTC'")
        except BaseException:
            self.connection.close()
            raise

    def names(self) -> set[str]:
        sql = "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid)"
        return {name for (name,) in self.select(sql)}

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        return found

    def stream(self, sql: str) -> Iterator[Sequence[Any]]:
        with self.connection.cursor(name="guanxi_rows") as cursor:
            cursor.execute(sql)
            while rows := cursor.fetchmany(AT_ONCE):
                yield from rows

    def highest(self, table: Table) -> int:
        sequence = self.select(f"SELECT pg_get_serial_sequence('{quoted(table.name)}', '{table.numbered}')")[
            0
        ][0]
        if sequence is None:
            return int(
                self.select(f"SELECT max({quoted(table.numbered)}) FROM {quoted(table.name)}")[0][0] or 0  # noqa: S608
            )
        number, called = self.select(f"SELECT last_value, is_called FROM {sequence}")[0]  # noqa: S608
        return int(number) if called else 0

    def convert(self, column: values.Column) -> values.Convert | None:
        return values.from_postgres(column)

    def expression(self, column: values.Column) -> str:
        return f"{quoted(column.name)}::text" if column.kind == "json" else quoted(column.name)

    def ordered(self, column: values.Column) -> str:
        """By bytes, as SQLite does, and not as the database's language would."""
        return f'{quoted(column.name)} COLLATE "C"' if column.kind == "text" else quoted(column.name)

    def close(self) -> None:
        self.connection.close()


def connect_postgres(database: Mapping[str, Any], **more: Any) -> Any:
    """A psycopg connection from Django's settings of a database."""
    import psycopg

    known = {
        "dbname": database["NAME"],
        "user": database.get("USER"),
        "password": database.get("PASSWORD"),
        "host": database.get("HOST"),
        "port": database.get("PORT"),
    }
    options = {
        k: v for k, v in database.get("OPTIONS", {}).items() if k != "server_side_binding"
    }  # Django's own
    return psycopg.connect(**{k: v for k, v in known.items() if v}, **options, **more)


def snapshot(database: Mapping[str, Any]) -> Snapshot:
    """The database of Django's settings `database` as it stands now."""
    if database["ENGINE"].endswith("postgresql"):
        return PostgresSnapshot(database)
    return SqliteSnapshot(str(database["NAME"]))


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def line_of(row: Row) -> bytes:
    """A row as a backup holds it, and as it is hashed."""
    return _encode(row).encode() + b"\n"


def fingerprint(shot: Snapshot, table: Table) -> tuple[int, str]:
    """How many rows there are and the hash over them: equal on both databases where the rows are."""
    count, state = 0, hashlib.sha256()
    for row in shot.rows(table):
        count += 1
        state.update(line_of(row))
    return count, state.hexdigest()


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
