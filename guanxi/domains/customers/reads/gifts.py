"""Gifts in a calendar year: what was given to a contact and to a customer, and what the regulation in force leaves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from guanxi.platform.regulations.reads import parameter_in_force

from ..models import StockMovement

REGULATION = "R8"
PER_CONTACT, PER_CUSTOMER = "gifts_per_contact", "gifts_per_customer"
"""Parameters of the pack with the limits, for pages that say what is left. What is refused the pack says."""


def year_of(at: datetime) -> tuple[datetime, datetime]:
    """The calendar year of a moment, company time: its begin and the next one's."""
    first = timezone.localtime(at).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    return first, first.replace(year=first.year + 1)


def standing() -> QuerySet[StockMovement]:
    """The gifts that were not given back."""
    return StockMovement.objects.filter(gift=True, quantity__lt=0, back=None)


def given(at: datetime, **whom: Any) -> Decimal:
    """What gifts in the year of `at` were worth, in yuan: given(now, contact=7) or given(now, customer=3)."""
    ((name, id),) = whom.items()
    return given_each(at, **{f"{name}__in": [id]}).get(int(id), Decimal(0))


def given_each(at: datetime, **whom: Iterable[Any]) -> dict[int, Decimal]:
    """The same for several: given_each(now, contact__in=ids). One query."""
    ((path, ids),) = whom.items()
    column = path.removesuffix("__in")
    since, until = year_of(at)
    rows = standing().filter(at__gte=since, at__lt=until, **{path: list(ids)})
    return dict(rows.order_by().values_list(column).annotate(total=Sum("value")))


def limit(name: str, now: datetime) -> Decimal | None:
    """A yearly limit in yuan as the version in force says; None where none is."""
    found = parameter_in_force(REGULATION, name, now)
    return None if found is None else Decimal(found)
