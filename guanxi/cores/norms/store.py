"""Where the engine keeps what it folded: a small protocol of keyed look-ups, and one that lives in memory.

A database adapter implements the same protocol. ``apply`` uses look-ups by key only; the two listings at the end
serve the roll-out of a new version or calendar, a page at a time.

``match`` is a join as text: ``visit=V1``, ``department=D2,notice=N7`` (names in order, canonical ids). ``watch`` is
``kind=id`` of an entity. ``since`` limits to what can still be changed by something that took effect at that time:
obligations that are live or were closed at or after it, evidence that was recorded at or after it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Hashable, Iterable, Mapping, MutableMapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from typing import Any, Protocol, TypeVar

from guanxi.cores.norms.model import Entity, Fact, Frozen, MeasureEntry, Obligation


class Store(Protocol):
    """What the engine needs to be kept. All writes of one ``apply`` belong in one transaction."""

    def remember(self, fact: Fact) -> bool:
        """Take note of a fact; False when a fact with this key has been applied before."""

    def fact(self, seq: int) -> Fact | None:
        """The fact with this seq, as last amended; None when it is unknown or annulled."""

    def amend(self, seq: int, fact: Fact | None) -> None:
        """From now on ``fact(seq)`` answers this (a corrected fact), or None (an annulled one)."""

    def state(self, name: str) -> Mapping[str, Any] | None:
        """A small JSON document of the engine's own (``clock``, ``versions``, ``calendar``, ``rollout``)."""

    def put_state(self, name: str, document: Mapping[str, Any]) -> None:
        """Replace such a document."""

    def entity(self, kind: str, id: str) -> Entity | None:
        """One entity."""

    def put_entity(self, entity: Entity) -> None:
        """Write one entity."""

    def obligation(self, id: str) -> Obligation | None:
        """One obligation."""

    def put_obligation(self, obligation: Obligation) -> None:
        """Write one obligation with its matches, watches and next instant."""

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[Obligation]:
        """Obligations of a control (``R1/visit-report``) with this match, live or closed at or after ``since``."""

    def watching(self, watch: str, since: datetime) -> Sequence[Obligation]:
        """Obligations that watch this entity, live or closed at or after ``since``."""

    def due(self, until: datetime) -> Sequence[Obligation]:
        """Obligations whose ``next_at`` is at or before ``until``, by ``(next_at, id)``."""

    def add_evidence(self, fact: Fact, matches: Iterable[str]) -> None:
        """Keep a fact so that it can be found by its kind and each of these matches."""

    def drop_evidence(self, seq: int) -> None:
        """Forget a fact as evidence (it was annulled or corrected)."""

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Sequence[Fact]:
        """Facts kept under any of these (kind, match), recorded at or after ``since``, each once, by seq."""

    def heard_since(self, moment: datetime) -> bool:
        """Whether there may be any evidence at all that was recorded at or after a moment."""

    def put_measure(self, entry: MeasureEntry) -> None:
        """Write one line of a measure (keyed by control and key)."""

    def drop_measure(self, control: str, key: str) -> None:
        """Delete one line of a measure, if it is there."""

    def frozen(self, control: str, period: str) -> Frozen | None:
        """What a control's figures were when a period closed."""

    def put_frozen(self, frozen: Frozen) -> None:
        """Keep a closed period's figures (written once)."""

    def live_ids(self, regulation: str, after: str, limit: int) -> Sequence[str]:
        """Ids of live obligations of a regulation (empty: of all), in order, above ``after``: for roll-outs."""

    def entity_ids(self, kind: str, after: str, limit: int) -> Sequence[str]:
        """Ids of entities of a kind, in order, above ``after``: for roll-outs."""


Key = TypeVar("Key", bound=Hashable)


