"""The company's own fields as targets of an import's columns, and the imports that keep a field as it is while they run."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.platform.imports.fields import OWN, Field, own_field, provide
from guanxi.platform.kernel import Conflict, Text
from guanxi.platform.ownfields.known import fields
from guanxi.platform.ownfields.types import LONGEST, Own
from guanxi.platform.ownfields.uses import used_by_work

from ..models_import import PLANNING, RUNNING, UNDOING, Import
from .compose import OF_CONTACT


def targets() -> Sequence[Field]:
    """A field for each that customers and contacts have; longer than it may be, so that what is too long is said and not
    cut."""
    return [
        own_field(target(own), own.label, own.key, limit=2 * LONGEST.get(own.type, 500))
        for subject in ("customer", "contact")
        for own in fields(subject)
    ]


def target(own: Own) -> str:
    """The name of a field as a column's target."""
    return f"{OF_CONTACT if own.subject == 'contact' else OWN}{own.key}"


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
