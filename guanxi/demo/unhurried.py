"""How a process works through a great deal alone."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def unhurried() -> Iterator[None]:
    """A long run of one process: the collector of cycles looks seldom and not at what stood there before, and SQLite does
    not wait for the disk (nothing is lost but the demo itself, which is made anew), keeps a gigabyte of pages, and
    copies its log into the database when 200 MB have come together."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            for pragma in ("synchronous = OFF", "cache_size = -1048576", "wal_autocheckpoint = 50000"):
                cursor.execute(f"PRAGMA {pragma}")
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
        if connection.vendor == "sqlite" and not connection.in_atomic_block:
            connection.close()  # the next one has the usual settings
