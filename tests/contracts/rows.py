"""Which rows are somebody's and which are everybody's, and an input for any action that could be a person's own."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin

from django.db.models import Q, QuerySet
from django.utils import timezone
from pydantic import AwareDatetime, BaseModel, SecretStr
from pydantic.fields import FieldInfo

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers.attachments import reach
from guanxi.domains.customers.handover.reads import visible_hand_overs
from guanxi.domains.customers.importing.told import visible_imports
from guanxi.domains.customers.models import (
    Account,
    Contact,
    Need,
    Product,
    Promise,
    Promotion,
    StockItem,
    StockMovement,
)
from guanxi.domains.customers.models_addresses import Address
from guanxi.domains.customers.models_attachments import Attachment
from guanxi.domains.customers.models_competitors import Competitor, Observation
from guanxi.domains.customers.models_contacts import ContactMerger, Employment
from guanxi.domains.customers.models_grouping import Tag
from guanxi.domains.customers.models_handover import HandOver
from guanxi.domains.customers.models_import import Import
from guanxi.domains.customers.models_merger import Merger
from guanxi.domains.customers.models_objections import Objection
from guanxi.domains.customers.models_standing import CreditEvent
from guanxi.domains.orders import reads as orders
from guanxi.domains.orders.models import Order
from guanxi.domains.visits import reads as visits
from guanxi.domains.visits.models import KitItem, PlaybookEntry, Visit
from guanxi.platform.approvals import reads as approvals
from guanxi.platform.approvals.models import Approval, Substitute
from guanxi.platform.jobs.models import Job
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Action
from guanxi.platform.kernel.actions import Choices
from guanxi.platform.messages import reads as messages
from guanxi.platform.messages.models import InboxMessage, OutgoingMessage
from guanxi.platform.ownfields.models import OwnField
from guanxi.platform.people import standing_in
from guanxi.platform.people.models import Absence, ApiToken, Department, Passkey, Person
from guanxi.platform.people.reads import holders, today
from guanxi.platform.regulations import reads as regulations
from guanxi.platform.regulations.models import Obligation, Version
from guanxi.platform.views import reads as views
from guanxi.platform.views.models import SavedView

Seen = Callable[[Any], QuerySet[Any]]


def _of_customer(model: Any) -> tuple[QuerySet[Any], Seen]:
    """Rows that are seen with their customer."""
    return model.objects.all(), lambda person: model.objects.filter(customer__in=customers.visible(person))


PERSONAL: dict[str, tuple[QuerySet[Any], Seen]] = {
    "attachment": (Attachment.objects.filter(removed_at=None), reach.seen),
    "observation": (Observation.objects.exclude(customer=None), customers.observations),
    "place": _of_customer(Address),
    "absence": (
        Absence.objects.all(),
        lambda person: (
            standing_in.concerning(person, today()).order_by()
            | standing_in.of_my_people(person, today()).order_by()
        ),
    ),
    "approval": (Approval.objects.all(), approvals.visible),
    "contact": _of_customer(Contact),
    "credit_event": _of_customer(CreditEvent),
    "customer": (Account.objects.all(), lambda person: customers.visible(person, logged=True)),
    "fact": (
        Fact.objects.exclude(customer_id=None),
        lambda person: Fact.objects.filter(
            customer_id__in=customers.visible(person).values("pk"), actor_id=person.pk
        ),
    ),
    "contact_merger": (
        ContactMerger.objects.all(),
        lambda person: ContactMerger.objects.filter(into__customer__in=customers.visible(person)),
    ),
    "employment": (
        Employment.objects.all(),
        lambda person: Employment.objects.filter(contact__customer__in=customers.visible(person)),
    ),
    "handover": (HandOver.objects.all(), visible_hand_overs),
    "import": (Import.objects.all(), visible_imports),
    "merger": (
        Merger.objects.all(),
        lambda person: Merger.objects.filter(into__in=customers.visible(person)),
    ),
    "inbox_message": (InboxMessage.objects.all(), messages.inbox),
    "movement": (
        StockMovement.objects.filter(quantity__lt=0, customer__isnull=False),
        lambda person: StockMovement.objects.filter(quantity__lt=0, customer__in=customers.visible(person)),
    ),
    "need": _of_customer(Need),
    "objection": _of_customer(Objection),
    "obligation": (Obligation.objects.all(), regulations.visible_obligations),
    "order": (Order.objects.all(), orders.visible),
    "passkey": (Passkey.objects.all(), lambda person: Passkey.objects.filter(person=person)),
    "promise": _of_customer(Promise),
    "saved_view": (SavedView.objects.all(), views.visible),
    "substitute": (
        Substitute.objects.all(),
        lambda person: Substitute.objects.filter(Q(person=person) | Q(deputy=person)),
    ),
    "token": (ApiToken.objects.all(), lambda person: ApiToken.objects.filter(person=person)),
    "visit": (Visit.objects.all(), visits.visible),
}
"""Rows that are somebody's, by kind: all that are there, and those that a person may see."""
COMPANYWIDE: dict[str, QuerySet[Any]] = {
    "department": Department.objects.filter(active=True),
    "item": StockItem.objects.all(),
    "job": Job.objects.all(),
    "kit_item": KitItem.objects.all(),
    "message": OutgoingMessage.objects.all(),
    "own_field": OwnField.objects.filter(retired_at=None),
    "person": Person.objects.filter(is_active=True),
    "playbook": PlaybookEntry.objects.all(),
    "product": Product.objects.all(),
    "promotion": Promotion.objects.all(),
    "competitor": Competitor.objects.all(),
    "tag": Tag.objects.filter(active=True),
    "version": Version.objects.all(),
}
"""Rows that everybody sees who holds the right to the action."""


