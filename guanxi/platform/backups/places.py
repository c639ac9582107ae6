"""Where a database lives, how a new one is built beside it, and how it takes the old one's place in one step.

SQLite: a file next to it, renamed. PostgreSQL: a schema next to it, whose tables move over in one transaction. What was
there before is kept beside it until somebody deletes it.
"""

from __future__ import annotations

import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from guanxi.platform.journal.guards import grants
from guanxi.platform.kernel import Text

from .reading import connect_postgres, quoted, snapshot
from .shape import LEFT_OUT
from .taking import Failed

BUILDING = "guanxi_building"
BEFORE = "guanxi_before"
LOCK_SECONDS = 10
SEEN_SECONDS = 90


class Place(ABC):
    """A database that is to be filled. `database`: Django's settings of it."""

    def __init__(self, database: Mapping[str, Any]) -> None:
        self.database = database

    @abstractmethod
    def empty(self) -> bool:
        """Whether there is no company in it."""

    @abstractmethod
    def in_use(self) -> str:
        """Who seems to use it at this moment; '' for nobody."""

    @abstractmethod
    def clear(self) -> bool:
        """Take away a half-built one; whether there was any."""

    @abstractmethod
    def building_url(self) -> str:
        """DATABASE_URL of the one to build; made ready to be connected to."""

    @abstractmethod
    def steps(self, stamp: str) -> list[dict[str, str]]:
        """What has to be done to put the new one in place; see swapping.py."""

    @abstractmethod
    def shown(self) -> str:
        """The place in words, without a password."""


class SqlitePlace(Place):
    @property
    def path(self) -> Path:
        return Path(self.database["NAME"])

    @property
    def building(self) -> Path:
        return self.path.with_name(f"{self.path.name}.building")

    def empty(self) -> bool:
        if not self.path.exists() or self.path.stat().st_size == 0:
            return True
        try:
            with snapshot(self.database) as shot:
                return shot.empty
        except sqlite3.DatabaseError as error:
            raise Failed(
                Text(
                    f"{self.path} 不是可读的数据库：{error}", f"{self.path} is no readable database: {error}"
                )
            ) from None

    def in_use(self) -> str:
        """Nobody where the file can be had alone."""
        if not self.path.exists():
            return ""
        connection = sqlite3.connect(self.path, timeout=1, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            return f"{self.path} ({error})"
        except sqlite3.DatabaseError:
            return ""  # damaged: whoever restores wants just that
        finally:
            connection.close()
        return ""

    def clear(self) -> bool:
        found = False
        for ending in ("", "-wal", "-shm", "-journal"):
            path = Path(f"{self.building}{ending}")
            found = found or (path.exists() and path.stat().st_size > 0)
            path.unlink(missing_ok=True)
        return found

    def building_url(self) -> str:
        self.building.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.building, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.close(handle)
        return f"sqlite:///{quote(str(self.building))}"

    def steps(self, stamp: str) -> list[dict[str, str]]:
        before = f"{self.path}.before-{stamp}"
        return [{"do": "database", "new": str(self.building), "place": str(self.path), "before": before}]

    def shown(self) -> str:
        return str(self.path)


class PostgresPlace(Place):
    def _connect(self) -> Any:
        import psycopg

        try:
            return connect_postgres(self.database, autocommit=True)
        except psycopg.OperationalError as error:
            said = " ".join(str(error).split())
            raise Failed(
                Text(f"连不上 {self.shown()}：{said}", f"{self.shown()} does not answer: {said}")
            ) from None

    def empty(self) -> bool:
        self._connect().close()
        with snapshot(self.database) as shot:
            return shot.empty

    def in_use(self) -> str:
        with self._connect() as connection:
            there = connection.execute("SELECT to_regclass('jobs_heartbeat')").fetchone()[0]
            if there is None:
                return ""
            seen = connection.execute(
                f"SELECT worker FROM jobs_heartbeat WHERE seen_at > now() - interval '{SEEN_SECONDS} seconds'"  # noqa: S608
            ).fetchone()
        return str(seen[0]) if seen else ""

    def clear(self) -> bool:
        with self._connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [BUILDING]).fetchone()
            if found:
                connection.execute(f"DROP SCHEMA {BUILDING} CASCADE")
        return bool(found)

    def building_url(self) -> str:
        import psycopg

        with self._connect() as connection:
            try:
                connection.execute(f"CREATE SCHEMA {BUILDING}")
            except psycopg.errors.InsufficientPrivilege:
                raise Failed(
                    Text(
                        "这个数据库角色不能建立模式，请用数据库所有者的账号运行",
                        "this role may not make a schema there: run it as the database's owner",
                    )
                ) from None
        return postgres_url(self.database, search_path=BUILDING)

    def steps(self, stamp: str) -> list[dict[str, str]]:
        return [{"do": "schema", "before": f"{BEFORE}_{stamp.replace('-', '_')}"}]

    def shown(self) -> str:
        host = self.database.get("HOST") or "localhost"
        port = self.database.get("PORT")
        return f"PostgreSQL {host}{f':{port}' if port else ''}/{self.database['NAME']}"


