"""Every URL of the web, from the pages that packages declare."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from guanxi.interfaces.api.api import api
from guanxi.platform.ui.registry import urlpatterns as pages


def health(request: HttpRequest) -> HttpResponse:
    """Alive and able to reach the database; for load balancers."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [path("health", health, name="health"), path("api/", api.urls), *pages()]
