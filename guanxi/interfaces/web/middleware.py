"""What every answer of the web shares: security headers, the person's language, and the kernel's answers as pages."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers

from guanxi.platform.kernel import ActionError, Conflict, Forbidden, Invalid, NotFound, Refused

from .faults import MOST_WITH_FILES
from .language import preferred

security = logging.getLogger("guanxi.security")
Handler = Callable[[HttpRequest], HttpResponse]

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)


def without_nul(request: HttpRequest) -> None:
    """Nobody means a NUL in an address, and PostgreSQL's texts cannot hold one: it is as if it were not there."""
    if "%00" in (query := request.META.get("QUERY_STRING", "")):
        request.META["QUERY_STRING"] = query.replace("%00", "")
    if "\0" in request.path_info:
        request.path_info = request.path_info.replace("\0", "")


class SecurityHeaders:
    """A Content-Security-Policy without inline scripts or styles on every answer, and what goes with it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        without_nul(request)
        response = self.get_response(request)
        pictures = getattr(request, "map_origin", "")
        policy = (
            CONTENT_SECURITY_POLICY.replace("img-src 'self'", f"img-src 'self' {pictures}")
            if pictures
            else CONTENT_SECURITY_POLICY
        )
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


class Sizes:
    """Nothing is read of a request that says it is larger than any that anybody may send."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = str(request.META.get("CONTENT_LENGTH") or "0")
        if said.isdecimal() and int(said) > MOST_WITH_FILES:
            raise RequestDataTooBig(f"{said} bytes")
        return self.get_response(request)


class PersonLanguage:
    """The signed-in person's language; before sign-in the cookie's, else the one the browser asks for, else Chinese."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = (
            getattr(request.user, "language", "") or request.COOKIES.get("language", "") or preferred(request)
        )
        with translation.override("en" if wanted == "en" else "zh-hans"):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "zh-hans")
            if not request.user.is_authenticated:
                patch_vary_headers(response, ("Accept-Language", "Cookie"))
            return response


class Answers:
    """The kernel's answers as pages with the right status, where a view has not shown them at the form itself."""

    STATUS: tuple[tuple[type[ActionError], int], ...] = (
        (NotFound, 404),
        (Forbidden, 403),
        (Refused, 409),
        (Conflict, 409),
        (Invalid, 400),
    )

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        for kind, status in self.STATUS:
            if isinstance(exception, kind):
                if kind is Forbidden:
                    security.warning(
                        "%s %s refused to person %s",
                        request.method,
                        request.path,
                        getattr(request.user, "pk", None),
                    )
                template = "ui/refusal_page.html" if isinstance(exception, Refused) else f"{status}.html"
                return render(request, template, {"error": exception, "refusal": exception}, status=status)
        return None
