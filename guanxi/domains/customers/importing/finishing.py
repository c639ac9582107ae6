"""The end of an import, whatever it brought in."""

from __future__ import annotations

from guanxi.platform.kernel import Clock, perform
from guanxi.platform.people.models import Person

from ..models_import import RUNNING, Import
from .actions import count


def finish(run: Import, person: Person, clock: Clock, source: str) -> None:
    """Count, and say so in the journal; for an import that was stopped only count."""
    run.refresh_from_db()
    if run.state != RUNNING:
        count(run)
        return
    perform(
        "customers.finish_import",
        {"run": run.pk},
        actor=person,
        key=f"import-{run.pk}-finished",
        clock=clock,
        source=source,
    )
