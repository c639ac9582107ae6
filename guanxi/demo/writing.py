"""A batch of rows, facts and what the engine made of them, written in one transaction, by a process beside the one that
tells the story: so that a machine with two cores fills with both.

Inside a transaction of somebody else nobody else would see what was written: there the same is done at once.
"""

from __future__ import annotations

import json
import os
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from guanxi.domains.customers.models import Account
from guanxi.platform.journal import chain, quick
from guanxi.platform.journal.models import Fact, FactText, Head
from guanxi.platform.regulations.folded import Ready, write
from guanxi.platform.search.index import TABLE
from guanxi.platform.search.scopes import fill_sql

from .beside import begin

AHEAD = 6
"""So many batches may wait to be written."""
_EVER = datetime.min.replace(tzinfo=UTC)
moment = lru_cache(65_536)(quick.moment)
"""A time as the database takes it; most stand in several columns."""


@dataclass
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
    salt: bytes = b""
    text_salt: bytes = b""
    text_commitment: bytes | None = None
    on_behalf_of_id: None = None
    caused_by: None = None

    @property
    def recorded_at(self) -> datetime:
        return self.at

    @property
    def happened_at(self) -> datetime:
        return self.happened or self.at


@dataclass
class Batch:
    """What is written together. rows: by table, values as the database takes them; said: the facts, in order; found: the
    words under which things are found; contacted: customer -> when somebody spoke with them last."""

    rows: dict[type[Model], list[list[Any]]] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    found: list[tuple[str, int, str, str]] = field(default_factory=list)
    contacted: dict[int, datetime] = field(default_factory=dict)
    folded: list[Ready] = field(default_factory=list)


class Writer:
    """Takes batches, and writes them in order."""

    def __init__(self) -> None:
        here = connection.in_atomic_block
        self._pool = None if here else ProcessPoolExecutor(1, get_context("spawn"), begin, (os.getpid(),))
        self._waiting: deque[tuple[datetime, Future[None]]] = deque()
        self._given = 0

    def write(self, batch: Batch) -> None:
        """Write it, now or soon. What failed earlier is raised here or in `settle`."""
        self._given += 1
        if self._pool is None:
            written(batch)
            return
        while len(self._waiting) >= AHEAD:
            self._first()
        begins = batch.said[0].at if batch.said else _EVER
        self._waiting.append((begins, self._pool.submit(written, batch)))

    def given(self) -> int:
        """How many batches were handed on."""
        return self._given

    def written(self) -> int:
        """How many of them, the first ones, are written."""
        while self._waiting and self._waiting[0][1].done():
            self._first()
        return self._given - len(self._waiting)

    def settle(self, before: datetime | None = None) -> None:
        """Return when everything is written, or all that was recorded before a moment."""
        while self._waiting and (before is None or self._waiting[0][0] < before):
            self._first()

    def close(self) -> None:
        """Write the rest, and let the process go."""
        self.settle()
        if self._pool is not None:
            self._pool.shutdown()

    def _first(self) -> None:
        self._waiting.popleft()[1].result()


def written(batch: Batch) -> None:
    """Write a batch in a transaction of its own."""
    with transaction.atomic():
        for model, rows in batch.rows.items():
            _insert(model, rows)
        if batch.said:
            _chain(batch.said)
        for folded in batch.folded:
            write(folded)
        if batch.found:
            _index(batch.found)
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(Account._meta.db_table)
            cursor.executemany(
                f"UPDATE {table} SET last_contact_at = %s WHERE id = %s",  # noqa: S608 (our own name)
                [(moment(at), id) for id, at in sorted(batch.contacted.items())],
            )


def _insert(model: type[Model], rows: list[list[Any]]) -> None:
    quote = connection.ops.quote_name
    fields = model._meta.concrete_fields
    names = ", ".join(quote(str(f.column)) for f in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})",  # noqa: S608 (our own names)
            rows,
        )


def _chain(every: list[Said]) -> None:
    head = Head.objects.select_for_update().get(pk=1)
    if head.seq + 1 != every[0].seq:
        raise RuntimeError(f"the journal stands at {head.seq}; fact {every[0].seq} cannot follow")
    previous = bytes(head.hash)
    facts, texts, as_json = [], [], _writer()
    for said in every:
        if said.texts:
            said.text_commitment = chain.text_commitment(said.text_salt, said.texts)
            texts.append([said.seq, said.text_salt, as_json(said.texts)])
        previous = chain.link(previous, said)
        facts.append([
            said.seq, said.key, moment(said.at), moment(said.happened_at), said.kind, said.kind_version, said.actor_id,
            None, said.subject_kind, said.subject_id, said.customer_id, as_json(said.data), said.text_commitment, None,
            said.salt, previous,
        ])  # fmt: skip
    _insert(Fact, facts)
    _insert(FactText, texts)
    head.seq, head.hash, head.recorded_at = every[-1].seq, previous, every[-1].at
    head.save()


def _index(found: list[tuple[str, int, str, str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {TABLE}")  # noqa: S608
        first = cursor.fetchone()[0] + 1
        cursor.executemany(
            f"INSERT INTO {TABLE} (kind, ref, title, grams) VALUES (%s, %s, %s, %s)",  # noqa: S608
            found,
        )
        if connection.vendor == "sqlite":
            cursor.execute(
                f"INSERT INTO {TABLE}_words (rowid, grams) SELECT id, grams FROM {TABLE} WHERE id >= %s",  # noqa: S608
                [first],
            )
        for statement in fill_sql(connection.vendor, after=first - 1):
            cursor.execute(statement)


def _writer() -> Any:
    """How JSON is handed to the database."""
    if connection.vendor == "postgresql":
        adapt = connection.ops.adapt_json_value
        return lambda value: adapt(value, None)
    return json.JSONEncoder().encode
