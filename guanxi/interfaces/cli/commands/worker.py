"""Run a worker: background jobs and schedules. As many as one likes, on as many machines, beside one database."""

from __future__ import annotations

import argparse
import signal
import threading

NAME = "worker"
HELP = "run a background worker"


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
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    work(stop)
    return 0
