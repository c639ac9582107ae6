"""What the forms of this package and of those that ask for a password share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def unsent(request: HttpRequest) -> Any:
    """The same request as if nothing had been sent: for a second form on a page, or one not filled in yet."""

    class Unsent:
        method = "GET"
        user = request.user

    return Unsent()
