"""Several people at the very same moment: real threads, each with a connection of its own, on either database."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

Call = Callable[[], Any]


def at_once(*calls: Call) -> list[Any]:
    """Run every call in a thread of its own, let go together; what each gave back or raised, in order."""
    start = threading.Barrier(len(calls))
    came: list[Any] = [None] * len(calls)

    def run(place: int, call: Call) -> None:
        try:
            start.wait(30)
            came[place] = call()
        except Exception as error:
            came[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
    return came


def apart(call: Call) -> Any:
    """One call in a thread of its own: where the others wrote, there it reads."""
    (came,) = at_once(call)
    if isinstance(came, Exception):
        raise came
    return came


@pytest.fixture
def shared(transactional_db: None, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Call it once the company stands: from then on threads work on one real database.

    PostgreSQL is one already. The tests' SQLite lies in memory, where writers do not wait for each other as they do
    in a file; so the company moves into a file, which threads (and only they) open.
    """
    settings: dict[str, Any] = connections.settings["default"]
    name, options = settings["NAME"], settings["OPTIONS"]

    def share() -> None:
        if connection.vendor == "sqlite":
            file = tmp_path / "together.sqlite3"
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(file)])
            # As the product finds its file: in WAL already. Who turns it waits for nobody, and 30 would turn it at once.
            with closing(sqlite3.connect(file)) as alone:
                alone.execute("PRAGMA journal_mode=WAL")
            settings["NAME"] = str(file)
            settings["OPTIONS"] = {
                **options,
                "timeout": 100,
            }  # how long one waits says something of the machine alone

    yield share
    settings["NAME"], settings["OPTIONS"] = name, options
