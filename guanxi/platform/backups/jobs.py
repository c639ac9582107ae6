"""Backups that the worker takes."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from guanxi.platform.jobs.registry import Run, get_kind, job, schedule
from guanxi.platform.kernel import perform
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.people.settings_registry import value

from . import reads, taking, timetable
from .actions import BY_HAND_JOB

TRIES = 3
SAID_EVERY = timedelta(seconds=5)


@job("backups.scheduled", tries=TRIES, lease_minutes=15)
def scheduled(run: Run) -> None:
    """Take the backup that is due, and delete old ones."""
    due = timetable.due(run.clock())
    if due is None or reads.answered(due):
        return
    folder = timetable.folder()
    _take(run, folder, taking.BY_SCHEDULE, due)
    taking.thin_out(folder, int(value("backup.keep")))


@job(BY_HAND_JOB, tries=1, lease_minutes=15)
def by_hand(run: Run) -> None:
    """The backup that an administrator asked for."""
    _take(run, timetable.folder(), taking.BY_HAND, None)


def _take(run: Run, folder: Path, name: str, due: datetime | None) -> None:
    machine, key = socket.gethostname(), f"backup-{run.id}-{run.attempt}"
    told = {"scheduled": due is not None, "due": due}
    try:
        taken = taking.take(
            folder, name=name, passphrase=timetable.passphrase(), tell=_beats(run), clock=run.clock
        )
    except taking.Failed as error:
        if run.attempt >= get_kind("backups.scheduled" if due else BY_HAND_JOB).tries:
            said = {"reason_zh": error.text.zh, "reason_en": error.text.en}
            perform(
                "backups.note_failed",
                {**told, **said, "folder": str(folder), "machine": machine},
                actor=SYSTEM,
                key=key,
                clock=run.clock,
                source="worker",
            )
        raise
    run.beat({"file": taken.path.name, "size": taken.size})
    perform(
        "backups.note_taken",
        {**told, **described(taken), "machine": machine},
        actor=SYSTEM,
        key=key,
        clock=run.clock,
        source="worker",
    )


def described(taken: taking.Taken) -> dict[str, Any]:
    """A backup as `backups.note_taken` takes it."""
    return {
        "file": taken.path.name,
        "folder": str(taken.path.parent),
        "size": taken.size,
        "rows": taken.rows,
        "files": taken.files,
        "sealed": taken.sealed,
        "facts": taken.facts,
        "head": taken.head,
    }


def _beats(run: Run) -> Callable[[int, int], None]:
    """Renews the lease now and then, and says how far it is."""
    said = run.clock() - SAID_EVERY

    def tell(done: int, of: int) -> None:
        nonlocal said
        if run.clock() - said >= SAID_EVERY:
            said = run.clock()
            run.beat({"done": done, "of": of})

    return tell


schedule("backups.scheduled", "*/15 * * * *")
