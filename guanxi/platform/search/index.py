"""The index of grams in the database: FTS5 on SQLite, tsvector and GIN on PostgreSQL, one set of functions.

PostgreSQL takes the grams as they are (array_to_tsvector), as its 'simple' configuration would but without its
parser, whose idea of a word depends on the database's locale.

The tables are not Django models: their shape differs by database, and nothing but this file may write them.
`create_sql` and `drop_sql` are for a migration's RunPython; the rest takes a Django connection (anything with
`vendor` and `cursor()`). Rights are not looked at here: whoever shows hits fetches the rows again through the
rights of the person who asked.

Ranking looks at the first 1,000 hits only: a word that stands in half of all names would otherwise cost a
second. Hits are ranked by the title itself (equal, begins with, contains, then short before long), the same
on both databases.

A word that half the names hold is still found quickly for somebody who sees few of the things, since beside its words each
thing has a scope (`scopes.py`): whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import scopes
from .grams import Term, grams, normal, query
from .scopes import WORDS

TABLE = scopes.TABLE
RANKED = 1_000
Scope = Sequence[str] | None
"""The words of the scopes in which to look, any of them; None: everywhere."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: its kind ('account'), its id, the title it was indexed under."""

    kind: str
    id: int
    title: str


def create_sql(vendor: str) -> list[str]:
    """Statements that make the index, for 'sqlite' or 'postgresql'."""
    if vendor == "postgresql":
        return [
            f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, kind varchar(40) NOT NULL, ref bigint NOT NULL, "
            f"title text NOT NULL, grams text NOT NULL, {scopes.POSTGRES_COLUMN}, "
            f"words tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(grams, ' '))) STORED, UNIQUE (kind, ref))",
            f"CREATE INDEX {TABLE}_words ON {TABLE} USING gin (words)",
            *scopes.create_sql(vendor),
        ]
    _must_be_sqlite(vendor)
    return [
        f"CREATE TABLE {TABLE} (id integer PRIMARY KEY, kind varchar(40) NOT NULL, ref bigint NOT NULL, "
        f"title text NOT NULL, grams text NOT NULL, UNIQUE (kind, ref))",
        # External content: the words stand in the table above; removing a row needs its old words.
        f"CREATE VIRTUAL TABLE {TABLE}_words USING fts5(grams, content='{TABLE}', content_rowid='id', "
        f"tokenize='unicode61 remove_diacritics 0', prefix='1 2 3')",
        *scopes.create_sql(vendor),
    ]


def drop_sql(vendor: str) -> list[str]:
    """Statements that take the index away."""
    if vendor == "postgresql":
        return [f"DROP TABLE {TABLE}"]
    _must_be_sqlite(vendor)
    return [f"DROP TABLE {TABLE}_words", f"DROP TABLE {TABLE}", f"DROP TABLE {scopes.NARROW}"]


def upsert(
    connection: Any,
    kind: str,
    ref: int,
    title: str,
    *,
    texts: Sequence[str] = (),
    long_texts: Sequence[str] = (),
    phones: Iterable[str] = (),
) -> None:
    """Put one thing into the index, or anew. `title` and `texts` are found by pinyin too, `long_texts` not.

    Call it in the transaction that changes the thing, when everything is written that its scope is read from.
    """
    line = line_of(title, texts=texts, long_texts=long_texts, phones=phones)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"INSERT INTO {TABLE} (kind, ref, title, grams) VALUES (%s, %s, %s, %s) "  # noqa: S608
                f"ON CONFLICT (kind, ref) DO UPDATE SET title = excluded.title, grams = excluded.grams",
                [kind, ref, title, line],
            )
            scopes.put(connection, kind, [ref])
            return
        _remove(cursor, kind, ref)
        cursor.execute(
            f"INSERT INTO {TABLE} (kind, ref, title, grams) VALUES (%s, %s, %s, %s)",  # noqa: S608
            [kind, ref, title, line],
        )
        cursor.execute(
            f"INSERT INTO {TABLE}_words (rowid, grams) SELECT id, grams FROM {TABLE} WHERE kind = %s AND ref = %s",  # noqa: S608
            [kind, ref],
        )
    scopes.put(connection, kind, [ref])


def line_of(
    title: str, *, texts: Sequence[str] = (), long_texts: Sequence[str] = (), phones: Iterable[str] = ()
) -> str:
    """The words under which a thing is found, as the index keeps them."""
    return " ".join(dict.fromkeys([*grams(title, *texts, phones=phones), *grams(*long_texts, pinyin=False)]))


