"""The pages that belong to no domain: language, theme, pickers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from guanxi.platform.kernel import Text

from ..context import THEME_COOKIE, THEMES
from ..registry import page

YEAR = 365 * 24 * 3600
LANGUAGES = ("zh-hans", "en")


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """Where to go afterwards: the form's `next`, if it stays on this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if allowed else default


def _choose(request: HttpRequest, cookie: str, value: str, allowed: tuple[str, ...]) -> HttpResponse:
    response = (
        HttpResponse(status=204)
        if request.headers.get("HX-Request")
        else HttpResponseRedirect(safe_next(request))
    )
    if value in allowed:
        response.set_cookie(
            cookie, value, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    return response


def theme(request: HttpRequest, **_: Any) -> HttpResponse:
    """Light, dark, or as the device says; kept in a cookie, because it belongs to the screen."""
    return _choose(request, THEME_COOKIE, request.POST.get("theme", ""), THEMES)


def language(request: HttpRequest, **_: Any) -> HttpResponse:
    """Chinese or English for this browser."""
    return _choose(request, "language", request.POST.get("language", ""), LANGUAGES)


page("ui.theme", "ui/theme/", theme, label=Text("外观", "Theme"), public=True, methods=("POST",))
page("ui.language", "ui/language/", language, label=Text("语言", "Language"), public=True, methods=("POST",))
