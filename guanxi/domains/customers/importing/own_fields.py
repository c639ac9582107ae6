"""The company's own fields as targets of an import's columns, and the imports that keep a field as it is while they run."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.platform.imports.fields import OWN, Field, own_field, provide
from guanxi.platform.imports.reasons import Reason
from guanxi.platform.imports.values import day
from guanxi.platform.kernel import Conflict, Text
from guanxi.platform.ownfields.known import fields
from guanxi.platform.ownfields.sql import TABLES
from guanxi.platform.ownfields.types import DATE, LONGEST, Own, Unfit
from guanxi.platform.ownfields.uses import used_by_work

from ..models_import import PLANNING, RUNNING, UNDOING, Import
from .histories import Draft, Line
from .sorts import CUSTOMERS, the_sort

OF_CUSTOMERS = ("customer", "contact")
"""The kinds of row that a row of a sheet of customers becomes."""


def targets(what: str) -> Sequence[Field]:
    """A field for each that the rows of such a sheet have ('' for all there are); longer than it may be, so that what is too
    long is said and not cut."""
    if not what:
        subjects: Sequence[str] = [*OF_CUSTOMERS, *(name for name in TABLES if name not in OF_CUSTOMERS)]
    else:
        subjects = OF_CUSTOMERS if what == CUSTOMERS else (the_sort(what).subject,)
    return [
        own_field(target(own), own.label, own.key, limit=2 * LONGEST.get(own.type, 500))
        for subject in subjects
        for own in fields(subject)
    ]


def target(own: Own) -> str:
    """The name of a field as a column's target."""
    return f"{prefix(own.subject)}{own.key}"


def prefix(subject: str) -> str:
    """How the names of a kind of row's own fields begin, as columns' targets."""
    return OWN if subject == "customer" else f"{OWN}{subject}."


def written(line: Line, subject: str, draft: Draft) -> dict[str, str]:
    """What a row of past orders or visits says in the company's own fields, as it is written (a day in any of the ways in
    which files write it), by their keys. What does not fit stands in the draft."""
    found: dict[str, str] = {}
    for own in fields(subject):
        name = target(own)
        if not (text := line.text(name)):
            continue
        if own.type == DATE:
            text = day(text, order=line.file.order(name)).text or text
        try:
            own.read(text)
        except Unfit as unfit:
            draft.fault(line.header(name), Reason(f"input.{own.path}", unfit.text))
        found[own.key] = text
    return found


def running(own: Own) -> Sequence[Conflict]:
    """A word for each import at work whose columns go into the field."""
    at_work = Import.objects.filter(state__in=(PLANNING, RUNNING, UNDOING)).order_by("pk")
    named = target(own)
    return [
        Conflict(
            Text(
                f"导入“{run.file_name}”（第 {run.pk} 号）正在用到这个字段，请等它完成",
                f"The import “{run.file_name}” (number {run.pk}) is using this field: please wait until it is done",
            )
        )
        for run in at_work
        if any(column.get("field") == named for column in run.mapping.get("columns", ()))
    ]


def declare() -> None:
    """Say so to those who ask."""
    provide(targets)
    used_by_work(running)
