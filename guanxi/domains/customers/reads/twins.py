"""Customers that may be the same as the one somebody is entering, with what speaks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from guanxi.platform.imports.addresses import parse_address
from guanxi.platform.imports.duplicates import LISTED, Profile, name_key, weigh
from guanxi.platform.imports.phones import read_phones
from guanxi.platform.imports.places import short_city, short_district
from guanxi.platform.imports.reasons import Reason
from guanxi.platform.imports.values import credit_code
from guanxi.platform.search.index import find

from ..models import Account, Contact
from ..models_import import Import
from .mergers import former_names
from .visible import among, hidden_imports

MOST_ALIKE = 50
"""Customers looked at for each thing that they may have in common with what is typed."""
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Twin:
    """A customer that may be the one being entered: how sure (0 to 1), and why."""

    account: Account
    score: float
    certain: bool
    reasons: tuple[Reason, ...]

    @property
    def percent(self) -> int:
        return round(self.score * 100)


@dataclass(frozen=True, slots=True)
class Likeness:
    """What may be the same customer: those the person may see, best first, how many more exist that they may not, and
    who is importing more of them just now."""

    seen: tuple[Twin, ...] = ()
    unseen: int = 0
    importing: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.seen or self.unseen or self.importing)


def alike(
    person: Any,
    *,
    name: str = "",
    phones: Iterable[str] = (),
    code: str = "",
    address: str = "",
    contact: str = "",
    but: int | None = None,
) -> Likeness:
    """Customers that may be the one of which this is typed so far.

    Those of others are only counted, so that nobody enters them twice; key customers of others are not even that.
    """
    typed = _typed(name, phones, code, address, contact)
    ids = _near(typed)
    ids.discard(but or 0)
    if not ids:
        return Likeness()
    found: dict[int, Twin] = {}
    for account, profile in profiles(ids):
        match, named = weigh(typed, profile)
        shares = bool(typed.phones & profile.phones) or bool(typed.code and typed.code == profile.code)
        if match.score * 100 >= LISTED or named or shares:
            found[account.pk] = Twin(account, match.score, match.certain, match.reasons)
    mine = set(among(person, found).values_list("pk", flat=True))
    seen = [twin for id, twin in found.items() if id in mine]
    seen.sort(key=lambda twin: (not twin.certain, -twin.score, twin.account.name, twin.account.pk))
    others = [t.account for id, t in found.items() if id not in mine and not t.account.key]
    hidden = hidden_imports(person)
    runs = {a.brought_by for a in others if a.brought_by in hidden}
    importers = Import.objects.filter(pk__in=runs).order_by("by").values_list("by__name", flat=True)
    return Likeness(
        tuple(seen[:SHOWN]),
        sum(1 for a in others if a.brought_by not in runs),
        tuple(dict.fromkeys(importers)) if runs else (),
    )


def _typed(name: str, phones: Iterable[str], code: str, address: str, contact: str) -> Profile:
    where = parse_address(address) if address else None
    numbers: set[str] = set()
    for text in phones:
        numbers |= read_phones(text).compared if text else frozenset()
    return Profile(
        ref=0,
        name=name,
        code=credit_code(code).text if code else "",
        phones=frozenset(numbers),
        address=where.rest if where else "",
        city=where.city if where else "",
        district=where.district if where else "",
        contacts=(contact,) if contact else (),
    )


def known_by(rows: QuerySet[Any], field: str, texts: Iterable[str]) -> QuerySet[Any]:
    """The rows whose column, which may be empty, holds one of the texts.

    That it is not empty stands there as words of the query: from values alone SQLite does not see that the index of those
    that are not empty serves, and reads every row.
    """
    meta = rows.model._meta
    column = f'"{meta.db_table}"."{meta.get_field(field).column}"'
    return rows.filter(**{f"{field}__in": list(texts)}).extra(where=[f"NOT ({column} = '')"])  # noqa: S610 (our own words)


def _near(typed: Profile) -> set[int]:
    """Customers worth comparing with what is typed."""
    ids: set[int] = set()
    if typed.name:
        keyed = Account.objects.filter(name_key__in=name_keys(typed))
        ids.update(keyed.values_list("pk", flat=True)[:MOST_ALIKE])
        for parts in typed.customer.names:
            ids.update(hit.id for hit in find(connection, parts.core, kinds=("customer",), limit=MOST_ALIKE))
    if typed.code:
        coded = known_by(Account.objects.all(), "credit_code", [typed.code])
        ids.update(coded.values_list("pk", flat=True)[:MOST_ALIKE])
    if typed.phones:
        called = known_by(Account.objects.all(), "phone_key", typed.phones)
        ids.update(called.values_list("pk", flat=True)[:MOST_ALIKE])
        people = known_by(Contact.objects.filter(active=True), "phone_key", typed.phones)
        ids.update(people.values_list("customer_id", flat=True)[:MOST_ALIKE])
    return ids


def profiles(ids: Iterable[int]) -> list[tuple[Account, Profile]]:
    """These customers as they are compared. Three queries."""
    phones: dict[int, set[str]] = {}
    names: dict[int, list[str]] = {}
    wanted = list(ids)
    people = Contact.objects.filter(customer__in=wanted, active=True).order_by("pk")
    for customer, name, number in people.values_list("customer", "name", "phone_key"):
        phones.setdefault(customer, set()).add(number)
        names.setdefault(customer, []).append(name)
    former = former_names(wanted)
    accounts = Account.objects.filter(pk__in=wanted).select_related("manager")
    return [
        (
            a,
            profile_of(
                a,
                phones.get(a.pk, set()),
                contacts=tuple(names.get(a.pk, ())[:5]),
                former=former.get(a.pk, ()),
            ),
        )
        for a in accounts
    ]


def profile_of(
    account: Account,
    phones: set[str],
    key: str = "",
    *,
    contacts: tuple[str, ...] = (),
    former: Iterable[str] = (),
) -> Profile:
    """What is compared of a customer in the database."""
    where = parse_address(account.address) if account.address else None
    numbers = read_phones(account.phone).compared if account.phone else frozenset()
    return Profile(
        ref=account.pk,
        name=account.name,
        code=account.credit_code,
        key=key,
        phones=frozenset((numbers | phones | {account.phone_key}) - {""}),
        address=where.rest if where else "",
        city=where.city if where else "",
        district=where.district if where else "",
        existing=True,
        also=tuple(name for name in (account.short_name, *former) if name),
        contacts=contacts,
    )


def name_keys(profile: Profile) -> set[str]:
    """Every form under which `Account.name_key` may hold this name."""
    found: set[str] = set()
    for name in profile.customer.names:
        places = (*name.place, short_city(profile.city), short_district(profile.district))
        found |= {place + name.core for place in ("", *places)} | {name_key(name.whole)}
    return {text[:120] for text in found if text}
