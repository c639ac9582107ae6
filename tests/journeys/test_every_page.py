"""Every page of the registry in a browser, once on a desk and once on a phone, in Chinese and in English by turns: nothing
sticks out sideways, axe has nothing serious to say, the console is silent."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Error

from tests.browsing import AXE, DESK, PHONE, ROOT, Server, environment, serve
from tests.pictures.matrix import NOBODY

pytestmark = pytest.mark.browser

LEAD_ON = {"customers.assign", "people.sign-in-code", "people.sign-in-password"}
"""Pages that lead elsewhere unless one is on the way through them; those of set-up do so once it is over."""

DESKTOP_RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']"
PHONE_RULES = (
    "{type: 'rule', values: ['target-size', 'scrollable-region-focusable']}"  # what the width can change
)
SERIOUS = """async () => (await axe.run(document, {runOnly: RULES, resultTypes: ['violations'], preload: false})).violations
    .filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', '))"""

WIDER = """async () => {
    const root = document.documentElement;
    for (let i = 0; i < 120 && root.scrollWidth > root.clientWidth; i++) await new Promise(requestAnimationFrame);
    return root.scrollWidth - root.clientWidth;
}"""  # by how many pixels, once the page is laid out anew


@dataclass
class Company:
    """A furnished company that is served. visits: (page, path, who, session), each page once; Today once per kind of work."""

    server: Server
    visits: list[tuple[str, str, str, str]]

    def look(self, browser: Any, who: str) -> Look:
        session = next(session for _, _, name, session in self.visits if name == who)
        return Look(browser, self.server.address, who, session)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    home = tmp_path_factory.mktemp("furnished")
    made = subprocess.run(
        [sys.executable, "-m", "tests.journeys.pages"],
        cwd=ROOT,
        env=environment(home),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    server = serve(home, "--no-demo", "--no-worker")
    yield Company(server, [tuple(line) for line in json.loads(made.stdout.splitlines()[-1])])
    server.stop()


class Look:
    """One window of one person; what its pages say on the console is a fault of theirs."""

    def __init__(self, browser: Any, address: str, who: str, session: str) -> None:
        self.address, self.who, self.at = address, who, ""
        self.faults: list[str] = []
        self.context = browser.new_context(viewport=DESK, reduced_motion="reduce")
        self.context.set_default_timeout(30_000)
        self.context.add_init_script(AXE.read_text())
        if session:
            self.context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda e: self.note(f"script: {e}"))
        self.page.on("console", lambda m: self.note(f"console: {m.text}") if m.type == "error" else None)

    def note(self, words: str) -> None:
        self.faults.append(f"{self.at} ({self.who}) {words}")

    def speak(self, language: str) -> None:
        """As the person's own menu does."""
        self.context.add_cookies([{"name": "language", "value": language, "url": self.address}])
        if self.who != NOBODY:
            self.page.goto(f"{self.address}/me/")
            token = self.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
            form = {"csrfmiddlewaretoken": token, "language": language, "next": "/health"}
            self.page.request.post(
                f"{self.address}/ui/language/", form=form, headers={"Referer": self.page.url}
            )

    def over(self, name: str, path: str) -> bool:
        """Look a page over. False where it is a file, a piece of another page, or leads on."""
        self.at, before = f"{name} {path}", len(self.faults)
        try:
            answer = self.page.goto(self.address + path)
        except Error as error:
            if "Download is starting" in str(error):
                return False
            raise
        if answer.status != 200:
            self.note(f"answered {answer.status}")
        if not answer.headers["content-type"].startswith("text/html") or "<html" not in answer.text()[:500]:
            del self.faults[before:]
            return False
        if self.page.url.partition("?")[0] != self.address + path.partition("?")[0]:
            if name not in LEAD_ON and not name.startswith("setup."):
                self.note(f"led on to {self.page.url}")
            return False
        self._seriously(DESKTOP_RULES)
        self.page.set_viewport_size(PHONE)
        if wide := self.page.evaluate(WIDER):
            self.note(f"is {wide} px too wide for a phone")
        self._seriously(PHONE_RULES)
        self.page.set_viewport_size(DESK)
        return True

    def _seriously(self, rules: str) -> None:
        for violation in self.page.evaluate(SERIOUS.replace("RULES", rules)):
            self.note(violation)


def test_every_page_fits_speaks_and_is_silent(company: Company, browser: Any) -> None:
    faults: list[str] = []
    looked = 0
    turn = {visit: ("zh-hans", "en")[number % 2] for number, visit in enumerate(company.visits)}
    for who in dict.fromkeys(visit[2] for visit in company.visits):
        look = company.look(browser, who)
        for language in ("zh-hans", "en"):
            mine = [visit for visit in company.visits if visit[2] == who and turn[visit] == language]
            if mine:
                look.speak(language)
            looked += sum(look.over(name, path) for name, path, _, _ in mine)
        faults.extend(look.faults)
        look.context.close()
    assert faults == []
    assert looked > 120
