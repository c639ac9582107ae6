"""Rebuild everything that the engine folded from the journal alone, and hold it against the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.store import MemoryStore
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.snapshot import one_moment

from . import attempts, codec
from .closing import ReplayedSums, frozen_figures
from .engine import engine
from .models import (
    AttemptTally,
    EngineEntity,
    EngineState,
    Evidence,
    FrozenFigure,
    MeasureEntry,
    MeasureTally,
    Obligation,
    RefusedAttempt,
    StateTally,
)
from .periods import Month
from .store import SqlStore


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the tables hold otherwise than the journal says."""

    what: str
    key: str
    stored: Any
    replayed: Any

    def __str__(self) -> str:
        return f"{self.what} {self.key}: stored {self.stored!r}, the journal says {self.replayed!r}"


def replay(up_to: int | None = None, wrong: list[Difference] | None = None) -> MemoryStore:
    """The journal folded from nothing. wrong: gets what was frozen otherwise than counting up to there says."""
    store, made = MemoryStore(), engine()
    counted: dict[str, Any] = {}
    for row in facts(up_to):
        if wrong is not None and row.kind == "norms.period_closed":
            counted |= _counted(made, store, row)
        elif wrong is not None and row.kind == "norms.measure_frozen":
            key = _frozen_key(row.data)
            data = counted.pop(key, None)
            if data != row.data:
                wrong.append(Difference("frozen figures", key, row.data, data))
        made.apply(codec.fact_of(row), store)
    if wrong is not None:
        wrong += [Difference("frozen figures", key, None, data) for key, data in counted.items()]
    return store


def _counted(made: Engine, store: MemoryStore, row: Fact) -> dict[str, Any]:
    """What must be frozen by the facts that follow the closing of a period."""
    timelines, calendar = made.timelines(store), made.calendar(store.state("calendar"))
    month = Month.read(row.data["period"], row.happened_at)
    up_to, at = row.data["up_to"], row.recorded_at
    drafts = frozen_figures(ReplayedSums(store), timelines, calendar, month, up_to, at)
    return {_frozen_key(draft.data): dict(draft.data) for draft in drafts}


def _frozen_key(data: Mapping[str, Any]) -> str:
    return f"{data['regulation']}/{data['control']} {data['period']}"


def facts(up_to: int | None = None, batch: int = 2000) -> Iterator[Fact]:
    """Every fact in order of the journal."""
    last = 0
    while True:
        rows = Fact.objects.filter(seq__gt=last).order_by("seq")
        if up_to is not None:
            rows = rows.filter(seq__lte=up_to)
        found = list(rows[:batch])
        if not found:
            return
        yield from found
        last = found[-1].seq


def differences(most: int = 1000) -> list[Difference]:
    """What differs, at most `most` lines; an empty list is a clean replay. Others may write meanwhile."""
    found: list[Difference] = []
    with one_moment():
        store = replay(wrong=found)
        for difference in _compare(store):
            found.append(difference)
            if len(found) >= most:
                break
    return found[:most]


def _compare(store: MemoryStore) -> Iterator[Difference]:
    left = dict(store.obligations)
    for row in Obligation.objects.order_by("id").iterator(2000):
        stored, replayed = codec.obligation_of(row), left.pop(row.id, None)
        if stored != replayed:
            yield from _fields("obligation", row.id, stored, replayed)
    for id, replayed in left.items():
        yield Difference("obligation", id, None, replayed.state.value)
    entities = {(kind, id): e for kind, by_id in store.entities.items() for id, e in by_id.items()}
    for entity in EngineEntity.objects.iterator(2000):
        replayed_entity = entities.pop((entity.kind, entity.entity), None)
        if codec.entity_of(entity.kind, entity.entity, entity.body) != replayed_entity:
            yield Difference("entity", f"{entity.kind} {entity.entity}", entity.body, replayed_entity)
    for kind, id in entities:
        yield Difference("entity", f"{kind} {id}", None, "there")
    lines = dict(store.measures)
    for line in MeasureEntry.objects.iterator(2000):
        if codec.measure_of(line) != lines.pop((line.control, line.key), None):
            yield Difference("measure line", f"{line.control} {line.key}", line.value, None)
    for control, key in lines:
        yield Difference("measure line", f"{control} {key}", None, "there")
    states = {row.name: row.document for row in EngineState.objects.all()}
    for name in sorted({*states, *store.states}):
        if states.get(name) != store.states.get(name):
            yield Difference("state", name, states.get(name), store.states.get(name))
    yield from _tallies(store)
    yield from _frozen(store)
    kept = Counter((e.kind, e.match) for e in Evidence.objects.only("kind", "match").iterator(5000))
    replayed_evidence = Counter({key: len(seqs) for key, seqs in store._evidence.items() if seqs})
    for pair in sorted({*kept, *replayed_evidence}):
        if kept[pair] != replayed_evidence[pair]:
            yield Difference("evidence", " ".join(pair), kept[pair], replayed_evidence[pair])


