"""Background work: a row is the truth about a job, whoever carries the word that it is there."""

from __future__ import annotations

from django.db import models


class Job(models.Model):
    """One piece of background work.

    state: queued, running, done, failed (gave up). A running job holds a lease; one whose lease ran out belonged
    to a worker that died and is taken again. `key` makes enqueueing idempotent while the job is not finished.
    """

    name = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=120, null=True, unique=True)  # noqa: DJ001 (many rows have no key)
    state = models.CharField(max_length=8, default="queued")
    run_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=80, blank=True)
    queued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    progress = models.JSONField(default=dict)

    class Meta:
        indexes = (
            models.Index(
                fields=["run_at", "id"], name="job_next", condition=models.Q(state__in=["queued", "running"])
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class ScheduleRun(models.Model):
    """That a schedule's time has come and been taken: unique, so that two schedulers start nothing twice."""

    schedule = models.CharField(max_length=80)
    due_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["schedule", "due_at"], name="schedule_once"),)

    def __str__(self) -> str:
        return f"{self.schedule} {self.due_at}"


class Heartbeat(models.Model):
    """When a worker was last seen; `guanxi check` and the settings page read it."""

    worker = models.CharField(max_length=80, primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker
