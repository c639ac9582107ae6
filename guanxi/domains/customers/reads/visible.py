"""Which customers a person may see: ONE filter that every exit uses (list, card, timeline, search, export, API)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from guanxi.platform.journal.quick import MARKS, Prepared, select
from guanxi.platform.kernel import Forbidden, NotFound, Text
from guanxi.platform.people.models import Department
from guanxi.platform.people.rights import who_may
from guanxi.platform.ui.merging import Part, tried

from .. import scopes
from ..models import Account, Contact, TeamMember
from ..models_merger import Merger
from .rows import CHILDREN, one_contact

VIEW = "customers.view"
Row = TypeVar("Row", bound=Model)


def visible(person: Any, *, logged: bool = False) -> QuerySet[Account]:
    """The customers this person may see.

    Ordinary ones by the reach of customers.view, and those whose team the person belongs to. Key customers (R5.20)
    only for manager and team, the heads of departments above the manager, the general manager, whoever assigns
    customers while nobody looks after them, and the auditor: for him only where the caller says that the look is
    `logged` (see the action customers.look). Whoever stands in for an absent manager or member is one for those days.
    """
    return Account.objects.filter(within(person, VIEW, logged=logged))


def among(person: Any, ids: Collection[int], *, logged: bool = False) -> QuerySet[Account]:
    """Those of these customers that this person may see. Each is looked at by its number and tried: `visible` narrowed to
    some hundred numbers has SQLite go through all that a head of a team sees."""
    return tried(Account.objects.filter(pk__in=ids), within(person, VIEW, logged=logged))


def looked_after(person: Any) -> QuerySet[Account]:
    """The customers in this person's own hands, which are always among those that they may see: for questions that an
    index of managers answers, where `visible` would have it look further."""
    if not getattr(person, "rights", None) or not person.rights.reach(VIEW):
        return Account.objects.none()
    rows = Account.objects.filter(manager=person.pk)
    unseen = hidden_imports(person)
    return rows.exclude(brought_by__in=unseen) if unseen else rows


def within(person: Any, permission: str, *, logged: bool = False) -> Q:
    """The filter behind `visible`, for any permission's reach."""
    found = parts(person, permission, logged=logged)
    if not found:
        return Q(pk__in=[])
    together = found[0]
    for part in found[1:]:
        together |= part
    return together


def parts(person: Any, permission: str = VIEW, *, logged: bool = False) -> list[Q]:
    """What `within` joins by "or"."""
    return [one.where for one in _reasons(person, permission, logged=logged)]


def list_parts(person: Any, *, logged: bool = False) -> list[Part]:
    """The customers of `visible` as a list reads them: a part for each department of a branch and for each person stood in
    for, so that it finds the first rows of each in order instead of sorting all of them. Parts may overlap."""
    return [
        Part(Account.objects.filter(one.where), one.sorts, one.small)
        for one in _reasons(person, VIEW, logged=logged, one_by_one=True)
    ]


def scope_of(person: Any) -> list[str] | None:
    """The scopes of the search index in which every customer of `visible` lies; None: anywhere."""
    rights = getattr(person, "rights", None)
    reach = rights.reach(VIEW) if rights is not None else None
    if not reach:
        return []
    if reach.scope == "all":
        return None
    found = scopes.of_people(person.acts_for)
    paths = [*headed(person), *([reach.department_path] if reach.scope == "department" else [])]
    for path in paths:
        found += scopes.of_branch(path) if path else []
    if person.may("customers.assign"):
        found += scopes.of_nobody()
    if person.has_role("general_manager") or person.has_role("auditor") or len(found) > scopes.MOST:
        return None
    return list(dict.fromkeys(found))


