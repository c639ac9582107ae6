"""A real server and a real browser. Each module gets a data folder, a port and a server process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import expect

from tests import homes
from tests.browsing import (
    DESK,
    PHONE,
    ROOT,
    Server,
    axe,
    chromium,
    complaints,
    environment,
    launch,
    serve,
    too_wide,
)
from tests.company import PASSWORD

__all__ = ["Furnished", "Server", "Visit", "axe", "fits", "picture", "send_drawer"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The small company of house.py, served. GUANXI_JOURNEY_SERVER names one that runs already, for trying a test out."""
    if running_already := os.environ.get("GUANXI_JOURNEY_SERVER"):
        yield Server(running_already, Path(), None)
        return

    def make(home: Path) -> None:
        command = [sys.executable, "-m", "tests.journeys.house"]
        subprocess.run(command, cwd=ROOT, env=environment(home), check=True)

    made = homes.made_once(tmp_path_factory, "house", make)
    home = homes.copy(made, tmp_path_factory.mktemp("journey") / "home")
    running = serve(home, "--no-demo")
    yield running
    running.stop()


class Visit(NamedTuple):
    """A page to be looked at, and by whom."""

    name: str
    path: str
    who: str
    session: str


class Furnished(NamedTuple):
    """A served company that has a row for every page. visits: each page once."""

    address: str
    visits: list[Visit]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """The furnished company of pages.py, served without a worker: nothing changes while one looks."""

    def make(home: Path) -> None:
        command = [sys.executable, "-m", "tests.journeys.pages"]
        with (home / "visits.json").open("w") as visits:
            subprocess.run(command, cwd=ROOT, env=environment(home), check=True, stdout=visits)

    made = homes.made_once(tmp_path_factory, "furnished", make)
    home = homes.copy(made, tmp_path_factory.mktemp("furnished") / "home")
    visits = json.loads((home / "visits.json").read_text().splitlines()[-1])
    running = serve(home, "--no-demo", "--no-worker")
    yield Furnished(running.address, [Visit(*line) for line in visits])
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless."""
    if chromium() is None:
        pytest.skip("no chromium on this machine; `make test` installs it where it may")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture
def sign_in(server: Server, browser: Any) -> Iterator[Callable[..., Any]]:
    """sign_in("lin", phone=True) -> a page of that person, on Today. Every console error fails the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def go(username: str, *, phone: bool = False, language: str = "zh-CN") -> Any:
        context = browser.new_context(viewport=PHONE if phone else DESK, locale=language, has_touch=phone)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        complaints(page, errors.append, refused=True)
        page.goto(server.address)
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role(
            "button", name="登录" if language.startswith("zh") else "Sign in", exact=True
        ).click()
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []


def fits(page: Any) -> None:
    """The page does not scroll sideways, and axe has nothing to say."""
    assert too_wide(page) == 0, page.url
    assert axe(page) == [], page.url


def send_drawer(page: Any, button: str) -> None:
    """Send the form in the drawer and wait until it is closed."""
    page.locator("#drawer").get_by_role("button", name=button, exact=True).click()
    expect(page.locator("#drawer")).to_be_hidden()


def picture(page: Any, name: str) -> None:
    """Keep a picture where GUANXI_SCREENSHOTS names a folder."""
    folder = os.environ.get("GUANXI_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True, caret="initial")
