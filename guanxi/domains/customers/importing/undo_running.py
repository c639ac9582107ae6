"""Taking an import back in short transactions: whoever comes after a worker that died goes on where it stopped.

Each transaction is one call of customers.undo_import_rows for as many rows as the last ones let expect in HOLD seconds,
under a key of its own; how far it came stands in the import, written in the same transaction.
"""

from __future__ import annotations

import logging
import time

from guanxi.platform.journal.checkpoints import Checkpoints
from guanxi.platform.journal.stage import Journal
from guanxi.platform.kernel import ActionError, Clock, Text, perform, system_clock

from .. import reads
from ..models_import import DONE, STOPPED, UNDOING, Import
from .actions import person_of
from .permissions import IMPORT
from .running import Beat
from .sorts import sort_of
from .undo import UNDO_ROWS
from .undo_actions import keep, last_rows, mark
from .undo_rows import Why

log = logging.getLogger(__name__)
HOLD = 0.15
FIRST, LEAST, MOST = 40, 40, 200
"""Rows of one transaction. What it asks the database once for all of them costs as much as some rows: fewer than LEAST
would hold it hardly shorter.
"""
NO_RIGHT = Text(
    "导入人已没有导入客户的权限，撤销停在中间",
    "Whoever imported has no right to import customers any more: the undo stopped halfway",
)


def run_undo(
    id: int, *, clock: Clock = system_clock, beat: Beat | None = None, source: str = "import"
) -> None:
    """Take back the rows that are left, then say what came of it. Does nothing for an import that is not being undone."""
    run = Import.objects.get(pk=id)
    person = person_of(run)
    reads.entering(person, id)
    most = FIRST
    with Checkpoints() as checkpoints:
        while run.state == UNDOING and run.undo_at:
            person.forget_rights()
            if not person.is_active or not person.may(IMPORT):
                Import.objects.filter(pk=id, state=UNDOING).update(
                    state=STOPPED if run.unseen else DONE,
                    why_stopped=[["", "stopped", NO_RIGHT.zh, NO_RIGHT.en]],
                )
                return
            most = _some(run, person, most, clock, source)
            checkpoints.passed()
            run.refresh_from_db()
            if beat is not None:
                beat({"done": run.undo_done, "rows": run.undo_rows})
    if run.state == UNDOING:
        perform(
            "customers.finish_undo",
            {"run": id},
            actor=person,
            key=f"undo-{id}-{run.undo_tries}-finished",
            clock=clock,
            source=source,
        )


def _some(run: Import, person: object, most: int, clock: Clock, source: str) -> int:
    """One short transaction; how many rows the next may take."""
    began = time.perf_counter()
    try:
        sort = sort_of(run)
        perform(
            UNDO_ROWS if sort is None else sort.undo_action,
            {"run": run.pk, "turn": run.undo_turn, "before": run.undo_at, "most": most},
            actor=person,
            key=f"undo-{run.pk}-{run.undo_tries}-{run.undo_turn}-{run.undo_at}",
            clock=clock,
            source=source,
        )
    except ActionError:
        raise
    except Exception:  # one row's fault in the program must not keep the others
        if most > 1:
            log.exception("rows of import %s cannot be taken back together; now one by one", run.pk)
            return 1
        log.exception("a row of import %s cannot be taken back", run.pk)
        _keep_next(run)
        return 1
    took = time.perf_counter() - began
    return min(most * 2, MOST) if took < HOLD / 2 else max(most * 2 // 3, LEAST) if took > HOLD else most


def _keep_next(run: Import) -> None:
    with Journal().writing():
        lines = last_rows(run, 1)
        for line in lines:
            keep(line, Why("failed"))
        mark(run, lines)
