"""Everything that is held of one contact: their record, rows that belong to them, rows and texts in which they are spoken
of, packs that were signed, files that were imported. What is shown, given out and erased is one and the same finding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model, Q, TextField
from django.db.models.functions import Cast

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel.personal import Holding, all_holdings

from .. import reads
from ..models import Account, Contact
from ..models_handover import HandOver
from ..models_import import ImportRow
from ..models_merger import Merger
from .mentions import Mentions, Striker, digits_of, mentions

NAMED = ("name", "phone", "email", "wechat")
OWN_WAY = ("customers.Contact", "customers.Account", "customers.HandOver", "customers.ImportRow")
"""Tables that are looked through by code of their own."""
MOBILE = 11


@dataclass(frozen=True, slots=True)
class Entry:
    """A row that belongs to the contact, or in which they are spoken of (`spoken`)."""

    holding: Holding
    row: Model
    spoken: bool

    @property
    def at(self) -> datetime | None:
        at: datetime | None = getattr(self.row, self.holding.at) if self.holding.at else None
        return at

    @property
    def texts(self) -> list[str]:
        """The words that can be read in it."""
        held = [getattr(self.row, name) for name in (*self.holding.own, *self.holding.words)]
        own = [part for value in held if isinstance(value, dict) for part in value.values()]
        return [value for value in (*held, *own) if isinstance(value, str) and value]


@dataclass(slots=True)
class Held:
    """What there is of one contact."""

    contact: Contact
    account: Account
    customers: list[int]
    """Every id under which the journal knows the customer."""
    numbers: list[int]
    """Every id under which the journal knows the contact."""
    mentions: Mentions
    striker: Striker | None
    alone: Striker | None
    entries: list[Entry] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    """Those with a text that is theirs, or that speaks of them."""
    bare: list[Fact] = field(default_factory=list)
    """Facts about them that hold codes only; they stay."""
    packs: list[HandOver] = field(default_factory=list)
    lines: list[ImportRow] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many things there are, the record itself among them."""
        return 1 + len(self.entries) + len(self.facts) + len(self.bare) + len(self.packs) + len(self.lines)

    @property
    def own(self) -> list[Entry]:
        return [e for e in self.entries if not e.spoken]


def held_of(contact: Contact) -> Held:
    """All of it. The caller fetched the contact through the rights of who asks; its customer is read already."""
    account = contact.customer
    ids, numbers = reads.ids_of(account.pk), reads.contact_ids(contact.pk)
    own = list(
        Fact.objects.filter(subject_kind="contact", subject_id__in=[str(id) for id in numbers])
        .select_related("words")
        .order_by("seq")
    )
    wanted = mentions_of(contact, account, own)
    held = Held(contact, account, ids, numbers, wanted, Striker.of(wanted), Striker.of(wanted.alone))
    held.packs = _packs(held)
    _take_facts(held, own)
    held.entries = list(_entries(held))
    held.lines = _lines(held)
    return held


def mentions_of(contact: Contact, account: Account, own: list[Fact]) -> Mentions:
    """By what this contact is spoken of: what the row holds and ever held. What is the customer's own is not theirs: the
    name of a sole trader, the number of the switchboard."""
    said: dict[str, set[str]] = {name: {str(getattr(contact, name))} for name in NAMED}
    for fact in own:
        body = fact.words.body if hasattr(fact, "words") else {}
        said["name"].add(str(body.get("name") or ""))
        for change in body.get("changes") or ():
            if change["field"] in NAMED:
                said[change["field"]] |= {str(change["before"] or ""), str(change["after"] or "")}
    board = {d for d in digits_of(f"{account.phone},{account.phone_key}") if not _mobile(d)}
    phones = {d for p in (*said["phone"], contact.phone_key) for d in digits_of(p)} - board
    others = Contact.objects.filter(customer=account.pk).exclude(pk=contact.pk)
    return mentions(
        {n for n in said["name"] if n and n not in f"{account.name} {account.short_name}"},
        phones,
        {*said["email"], *said["wechat"]},
        {*others.values_list("name", flat=True), account.name, account.short_name},
    )


def _mobile(digits: str) -> bool:
    return len(digits) == MOBILE and digits.startswith("1")


def _take_facts(held: Held, own: list[Fact]) -> None:
    """The facts with a text that goes, and those about the contact that have none."""
    me = {str(id) for id in held.numbers}
    found = {f.seq: f for f in own}
    namesakes = {
        str(pk)
        for pk, name in Contact.objects.filter(customer__in=held.customers).values_list("pk", "name")
        if name in held.mentions.names
    }
    theirs = Fact.objects.filter(customer_id__in=held.customers).select_related("words")
    for fact in theirs.order_by("seq").iterator(chunk_size=2000):
        if fact.data.get("contact") in me and fact.subject_kind != "contact":
            found[fact.seq] = fact
            continue
        by = held.striker
        if fact.subject_kind == "contact" and fact.subject_id in namesakes:
            by = held.alone
        if by and hasattr(fact, "words") and by.meets(fact.words.body):
            found[fact.seq] = fact
    for fact in Fact.objects.filter(customer_id__in=_once(held)).select_related("words").order_by("seq"):
        if fact.data.get("contact") in me:
            found[fact.seq] = fact
    packs = {str(pack.pk) for pack in held.packs}
    elsewhere = Fact.objects.filter(
        customer_id=None, subject_kind__in=["handover", "import", "approval", "saved_view", "list"]
    )
    for fact in elsewhere.exclude(words=None).select_related("words").iterator(chunk_size=2000):
        searched = fact.subject_kind in (
            "saved_view",
            "list",
        )  # whom one looked for: a name there means nothing else
        by = held.striker if searched or fact.subject_id in packs else held.alone
        if by and by.meets(fact.words.body):
            found[fact.seq] = fact
    for _, fact in sorted(found.items()):
        (held.facts if hasattr(fact, "words") else held.bare).append(fact)


