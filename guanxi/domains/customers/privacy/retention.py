"""How long a contact's data is kept: the company's periods, and whose is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from guanxi.platform.kernel import Text
from guanxi.platform.people.settings_registry import between, setting, value

from .. import reads
from ..models import Contact, Promise

AFTER_CONTACT, AFTER_CLOSED = "privacy.months_after_contact", "privacy.months_after_closed"
MONTH = timedelta(days=30.4375)

setting(
    AFTER_CONTACT,
    int,
    0,
    Text("联系人：最近一次联系后保存多少个月", "Contacts: months kept after the last contact"),
    hint=Text(
        "0 为不限；已离开的联系人从离开之日算起。到期只列出，由人抹除",
        "0 for no limit; counted from their leaving for who has left. What is over is listed; a person erases it",
    ),
    check=between(0, 240),
)
setting(
    AFTER_CLOSED,
    int,
    0,
    Text("停用客户的联系人：停用后保存多少个月", "Contacts of closed customers: months kept after closing"),
    hint=Text("0 为不限", "0 for no limit"),
    check=between(0, 240),
)


def periods() -> tuple[int, int]:
    """(months after the last contact, months after closing); 0 where there is none."""
    return value(AFTER_CONTACT), value(AFTER_CLOSED)


def overdue(person: Any, now: datetime) -> QuerySet[Contact]:
    """Contacts, of the customers that this person sees, whose period is over. Not those to whom a promise is open."""
    rows = over_by(now)
    return rows.filter(reads.of_visible(person))


def over_by(now: datetime) -> QuerySet[Contact]:
    """Those of everybody whose period is over at a moment. `since`: from when it is counted."""
    contact, closed = periods()
    over = Q(pk=None)
    if contact:
        edge = now - contact * MONTH
        over |= Q(active=False, left_on__lt=timezone.localdate(edge))
        over |= Q(customer__last_contact_at__lt=edge, updated_at__lt=edge)
        over |= Q(customer__last_contact_at=None, customer__created_at__lt=edge, updated_at__lt=edge)
    if closed:
        over |= Q(customer__active=False, customer__closed_at__lt=now - closed * MONTH)
    owed = Promise.objects.filter(contact=OuterRef("pk"), state=Promise.OPEN)
    return (
        Contact.objects.filter(over, ~Exists(owed), erased_at=None)
        .select_related("customer")
        .annotate(
            since=Coalesce(
                F("customer__closed_at"), F("customer__last_contact_at"), F("customer__created_at")
            )
        )
    )
