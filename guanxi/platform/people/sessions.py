"""A session ends after some hours without a request, and after some days in any case: the company sets both. It ends at
once when its person, or an administrator, ends it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth import HASH_SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse

from guanxi.platform.kernel import Text, system_clock

from .addresses import client_address
from .settings_registry import values

if TYPE_CHECKING:
    from .models import Person, Session

BEGAN, SEEN, ENDED = "began", "seen", "ended"
REF, ADDRESS, AGENT = "ref", "address", "agent"
"""What a session knows of itself. ref: its name on pages and in actions; the key in the cookie is never shown."""
STEP = 300
"""Seconds. Within them a session is neither looked at nor written again."""
STILL = "/me/still/"
"""Asked by pages that stand open: no sign of anybody's doing something."""
IDLE = "security.idle_hours"
WHOLE = "security.session_days"


class SessionEnds:
    """Signs out whose session is over; the page that follows says why, a form that stands open keeps what was typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._look(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        now = int(system_clock().timestamp())
        session = request.session
        seen = session.get(SEEN)
        if seen is None:
            begin(request)
        elif now - seen >= STEP:
            limits = values()
            if now - seen >= limits[IDLE] * 3600:
                _end(request, IDLE, limits[IDLE])
            elif now - session[BEGAN] >= limits[WHOLE] * 86400:
                _end(request, WHOLE, limits[WHOLE])
            elif request.path_info != STILL:
                _note(request, now)


def begin(request: HttpRequest) -> None:
    """Somebody has just signed in: the session has a name, and its times begin."""
    now = int(system_clock().timestamp())
    request.session[REF], request.session[BEGAN] = uuid.uuid4().hex, now
    _note(request, now)


def _note(request: HttpRequest, now: int) -> None:
    session = request.session
    session[SEEN], session[ADDRESS] = now, client_address(request)[:45]
    session[AGENT] = request.headers.get("User-Agent", "")[:300]


def _end(request: HttpRequest, why: str, limit: int) -> None:
    logout(request)
    request.session[ENDED] = [why, limit]


def seconds_left(request: HttpRequest) -> int:
    """How long this session still holds if nobody does anything; 0 for nobody's."""
    if not request.user.is_authenticated or request.session.get(SEEN) is None:
        return 0
    now, limits = int(system_clock().timestamp()), values()
    ends = min(request.session[SEEN] + limits[IDLE] * 3600, request.session[BEGAN] + limits[WHOLE] * 86400)
    return max(0, ends - now)


def why_ended(request: HttpRequest) -> Text | None:
    """What to say above the sign-in to somebody whose session has just ended."""
    found = request.session.get(ENDED)
    if not found:
        return None
    why, limit = found
    if why == IDLE:
        return Text(
            "您已 {n} 小时没有操作，系统已自动退出，请重新登录",
            "You were signed out after {n} hours without activity",
        ).format(n=limit)
    return Text("登录已满 {n} 天，请重新登录", "You signed in {n} days ago; please sign in again").format(
        n=limit
    )


def sessions_of(person: Person, now: datetime) -> list[Session]:
    """The sessions in which this person is signed in, the one used last first."""
    limits: dict[str, Any] = values()
    rows = person.sessions.filter(
        seen_at__gt=now - timedelta(hours=limits[IDLE]), began_at__gt=now - timedelta(days=limits[WHOLE])
    ).order_by("-seen_at", "session_key")
    lives = person.get_session_auth_hash()
    return [row for row in rows if row.get_decoded().get(HASH_SESSION_KEY) == lives]
