"""Who gets which file: whoever sees its customer, and whoever sees what another domain attached it to (a visit).

A domain above declares its rows by `bearer`; this module asks them all, and nobody else fetches files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from guanxi.platform.kernel import Forbidden, NotFound, Text
from guanxi.platform.kernel.actions import LARGEST
from guanxi.platform.people.rights import who_may

from .. import reads
from ..models_attachments import Attachment

VIEW, WORK = "customers.view", "customers.work"


@dataclass(frozen=True, slots=True)
class Bearer:
    """A kind of row that carries files beside its customer.

    seen(person): which files that person sees by it. works(person, attachment): whether they may take that one away.
    of(ids): the files of these rows. told(ids of files): file -> (words, address), whoever may see it.
    """

    kind: str
    label: Text
    seen: Callable[[Any], Q]
    works: Callable[[Any, int], bool]
    of: Callable[[Sequence[int]], Q]
    told: Callable[[Sequence[int]], Mapping[int, tuple[str, str]]]


_bearers: dict[str, Bearer] = {}


def bearer(one: Bearer) -> None:
    """Declare a kind of row that carries files."""
    _bearers[one.kind] = one


def bearers() -> tuple[Bearer, ...]:
    return tuple(_bearers.values())


def seen(person: Any) -> QuerySet[Attachment]:
    """The files that this person may have: ONE filter for page, list, download and API."""
    found = Q(reads.of_visible(person))
    for one in _bearers.values():
        found |= one.seen(person)
    return Attachment.objects.filter(found)


def fetch(person: Any, id: int, permission: str = VIEW, *, gone: bool = False) -> Attachment:
    """One file, else NotFound; Forbidden where they see it and may not take it away. gone: also what was taken away."""
    rows = seen(person).select_related("customer", "contact", "by")
    row = rows.filter(pk=id).first() if abs(id) <= LARGEST else None
    if row is None or (row.removed_at is not None and not gone):
        raise NotFound("attachment", id)
    if permission != VIEW and not reaches(person, row, permission):
        raise Forbidden(permission, who=who_may(permission))
    return row


def reaches(person: Any, row: Attachment, permission: str) -> bool:
    """Whether this person works on the file's customer, or on what carries it."""
    if any(one.works(person, row.pk) for one in _bearers.values()):
        return True
    sees = reads.visible(person).filter(pk=row.customer_id).exists()
    return sees and reads.reaches(person, row.customer, permission)
