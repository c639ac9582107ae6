"""How a process works through a great deal alone."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def free_memory() -> int:
    """Bytes; 0 on a system that does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0


@contextmanager
def unhurried() -> Iterator[None]:
    """A long run of one process: the collector of cycles looks seldom and not at what stood there before, and SQLite does
    not wait for the disk (nothing is lost but the demo itself, which is made anew), keeps as many pages as an eighth of the
    free memory holds, a gigabyte at least, and copies its log into the database when 400 MB have come together."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            pages = f"cache_size = -{max(1 << 20, free_memory() // 8 >> 10)}"
            for pragma in ("synchronous = OFF", pages, "wal_autocheckpoint = 100000"):
                cursor.execute(f"PRAGMA {pragma}")
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            connection.close()  # the next one has the usual settings
