"""What one row of an import did, why it stays, and what points to the rows that it made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import CASCADE, SET_NULL, ForeignKey, Model, Q, QuerySet

from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.quick import select

from ..models import Account, Contact
from ..models_addresses import Address
from ..models_contacts import Consent
from ..models_import import ImportRow

_MOST_IN = 500
MOST_FACTS = 3
"""How many of the facts that built on a row are named."""


@dataclass
class Why:
    """Why a row stays: built (facts: what was recorded), edited (fields), merged, rights, erased, held or failed."""

    code: str
    facts: list[int] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"code": self.code, "facts": self.facts, "fields": self.fields}


@dataclass(frozen=True)
class Later:
    """A fact somebody recorded about a customer after the import's row."""

    seq: int
    kind: str
    subject: tuple[str, str | None]
    changed: frozenset[str]


@dataclass
class Done:
    """What one row did."""

    line: ImportRow
    facts: list[Fact]

    def of(self, *kinds: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.kind in kinds]

    @property
    def created(self) -> set[int]:
        return {int(fact.subject_id or 0) for fact in self.of("customer.created")}

    @property
    def added(self) -> set[int]:
        return {int(fact.subject_id or 0) for fact in self.of("contact.added")}

    @property
    def customers(self) -> set[int]:
        return {fact.customer_id for fact in self.facts if fact.customer_id is not None}


def keyed(start: str) -> Q:
    """Facts whose key begins so, found by the index of keys in either database."""
    if connection.vendor == "postgresql":
        return Q(key__startswith=start)
    return Q(key__gte=start, key__lt=start[:-1] + chr(ord(start[-1]) + 1))


# --- What points to a row --------------------------------------------------------------------------------------------


def apart(model: type[Model], column: str) -> bool:
    """Whether what points so is looked at by itself: people and what is said of them, addresses, companies below."""
    return model in (Contact, Consent, Address) or (model is Account and column == "parent_id")


def held_by(model: type[Model], ids: Iterable[int]) -> set[int]:
    """Those of the rows to which something points that does not go along with them. Of a customer's contacts each is
    looked at by itself; that two were kept apart, or who works on a customer, is a fact."""
    held: set[int] = set()
    name = connection.ops.quote_name
    for part in parts_of(ids):
        among = ",".join(map(str, part))  # whole numbers, from our own tables
        sql = " UNION ".join(
            f"SELECT {name(column)} FROM {name(rows.model._meta.db_table)} WHERE {name(column)} IN ({among})"  # noqa: S608
            for rows, column in pointing(model)
            if not apart(rows.model, column)
        )
        held |= {int(row[0]) for row in select(sql)}
    return held


def pointing(model: type[Model], *how: Any) -> Iterator[tuple[QuerySet[Any], str]]:
    """Every table and column that points to a model, hidden relations too, by what becomes of it when the row goes: how
    (CASCADE, SET_NULL); without it, those that do not let it go."""
    for relation in model._meta.get_fields(include_hidden=True):
        source = getattr(relation, "field", None)
        if not relation.auto_created or not isinstance(source, ForeignKey):
            continue
        on_delete = source.remote_field.on_delete
        if on_delete in how if how else on_delete not in (CASCADE, SET_NULL):
            yield source.model._base_manager.order_by(), source.attname


def parts_of(ids: Iterable[int]) -> Iterator[list[int]]:
    whole = sorted(ids)
    for start in range(0, len(whole), _MOST_IN):
        yield whole[start : start + _MOST_IN]
