"""Tokens for the API: shown once, kept as a hash, ended by their owner or with the person."""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from datetime import datetime
from threading import Lock

from .models import ApiToken

PREFIX = "gx_"


def new_token() -> tuple[str, str]:
    """(token to show once, hash to keep)."""
    token = PREFIX + secrets.token_urlsafe(32)
    return token, hash_of(token)


def hash_of(token: str) -> str:
    """A token has 256 random bits, so a plain hash keeps it."""
    return hashlib.sha256(token.encode()).hexdigest()


def held_token(token: str) -> ApiToken | None:
    """The token, where it still holds and its person is active."""
    if not token.startswith(PREFIX):
        return None
    held = (
        ApiToken.objects.select_related("person__department")
        .filter(hash=hash_of(token), ended_at=None)
        .first()
    )
    return held if held is not None and held.person.is_active else None


class Pace:
    """How many calls came with each token in the present minute. Every process counts for itself: with several web
    processes a token has as many times the calls."""

    def __init__(self) -> None:
        self._minute = 0
        self._calls: Counter[int] = Counter()
        self._lock = Lock()

    def wait(self, token: ApiToken, now: datetime, most: int) -> int:
        """Count a call; seconds to wait where there were `most` in this minute already, 0 where it may go on."""
        minute, second = divmod(int(now.timestamp()), 60)
        with self._lock:
            if minute != self._minute:
                self._minute = minute
                self._calls.clear()
            self._calls[token.pk] += 1
            return 60 - second if self._calls[token.pk] > most else 0
