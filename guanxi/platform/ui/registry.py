"""What packages declare about their screens: pages, panels on shared pages, pickers. Shared pages and tests read it here."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from guanxi.platform.kernel import Forbidden, NotFound, Text
from guanxi.platform.kernel.actions import LARGEST

from .access import is_signed_in, may
from .addresses import address

if TYPE_CHECKING:
    from .lists import List

log = logging.getLogger(__name__)

Sample = Callable[[Any], "Mapping[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class Nav:
    """A page's entry in the bar. main: it stands in the bar itself (and, the first four, at the bottom of a phone);
    the others stand under "more". head: it stands beside the person's menu instead, as a sign with its count.
    badge(person): a count shown beside it, 0 for none."""

    order: int
    icon: str
    main: bool = False
    head: bool = False
    badge: Callable[[Any], int] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One address of the product. Made by `page`."""

    name: str
    route: str
    view: Callable[..., HttpResponse]
    label: Text
    permission: str
    public: bool
    nav: Nav | None
    sample: Sample | None
    methods: tuple[str, ...]
    action: str = ""
    lists: tuple[type[List], ...] = ()

    @property
    def section(self) -> str:
        """What stands before the first dot of its name: pages of one section light the same bar entry."""
        return self.name.partition(".")[0]

    def may(self, person: Any) -> bool:
        """Whether `person` may open it at all (the record on it may still be out of their reach)."""
        if self.public:
            return True
        return is_signed_in(person) and (not self.permission or may(person, self.permission))

    def url(self, **kwargs: Any) -> str:
        return address(self.name, **kwargs)

    def pattern(self) -> URLPattern:
        return path(self.route, _guarded(self), name=self.name)


_pages: dict[str, Page] = {}


def page(
    name: str,
    route: str,
    view: Callable[..., HttpResponse],
    *,
    label: Text,
    permission: str = "",
    public: bool = False,
    nav: Nav | None = None,
    sample: Sample | None = None,
    methods: tuple[str, ...] = ("GET", "HEAD", "POST"),
    action: str = "",
    lists: tuple[type[List], ...] = (),
) -> Page:
    """Declare a page in `<package>/web/pages.py`.

    name: URL name, dotted, section first ("visits.detail"). permission: the right it needs; '' for everyone who is
    signed in; public for everyone. sample(person): URL arguments of a row that this person of the demo may see (for
    screenshots and the page x role contract), {} where the route takes none, None where there is no such row.
    action: the action that is done on this page, so that remedies, duties and Ctrl-K lead here. lists: the `List`
    classes of which it shows one; the API offers the page's rows under its name.
    """
    found = _pages.get(name)
    if found is not None and found.route != route:
        raise ValueError(f"page {name} is declared twice: {found.route} and {route}")
    if public and permission:
        raise ValueError(f"page {name} is public and asks for {permission}")
    if "<" in route and sample is None:
        raise ValueError(f"page {name} takes arguments, so it needs sample=")
    declared = Page(name, route, view, label, permission, public, nav, sample, methods, action, lists)
    _pages[name] = declared
    return declared


_data: dict[str, Page] = {}


def data_list(
    name: str,
    view: Callable[..., HttpResponse],
    *,
    label: Text,
    permission: str,
    lists: tuple[type[List], ...],
    route: str = "",
) -> Page:
    """Declare a list that has no page of its own and that only the API offers.

    view(request, …) answers with `List.respond()`; route names what it takes, as a page's ("<int:customer>").
    """
    declared = Page(name, route, view, label, permission, False, None, None, ("GET",), "", lists)
    if name in _pages or (name in _data and _data[name].route != route):
        raise ValueError(f"list {name} is declared twice")
    _data[name] = declared
    return declared


def listing_pages() -> dict[str, Page]:
    """Every page that shows a list, and every list that only programs read, by name."""
    load()
    found = {page.name: page for page in _pages.values() if page.lists} | _data
    return dict(sorted(found.items()))


def pages() -> list[Page]:
    """Every page of the product, by name."""
    load()
    return [_pages[name] for name in sorted(_pages)]


def get_page(name: str) -> Page | None:
    """The page called `name`, or None where this company's installation has none."""
    return _pages.get(name)


def page_of_action(action: str) -> Page | None:
    """The page on which an action is done by hand, or None (the plain form at `ui.act` serves then)."""
    load()
    return next((p for p in _pages.values() if p.action and p.action == action), None)


def urlpatterns() -> list[URLPattern]:
    """Django's URL list made from the declarations; routes without arguments come first."""
    load()
    return [p.pattern() for p in sorted(_pages.values(), key=lambda p: ("<" in p.route, p.route))]


