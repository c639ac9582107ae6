"""Rows and facts by the thousand, for measuring: past `perform`, but through the journal's own chain and the engine.

What is written so holds like everything else: `guanxi journal verify` finds the chain whole, and obligations and
measures are the engine's. Only rights and gates are not asked, since nobody acts.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, cast

from django.db import connection, transaction
from django.db.models import Model

from guanxi.cores.norms import model as norms
from guanxi.domains.customers.models import Account
from guanxi.platform.journal import chain, quick
from guanxi.platform.journal.models import Fact, FactText, Head
from guanxi.platform.journal.stage import Journal, fact_key
from guanxi.platform.kernel import fixed_clock, perform
from guanxi.platform.kernel.facts import check_data, get_kind
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.regulations import codec, stage
from guanxi.platform.regulations.engine import engine
from guanxi.platform.regulations.models import MeasureEntry
from guanxi.platform.regulations.replay import replay
from guanxi.platform.regulations.store import SqlStore
from guanxi.platform.regulations.ticking import close_months
from guanxi.platform.search.index import TABLE

moment = lru_cache(65_536)(quick.moment)
"""A time as the database takes it; most stand in several columns."""
FACTS_KEPT = 100_000
"""So many facts stay in memory; older ones are read again where they are asked for, which is seldom."""


@dataclass(slots=True)
class Said:
    """A fact on its way into the journal, in the shape that the chain's functions read."""

    kind: str
    at: datetime
    actor_id: int
    subject_kind: str
    subject_id: str
    customer_id: int
    data: dict[str, Any]
    texts: dict[str, Any] = field(default_factory=dict)
    happened: datetime | None = None
    """Where it was not recorded as it happened."""
    key: str = ""
    seq: int = 0
    kind_version: int = 1
    text_commitment: bytes | None = None
    salt: bytes = b""
    hash: bytes = b""
    on_behalf_of_id: None = None
    caused_by: None = None

    @property
    def recorded_at(self) -> datetime:
        return self.at

    @property
    def happened_at(self) -> datetime:
        return self.happened or self.at


