"""Background work of own fields: the indexes that lists need, and the words by which rows are found."""

from __future__ import annotations

from typing import Any

from guanxi.platform.jobs.registry import Run, job, schedule
from guanxi.platform.journal.stage import Journal
from guanxi.platform.kernel import perform
from guanxi.platform.people.rights import SYSTEM

from .known import by_key
from .models import OwnField, Retyping
from .retyping import in_type, preview
from .sql import TABLES, holding, keep_indexes

PORTION = 50
"""Rows that are found anew while nobody else writes."""
SEARCH = "ownfields.search"
RETYPE = "ownfields.retype"
JOB = "ownfields.indexes"


@job(JOB, tries=5, lease_minutes=30)
def indexes(run: Run) -> None:
    """Make the indexes of new fields and drop those of retired ones; also after a restored backup or an update, which know
    nothing of them."""
    run.beat({"done": keep_indexes()})


@job(SEARCH, tries=20, lease_minutes=5)
def search(run: Run, field: int) -> None:
    """Find the rows that hold something in a field by what it is now: no more by the words of a retired one. Idempotent."""
    row = OwnField.objects.get(pk=field)
    rows = holding(by_key(row.subject)[row.key]).order_by("pk")
    find = TABLES[row.subject].find
    if find is None:
        return
    done, last, total = 0, 0, rows.count()
    while True:
        with Journal().writing():  # a row that is being changed is not found by what it was
            portion = list(rows.filter(pk__gt=last)[:PORTION])
            find(portion)
        if not portion:
            return
        done, last = done + len(portion), portion[-1].pk
        run.beat({"done": done, "of": total})


@job(RETYPE, tries=20, lease_minutes=5)
def retype(run: Run, retyping: int) -> None:
    """Bring the values of a field into its new type, some at a time. What is done is done: it goes on from there."""
    row = Retyping.objects.select_related("field").get(pk=retyping)
    own = by_key(row.field.subject)[row.field.key]
    total = holding(own).count()
    go_on: dict[str, Any] = {"actor": SYSTEM, "clock": run.clock, "source": "worker"}
    if row.state == Retyping.CHECKING:
        was, to = (in_type(own, *one) for one in ((row.was_type, row.was_rules), (row.to_type, row.to_rules)))
        unfit = preview(was, to, at_most=total).unfit
        row = perform("ownfields.retype_on", {"retyping": row.pk, "unfit": unfit}, **go_on).value
    while row.state in (Retyping.CONVERTING, Retyping.REFILLING):
        row = perform("ownfields.retype_on", {"retyping": row.pk}, **go_on).value
        run.beat({"done": row.converted + row.emptied, "of": total})


schedule(JOB, "15 * * * *")
