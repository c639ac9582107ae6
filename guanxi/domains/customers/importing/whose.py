"""Whose a row is: the one customer that a name, a number or a credit code means, among those that the importer works on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db.models import Q

from guanxi.platform.imports.reasons import Reason, reason
from guanxi.platform.imports.values import (
    clean_text,
    credit_code,
    half_width,
    is_nothing,
    is_rounded,
    rounded,
)

from .. import reads
from ..models import Account
from ..models_import import ExternalKey
from ..models_merger import Merger
from .permissions import IMPORT

WORK = "customers.work"
MOST_NAMED = 5
_MOST_IN = 400


class Customer(NamedTuple):
    """As much of a customer as rows need."""

    id: int
    name: str


class Told(NamedTuple):
    """What a row says of its customer."""

    name: str = ""
    number: str = ""
    code: str = ""


@dataclass(frozen=True)
class Found:
    """The customer, or why there is none; field: name, number or code, where the fault or doubt stands."""

    customer: Customer | None = None
    fault: Reason | None = None
    doubts: tuple[Reason, ...] = ()
    field: str = "name"


def within(person: Any) -> Q:
    """The customers to which this person may bring what was before: those they work on; who imports everywhere without
    working on customers (an administrator) all but the key customers, of whom they may not even know."""
    if person.may(WORK):
        return reads.within(person, WORK)
    if person.rights.reach(IMPORT).scope != "all":
        return Q(pk__in=[])
    found = Q(key=False)
    if unseen := reads.hidden_imports(person):
        found &= ~Q(brought_by__in=unseen)
    return found


def one(person: Any, id: int | None) -> Account | None:
    """A customer by its id, if it is one of them now."""
    return None if id is None else Account.objects.filter(within(person), pk=id).first()


def told(name: str, number: str, code: str) -> Told:
    """The cells, cleaned."""
    texts = (name, half_width(number), code)
    return Told(*("" if is_nothing(text) else clean_text(text, lines=False) for text in texts))


class Whose:
    """Looks customers up for many rows at once."""

    def __init__(self, person: Any) -> None:
        self.person = person
        self._forget()

    def _forget(self) -> None:
        self.by_number: dict[str, set[int]] = {}
        self.by_code: dict[str, set[int]] = {}
        self.by_name: dict[str, set[int]] = {}
        self.by_key: dict[str, set[int]] = {}
        self.known: dict[int, Customer] = {}
        self.shown: set[int] = set()

    def prepare(self, rows: Iterable[Told]) -> None:
        """Load whatever these rows may mean."""
        self._forget()
        wanted = list(rows)
        numbers = {row.number for row in wanted} - {""}
        codes = {_code(row.code) for row in wanted} - {""}
        names = {row.name for row in wanted} - {""}
        keys = {name: reads.name_key(name) for name in names}
        former: dict[int, set[str]] = {}
        ids: set[int] = set()
        for part in _parts(numbers):
            for key, id in ExternalKey.objects.filter(key__in=part).values_list("key", "account"):
                self.by_number.setdefault(key, set()).add(id)
                ids.add(id)
        for part in _parts(names):
            gone = Merger.objects.filter(undone_at=None, name__in=part)
            for id, name in gone.values_list("into", "name"):
                former.setdefault(id, set()).add(name)
                ids.add(id)
        seen = Account.objects.filter(within(self.person))
        asked = [seen.filter(name_key__in=part) for part in _parts(set(keys.values()) - {""})]
        asked += [reads.known_by(seen, "credit_code", part) for part in _parts(codes)]
        asked += [seen.filter(pk__in=part) for part in _parts(ids)]
        for rows_of in asked:
            for id, name, key, code in rows_of.values_list("pk", "name", "name_key", "credit_code"):
                self.known[id] = Customer(id, name)
                for called in {name, *former.get(id, ())}:
                    self.by_name.setdefault(called.casefold(), set()).add(id)
                self.by_key.setdefault(key, set()).add(id)
                if code:
                    self.by_code.setdefault(code, set()).add(id)
        self.by_number = {
            key: known for key, held in self.by_number.items() if (known := held & self.known.keys())
        }
        self.shown = (
            set(reads.among(self.person, self.known).values_list("pk", flat=True)) if self.known else set()
        )

    def find(self, row: Told) -> Found:
        """The one customer that the row means: by number, else by credit code, else by name."""
        if not any(row):
            return Found(fault=_nobody())
        if is_rounded(row.number):
            if not (row.name or row.code):
                return Found(fault=rounded(), field="number")
            found = self.find(row._replace(number=""))
            return replace(found, doubts=(*found.doubts, rounded()))
        if row.number and (ids := self.by_number.get(row.number)):
            return self._only(ids, row, "number")
        if row.code and (ids := self.by_code.get(_code(row.code))):
            return self._only(ids, row, "code")
        if row.name:
            if ids := self.by_name.get(row.name.casefold()):
                return self._only(ids, row, "name")
            if ids := self.by_key.get(reads.name_key(row.name), set()):
                return self._only(ids, row, "name")
        field = "name" if row.name else "number" if row.number else "code"
        return Found(fault=_unknown(row.name or row.number or row.code), field=field)

    def _only(self, ids: set[int], row: Told, field: str) -> Found:
        if len(ids) > 1:
            if field != "name" and row.name:
                narrower = {id for id in ids if self.known[id].name.casefold() == row.name.casefold()}
                if len(narrower) == 1:
                    return Found(self.known[narrower.pop()], field=field)
            return Found(fault=self._several(ids), field=field)
        (id,) = ids
        customer = self.known[id]
        if not row.name or id in self.by_name.get(row.name.casefold(), ()):
            return Found(customer, field=field)
        shown = customer.name if id in self.shown else ""  # who may not see a customer is not told its name
        return Found(customer, doubts=(_other_name(row.name, shown),), field=field)

    def _several(self, ids: set[int]) -> Reason:
        named = sorted(f"{self.known[id].name}（#{id}）" for id in ids & self.shown)
        if not named:
            return reason(
                "customer.several",
                "有 {n} 位客户都可能是它，请补上客户编号或统一社会信用代码。",
                "{n} customers may be meant; add the customer number or credit code.",
                n=len(ids),
            )
        return reason(
            "customer.several",
            "有 {n} 位客户都可能是它：{names}。请补上客户编号或统一社会信用代码。",
            "{n} customers may be meant: {names}. Add the customer number or credit code.",
            n=len(ids),
            names="、".join(named[:MOST_NAMED]),
        )


def _code(text: str) -> str:
    return credit_code(text).text or half_width(text).upper() if text else ""


def _parts(values: Iterable[Any]) -> list[Sequence[Any]]:
    ordered = sorted(values)
    return [ordered[i : i + _MOST_IN] for i in range(0, len(ordered), _MOST_IN)]


def _nobody() -> Reason:
    return reason("customer.missing", "没有写明是哪位客户。", "The row does not say which customer.")


def _unknown(text: str) -> Reason:
    return reason(
        "customer.unknown",
        "找不到客户“{text}”，或不由您维护。请先导入或新建客户，或核对名称。",
        "There is no customer “{text}”, or it is not yours. Bring the customer in first, or check the name.",
        text=text[:60],
    )


def _other_name(written: str, name: str) -> Reason:
    if not name:
        return reason(
            "customer.name",
            "名称“{text}”与系统中的写法不同，请核对。",
            "The name “{text}” is written otherwise here. Please check.",
            text=written[:60],
        )
    return reason(
        "customer.name",
        "按“{name}”导入，文件中写作“{text}”，请核对。",
        "Taken for “{name}”; the file says “{text}”. Please check.",
        name=name,
        text=written[:60],
    )