BY_NAME = frozenset({"name"})
BY_ANY = frozenset({"name", "last_contact_at", "card_percent", "created_at", "updated_at"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person sees customers: one of the conditions of `within`, and how its rows are read (see `Part`)."""

    where: Q
    sorts: frozenset[str] = frozenset()
    small: bool = False


def _reasons(person: Any, permission: str, *, logged: bool, one_by_one: bool = False) -> list[Reason]:
    found = _by_rights(person, permission, logged=logged, one_by_one=one_by_one)
    if found and (unseen := hidden_imports(person)):
        found = [replace(one, where=one.where & ~Q(brought_by__in=unseen)) for one in found]
    return found


def _by_rights(person: Any, permission: str, *, logged: bool, one_by_one: bool) -> list[Reason]:
    rights = getattr(person, "rights", None)
    reach = rights.reach(permission) if rights is not None else None
    if not reach:
        return []
    every_key = person.has_role("general_manager") or (logged and person.has_role("auditor"))
    if reach.scope == "all" and every_key:
        return [Reason(Q(), BY_ANY)]
    people = person.acts_for
    shared = Q(pk__in=TeamMember.objects.filter(person__in=people).values("customer"))
    if reach.scope == "all":
        found = [Reason(Q(key=False), BY_ANY)]
    else:
        mine = [Q(manager=id) for id in people] if one_by_one else [Q(manager__in=people)]
        found = [*(Reason(one, BY_NAME, small=True) for one in mine), Reason(shared, small=True)]
    if reach.scope == "department" and reach.department_path:
        found += _of_branch(reach.department_path, one_by_one)
    keys = Q(pk__in=RawSQL(_KEYS[connection.vendor], ()))  # noqa: S611 (our own words; few rows)
    if every_key:
        return [*found, Reason(keys, small=True)]
    apart = Q(manager__in=people) | shared if reach.scope == "all" else Q()
    for path in headed(person):
        apart |= Q(department__in=Department.objects.filter(path__startswith=path).order_by().values("pk"))
    if person.may("customers.assign"):
        apart |= Q(manager__isnull=True)
    return [*found, Reason(keys & apart, small=True)] if apart else found


_KEYS = {
    "sqlite": 'SELECT id FROM customers_account INDEXED BY account_key WHERE "key"',
    "postgresql": 'SELECT id FROM customers_account WHERE "key"',
}
"""The key customers. SQLite, which has counted no rows, would read an index of all customers that holds the column too."""
_UNSEEN = "SELECT id FROM customers_import WHERE unseen"


def hidden_imports(person: Any) -> tuple[int, ...]:
    """The imports whose customers this person does not see yet, since they are not whole; nearly always none. Read once
    per person object, like their rights."""
    known: tuple[int, ...] | None = person.__dict__.get("_hidden_imports")
    if known is None:
        entering = person.__dict__.get("_entering")
        known = tuple(int(row[0]) for row in select(_UNSEEN) if row[0] != entering)
        person.__dict__["_hidden_imports"] = known
    return known


def entering(person: Any, run: int) -> None:
    """From now on this person object is at work on an import, and sees its customers before everybody else does."""
    person.__dict__["_entering"] = run
    person.__dict__.pop("_hidden_imports", None)


MOST_DEPARTMENTS = 24
"""Above that a list sorts instead of asking each department apart."""


def _of_branch(path: str, apart: bool) -> list[Reason]:
    """The ordinary customers of a department and those below it."""
    below = Department.objects.filter(path__startswith=path)
    if apart:
        ids = list(below.order_by("pk").values_list("pk", flat=True))
        if len(ids) <= MOST_DEPARTMENTS:
            return [Reason(Q(key=False, department=id), BY_NAME, small=True) for id in ids]
    return [Reason(Q(key=False, department__in=below.order_by().values("pk")))]


def headed(person: Any) -> list[str]:
    """The paths of the departments this person heads; read once per person object, like their rights."""
    known: list[str] | None = person.__dict__.get("_headed_paths")
    if known is None:
        known = list(Department.objects.filter(head=person.pk).values_list("path", flat=True))
        person.__dict__["_headed_paths"] = known
    return known


def of_visible(person: Any, path: str = "customer") -> Exists:
    """A condition on rows that belong to a customer: that this person may see it. `path`: the field that points there."""
    return Exists(visible(person).filter(pk=OuterRef(path)))


_one: Prepared[Account] = Prepared(
    lambda: Account.objects.select_related("manager", "department").filter(pk=MARKS[0])
)


def own(person: Any, manager: int | None, brought_by: int | None, permission: str = VIEW) -> bool:
    """Whether `within` holds a customer of this manager, brought in by this import (if by any), because it is in this person's
    own hands, or in those of somebody they stand in for."""
    rights = getattr(person, "rights", None)
    if rights is None or not rights.reach(permission):
        return False
    return manager in person.acts_for and (brought_by is None or brought_by not in hidden_imports(person))


def surely(person: Any, account: Account, permission: str = VIEW) -> bool:
    """Whether `within` holds this customer for reasons that the row itself shows, without asking the database: it is
    this person's own, or an ordinary one and the right reaches all or the branch that it belongs to."""
    rights = getattr(person, "rights", None)
    reach = rights.reach(permission) if rights is not None else None
    if own(person, account.manager_id, account.brought_by, permission):
        return True
    if (
        not reach
        or account.key
        or (account.brought_by is not None and account.brought_by in hidden_imports(person))
    ):
        return False
    branch, place = reach.department_path, account.department
    near = (
        reach.scope == "department" and bool(branch) and place is not None and place.path.startswith(branch)
    )
    return reach.scope == "all" or near


def _stayed(id: int) -> Account | None:
    """The customer that stayed where this one was merged: an old address or a phone that was offline still leads there."""
    into = Merger.objects.filter(gone=id, undone_at=None).values_list("into", flat=True).first()
    return None if into is None else _one.one(into)


def fetch(person: Any, id: int, permission: str = VIEW, *, logged: bool = False) -> Account:
    """One customer through the person's rights; for a merged one, the one that stayed. NotFound where they may not see
    it (or it does not exist);
    Forbidden where they may see it, but `permission` does not reach it."""
    account = _one.one(id) or _stayed(id)
    if account is None or not (
        surely(person, account, VIEW) or visible(person, logged=logged).filter(pk=account.pk).exists()
    ):
        raise NotFound("customer", id)
    if permission != VIEW:
        require(person, account, permission)
    return account


def reaches(person: Any, account: Account, permission: str) -> bool:
    """Whether `permission` of this person reaches this (visible) customer. One query at most."""
    scope = person.rights.reach(permission).scope
    if scope == "all" or surely(person, account, permission):
        return True
    return bool(scope) and Account.objects.filter(within(person, permission), pk=account.pk).exists()


def require(person: Any, account: Account, permission: str) -> None:
    """Forbidden where `permission` of this person does not reach this (visible) customer."""
    if not reaches(person, account, permission):
        raise Forbidden(permission, who=who_may(permission))


def fetch_many(person: Any, ids: list[int], permission: str = VIEW) -> list[Account]:
    """Several customers; NotFound unless this person may see every one of them, in the order of `ids`."""
    wanted = list(dict.fromkeys(ids))
    found = {a.pk: a for a in among(person, wanted).select_related("manager", "department")}
    missing = [id for id in wanted if id not in found]
    if missing:
        raise NotFound("customer", missing[0])
    if permission != VIEW and person.rights.reach(permission).scope != "all":
        reached = Account.objects.filter(within(person, permission), pk__in=wanted).count()
        if reached != len(wanted):
            raise Forbidden(permission, who=who_may(permission))
    return [found[id] for id in wanted]


def fetch_child(model: type[Row], person: Any, id: int, permission: str = VIEW) -> Row:
    """A contact, need, promise … with its customer, through the customer's filter; else NotFound."""
    prepared = CHILDREN.get(model)
    row: Any = prepared.one(id) if prepared else model._default_manager.filter(pk=id).first()
    if row is None and model is Contact:
        row = one_contact(id)
    if row is None:
        raise NotFound(model.__name__.lower(), id)
    try:
        row.customer = fetch(person, row.customer_id, permission)
    except NotFound:
        raise NotFound(model.__name__.lower(), id) from None
    found: Row = row
    return found


def still_sees(person: Any, account: Account) -> None:
    """Looked up again after saving: what somebody writes must stay within what they may see."""
    if not surely(person, account, VIEW) and not visible(person).filter(pk=account.pk).exists():
        raise Forbidden(
            VIEW,
            text=Text(
                "没有保存：保存后您自己就看不到这位客户了",
                "Not saved: you would no longer see this customer yourself",
            ),
        )