def place(database: Mapping[str, Any]) -> Place:
    """The place of Django's settings `database`."""
    return PostgresPlace(database) if database["ENGINE"].endswith("postgresql") else SqlitePlace(database)


ADDED = ("connect_timeout", "server_side_binding", "prepare_threshold")
"""What settings/database.py adds to the options of an address."""


def postgres_url(database: Mapping[str, Any], search_path: str = "") -> str:
    """DATABASE_URL of Django's settings `database`."""
    user = quote(database.get("USER") or "", safe="")
    password = quote(database.get("PASSWORD") or "", safe="")
    signed = f"{user}{f':{password}' if password else ''}@" if user else ""
    host = database.get("HOST") or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{database['PORT']}" if database.get("PORT") else ""
    options = {k: v for k, v in database.get("OPTIONS", {}).items() if k not in ADDED}
    if search_path:
        options["options"] = f"{options.get('options', '')} -c search_path={search_path}".strip()
    asked = f"?{urlencode(options, quote_via=quote)}" if options else ""
    return f"postgresql://{signed}{host}{port}/{quote(database['NAME'], safe='')}{asked}"


def swap_schemas(database: Mapping[str, Any], before: str) -> bool:
    """Move what was built over, in one transaction; False where there is nothing (it was done before).

    What stood there goes to the schema `before`, unless nobody was in it; roles that could use it can use the new one.
    """
    import psycopg

    with snapshot(database) as shot:
        old_was_empty = shot.empty
        ours = {t.name for t in shot.tables} | set(LEFT_OUT)
    with connect_postgres(database) as connection:
        schema = connection.execute("SELECT current_schema()").fetchone()[0]
        new, functions = _in(connection, BUILDING)
        if not new:
            return False
        standing, standing_functions = _in(connection, schema)
        roles = _roles(connection, schema)
        gone = sorted((ours | set(new)) & set(standing))
        try:
            connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            if gone:
                connection.execute(f"CREATE SCHEMA {quoted(before)}")
            for table in gone:
                connection.execute(
                    f"ALTER TABLE {quoted(schema)}.{quoted(table)} SET SCHEMA {quoted(before)}"
                )
            for name in set(functions) & set(standing_functions):
                connection.execute(f"ALTER FUNCTION {quoted(schema)}.{name} SET SCHEMA {quoted(before)}")
            for table in new:
                connection.execute(f"ALTER TABLE {BUILDING}.{quoted(table)} SET SCHEMA {quoted(schema)}")
            for name in functions:
                connection.execute(f"ALTER FUNCTION {BUILDING}.{name} SET SCHEMA {quoted(schema)}")
            connection.execute(f"DROP SCHEMA {BUILDING}")
            if gone and old_was_empty:
                connection.execute(f"DROP SCHEMA {quoted(before)} CASCADE")
            for role in roles:
                for sql in grants(role):
                    connection.execute(sql)
        except psycopg.errors.LockNotAvailable:
            raise Failed(
                Text(
                    "数据库正被使用，请先停止 Guanxi 再试",
                    "the database is in use: stop Guanxi and try again",
                )
            ) from None
    return True


def _in(connection: Any, schema: str) -> tuple[list[str], list[str]]:
    """Tables and functions (with their arguments) of a schema."""
    tables = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relkind IN ('r', 'p') ORDER BY 1",
        [schema],
    ).fetchall()
    functions = connection.execute(
        "SELECT quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')' FROM pg_proc p "
        "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = %s ORDER BY 1",
        [schema],
    ).fetchall()
    return [t for (t,) in tables], [f for (f,) in functions]


def _roles(connection: Any, schema: str) -> list[str]:
    """Who but the owner may add to the journal."""
    found = connection.execute(
        "SELECT DISTINCT grantee FROM information_schema.role_table_grants WHERE table_schema = %s "
        "AND table_name = 'journal_fact' AND privilege_type = 'INSERT' AND grantee <> current_user AND grantee <> 'PUBLIC' "
        "AND grantee <> (SELECT tableowner FROM pg_tables WHERE schemaname = %s AND tablename = 'journal_fact')",
        [schema, schema],
    ).fetchall()
    return [role for (role,) in found]
