"""Does a record's form really have its fields? Its pages are rendered for somebody who may open them, and each field looked
for: as an input that can be filled in, or marked where it is read (`surface.record_form`)."""

from __future__ import annotations

from collections.abc import Iterable
from html.parser import HTMLParser
from itertools import islice

from guanxi.platform.kernel import ActionError
from guanxi.platform.ui.registry import get_page, load

from . import surface
from .showing import TRIES, html_of, viewers

INPUTS = ("input", "select", "textarea")


def not_there(name: str, fields: Iterable[str]) -> str:
    """Why fields of a form or action are not found on its pages, or ''. Nothing is written."""
    load()
    form = surface.form(name)
    if form is None or not form.pages:
        return f"{name} names no page on which its fields could be seen"
    lacking = list(fields)
    said = []
    for shows in form.pages:
        page = get_page(shows.page)
        if page is None:
            return f"{name}: there is no page {shows.page}"
        why = "nobody has a row on which it could be tried"
        for person, arguments in islice(viewers(page, shows.sample or page.sample), TRIES):
            try:
                standing = standing_on(html_of(page, person, arguments))
            except ActionError as error:
                why = str(error)
                continue
            why = ""
            lacking = [f for f in lacking if shows.names.get(f, f) not in standing]
            if not lacking:
                return ""
        said.append(f"{page.name} ({why})" if why else page.name)
    return f"{', '.join(said)} does not show {', '.join(lacking)}"


def standing_on(html: str) -> set[str]:
    """What stands on a page: names of inputs that can be filled in, "name=value" of their choices, and marked fields."""
    reader = _Reader()
    reader.feed(html)
    return reader.found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        self.found.update(of.get("data-field", "").split())
        if tag == "select":
            self._select = of.get("name", "")
        if tag == "option" and self._select:
            self.found.add(f"{self._select}={of.get('value', '')}")
        if tag in INPUTS and of.get("name") and of.get("type") != "hidden" and "disabled" not in of:
            self.found.add(of["name"])
            self.found.add(of["name"].removesuffix("__text"))  # a picked row: its id stands in a hidden input
            if of.get("type") in ("checkbox", "radio"):
                self.found.add(f"{of['name']}={of.get('value', '')}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
