"""What the engine folded, on its way to the tables: plain values, so that another process can write them too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db import models as db

from guanxi.cores.norms import model as norms
from guanxi.platform.journal import quick

from . import attempts, codec
from .models import (
    Amendment,
    AttemptTally,
    EngineEntity,
    EngineState,
    Evidence,
    MeasureEntry,
    MeasureTally,
    Obligation,
    ObligationMatch,
    ObligationWatch,
    RefusedAttempt,
    StateTally,
)

Line = tuple[str, str]
"""A measure's control, and the key of one of its lines."""
_AT_ONCE = 300
"""So many lines of measures are looked up in one question."""
_LINES = """WITH wanted (control, key) AS (VALUES {}) SELECT m.id, m.control, m.key, m.period, m.person, m.department, m.area,
    m.counted, m.hit, m.value, m.taken_back
    FROM wanted CROSS JOIN regulations_measureentry m WHERE m.control = wanted.control AND m.key = wanted.key"""


class Stood(NamedTuple):
    """Of an obligation's row as it was written last: under what it is found."""

    closed_at: datetime | None
    matches: tuple[str, ...]
    watches: tuple[str, ...]


@dataclass(slots=True)
class Folded:
    """Everything that changed since the last time."""

    amended: dict[int, norms.Fact | None]
    states: list[tuple[str, Mapping[str, Any] | None]]
    entities: list[norms.Entity]
    obligations: list[tuple[norms.Obligation, Stood | None]]
    """Each as it is now, and how its row stood, where there is one."""
    counts: dict[tuple[Any, ...], int]
    """By `state_key`: how many obligations more, or fewer, stand under it."""
    dropped: set[int]
    """Facts that are evidence no more."""
    evidence: list[tuple[str, str, int, datetime]]
    measures: dict[Line, norms.MeasureEntry | None]
    attempts: dict[attempts.Key, int]
    refused: list[tuple[str, int]]
    frozen: list[norms.Frozen]


def stood(before: norms.Obligation | None) -> Stood | None:
    """How the row of an obligation stands that was written as it was before."""
    return None if before is None else Stood(before.closed_at, before.matches, before.watches)


@dataclass(slots=True)
class Ready:
    """What folded things come to, as the database takes it: plain values, which cross to another process quickly."""

    amended: dict[int, norms.Fact | None]
    rows: list[quick.Statement | None]
    """Of states, entities and obligations."""
    found: list[quick.Statement | None]
    """Under what obligations are found, evidence and refused attempts."""
    no_matches: list[str]
    """Obligations whose matches of before go; of `no_watches` it is the watches."""
    no_watches: list[str]
    counts: dict[tuple[Any, ...], int]
    dropped: set[int]
    lines: quick.Statement | None
    """Of measures; `measures` has the same rows by their key, and None for a line that goes."""
    measures: dict[Line, Sequence[Any] | None]
    attempts: dict[attempts.Key, int]
    frozen: list[norms.Frozen]


def ready(folded: Folded) -> Ready:
    """Make it ready; the database is not asked."""
    matches: list[tuple[str, str, str, datetime | None]] = []
    watches: list[tuple[str, str, datetime | None]] = []
    no_matches: list[str] = []
    no_watches: list[str] = []
    for o, before in folded.obligations:
        moved = before is None or before.closed_at != o.closed_at
        if moved or (before and before.matches != o.matches):
            if before is not None:
                no_matches.append(o.id)
            control = f"{o.regulation}/{o.control}"
            matches += [(control, m, o.id, o.closed_at) for m in o.matches]
        if moved or (before and before.watches != o.watches):
            if before is not None:
                no_watches.append(o.id)
            watches += [(w, o.id, o.closed_at) for w in o.watches]
    put = [entry for entry in folded.measures.values() if entry is not None]
    lines = quick.ready(MeasureEntry, put, over=("control", "key"))
    return Ready(
        amended=folded.amended,
        rows=[
            quick.ready(EngineState, folded.states, over=("name",)),
            quick.ready(
                EngineEntity,
                [(e.kind, e.id, codec.entity_body(e)) for e in folded.entities],
                over=("kind", "entity"),
            ),
            quick.ready(
                Obligation, [codec.obligation_values(o) for o, _ in folded.obligations], over=("id",)
            ),
        ],
        found=[
            quick.ready(ObligationMatch, matches),
            quick.ready(ObligationWatch, watches),
            quick.ready(Evidence, folded.evidence),
            quick.ready(RefusedAttempt, folded.refused),
        ],
        no_matches=no_matches,
        no_watches=no_watches,
        counts=dict(folded.counts),
        dropped=folded.dropped,
        lines=lines,
        measures=dict.fromkeys(folded.measures)
        | {(row[0], row[1]): row for row in (lines[1] if lines else ())},
        attempts=dict(folded.attempts),
        frozen=folded.frozen,
    )