class _Index:
    """Obligation ids under a key: the live ones, and the closed ones in order of closing."""

    __slots__ = ("closed", "live")

    def __init__(self) -> None:
        self.live: dict[str, None] = {}
        self.closed: list[tuple[datetime, str]] | None = None

    def close(self, id: str, closed_at: datetime) -> None:
        if self.closed is None:
            self.closed = [(closed_at, id)]
        elif self.closed and self.closed[-1][0] >= closed_at:
            insort(self.closed, (closed_at, id))
        else:
            self.closed.append((closed_at, id))

    def drop(self, id: str, closed_at: datetime | None) -> None:
        if closed_at is None:
            self.live.pop(id, None)
        elif self.closed:
            place = bisect_left(self.closed, (closed_at, id))
            if place < len(self.closed) and self.closed[place] == (closed_at, id):
                del self.closed[place]

    @property
    def empty(self) -> bool:
        return not (self.live or self.closed)

    def reach(self, since: datetime) -> list[str]:
        if not self.closed or self.closed[-1][0] < since:
            return [*self.live]
        first = bisect_left(self.closed, (since, ""))
        return [*self.live, *[id for _, id in self.closed[first:]]]


def link(indexes: dict[Key, _Index], key: Key, id: str, closed_at: datetime | None) -> None:
    index = indexes.get(key)
    if index is None:
        index = indexes[key] = _Index()
    if closed_at is None:
        index.live[id] = None
    else:
        index.close(id, closed_at)


def unlink(indexes: dict[Key, _Index], key: Key, id: str, closed_at: datetime | None) -> None:
    index = indexes.get(key)
    if index is not None:
        index.drop(id, closed_at)
        if index.empty:
            del indexes[key]


def relink(
    indexes: dict[Key, _Index],
    left: Sequence[Key],
    keys: Sequence[Key],
    id: str,
    before: datetime | None,
    closed_at: datetime | None,
) -> None:
    """Move an id from where it stood to where it stands now; mostly it is only closed, under the same keys."""
    if left is keys or left == keys:
        if before is None and closed_at is not None:
            for key in keys:
                index = indexes[key]
                index.live.pop(id, None)
                index.close(id, closed_at)
        if before == closed_at or before is None:
            return
    for key in left:
        unlink(indexes, key, id, before)
    for key in keys:
        link(indexes, key, id, closed_at)


