"""SQL that makes the journal append-only, for both databases.

SQLite: triggers refuse update and delete, and INSERT OR REPLACE, which deletes without asking them. PostgreSQL:
triggers refuse update, delete and truncate, and `grants(role)` lets the application run under a role that does not own
the tables and therefore cannot drop the triggers.
"""

from __future__ import annotations

from typing import Any

TABLES = ("journal_fact",)
TEXT_TABLE = "journal_facttext"
UNIQUE = {"journal_fact": ("seq", '"key"'), TEXT_TABLE: ("fact_id",)}

SQLITE_ON = [
    *(
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        for table in TABLES
        for verb in ("update", "delete")
    ),
    f"CREATE TRIGGER {TEXT_TABLE}_no_update BEFORE UPDATE ON {TEXT_TABLE} "
    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    *(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} "  # noqa: S608
        f"WHERE {' OR '.join(f'{name} = NEW.{name}' for name in unique)}) "
        "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        for table, unique in UNIQUE.items()
    ),
]
SQLITE_OFF = [
    *(f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for table in TABLES for verb in ("update", "delete")),
    f"DROP TRIGGER IF EXISTS {TEXT_TABLE}_no_update",
    *(f"DROP TRIGGER IF EXISTS {table}_no_replace" for table in UNIQUE),
]
POSTGRES_ON = [
    """CREATE OR REPLACE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege'; END $$""",
    *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION journal_append_only()"
        for table in TABLES
    ),
    f"CREATE TRIGGER {TEXT_TABLE}_no_update BEFORE UPDATE ON {TEXT_TABLE} "
    "FOR EACH ROW EXECUTE FUNCTION journal_append_only()",
    *(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()"
        for table in (*TABLES, TEXT_TABLE)
    ),
]
POSTGRES_OFF = [
    *(f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}" for table in TABLES),
    *(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}" for table in (*TABLES, TEXT_TABLE)),
    f"DROP TRIGGER IF EXISTS {TEXT_TABLE}_no_update ON {TEXT_TABLE}",
]


def switch_on(connection: Any) -> None:
    """Put the guards up."""
    _run(connection, POSTGRES_ON if connection.vendor == "postgresql" else SQLITE_ON)


def switch_off(connection: Any) -> None:
    """Take the guards down: a migration backwards, and tests that empty their own database."""
    _run(connection, POSTGRES_OFF if connection.vendor == "postgresql" else SQLITE_OFF)


def grants(role: str) -> list[str]:
    """SQL for the owner of a PostgreSQL database: what the application's own role needs and no more."""
    quoted = '"' + role.replace('"', '""') + '"'
    return [
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
        *(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}" for table in TABLES),
        f"REVOKE UPDATE, TRUNCATE ON {TEXT_TABLE} FROM {quoted}",
    ]


def _run(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
