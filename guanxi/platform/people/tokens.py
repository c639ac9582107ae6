"""Tokens for the API: shown once, kept as a hash, ended by their owner or with the person."""

from __future__ import annotations

import hashlib
import secrets

from .models import ApiToken, Person

PREFIX = "gx_"


def new_token() -> tuple[str, str]:
    """(token to show once, hash to keep)."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, hash_of(token)


def hash_of(token: str) -> str:
    """A token has 256 random bits, so a plain hash keeps it."""
    return hashlib.sha256(token.encode()).hexdigest()


def person_of_token(token: str) -> Person | None:
    """Whose token it is, where it still holds and the person is active."""
    if not token.startswith(PREFIX):
        return None
    held = (
        ApiToken.objects.select_related("person__department")
        .filter(hash=hash_of(token), ended_at=None)
        .first()
    )
    return held.person if held is not None and held.person.is_active else None
