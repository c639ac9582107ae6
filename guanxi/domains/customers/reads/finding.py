"""Finding customers: by what is typed, and those that are perhaps the same customer twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from guanxi.platform.imports.duplicates import name_parts
from guanxi.platform.imports.phones import read_phones
from guanxi.platform.imports.values import credit_code, half_width

from ..models import Account, Contact
from .visible import visible


def name_key(name: str) -> str:
    """The name without signs, case and legal form, by which the same company is recognised."""
    parts = name_parts(name)
    return (parts.place + parts.core)[:120] or parts.whole[:120]


def phone_key(text: str) -> str:
    """The first number of a text as E.164, '' where none can be read."""
    numbers = read_phones(text).numbers if text else ()
    return numbers[0] if numbers else ""


def matching(accounts: QuerySet[Account], typed: str) -> QuerySet[Account]:
    """Those of `accounts` that fit what is typed: name, credit code, a number's digits, or a contact's name."""
    text = half_width(typed).strip()[:80]
    if not text:
        return accounts
    wanted = Q(name__icontains=text) | Q(short_name__icontains=text)
    people = Q(name__icontains=text)
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 4 and re.fullmatch(r"[\d\s+()-]+", text):
        wanted |= Q(phone_key__endswith=digits)
        people |= Q(phone_key__endswith=digits)
    if re.fullmatch(r"[0-9A-Za-z]{18}", text):
        wanted |= Q(credit_code=text.upper())
    return accounts.filter(
        wanted | Exists(Contact.objects.filter(people, customer=OuterRef("pk"), active=True))
    )


@dataclass(frozen=True, slots=True)
class Likeness:
    """What may be the same customer: those the person may see, and how many more exist that they may not."""

    seen: tuple[Account, ...] = ()
    unseen: int = 0

    def __bool__(self) -> bool:
        return bool(self.seen or self.unseen)


def alike(
    person: Any, *, name: str = "", phone: str = "", code: str = "", but: int | None = None
) -> Likeness:
    """Customers with the same name, number or credit code.

    Those of others are only counted, so that nobody enters them twice; key customers of others are not even that.
    """
    wanted = Q()
    if name and (key := name_key(name)):
        wanted |= Q(name_key=key)
    if number := phone_key(phone):
        wanted |= Q(phone_key=number) | Exists(
            Contact.objects.filter(phone_key=number, customer=OuterRef("pk"), active=True)
        )
    if code and (known := credit_code(code).text):
        wanted |= Q(credit_code=known)
    if not wanted:
        return Likeness()
    rows = Account.objects.filter(wanted).exclude(pk=but) if but else Account.objects.filter(wanted)
    ids = list(rows.values_list("pk", "key")[:50])
    if not ids:
        return Likeness()
    seen = tuple(visible(person).filter(pk__in=[i for i, _ in ids]).select_related("manager")[:10])
    shown = {a.pk for a in seen}
    return Likeness(seen, sum(1 for i, key in ids if i not in shown and not key))
