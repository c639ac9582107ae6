"""The engine's store in the database: looks rows up by key, keeps what changed, and writes it at once in `flush`.

Between two flushes this object is ahead of the tables, so every look-up lays what changed over what it read. One
writer at a time (see journal/stage.py) makes that safe.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models as db

from guanxi.cores.norms import model as norms
from guanxi.cores.norms.measures import frozen_of
from guanxi.platform.journal import quick
from guanxi.platform.journal.models import Fact as FactRow

from . import attempts, codec
from .folded import Folded, Stood, ready, state_key, stood, write
from .models import Amendment, EngineEntity, EngineState, FrozenFigure, Obligation

Entity = norms.Entity
_NONE = object()
_EVER = datetime(1970, 1, 1, tzinfo=UTC)

# Look-ups by key, many in every action: in SQL, since building a query costs ten times what answering it does.
_ENTITY = "SELECT body FROM regulations_engineentity WHERE kind = %s AND entity = %s"
_AMENDED = "SELECT body FROM regulations_amendment WHERE seq = %s"
_MATCHING = """SELECT obligation_id FROM regulations_obligationmatch
    WHERE control = %s AND "match" = %s AND (closed_at IS NULL OR closed_at >= %s)"""
_WATCHING = """SELECT obligation_id FROM regulations_obligationwatch
    WHERE watch = %s AND (closed_at IS NULL OR closed_at >= %s)"""
_obligation: quick.Prepared[Obligation] = quick.Prepared(lambda: Obligation.objects.filter(pk=quick.WORDS[0]))
_fact: quick.Prepared[FactRow] = quick.Prepared(lambda: FactRow.objects.filter(pk=quick.MARKS[0]))
_every_state: quick.Prepared[EngineState] = quick.Prepared(EngineState.objects.all)
_EVIDENCE = """SELECT seq FROM regulations_evidence WHERE kind = %s AND "match" = %s AND recorded_at >= %s"""


class SqlStore:
    """See `guanxi.cores.norms.store.Store`."""

    def __init__(self) -> None:
        self.zone = ZoneInfo(settings.TIME_ZONE)
        self._facts: dict[int, norms.Fact | None] = {}
        self._amended: dict[int, norms.Fact | None] = {}
        self._states: dict[str, Mapping[str, Any] | None] = {}
        self._dirty_states: set[str] = set()
        self._entities: dict[tuple[str, str], Entity | None] = {}
        self._begun: set[str] = set()
        """Under what nothing stands in the tables, as it is only being made: matches and watches of these things."""
        self._dirty_entities: set[tuple[str, str]] = set()
        self._obligations: dict[str, norms.Obligation] = {}
        self._absent: set[str] = set()  # looked for, and not there
        self._stored: dict[str, norms.Obligation | None] = {}  # dirty ones, as the table holds them
        self._matched: dict[str, set[str]] = {}  # match -> dirty ones that have, or had, it
        self._watched: dict[str, set[str]] = {}
        self._counts: dict[tuple[Any, ...], int] = defaultdict(int)
        self._heard: dict[tuple[str, str], list[tuple[int, datetime]]] = {}
        """Evidence that is not in the tables yet: seq and time of recording, by kind and match."""
        self._dropped_evidence: set[int] = set()
        self._measures: dict[tuple[str, str], norms.MeasureEntry | None] = {}
        self._attempts: dict[attempts.Key, int] = defaultdict(int)
        self._refused: list[tuple[str, int]] = []
        self._frozen: dict[tuple[str, str], norms.Frozen] = {}

    # Facts and states ---------------------------------------------------------------------------------------

    def remember(self, fact: norms.Fact) -> bool:
        """Always new: the journal itself refuses a key twice."""
        self._facts[fact.seq] = fact
        self._count_attempt(fact)
        return True

    def _count_attempt(self, fact: norms.Fact) -> None:
        if fact.kind in attempts.KINDS:
            for key, n in attempts.counts(fact, self.zone):
                self._attempts[key] += n
            self._refused += [(control, fact.seq) for control in attempts.refusing(fact)]

    def fact(self, seq: int) -> norms.Fact | None:
        if seq in self._amended:
            return self._amended[seq]
        if seq not in self._facts:
            amended = quick.select(_AMENDED, seq)
            if amended:
                body = json.loads(amended[0][0]) if amended[0][0] is not None else None
                self._facts[seq] = codec.amended_fact(seq, body) if body else None
            else:
                row = _fact.one(seq)
                self._facts[seq] = codec.fact_of(row) if row else None
        return self._facts[seq]

    def amend(self, seq: int, fact: norms.Fact | None) -> None:
        self._amended[seq] = fact

    def state(self, name: str) -> Mapping[str, Any] | None:
        if name not in self._states:
            if not self._states:
                self._states = {row.name: row.document for row in _every_state()}
            self._states.setdefault(name, None)
        return self._states[name]

    def put_state(self, name: str, document: Mapping[str, Any]) -> None:
        self._states[name] = document
        self._dirty_states.add(name)

    # Entities -----------------------------------------------------------------------------------------------

    def entity(self, kind: str, id: str) -> Entity | None:
        found = self._entities.get((kind, id), _NONE)
        if found is _NONE:
            rows = quick.select(_ENTITY, kind, id)
            found = self._entities[kind, id] = (
                codec.entity_of(kind, id, json.loads(rows[0][0])) if rows else None
            )
        return found  # type: ignore[return-value]

    def begin(self, kind: str, ids: Iterable[str]) -> None:
        """These are only being made, in this transaction: the tables are not asked about them."""
        for id in ids:
            self._entities.setdefault((kind, id), None)
            self._begun.add(f"{kind}={id}")

    def put_entity(self, entity: Entity) -> None:
        self._entities[entity.kind, entity.id] = entity
        self._dirty_entities.add((entity.kind, entity.id))

    def entity_ids(self, kind: str, after: str, limit: int) -> Sequence[str]:
        rows = EngineEntity.objects.filter(kind=kind, entity__gt=after).order_by("entity")
        ids = set(rows.values_list("entity", flat=True)[:limit])
        ids.update(i for k, i in self._dirty_entities if k == kind and i > after)
        return sorted(ids)[:limit]

    # Obligations --------------------------------------------------------------------------------------------

    def obligation(self, id: str) -> norms.Obligation | None:
        found = self._obligations.get(id)
        if found is None and id not in self._absent:
            row = _obligation.one(id)
            if row is not None:
                found = self._obligations[id] = codec.obligation_of(row)
            else:
                self._absent.add(id)
        return found

    def put_obligation(self, obligation: norms.Obligation) -> None:
        before = self._obligations.get(obligation.id)
        self._stored.setdefault(obligation.id, before)
        self._count(obligation, before)
        self._obligations[obligation.id] = obligation
        for match in obligation.matches:
            self._matched.setdefault(match, set()).add(obligation.id)
        for watch in obligation.watches:
            self._watched.setdefault(watch, set()).add(obligation.id)

    def _count(self, obligation: norms.Obligation, before: norms.Obligation | None) -> None:
        if before is not None:
            self._counts[state_key(before)] -= 1
        self._counts[state_key(obligation)] += 1

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[norms.Obligation]:
        found = set()
        if match not in self._begun:
            found = {row[0] for row in quick.select(_MATCHING, control, match, since)}
        for id in self._matched.get(match, ()):
            o = self._obligations[id]
            if f"{o.regulation}/{o.control}" == control:
                found.add(id)
        return self._reachable(found, since, lambda o: match in o.matches)

    def watching(self, watch: str, since: datetime) -> Sequence[norms.Obligation]:
        found = set()
        if watch not in self._begun:
            found = {row[0] for row in quick.select(_WATCHING, watch, since)}
        found.update(self._watched.get(watch, ()))
        return self._reachable(found, since, lambda o: watch in o.watches)

    def due(self, until: datetime) -> Sequence[norms.Obligation]:
        self._load(Obligation.objects.filter(next_at__lte=until))
        ready = [o for o in self._obligations.values() if o.next_at is not None and o.next_at <= until]
        return sorted(ready, key=lambda o: (o.next_at, o.id))

    def due_at(self, until: datetime, limit: int) -> list[datetime]:
        """The first instants up to a moment at which something falls due, in order, at most so many."""
        dirty = [self._obligations[id].next_at for id in self._stored]
        found = [at for at in dirty if at is not None and at <= until]
        rows = Obligation.objects.filter(next_at__lte=until).order_by("next_at", "id")
        for id, at in rows.values_list("id", "next_at")[: limit + len(self._stored)]:
            if at is not None and id not in self._stored:
                found.append(at)
        return sorted(found)[:limit]

    def live_ids(self, regulation: str, after: str, limit: int) -> Sequence[str]:
        rows = Obligation.objects.filter(closed_at__isnull=True, id__gt=after).order_by("id")
        if regulation:
            rows = rows.filter(regulation=regulation)
        ids = {id for id in rows.values_list("id", flat=True)[: limit + len(self._stored)]}
        for id in self._stored:
            o = self._obligations[id]
            ids.discard(id)
            if o.live and id > after and regulation in ("", o.regulation):
                ids.add(id)
        return sorted(ids)[:limit]

    def _reachable(self, ids: set[str], since: datetime, holds: Any) -> list[norms.Obligation]:
        missing = [id for id in ids if id not in self._obligations]
        if len(missing) > 4:
            self._load(Obligation.objects.filter(pk__in=missing))
        else:
            for id in missing:
                self.obligation(id)
        found = (self._obligations[id] for id in sorted(ids) if id in self._obligations)
        return [o for o in found if holds(o) and (o.closed_at is None or o.closed_at >= since)]

    def _load(self, rows: db.QuerySet[Obligation]) -> None:
        for row in rows:
            if row.id not in self._obligations:
                self._obligations[row.id] = codec.obligation_of(row)

    # Evidence and measures ----------------------------------------------------------------------------------

    def add_evidence(self, fact: norms.Fact, matches: Iterable[str]) -> None:
        for match in matches:
            self._heard.setdefault((fact.kind, match), []).append((fact.seq, fact.recorded_at))

    def drop_evidence(self, seq: int) -> None:
        self._dropped_evidence.add(seq)
        for key, lines in self._heard.items():
            self._heard[key] = [line for line in lines if line[0] != seq]

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Sequence[norms.Fact]:
        seqs = self.evidence_seqs(keys, since)
        self._read_facts(seqs)
        return [fact for seq in sorted(seqs) if (fact := self.fact(seq)) is not None]

    def heard_since(self, moment: datetime) -> bool:
        """It may be: the tables would have to be asked, and are by `evidence`."""
        return True

    def evidence_seqs(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> set[int]:
        """The seqs of those facts."""
        wanted = set(keys)
        if not wanted:
            return set()
        asked = {key for key in wanted if key[1] not in self._begun}
        seqs = {row[0] for row in _kept(asked, since or _EVER)}
        seqs -= self._dropped_evidence
        for key in wanted:
            seqs.update(seq for seq, at in self._heard.get(key, ()) if since is None or at >= since)
        return seqs

    def _read_facts(self, seqs: set[int]) -> None:
        missing = [seq for seq in seqs if seq not in self._facts and seq not in self._amended]
        if len(missing) < 2:
            return
        amended = {a.seq: a.body for a in Amendment.objects.filter(seq__in=missing)}
        for row in FactRow.objects.filter(seq__in=missing):
            if row.seq in amended:
                body = amended[row.seq]
                self._facts[row.seq] = codec.amended_fact(row.seq, body) if body else None
            else:
                self._facts[row.seq] = codec.fact_of(row)

    def put_measure(self, entry: norms.MeasureEntry) -> None:
        self._measures[entry.control, entry.key] = entry

    def drop_measure(self, control: str, key: str) -> None:
        self._measures[control, key] = None

    def frozen(self, control: str, period: str) -> norms.Frozen | None:
        known = self._frozen.get((control, period))
        if known is not None:
            return known
        said = (
            FrozenFigure.objects.filter(control=control, period=period).values_list("seq", flat=True).first()
        )
        fact = self.fact(said) if said is not None else None
        return frozen_of(fact) if fact is not None else None

    def put_frozen(self, frozen: norms.Frozen) -> None:
        self._frozen[frozen.control, frozen.period] = frozen

    # Writing ------------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write everything that changed since the last flush."""
        write(ready(self.take()))

    def take(self) -> Folded:
        """Everything that changed since the last time, to be written."""
        taken = Folded(
            amended=self._amended,
            states=[(name, self._states[name]) for name in sorted(self._dirty_states)],
            entities=[e for key in sorted(self._dirty_entities) if (e := self.entity(*key)) is not None],
            obligations=self._taken_obligations(),
            counts=self._counts,
            dropped=self._dropped_evidence,
            evidence=[(*key, *line) for key, lines in self._heard.items() for line in lines],
            measures=self._measures,
            attempts=self._attempts,
            refused=self._refused,
            frozen=list(self._frozen.values()),
        )
        self._facts.update(self._amended)
        self._amended, self._counts = {}, defaultdict(int)
        self._dropped_evidence, self._heard = set(), {}
        self._measures, self._attempts, self._refused = {}, defaultdict(int), []
        self._frozen.clear()
        self._dirty_states.clear()
        self._dirty_entities.clear()
        return taken

    def _taken_obligations(self) -> list[tuple[norms.Obligation, Stood | None]]:
        taken = [(self._obligations[id], stood(before)) for id, before in self._stored.items()]
        self._stored.clear()
        self._matched.clear()
        self._watched.clear()
        return taken


def _kept(wanted: set[tuple[str, str]], start: datetime) -> Sequence[tuple[Any, ...]]:
    """The seqs of evidence under any of these (kind, match), recorded at or after a moment: one question for all, of
    parts that the index answers (SQLite reads the whole table for pairs in a list)."""
    found: list[tuple[Any, ...]] = []
    pairs = sorted(wanted)
    for first in range(0, len(pairs), 100):
        some = pairs[first : first + 100]
        values = [value for kind, match in some for value in (kind, match, start)]
        found += quick.select(" UNION ALL ".join([_EVIDENCE] * len(some)), *values)
    return found
