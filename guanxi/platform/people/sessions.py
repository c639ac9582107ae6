"""A session ends after some hours without a request, and after some days in any case: the company sets both."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from guanxi.platform.kernel import Text, system_clock

from .settings_registry import values

BEGAN, SEEN, ENDED = "began", "seen", "ended"
STEP = 300
"""Seconds. Within them a session is neither looked at nor written again."""
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
            session[BEGAN] = session[SEEN] = now
        elif now - seen >= STEP:
            limits = values()
            if now - seen >= limits[IDLE] * 3600:
                _end(request, IDLE, limits[IDLE])
            elif now - session[BEGAN] >= limits[WHOLE] * 86400:
                _end(request, WHOLE, limits[WHOLE])
            else:
                session[SEEN] = now


def _end(request: HttpRequest, why: str, limit: int) -> None:
    logout(request)
    request.session[ENDED] = [why, limit]


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
