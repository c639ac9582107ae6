"""What screens and other packages ask about people; each starts from what the asker may see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from guanxi.platform.journal.quick import MARKS, Prepared
from guanxi.platform.kernel import NotFound, system_clock

from .models import Department, Membership, Person, RoleGrant


def today() -> date:
    """The company's present day."""
    return timezone.localdate(system_clock())


def people_within(actor: Any, permission: str) -> QuerySet[Person]:
    """The people that a right of the actor reaches; nobody without it. The system reaches all."""
    from .rights import SYSTEM

    if actor is SYSTEM:
        return Person.objects.all()
    return Person.objects.filter(actor.rights.reach(permission).rows(person="pk", department="department"))


def person_within(actor: Any, permission: str, id: int) -> Person:
    """One of them, or NotFound."""
    found = people_within(actor, permission).select_related("department").filter(pk=id).first()
    if found is None:
        raise NotFound("person", id)
    return found


_one: Prepared[Person] = Prepared(
    lambda: Person.objects.select_related("department").filter(pk=MARKS[0], is_active=True).order_by()
)


def at_work(id: int) -> Person | None:
    """Somebody who works here, with their department."""
    return _one.one(id)


def colleagues() -> QuerySet[Person]:
    """Everybody at work: names are no secret inside the company, and pickers offer them."""
    return Person.objects.filter(is_active=True)


def held_on(day: date) -> Q:
    """The grants that hold on a day."""
    return Q(since__lte=day) & (Q(until=None) | Q(until__gte=day))


def holders(role: str, day: date | None = None) -> QuerySet[Person]:
    """The active people who hold a role on a day (default today)."""
    granted = RoleGrant.objects.filter(held_on(day or today()), role=role)
    return colleagues().filter(pk__in=granted.values("person"))


def roles_on(person: Person, day: date | None = None) -> list[str]:
    """The roles that a person holds on a day, in alphabetical order; also of somebody deactivated."""
    found = RoleGrant.objects.filter(held_on(day or today()), person=person)
    return sorted(set(found.values_list("role", flat=True)))


def department_on(person: Person, day: date) -> Department | None:
    """The department a person belonged to on a day: figures stay there."""
    row = (
        Membership.objects.filter(held_on(day), person=person)
        .select_related("department")
        .order_by("-since", "-pk")
        .first()
    )
    return row.department if row else None


def superior(person: Person) -> Person | None:
    """The head of the nearest department above, who is somebody else and at work."""
    department = person.department
    while department is not None:
        head = department.head
        if head is not None and head.pk != person.pk and head.is_active:
            return head
        department = department.parent
    return None


def branch(department: Department) -> QuerySet[Department]:
    """A department and all below it."""
    return Department.objects.filter(path__startswith=department.path)


def tree() -> list[Department]:
    """All departments, each behind its parent, siblings by name."""
    rows = list(Department.objects.select_related("head"))
    below: dict[int | None, list[Department]] = {}
    for row in sorted(rows, key=lambda d: (d.name, d.pk)):
        below.setdefault(row.parent_id, []).append(row)
    found: list[Department] = []

    def walk(parents: Iterable[Department]) -> None:
        for row in parents:
            found.append(row)
            walk(below.get(row.pk, ()))

    walk(below.get(None, ()))
    return found
