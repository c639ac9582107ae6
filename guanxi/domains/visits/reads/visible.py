"""Which visits a person may see and work on: ONE filter that every exit uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from guanxi.domains.customers.models import Account
from guanxi.domains.customers.reads.visible import VIEW as CUSTOMERS
from guanxi.domains.customers.reads.visible import surely, within
from guanxi.platform.journal.quick import MARKS, Prepared, select
from guanxi.platform.kernel import Forbidden, NotFound, Text
from guanxi.platform.kernel.actions import LARGEST
from guanxi.platform.people.models import Person
from guanxi.platform.people.rights import who_may

from ..models import Companion, Visit

VIEW, WORK, ASSIGN = "visits.view", "visits.work", "visits.assign"


def goes(person: Any) -> Q:
    """The visits that this person makes: their own, those they join, and those of whom they stand in for."""
    people = person.acts_for
    return Q(owner__in=people) | Q(pk__in=Companion.objects.filter(person__in=people).values("visit"))


def visible(person: Any) -> QuerySet[Visit]:
    """The visits this person may see: those they make, those to customers they may see (so that a record card is
    whole), and those of their department. Visits to key customers follow the customer (R5.20), never the department.
    """
    rights = getattr(person, "rights", None)
    reach = rights.reach(VIEW) if rights is not None else None
    if not reach:
        return Visit.objects.none()
    seen = Exists(Account.objects.filter(within(person, CUSTOMERS), pk=OuterRef("customer_id")))
    if reach.scope == "all":
        return Visit.objects.filter(Q(seen) | goes(person))
    near = reach.rows(person="owner", department="department") & Q(customer__key=False)
    return Visit.objects.filter(goes(person) | Q(seen) | near)


def of_account(person: Any, account: Account) -> QuerySet[Visit]:
    """The visits to one customer that this person may see: all of them where the customer itself says that they see it."""
    rights = getattr(person, "rights", None)
    if rights is not None and rights.reach(VIEW) and surely(person, account, CUSTOMERS):
        return Visit.objects.filter(customer=account.pk)
    return visible(person).filter(customer=account.pk)


_one: Prepared[Visit] = Prepared(
    lambda: Visit.objects.select_related("customer", "contact", "place", "owner", "owner__department").filter(
        pk=MARKS[0]
    )
)


def fetch(person: Any, id: int) -> Visit:
    """One visit through the person's rights, else NotFound."""
    found = _one.one(id)
    if found is None or not (_own(person, found.owner_id) or visible(person).filter(pk=id).exists()):
        raise NotFound("visit", id)
    return found


def sees(person: Any, id: int) -> bool:
    """Whether the person may see this visit."""
    owner = select("SELECT owner_id FROM visits_visit WHERE id = %s", id) if abs(id) <= LARGEST else []
    return bool(owner) and (_own(person, owner[0][0]) or visible(person).filter(pk=id).exists())


_NAMED = """SELECT v.id, v.owner_id, c.short_name, c.name FROM visits_visit v JOIN customers_account c ON c.id = v.customer_id
    WHERE v.id IN ({marks})"""


def names_of(person: Any, ids: Iterable[int]) -> dict[int, str]:
    """Visit -> whom it goes to, for the visits that this person may see. Their own, which are most on anybody's pages,
    need not be asked for through all the reasons to see one."""
    wanted = [id for id in ids if abs(id) <= LARGEST]
    if not wanted:
        return {}
    rows = select(_NAMED.format(marks=", ".join(["%s"] * len(wanted))), *wanted)
    found = {pk: (owner, short or name) for pk, owner, short, name in rows}
    others = [pk for pk, (owner, _) in found.items() if not _own(person, owner)]
    seen = set(visible(person).filter(pk__in=others).values_list("pk", flat=True)) if others else set()
    return {pk: name for pk, (owner, name) in found.items() if pk in seen or _own(person, owner)}


def _own(person: Any, owner: int | None) -> bool:
    """Whether `visible` holds this visit because it is the person's own: no need to ask the database."""
    rights = getattr(person, "rights", None)
    return rights is not None and bool(rights.reach(VIEW)) and owner in person.acts_for


def may_work(person: Any, visit: Visit) -> bool:
    """Whether it is this person's own visit, one they join, or one of somebody they stand in for."""
    if not person.may(WORK):
        return False
    people = person.acts_for
    return visit.owner_id in people or any(c.person_id in people for c in visit.companions.all())


def may_assign(person: Any, owner: Person | None) -> bool:
    """Whether this person plans and hands over visits of `owner`; nobody those of nobody."""
    if owner is None:
        return False
    reach = person.rights.reach(ASSIGN)
    if reach.scope == "all":
        return True
    place = owner.department.path if owner.department else ""
    return bool(
        reach.scope == "department" and reach.department_path and place.startswith(reach.department_path)
    )


def require_assign(person: Any, owner: Person | None) -> None:
    """Forbidden unless this person may plan for `owner`."""
    if not may_assign(person, owner):
        raise Forbidden(ASSIGN, who=who_may(ASSIGN))


def fetch_mine(person: Any, id: int, *, manager: bool = False) -> Visit:
    """One visit that this person works on. NotFound where they may not see it, Forbidden where it is not theirs.

    manager: who assigns visits may do it too.
    """
    visit = fetch(person, id)
    if may_work(person, visit) or (manager and may_assign(person, visit.owner)):
        return visit
    raise Forbidden(WORK, text=_theirs(visit))


def _theirs(visit: Visit) -> Text:
    return Text(
        "这是{who}的拜访，由其本人或同行同事办理",
        "This is {who}'s visit; they or a colleague on it can do this",
    ).format(who=visit.who)
