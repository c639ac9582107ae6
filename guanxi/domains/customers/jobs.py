"""Background work of customers: judging and entering the rows of an import, looking for twins."""

from __future__ import annotations

from guanxi.platform.jobs.registry import Run, job, schedule

from .attachments import running as attachments
from .importing import drafts, running, undo_actions, undo_running
from .importing.actions import JOB
from .looks import keeping
from .models_import import PLANNING, Import
from .privacy import old_imports, retention, scrub
from .twins import search


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


@job(undo_actions.JOB, tries=20, lease_minutes=1)
def undo_import(run: Run, id: int) -> None:
    """Take the rows back; whoever takes over from a worker that died goes on where it stopped."""
    undo_running.run_undo(id, clock=run.clock, beat=run.beat)


@job(search.JOB, tries=20, lease_minutes=5)
def find_twins(run: Run, id: int) -> None:
    """Compare customer after customer; whoever takes over goes on behind the last ones compared."""
    search.run_search(id, clock=run.clock, beat=run.beat)


@job("customers.find_new_twins")
def find_new_twins(run: Run) -> None:
    """Begin to compare what was entered or changed since the last search."""
    search.begin_nightly(run.clock)


schedule("customers.find_new_twins", "50 3 * * *")


@job(attachments.SCAN_JOB, tries=5, lease_minutes=30)
def scan_attachments(run: Run) -> None:
    """Let the virus scanner look at the files that wait for it."""
    attachments.scan_waiting(run.clock, run.beat)


schedule(attachments.SCAN_JOB, "*/5 * * * *")


@job("attachments.clear")
def clear_attachments(run: Run) -> None:
    """Let the bytes go of files that were removed, and of uploads that were broken off."""
    attachments.clear_away(run.clock)


schedule("attachments.clear", "*/15 * * * *")


@job("contacts.scrub", tries=5, lease_minutes=60)
def scrub_files(run: Run) -> None:
    """Write the database anew without what was erased by day."""
    scrub.scrub()


schedule("contacts.scrub", "20 2 * * *")


@job("contacts.tell_overdue")
def tell_overdue(run: Run) -> None:
    """Say whose retention period is over; a person erases."""
    retention.tell_of_overdue(run.clock)


schedule("contacts.tell_overdue", "30 6 * * *")


@job("contacts.clear_imports", tries=5, lease_minutes=30)
def clear_imports(run: Run) -> None:
    """Clear imported files and what their rows said once the company's period is over."""
    old_imports.clear_old(run.clock, run.beat)


schedule("contacts.clear_imports", "5 2 * * *")


@job("customers.clear_looks", tries=5, lease_minutes=30)
def clear_looks(run: Run) -> None:
    """Delete who looked at which customer once the company's period is over."""
    keeping.clear_old(run.clock)


schedule("customers.clear_looks", "35 2 * * *")
