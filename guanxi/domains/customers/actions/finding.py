"""Keeps customers findable: name, short name, contacts' names and every number, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from guanxi.platform.search.index import upsert

from ..models import Account, Contact
from ..reads.mergers import former_names_of
from ..reads.rows import contacts_of

KIND = "customer"


def index(account: Account, everybody: Sequence[Contact] | None = None) -> None:
    """Put the customer into the index as it stands now. everybody: its contacts, where they were read already."""
    people = [c for c in (contacts_of(account.pk) if everybody is None else everybody) if c.active]
    former = former_names_of(account.pk)
    upsert(
        connection,
        KIND,
        account.pk,
        account.name,
        texts=[t for t in (account.short_name, account.credit_code, *former, *(c.name for c in people)) if t],
        phones=[p for p in (account.phone_key, *(c.phone_key for c in people)) if p],
    )
