"""Who looked at which customer, and who took what away, as far as somebody may see it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from guanxi.platform.journal.models import Fact
from guanxi.platform.people.models import Person

from .. import reads
from ..models import Account
from ..models_looks import Look
from .permissions import LOOKS

TAKEN = ("list.exported", "contact.exported", "attachment.given")


def _whole(person: Any) -> bool:
    """Whether somebody answers for the whole company: then key customers' looks are theirs to see too, unnamed."""
    return bool(person.has_role("auditor", "general_manager")) and person.rights.reach(LOOKS).scope == "all"


def looks(person: Any) -> QuerySet[Look]:
    """The looks that somebody may see: at the customers within the reach of this right, and programs' reading of lists by
    the people within it."""
    rows = Look.objects.select_related("person")
    if _whole(person):
        return rows
    mine = Account.objects.filter(reads.within(person, LOOKS))
    programs = Q(customer_id=None, person__in=_people(person).values("pk"))
    seen = Q(Exists(mine.filter(pk=OuterRef("customer_id")))) | reads.once_of_visible(person) | programs
    return rows.filter(seen, _allowed(person))


def taken(person: Any) -> QuerySet[Fact]:
    """The lists and contacts' data that people took away, of those within the reach of this right."""
    rows = Fact.objects.filter(kind__in=TAKEN).select_related("words")
    if _whole(person):
        return rows
    return rows.filter(actor_id__in=_people(person).values("pk"))


def _people(person: Any) -> QuerySet[Person]:
    """The people within the reach of this right."""
    return Person.objects.filter(person.rights.reach(LOOKS).rows(person="pk", department="department"))


def _allowed(person: Any) -> Q:
    return Q() if person.may(LOOKS) else Q(pk__in=[])
