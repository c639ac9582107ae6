"""How long a contact's data is kept: the company's periods, and whose is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from guanxi.platform.kernel import Clock, Text
from guanxi.platform.messages.definitions import MessageTemplate, message_template
from guanxi.platform.messages.queue import queue
from guanxi.platform.people.reads import holders
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
    """Those of everybody whose period is over at a moment, where no promise to them is open."""
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
    return Contact.objects.filter(over, ~Exists(owed), erased_at=None).select_related("customer")


# --- Word to who may erase -------------------------------------------------------------------------------------------

OVER = message_template(
    MessageTemplate(
        "contacts.over",
        Text("个人信息保存期限已满", "Periods of personal data that are over"),
        Text("{n} 位联系人的保存期限已满", "The retention period of {n} contacts is over"),
        paragraphs=(
            Text(
                "他们的资料超过了公司设定的保存期限。请看过后抹除，或更新仍在往来的。",
                "Their data is kept longer than the company's period. Please look through them and erase, or update those "
                "who are still in touch.",
            ),
        ),
        button=Text("打开列表", "Open the list"),
    )
)


def tell_of_overdue(clock: Clock) -> int:
    """Once a month word to each service manager for whose customers a period is over; nothing is erased. How many were
    told."""
    now = clock()
    month = f"{timezone.localtime(now):%Y-%m}"
    told = 0
    for person in holders("service_manager"):
        count = overdue(person, now).order_by().count()
        if count:
            key = f"contacts-over:{month}:{person.pk}"
            queue(OVER.name, key=key, to=person, values={"n": str(count)}, now=now, path="/contacts/over/")
            told += 1
    return told