def write(made: Ready) -> None:
    """Write it, in the transaction of whoever calls."""
    if made.amended:
        Amendment.objects.bulk_create(
            [Amendment(seq=s, body=codec.fact_body(f) if f else None) for s, f in made.amended.items()],
            update_conflicts=True,
            unique_fields=["seq"],
            update_fields=["body"],
        )
    for statement in made.rows:
        quick.run(statement)
    quick.delete(ObligationMatch, "obligation_id", made.no_matches)
    quick.delete(ObligationWatch, "obligation_id", made.no_watches)
    if made.dropped:
        Evidence.objects.filter(seq__in=made.dropped).delete()
    for statement in made.found:
        quick.run(statement)
    _add(
        StateTally,
        ("regulation", "clause", "control", "month", "person", "department", "state", "missed"),
        ("count",),
        {key: (n,) for key, n in made.counts.items() if n},
        conflict=("control", "clause", "month", "person", "department", "state", "missed"),
    )
    _measures(made.lines, made.measures)
    _add(
        AttemptTally,
        ("month", "action", "person", "answer", "control"),
        ("count",),
        {key: (n,) for key, n in made.attempts.items()},
        conflict=("month", "action", "person", "answer", "control"),
    )
    quick.insert([row for frozen in made.frozen for row in codec.frozen_rows(frozen)])


# Obligations ----------------------------------------------------------------------------------------------------


def state_key(o: norms.Obligation) -> tuple[Any, ...]:
    """Under which running sum an obligation is counted."""
    month = _month(o.due_at or o.opened_at)
    missed = o.missed_at is not None and not o.taken_back
    person = o.owed_by or o.owner
    return (o.regulation, o.clause, o.control, month, person, o.department, o.state.value, missed)


@lru_cache(4096)
def _month(moment: datetime) -> str:
    """The month of a moment in the company's zone."""
    return f"{moment.astimezone(ZoneInfo(settings.TIME_ZONE)):%Y-%m}"


# Measures -------------------------------------------------------------------------------------------------------


def sums_of(counted: bool, hit: bool, value: int | None, taken_back: bool) -> tuple[int, int, int, int, int]:
    """What a line adds to the running sums: lines, counted, hits, total, taken back."""
    if not counted:
        return (1, 0, 0, 0, int(taken_back))
    return (1, 1, int(hit), value or 0, int(taken_back))


def _measures(lines: quick.Statement | None, measures: Mapping[Line, Sequence[Any] | None]) -> None:
    if not measures:
        return
    tally: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    gone: list[int] = []
    for id, control, key, *part, counted, hit, value, taken_back in _lines(measures):
        _sum(tally[control, *part], sums_of(counted, hit, value, taken_back), -1)
        if measures[control, key] is None:
            gone.append(id)
    put = [row for row in measures.values() if row is not None]
    for control, _, _, period, _, person, department, area, _, counted, hit, value, taken_back, _ in put:
        _sum(tally[control, period, person, department, area], sums_of(counted, hit, value, taken_back), 1)
    quick.delete(MeasureEntry, "id", gone)
    quick.run(lines)
    _add(
        MeasureTally,
        ("control", "period", "person", "department", "area"),
        ("lines", "counted", "hits", "total", "taken_back"),
        {key: tuple(sums) for key, sums in tally.items() if any(sums)},
        conflict=("control", "period", "person", "department", "area"),
    )


def _sum(sums: list[int], values: Iterable[int], sign: int) -> None:
    for place, value in enumerate(values):
        sums[place] += sign * value


def _lines(keys: Iterable[Line]) -> list[tuple[Any, ...]]:
    """What of these lines stands in the table."""
    found: list[tuple[Any, ...]] = []
    every = list(keys)
    for first in range(0, len(every), _AT_ONCE):
        some = every[first : first + _AT_ONCE]
        values = [value for key in some for value in key]
        found += quick.select(_LINES.format(", ".join(["(%s, %s)"] * len(some))), *values)
    return found


def _add(
    model: type[db.Model],
    keys: Sequence[str],
    sums: Sequence[str],
    deltas: Mapping[tuple[Any, ...], Sequence[int]],
    *,
    conflict: Sequence[str],
) -> None:
    """Add to running sums, making rows that are missing; the same SQL on both databases."""
    if not deltas:
        return
    table = model._meta.db_table
    names = ", ".join([*keys, *sums])
    marks = ", ".join(["%s"] * (len(keys) + len(sums)))
    adding = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums)
    sql = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT ({', '.join(conflict)}) DO UPDATE SET {adding}"  # noqa: S608 (names of our own columns)
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(*key, *values) for key, values in sorted(deltas.items(), key=str)])
