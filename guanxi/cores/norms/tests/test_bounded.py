"""A store that puts away what is over gives the answers of one that keeps everything, whatever is put away and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from guanxi.cores.norms.bounded import BoundedStore, Line, Packed
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.model import Change, Fact, Obligation
from guanxi.cores.norms.store import MemoryStore
from guanxi.cores.norms.tests.histories import Step, company, histories, live
from guanxi.cores.norms.tests.world import CATALOGUE, ZONE, World, said


class Shelf:
    """A shelf in lists, looked through from end to end."""

    def __init__(self, journal: Sequence[Fact]) -> None:
        self.journal = {fact.seq: fact for fact in journal}
        self.obligations: dict[str, Obligation] = {}
        self.lines: list[Line] = []
        self.asked = 0

    def put(self, closed: Sequence[Obligation], evidence: Sequence[Line]) -> None:
        self.obligations.update({o.id: o for o in closed})
        self.lines += evidence

    def fact(self, seq: int) -> Fact | None:
        return self.journal.get(seq)

    def obligation(self, id: str) -> Obligation | None:
        self.asked += 1
        return self.obligations.get(id)

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[Obligation]:
        self.asked += 1
        return [
            o for o in self._since(since) if f"{o.regulation}/{o.control}" == control and match in o.matches
        ]

    def watching(self, watch: str, since: datetime) -> Sequence[Obligation]:
        self.asked += 1
        return [o for o in self._since(since) if watch in o.watches]

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Iterable[int]:
        self.asked += 1
        wanted = set(keys)
        return [
            s for kind, match, s, at in self.lines if (kind, match) in wanted and (not since or at >= since)
        ]

    def drop_evidence(self, seq: int) -> None:
        self.lines = [line for line in self.lines if line[2] != seq]

    def _since(self, since: datetime) -> list[Obligation]:
        return [o for o in self.obligations.values() if o.closed_at is not None and o.closed_at >= since]


def everything(store: BoundedStore) -> dict[str, Any]:
    """What `said` says, of what is here and what was put away."""
    shelf = store.shelf
    assert isinstance(shelf, Shelf)
    evidence: dict[tuple[str, str], list[tuple[datetime, int]]] = {}
    for key, kept in store._evidence.items():
        evidence.setdefault(key, []).extend(kept)
    for kind, match, seq, at in shelf.lines:
        evidence.setdefault((kind, match), []).append((at, seq))
    return {
        "obligations": {**shelf.obligations, **dict(store.obligations)},
        "entities": {kind: dict(entities) for kind, entities in store.entities.items()},
        "evidence": {key: sorted(kept) for key, kept in evidence.items()},
        **{name: value for name, value in said(store).items() if name not in ("obligations", "entities")},
    }


def kept(store: MemoryStore) -> dict[str, Any]:
    """The same of a store that keeps everything."""
    return {**said(store), "evidence": store._evidence}


@settings(max_examples=120, deadline=None)
@given(histories(), st.integers(0, 80), st.integers(1, 7), st.integers(0, 3))
def test_what_was_put_away_is_found_again(history: list[Step], hours: int, every: int, warm: int) -> None:
    world = live(company(), history)
    engine = Engine(world.engine.versions.values(), CATALOGUE, ZONE)
    store = BoundedStore(Shelf(world.journal), recent=timedelta(hours=hours), warm=warm, read=warm)
    whole = MemoryStore()
    for place, fact in enumerate(world.journal):
        changes = engine.apply(fact, store)
        assert in_order(changes) == in_order(engine.apply(fact, whole))
        assert engine.apply(fact, store) == []
        if place % every == 0:
            store.release()
    assert everything(store) == kept(whole)


def in_order(changes: list[Change]) -> list[str]:
    return sorted(map(repr, changes))


def test_what_is_over_leaves_the_memory_and_is_not_asked_for() -> None:
    """A year of visits, each reported: what stays is what is open and a week of what was closed."""
    world = World()
    shelf = Shelf(world.journal)
    store = BoundedStore(shelf, recent=timedelta(days=7), warm=10, read=10)
    sizes = []
    day = datetime(2026, 3, 2, 9, tzinfo=ZONE)
    world.write(
        "customer.created", day, day, "customer", "C1", "C1", {"grade": "A", "manager": "p1", "area": "a1"}
    )
    for number in range(120):
        at = day + timedelta(days=number)
        for visit in range(3):
            id = f"V{number}-{visit}"
            world.write("visit.completed", at, at, "visit", id, "C1", {"owner": "p1", "minutes": 30})
            world.write(
                "visit.reported",
                at + timedelta(minutes=9),
                at + timedelta(minutes=9),
                "visit",
                id,
                "C1",
                {"blank": False},
            )
        world.write("norms.ticked", at + timedelta(hours=12), at + timedelta(hours=12), "", "", None, {})
    shelf.journal = {fact.seq: fact for fact in world.journal}
    for fact in world.journal:
        world.engine.apply(fact, store)
        if fact.kind == "norms.ticked":
            store.release()
            sizes.append(
                (len(store.obligations), len(store._matching), len(store._evidence), len(store.facts))
            )
    assert max(sizes[60:]) <= max(sizes[20:60])
    assert everything(store) == kept(world.store)
    assert len(shelf.obligations) > 300
    assert shelf.asked == 0


def test_values_come_back_as_they_were_packed() -> None:
    held: Packed[list[int]] = Packed(lambda value: bytes(value), lambda body: list(body))
    for number in range(5):
        held[str(number)] = [number]
    held.pack(2)
    assert sorted(held) == ["0", "1", "2", "3", "4"]
    assert held["0"] == [0]
    held["1"] = [7]
    held.pack(0)
    assert sorted(held.values()) == [[0], [2], [3], [4], [7]]
    del held["3"]
    assert "3" not in held
    assert len(held) == 4
    assert held.get("3") is None