def _fields(what: str, key: str, stored: Any, replayed: Any) -> Iterator[Difference]:
    if replayed is None:
        yield Difference(what, key, stored.state.value, None)
        return
    for name in stored.__dataclass_fields__:
        if getattr(stored, name) != getattr(replayed, name):
            yield Difference(what, f"{key}.{name}", getattr(stored, name), getattr(replayed, name))


def _frozen(store: MemoryStore) -> Iterator[Difference]:
    """Rows of frozen figures against what the facts say."""
    left = Counter(_row(row) for frozen in store.closed.values() for row in codec.frozen_rows(frozen))
    kept = Counter(_row(row) for row in FrozenFigure.objects.iterator(2000))
    for row in sorted({*left, *kept}, key=str):
        if left[row] != kept[row]:
            yield Difference("frozen figures", str(row), kept[row], left[row])


def _row(row: FrozenFigure) -> tuple[Any, ...]:
    figures = tuple(sorted(row.figures.items()))
    return (row.control, row.period, row.person, row.department, figures, row.up_to, row.seq)


def _tallies(store: MemoryStore) -> Iterator[Difference]:
    """The running sums against sums made anew."""
    anew = Counter(SqlStore.state_key(o) for o in store.obligations.values())
    kept: Counter[tuple[Any, ...]] = Counter()
    for row in StateTally.objects.exclude(count=0):
        key = (
            row.regulation,
            row.clause,
            row.control,
            row.month,
            row.person,
            row.department,
            row.state,
            row.missed,
        )
        kept[key] = row.count
    for key in sorted({*anew, *kept}):
        if anew[key] != kept[key]:
            yield Difference("count of obligations", str(key), kept[key], anew[key])
    yield from _sums(store)
    yield from _attempts()
    yield from _refused()


def _sums(store: MemoryStore) -> Iterator[Difference]:
    """The running sums of measures against sums made anew."""
    made: dict[tuple[str, ...], list[int]] = {}
    for entry in store.measures.values():
        line = made.setdefault(
            (entry.control, entry.period, entry.person, entry.department, entry.area), [0] * 5
        )
        for place, value in enumerate(SqlStore.sums_of(entry)):
            line[place] += value
    for tally in MeasureTally.objects.all():
        key = (tally.control, tally.period, tally.person, tally.department, tally.area)
        stored = [tally.lines, tally.counted, tally.hits, tally.total, tally.taken_back]
        anew = made.pop(key, [0] * 5)
        if stored != anew:
            yield Difference("sums of a measure", str(key), stored, anew)
    for left, anew in made.items():
        if any(anew):
            yield Difference("sums of a measure", str(left), None, anew)


def _refused() -> Iterator[Difference]:
    """The refused attempts by control against those of the journal."""
    kept = set(RefusedAttempt.objects.values_list("control", "seq"))
    for row in Fact.objects.filter(kind="norms.asked").order_by("seq").iterator(2000):
        for key in [(control, row.seq) for control in attempts.refusing(codec.fact_of(row))]:
            if key not in kept:
                yield Difference("refused attempt", f"{key[0]} {key[1]}", None, row.seq)
            kept.discard(key)
    for control, seq in sorted(kept):
        yield Difference("refused attempt", f"{control} {seq}", seq, None)


def _attempts() -> Iterator[Difference]:
    """The counts of attempts against counts made anew."""
    zone, anew = ZoneInfo(settings.TIME_ZONE), Counter[attempts.Key]()
    rows = Fact.objects.filter(kind__in=attempts.KINDS).order_by("seq")
    for row in rows.iterator(2000):
        for key, n in attempts.counts(codec.fact_of(row), zone):
            anew[key] += n
    kept = Counter(
        {(t.month, t.action, t.person, t.answer, t.control): t.count for t in AttemptTally.objects.all()}
    )
    for key in sorted({*anew, *kept}):
        if anew[key] != kept[key]:
            yield Difference("count of attempts", " ".join(key), kept[key], anew[key])
