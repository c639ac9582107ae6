"""The journal's stage in perform: takes facts into the chain, remembers call keys, keeps attempts.

One writer at a time: whoever writes holds the row of the chain's head from the start of its transaction (SQLite:
BEGIN IMMEDIATE does the same). So gates see what nobody is changing, and the order of the chain is the order in
which things became true. docs/decisions/ says why and what it costs.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from guanxi.platform.kernel.actions import Action, Context
from guanxi.platform.kernel.errors import Conflict, Forbidden, Refused
from guanxi.platform.kernel.perform import Result, stages

from . import chain, quick, watched
from .models import Call, Fact, FactText, Head, RefusalTally

SUMMED_FOR = timedelta(minutes=1)
CLOCK_TOLERANCE = timedelta(seconds=5)

_CALL = """SELECT digest, first_seq, last_seq, subject_kind, subject_id FROM journal_call
    WHERE actor_id = %s AND action = %s AND "key" = %s"""

_open = threading.local()
_first: quick.Prepared[Head] = quick.Prepared(lambda: Head.objects.select_for_update().filter(pk=1))


class Journal:
    """See `guanxi.platform.kernel.perform.JournalStage`."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that holds the head. Inside another `writing` it is a savepoint of the same."""
        outer: Head | None = getattr(_open, "head", None)
        if outer is not None and connection.in_atomic_block:
            before = (outer.seq, outer.hash, outer.recorded_at)
            try:
                with transaction.atomic():
                    yield
            except BaseException:
                outer.seq, outer.hash, outer.recorded_at = before
                raise
            return
        with transaction.atomic():
            _open.head = _lock_head()
            started_at = _open.head.seq
            try:
                yield
                for stage in stages.obligations:
                    stage.flush()
                if _open.head.seq != started_at:
                    quick.change(_open.head, "seq", "hash", "recorded_at")
            finally:
                _open.head = None
                for stage in stages.obligations:
                    stage.forget()

    def moment(self, now: datetime) -> datetime:
        head = _head()
        return now if head.recorded_at is None else max(now, head.recorded_at)

    def earlier(self, ctx: Context, digest: str) -> Result | None:
        found = quick.select(_CALL, _pk(ctx.actor) or 0, ctx.action, ctx.key)
        if not found:
            return None
        known, first, last, kind, id = found[0]
        if known != digest:
            raise Conflict()
        seqs = tuple(range(first, (last or first) + 1)) if first else ()
        return Result(ctx.action, None, (kind, row_id(id)), seqs, replayed=True)

    def append(self, ctx: Context) -> list[Any]:
        return self.append_all([ctx])

    def append_all(self, calls: Sequence[Context]) -> list[Any]:
        """What several calls say happened, one after the other, written together."""
        facts: list[Fact] = []
        texts: list[tuple[int, bytes, Any]] = []
        for ctx in calls:
            self._link(ctx, facts, texts)
        quick.insert(facts)
        quick.put(FactText, texts)
        watched.tell(facts)
        return facts

    def _link(self, ctx: Context, facts: list[Fact], texts: list[tuple[int, bytes, Any]]) -> None:
        """Make a call's facts the newest links of the chain."""
        head = _head()
        self._note_clock(ctx, head)
        previous = bytes(head.hash)
        base = call_key(ctx)
        for place, emitted in enumerate(ctx.emitted, start=1):
            head.seq += 1
            emitted.seq = head.seq
            fact = quick.fresh(
                Fact,
                seq=head.seq,
                key=fact_key(base, place),
                recorded_at=ctx.now,
                happened_at=emitted.happened_at,
                kind=emitted.kind.name,
                kind_version=emitted.kind.version,
                actor_id=_pk(ctx.actor),
                on_behalf_of_id=_pk(ctx.on_behalf_of),
                subject_kind=emitted.subject[0],
                subject_id=emitted.subject[1],
                customer_id=emitted.customer,
                data=emitted.data,
                caused_by=emitted.caused_by,
                salt=os.urandom(16),
                text_commitment=None,
            )
            if emitted.texts:
                salt = os.urandom(16)
                fact.text_commitment = chain.text_commitment(salt, emitted.texts)
                texts.append((fact.seq, salt, emitted.texts))
            previous = fact.hash = chain.link(previous, fact)
            facts.append(fact)
        if ctx.emitted:
            head.hash = previous
            head.recorded_at = ctx.now

    def remember(self, ctx: Context, digest: str, result: Result) -> None:
        self.remember_all([(ctx, digest, result)])

    def remember_all(self, calls: Sequence[tuple[Context, str, Result]]) -> None:
        """The keys of several calls and what each led to."""
        rows = []
        for ctx, digest, result in calls:
            kind, id = result.subject
            first, last = (result.seqs[0], result.seqs[-1]) if result.seqs else (None, None)
            about = None if id is None else str(id)
            rows.append((_pk(ctx.actor) or 0, ctx.action, ctx.key, digest, first, last, kind, about))
        quick.put(Call, rows)

    def attempt(
        self, ctx: Context, action: Action, about: tuple[str, int | None, int | None], refusal: Exception
    ) -> None:
        """Keep a refused attempt; equal ones within a minute are only counted."""
        kind, data = _attempt(ctx, action, refusal)
        with self.writing():
            ctx.now = self.moment(ctx.now)
            told = {name: value for name, value in data.items() if name != "call"}
            same = hashlib.sha256(chain.canonical([kind, about[:2], told])).hexdigest()
            tally = RefusalTally.objects.filter(actor_id=_pk(ctx.actor) or 0, digest=same).first()
            if tally is not None and ctx.now < tally.until:
                RefusalTally.objects.filter(pk=tally.pk).update(count=F("count") + 1)
                return
            if tally is not None:
                _sum_up(self, ctx.now, [tally])
            again = Context(
                actor=ctx.actor,
                now=ctx.now,
                happened_at=ctx.happened_at,
                key=f"{ctx.key}!{_head().seq + 1}",
                action=ctx.action,
                source=ctx.source,
                on_behalf_of=ctx.on_behalf_of,
            )
            again.emit(kind, subject=(about[0], about[1]), customer=about[2], data=data)
            facts = self.append(again)
            RefusalTally.objects.create(
                actor_id=_pk(ctx.actor) or 0, digest=same, first_seq=facts[0].seq, until=ctx.now + SUMMED_FOR
            )
            _follow(again, facts)

    def _note_clock(self, ctx: Context, head: Head) -> None:
        """A clock that stands clearly before the newest fact is worth a fact of its own."""
        clock = ctx.clock_said
        if clock is None or head.recorded_at is None or clock >= head.recorded_at - CLOCK_TOLERANCE:
            return
        if not ctx.emitted:
            return
        ctx.emit(
            "journal.clock_set_back",
            subject=("journal", None),
            data={"clock": chain.stamp(clock), "newest": chain.stamp(head.recorded_at)},
        )


