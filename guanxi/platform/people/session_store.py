"""Django's store of sessions in the database, in a table of ours: each row says whose it is, since when and from where.

So a person sees their own sessions, and a session that is ended is gone at once for every process.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from .models import Session
from .sessions import ADDRESS, AGENT, BEGAN, REF, SEEN


class SessionStore(db.SessionStore):
    """What `request.session` is."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast("Session", super().create_model_instance(data))
        if person := data.get(SESSION_KEY):
            row.person_id = int(person)
        row.ref, row.address, row.agent = data.get(REF, ""), data.get(ADDRESS, ""), data.get(AGENT, "")
        row.began_at, row.seen_at = _moment(data.get(BEGAN)), _moment(data.get(SEEN))
        return row


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
