"""A page as somebody sees it: rendered for those who may open it, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import resolve
from django.utils import translation

from guanxi.platform.people.models import Person
from guanxi.platform.ui.registry import Page

from .surface import Sample

TRIES = 3
"""So many people are tried before a page is said not to show something: a row may be in a state that shows none of it."""


def viewers(
    page: Page, sample: Sample | None, roles: frozenset[str] = frozenset()
) -> Iterator[tuple[Person, Mapping[str, Any]]]:
    """Who may open a page, each with arguments of its address. roles: only those who hold one of them."""
    for person in Person.objects.filter(is_active=True).order_by("pk").iterator(100):
        if (roles and not person.rights.roles & roles) or not page.may(person):
            continue
        arguments = sample(person) if sample else {}
        if arguments is not None:
            yield person, arguments


def html_of(page: Page, person: Person, arguments: Mapping[str, Any]) -> str:
    """What the page shows this person. ActionError where it does not open."""
    url = page.url(**arguments)
    request: HttpRequest = RequestFactory(SERVER_NAME=_host()).get(url)
    request.user = person
    found = resolve(url)
    with transaction.atomic(), translation.override("zh-hans"):
        response = found.func(request, *found.args, **found.kwargs)
        transaction.set_rollback(True)
    return str(response.content.decode())


def _host() -> str:
    """A name under which this installation answers."""
    return next((host for host in settings.ALLOWED_HOSTS if host.strip("*.") == host), "localhost")
