"""What is done with files in the background: scanning, and clearing away what nobody can bring back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from guanxi.platform.kernel import Clock, NotFound, perform
from guanxi.platform.people.rights import SYSTEM

from ..actions.undo import UNDO_FOR
from ..models_attachments import Attachment
from . import scanning, storing
from .actions import SCAN_JOB as SCAN_JOB


def scan_waiting(clock: Clock, beat: Callable[[Any], None]) -> int:
    """Let the scanner look at every file that waits for it; how many could be judged."""
    if not scanning.set_up():
        return 0
    judged = 0
    for row in Attachment.objects.filter(state=Attachment.WAITING).order_by("pk")[:1000]:
        path = storing.path_of(row.stored)
        verdict = scanning.scan(path) if path.is_file() else scanning.Verdict(scanning.FAILED, "no file")
        try:
            perform(
                "attachments.judge",
                {"attachment": row.pk, "outcome": verdict.outcome, "said": verdict.said},
                actor=SYSTEM,
                clock=clock,
                source="worker",
            )
        except NotFound:  # taken away or judged by another meanwhile
            continue
        judged += verdict.outcome != scanning.FAILED
        if verdict.outcome == scanning.INFECTED:
            storing.discard(row.stored)
        beat(None)
    return judged


def clear_away(clock: Clock) -> int:
    """The bytes of what was removed go, once nobody can undo it, and with them the row; so do files that no row names."""
    now = clock()
    gone = list(Attachment.objects.filter(removed_at__lt=now - UNDO_FOR - timedelta(minutes=1)))
    for row in gone:
        storing.discard(row.stored)
        row.delete()
    for stored in list(storing.forgotten(now - storing.BROKEN_OFF)):
        storing.discard(stored)
    return len(gone)
