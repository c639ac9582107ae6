"""Single rows and short lists that actions look up by key, many times a day: their SQL is built once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guanxi.platform.journal.quick import MARKS, Prepared

from ..models import Contact, Need, Product, Promise
from .contact_mergers import merged_into

_contact: Prepared[Contact] = Prepared(lambda: Contact.objects.filter(pk=MARKS[0]).order_by())
_contacts: Prepared[Contact] = Prepared(lambda: Contact.objects.filter(customer=MARKS[0]))
_open_needs: Prepared[Need] = Prepared(
    lambda: Need.objects.filter(customer=MARKS[0]).exclude(state=Need.CLOSED)
)
_product: Prepared[Product] = Prepared(lambda: Product.objects.filter(pk=MARKS[0], active=True).order_by())

CHILDREN: Mapping[type, Prepared[Any]] = {
    Contact: _contact,
    Need: Prepared(lambda: Need.objects.filter(pk=MARKS[0]).order_by()),
    Promise: Prepared(lambda: Promise.objects.filter(pk=MARKS[0]).order_by()),
}
"""What belongs to a customer, one row by its id."""


def one_contact(id: int) -> Contact | None:
    """A contact by id, of whichever customer; for a merged one, the one that stayed: an old form or a phone that was
    offline still leads there."""
    found = _contact.one(id)
    if found is None and (into := merged_into(id)) is not None:
        found = _contact.one(into)
    return found


def contacts_of(customer: int) -> list[Contact]:
    """Everybody at a customer: those who are there first, the main contact before the others."""
    return _contacts(customer)


def open_needs(customer: int) -> list[Need]:
    """The needs of a customer that are not closed, newest first."""
    return _open_needs(customer)


def one_product(id: int) -> Product | None:
    """A product that is offered."""
    return _product.one(id)