class MemoryStore:
    """A store in dictionaries: for replay, back-tests, cases and tests."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.facts: dict[int, Fact | None] = {}
        self.states: dict[str, Mapping[str, Any]] = {}
        self.entities: dict[str, MutableMapping[str, Entity]] = {}
        self.obligations: MutableMapping[str, Obligation] = {}
        self.measures: dict[tuple[str, str], MeasureEntry] = {}
        self.closed: dict[tuple[str, str], Frozen] = {}
        self._matching: dict[tuple[str, str], _Index] = {}
        self._watching: dict[str, _Index] = {}
        self._next: dict[str, datetime] = {}
        self._queue: list[tuple[datetime, str]] = []
        self._evidence: dict[tuple[str, str], list[tuple[datetime, int]]] = {}
        self._evidence_of: dict[int, list[tuple[str, str]]] = {}
        self._heard: datetime | None = None

    def remember(self, fact: Fact) -> bool:
        """See Store."""
        if fact.key in self.keys:
            return False
        self.keys.add(fact.key)
        self.facts[fact.seq] = fact
        return True

    def fact(self, seq: int) -> Fact | None:
        """See Store."""
        return self.facts.get(seq)

    def amend(self, seq: int, fact: Fact | None) -> None:
        """See Store."""
        self.facts[seq] = fact

    def state(self, name: str) -> Mapping[str, Any] | None:
        """See Store."""
        return self.states.get(name)

    def put_state(self, name: str, document: Mapping[str, Any]) -> None:
        """See Store."""
        self.states[name] = document

    def entity(self, kind: str, id: str) -> Entity | None:
        """See Store."""
        entities = self.entities.get(kind)
        return entities.get(id) if entities is not None else None

    def put_entity(self, entity: Entity) -> None:
        """See Store."""
        self.entities.setdefault(entity.kind, {})[entity.id] = entity

    def obligation(self, id: str) -> Obligation | None:
        """See Store."""
        return self.obligations.get(id)

    def put_obligation(self, obligation: Obligation) -> None:
        """See Store."""
        id = obligation.id
        before: Obligation | None = self.obligations.get(id)
        self.obligations[id] = obligation
        self._find_again(obligation, before)
        at = obligation.next_at
        if at is None:
            self._next.pop(id, None)
        elif self._next.get(id) != at:
            self._next[id] = at
            heappush(self._queue, (at, id))

    def _find_again(self, obligation: Obligation, before: Obligation | None) -> None:
        id, closed_at = obligation.id, obligation.closed_at
        if (
            before is not None
            and before.matches is obligation.matches
            and before.watches is obligation.watches
            and before.closed_at == closed_at
        ):
            return
        control = f"{obligation.regulation}/{obligation.control}"
        matches = left = [(control, match) for match in obligation.matches]
        if before is None:
            for match in matches:
                link(self._matching, match, id, closed_at)
            for watch in obligation.watches:
                link(self._watching, watch, id, closed_at)
        else:
            if before.matches != obligation.matches:
                left = [(control, match) for match in before.matches]
            relink(self._matching, left, matches, id, before.closed_at, closed_at)
            relink(self._watching, before.watches, obligation.watches, id, before.closed_at, closed_at)

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[Obligation]:
        """See Store."""
        index = self._matching.get((control, match))
        return [*map(self.obligations.__getitem__, index.reach(since))] if index else ()

    def watching(self, watch: str, since: datetime) -> Sequence[Obligation]:
        """See Store."""
        index = self._watching.get(watch)
        return [*map(self.obligations.__getitem__, index.reach(since))] if index else ()

    def due(self, until: datetime) -> Sequence[Obligation]:
        """See Store. Entries that an obligation has left behind are dropped when their time comes."""
        ready: list[tuple[datetime, str]] = []
        while self._queue and self._queue[0][0] <= until:
            at, id = heappop(self._queue)
            if self._next.get(id) == at and (not ready or ready[-1] != (at, id)):
                ready.append((at, id))
        for entry in ready:
            heappush(self._queue, entry)
        return [self.obligations[id] for _, id in ready]

    def add_evidence(self, fact: Fact, matches: Iterable[str]) -> None:
        """See Store."""
        entry = (fact.recorded_at, fact.seq)
        if self._heard is None or self._heard < fact.recorded_at:
            self._heard = fact.recorded_at
        keys = [(fact.kind, match) for match in matches]
        known = self._evidence_of.get(fact.seq)
        self._evidence_of[fact.seq] = [*known, *keys] if known else keys
        for key in keys:
            kept = self._evidence.get(key)
            if kept is None:
                self._evidence[key] = [entry]
            elif kept[-1] < entry:
                kept.append(entry)
            else:
                insort(kept, entry)

    def drop_evidence(self, seq: int) -> None:
        """See Store."""
        for key in self._evidence_of.pop(seq, ()):
            left = [entry for entry in self._evidence.pop(key, ()) if entry[1] != seq]
            if left:
                self._evidence[key] = left

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Sequence[Fact]:
        """See Store."""
        seqs: set[int] = set()
        for key in keys:
            kept = self._evidence.get(key)
            if kept and (since is None or kept[-1][0] >= since):
                first = 0 if since is None else bisect_left(kept, (since, 0))
                for _, seq in kept[first:]:
                    seqs.add(seq)
        if len(seqs) < 2:
            one = self.fact(seqs.pop()) if seqs else None
            return () if one is None else (one,)
        return [fact for seq in sorted(seqs) if (fact := self.fact(seq)) is not None]

    def heard_since(self, moment: datetime) -> bool:
        """See Store."""
        return self._heard is not None and self._heard >= moment

    def put_measure(self, entry: MeasureEntry) -> None:
        """See Store."""
        self.measures[entry.control, entry.key] = entry

    def drop_measure(self, control: str, key: str) -> None:
        """See Store."""
        self.measures.pop((control, key), None)

    def frozen(self, control: str, period: str) -> Frozen | None:
        """See Store."""
        return self.closed.get((control, period))

    def put_frozen(self, frozen: Frozen) -> None:
        """See Store."""
        self.closed[frozen.control, frozen.period] = frozen

    def live_ids(self, regulation: str, after: str, limit: int) -> Sequence[str]:
        """See Store."""
        ids = sorted(
            o.id
            for o in self.obligations.values()
            if o.live and o.id > after and regulation in ("", o.regulation)
        )
        return ids[:limit]

    def entity_ids(self, kind: str, after: str, limit: int) -> Sequence[str]:
        """See Store."""
        return sorted(id for id in self.entities.get(kind, ()) if id > after)[:limit]
