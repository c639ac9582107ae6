"""The address of a page by its name, remembered: a page of duties names some two hundred, and Django works each out anew."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import get_script_prefix, reverse


def address(name: str, /, **kwargs: Any) -> str:
    """Like `django.urls.reverse`. NoReverseMatch where there is no such page."""
    return _address(settings.ROOT_URLCONF, get_script_prefix(), name, tuple(kwargs.items()))


@lru_cache(maxsize=10_000)
def _address(urlconf: str, prefix: str, name: str, kwargs: tuple[tuple[str, Any], ...]) -> str:
    return reverse(name, urlconf, kwargs=dict(kwargs))
