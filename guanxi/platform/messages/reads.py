"""What pages show of the outbox and of a person's wishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Person

from .definitions import all_templates
from .models import UNDELIVERED, OutgoingMessage, Preference


@dataclass(frozen=True, slots=True)
class Wish:
    """One line of a person's notification settings."""

    template: str
    label: Text
    on: bool


def wishes(person: Person) -> list[Wish]:
    """Every kind that may be switched off, with the person's choice."""
    chosen = dict(Preference.objects.filter(person=person, channel="email").values_list("template", "on"))
    return [
        Wish(name, one.label, chosen.get(name, True)) for name, one in all_templates().items() if one.optional
    ]


def outbox(person: Person) -> QuerySet[OutgoingMessage]:
    """The messages this person may see: all for who manages the mail, else those to themselves. Newest first."""
    rows = OutgoingMessage.objects.order_by("-id")
    return rows if person.may("messages.manage") else rows.filter(person=person)


def undelivered() -> int:
    """How many messages a person has to look at."""
    return OutgoingMessage.objects.filter(state__in=UNDELIVERED).count()


def last_delivered() -> datetime | None:
    """When a mail server last took a message."""
    sent = OutgoingMessage.objects.filter(sent_at__isnull=False).order_by("-sent_at")
    return sent.values_list("sent_at", flat=True).first()


def counts() -> dict[str, int]:
    """State -> how many messages."""
    return dict(OutgoingMessage.objects.values_list("state").annotate(n=Count("id")).order_by("state"))
