"""What screens and commands ask of regulations and obligations, starting from what a person may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from guanxi.cores.norms.controls import Duty, Gate
from guanxi.cores.norms.engine import Engine
from guanxi.platform.kernel import NotFound, Text
from guanxi.platform.people.models import Department, Person

from .engine import engine
from .models import MeasureTally, Obligation, StateTally, Version
from .store import SqlStore

STATES = ("waiting", "open", "suspended", "missed", "fulfilled", "late", "waived", "void")
LIVE = ("waiting", "open", "suspended", "missed")


def owners_of(person: Any) -> list[str]:
    """Under which names obligations belong to a person: themselves and their roles."""
    return [str(person.pk), *(f"role:{role}" for role in sorted(person.rights.roles))]


unseen_customers: list[Callable[[Any], QuerySet[Any] | None]] = []
"""Whoever keeps customers says here about which of them a person sees no duties yet: a query for their ids as text, or None."""


def shown(person: Any, rows: QuerySet[Obligation]) -> QuerySet[Obligation]:
    """Without the duties about customers that this person does not see yet."""
    for asked in unseen_customers:
        hidden = asked(person)
        if hidden is not None:
            rows = rows.exclude(customer__in=hidden)
    return rows


def hides_customers(person: Any) -> bool:
    """Whether there are duties about customers that this person does not see yet; nearly never."""
    return any(asked(person) is not None for asked in unseen_customers)


def mine(person: Any) -> QuerySet[Obligation]:
    """What this person owes: live obligations by deadline, those without one last."""
    rows = shown(person, Obligation.objects.filter(owner__in=owners_of(person), closed_at__isnull=True))
    return rows.order_by(F("due_at").asc(nulls_last=True), "id")


def visible_obligations(person: Any, permission: str = "regulations.evidence") -> QuerySet[Obligation]:
    """Obligations that a person may see: their own; with the right to evidence, their branch's or all."""
    within = reach_of(person, permission)
    if within.all:
        return shown(person, Obligation.objects.all())
    owner = Q(owner__in=within.people) | Q(owed_by__in=within.people) | Q(department__in=within.departments)
    return shown(person, Obligation.objects.filter(owner))


@dataclass(frozen=True, slots=True)
class Within:
    """Whose obligations and figures somebody may see, as text ids: everybody's, or these people's and departments'.

    people holds the roles too under which the person owes ('role:front_desk'); ids the people alone.
    """

    all: bool
    people: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()

    @property
    def ids(self) -> list[int]:
        return [int(id) for id in self.people if id.isdigit()]

    def of(self, person: str = "person", department: str = "department") -> Q:
        """The filter for rows that hold a person and a department as text."""
        if self.all:
            return Q()
        return Q(**{f"{person}__in": self.people}) | Q(**{f"{department}__in": self.departments})


def reach_of(person: Any, permission: str = "regulations.evidence") -> Within:
    """How far a right lets this person see; at least themselves. At most two queries."""
    reach = person.rights.reach(permission)
    if reach.scope == "all":
        return Within(True)
    own = (str(person.pk), *owners_of(person)[1:])
    if reach.scope != "department" or not reach.department_path:
        return Within(False, own)
    branch = Department.objects.filter(path__startswith=reach.department_path).values_list("pk", flat=True)
    departments = list(branch)
    people = Person.objects.filter(department__in=departments).values_list("pk", flat=True)
    return Within(
        False, (*own, *(str(pk) for pk in people if pk != person.pk)), tuple(str(d) for d in departments)
    )


def obligation_within(person: Any, id: str, permission: str = "regulations.evidence") -> Obligation:
    """One obligation that the person may see, or NotFound."""
    found = visible_obligations(person, permission).filter(pk=id).first()
    if found is None:
        raise NotFound("obligation", id)
    return found


def for_subject(kind: str, id: int | str) -> QuerySet[Obligation]:
    """Obligations about one row, live ones first by deadline."""
    return Obligation.objects.filter(subject_kind=kind, subject=str(id)).order_by("closed_at", "due_at", "id")


def for_customer(id: int) -> QuerySet[Obligation]:
    """Live obligations that concern one customer."""
    rows = Obligation.objects.filter(customer=str(id), closed_at__isnull=True)
    return rows.order_by(F("due_at").asc(nulls_last=True), "id")


def gate_in_force(control: str, at: datetime) -> Gate | None:
    """The gate called `R1/control` in the version in force at a moment."""
    regulation, _, name = control.partition("/")
    timeline = engine().timelines(SqlStore()).get(regulation)
    version = timeline.at(at) if timeline else None
    found = version.pack.controls.get(name) if version else None
    return found if isinstance(found, Gate) else None


def parameter_in_force(regulation: str, name: str, at: datetime) -> Any:
    """What a parameter is in the version in force at a moment; None where no version is, or it has none of that name."""
    timeline = engine().timelines(SqlStore()).get(regulation)
    version = timeline.at(at) if timeline else None
    parameter = version.pack.parameters.get(name) if version else None
    return version.amount(name, timezone.localdate(at)) if version and parameter else None


def duty_of(obligation: Obligation, made: Engine | None = None) -> Duty | None:
    """The duty, in the version that governs an obligation. made: the engine, where several are asked for."""
    version = (made or engine()).versions.get((obligation.regulation, obligation.version))
    return version.duty(obligation.control) if version else None


def words_of(obligation: Obligation, made: Engine | None = None) -> Text:
    """What is to be done, in words."""
    duty = duty_of(obligation, made)
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


def any_control() -> dict[str, str] | None:
    """A duty or measure in force, for the samples of pages that show one."""
    for code, version in engine().timelines(SqlStore()).items():
        for border in reversed(version.borders):
            for control in (*border.version.pack.duties, *border.version.pack.measures):
                return {"regulation": code, "control": control.id}
    return None


def any_clause() -> dict[str, str] | None:
    """A clause in force, for the samples of pages that show one."""
    for version in in_force().values():
        known = engine().versions.get((version.regulation_id, version.name))
        if known and known.pack.clauses:
            return {"clause": next(iter(known.pack.clauses))}
    return None