def of_role(role: str) -> Person:
    person = holders(role).order_by("pk").first()
    assert person is not None, f"nobody in the demo is {role}"
    return person


def hidden(kind: str, person: Person) -> Any:
    """The id of a row that is there and that this person may not see; None where they see all."""
    there, seen = PERSONAL[kind]
    return there.exclude(pk__in=seen(person).values("pk")).order_by("pk").values_list("pk", flat=True).first()


def absent(kind: str) -> Any:
    """An id of that kind that names nothing, looking like those that do."""
    last = PERSONAL[kind][0].order_by("pk").values_list("pk", flat=True).last()
    return last + 1_000_000 if isinstance(last, int) else "0" * len(str(last))


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo, Any]]:
    """Every single value of an input: its path, the field, its type. Of a list one element stands for all."""
    for name, info in model.model_fields.items():
        kind, many = _inner(info.annotation)
        path = f"{prefix}{name}" + (".0" if many else "")
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from fields(kind, f"{path}.")
        else:
            yield path, info, kind


def of(info: FieldInfo) -> str:
    """The kind of row a field says that it names."""
    extra = info.json_schema_extra
    return str(extra.get("of") or "") if isinstance(extra, dict) else ""


def plausible(
    action: Action, person: Person, *, text: str = "一二三四五六七八九十", whole: bool = False
) -> dict[str, Any]:
    """An input that this person could have meant: rows that they see, days ahead, the first of each choice, `text`.
    whole: the fields that need not be given too."""
    return _filled(action.Input, person, text, whole)


def put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The input with another value at a path."""
    name, _, rest = path.partition(".")
    if not rest:
        return {**data, name: value}
    if rest.partition(".")[0].isdecimal():
        inner = rest.partition(".")[2]
        first = (data.get(name) or [{}])[0]
        return {**data, name: [put(first, inner, value) if inner else value]}
    return {**data, name: put(data.get(name) or {}, rest, value)}


def _inner(annotation: Any) -> tuple[Any, bool]:
    many = False
    while True:
        origin = get_origin(annotation)
        if origin in (Union, types.UnionType):
            annotation = next(a for a in get_args(annotation) if a is not type(None))
        elif origin in (list, tuple):
            many, annotation = True, get_args(annotation)[0]
        else:
            return annotation, many


def _filled(model: type[BaseModel], person: Person, text: str, whole: bool) -> dict[str, Any]:
    found = {}
    for name, info in model.model_fields.items():
        if not (whole or info.is_required()):
            continue
        kind, many = _inner(info.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            value: Any = _filled(kind, person, text, whole)
        else:
            value = _value(name, info, kind, person, text)
        if value is not None:
            found[name] = [value] if many else value
    return found


def _value(name: str, info: FieldInfo, kind: Any, person: Person, text: str) -> Any:
    row = of(info) or (name if name in PERSONAL else "")
    if row:
        seen = PERSONAL[row][1](person) if row in PERSONAL else COMPANYWIDE[row]
        if row == "visit":  # of the visits that a head of department sees their own are meant
            mine = seen.filter(owner=person.pk)
            seen = mine if mine.exists() else seen
        return seen.order_by("pk").values_list("pk", flat=True).first()
    offered = next((m for m in info.metadata if isinstance(m, Choices)), None)
    if offered is not None:
        pairs = [value for value, _ in offered.pairs() if value not in ("", None)]
        return pairs[0] if pairs else None
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    limit = next((m.max_length for m in info.metadata if hasattr(m, "max_length")), None)
    now = timezone.localtime()
    ahead = now + timedelta(days=3)
    by_type: dict[Any, Any] = {
        bool: True,
        int: next((m.ge for m in info.metadata if hasattr(m, "ge")), 1),
        Decimal: "1",
        date: ahead.date().isoformat(),
        datetime: ahead.isoformat(),
        AwareDatetime: ahead.isoformat(),
        time: "14:00",
        str: text[:limit],
        SecretStr: "no password of anybody",
    }
    return by_type.get(kind)
