"""What the journal keeps of sign-ins, rights and data that went away, said to the log too: there a system that watches reads it.

Only where lines are carried to one (GUANXI_LOG_TO). Numbers and kinds, never names, values or texts; with each the hash of
its link, so that a chain that was written anew later disagrees with what was sent.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction

log = logging.getLogger("guanxi.journal")
WATCHED = frozenset(
    (
        *("session", "sign_in", "password", "second_factor", "passkey", "account", "token", "reset"),
        *("role", "permission", "person", "department", "setting"),
        *("action", "list", "backup", "attachment"),
    )
)
"""First words of kinds: who came in and how, who may what, what was refused, what was taken away."""
ALSO = frozenset(
    (
        *("contact.exported", "contact.erased", "customer.looked_at"),
        *("journal.clock_set_back", "journal.corrected", "journal.erased", "journal.verify_asked"),
    )
)


def tell(facts: Sequence[Any]) -> None:
    """Log those of these facts that a watcher wants, once they stand."""
    if not log.isEnabledFor(logging.INFO):
        return
    for fact in facts:
        if fact.kind.partition(".")[0] in WATCHED or fact.kind in ALSO:
            transaction.on_commit(partial(_line, fact))


def _line(fact: Any) -> None:
    log.info(
        "fact %d %s by %s about %s %s hash %s",
        fact.seq,
        fact.kind,
        fact.actor_id or "system",
        fact.subject_kind,
        fact.subject_id or "-",
        bytes(fact.hash).hex(),
    )
