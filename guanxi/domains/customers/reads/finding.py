"""Finding customers: by what is typed, and the numbers of a telephone field."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from guanxi.platform.imports.phones import read_phones
from guanxi.platform.search.grams import normal
from guanxi.platform.search.index import RANKED, find, found_ids, found_query

from ..models import Account

_SIGNS = re.compile(r"[\u4e00-\u9fff]+")  # Chinese ones, nothing between


def phone_key(text: str) -> str:
    """The first number of a text as E.164, '' where none can be read."""
    numbers = read_phones(text).numbers if text else ()
    return numbers[0] if numbers else ""


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a field: as it is shown, in full where it can be read (E.164, else ''), its extension."""

    shown: str
    full: str = ""
    extension: str = ""
    mobile: bool = False

    @property
    def url(self) -> str:
        """tel: with the number and, after a pause, its extension; '' where there is nothing to dial."""
        if self.full:
            return f"tel:{self.full}" + (f",{self.extension}" if self.extension else "")
        digits = re.sub(r"[\s().-]", "", self.shown)
        return f"tel:{digits}" if re.fullmatch(r"\+?\d{3,}", digits) else ""


def numbers(text: str) -> list[Number]:
    """The numbers of a telephone field, as they stand in it."""
    if not text:
        return []
    cell = read_phones(text)
    if not cell.phones:
        return [Number(text)]
    return [Number(p.shown, p.e164, p.extension, p.mobile) for p in cell.phones]


def matching(accounts: QuerySet[Account], typed: str) -> QuerySet[Account]:
    """Those of `accounts` that fit what is typed: by name, pinyin, initials, a number's digits or a contact's name."""
    return accounts.filter(fitting(typed).rows)


@dataclass(frozen=True, slots=True)
class Fitting:
    """What fits the words typed, as a filter. many: so many customers do that each name is looked into."""

    rows: Q
    many: bool = False


def fitting(typed: str) -> Fitting:
    """The filter behind `matching`, where several lists are narrowed by the same words. One query."""
    text = typed.strip()[:80]
    if not text:
        return Fitting(Q())
    ids = found_ids(connection, text, "customer")
    if len(ids) < RANKED:
        return Fitting(Q(pk__in=ids))
    # The first thousand may hold none of this person's. Signs that half the names hold are soon met in the order of names;
    # letters stand in no name, traditional signs in few, words apart in none together: those the index finds, all of them.
    if _SIGNS.fullmatch(text) and normal(text) == text:
        return Fitting(Q(name__icontains=text) | Q(short_name__icontains=text), many=True)
    asked = found_query(connection, text, "customer")
    return Fitting(Q(pk__in=RawSQL(*asked))) if asked else Fitting(Q(pk__in=[]))  # noqa: S611 (values apart)


def best(accounts: QuerySet[Account], typed: str, limit: int = 20) -> list[Account]:
    """The best hits among `accounts`, best first."""
    hits = find(connection, typed.strip()[:80], kinds=("customer",), limit=RANKED)
    found: list[Account] = []
    for start in range(0, len(hits), 200):
        ids = [hit.id for hit in hits[start : start + 200]]
        seen = {a.pk: a for a in accounts.filter(pk__in=ids).select_related("manager")}
        found += [seen[id] for id in ids if id in seen]
        if len(found) >= limit:
            break
    if not found and len(hits) == RANKED:
        found = list(matching(accounts, typed).select_related("manager").order_by("name", "id")[:limit])
    return found[:limit]
