"""Everything that changes customers and the registers. Importing this declares the actions."""

from .. import surface  # (declares what packs may require)
from ..attachments import actions as attachments
from ..following import actions as following
from ..handover import actions as handover
from ..privacy import actions as privacy
from . import (
    accounts,
    addresses,
    assigning_back,
    competitors,
    consents,
    contact_merging,
    contacts,
    credit,
    employment,
    grouping,
    merging,
    objections,
    promises,
    registers,
    reviews,
    standing,
    twins,
    undo,
    work,
)

__all__ = [
    "accounts",
    "addresses",
    "assigning_back",
    "attachments",
    "competitors",
    "consents",
    "contact_merging",
    "contacts",
    "credit",
    "employment",
    "following",
    "grouping",
    "handover",
    "merging",
    "objections",
    "privacy",
    "promises",
    "registers",
    "reviews",
    "standing",
    "surface",
    "twins",
    "undo",
    "work",
]