def insert(connection: Any, things: Sequence[tuple[str, int, str, str]]) -> None:
    """Put things into the index that are surely not in it yet: (kind, id, title, line from `line_of`) each.

    The caller is the only writer (`Journal.writing`).
    """
    if not things:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.executemany(
                f"INSERT INTO {TABLE} (kind, ref, title, grams) VALUES (%s, %s, %s, %s)",  # noqa: S608
                things,
            )
            _scope(connection, things)
            return
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {TABLE}")  # noqa: S608
        (last,) = cursor.fetchone()
        rows = [(last + n, *thing) for n, thing in enumerate(things, start=1)]
        cursor.executemany(
            f"INSERT INTO {TABLE} (id, kind, ref, title, grams) VALUES (%s, %s, %s, %s, %s)",  # noqa: S608
            rows,
        )
        cursor.executemany(
            f"INSERT INTO {TABLE}_words (rowid, grams) VALUES (%s, %s)",  # noqa: S608
            [(row[0], row[4]) for row in rows],
        )
    _scope(connection, things)


def _scope(connection: Any, things: Sequence[tuple[str, int, str, str]]) -> None:
    for kind in {thing[0] for thing in things}:
        scopes.put(connection, kind, [thing[1] for thing in things if thing[0] == kind], new=True)


def remove(connection: Any, kind: str, ref: int) -> None:
    """Take one thing out of the index; nothing happens where it is not in it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DELETE FROM {TABLE} WHERE kind = %s AND ref = %s", [kind, ref])  # noqa: S608
        else:
            _remove(cursor, kind, ref)


def clear(connection: Any) -> None:
    """Take everything out of the index."""
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            # An index with its content elsewhere is emptied by this word, not by DELETE.
            cursor.execute(f"INSERT INTO {TABLE}_words ({TABLE}_words) VALUES ('delete-all')")  # noqa: S608
            cursor.execute(f"DELETE FROM {scopes.NARROW}")  # noqa: S608
        cursor.execute(f"DELETE FROM {TABLE}")  # noqa: S608


@contextmanager
def unmerged(connection: Any) -> Iterator[None]:
    """While a great deal is put in: on SQLite its pieces are not merged again and again on the way, but two hundred at a time
    (it holds two thousand at most), and all of them at the end."""
    if connection.vendor == "postgresql" or connection.in_atomic_block:
        yield
        return
    _configure(connection, automerge=0, crisismerge=200)
    try:
        yield
    finally:
        _configure(connection, automerge=4, crisismerge=16)  # as FTS5 has them by itself
        optimise(connection)


def _configure(connection: Any, **values: int) -> None:
    with connection.cursor() as cursor:
        for name, value in values.items():
            cursor.execute(f"INSERT INTO {TABLE}_words ({TABLE}_words, rank) VALUES (%s, %s)", [name, value])  # noqa: S608


def optimise(connection: Any) -> None:
    """Merge the index into one piece: on SQLite words that were removed stand in its older pieces until then."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {TABLE}_words ({TABLE}_words) VALUES ('optimize')")  # noqa: S608


def find(
    connection: Any, text: str, *, kinds: Sequence[str] = (), limit: int = 50, scope: Scope = None
) -> list[Hit]:
    """What `text` finds, best first, at most `limit`; [] where there is nothing to search for.

    `kinds` narrows to some kinds of things. More than 1,000 hits are not looked at.
    """
    found = _hits(connection, text, kinds, "e.kind, e.ref, e.title", scope)
    return rank([Hit(kind, ref, title) for kind, ref, title in found], text)[:limit]


def found_ids(connection: Any, text: str, kind: str, *, scope: Scope = None, most: int = RANKED) -> list[int]:
    """The ids of the things of one kind that `text` finds, in no order; `most` of them where there may be more."""
    asked = ids_query(connection, text, kind, scope=scope, most=most)
    if asked is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*asked)
        return [ref for (ref,) in cursor.fetchall()]


