"""Keeps customers findable: name, short name, contacts' names, every number and the words of own fields, in the same
transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from guanxi.platform.ownfields import values as own
from guanxi.platform.search.index import insert, line_of, upsert

from ..models import Account, Contact
from ..reads.mergers import former_names_of
from ..reads.rows import contacts_of

KIND = "customer"


def index(account: Account, everybody: Sequence[Contact] | None = None) -> None:
    """Put the customer into the index as it stands now. everybody: its contacts, where they were read already."""
    people = [c for c in (contacts_of(account.pk) if everybody is None else everybody) if c.active]
    texts, phones = _found_by(account, people, former_names_of(account.pk))
    short, long = own.searched("customer", account.own)
    upsert(connection, KIND, account.pk, account.name, texts=[*texts, *short], long_texts=long, phones=phones)


def index_line(account: Account, people: Sequence[Contact]) -> str:
    """The words under which a new customer is found, before it is saved."""
    texts, phones = _found_by(account, people, ())
    short, long = own.searched("customer", account.own)
    return line_of(account.name, texts=[*texts, *short], long_texts=long, phones=phones)


def index_new(lines: Iterable[tuple[Account, str]]) -> None:
    """Put customers that were entered just now into the index, with the words of `index_line`."""
    insert(connection, [(KIND, account.pk, account.name, line) for account, line in lines])


def _found_by(
    account: Account, people: Iterable[Contact], former: Iterable[str]
) -> tuple[list[str], list[str]]:
    people = list(people)
    more = [text for c in people if c.own for text in own.searched("contact", c.own)[0]]
    texts = (account.short_name, account.credit_code, *former, *(c.name for c in people), *more)
    return [t for t in texts if t], [p for p in (account.phone_key, *(c.phone_key for c in people)) if p]
