"""Is a guide really shown? Its page is rendered for somebody who may see it, and the guide looked for in what comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import resolve
from django.utils import translation

from guanxi.cores.norms.controls import Guide
from guanxi.platform.kernel import ActionError
from guanxi.platform.people.models import Person
from guanxi.platform.ui.registry import Page, get_page, page_of_action

from . import surface

TRIES = 3
"""So many people are tried before a page is said not to show a guide: a row may be in a state that shows none."""


def not_shown(guide: Guide, name: str) -> str:
    """Why a guide is not seen in a place, or ''. Nothing is written."""
    place = surface.place(name)
    page = get_page(place.page) if place.page else page_of_action(name)
    if page is None:
        return f"no page is named on which {name} could be seen"
    fault = f"nobody has a row on which {page.name} could be tried"
    for person, arguments in islice(_viewers(guide, page, place.sample or page.sample), TRIES):
        fault = _rendered(guide, page, person, arguments)
        if not fault:
            break
    return fault


def _viewers(guide: Guide, page: Page, sample: Any) -> Iterator[tuple[Person, Mapping[str, Any]]]:
    """Who should see the guide, each with the page's arguments."""
    for person in Person.objects.filter(is_active=True).order_by("pk").iterator(100):
        if guide.roles and not person.rights.roles & set(guide.roles):
            continue
        if not page.may(person):
            continue
        arguments = sample(person) if sample else {}
        if arguments is not None:
            # A regulation's own page shows its own guides.
            own = {"regulation": guide.regulation} if "regulation" in arguments else {}
            yield person, {**arguments, **own}


def _rendered(guide: Guide, page: Page, person: Person, arguments: Mapping[str, Any]) -> str:
    url = page.url(**arguments)
    request: HttpRequest = RequestFactory(SERVER_NAME=_host()).get(url)
    request.user = person
    found = resolve(url)
    try:
        with transaction.atomic(), translation.override("zh-hans"):
            response = found.func(request, *found.args, **found.kwargs)
            transaction.set_rollback(True)
    except ActionError as error:
        return f"{page.name} does not open: {error}"
    shown = f'data-guide="{guide.key}"' in response.content.decode()
    return "" if shown else f"{page.name} does not show it"


def _host() -> str:
    """A name under which this installation answers."""
    return next((host for host in settings.ALLOWED_HOSTS if host.strip("*.") == host), "localhost")
