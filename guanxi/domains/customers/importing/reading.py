"""Rows read by two processes: the one beside reads what comes next while this one judges, and this one reads too rather
than wait. What a row says is the same wherever it is read. The one beside also composes what would be entered, as nearly every
row is; where that is not so (a field that goes into the note), this one does it over."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from datetime import date
from multiprocessing import get_context

from django.db import DatabaseError, connection

from guanxi.platform.imports.cells import Reader
from guanxi.platform.imports.judge import Portion, Readings, read_here, read_portion
from guanxi.platform.jobs.beside import begin
from guanxi.platform.ownfields.known import looked_up_once

from .compose import compose

log = logging.getLogger(__name__)
LARGE = 2000
"""Fewer rows are read before another process has started."""
AHEAD = 3
"""So many portions are read or being read at most beside the one that is judged: what is held stays small."""
PATIENCE = 60
"""So many seconds the other process may take for a portion, its start included."""
Held = Future[Readings] | Readings


class ReadingBeside:
    """Reads a sheet of so many rows; see `guanxi.platform.imports.judge.ReadAll`."""

    def __init__(self, rows: int, today: date) -> None:
        self.today = today
        self.here = rows < LARGE or connection.in_atomic_block or (os.cpu_count() or 1) < 2

    def __call__(self, reader: Reader, portions: Iterator[Portion]) -> Iterator[Readings]:
        """Portion after portion, in their order."""
        return read_here(reader, portions) if self.here else self._both(reader, portions)

    def _both(self, reader: Reader, portions: Iterator[Portion]) -> Iterator[Readings]:
        with ProcessPoolExecutor(1, get_context("spawn"), begin, (os.getpid(),)) as beside:
            try:
                yield from _in_order(beside, reader, portions, self.today)
            finally:
                beside.shutdown(wait=False, cancel_futures=True)


def _in_order(
    beside: ProcessPoolExecutor, reader: Reader, portions: Iterator[Portion], today: date
) -> Iterator[Readings]:
    held: deque[tuple[Portion, Held]] = deque()
    while True:
        while _busy(held) < 2 and len(held) < AHEAD and (portion := next(portions, None)) is not None:
            held.append((portion, _ask(beside, reader, portion, today)))
        if not held:
            return
        first = held[0][1]
        while isinstance(first, Future) and not first.done() and len(held) <= AHEAD:
            if (portion := next(portions, None)) is None:
                break
            held.append((portion, read_portion(reader, portion)))
        portion, first = held.popleft()
        yield _result(first, reader, portion)


def _busy(held: deque[tuple[Portion, Held]]) -> int:
    """How many portions the other process has before it."""
    return sum(isinstance(one, Future) and not one.done() for _, one in held)


def read_and_compose(reader: Reader, portion: Portion, today: date) -> Readings:
    """Each row of a portion as it is read, with the `Entry` of what would be entered; in the process beside. Rows whose
    fields of the company's own it cannot look up are composed where they are judged."""
    found = read_portion(reader, portion)
    with suppress(DatabaseError), looked_up_once():
        for number, cells in portion:
            reading, _ = found[number]
            if not reading.faults:
                reading.made = compose(reading, cells, reader.mapping, today=today)
    return found


def _ask(beside: ProcessPoolExecutor, reader: Reader, portion: Portion, today: date) -> Held:
    try:
        return beside.submit(read_and_compose, reader, portion, today)
    except RuntimeError:  # it is gone: nothing depends on it
        return read_portion(reader, portion)


def _result(held: Held, reader: Reader, portion: Portion) -> Readings:
    if not isinstance(held, Future):
        return held
    try:
        return held.result(PATIENCE)
    except Exception:  # whatever it is: the rows are read here
        log.warning("a portion is read in this process", exc_info=True)
        return read_portion(reader, portion)
