"""What the frame around every page needs (context processor `guanxi.platform.ui.context.frame`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from guanxi.platform.kernel import Text, current_language, system_clock

from .access import is_signed_in
from .registry import Page, navigation

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"
IN_BOTTOM_BAR = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the bar."""

    page: Page
    url: str
    current: bool
    count: int

    @property
    def label(self) -> Text:
        return self.page.label

    @property
    def icon(self) -> str:
        return self.page.nav.icon if self.page.nav else ""


class Frame:
    """Bars, language and theme of one request; the bars are only worked out when a whole page is drawn."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def person(self) -> Any:
        user = getattr(self.request, "user", None)
        return user if is_signed_in(user) else None

    @property
    def language(self) -> str:
        return current_language()

    @property
    def html_language(self) -> str:
        return "en" if self.language == "en" else "zh-Hans"

    @property
    def theme(self) -> str:
        chosen = getattr(self.person, "theme", "") or self.request.COOKIES.get(THEME_COOKIE, "auto")
        return chosen if chosen in THEMES else "auto"

    @cached_property
    def entries(self) -> list[Entry]:
        if self.person is None:
            return []
        shown = navigation(self.person)
        here = self._entry_of(getattr(self.request, "page", None), shown)
        return [
            Entry(p, p.url(), p is here, p.nav.badge(self.person) if p.nav and p.nav.badge else 0)
            for p in shown
        ]

    @staticmethod
    def _entry_of(page: Page | None, shown: list[Page]) -> Page | None:
        """The entry that a page belongs to: its own, else the first of its section."""
        if page is None:
            return None
        own = next((p for p in shown if p.name == page.name), None)
        return own or next((p for p in shown if p.section == page.section), None)

    @property
    def main(self) -> list[Entry]:
        return [e for e in self.entries if e.page.nav and e.page.nav.main]

    @property
    def more(self) -> list[Entry]:
        return [e for e in self.entries if e.page.nav and not e.page.nav.main and not e.page.nav.head]

    @property
    def head(self) -> list[Entry]:
        return [e for e in self.entries if e.page.nav and e.page.nav.head]

    @property
    def bottom(self) -> list[Entry]:
        return self.main[:IN_BOTTOM_BAR]

    @property
    def bottom_more(self) -> list[Entry]:
        return [*self.main[IN_BOTTOM_BAR:], *self.more]

    @property
    def bottom_more_count(self) -> int:
        return sum(entry.count for entry in self.bottom_more)

    @property
    def more_current(self) -> bool:
        return any(e.current for e in self.more)


def frame(request: HttpRequest) -> dict[str, Any]:
    """`frame` for the base page, and `now` unless the view gives its own."""
    return {"frame": Frame(request), "now": system_clock()}
