"""A store in memory that is as large as what is open, not as long as the journal.

What a fact says of now finds what is live or was closed of late: that stays here. What was closed long ago, old evidence
and old facts lie on a shelf (a table, a file), and are looked for there only by what reaches back so far: a late fact, a
correction, a merger that is undone. The answers are those of `MemoryStore`, whatever was put away and when.
"""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Any, Final, Generic, Protocol, TypeVar
from zlib import crc32

from guanxi.cores.norms.model import Entity, Fact, Obligation
from guanxi.cores.norms.store import MemoryStore, unlink

V = TypeVar("V")
_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BITS: Final = 27

Line = tuple[str, str, int, datetime]
"""A line of evidence: kind, match, seq and when it was recorded."""


class Shelf(Protocol):
    """What was put away. It may hold more than that (a table has the live ones too, as last written)."""

    def put(self, closed: Sequence[Obligation], evidence: Sequence[Line]) -> None:
        """Keep these; an obligation that is there already is written over."""

    def fact(self, seq: int) -> Fact | None:
        """A fact as the journal has it."""

    def obligation(self, id: str) -> Obligation | None:
        """One obligation."""

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[Obligation]:
        """See Store; closed ones only are looked for."""

    def watching(self, watch: str, since: datetime) -> Sequence[Obligation]:
        """See Store; closed ones only are looked for."""

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Iterable[int]:
        """Seqs of the facts kept under any of these (kind, match), recorded at or after `since`."""

    def drop_evidence(self, seq: int) -> None:
        """Forget a fact as evidence."""


class Packed(MutableMapping[str, V], Generic[V]):
    """A dictionary of which only so many values are objects; the others are bytes, a fifth as large, until asked for."""

    def __init__(self, pack: Callable[[V], bytes], unpack: Callable[[bytes], V]) -> None:
        self._pack, self._unpack = pack, unpack
        self.warm: dict[str, V] = {}
        """Those that are objects: whoever asks very often looks here first."""
        self._cold: dict[str, bytes] = {}

    def get(self, key: str, default: Any = None) -> Any:
        found = self.warm.get(key)
        if found is None:
            packed = self._cold.get(key)
            if packed is None:
                return default
            found = self.warm[key] = self._unpack(packed)
        return found

    def __getitem__(self, key: str) -> V:
        found: V | None = self.get(key)
        if found is None:
            raise KeyError(key)
        return found

    def __setitem__(self, key: str, value: V) -> None:
        self._cold.pop(key, None)
        self.warm[key] = value

    def __delitem__(self, key: str) -> None:
        cold, warm = self._cold.pop(key, None), self.warm.pop(key, None)
        if cold is None and warm is None:
            raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return key in self.warm or key in self._cold

    def __iter__(self) -> Iterator[str]:
        return iter([*self._cold, *[key for key in self.warm if key not in self._cold]])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def values(self) -> Any:
        """The values, one after the other; those that are bytes stay so."""
        for key in self:
            found = self.warm.get(key)
            yield found if found is not None else self._unpack(self._cold[key])

    def clear(self) -> None:
        self.warm.clear()
        self._cold.clear()

    def pack(self, most: int) -> None:
        """Leave at most so many as objects: those that came last."""
        for key in list(islice(self.warm, max(0, len(self.warm) - most))):
            value = self.warm.pop(key)
            if key not in self._cold:
                self._cold[key] = self._pack(value)


class Passed:
    """Which ids, or keys of evidence, may have been put away, in 16 MB however many they are: what it does not know was
    never put away; of ten million it names one in fourteen wrongly, and that is looked for in vain."""

    def __init__(self) -> None:
        self._bits = bytearray(1 << (_BITS - 3))

    def add(self, key: str) -> None:
        place = crc32(key.encode()) >> (32 - _BITS)
        self._bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, key: str) -> bool:
        place = crc32(key.encode()) >> (32 - _BITS)
        return bool(self._bits[place >> 3] & 1 << (place & 7))


