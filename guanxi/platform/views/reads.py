"""Which saved views somebody sees, which of them they may change, and which one a list begins with."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Q, QuerySet, When
from django.urls import reverse

from guanxi.platform.kernel import NotFound, Text
from guanxi.platform.people.models import Person
from guanxi.platform.ui.saved import Saved, Shown

from .models import DEPARTMENT, EVERYBODY, OWN, FirstView, SavedView
from .permissions import SHARE

MOST = 60
"""How many views one list shows, one's own before those of others."""


def _above(path: str) -> list[str]:
    """The paths of a department and of those it stands in: /1/4/ -> /1/, /1/4/."""
    numbers = [n for n in path.split("/") if n]
    return ["/" + "/".join(numbers[: n + 1]) + "/" for n in range(len(numbers))]


def visible(person: Any) -> QuerySet[SavedView]:
    """One's own views, and those of others that are shared with everybody or with one's department; also of somebody who
    has left."""
    within = _above(person.rights.department_path)
    seen = Q(owner_id=person.pk) | Q(audience=EVERYBODY)
    if within:
        seen |= Q(audience=DEPARTMENT, department__path__in=within)
    return SavedView.objects.filter(seen, deleted_at=None)


def changeable(person: Any) -> Q:
    """One's own; shared ones for whoever looks after those: of the department, or of everybody."""
    reach = person.rights.reach(SHARE.name)
    own = Q(owner_id=person.pk)
    if reach.scope == "all":
        return own | ~Q(audience=OWN)
    if reach.scope == "department" and reach.department_path:
        return own | Q(audience=DEPARTMENT, department__path__startswith=reach.department_path)
    return own


def may_change(person: Any, view: SavedView) -> bool:
    """Whether this person may change or delete it."""
    if view.owner_id == person.pk:
        return True
    reach = person.rights.reach(SHARE.name)
    if view.audience == OWN or not reach:
        return False
    if reach.scope == "all":
        return True
    inside = view.department is not None and view.department.path.startswith(reach.department_path or " ")
    return reach.scope == "department" and view.audience == DEPARTMENT and inside


def fetch(person: Any, pk: int) -> SavedView:
    """One that this person sees, else NotFound."""
    found = visible(person).select_related("department", "owner").filter(pk=pk).first()
    if found is None:
        raise NotFound("saved_view", pk)
    return found


def audiences(person: Any) -> list[str]:
    """With whom this person may share."""
    scope = person.rights.reach(SHARE.name).scope
    own_department = [DEPARTMENT] if person.rights.department_path else []
    return [
        OWN,
        *(own_department if scope in ("department", "all") else []),
        *([EVERYBODY] if scope == "all" else []),
    ]


def shown(person: Any, list: str) -> Shown:
    """What the list's page shows of views: in two queries, however many there are."""
    if not isinstance(person, Person) or person.pk is None:
        return Shown()
    others = Case(When(owner_id=person.pk, then=0), default=1)  # one's own are never cut off
    rows = visible(person).filter(list=list).select_related("department", "owner")
    rows = rows.order_by(others, "name", "pk")
    found = []
    for row in rows[:MOST]:
        mine = row.owner_id == person.pk
        note = Text("", "") if mine else Text(f"{row.owner.name}共享", f"shared by {row.owner.name}")
        found.append(Saved(row.pk, row.name, row.query, mine, may_change(person, row), note, row.version))
    first = FirstView.objects.filter(person=person, list=list).values_list("key", flat=True).first()
    return Shown(
        tuple(found),
        first or "",
        reverse("views.new"),
        reverse("views.first"),
        {one.id: (reverse("views.edit", kwargs={"saved_view": one.id}), reverse("views.delete", kwargs={"saved_view": one.id}))
         for one in found if one.may_change},
    )  # fmt: skip