def navigation(person: Any) -> list[Page]:
    """The pages with a bar entry that this person may open, in order."""
    shown = [p for p in _pages.values() if p.nav and p.may(person)]
    return sorted(shown, key=lambda p: (p.nav.order if p.nav else 0, p.name))


@functools.cache
def load() -> None:
    """Import `web.pages` and `web.panels` of every installed package, so that all have declared themselves."""
    for config in apps.get_app_configs():
        if not config.name.startswith("guanxi."):
            continue
        for parts in (("web", "pages"), ("web", "panels")):
            _import_if_there(config.name, parts)


def _import_if_there(package: str, parts: tuple[str, ...]) -> None:
    name = package
    for part in parts:
        name = f"{name}.{part}"
        if importlib.util.find_spec(name) is None:
            return
    importlib.import_module(name)


def refuse_impossible(page: Page, arguments: Mapping[str, Any]) -> None:
    """NotFound for an id that no database holds."""
    for name, value in arguments.items():
        if isinstance(value, int) and value > LARGEST:
            raise NotFound(name, value)


def _guarded(page: Page) -> Callable[..., HttpResponse]:
    """The view behind its page's right: nobody signed in means the sign-in page, never an unchecked view."""

    @functools.wraps(page.view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = getattr(request, "user", None)
        if request.method not in page.methods:
            return HttpResponse(status=405, headers={"Allow": ", ".join(page.methods)})
        if not page.public and not is_signed_in(person):
            if request.headers.get("HX-Request"):
                return HttpResponse(status=401)  # ui.js says so and keeps what was typed
            return redirect_to_login(request.get_full_path())
        if not page.may(person):
            raise Forbidden(page.permission)
        refuse_impossible(page, kwargs)
        request.page = page  # type: ignore[attr-defined]
        return page.view(request, *args, **kwargs)

    return guarded


class Panel:
    """Something a package shows on a page that it does not own. Subclass it under `@panel(place)`.

    order: place among the others, lower first. permission: the right it needs. template: rendered with what
    `context` returns. title: its heading.
    """

    order: ClassVar[int] = 100
    permission: ClassVar[str] = ""
    template: ClassVar[str] = ""
    title: ClassVar[Text] = Text("", "")
    aside: ClassVar[bool] = False  # in the aside of a detail page

    def context(self, person: Any, subject: Any, now: datetime) -> Mapping[str, Any] | None:
        """What the template needs, or None where there is nothing to show."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel with its context, ready for `{% include p.panel.template %}`; failed panels say so in their place."""

    panel: Panel
    context: Mapping[str, Any]
    failed: bool = False


_panels: dict[str, list[Panel]] = {}
P = TypeVar("P", bound=type[Panel])


def panel(place: str) -> Callable[[P], P]:
    """Register a Panel for a place: 'today', 'customer', 'palette', or a place that another page names."""

    def register(cls: P) -> P:
        made = [*(p for p in _panels.get(place, []) if _full_name(type(p)) != _full_name(cls)), cls()]
        _panels[place] = sorted(made, key=lambda p: (p.order, _full_name(type(p))))
        return cls

    return register


def _full_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def panels(place: str, person: Any, subject: Any, now: datetime) -> Iterator[Shown]:
    """The panels of a place that this person may see and that have something to show.

    One panel's failure must not take the page from everybody: it is logged and shown as a gap, except under
    settings.DEBUG or settings.PANELS_RAISE (tests), where it is raised.
    """
    load()
    for found in _panels.get(place, []):
        if found.permission and not may(person, found.permission):
            continue
        try:
            context = found.context(person, subject, now)
        except Exception:
            if getattr(settings, "PANELS_RAISE", settings.DEBUG):
                raise
            log.exception("panel %s on %s failed", type(found).__qualname__, place)
            yield Shown(found, {}, failed=True)
            continue
        if context is not None:
            yield Shown(found, context)


@dataclass(frozen=True, slots=True)
class Option:
    """One row that a picker offers."""

    value: Any
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Picker:
    """How rows of a kind are found by typing (person, customer, contact …). Both functions see only what the person may."""

    kind: str
    search: Callable[[Any, str], list[Option]]
    label: Callable[[Any, Any], str]


_pickers: dict[str, Picker] = {}


def picker(
    kind: str, *, search: Callable[[Any, str], list[Option]], label: Callable[[Any, Any], str]
) -> Picker:
    """Declare how forms pick rows of `kind`. search(person, typed): at most 20 options; label(person, id): its name or ''."""
    _pickers[kind] = Picker(kind, search, label)
    return _pickers[kind]


def get_picker(kind: str) -> Picker | None:
    """The picker for `kind`, or None (a plain number is asked for then)."""
    load()
    return _pickers.get(kind)
