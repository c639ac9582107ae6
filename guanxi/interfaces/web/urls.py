"""Every URL of the web, from the pages that packages declare."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.urls import path

from guanxi.interfaces.api.api import api
from guanxi.platform.kernel import system_clock
from guanxi.platform.people.sessions import STILL
from guanxi.platform.people.web.sessions import still
from guanxi.platform.ui.registry import urlpatterns as pages


def health(request: HttpRequest) -> JsonResponse:
    """For machines. 200 where this process reaches the database, else 503; when background work last ran stands beside.

    {"status": "ok", "background": "ok" or "late", "last_run": time or null, "last_delivered": time or null}; times in
    UTC. A late background is no reason to take the web away, so it changes no status.
    """
    from guanxi.interfaces.operations import health as work

    try:
        now = work.health(system_clock())
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    told = {"last_run": now.last_run, "last_delivered": now.last_delivered}
    return JsonResponse({"status": "ok", "background": "late" if now.late else "ok", **told})


def icon(request: HttpRequest) -> HttpResponseBase:
    """What a browser asks for by itself where no page names an icon: beside a PDF that is shown in its own tab."""
    return HttpResponseRedirect(static("ui/seal.svg"), headers={"Cache-Control": "public, max-age=86400"})


handler400 = "guanxi.interfaces.web.faults.unreadable"
urlpatterns = [
    path("health", health, name="health"),
    path("favicon.ico", icon, name="icon"),
    path(STILL.strip("/") + "/", still, name="still"),
    path("api/", api.urls),
    *pages(),
]
