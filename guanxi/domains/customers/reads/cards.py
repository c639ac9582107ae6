"""The relationship card (R5.17 to R5.23): what is missing on it, how old it is, what on it cannot be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guanxi.platform.imports.addresses import parse_address
from guanxi.platform.imports.phones import read_phones

from ..models import Account, Contact

_HAN = re.compile(r"[\u3400-\u9fff]")
CARD_FORM = "relationship-card"
CARD_FIELDS: dict[str, Callable[[Account, Contact | None], bool]] = {
    "name": lambda account, contact: contact is not None and bool(contact.name),
    "employer": lambda account, contact: bool(account.name),
    "post": lambda account, contact: contact is not None and bool(contact.post),
    "address": lambda account, contact: bool(account.address),
    "contact": lambda account, contact: bool(
        account.phone or (contact and (contact.phone or contact.wechat or contact.email))
    ),
    "confirmed_on": lambda account, contact: account.card_confirmed_at is not None,
    "decision_role": lambda account, contact: (
        contact is not None and contact.decision_role not in ("", "unknown")
    ),
    "birthday": lambda account, contact: contact is not None and bool(contact.birthday),
    "matters": lambda account, contact: contact is not None and bool(contact.matters),
    "motives": lambda account, contact: contact is not None and bool(contact.motive_bits),
    "channel": lambda account, contact: contact is not None and bool(contact.channel),
    "phone": lambda account, contact: bool(account.phone),
    "credit_code": lambda account, contact: bool(account.credit_code),
    "position": lambda account, contact: account.lon is not None,
    "grade": lambda account, contact: bool(account.grade),
    "manager": lambda account, contact: account.manager_id is not None,
}
"""Every field that a pack's record control on the card may name, and whether it is filled."""

REQUIRED = ("name", "employer", "post", "address", "contact")
"""The fixed format of R5.19; the packs' control may ask for more."""


@dataclass(frozen=True, slots=True)
class CardState:
    """How a card stands at a moment. phone_valid, code_valid, address_valid: None where there is nothing to check."""

    missing: tuple[str, ...]
    percent: int
    age_days: int
    confirmed_at: datetime | None
    confirmed_by: Any
    phone_valid: bool | None
    code_valid: bool | None
    address_valid: bool | None

    @property
    def valid(self) -> bool:
        """Whether everything that can be checked is right (R5.21)."""
        return False not in (self.phone_valid, self.code_valid, self.address_valid)

    @property
    def complete(self) -> bool:
        return not self.missing


def main_contact(contacts: Iterable[Contact]) -> Contact | None:
    """The contact whose name stands on the card: the main one, else the first who is still there."""
    present = [c for c in contacts if c.active]
    return next((c for c in present if c.primary), present[0] if present else None)


def missing_fields(
    account: Account, contacts: Iterable[Contact], required: Sequence[str] = REQUIRED
) -> list[str]:
    """Which of the required fields are empty. KeyError for a field no card has."""
    contact = main_contact(contacts)
    return [field for field in required if not CARD_FIELDS[field](account, contact)]


def percent_of(missing: Sequence[str], required: Sequence[str] = REQUIRED) -> int:
    """Completeness in whole percent, rounded down."""
    return 100 if not required else 100 * (len(required) - len(missing)) // len(required)


def card_state(
    account: Account,
    now: datetime,
    *,
    contacts: Sequence[Contact] | None = None,
    required: Sequence[str] = REQUIRED,
) -> CardState:
    """Missing fields, completeness, age in days since the data were last changed or confirmed, and validity."""
    people = list(account.contacts.all()) if contacts is None else contacts
    missing = missing_fields(account, people, required)
    newest = max(filter(None, (account.updated_at, account.card_confirmed_at)))
    phone, code, address = checks(account, people)
    return CardState(
        tuple(missing),
        percent_of(missing, required),
        max(0, (now - newest).days),
        account.card_confirmed_at,
        account.card_confirmed_by if account.card_confirmed_by_id else None,
        phone,
        code,
        address,
    )


def checks(account: Account, people: Iterable[Contact]) -> tuple[bool | None, bool | None, bool | None]:
    """Whether telephone numbers, credit code and address are right; None each where there is nothing to check."""
    numbers = [text for text in (account.phone, *(c.phone for c in people if c.active)) if text]
    return (
        all(is_number(text) for text in numbers) if numbers else None,
        _code_valid(account.credit_code) if account.credit_code else None,
        _address_valid(account) if _HAN.search(account.address) else None,
    )


def is_valid(account: Account, people: Iterable[Contact]) -> bool:
    """Whether everything on the card that can be checked is right."""
    return False not in checks(account, people)


def _address_valid(account: Account) -> bool:
    """A Chinese address says, with the area beside it, in which district or city it is; others are not judged."""
    found = parse_address(account.address, district=account.area)
    return bool(found.district or found.city)


def is_number(text: str) -> bool:
    """Whether a telephone number can be dialled as it stands."""
    return bool(read_phones(text).numbers)


def _code_valid(code: str) -> bool:
    from stdnum.cn import uscc

    return bool(uscc.is_valid(code))