class BoundedStore(MemoryStore):
    """See above. `release` puts away; whoever folds calls it now and then, between two facts.

    `recent`: how long what was closed stays; `warm`: how many obligations, and entities of each kind, stay objects;
    `read`: how many facts that were read again stay.
    """

    def __init__(
        self, shelf: Shelf, *, recent: timedelta = timedelta(days=7), warm: int = 20_000, read: int = 20_000
    ) -> None:
        super().__init__()
        self.shelf, self.recent, self.warm, self.read = shelf, recent, warm, read
        self.horizon = _EVER
        """What was closed before, and evidence recorded before, lies on the shelf."""
        self.obligations: Packed[Obligation] = Packed(packed, unpacked)
        self.entities: dict[str, Packed[Entity]] = {}  # type: ignore[assignment]
        self._amended: dict[int, Fact | None] = {}
        self._closing: list[tuple[datetime, str]] = []
        self._recorded: deque[tuple[datetime, int]] = deque()
        self._passed, self._witnessed = Passed(), Passed()
        self._last, self._now = 0, _EVER

    # -- facts ---------------------------------------------------------------------------------------------------

    def remember(self, fact: Fact) -> bool:
        """See Store. Facts come in the order of the journal, which refuses a key twice itself."""
        if fact.seq <= self._last:
            return False
        self._last, self._now = fact.seq, fact.recorded_at
        self.facts[fact.seq] = fact
        return True

    def fact(self, seq: int) -> Fact | None:
        """See Store."""
        found = self.facts.get(seq)
        if found is None:
            if seq in self._amended:
                return self._amended[seq]
            found = self.facts[seq] = self.shelf.fact(seq)
        return found

    def amend(self, seq: int, fact: Fact | None) -> None:
        """See Store."""
        self.facts.pop(seq, None)
        self._amended[seq] = fact

    # -- entities ------------------------------------------------------------------------------------------------

    def entity(self, kind: str, id: str) -> Entity | None:
        """See Store."""
        entities = self.entities.get(kind)
        return None if entities is None else entities.warm.get(id) or entities.get(id)

    def put_entity(self, entity: Entity) -> None:
        """See Store."""
        entities = self.entities.get(entity.kind)
        if entities is None:
            entities = self.entities[entity.kind] = Packed(pickle.dumps, pickle.loads)
        entities[entity.id] = entity

    # -- obligations ---------------------------------------------------------------------------------------------

    def obligation(self, id: str) -> Obligation | None:
        """See Store."""
        found: Obligation | None = self.obligations.warm.get(id) or self.obligations.get(id)
        if found is None and id in self._passed:
            found = self.shelf.obligation(id)
        return found

    def put_obligation(self, obligation: Obligation) -> None:
        """See Store."""
        super().put_obligation(obligation)
        if obligation.closed_at is not None:
            heappush(self._closing, (obligation.closed_at, obligation.id))

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[Obligation]:
        """See Store."""
        found = super().by_match(control, match, since)
        if since >= self.horizon:
            return found
        return [*found, *self._away(self.shelf.by_match(control, match, since))]

    def watching(self, watch: str, since: datetime) -> Sequence[Obligation]:
        """See Store."""
        found = super().watching(watch, since)
        if since >= self.horizon:
            return found
        return [*found, *self._away(self.shelf.watching(watch, since))]

    def _away(self, found: Sequence[Obligation]) -> list[Obligation]:
        """Those of what lies on the shelf of which nothing newer is here."""
        return [o for o in found if o.id in self._passed and o.id not in self.obligations]

    # -- evidence ------------------------------------------------------------------------------------------------

    def add_evidence(self, fact: Fact, matches: Iterable[str]) -> None:
        """See Store."""
        super().add_evidence(fact, matches)
        self._recorded.append((fact.recorded_at, fact.seq))

    def drop_evidence(self, seq: int) -> None:
        """See Store."""
        super().drop_evidence(seq)
        self.shelf.drop_evidence(seq)

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Sequence[Fact]:
        """See Store."""
        if since is not None and since >= self.horizon:
            return super().evidence(keys, since)
        wanted = list(keys)
        here = {fact.seq: fact for fact in super().evidence(wanted, since)}
        away = [key for key in wanted if "|".join(key) in self._witnessed]
        for seq in self.shelf.evidence(away, since) if away else ():
            if seq not in here and (fact := self.fact(seq)) is not None:
                here[seq] = fact
        return [here[seq] for seq in sorted(here)]

    # -- putting away --------------------------------------------------------------------------------------------

    def release(self) -> None:
        """Put away what was closed and recorded long before the last fact, and pack what was not touched of late."""
        self.horizon = max(self.horizon, self._now - self.recent)
        self.shelf.put(self._closed(), self._old_evidence())
        if len(self._queue) > 2 * len(self._next) + self.warm:
            self._queue = [(at, id) for id, at in self._next.items()]
            heapify(self._queue)
        self.pack()

    def pack(self) -> None:
        """Leave so many objects as are to stay; the others become bytes, facts are read again."""
        self.obligations.pack(self.warm)
        for entities in self.entities.values():
            entities.pack(self.warm)
        for seq in list(islice(self.facts, max(0, len(self.facts) - self.read))):
            del self.facts[seq]

    def _closed(self) -> list[Obligation]:
        gone: list[Obligation] = []
        while self._closing and self._closing[0][0] < self.horizon:
            at, id = heappop(self._closing)
            o: Obligation | None = self.obligations.get(id)
            if o is None or o.closed_at != at:
                continue  # it went before, or was judged otherwise since
            control = f"{o.regulation}/{o.control}"
            for match in o.matches:
                unlink(self._matching, (control, match), id, at)
            for watch in o.watches:
                unlink(self._watching, watch, id, at)
            del self.obligations[id]
            self._next.pop(id, None)
            self._passed.add(id)
            gone.append(o)
        return gone

    def _old_evidence(self) -> list[Line]:
        gone: list[Line] = []
        while self._recorded and self._recorded[0][0] < self.horizon:
            at, seq = self._recorded.popleft()
            for key in self._evidence_of.pop(seq, ()):
                kept = self._evidence[key]
                kept.remove((at, seq))
                if not kept:
                    del self._evidence[key]
                self._witnessed.add("|".join(key))
                gone.append((*key, seq, at))
        return gone


def packed(o: Obligation) -> bytes:
    """An obligation as bytes."""
    return pickle.dumps(tuple(o.__dict__.values()))


def unpacked(body: bytes) -> Obligation:
    """An obligation from its bytes, which are our own."""
    return Obligation.made(**dict(zip(_NAMES, pickle.loads(body), strict=True)))  # noqa: S301


_NAMES: Final = tuple(Obligation.__dataclass_fields__)
