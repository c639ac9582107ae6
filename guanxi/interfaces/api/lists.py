"""Every list of the web as data: the page's own view answers, so its rights, filters and order are the same."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from guanxi.domains.customers.looks import keeping
from guanxi.platform.kernel import Forbidden, Invalid, NotFound, Text
from guanxi.platform.people.rights import who_may
from guanxi.platform.ui.data import MOST
from guanxi.platform.ui.lists import PAGE_SIZE
from guanxi.platform.ui.registry import Page, listing_pages, refuse_impossible


def arguments_of(page: Page) -> dict[str, Any]:
    """The names in a page's route, with what reads each."""
    found: dict[str, Any] = page.pattern().pattern.converters
    return found


def answer(request: HttpRequest, name: str) -> HttpResponseBase:
    """The rows of the list called `name`. Raises NotFound, Forbidden, Invalid."""
    page = listing_pages().get(name)
    if page is None:
        raise NotFound("list", name)
    if not page.may(request.user):
        raise Forbidden(page.permission, who=who_may(page.permission))
    query = request.GET.copy()
    given = _arguments(page, query)
    asked: Any = request
    asked.data_limit = _limit(query.get("limit"))
    asked.data_route = tuple(given)
    for view in (v for cls in page.lists for v in cls.views if v.key == query.get("view")):
        for key, value in view.query.items():
            if key not in query:
                query.setlist(key, list(value) if isinstance(value, list | tuple) else [str(value)])
    asked.GET = query
    asked.page = page
    refuse_impossible(page, given)
    keeping.note_list(request, name)
    response = page.view(request, **given)
    if not isinstance(response, JsonResponse):
        raise TypeError(f"the page {name} says that it shows a list, and answers without it")
    return response


def _arguments(page: Page, query: Any) -> dict[str, Any]:
    given: dict[str, Any] = {}
    faults: dict[str, list[Text]] = {}
    for name, converter in arguments_of(page).items():
        try:
            text = query[name]
            if not text:
                raise ValueError(name)
            given[name] = converter.to_python(text)
        except (KeyError, ValueError):
            faults[name] = [Text("请填写", "Please fill this in")]
    if faults:
        raise Invalid(faults)
    return given


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE_SIZE
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST):
        raise Invalid.field("limit", f"须在 1 到 {MOST} 之间", f"Must be between 1 and {MOST}")
    return int(text)
