"""The language that a browser or a program asks for."""

from __future__ import annotations

from django.http import HttpRequest


def preferred(request: HttpRequest) -> str:
    """'zh' or 'en', whichever `Accept-Language` names first (browsers name what they like best first); '' for neither."""
    for part in request.headers.get("Accept-Language", "")[:200].split(","):
        code = part.strip().lower()[:2]
        if code in ("zh", "en"):
            return code
    return ""
