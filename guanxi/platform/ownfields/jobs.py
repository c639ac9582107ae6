"""Background work of own fields: the indexes that lists need."""

from __future__ import annotations

from guanxi.platform.jobs.registry import Run, job, schedule

from .sql import keep_indexes

JOB = "ownfields.indexes"


@job(JOB, tries=5, lease_minutes=30)
def indexes(run: Run) -> None:
    """Make the indexes of new fields and drop those of retired ones; also after a restored backup or an update, which know
    nothing of them."""
    run.beat({"done": keep_indexes()})


schedule(JOB, "15 * * * *")
