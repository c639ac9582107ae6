"""Background work of customers: judging and entering the rows of an import."""

from __future__ import annotations

from guanxi.platform.jobs.registry import Run, job

from .importing import drafts, running
from .importing.actions import JOB
from .models_import import PLANNING, Import


@job(drafts.PLAN_JOB, tries=3, lease_minutes=5)
def plan_import(run: Run, id: int) -> None:
    """Judge the rows of a large file."""
    found = Import.objects.filter(pk=id, state=PLANNING).first()
    if found is not None:
        drafts.plan_now(found, clock=run.clock, beat=run.beat)


@job(JOB, tries=20, lease_minutes=1)
def run_import(run: Run, id: int) -> None:
    """Enter the rows; whoever takes over from a worker that died goes on at the next row."""
    running.run_import(id, clock=run.clock, beat=run.beat)
