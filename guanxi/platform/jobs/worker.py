"""The worker: takes jobs, runs them, and lets schedules come due. One process; as many as one likes."""

from __future__ import annotations

import logging
import os
import socket
import threading
import traceback
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, IntegrityError, close_old_connections, transaction

from guanxi.platform.kernel import Clock, system_clock

from . import queue
from .models import Heartbeat, Job, ScheduleRun
from .registry import Interrupted, LeaseLost, Run, all_schedules, get_kind, last_due

log = logging.getLogger("guanxi.jobs")
UNSTEADY = timedelta(seconds=30)
"""A clock that is set back by less is not worth a word."""
PATIENCE = 30.0
"""Seconds between two looks at a database that is away."""


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def run_one(
    worker: str,
    clock: Clock = system_clock,
    only: int | None = None,
    stop: threading.Event | None = None,
) -> bool:
    """Take one job and run it; False where nothing is due. An error is kept with the job, never raised.

    stop: once it is set, a job that beats is left where it stands, for the next worker.
    """
    job = queue.take(worker, clock(), only)
    if job is None:
        return False
    kind = get_kind(job.name)

    def beat(progress: dict[str, Any] | None = None) -> None:
        change: dict[str, Any] = {"lease_until": clock() + kind.lease}
        if progress is not None:
            change["progress"] = progress
        if not Job.objects.filter(pk=job.pk, worker=worker, state="running").update(**change):
            raise LeaseLost(job.name)
        if stop is not None and stop.is_set():
            raise Interrupted(job.name)

    try:
        kind.function(Run(job.pk, job.attempts, clock, beat), **job.arguments)
    except LeaseLost:
        log.warning("job %s was taken over by another worker", job.pk)
    except Interrupted:
        queue.put_back(job, clock())
    except Exception:  # whatever a job does wrong, the worker goes on; the trace stands in the row
        log.exception("job %s %s failed (attempt %s)", job.pk, job.name, job.attempts)
        queue.fail(job, traceback.format_exc(), clock())
    else:
        queue.finish(job, clock())
    return True


def start_due_schedules(now: datetime) -> list[str]:
    """Queue what the time table says is due and nobody has taken yet. Missed times are caught up once."""
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    started = []
    for name, cron in all_schedules().items():
        due = last_due(cron, local)
        if ScheduleRun.objects.filter(schedule=name, due_at__gte=due, due_at__lte=now).exists():
            continue
        try:
            with transaction.atomic():
                ScheduleRun.objects.create(schedule=name, due_at=due)
                queue.enqueue(name, key=f"schedule:{name}", clock=lambda: now)
        except IntegrityError:
            continue  # another scheduler was first
        started.append(name)
    return started


def work(stop: threading.Event, clock: Clock = system_clock, pause: float = 1.0) -> None:
    """Run until `stop` is set: schedules, then jobs until none is due, then a pause.

    pause: seconds. While the database is away the pauses grow to PATIENCE.
    """
    name = worker_name()
    swept: datetime | None = None
    before: datetime | None = None
    waiting = pause
    while not stop.is_set():
        close_old_connections()
        try:
            now = clock()
            if before is None or now < before - UNSTEADY:
                queue.clock_went_back(now)
            before = now
            Heartbeat.objects.update_or_create(worker=name, defaults={"seen_at": now})
            start_due_schedules(now)
            while not stop.is_set() and run_one(name, clock, stop=stop):
                pass
            if swept is None or abs(now - swept) > timedelta(hours=1):
                queue.clear_finished(now - timedelta(days=7))
                ScheduleRun.objects.filter(due_at__lt=now - timedelta(days=7)).delete()
                Heartbeat.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()
                swept = now
            waiting = pause
        except Exception:  # the database may be away for a moment; the worker waits for it
            first = waiting == pause
            log.error("the worker could not look for work; again in %.0f s", waiting, exc_info=first)
            stop.wait(waiting)
            waiting = min(PATIENCE, waiting * 2)
        stop.wait(pause)
    try:
        Heartbeat.objects.filter(worker=name).delete()
    except DatabaseError:
        log.warning("the database is away; the last heartbeat of %s stays", name)
