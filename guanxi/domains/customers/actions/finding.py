"""Keeps customers findable: name, short name, contacts' names and every number, in the same transaction."""

from __future__ import annotations

from django.db import connection

from guanxi.platform.search.index import upsert

from ..models import Account
from ..reads.mergers import former_names

KIND = "customer"


def index(account: Account) -> None:
    """Put the customer into the index as it stands now."""
    people = [c for c in account.contacts.all() if c.active]
    former = former_names([account.pk]).get(account.pk, [])
    upsert(
        connection,
        KIND,
        account.pk,
        account.name,
        texts=[t for t in (account.short_name, account.credit_code, *former, *(c.name for c in people)) if t],
        phones=[p for p in (account.phone_key, *(c.phone_key for c in people)) if p],
    )