def ids_query(
    connection: Any, text: str, kind: str, *, scope: Scope = None, most: int = 0
) -> tuple[str, list[Any]] | None:
    """SQL, with its values, that selects the ids of the things of one kind that `text` finds, to stand in another query; at
    most so many, 0 for all. None where there is nothing to search for."""
    terms = query(text)
    if not terms or (scope is not None and not scope):
        return None
    limit = f" LIMIT {most}" if most else ""
    if connection.vendor == "postgresql":
        narrow = " AND e.scope && %s" if scope is not None else ""
        sql = f"SELECT e.ref FROM {TABLE} e WHERE e.words @@ %s::tsquery AND e.kind = %s{narrow}{limit}"  # noqa: S608
        return sql, [postgres_expression(terms), kind, *([list(scope)] if scope is not None else [])]
    sql = (
        f"SELECT n.ref FROM {WORDS} w CROSS JOIN {scopes.NARROW} n ON n.id = w.rowid "  # noqa: S608
        f"WHERE {WORDS} MATCH %s AND n.kind = %s{limit}"
    )
    return sql, [_sqlite_within(terms, scope), kind]


def _hits(
    connection: Any, text: str, kinds: Sequence[str], columns: str, scope: Scope
) -> list[tuple[Any, ...]]:
    terms = query(text)
    if not terms or (scope is not None and not scope):
        return []
    narrow = f" AND e.kind IN ({', '.join(['%s'] * len(kinds))})" if kinds else ""
    values: list[Any]
    if connection.vendor == "postgresql":
        within = " AND e.scope && %s" if scope is not None else ""
        sql = f"SELECT {columns} FROM {TABLE} e WHERE e.words @@ %s::tsquery{narrow}{within}"  # noqa: S608
        values = [postgres_expression(terms), *kinds, *([list(scope)] if scope is not None else [])]
    else:
        # CROSS: words first. Left to itself, SQLite tries the words on every thing of the kind, a thousand times slower.
        sql = (
            f"SELECT {columns} FROM {WORDS} w CROSS JOIN {TABLE} e ON e.id = w.rowid "  # noqa: S608
            f"WHERE {WORDS} MATCH %s{narrow}"
        )
        values = [_sqlite_within(terms, scope), *kinds]
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {RANKED}", values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _sqlite_within(terms: Sequence[Term], scope: Scope) -> str:
    wanted = sqlite_expression(terms)
    if scope is None:
        return wanted
    return "(" + wanted + ") AND (" + " OR ".join(f'"{word}"' for word in scope) + ")"


def test_of(terms: Sequence[Term], vendor: str) -> tuple[str, list[Any]]:
    """SQL, with its values, that tries on one entry `e` whether it is found by these terms: what the index would say."""
    at = "strpos" if vendor == "postgresql" else "instr"
    parts, values = [], []
    for term in terms:
        line, end = ("' ' || e.grams", "") if term.prefix else ("' ' || e.grams || ' '", " ")
        parts.append("(" + " OR ".join([f"{at}({line}, %s) > 0"] * len(term.words)) + ")")
        values += [f" {word}{end}" for word in term.words]
    return " AND ".join(parts), values


def rank(hits: Sequence[Hit], text: str) -> list[Hit]:
    """Equal titles first, then those that begin with the text, that contain it, then the others; short first."""
    wanted = normal(text).replace(" ", "")

    def order(hit: Hit) -> tuple[int, int, str, int]:
        title = normal(hit.title).replace(" ", "")
        place = 0 if title == wanted else 1 if title.startswith(wanted) else 2 if wanted in title else 3
        return place, len(title), hit.title, hit.id

    return sorted(hits, key=order)


def sqlite_expression(terms: Sequence[Term]) -> str:
    """The query in FTS5's language; words are letters and digits, quoted all the same."""
    return " AND ".join(
        "(" + " OR ".join(f'"{word}"' + ("*" if term.prefix else "") for word in term.words) + ")"
        for term in terms
    )


def postgres_expression(terms: Sequence[Term]) -> str:
    """The query in PostgreSQL's language; words are letters and digits, quoted all the same."""
    return " & ".join(
        "(" + " | ".join(f"'{word}'" + (":*" if term.prefix else "") for word in term.words) + ")"
        for term in terms
    )


def _remove(cursor: Any, kind: str, ref: int) -> None:
    scopes.take(cursor, kind, [ref])
    cursor.execute(
        f"INSERT INTO {WORDS} ({WORDS}, rowid, grams) "  # noqa: S608
        f"SELECT 'delete', id, grams FROM {TABLE} WHERE kind = %s AND ref = %s",
        [kind, ref],
    )
    cursor.execute(f"DELETE FROM {TABLE} WHERE kind = %s AND ref = %s", [kind, ref])  # noqa: S608


def _must_be_sqlite(vendor: str) -> None:
    if vendor != "sqlite":
        raise ValueError(f"no search index for the database {vendor!r}")
