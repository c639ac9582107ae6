"""Finding customers: by what is typed, and the numbers of a telephone field."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.db.models.expressions import RawSQL

from guanxi.platform.imports.phones import read_phones
from guanxi.platform.search.grams import normal, query
from guanxi.platform.search.index import RANKED, TABLE, Scope, find, found_ids, ids_query, test_of

from ..models import Account
from ..scopes import KIND
from .visible import among, scope_of, visible

LISTED = 5_000
"""Up to so many customers that fit are looked up one by one; where more do, each customer is tried in the order of the list.
On PostgreSQL, which sorts what it found quickly and tries slowly, up to `COUNTED`."""
COUNTED = 15_000
"""So many of those that the index finds are counted at first."""

_SIGNS = re.compile(r"[\u4e00-\u9fff]+")  # Chinese ones, nothing between


def as_in_names(typed: str) -> str:
    """What is typed, where names hold it as it stands: Chinese signs in simplified writing; else ''."""
    text = typed.strip()[:80]
    return text if _SIGNS.fullmatch(text) and normal(text) == text else ""


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
    """What fits the words typed, as a filter. first: where so many customers fit that each is better tried than looked up,
    the first of those that the index finds; whole(): whether there are no more; every: all of them."""

    rows: Q
    first: Q | None = None
    whole: Callable[[], bool] = lambda: True
    every: Q = field(default_factory=Q)

    @property
    def many(self) -> bool:
        return self.first is not None


class Found(Func):
    """Whether the index has these words under a customer: what `find` would say, tried on one row."""

    output_field = BooleanField()
    arity = 1

    def __init__(self, id: Any, typed: str = "", **extra: Any) -> None:
        super().__init__(id, **extra)
        self.typed = typed

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        id, values = compiler.compile(self.source_expressions[0])
        test, wanted = test_of(query(self.typed), connection.vendor)
        return (
            f"EXISTS(SELECT 1 FROM {TABLE} e WHERE e.kind = '{KIND}' AND e.ref = {id} AND {test})",  # noqa: S608
            [*values, *wanted],
        )


def fitting(typed: str, scope: Scope = None) -> Fitting:
    """The filter behind `matching`, where several lists are narrowed by the same words. scope: where the rows to be narrowed
    surely lie (`visible.scope_of`). One query."""
    text = typed.strip()[:80]
    if not text:
        return Fitting(Q())
    listed = COUNTED if connection.vendor == "postgresql" else LISTED
    ids = found_ids(connection, text, KIND, scope=scope, most=listed)
    if len(ids) < listed:
        return Fitting(Q(pk__in=_these(ids)))
    tried = Q(Found(F("pk"), text))
    if as_in_names(text):
        tried = Q(name__contains=text) | tried  # says nothing new, but most names say it at once
    sql, values = ids_query(connection, text, KIND, scope=scope, most=COUNTED) or ("", [])
    every, also = ids_query(connection, text, KIND, scope=scope) or ("", [])
    return Fitting(
        tried,
        Q(pk__in=RawSQL(sql, values)),  # noqa: S611 (values apart)
        cache(lambda: _number(sql, values) < COUNTED),
        Q(pk__in=RawSQL(every, also)),  # noqa: S611 (values apart)
    )


def _these(ids: list[int]) -> list[int] | RawSQL:
    """Ids to stand in a query. PostgreSQL takes them as one value: thousands of places cost more than the rows behind them."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [ids])
    return ids


def _number(sql: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({sql}) AS found", values)  # noqa: S608 (of `ids_query`)
        (number,) = cursor.fetchone()
        return int(number)


def best(person: Any, typed: str, limit: int = 20, *, active: bool = False) -> list[Account]:
    """The best hits among the customers that a person sees, best first. active: none that are closed."""
    text = typed.strip()[:80]
    accounts, scope = visible(person), scope_of(person)
    if active:
        accounts = accounts.filter(active=True)
    hits = find(connection, text, kinds=(KIND,), limit=RANKED, scope=scope)
    found: list[Account] = []
    if len(hits) == RANKED:  # the best of all may not be among them
        found = list(accounts.filter(name=text).select_related("manager").order_by("id")[:limit])
    known = {a.pk for a in found}
    hits = [hit for hit in hits if hit.id not in known]
    for start in range(0, len(hits), 200):
        if len(found) >= limit:
            break
        ids = [hit.id for hit in hits[start : start + 200]]
        some = among(person, ids).filter(active=True) if active else among(person, ids)
        seen = {a.pk: a for a in some.select_related("manager")}
        found += [seen[id] for id in ids if id in seen]
    if not found and len(hits) == RANKED:
        found = list(
            accounts.filter(fitting(text, scope).rows)
            .select_related("manager")
            .order_by("name", "id")[:limit]
        )
    return found[:limit]
