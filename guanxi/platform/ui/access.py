"""Who may see a page or a panel. Rights themselves belong to the people package; nobody signed in means no."""

from __future__ import annotations

from typing import Any


def is_signed_in(person: Any) -> bool:
    return person is not None and bool(getattr(person, "is_authenticated", False))


def may(person: Any, permission: str) -> bool:
    """Whether a signed-in person holds a right, through `person.may(permission)`."""
    return is_signed_in(person) and bool(person.may(permission))
