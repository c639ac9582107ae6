"""The rows that come next, made ready by a process beside this one: on a machine with two cores an import uses both."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

from django.db import connection

from guanxi.platform.jobs.beside import begin
from guanxi.platform.ownfields.known import looked_up_once

from ..models_import import Import, ImportRow
from .ready import Ready, ready

log = logging.getLogger(__name__)
Place = tuple[int, int]
"""Turn and number of a row."""
LARGE = 2000
"""Fewer rows are in before another process has started."""
SOME = 400
PATIENCE = 60
"""So many seconds the other process may take for SOME rows, its start included."""


class Ahead:
    """Asks for the next rows while the last ones are written. Nothing depends on it: what it does not have is made ready
    where it is needed."""

    def __init__(self, rows: int) -> None:
        here = rows < LARGE or connection.in_atomic_block or (os.cpu_count() or 1) < 2
        self._pool = None if here else ProcessPoolExecutor(1, get_context("spawn"), begin, (os.getpid(),))
        self._made: dict[int, Ready] = {}
        self._asked: Future[tuple[Place, dict[int, Ready]]] | None = None
        self._upto: Place = (0, 0)

    def go_on(self, run: Import) -> None:
        """Take what is made, and ask for more. To be called while nobody waits for the writer."""
        if self._pool is None:
            return
        try:
            if self._asked is not None and (self._asked.done() or not self._made):
                (upto, made), self._asked = self._asked.result(PATIENCE), None
                self._made |= made
                if upto == self._upto:  # there are no more
                    self.close()
                    return
                self._upto = upto
            if self._asked is None and len(self._made) < SOME * 2:
                self._asked = self._pool.submit(make, run.pk, self._upto)
        except Exception:  # whatever it is: the rows are made ready here
            log.warning("import %s goes on in one process", run.pk, exc_info=True)
            self.close()

    def take(self, number: int) -> Ready | None:
        """What was made of a row, if anything was."""
        return self._made.pop(number, None)

    def forget(self, done: Iterable[int]) -> None:
        """These rows are done."""
        for number in done:
            self._made.pop(number, None)

    def close(self) -> None:
        """Let the process go."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def make(run: int, after: Place) -> tuple[Place, dict[int, Ready]]:
    """The next rows behind one, ready, and the place of the last; in the other process."""
    from .actions import person_of

    found = Import.objects.get(pk=run)
    person = person_of(found)
    turn, number = after
    waiting = ImportRow.objects.filter(run=run, outcome="").order_by("turn", "number")
    lines = list(waiting.filter(turn=turn, number__gt=number)[:SOME])
    lines += waiting.filter(turn__gt=turn)[: SOME - len(lines)]
    upto, made = after, {}
    with looked_up_once():
        for line in lines:
            upto = (line.turn, line.number)
            if (one := ready(found, person, line)) is not None:
                made[line.number] = one
    return upto, made
