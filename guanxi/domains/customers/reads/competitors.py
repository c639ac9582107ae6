"""What a person may read of competitors: what was observed at customers that they see, and what is said in general."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from guanxi.platform.kernel import NotFound

from ..models_competitors import Observation
from .visible import VIEW, fetch, of_visible


def observations(person: Any) -> QuerySet[Observation]:
    """The observations that this person may read."""
    if not person.may(VIEW):
        return Observation.objects.none()
    return Observation.objects.filter(Q(customer__isnull=True) | Q(of_visible(person)))


def fetch_observation(person: Any, id: int, permission: str = VIEW) -> Observation:
    """One observation; NotFound where the person may not see the customer at which it was made."""
    row = Observation.objects.select_related("competitor").filter(pk=id).first()
    if row is None or (row.customer_id is None and not person.may(VIEW)):
        raise NotFound("observation", id)
    if row.customer_id is not None:
        try:
            fetch(person, row.customer_id, permission)
        except NotFound:
            raise NotFound("observation", id) from None
    return row
