"""The regulations' stages in perform: the gates before an action, and the obligations after it.

What the engine folds is held in one `SqlStore` per transaction and written when the transaction commits.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.model import Draft
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel.actions import Action, Context
from guanxi.platform.kernel.perform import Verdict, stages
from guanxi.platform.people.rights import SYSTEM

from . import asking
from .codec import fact_of
from .engine import engine
from .store import SqlStore

_open = threading.local()


def _held() -> tuple[Engine, SqlStore]:
    """The engine and the store of the running transaction."""
    found: tuple[Engine, SqlStore] | None = getattr(_open, "held", None)
    if found is None:
        found = _open.held = (engine(), SqlStore())
    return found


def reading() -> SqlStore:
    """What the running transaction has folded so far, over what the tables hold; outside of one, the tables."""
    held = getattr(_open, "held", None)
    return held[1] if held is not None else SqlStore()


def hold(store: SqlStore) -> None:
    """Let the running transaction fold into this store instead of one of its own."""
    _open.held = (engine(), store)


class Regulations:
    """See `guanxi.platform.kernel.perform.GatesStage` and `ObligationsStage`."""

    def ask(
        self, ctx: Context, action: Action, subject: tuple[str, int | None, int | None], values: Any
    ) -> Verdict:
        """What the gates in force say of this attempt at this moment."""
        held = getattr(_open, "held", None)
        made, store = held or (engine(), SqlStore())
        return asking.ask(made, store, ctx, action, subject, values)

    def begin(self, kind: str, ids: Sequence[int]) -> None:
        """Rows that are only being made: the engine need not look for what is kept of them."""
        _held()[1].begin(kind, map(str, ids))

    def follow(self, ctx: Context, facts: Sequence[Fact]) -> None:
        """Fold the facts into obligations and measures; write what the engine asks for (reminders, escalations)."""
        if any(f.kind == "norms.version_in_force" for f in facts):
            _open.held = (engine(), _held()[1])
        made, store = _held()
        waiting = list(facts)
        _open.broken = True
        while waiting:
            row = waiting.pop(0)
            for change in made.apply(fact_of(row), store):
                if change.draft is not None:
                    waiting.extend(write_draft(change.draft, ctx, row.seq))
        _open.broken = False

    def flush(self) -> None:
        """Write the fold. After a fault in the middle of it nothing may be committed."""
        if getattr(_open, "broken", False):
            raise RuntimeError("the fold of the journal broke off; the whole transaction is given up")
        held = getattr(_open, "held", None)
        if held is not None:
            held[1].flush()

    def forget(self) -> None:
        _open.held = None
        _open.broken = False


def write_draft(draft: Draft, ctx: Context, caused_by: int | None) -> list[Fact]:
    """Put a fact that the engine asks for into the journal, under the engine's own key."""
    own = Context(actor=SYSTEM, now=ctx.now, happened_at=ctx.now, key=draft.key, action="norms.write")
    own.emit(
        draft.kind,
        subject=(draft.subject_kind, draft.subject or None),
        customer=int(draft.customer) if draft.customer else None,
        data=dict(draft.data),
        caused_by=caused_by,
    )
    if stages.journal is None:
        raise RuntimeError("the journal is not plugged in")
    return stages.journal.append(own)
