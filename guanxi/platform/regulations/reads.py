"""What screens and commands ask of regulations and obligations, starting from what a person may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, Sum

from guanxi.cores.norms.controls import Duty, Gate
from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Department

from .engine import engine
from .models import MeasureTally, Obligation, StateTally, Version
from .store import SqlStore

STATES = ("waiting", "open", "suspended", "missed", "fulfilled", "late", "waived", "void")
LIVE = ("waiting", "open", "suspended", "missed")


def owners_of(person: Any) -> list[str]:
    """Under which names obligations belong to a person: themselves and their roles."""
    return [str(person.pk), *(f"role:{role}" for role in sorted(person.rights.roles))]


def mine(person: Any) -> QuerySet[Obligation]:
    """What this person owes: live obligations by deadline, those without one last."""
    return Obligation.objects.filter(owner__in=owners_of(person), closed_at__isnull=True).order_by(
        "due_at", "id"
    )


def visible_obligations(person: Any, permission: str = "regulations.evidence") -> QuerySet[Obligation]:
    """Obligations that a person may see: their own; with the right to evidence, their branch's or all."""
    reach = person.rights.reach(permission)
    if reach.scope == "all":
        return Obligation.objects.all()
    seen = Q(owner__in=owners_of(person)) | Q(owed_by=str(person.pk))
    if reach.scope == "department" and reach.department_path:
        branch = Department.objects.filter(path__startswith=reach.department_path).values_list(
            "pk", flat=True
        )
        people = _people_of(branch)
        seen |= Q(owner__in=people) | Q(department__in=[str(pk) for pk in branch])
    return Obligation.objects.filter(seen)


def _people_of(departments: Iterable[int]) -> list[str]:
    from guanxi.platform.people.models import Person

    return [
        str(pk) for pk in Person.objects.filter(department__in=list(departments)).values_list("pk", flat=True)
    ]


def for_subject(kind: str, id: int | str) -> QuerySet[Obligation]:
    """Obligations about one row, live ones first by deadline."""
    return Obligation.objects.filter(subject_kind=kind, subject=str(id)).order_by("closed_at", "due_at", "id")


def for_customer(id: int) -> QuerySet[Obligation]:
    """Live obligations that concern one customer."""
    return Obligation.objects.filter(customer=str(id), closed_at__isnull=True).order_by("due_at", "id")


def gate_in_force(control: str, at: datetime) -> Gate | None:
    """The gate called `R1/control` in the version in force at a moment."""
    regulation, _, name = control.partition("/")
    timeline = engine().timelines(SqlStore()).get(regulation)
    version = timeline.at(at) if timeline else None
    found = version.pack.controls.get(name) if version else None
    return found if isinstance(found, Gate) else None


def duty_of(obligation: Obligation) -> Duty | None:
    """The duty, in the version that governs an obligation."""
    version = engine().versions.get((obligation.regulation, obligation.version))
    return version.duty(obligation.control) if version else None


def words_of(obligation: Obligation) -> Text:
    """What is to be done, in words."""
    duty = duty_of(obligation)
    if duty is None or duty.words is None:
        return Text(obligation.control, obligation.control)
    return Text(duty.words.zh, duty.words.en)


def in_force() -> dict[str, Version]:
    """Regulation code -> the version in force, with its regulation."""
    found = Version.objects.filter(state="in_force").select_related("regulation").order_by("number")
    return {v.regulation_id: v for v in found}


def counts(
    regulation: str = "", *, since: str = "", until: str = "", department: Iterable[str] | None = None
) -> Mapping[str, Mapping[str, int]]:
    """Clause -> state -> how many obligations, and under 'was_missed' how many deadlines were missed for good.

    since, until: months of the deadline, '2026-03', both included.
    """
    rows = StateTally.objects.exclude(count=0)
    if regulation:
        rows = rows.filter(regulation=regulation)
    if since:
        rows = rows.filter(month__gte=since)
    if until:
        rows = rows.filter(month__lte=until)
    if department is not None:
        rows = rows.filter(department__in=list(department))
    found: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys((*STATES, "was_missed"), 0))
    for clause, state, missed, count in rows.values_list("clause", "state", "missed").annotate(
        n=Sum("count")
    ):
        found[clause][state] += count
        if missed:
            found[clause]["was_missed"] += count
    return found


def tallies(control: str, periods: Iterable[str] | None = None) -> QuerySet[MeasureTally]:
    """The running sums of a measure (`R1/name`), for some periods or all."""
    rows = MeasureTally.objects.filter(control=control).exclude(lines=0)
    return rows if periods is None else rows.filter(period__in=list(periods))
