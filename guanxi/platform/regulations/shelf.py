"""Where a replay puts what is over: a file of SQLite's that nobody else sees and that goes with the connection.

Lines of measures lie here from the beginning: the engine writes them and never asks for them again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from guanxi.cores.norms import model as norms
from guanxi.cores.norms.bounded import Line, packed, unpacked
from guanxi.platform.journal import quick
from guanxi.platform.journal.models import Fact as FactRow

from . import codec

AT_ONCE = 500
"""So many things are looked up in one question."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TABLES = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;
CREATE TABLE obligation (id TEXT PRIMARY KEY, body BLOB);
CREATE TABLE place (name TEXT, closed INTEGER, id TEXT);
CREATE INDEX place_of ON place (name, closed);
CREATE TABLE evidence (name TEXT, at INTEGER, seq INTEGER);
CREATE INDEX evidence_of ON evidence (name, at);
CREATE INDEX evidence_seq ON evidence (seq);
CREATE TABLE line (name TEXT PRIMARY KEY, control TEXT, key TEXT, regulation TEXT, period TEXT, at INTEGER, person TEXT,
    department TEXT, area TEXT, customer TEXT, counted INTEGER, hit INTEGER, value INTEGER, taken_back INTEGER, seq INTEGER);
CREATE INDEX line_of ON line (control, period);
"""
_LINE = ", ".join(codec.MEASURE_COLUMNS)
_fact: quick.Prepared[FactRow] = quick.Prepared(lambda: FactRow.objects.filter(pk=quick.MARKS[0]))


class FileShelf:
    """See `guanxi.cores.norms.bounded.Shelf`."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES)
        self._lines: dict[str, norms.MeasureEntry | None] = {}

    # What the engine asks ---------------------------------------------------------------------------------------

    def put(self, closed: Sequence[norms.Obligation], evidence: Sequence[Line]) -> None:
        run = self._db.executemany
        self._db.execute("BEGIN")
        run("INSERT OR REPLACE INTO obligation VALUES (?, ?)", [(o.id, packed(o)) for o in closed])
        places = [(name, _number(o.closed_at), o.id) for o in closed for name in _places(o)]
        run("INSERT INTO place VALUES (?, ?, ?)", places)
        lines = [(f"{kind} {match}", _number(at), seq) for kind, match, seq, at in evidence]
        run("INSERT INTO evidence VALUES (?, ?, ?)", lines)
        self._db.execute("COMMIT")
        self._write_lines()

    def fact(self, seq: int) -> norms.Fact | None:
        row = _fact.one(seq)
        return codec.fact_of(row) if row else None

    def obligation(self, id: str) -> norms.Obligation | None:
        row = self._db.execute("SELECT body FROM obligation WHERE id = ?", [id]).fetchone()
        return unpacked(row[0]) if row else None

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[norms.Obligation]:
        found = self._placed(f"{control} {match}", since)
        return [o for o in found if match in o.matches and o.closed_at is not None and o.closed_at >= since]

    def watching(self, watch: str, since: datetime) -> Sequence[norms.Obligation]:
        found = self._placed(watch, since)
        return [o for o in found if watch in o.watches and o.closed_at is not None and o.closed_at >= since]

    def _placed(self, name: str, since: datetime) -> list[norms.Obligation]:
        """What stood here when it was put away, perhaps once more since: the newest of each."""
        rows = self._db.execute(
            "SELECT body FROM obligation WHERE id IN (SELECT id FROM place WHERE name = ? AND closed >= ?)",
            [name, _number(since)],
        )
        return [unpacked(body) for (body,) in rows]

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Iterable[int]:
        start = _number(since or _EPOCH)
        for kind, match in keys:
            rows = self._db.execute(
                "SELECT seq FROM evidence WHERE name = ? AND at >= ?", [f"{kind} {match}", start]
            )
            yield from [seq for (seq,) in rows]

    def drop_evidence(self, seq: int) -> None:
        self._db.execute("DELETE FROM evidence WHERE seq = ?", [seq])

    # Lines of measures ------------------------------------------------------------------------------------------

    def put_line(self, control: str, key: str, entry: norms.MeasureEntry | None) -> None:
        """A line as it is from now on; None: it is gone."""
        self._lines[_name(control, key)] = entry

    def lines(self, control: str, periods: Sequence[str]) -> Iterator[norms.MeasureEntry]:
        """A measure's lines under these labels, and those of what stands."""
        self._write_lines()
        for label in dict.fromkeys(["", *periods]):
            sql = f"SELECT {_LINE} FROM line WHERE control = ? AND period = ?"  # noqa: S608 (our own names)
            yield from map(_line, self._db.execute(sql, [control, label]))

    def sums(self) -> Iterator[tuple[tuple[str, ...], list[int]]]:
        """The sums of every measure by control, period, person, department and area: lines, counted, hits, total, taken
        back."""
        self._write_lines()
        rows = self._db.execute(
            "SELECT control, period, person, department, area, count(*), sum(counted), sum(counted AND hit), "
            "sum(CASE WHEN counted THEN coalesce(value, 0) ELSE 0 END), sum(taken_back) FROM line GROUP BY 1, 2, 3, 4, 5"
        )
        return ((tuple(row[:5]), list(row[5:])) for row in rows)

    def _write_lines(self) -> None:
        put = [(n, *e[:4], _number(e.at), *e[5:]) for n, e in self._lines.items() if e is not None]
        gone = [(name,) for name, entry in self._lines.items() if entry is None]
        self._db.execute("BEGIN")
        self._db.executemany(
            f"INSERT OR REPLACE INTO line (name, {_LINE}) VALUES ({', '.join('?' * 15)})",  # noqa: S608 (our own names)
            put,
        )
        self._db.executemany("DELETE FROM line WHERE name = ?", gone)
        self._db.execute("COMMIT")
        self._lines.clear()

    # Held against the tables: what is taken is gone, so that at the end the rest is what the tables lack ----------

    def take_obligations(self, ids: Sequence[str]) -> Mapping[str, norms.Obligation]:
        rows = self._taken("obligation", "id", "id, body", ids)
        return {id: unpacked(body) for id, body in rows}

    def left_obligations(self) -> Iterator[norms.Obligation]:
        return (unpacked(body) for (body,) in self._db.execute("SELECT body FROM obligation ORDER BY id"))

    def take_lines(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], norms.MeasureEntry]:
        rows = self._taken("line", "name", _LINE, [_name(*key) for key in keys])
        return {(line.control, line.key): line for line in map(_line, rows)}

    def left_lines(self) -> Iterator[tuple[str, str]]:
        return iter(self._db.execute("SELECT control, key FROM line ORDER BY name"))

    def take_evidence(self, names: Sequence[str]) -> Mapping[str, int]:
        """How many facts are kept under each of these (kind and match, a blank between them)."""
        found: dict[str, int] = {}
        for (name,) in self._taken("evidence", "name", "name", names):
            found[name] = found.get(name, 0) + 1
        return found

    def left_evidence(self) -> Iterator[tuple[str, int]]:
        return iter(self._db.execute("SELECT name, count(*) FROM evidence GROUP BY name ORDER BY name"))

    def _taken(self, table: str, column: str, wanted: str, values: Sequence[str]) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []
        for some in in_parts(values):
            among = f"FROM {table} WHERE {column} IN ({', '.join('?' * len(some))})"
            found += self._db.execute(f"SELECT {wanted} {among}", some).fetchall()
            self._db.execute(f"DELETE {among}", some)
        return found


def in_parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The same in lists of at most AT_ONCE."""
    rest = iter(values)
    while part := list(islice(rest, AT_ONCE)):
        yield part


def _places(o: norms.Obligation) -> list[str]:
    control = f"{o.regulation}/{o.control}"
    return [*[f"{control} {match}" for match in o.matches], *o.watches]


def _name(control: str, key: str) -> str:
    return f"{control} {key}"


def _number(moment: datetime | None) -> int:
    """Microseconds since 1970."""
    return 0 if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


def _line(row: Sequence[Any]) -> norms.MeasureEntry:
    at = _EPOCH + timedelta(microseconds=row[4])
    counted, hit, value, taken_back, seq = row[9:]
    return norms.MeasureEntry._make(
        (*row[:4], at, *row[5:9], bool(counted), bool(hit), value, bool(taken_back), seq)
    )
