"""The engine's store for one process that alone writes: what is open and what was closed of late is in memory, so that
nothing is looked up for it; what is over stands in the tables, and is read again where something reaches back so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol

from guanxi.cores.norms import model as norms
from guanxi.cores.norms.bounded import BoundedStore, Line
from guanxi.platform.regulations.folded import Folded, Stood, stood
from guanxi.platform.regulations.replay import replay
from guanxi.platform.regulations.store import SqlStore

from .unhurried import free_memory

FEWEST, LARGE = 20_000, 2_500
"""So many obligations and things stay objects in any case; bytes of such an object."""
RELEASED = 5000
"""After so many facts what is over leaves the memory."""


class Progress(Protocol):
    """How far what was taken is written."""

    def given(self) -> int:
        """How many batches were handed on."""

    def written(self) -> int:
        """How many of them, the first ones, are written."""

    def settle(self, before: datetime | None = None) -> None:
        """Return when all is written, or all that was recorded before a moment."""


class AtOnce:
    """Where nothing is on its way: what is taken is written before anybody asks."""

    def given(self) -> int:
        return 0

    def written(self) -> int:
        return 1

    def settle(self, before: datetime | None = None) -> None:
        pass


class Tables:
    """The tables as a shelf; see `guanxi.cores.norms.bounded.Shelf`. Each question is put to a store of its own, since
    what another one read stays with it. What the tables do not have yet is awaited only where it can be asked for."""

    def __init__(self, progress: Progress, dropped: Callable[[], set[int]]) -> None:
        self._progress, self._dropped = progress, dropped
        self.horizon: datetime | None = None
        """Evidence recorded before is looked for here, the rest is in memory; None before anything left the memory."""
        self._all = True
        """Whether evidence was dropped of which the tables may not know yet."""
        self._fresh: deque[tuple[int, dict[str, norms.Obligation]]] = deque()
        """What left the memory and may not be written: by the number of the batch with which it surely is."""

    def put(self, closed: Sequence[norms.Obligation], evidence: Sequence[Line]) -> None:
        """They stand there already, or will with the next batch."""
        self._fresh.append((self._progress.given() + 1, {o.id: o for o in closed}))
        self._forget_written()

    def fact(self, seq: int) -> norms.Fact | None:
        return self._tables().fact(seq)

    def obligation(self, id: str) -> norms.Obligation | None:
        self._forget_written()
        for _, gone in reversed(self._fresh):
            if id in gone:
                return gone[id]
        return SqlStore().obligation(id)

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[norms.Obligation]:
        return self._tables().by_match(control, match, since)

    def watching(self, watch: str, since: datetime) -> Sequence[norms.Obligation]:
        return self._tables().watching(watch, since)

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Iterable[int]:
        if self._all:
            self._all = bool(self._dropped())
            return self._tables().evidence_seqs(keys, since) - self._dropped()
        return self._tables(self.horizon).evidence_seqs(keys, since)

    def drop_evidence(self, seq: int) -> None:
        """The store that folds says so in what it writes."""
        self._all = True

    def _forget_written(self) -> None:
        written = self._progress.written()
        while self._fresh and self._fresh[0][0] <= written:
            self._fresh.popleft()

    def _tables(self, before: datetime | None = None) -> SqlStore:
        self._progress.settle(before)
        return SqlStore()


def room() -> int:
    """How many obligations, and how many things of a kind, may stay objects: what a quarter of the memory that is free
    now holds. Making objects of bytes again is a fifth of the work where there are a million customers."""
    return max(FEWEST, free_memory() // 4 // LARGE)


class Remembering(SqlStore):
    """A store in memory that writes what changed to the tables, by `flush` or, what was taken, by somebody else.

    holds_back: the rows of what is still open are not written until it closes, or until `rest` gives them out.
    """

    def __init__(self, progress: Progress | None = None, *, holds_back: bool = False) -> None:
        """Begins with what the journal says so far."""
        super().__init__()
        self.tables = Tables(progress or AtOnce(), lambda: self._dropped_evidence)
        self.memory = BoundedStore(self.tables, warm=room())
        self.holds_back, self._told = holds_back, 0
        self._held: dict[str, norms.Obligation | None] = {}
        """What is open and not written as it is now; as its row was written last."""
        replay(self.memory)

    def remember(self, fact: norms.Fact) -> bool:
        self._told += 1
        self._count_attempt(fact)
        return self.memory.remember(fact)

    def fact(self, seq: int) -> norms.Fact | None:
        return self.memory.fact(seq)

    def amend(self, seq: int, fact: norms.Fact | None) -> None:
        self.memory.amend(seq, fact)
        super().amend(seq, fact)

    def entity(self, kind: str, id: str) -> norms.Entity | None:
        return self.memory.entity(kind, id)

    def put_entity(self, entity: norms.Entity) -> None:
        self.memory.put_entity(entity)
        self._dirty_entities.add((entity.kind, entity.id))

    def entity_ids(self, kind: str, after: str, limit: int) -> Sequence[str]:
        return self.memory.entity_ids(kind, after, limit)

    def obligation(self, id: str) -> norms.Obligation | None:
        return self.memory.obligation(id)

    def put_obligation(self, obligation: norms.Obligation) -> None:
        id = obligation.id
        before = written = self.memory.obligation(id)
        here, there = self._stored, self._held
        if obligation.closed_at is None and self.holds_back:
            here, there = there, here
        if id in there:
            written = there.pop(id)
        here.setdefault(id, written)
        self._count(obligation, before)
        self.memory.put_obligation(obligation)

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[norms.Obligation]:
        return self.memory.by_match(control, match, since)

    def watching(self, watch: str, since: datetime) -> Sequence[norms.Obligation]:
        return self.memory.watching(watch, since)

    def due(self, until: datetime) -> Sequence[norms.Obligation]:
        return self.memory.due(until)

    def due_at(self, until: datetime, limit: int) -> list[datetime]:
        return [o.next_at for o in self.memory.due(until)[:limit] if o.next_at is not None]

    def live_ids(self, regulation: str, after: str, limit: int) -> Sequence[str]:
        return self.memory.live_ids(regulation, after, limit)

    def add_evidence(self, fact: norms.Fact, matches: Iterable[str]) -> None:
        found = list(matches)
        self.memory.add_evidence(fact, found)
        super().add_evidence(fact, found)

    def drop_evidence(self, seq: int) -> None:
        self.memory.drop_evidence(seq)
        super().drop_evidence(seq)

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Sequence[norms.Fact]:
        return self.memory.evidence(keys, since)

    def heard_since(self, moment: datetime) -> bool:
        return self.memory.heard_since(moment)

    def take(self) -> Folded:
        taken = super().take()
        if self._told >= RELEASED:
            self.memory.release()
            self.tables.horizon = self.memory.horizon
            self._told = 0
        return taken

    def _taken_obligations(self) -> list[tuple[norms.Obligation, Stood | None]]:
        taken = [(self.memory.obligations[id], stood(before)) for id, before in self._stored.items()]
        self._stored.clear()
        return taken

    def rest(self, portion: int) -> Iterator[Folded]:
        """What was held back, in portions; afterwards nothing is."""
        self.holds_back = False
        held, self._held = self._held, {}
        ids = iter(held)
        while some := list(islice(ids, portion)):
            self._stored = {id: held[id] for id in some}
            yield self.take()
            self.memory.pack()
