"""Every page of the registry in a browser, once, by somebody who may see it, by turns in Chinese and in English, light and
dark: on a desk axe has nothing to say, nothing is missing and the console is silent; on a phone nothing sticks out sideways.

Each page is loaded once, in the width at which the page before was left: what costs time is loading, laying out and axe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Error

from tests.browsing import AXE, DESK, PHONE, complaints
from tests.pictures.matrix import NOBODY

from .conftest import Furnished, Visit

pytestmark = pytest.mark.browser

LANGUAGES = ("zh-hans", "en")
TURNS = [(language, theme) for theme in ("light", "dark") for language in LANGUAGES]
LEADING_ON = (
    "customers.assign",
    "customers.tag",
    "ownfields.retype-unfit",
    "privacy.erase-overdue",
    "people.sign-in-code",
    "people.sign-in-password",
    "people.sign-in-provider",
    "setup.",
)
"""Pages that lead elsewhere unless one is on the way through them; those of set-up do so once it is over."""
TOKEN = "0" * 32  # what a form sends and what its cookie holds have to be alike, no more

SAID_BY_AXE = """async where => (await axe.run(where, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'], preload: false,
})).violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', '))"""
STICKING_OUT = """async () => {
    const root = document.documentElement;
    for (let i = 0; i < 60 && root.scrollWidth > root.clientWidth; i++) await new Promise(requestAnimationFrame);
    if (root.scrollWidth <= root.clientWidth) return '';
    const out = [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > root.clientWidth);
    return `${root.scrollWidth - root.clientWidth} px too wide: ` + out.slice(0, 3).map(e => e.outerHTML.slice(0, 80));
}"""  # once the page is laid out anew


@dataclass
class Window:
    """The one window. faults: what its pages did wrong."""

    context: Any
    address: str
    at: str = ""
    wide: bool = True
    framed: bool = False
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(30_000)
        self.context.add_init_script(AXE.read_text())
        self.page = self.context.new_page()
        complaints(self.page, self.note)

    def note(self, words: str) -> None:
        self.faults.append(f"{self.at} {words}")

    def be(self, who: str, session: str, language: str, theme: str) -> None:
        """Sit down as somebody who reads this language, before a screen that is light or dark."""
        self.page.emulate_media(color_scheme=theme)
        self.context.clear_cookies()
        cookies = {"language": language, "csrftoken": TOKEN}
        if who != NOBODY:
            cookies["sessionid"] = session
        self.context.add_cookies([{"name": n, "value": v, "url": self.address} for n, v in cookies.items()])
        if who != NOBODY:  # as the menu does
            form = {"language": language, "next": "/health", "csrfmiddlewaretoken": TOKEN}
            answer = self.context.request.post(f"{self.address}/ui/language/", form=form)
            assert answer.ok, answer.status
        self.framed = False

    def over(self, visit: Visit) -> bool:
        """Look a page over. False where it is a file, a piece of another page, or leads on."""
        self.at = f"{visit.name} {visit.path} ({visit.who})"
        try:
            answer = self.page.goto(self.address + visit.path)
        except Error as error:
            if "Download is starting" in str(error):
                return False
            raise
        if answer.status != 200:
            self.note(f"answers {answer.status}")
            return False
        if not answer.headers["content-type"].startswith("text/html") or "<html" not in answer.text()[:500]:
            return False
        if self.page.url.partition("?")[0] != self.address + visit.path.partition("?")[0]:
            if not visit.name.startswith(LEADING_ON):
                self.note(f"leads on to {self.page.url}")
            return False
        self._accessible() if self.wide else self._narrow()
        self.wide = not self.wide
        self.page.set_viewport_size(DESK if self.wide else PHONE)
        self._accessible() if self.wide else self._narrow()
        return True

    def _accessible(self) -> None:
        """The bars, which take most of axe's time, are the same on all pages of a person: looked at on the first."""
        if not self.page.title():
            self.note("has no title")
        self.page.evaluate(
            "scrollTo(0, 0)"
        )  # what lies half under the bar after scrolling is no fault of the page
        for fault in self.page.evaluate(SAID_BY_AXE, "#main" if self.framed else "html"):
            self.note(fault)
        self.framed = True

    def _narrow(self) -> None:
        if fault := self.page.evaluate(STICKING_OUT):
            self.note(fault)


def test_every_page_fits_speaks_and_is_silent(furnished: Furnished, browser: Any) -> None:
    context = browser.new_context(viewport=DESK, reduced_motion="reduce")
    window = Window(context, furnished.address)
    looked, turns = 0, {visit: TURNS[number % 4] for number, visit in enumerate(furnished.visits)}
    for who, session in dict.fromkeys((visit.who, visit.session) for visit in furnished.visits):
        for turn in TURNS:
            mine = [v for v in furnished.visits if v.who == who and turns[v] == turn]
            if mine:
                window.be(who, session, *turn)
            looked += sum(window.over(visit) for visit in mine)
    context.close()
    assert window.faults == []
    assert looked > 140