def sum_up_refusals(now: datetime) -> int:
    """Write the sums of refusals whose minute is over; returns how many. Run by the worker's tick."""
    journal = Journal()
    with journal.writing():
        over = list(RefusalTally.objects.filter(until__lte=now).order_by("first_seq")[:500])
        return _sum_up(journal, journal.moment(now), over)


def _sum_up(journal: Journal, now: datetime, tallies: list[RefusalTally]) -> int:
    written = 0
    for tally in tallies:
        if tally.count:
            first = Fact.objects.get(seq=tally.first_seq)
            ctx = Context(
                actor=None, now=now, happened_at=now, key=f"sum-{tally.first_seq}", action="journal.sum"
            )
            ctx.emit(
                "action.refused_again",
                subject=first.about,
                customer=first.customer_id,
                data={"first": first.seq, "count": tally.count},
                caused_by=first.seq,
            )
            _follow(ctx, journal.append(ctx))
            written += 1
        tally.delete()
    return written


def _follow(ctx: Context, facts: list[Any]) -> None:
    for stage in stages.obligations:
        stage.follow(ctx, facts)


def _attempt(ctx: Context, action: Action, refusal: Exception) -> tuple[str, dict[str, Any]]:
    if isinstance(refusal, Refused) and refusal.asked:
        return refusal.asked
    permission = refusal.permission if isinstance(refusal, Forbidden) else ""
    return "action.refused", {
        "action": action.name,
        "permission": permission,
        "source": ctx.source,
        "call": ctx.key,
    }


def call_key(ctx: Context) -> str:
    """The stem of a call's fact keys: unique per actor, action and caller's key."""
    return f"{_pk(ctx.actor) or 'system'}:{ctx.action}:{ctx.key}"


def fact_key(base: str, place: int) -> str:
    """The key of a call's fact: of fixed width, so that among facts of one instant, which are ordered by their keys,
    those of one call stand as they were written."""
    return f"{base}#{place:06}"


def row_id(text: str | None) -> Any:
    """The id of a row from the journal's text: a number where it is one (an obligation's is not)."""
    return int(text) if text is not None and text.isdigit() else text


def _pk(person: Any) -> int | None:
    return getattr(person, "pk", None)


def _lock_head() -> Head:
    head = _first.one()
    if head is None:
        head, made = Head.objects.get_or_create(pk=1)
        if not made:  # somebody else began the chain at this moment: theirs is not ours until it is locked
            head = Head.objects.select_for_update().get(pk=1)
    return head


def _head() -> Head:
    head: Head | None = getattr(_open, "head", None)
    if head is None:
        raise RuntimeError("facts are written by perform only")
    return head
