"""Putting a message into inbox and outbox. Call it inside an action: it is there only if the action's transaction holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Person
from guanxi.platform.people.standing_in import deputies
from guanxi.platform.ui.registry import load
from guanxi.platform.ui.subjects import Named, named

from .definitions import BARE, Around, MessageTemplate, Value, get_template, render
from .models import Attachment, InboxMessage, OutgoingMessage, Preference, State
from .quiet import quiet_until

NOBODY = Named(Text("", ""))


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
    about: tuple[str, str] | None = None,
    path: str = "",
    sender: str = "",
    customer: int | None = None,
    files: Sequence[File] = (),
    not_before: datetime | None = None,
    forward: bool = True,
) -> OutgoingMessage:
    """Put a message into the person's inbox and into the outbox; the outbox's row, under a known `key` the one there is.

    about: the row it is about, as `ui.subjects` knows it: its name and link are added where the person may see it.
    path: where the link leads otherwise. Whoever stands in for somebody who is away has it too, unless not forward.
    A person who wants none by e-mail or has no address is skipped, an impossible address refused; both leave a row
    that says so. TypeError where a placeholder has no value, KeyError where the template is unknown.
    """
    declared = get_template(template)
    there = OutgoingMessage.objects.filter(key=key).first()
    if there is not None:
        return there
    if isinstance(to, Recipient):
        return _mail(declared, key, to, values, now, sender, customer, files, not_before)
    there = _to_person(declared, key, to, values, now, about, path, sender, customer, files, not_before)
    if forward:
        deputy = deputies([to.pk], timezone.localdate(now)).get(to.pk)
        if deputy is not None and _may_have(deputy, declared, about, now, values):
            second = f"{key}:deputy:{deputy.pk}"
            _to_person(
                declared, second, deputy, values, now, about, path, sender, customer, files, not_before, to
            )
    return there


def seen(person: Person, about: tuple[str, str] | None) -> Named:
    """Name and address of what a message is about, as this person may see it now."""
    if about is None:
        return NOBODY
    load()  # kinds of rows are declared with the pages
    return named(person, [about])[about]


def wants(person: Person, template: str, channel: str = "email") -> bool:
    """Whether the person gets this kind of message by e-mail."""
    if not get_template(template).optional:
        return True
    chosen = Preference.objects.filter(person=person, template=template, channel=channel).first()
    return chosen is None or chosen.on


def address_of(path: str) -> str:
    """A path of the product as people reach it from outside; '' where nobody said where that is."""
    outside = settings.GUANXI_ADDRESS.rstrip("/")
    return f"{outside}/{path.lstrip('/')}" if outside else ""


def _may_have(
    deputy: Person,
    declared: MessageTemplate,
    about: tuple[str, str] | None,
    now: datetime,
    values: Mapping[str, Value],
) -> bool:
    """Whether a deputy gets it too: not what they may not see, nor what they have in their own name."""
    if about is not None and not seen(deputy, about).name:
        return False
    title = _both(declared.subject.format(**values))
    own = InboxMessage.objects.filter(person=deputy, template=declared.name, title=title, created_at=now)
    return not own.exists()


def _to_person(
    declared: MessageTemplate,
    key: str,
    to: Person,
    values: Mapping[str, Value],
    now: datetime,
    about: tuple[str, str] | None,
    path: str,
    sender: str,
    customer: int | None,
    files: Sequence[File],
    not_before: datetime | None,
    in_place_of: Person | None = None,
) -> OutgoingMessage:
    there = seen(to, about)
    inbox = _into_inbox(declared, key, to, values, now, about, path, customer, in_place_of)
    before = mark = after = Text("", "")
    if in_place_of is not None:
        name = in_place_of.name
        before = Text(
            f"{name}外出，这条消息由您代收。", f"{name} is away; you stand in and have this message too."
        )
        mark = Text(f"【代{name}】", f"[for {name}] ")
    if declared.urgent and to.pk in quiet_until([to.pk], now):
        why = declared.urgent
        after = Text(
            f"现在是您的免打扰时段，因{why.zh}，这封邮件照发。",
            f"It is quiet hours for you; this was sent all the same, because {why.en}.",
        )
    around = Around((there.label, there.name) if there.name else None, before, after, mark)
    link = address_of(there.url or path)
    return _mail(
        declared,
        key,
        to,
        values,
        now,
        sender,
        customer,
        files,
        not_before,
        link=link,
        around=around,
        inbox=inbox,
    )


def _into_inbox(
    declared: MessageTemplate,
    key: str,
    to: Person,
    values: Mapping[str, Value],
    now: datetime,
    about: tuple[str, str] | None,
    path: str,
    customer: int | None,
    in_place_of: Person | None,
) -> InboxMessage:
    said = {language: render(declared, values, language) for language in ("zh", "en")}
    kind, id = about or ("", "")
    row, _ = InboxMessage.objects.get_or_create(
        key=key,
        defaults={
            "template": declared.name,
            "person": to,
            "in_place_of": in_place_of,
            "title": {language: one.subject for language, one in said.items()},
            "body": {language: one.text.strip() for language, one in said.items()},
            "about_kind": kind,
            "about": id,
            "path": path,
            "customer_id": customer,
            "created_at": now,
        },
    )
    return row


def _mail(
    declared: MessageTemplate,
    key: str,
    to: Person | Recipient,
    values: Mapping[str, Value],
    now: datetime,
    sender: str,
    customer: int | None,
    files: Sequence[File],
    not_before: datetime | None,
    *,
    link: str = "",
    around: Around = BARE,
    inbox: InboxMessage | None = None,
) -> OutgoingMessage:
    address = (to.email if isinstance(to, Person) else to.address).strip()
    language = "en" if to.language.lower().startswith("en") else "zh"
    said = render(declared, values, language, link=link, sender=sender, around=around)
    row = OutgoingMessage(
        key=key,
        template=declared.name,
        language=language,
        person=to if isinstance(to, Person) else None,
        customer_id=customer,
        address=address[:254],
        address_name=" ".join(to.name.split())[:120],
        inbox=inbox,
        urgent=bool(declared.urgent) or inbox is None,
        guarded=inbox is not None and bool(inbox.about) and (declared.guarded or around.about is not None),
        subject=said.subject[:300],
        text=said.text,
        html=said.html,
        created_at=now,
        next_at=max(now, not_before or now),
    )
    problem = _unusable(address, isinstance(to, Person))
    if isinstance(to, Person) and not wants(to, declared.name):
        row.state, problem = (
            State.SKIPPED,
            Text("本人只在站内看这类消息", "The person has this kind in the inbox only"),
        )
    elif problem:
        row.state = State.SKIPPED if isinstance(to, Person) and not address else State.REFUSED
    if problem:
        row.error = _both(problem)
    with transaction.atomic():
        row, made = OutgoingMessage.objects.get_or_create(key=key, defaults=_columns(row))
        if made and row.state == State.WAITING:
            Attachment.objects.bulk_create(
                Attachment(message=row, name=one.name, content_type=one.content_type, content=one.content)
                for one in files
            )
    return row


def _both(text: Text) -> dict[str, str]:
    return {"zh": " ".join(text.zh.split()), "en": " ".join(text.en.split())}


def _unusable(address: str, inside: bool) -> Text | None:
    if not address:
        return (
            Text(
                "此人没有填写电子邮箱，只在站内收到",
                "This person has no e-mail address and has it in the inbox",
            )
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
