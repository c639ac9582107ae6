"""When what was written comes from SQLite's log into its file.

Usually that happens at the end of whoever's transaction made the log long. Those who write portion after portion, each as
much as hundreds of actions, do it themselves between two of them: then nobody waits for it, neither for the writer
nor because the next short action finds the log long.
"""

from __future__ import annotations

from types import TracebackType

from django.db import connection

EVERY = 4
"""So many portions of a large import write some 70 MB where there are a million customers."""


class Checkpoints:
    """A context of many portions; `passed` is told after each, outside its transaction. Does nothing on PostgreSQL, and
    inside a transaction."""

    def __init__(self) -> None:
        self._works = connection.vendor == "sqlite" and not connection.in_atomic_block
        self._portions = 0
        self._usual = 0

    def __enter__(self) -> Checkpoints:
        if self._works:
            (self._usual,) = self._run("wal_autocheckpoint")
            self._run("wal_autocheckpoint=0")
        return self

    def passed(self) -> None:
        """A portion was written."""
        self._portions += 1
        if self._works and self._portions % EVERY == 0:
            self._run("wal_checkpoint(PASSIVE)")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._works:
            self._run(f"wal_autocheckpoint={self._usual}")

    @staticmethod
    def _run(pragma: str) -> tuple[int, ...]:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {pragma}")
            found: tuple[int, ...] = cursor.fetchone()
            return found
