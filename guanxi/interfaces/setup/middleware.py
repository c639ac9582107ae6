"""Where a request goes first: to set-up while nobody is here, the general manager to what waits for the first approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from .access import nobody_yet

OPEN = ("/setup/", "/health", "/static/", "/ui/", "/api/")
LATER = "setup_later"


class FirstRun:
    """Asks the database only for who is not signed in, and for the general manager's first page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        goal = ""
        if not request.user.is_authenticated:
            if not request.path.startswith(OPEN) and nobody_yet():
                goal = reverse("setup.start")
        elif request.path == "/" and request.method == "GET" and waits_for_first_approval(request):
            goal = reverse("setup.approve")
        if not goal:
            return self.get_response(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": goal})
        return HttpResponseRedirect(goal)


def waits_for_first_approval(request: HttpRequest) -> bool:
    """Whether this is a general manager for whom the first versions wait, and who has not put it off in this session."""
    person: Any = request.user
    if not person.has_role("general_manager") or request.session.get(LATER):
        return False
    from .approving import first_versions

    return bool(first_versions(person))
