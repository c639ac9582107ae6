"""Putting a message into the outbox. Call it inside an action: it is sent only if the action's transaction holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Person

from .definitions import Value, get_template, render
from .models import Attachment, OutgoingMessage, Preference, State


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody outside: a contact of a customer."""

    address: str
    name: str = ""
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class File:
    """A file to go with a message."""

    name: str
    content_type: str
    content: bytes


def queue(
    template: str,
    *,
    key: str,
    to: Person | Recipient,
    values: Mapping[str, Value],
    now: datetime,
    link: str = "",
    sender: str = "",
    customer: int | None = None,
    files: Sequence[File] = (),
    not_before: datetime | None = None,
) -> OutgoingMessage:
    """Put a message into the outbox and return its row; under a known `key` the row that is there already.

    A person who has switched this kind off is skipped, a missing or impossible address refused; both leave a row
    that says so. TypeError where a placeholder has no value, KeyError where the template is unknown.
    """
    declared = get_template(template)
    there = OutgoingMessage.objects.filter(key=key).first()
    if there is not None:
        return there
    inside = isinstance(to, Person)
    address = (to.email if isinstance(to, Person) else to.address).strip()
    language = "en" if to.language.lower().startswith("en") else "zh"
    said = render(declared, values, language, link=link, sender=sender)
    row = OutgoingMessage(
        key=key,
        template=template,
        language=language,
        person=to if isinstance(to, Person) else None,
        customer_id=customer,
        address=address[:254],
        address_name=" ".join(to.name.split())[:120],
        subject=said.subject[:300],
        text=said.text,
        html=said.html,
        created_at=now,
        next_at=max(now, not_before or now),
    )
    if isinstance(to, Person) and not wants(to, template):
        row.state = State.SKIPPED
    elif problem := _unusable(address, inside):
        row.state = State.REFUSED
        row.error = {"zh": problem.zh, "en": problem.en}
    with transaction.atomic():
        row, made = OutgoingMessage.objects.get_or_create(key=key, defaults=_columns(row))
        if made and row.state == State.WAITING:
            Attachment.objects.bulk_create(
                Attachment(message=row, name=one.name, content_type=one.content_type, content=one.content)
                for one in files
            )
    return row


def wants(person: Person, template: str, channel: str = "email") -> bool:
    """Whether the person gets this kind of message."""
    if not get_template(template).optional:
        return True
    chosen = Preference.objects.filter(person=person, template=template, channel=channel).first()
    return chosen is None or chosen.on


def _unusable(address: str, inside: bool) -> Text | None:
    if not address:
        return (
            Text("此人没有填写电子邮箱", "This person has no e-mail address")
            if inside
            else Text("联系人没有电子邮箱", "The contact has no e-mail address")
        )
    try:
        validate_email(address)
    except ValidationError:
        return Text(f"“{address}”不是有效的电子邮箱", f"“{address}” is not an e-mail address")
    return None


def _columns(row: OutgoingMessage) -> dict[str, object]:
    skipped = {"id", "key"}
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in skipped
    }
