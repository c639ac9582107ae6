"""Whose a thing is, as words beside its words, so that the index itself leaves out what somebody sees none of.

A scope narrows and grants nothing: whoever shows hits fetches the rows through the rights of the person who asked, and the
scopes in which that person looks hold all of those rows, and some more.

SQLite: the words of scopes stand in the same index of words, under the number of the thing. They begin with a sign that no
query holds. Adding or taking away some words of a thing costs what these words cost, so a customer that changes hands is not
indexed anew. A narrow table keeps which words these were, and leads from the index's numbers to the things: the wide table
would be read at a different place for each hit. PostgreSQL: a column with an index of its own, which it intersects with the
other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TABLE = "search_entry"
WORDS = f"{TABLE}_words"
NARROW = "search_scope"
SIGN = "\ue000"
"""Begins each word of a scope: for private use, a letter to SQLite's index, none to Python."""
POSTGRES_COLUMN = "scope text[] NOT NULL DEFAULT '{}'"
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Source:
    """Where the scopes of things of a kind are read. sql: SELECT … AS ref, … AS scope (words with blanks between), by
    vendor; tables: those it reads."""

    sql: dict[str, str]
    tables: tuple[str, ...]


_sources: dict[str, Source] = {}


def declare(kind: str, source: Source) -> None:
    """Say where the scopes of a kind of things are read."""
    _sources[kind] = source


def word(letter: str, number: int) -> str:
    """One word of a scope: m17, of person 17 as manager."""
    return f"{SIGN}{letter}{number}"


def create_sql(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [f"CREATE INDEX {TABLE}_scope ON {TABLE} USING gin (scope)"]
    return [
        f"CREATE TABLE {NARROW} (id integer PRIMARY KEY, kind varchar(40) NOT NULL, ref bigint NOT NULL, "
        f"scope text NOT NULL)"
    ]


def put(connection: Any, kind: str, refs: Sequence[int], *, new: bool = False) -> None:
    """Read the scopes of these things anew, in the transaction that changed whose they are. new: they have none yet."""
    for start in range(0, len(refs), AT_ONCE):
        some = list(refs[start : start + AT_ONCE])
        with connection.cursor() as cursor:
            if connection.vendor != "postgresql" and not new:
                take(cursor, kind, some)
            for sql in _fill(kind, connection.vendor, f"e.id IN ({_entries(some)})"):
                cursor.execute(sql, [kind, *some])


def take(cursor: Any, kind: str, refs: Sequence[int]) -> None:
    """Take the words of these things' scopes out of the index of SQLite."""
    cursor.execute(
        f"INSERT INTO {WORDS} ({WORDS}, rowid, grams) "  # noqa: S608
        f"SELECT 'delete', id, scope FROM {NARROW} WHERE scope != '' AND id IN ({_entries(refs)})",
        [kind, *refs],
    )
    cursor.execute(f"DELETE FROM {NARROW} WHERE id IN ({_entries(refs)})", [kind, *refs])  # noqa: S608


def fill_sql(vendor: str, tables: Sequence[str] | None = None, after: int = 0) -> list[str]:
    """Statements that put the scopes of every thing, or of those entered behind a number of the index, into an index that
    has none of them yet. tables: those that the database has so far, where that may not be all; a kind is left out where one
    of its own is missing."""
    return [
        sql
        for kind, source in sorted(_sources.items())
        if tables is None or set(tables).issuperset(source.tables)
        for sql in _fill(kind, vendor, f"e.kind = '{kind}' AND e.id > {int(after)}")
    ]


def _entries(refs: Sequence[int]) -> str:
    return f"SELECT x.id FROM {TABLE} x WHERE x.kind = %s AND x.ref IN ({', '.join(['%s'] * len(refs))})"  # noqa: S608


def _fill(kind: str, vendor: str, where: str) -> list[str]:
    source = _sources.get(kind)
    if vendor == "postgresql":
        if source is None:
            return []
        return [
            f"UPDATE {TABLE} e SET scope = string_to_array(s.scope, ' ') FROM ({source.sql[vendor]}) s "  # noqa: S608
            f"WHERE s.ref = e.ref AND {where}"
        ]
    read, beside = (
        ("''", "") if source is None else ("s.scope", f"JOIN ({source.sql[vendor]}) s ON s.ref = e.ref ")
    )
    return [
        f"INSERT INTO {NARROW} (id, kind, ref, scope) "  # noqa: S608
        f"SELECT e.id, e.kind, e.ref, {read} FROM {TABLE} e {beside}WHERE {where}",
        f"INSERT INTO {WORDS} (rowid, grams) SELECT e.id, e.scope FROM {NARROW} e WHERE e.scope != '' AND {where}",  # noqa: S608
    ]
