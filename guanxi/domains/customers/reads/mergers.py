"""Where merged customers went: an id that was once written down somewhere leads to the customer that stayed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from guanxi.platform.journal.quick import select

from ..models_merger import Merger
from .visible import among, visible


def standing() -> Any:
    """The mergers that have not been taken back."""
    return Merger.objects.filter(undone_at=None)


def ids_of(customer: int) -> list[int]:
    """Every id under which the journal knows a customer: its own, then those of what was merged into it."""
    return [customer, *standing().filter(into=customer).values_list("gone", flat=True)]


def followed(ids: Iterable[int]) -> dict[int, int]:
    """Merged id -> id of the customer that stayed, for those of `ids` that were merged."""
    return dict(standing().filter(gone__in=list(ids)).values_list("gone", "into"))


_FORMER = "SELECT name FROM customers_merger WHERE into_id = %s AND undone_at IS NULL ORDER BY id"


def former_names_of(customer: int) -> list[str]:
    """The names of what was merged into one customer: asked in every action that changes it."""
    return [str(row[0]) for row in select(_FORMER, customer)]


def former_names(ids: Iterable[int]) -> dict[int, list[str]]:
    """Customer -> the names of what was merged into it: it is found under them too."""
    found: dict[int, list[str]] = {}
    for into, name in standing().filter(into__in=list(ids)).order_by("pk").values_list("into", "name"):
        found.setdefault(into, []).append(name)
    return found


def names_of(person: Any, ids: Iterable[int]) -> dict[int, str]:
    """Names of the customers that the person may see, under the ids asked for, merged ones followed."""
    wanted = set(ids)
    names = dict(among(person, wanted).values_list("pk", "name"))
    if missing := wanted - names.keys():
        went = followed(missing)
        stayed = dict(among(person, set(went.values())).values_list("pk", "name"))
        names |= {gone: stayed[into] for gone, into in went.items() if into in stayed}
    return names


def once_of_visible(person: Any, path: str = "customer_id") -> Q:
    """A condition on facts: about a customer that was merged into one which this person may see."""
    return Q(**{f"{path}__in": standing().filter(into__in=visible(person).values("pk")).values("gone")})
