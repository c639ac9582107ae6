"""Rows and facts by the thousand, for measuring: past `perform`, but through the journal's own chain and the engine.

What is written so holds like everything else: `guanxi journal verify` finds the chain whole, and obligations and
measures are the engine's. Only rights and gates are not asked, since nobody acts.
"""

from __future__ import annotations

import gc
import os
from datetime import datetime
from typing import Any, cast

from django.db import connection
from django.db.models import JSONField, Model

from guanxi.platform.journal.models import Head
from guanxi.platform.journal.stage import Journal, fact_key
from guanxi.platform.kernel import fixed_clock, perform
from guanxi.platform.kernel.facts import check_data, get_kind
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.regulations import codec, stage
from guanxi.platform.regulations.engine import engine
from guanxi.platform.regulations.folded import ready
from guanxi.platform.regulations.ticking import close_months

from .remembering import Remembering
from .writing import Batch, Said, Writer

BATCH = 3000
"""Facts, or obligations that were held back, in one transaction."""


class Bulk:
    """Adds one batch after another, each a transaction: rows, facts in the order of time, what the engine makes of
    them, and the words under which things are found. Here the engine folds; a process beside this one writes."""

    def __init__(self) -> None:
        self.facts = 0
        self.batch = Batch()
        """What is gathered for the next transaction."""
        self.writer = Writer()
        self.store = Remembering(self.writer, holds_back=True)
        self._seq = Head.objects.get(pk=1).seq
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
                "" if d is None and not f.null and f.empty_strings_allowed else _ready(f, d)
                for d, f in zip(defaults, fields, strict=True)
            ]
            known = self._columns[model] = ([f.attname for f in fields], defaults)
        names, defaults = known
        self.batch.rows.setdefault(model, []).append(
            [values.get(n, d) for n, d in zip(names, defaults, strict=True)]
        )

    def say(self, said: Said) -> None:
        """A fact; facts are given in the order of time."""
        kind = self._kinds.get(said.kind)
        if kind is None:
            kind = self._kinds[said.kind] = get_kind(said.kind)
            check_data(kind, said.data, said.texts)
        said.kind_version = kind.version
        self.batch.said.append(said)

    def find_by(self, kind: str, id: int, title: str, line: str) -> None:
        """The words (from words.py) under which a thing is found."""
        self.batch.found.append((kind, id, title, line))

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Let the engine look at what was gathered, and hand it on to be written."""
        batch, self.batch = self.batch, Batch()
        made, store = engine(), self.store
        for said in batch.said:
            self._seq += 1
            said.seq, said.salt = self._seq, os.urandom(16)
            said.key = fact_key(f"{said.actor_id}:demo.bulk:{said.seq}", 1)
            if said.texts:
                said.text_salt = os.urandom(16)
            made.apply(codec.fact_of(cast(Any, said)), store)  # has what is read of a row
        batch.folded.append(ready(store.take()))
        self.facts += len(batch.said)
        self.writer.write(batch)
        gc.freeze()  # what is remembered stays: it need not be looked through again and again

    def let_pass(self, at: datetime) -> None:
        """Let time pass: what is due up to a moment is judged, and months that are over are closed, as the worker does it."""
        self.writer.settle()
        with Journal().writing():
            stage.hold(self.store)
            perform("norms.tick", {"at": at}, actor=SYSTEM, clock=fixed_clock(at), source="worker")
            close_months(at)
        self._seq = Head.objects.get(pk=1).seq

    def finish(self) -> None:
        """Write the rest: what was gathered, and what is still open."""
        self.write()
        for folded in self.store.rest(BATCH):
            self.writer.write(Batch(folded=[ready(folded)]))
        self.writer.close()


def _ready(field: Any, default: Any) -> Any:
    """A column's default as the database takes it."""
    return field.get_db_prep_save(default, connection) if isinstance(field, JSONField) else default


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
