"""Taking the pictures: each process has a browser of its own and a pile of pages."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browsing import DESK, PHONE, launch, too_wide

SIZES = {360: PHONE, 1280: DESK}
TALLEST = 6_000
"""Pixels: a picture ends there."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One page to be taken in one size. file: below the folder of the pictures."""

    page: str
    url: str
    session: str
    language: str
    width: int
    file: str


@dataclass(slots=True)
class Taken:
    """What was noticed on the way."""

    shot: Shot
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


def take(pile: Sequence[Shot], folder: Path, *, dark: bool) -> list[Taken]:
    """Take one pile, in an own browser; a page that cannot be taken is a fault, not the end."""
    from playwright.sync_api import sync_playwright

    taken = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        window = Window(browser, folder, dark)
        for shot in sorted(pile, key=lambda s: (s.session, s.width)):
            taken.append(window.one(shot))
        browser.close()
    return taken


class Window:
    """One browser window, kept while person, language and size stay the same: a new one for each picture would take as
    long as the picture."""

    def __init__(self, browser: Any, folder: Path, dark: bool) -> None:
        self.browser, self.folder, self.dark = browser, folder, dark
        self.key: tuple[str, str, int] | None = None
        self.page: Any = None
        self.faults: list[str] = []

    def one(self, shot: Shot) -> Taken:
        """Take one picture."""
        key = (shot.session, shot.language, shot.width)
        if key != self.key:
            self._open(shot)
            self.key = key
        self.faults.clear()
        began = time.monotonic()
        try:
            self._take(shot)
        except Exception as error:
            self.faults.append(f"not taken: {str(error).splitlines()[0]}")
            self.key = None
        return Taken(shot, list(self.faults), time.monotonic() - began)

    def _open(self, shot: Shot) -> None:
        if self.page is not None:
            self.page.context.close()
        context = self.browser.new_context(
            viewport=SIZES[shot.width],
            has_touch=shot.width < 600,
            color_scheme="dark" if self.dark else "light",
            reduced_motion="reduce",
            locale="en-GB" if shot.language == "en" else "zh-CN",
        )
        context.set_default_timeout(60_000)
        cookies = {"language": "en" if shot.language == "en" else "zh-hans"}
        if shot.session:
            cookies["sessionid"] = shot.session
        site = "/".join(
            shot.url.split("/")[:3]
        )  # the whole site: a longer address would bind them to its path
        context.add_cookies([{"name": n, "value": v, "url": site} for n, v in cookies.items()])
        self.page = context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on(
            "console", lambda m: self.faults.append(f"console: {m.text}") if m.type == "error" else None
        )

    def _take(self, shot: Shot) -> None:
        self.page.goto(shot.url, wait_until="load")
        if self.page.url != shot.url:
            self.faults.append(f"went to {self.page.url}")
        wide = too_wide(self.page)
        if wide:
            self.faults.append(f"{wide} px too wide")
        # The window grows to the page, so that what is fixed to its lower edge covers nothing.
        size = SIZES[shot.width]
        tall = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size(
            {"width": size["width"], "height": min(max(tall, size["height"]), TALLEST)}
        )
        self.page.screenshot(path=str(self.folder / shot.file), animations="disabled")
        self.page.set_viewport_size(size)
