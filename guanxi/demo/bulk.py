"""Rows and facts by the thousand, for measuring: past `perform`, but through the journal's own chain and the engine.

What is written so holds like everything else: `guanxi journal verify` finds the chain whole, and obligations and
measures are the engine's. Only rights and gates are not asked, since nobody acts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from guanxi.cores.norms import model as norms
from guanxi.domains.customers.models import Account
from guanxi.platform.journal import chain
from guanxi.platform.journal.models import Fact, FactText, Head
from guanxi.platform.journal.quick import moment
from guanxi.platform.kernel.facts import check_data, get_kind
from guanxi.platform.regulations import codec
from guanxi.platform.regulations.engine import engine
from guanxi.platform.regulations.store import SqlStore
from guanxi.platform.search.index import TABLE


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


class NewRows(SqlStore):
    """The engine's store while rows are added whose ids nobody has seen: what is above `known` is not looked up."""

    def __init__(self, known: dict[str, int]) -> None:
        super().__init__()
        self.known = known
        self._lines: dict[tuple[str, str], list[int]] = {}

    def _new(self, key: str) -> bool:
        kind, _, rest = key.partition("=")
        id = rest.partition("|")[0]
        return id.isdigit() and kind in self.known and int(id) > self.known[kind]

    def entity(self, kind: str, id: str) -> norms.Entity | None:
        if (kind, id) not in self._entities and self._new(f"{kind}={id}"):
            return None
        return super().entity(kind, id)

    def by_match(self, control: str, match: str, since: datetime) -> Sequence[norms.Obligation]:
        if not self._new(match):
            return super().by_match(control, match, since)
        found = self._reachable(set(self._matched.get(match, ())), since, lambda o: match in o.matches)
        return [o for o in found if f"{o.regulation}/{o.control}" == control]

    def watching(self, watch: str, since: datetime) -> Sequence[norms.Obligation]:
        if not self._new(watch):
            return super().watching(watch, since)
        return self._reachable(set(self._watched.get(watch, ())), since, lambda o: watch in o.watches)

    def evidence(self, keys: Iterable[tuple[str, str]], since: datetime | None) -> Sequence[norms.Fact]:
        wanted = set(keys)
        if not all(self._new(match) for _, match in wanted):
            return super().evidence(wanted, since)
        seqs = {seq for key in wanted for seq in self._lines.get(key, ())}
        return [fact for seq in sorted(seqs) if (fact := self.fact(seq)) is not None]

    def add_evidence(self, fact: norms.Fact, matches: Iterable[str]) -> None:
        found = list(matches)
        super().add_evidence(fact, found)
        for match in found:
            self._lines.setdefault((fact.kind, match), []).append(fact.seq)


class Bulk:
    """Adds one batch after another, each a transaction: rows, facts in the order of time, what the engine makes of
    them, and the words under which things are found."""

    def __init__(self) -> None:
        self.facts = 0
        self.rows: dict[type[Model], list[list[Any]]] = {}
        self.said: list[Said] = []
        self.found: list[tuple[str, int, str, str]] = []
        self.known: dict[str, int] = {}
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
        for model, rows in self.rows.items():
            name = {"account": "customer"}.get(str(model._meta.model_name), str(model._meta.model_name))
            if rows and name in self.known:
                self.known[name] = max(self.known[name], *(row[0] for row in rows))
        self.rows, self.said, self.found, self.contacted = {}, [], [], {}

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
        facts, texts = [], []
        for said in self.said:
            seq += 1
            said.seq, said.salt = seq, os.urandom(16)
            said.key = f"{said.actor_id}:demo.bulk:{seq}#1"
            if said.texts:
                salt = os.urandom(16)
                said.text_commitment = chain.text_commitment(salt, said.texts)
                texts.append([seq, salt, _json(said.texts)])
            previous = said.hash = chain.link(previous, said)
            at, happened = moment(said.at), moment(said.happened_at)
            facts.append([
                seq, said.key, at, happened, said.kind, said.kind_version, said.actor_id, None, said.subject_kind,
                said.subject_id, said.customer_id, _json(said.data), said.text_commitment, None, said.salt, said.hash,
            ])  # fmt: skip
        self._insert(Fact, facts)
        self._insert(FactText, texts)
        if self.said:
            head.seq, head.hash, head.recorded_at = seq, previous, self.said[-1].at
            head.save()
        self.facts += len(facts)

    def _fold(self) -> None:
        made, store = engine(), NewRows(self.known)
        facts: Sequence[Any] = self.said  # has what is read of a row
        for fact in facts:
            made.apply(codec.fact_of(fact), store)
        store.flush()

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


def _json(value: Any) -> Any:
    return (
        connection.ops.adapt_json_value(value, None)
        if connection.vendor == "postgresql"
        else json.dumps(value)
    )


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
