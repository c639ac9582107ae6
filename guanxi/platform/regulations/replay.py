"""Rebuild everything that the engine folded from the journal alone, and hold it against the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count

from guanxi.cores.norms import model as norms
from guanxi.cores.norms.backtest import no_circles
from guanxi.cores.norms.bounded import BoundedStore
from guanxi.cores.norms.engine import Engine
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.snapshot import one_moment

from . import attempts, codec
from .closing import ReplayedSums, frozen_figures
from .engine import engine
from .folded import state_key
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
from .shelf import FileShelf, in_parts

RELEASED = 5000
"""After so many facts a replay puts away what is over."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the tables hold otherwise than the journal says."""

    what: str
    key: str
    stored: Any
    replayed: Any

    def __str__(self) -> str:
        return f"{self.what} {self.key}: stored {self.stored!r}, the journal says {self.replayed!r}"


class Replayed(BoundedStore):
    """What a journal says, folded from nothing: in memory what is open, on a file's shelf what is over."""

    shelf: FileShelf

    def __init__(self) -> None:
        super().__init__(FileShelf())
        self.counts: Counter[tuple[Any, ...]] = Counter()
        """How many obligations stand under each key of a running sum."""

    def put_obligation(self, obligation: norms.Obligation) -> None:
        before = self.obligation(obligation.id)
        if before is not None:
            self.counts[state_key(before)] -= 1
        self.counts[state_key(obligation)] += 1
        super().put_obligation(obligation)

    def put_measure(self, entry: norms.MeasureEntry) -> None:
        self.shelf.put_line(entry.control, entry.key, entry)

    def drop_measure(self, control: str, key: str) -> None:
        self.shelf.put_line(control, key, None)

    def lines(self, control: str, periods: Sequence[str]) -> Iterator[norms.MeasureEntry]:
        return self.shelf.lines(control, periods)

    def put_all_away(self) -> None:
        """The journal has been told to its end: everything to the shelf."""
        evidence = [(*key, seq, at) for key, kept in self._evidence.items() for at, seq in kept]
        for index in (self._matching, self._watching, self._evidence, self._evidence_of, self.facts):
            index.clear()
        self.shelf.put((), evidence)
        for some in in_parts(self.obligations.values()):
            self.shelf.put(some, ())
        self.obligations.clear()


def replay(store: BoundedStore, up_to: int | None = None, wrong: list[Difference] | None = None) -> None:
    """Fold the journal into an empty store. wrong: gets what was frozen otherwise than counting up to there says; the
    store must be one that counts."""
    made = engine()
    counted: dict[str, Any] = {}
    with no_circles():
        for place, row in enumerate(facts(up_to), start=1):
            if isinstance(store, Replayed) and wrong is not None:
                if row.kind == "norms.period_closed":
                    counted |= _counted(made, store, row)
                elif row.kind == "norms.measure_frozen":
                    key = _frozen_key(row.data)
                    data = counted.pop(key, None)
                    if data != row.data:
                        wrong.append(Difference("frozen figures", key, row.data, data))
            made.apply(codec.fact_of(row), store)
            if place % RELEASED == 0:
                store.release()
    if wrong is not None:
        wrong += [Difference("frozen figures", key, None, data) for key, data in counted.items()]


def _counted(made: Engine, store: Replayed, row: Fact) -> dict[str, Any]:
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
        store = Replayed()
        replay(store, wrong=found)
        store.put_all_away()
        for difference in _compare(store):
            found.append(difference)
            if len(found) >= most:
                break
    return found[:most]


def _compare(store: Replayed) -> Iterator[Difference]:
    """Table by table, in portions: what was compared is let go."""
    shelf, sums = store.shelf, dict(store.shelf.sums())
    for rows in in_parts(Obligation.objects.order_by("id").iterator(2000)):
        replayed = shelf.take_obligations([row.id for row in rows])
        for row in rows:
            stored, anew = codec.obligation_of(row), replayed.get(row.id)
            if stored != anew:
                yield from _fields("obligation", row.id, stored, anew)
    for left in shelf.left_obligations():
        yield Difference("obligation", left.id, None, left.state.value)
    for entity in EngineEntity.objects.iterator(2000):
        entities = store.entities.get(entity.kind)
        replayed_entity = entities.pop(entity.entity, None) if entities is not None else None
        if codec.entity_of(entity.kind, entity.entity, entity.body) != replayed_entity:
            yield Difference("entity", f"{entity.kind} {entity.entity}", entity.body, replayed_entity)
    for kind, entities in store.entities.items():
        for id in entities:
            yield Difference("entity", f"{kind} {id}", None, "there")
    for lines in in_parts(MeasureEntry.objects.iterator(2000)):
        known = shelf.take_lines([(line.control, line.key) for line in lines])
        for line in lines:
            if codec.measure_of(line) != known.get((line.control, line.key)):
                yield Difference("measure line", f"{line.control} {line.key}", line.value, None)
    for control, key in shelf.left_lines():
        yield Difference("measure line", f"{control} {key}", None, "there")
    states = {row.name: row.document for row in EngineState.objects.all()}
    for name in sorted({*states, *store.states}):
        if states.get(name) != store.states.get(name):
            yield Difference("state", name, states.get(name), store.states.get(name))
    yield from _tallies(store.counts)
    yield from _sums(sums)
    yield from _attempts()
    yield from _refused()
    yield from _frozen(store)
    kept = Evidence.objects.order_by("kind", "match").values_list("kind", "match").annotate(n=Count("pk"))
    for some in in_parts(kept.iterator(2000)):
        numbers = shelf.take_evidence([f"{kind} {match}" for kind, match, _ in some])
        for kind, match, n in some:
            if n != numbers.get(f"{kind} {match}", 0):
                yield Difference("evidence", f"{kind} {match}", n, numbers.get(f"{kind} {match}", 0))
    for name, n in shelf.left_evidence():
        yield Difference("evidence", name, 0, n)


def _fields(what: str, key: str, stored: Any, replayed: Any) -> Iterator[Difference]:
    if replayed is None:
        yield Difference(what, key, stored.state.value, None)
        return
    for name in stored.__dataclass_fields__:
        if getattr(stored, name) != getattr(replayed, name):
            yield Difference(what, f"{key}.{name}", getattr(stored, name), getattr(replayed, name))


def _frozen(store: Replayed) -> Iterator[Difference]:
    """Rows of frozen figures against what the facts say."""
    left = Counter(_row(row) for frozen in store.closed.values() for row in codec.frozen_rows(frozen))
    kept = Counter(_row(row) for row in FrozenFigure.objects.iterator(2000))
    for row in sorted({*left, *kept}, key=str):
        if left[row] != kept[row]:
            yield Difference("frozen figures", str(row), kept[row], left[row])


def _row(row: FrozenFigure) -> tuple[Any, ...]:
    figures = tuple(sorted(row.figures.items()))
    return (row.control, row.period, row.person, row.department, figures, row.up_to, row.seq)


def _tallies(anew: Counter[tuple[Any, ...]]) -> Iterator[Difference]:
    """The running counts of obligations against counts made anew."""
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


def _sums(made: dict[tuple[str, ...], list[int]]) -> Iterator[Difference]:
    """The running sums of measures against sums made anew."""
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