class Remembering(SqlStore):
    """The engine's store for one process that alone writes: all of it in memory, so that nothing is looked up, and
    what changed written to the tables by `flush`. Only facts of long ago are read from the journal again.
    """

    def __init__(self) -> None:
        """Begins with what the journal says so far."""
        super().__init__()
        self.memory = replay()
        self._lines_before: dict[tuple[str, str], norms.MeasureEntry | None] = {}

    def entity(self, kind: str, id: str) -> norms.Entity | None:
        return self.memory.entity(kind, id)

    def put_entity(self, entity: norms.Entity) -> None:
        self.memory.put_entity(entity)
        super().put_entity(entity)

    def entity_ids(self, kind: str, after: str, limit: int) -> Sequence[str]:
        return self.memory.entity_ids(kind, after, limit)

    def obligation(self, id: str) -> norms.Obligation | None:
        return self.memory.obligation(id)

    def put_obligation(self, obligation: norms.Obligation) -> None:
        if obligation.id not in self._stored:
            self._stored[obligation.id] = self.memory.obligation(obligation.id)
        self._obligations[obligation.id] = obligation
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
        lines = (self.memory._evidence.get(key, ()) for key in set(keys))
        seqs = {seq for line in lines for at, seq in line if since is None or at >= since}
        return [fact for seq in sorted(seqs) if (fact := self.fact(seq)) is not None]

    def put_measure(self, entry: norms.MeasureEntry) -> None:
        self._before(entry.control, entry.key)
        self.memory.put_measure(entry)
        super().put_measure(entry)

    def drop_measure(self, control: str, key: str) -> None:
        self._before(control, key)
        self.memory.drop_measure(control, key)
        super().drop_measure(control, key)

    def flush(self) -> None:
        super().flush()
        self._obligations.clear()
        self._entities.clear()
        self._lines_before.clear()
        if len(self._facts) > FACTS_KEPT:
            for seq in list(islice(self._facts, FACTS_KEPT // 2)):
                del self._facts[seq]

    def _before(self, control: str, key: str) -> None:
        if (control, key) not in self._lines_before:
            self._lines_before[control, key] = self.memory.measures.get((control, key))

    def _measures_before(self) -> dict[tuple[str, str], MeasureEntry]:
        if any(entry is None for entry in self._measures.values()):
            return super()._measures_before()  # a line that goes is deleted by its number
        return {key: codec.measure_row(entry) for key, entry in self._lines_before.items() if entry}


class Bulk:
    """Adds one batch after another, each a transaction: rows, facts in the order of time, what the engine makes of
    them, and the words under which things are found."""

    def __init__(self) -> None:
        self.facts = 0
        self.rows: dict[type[Model], list[list[Any]]] = {}
        self.said: list[Said] = []
        self.found: list[tuple[str, int, str, str]] = []
        self.store = Remembering()
        self.contacted: dict[int, datetime] = {}
        """Customer -> when somebody spoke with them last."""
        self._kinds: dict[str, Any] = {}
        self._columns: dict[type[Model], tuple[list[str], list[Any]]] = {}

    # -- gathering -----------------------------------------------------------------------------------------------------

    def row(self, model: type[Model], values: dict[str, Any]) -> None:
        """A row with its id; what is not given has the model's default. Values as the database takes them."""
        known = self._columns.get(model)
        if known is None:
            fields = model._meta.concrete_fields
            defaults = [None if f.null or not f.has_default() else f.get_default() for f in fields]
            defaults = [
                "" if d is None and not f.null and f.empty_strings_allowed else d
                for d, f in zip(defaults, fields, strict=True)
            ]
            known = self._columns[model] = ([f.attname for f in fields], defaults)
        names, defaults = known
        self.rows.setdefault(model, []).append(
            [values.get(n, d) for n, d in zip(names, defaults, strict=True)]
        )

    def say(self, said: Said) -> None:
        """A fact; facts are given in the order of time."""
        kind = self._kinds.get(said.kind)
        if kind is None:
            kind = self._kinds[said.kind] = get_kind(said.kind)
            check_data(kind, said.data, said.texts)
        said.kind_version = kind.version
        self.said.append(said)

    def find_by(self, kind: str, id: int, title: str, line: str) -> None:
        """The words (from words.py) under which a thing is found."""
        self.found.append((kind, id, title, line))

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(self, *, fold: bool = True) -> None:
        """Write what was gathered. fold: let the engine look at the facts."""
        with transaction.atomic():
            for model, rows in self.rows.items():
                self._insert(model, rows)
            self._chain()
            if fold:
                self._fold()
            if self.found:
                self._index()
            with connection.cursor() as cursor:
                table = connection.ops.quote_name(Account._meta.db_table)
                cursor.executemany(
                    f"UPDATE {table} SET last_contact_at = %s WHERE id = %s",  # noqa: S608 (our own name)
                    [(moment(at), id) for id, at in sorted(self.contacted.items())],
                )
        self.rows, self.said, self.found, self.contacted = {}, [], [], {}
        gc.freeze()  # what is remembered stays: it need not be looked through again and again

    def let_pass(self, at: datetime) -> None:
        """Let time pass: what is due up to a moment is judged, and months that are over are closed, as the worker does it."""
        with Journal().writing():
            stage.hold(self.store)
            perform("norms.tick", {"at": at}, actor=SYSTEM, clock=fixed_clock(at), source="worker")
            close_months(at)

    def _insert(self, model: type[Model], rows: list[list[Any]]) -> None:
        quote = connection.ops.quote_name
        fields = model._meta.concrete_fields
        names = ", ".join(quote(str(f.column)) for f in fields)
        marks = ", ".join(["%s"] * len(fields))
        with connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})",  # noqa: S608 (our own names)
                rows,
            )

    def _chain(self) -> None:
        head = Head.objects.select_for_update().get(pk=1)
        previous, seq = bytes(head.hash), head.seq
        facts, texts, as_json = [], [], _writer()
        for said in self.said:
            seq += 1
            said.seq, said.salt = seq, os.urandom(16)
            said.key = fact_key(f"{said.actor_id}:demo.bulk:{seq}", 1)
            if said.texts:
                salt = os.urandom(16)
                said.text_commitment = chain.text_commitment(salt, said.texts)
                texts.append([seq, salt, as_json(said.texts)])
            previous = said.hash = chain.link(previous, said)
            at, happened = moment(said.at), moment(said.happened_at)
            facts.append([
                seq, said.key, at, happened, said.kind, said.kind_version, said.actor_id, None, said.subject_kind,
                said.subject_id, said.customer_id, as_json(said.data), said.text_commitment, None, said.salt, said.hash,
            ])  # fmt: skip
        self._insert(Fact, facts)
        self._insert(FactText, texts)
        if self.said:
            head.seq, head.hash, head.recorded_at = seq, previous, self.said[-1].at
            head.save()
        self.facts += len(facts)

    def _fold(self) -> None:
        made, facts = engine(), self.said
        for fact in facts:
            made.apply(codec.fact_of(cast(Any, fact)), self.store)  # has what is read of a row
        self.store.flush()

    def _index(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {TABLE}")  # noqa: S608
            first = cursor.fetchone()[0] + 1
            cursor.executemany(
                f"INSERT INTO {TABLE} (kind, ref, title, grams) VALUES (%s, %s, %s, %s)",  # noqa: S608
                self.found,
            )
            if connection.vendor == "sqlite":
                cursor.execute(
                    f"INSERT INTO {TABLE}_words (rowid, grams) SELECT id, grams FROM {TABLE} WHERE id >= %s",  # noqa: S608
                    [first],
                )


def _writer() -> Any:
    """How JSON is handed to the database."""
    if connection.vendor == "postgresql":
        adapt = connection.ops.adapt_json_value
        return lambda value: adapt(value, None)
    return json.JSONEncoder().encode


def settle_ids(*models: type[Model]) -> None:
    """After rows with ids of our own: PostgreSQL's sequences go on behind them (SQLite does so by itself)."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"  # noqa: S608
            )
