"""Run a worker: background jobs and schedules. As many as one likes, on as many machines, beside one database."""

from __future__ import annotations

import argparse
import os
import signal
import threading
from pathlib import Path

NAME = "worker"
HELP = "run a background worker"
LAST = "worker.name"
"""File in the data folder: the worker that `guanxi run` started last."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="do what is due now, then stop")


def run(options: argparse.Namespace) -> int:
    from guanxi.platform.jobs.worker import run_one, start_due_schedules, work, worker_name
    from guanxi.platform.kernel import system_clock

    if options.once:
        start_due_schedules(system_clock())
        while run_one(worker_name()):
            pass
        return 0
    _after_the_last_one()
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    work(stop)
    return 0


def _after_the_last_one() -> None:
    """Below `guanxi run` there is one worker on a data folder at a time: the one before is dead, its jobs are free."""
    from django.conf import settings
    from django.db import DatabaseError

    from guanxi.platform.jobs.orphans import IN_TREE
    from guanxi.platform.jobs.queue import release
    from guanxi.platform.jobs.worker import worker_name
    from guanxi.platform.kernel import system_clock

    if not os.environ.get(IN_TREE):
        return
    name = Path(settings.HOME) / LAST
    try:
        release(name.read_text().strip(), system_clock())
    except FileNotFoundError:
        pass
    except DatabaseError:
        return  # away for a moment; then its jobs wait for their leases
    draft = name.with_name(f".{LAST}")
    draft.write_text(worker_name() + "\n")
    draft.replace(name)