def _once(held: Held) -> set[int]:
    """Customers with which this one was merged for a while: what was recorded then stands under their number."""
    parted = Merger.objects.exclude(undone_at=None)
    with_it = parted.filter(Q(gone__in=held.customers) | Q(into__in=held.customers))
    found = {id for pair in with_it.values_list("gone", "first_into") for id in pair}
    return found - set(held.customers)


def _entries(held: Held) -> Iterator[Entry]:
    """Rows of every table that says how it is found."""
    for holding in all_holdings().values():
        if holding.model in OWN_WAY:
            continue
        taken: set[Any] = set()
        if holding.of_contact is not None:
            for row in holding.of_contact(held.contact.pk):
                taken.add(row.pk)
                yield Entry(holding, row, spoken=False)
        if holding.of_customers is None or held.striker is None:
            continue
        for row in holding.of_customers(held.customers):
            if row.pk not in taken and any(held.striker.meets(getattr(row, c)) for c in _told(holding)):
                yield Entry(holding, row, spoken=True)
    contacts = all_holdings()["customers.Contact"]
    for other in Contact.objects.filter(customer__in=held.customers).exclude(pk=held.contact.pk):
        if held.striker and (held.striker.meets(other.matters) or held.striker.meets(other.note)):
            yield Entry(contacts, other, spoken=True)


def _told(holding: Holding) -> tuple[str, ...]:
    return (*holding.own, *holding.words)


def _packs(held: Held) -> list[HandOver]:
    """Signed packs in which they stand."""
    found = []
    for pack in HandOver.objects.exclude(content=None).order_by("pk").iterator(chunk_size=50):
        there = [c for c in content_of(pack)["customers"] if int(c["id"]) in held.customers]
        if any(one["id"] in held.numbers for c in there for one in c["contacts"]) or (
            held.striker and (held.striker.meets(there) or _elsewhere(pack, held))
        ):
            found.append(pack)
    return found


def _elsewhere(pack: HandOver, held: Held) -> bool:
    """Whether a line of the pack that stands under no customer speaks of them."""
    lines = [line for part in content_of(pack)["others"].values() for line in part]
    by = held.striker
    return by is not None and any(line["customer"] in held.customers and by.meets(line) for line in lines)


def content_of(pack: HandOver) -> dict[str, Any]:
    """What was signed."""
    content: dict[str, Any] = pack.content or {"customers": [], "others": {}}
    return content


def _lines(held: Held) -> list[ImportRow]:
    """Rows of imported files in which they stand."""
    known = ImportRow.objects.filter(Q(contact_id__in=held.numbers) | Q(account__in=held.customers))
    found = {
        row.pk: row
        for row in known.select_related("run")
        if row.contact_id in held.numbers or _stands_in(held.striker, row)
    }
    loose = ImportRow.objects.annotate(raw=Cast("cells", TextField())).exclude(pk__in=list(found))
    maybe = Q(pk=None)
    for number in held.mentions.numbers:
        maybe |= Q(raw__contains=number[-4:])
    for mark in held.mentions.marks:
        for written in _as_json(mark):
            maybe |= Q(raw__icontains=written)
    for row in loose.filter(maybe).select_related("run"):
        if _stands_in(held.alone, row):
            found[row.pk] = row
    named = Q(pk=None)
    for name in held.mentions.names:
        for written in _as_json(name):
            named |= Q(raw__contains=written)
    for row in loose.filter(named).select_related("run"):
        if any(held.account.name in str(cell) for cell in row.cells) and _stands_in(held.striker, row):
            found[row.pk] = row
    return [row for _, row in sorted(found.items())]


def _as_json(text: str) -> set[str]:
    """How a text may stand in a column of JSON: SQLite holds rows in which every sign beyond ASCII is escaped, and others."""
    return {json.dumps(text, ensure_ascii=escaped)[1:-1] for escaped in (True, False)}


def lines_for(held: Held, person: Any) -> list[ImportRow]:
    """Those of the rows that this person may read: not what stands in the file of a customer they do not see. Erasing
    empties those too."""
    others = {row.account_id for row in held.lines if row.account_id} - set(held.customers)
    seen = set(reads.among(person, others).values_list("pk", flat=True)) if others else set()
    return [row for row in held.lines if row.account_id not in others - seen]


def _stands_in(by: Striker | None, row: ImportRow) -> bool:
    return by is not None and any(by.meets(part) for part in (row.cells, row.plan, row.said))


def plain_row(row: Model) -> dict[str, Any]:
    """A row as JSON holds it, without bytes."""
    return {
        f.attname: plain(value)
        for f in row._meta.concrete_fields
        if not isinstance(value := getattr(row, f.attname), bytes | memoryview)
    }


def plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value
