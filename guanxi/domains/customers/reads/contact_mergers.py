"""Contacts that are one: those that were merged, and those at one customer that look like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guanxi.platform.kernel import Text

from ..models import Contact
from ..models_contacts import ContactMerger

SAME_PHONE = Text("手机号相同", "the same mobile number")
SAME_NAME = Text("姓名相同", "the same name")
MOBILE = "+861"
MOST = 5
"""Pairs shown on a customer's page."""


def merged_into(id: int) -> int | None:
    """The contact that stayed where this one was merged."""
    found = ContactMerger.objects.filter(gone=id, undone_at=None).values_list("into", flat=True)
    return found.first()


def contact_ids(contact: int) -> list[int]:
    """Every id under which the journal knows a contact: their own, then those of what was merged into them."""
    gone = ContactMerger.objects.filter(into=contact, undone_at=None).values_list("gone", flat=True)
    return [contact, *gone]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two contacts that may be one: who would stay, who would go, and why."""

    stays: Contact
    goes: Contact
    why: Text


def likely_one(people: Sequence[Contact]) -> list[Pair]:
    """Those of a customer's contacts that may be the same person. No query.

    The same name says nothing where both have a mobile number and these differ; a number that is no mobile one is a
    switchboard's.
    """
    found: list[Pair] = []
    known = [c for c in people if c.erased_at is None]
    for place, one in enumerate(known):
        for other in known[place + 1 :]:
            mobile = [c.phone_key for c in (one, other) if c.phone_key.startswith(MOBILE)]
            if len(mobile) == 2:
                why = SAME_PHONE if mobile[0] == mobile[1] else None
            else:
                why = SAME_NAME if one.name.strip() == other.name.strip() else None
            if why:
                found.append(Pair(one, other, why))
    return found[:MOST]
