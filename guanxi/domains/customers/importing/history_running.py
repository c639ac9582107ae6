"""Entering the planned rows of past orders or visits: one call each, in short transactions, each row exactly once.

As with customers (running.py), whoever comes after a worker that died goes on at the first line without an outcome. What is
entered shows as it comes: its customers are there already, and nothing is owed because of it.
"""

from __future__ import annotations

import logging
import time

from django.db.models import QuerySet

from guanxi.platform.imports.columns import Mapping
from guanxi.platform.imports.fields import OWN
from guanxi.platform.journal.stage import Journal
from guanxi.platform.kernel import ActionError, Clock, Invalid, Text, perform

from ..models_import import DUPLICATE, REJECTED, RUNNING, STOPPED, Import, ImportRow
from .actions import person_of
from .compose import column_of, say_text
from .finishing import finish
from .permissions import IMPORT
from .sorts import Sort

log = logging.getLogger(__name__)
HOLD = 0.1
MOST = 200
NO_RIGHT = Text("导入人已没有导入客户的权限", "Whoever imports has no right to import any more")
FAILED = Text(
    "程序出错，已记录；请联系系统管理员",
    "The program failed here and has logged it; please tell the administrator",
)


class HistoryRunner:
    """Enters the rows of one import that still wait."""

    def __init__(self, run: Import, sort: Sort, clock: Clock, source: str) -> None:
        self.run, self.sort, self.clock, self.source = run, sort, clock, source
        self.person = person_of(run)
        self.mapping = Mapping.from_json(run.mapping, run.header)
        self.alone = False

    def some(self) -> bool:
        """Rows for one short transaction; False where none is left or the import was stopped."""
        try:
            with Journal().writing():
                done = self._portion(0.0 if self.alone else HOLD)
            self.alone = False
            return done > 0
        except ActionError:
            raise
        except Exception:  # one row's fault in the program must not take the others with it
            log.exception("rows of import %s cannot be entered", self.run.pk)
            if not self.alone:
                self.alone = True
                return True
        with Journal().writing():
            line = self._waiting().first()
            if line is not None:
                self._reject(line, [say_text("", "row.failed", FAILED)])
                self._done(1)
        self.alone = False
        return line is not None

    def _portion(self, hold: float) -> int:
        """Enter rows for so many seconds, one at least; how many it were."""
        began = time.perf_counter()
        self.run = Import.objects.get(pk=self.run.pk)
        if self.run.state != RUNNING:
            return 0
        self.person.forget_rights()
        if not self.person.is_active or not self.person.may(IMPORT):
            Import.objects.filter(pk=self.run.pk).update(
                state=STOPPED, why_stopped=[["", "stopped", NO_RIGHT.zh, NO_RIGHT.en]]
            )
            return 0
        done = 0
        for line in list(self._waiting()[:MOST]):
            self._enter(line)
            done += 1
            if time.perf_counter() - began > hold:
                break
        self._done(done)
        return done

    def _waiting(self) -> QuerySet[ImportRow]:
        return ImportRow.objects.filter(run=self.run, outcome="").defer("cells").order_by("turn", "number")

    def _done(self, count: int) -> None:
        self.run.done += count
        Import.objects.filter(pk=self.run.pk).update(done=self.run.done)

    def _enter(self, line: ImportRow) -> None:
        if line.to_do == REJECTED:
            self._reject(line, [])
            return
        if line.to_do == DUPLICATE:
            line.outcome = DUPLICATE
            line.save(update_fields=["outcome"])
            return
        try:
            perform(
                self.sort.row_action,
                {"run": self.run.pk, "row": line.number},
                actor=self.person,
                key=f"import-{self.run.pk}-{line.number}",
                clock=self.clock,
                source=self.source,
            )
        except Invalid as invalid:
            faults = [
                say_text(self._column(name), f"input.{name}", message)
                for name, messages in invalid.errors.items()
                for message in messages
            ]
            self._reject(line, faults)
        except ActionError as error:
            self._reject(line, [say_text("", "row.refused", error.text)])

    def _column(self, name: str) -> str:
        """The header of the column that a field of the input came from; '' where none did."""
        if name.startswith(OWN):
            name = f"{OWN}{self.sort.subject}.{name.removeprefix(OWN)}"
        return column_of(name, self.mapping)

    @staticmethod
    def _reject(line: ImportRow, faults: list[list[str]]) -> None:
        from .running import reject

        reject(line, faults)

    def finish(self) -> None:
        """See `finishing.finish`."""
        finish(self.run, self.person, self.clock, self.source)
