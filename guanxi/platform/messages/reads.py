"""What pages show of the outbox, of a person's inbox and of their wishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, QuerySet, Value, When

from guanxi.platform.journal.quick import select
from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Person
from guanxi.platform.ui.subjects import Named, named

from .definitions import all_templates
from .models import UNDELIVERED, InboxMessage, OutgoingMessage, Preference

READ, UNREAD = "read", "unread"
HIDDEN = Text("所涉及的内容您已无权查看", "What it is about is no longer yours to see")


@dataclass(frozen=True, slots=True)
class Wish:
    """One line of a person's notification settings. urgent: why it goes by e-mail always; then `on` cannot be changed."""

    template: str
    label: Text
    on: bool
    urgent: Text = Text("", "")


def wishes(person: Person) -> list[Wish]:
    """Every kind of which one may go without the e-mail, with the person's choice; then those that always come."""
    chosen = dict(Preference.objects.filter(person=person, channel="email").values_list("template", "on"))
    known = all_templates().items()
    free = [Wish(name, one.label, chosen.get(name, True)) for name, one in known if one.optional]
    return free + [Wish(name, one.label, True, one.urgent) for name, one in known if one.urgent]


@dataclass(frozen=True, slots=True)
class Line:
    """A message as its owner may read it now. hidden: its words speak of what they may no longer see."""

    title: Text
    body: Text
    kind: Text
    about: Named
    url: str
    hidden: bool


def inbox(person: Person) -> QuerySet[InboxMessage]:
    """A person's own messages, newest first; `status` is read or unread."""
    status = Case(When(read_at=None, then=Value(UNREAD)), default=Value(READ))
    rows = InboxMessage.objects.filter(person=person).select_related("in_place_of")
    return rows.annotate(status=status).order_by("-id")


def unread(person: Person) -> int:
    """How many messages a person has not read."""
    ((count,),) = select(
        "SELECT COUNT(*) FROM gx_messages_inboxmessage WHERE person_id = %s AND read_at IS NULL", person.pk
    )
    return int(count)


def lines(person: Person, rows: Sequence[InboxMessage]) -> dict[int, Line]:
    """Message -> what of it this person may read now; one look-up for each kind of row that they are about."""
    there = named(person, {(row.about_kind, row.about) for row in rows if row.about})
    found = {}
    for row in rows:
        declared = all_templates().get(row.template)
        kind = declared.label if declared else Text(row.template, row.template)
        about = there.get((row.about_kind, row.about), Named(Text("", "")))
        hidden = bool(row.about) and not about.name and (declared is None or declared.guarded)
        title, body = (kind, HIDDEN) if hidden else (Text.of(row.title), Text.of(row.body))
        url = about.url if row.about else row.path
        found[row.pk] = Line(title, body, kind, about, url, hidden)
    return found


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
