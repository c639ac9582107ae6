"""Putting work into the queue and taking it out."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from guanxi.platform.kernel import Clock, system_clock

from .models import Heartbeat, Job, ScheduleRun
from .registry import all_jobs, get_kind

log = logging.getLogger("guanxi.jobs")
LONGEST_PAUSE = timedelta(hours=1)
"""Between two tries of a job that failed."""
SKEW = timedelta(minutes=5)
"""By how much the clocks of several machines may differ."""
DEATHS = 2
"""How many more workers may die under a job than it has tries."""


def enqueue(
    name: str,
    arguments: dict[str, Any] | None = None,
    *,
    key: str | None = None,
    run_at: datetime | None = None,
    clock: Clock = system_clock,
) -> Job:
    """Queue a job inside the caller's transaction: it is there if and only if that commits.

    With a key, a job that is queued or running under it already is returned instead; a finished one is replaced.
    """
    get_kind(name)
    now = clock()
    if key is not None:
        known = Job.objects.filter(key=key).first()
        if known is not None and known.state in ("queued", "running"):
            return known
        if known is not None:
            known.delete()
    made = Job.objects.create(
        name=name, arguments=arguments or {}, key=key, run_at=run_at or now, queued_at=now, state="queued"
    )
    transaction.on_commit(lambda: _carry(made))
    return made


def _carry(job: Job) -> None:
    """Tell the broker, where there is one. The row stays the truth: a lost word only costs a minute."""
    if settings.GUANXI_TASKS == "celery":
        from .celery import run_job

        try:
            run_job.apply_async((job.pk,), eta=job.run_at, retry=False)
        except (
            Exception
        ):  # whatever keeps the broker away: the row is there, and `guanxi worker` looks for it
            log.warning("the broker did not take the word of job %s", job.pk, exc_info=True)


def take(worker: str, now: datetime, only: int | None = None) -> Job | None:
    """The next job that is due or whose worker died, now leased to `worker`; None where there is none.

    A job under which workers die again and again is given up, and one that this program does not know.
    """
    due = Q(state="queued", run_at__lte=now) | Q(state="running", lease_until__lt=now)
    jobs = Job.objects.filter(due).order_by("run_at", "id")
    if only is not None:
        jobs = jobs.filter(pk=only)
    for job in jobs[:20]:
        mine = Job.objects.filter(pk=job.pk, attempts=job.attempts).filter(due)
        hopeless = _hopeless(job)
        if hopeless:
            mine.update(state="failed", finished_at=now, lease_until=None, key=None, error=hopeless)
            continue
        lease = now + get_kind(job.name).lease
        if mine.update(state="running", worker=worker, lease_until=lease, attempts=job.attempts + 1):
            job.refresh_from_db()
            return job
    return None


def _hopeless(job: Job) -> str:
    """Why it is not tried any more, '' where it is."""
    if job.name not in all_jobs():
        return f"This version of Guanxi knows no job {job.name}."
    if job.state == "running" and job.attempts >= get_kind(job.name).tries + DEATHS:
        return f"Given up after {job.attempts} tries: the last worker, {job.worker}, died or was stopped while it ran the job."
    return ""


def release(worker: str, now: datetime) -> int:
    """That worker is known to be dead: its jobs need not wait for their leases. Returns how many there were."""
    return Job.objects.filter(worker=worker, state="running").update(lease_until=now - timedelta(seconds=1))


def put_back(job: Job, now: datetime) -> None:
    """The worker stops in the middle: the job waits for the next one, and this try does not count."""
    Job.objects.filter(pk=job.pk, worker=job.worker, state="running").update(
        state="queued", run_at=now, lease_until=None, attempts=job.attempts - 1
    )


def clock_went_back(now: datetime) -> None:
    """The clock stood further ahead before: what it queued, leased or scheduled then must not wait for that time."""
    for kind in all_jobs().values():
        ahead = Job.objects.filter(name=kind.name, state="running", lease_until__gt=now + kind.lease)
        ahead.update(lease_until=now + kind.lease)
    queued = Job.objects.filter(state="queued", run_at__gt=now)
    queued.filter(queued_at__gt=now + SKEW).update(run_at=now)
    queued.filter(attempts__gt=0, run_at__gt=now + LONGEST_PAUSE + SKEW).update(run_at=now)
    ScheduleRun.objects.filter(due_at__gt=now + SKEW).delete()
    Heartbeat.objects.filter(seen_at__gt=now + SKEW).delete()


def finish(job: Job, now: datetime) -> None:
    """The job is done; its key is free again."""
    Job.objects.filter(pk=job.pk, worker=job.worker).update(
        state="done", finished_at=now, lease_until=None, error="", key=None
    )


def fail(job: Job, error: str, now: datetime) -> None:
    """Try again later with growing pauses, or give up after the kind's number of tries."""
    if job.attempts < get_kind(job.name).tries:
        pause = min(LONGEST_PAUSE, timedelta(seconds=10 * 4 ** (job.attempts - 1)))
        change: dict[str, Any] = {"state": "queued", "run_at": now + pause, "lease_until": None}
    else:
        change = {"state": "failed", "finished_at": now, "lease_until": None, "key": None}
    Job.objects.filter(pk=job.pk, worker=job.worker).update(error=error[-4000:], **change)


def retry(job: Job, now: datetime) -> bool:
    """Queue a job again that was given up, with all its tries; False where it was not."""
    again = {"state": "queued", "run_at": now, "attempts": 0, "finished_at": None, "worker": ""}
    if not Job.objects.filter(pk=job.pk, state="failed").update(**again):
        return False
    job.refresh_from_db(fields=list(again))
    transaction.on_commit(lambda: _carry(job))
    return True


def clear_finished(before: datetime) -> int:
    """Delete jobs that were done before `before`; failed ones stay for somebody to look at."""
    return Job.objects.filter(state="done", finished_at__lt=before).delete()[0]
