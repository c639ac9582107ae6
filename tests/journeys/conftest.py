"""A real server and a real browser. Each module gets a data folder, a port and a server process of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.company import PASSWORD

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / "tests" / "assets" / "axe" / "axe.min.js"
PHONE, DESK = {"width": 360, "height": 760}, {"width": 1280, "height": 860}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running Guanxi."""

    address: str
    home: Path
    process: subprocess.Popen[bytes] | None

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def serve(home: Path, *arguments: str, **environment: str) -> Server:
    """Start `guanxi run` on `home` and wait until it answers."""
    port = free_port()
    env = {
        **os.environ,
        "GUANXI_HOME": str(home),
        "GUANXI_MODE": "local",
        "DJANGO_SETTINGS_MODULE": "guanxi.settings",
    }
    env.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "guanxi", "run", "--port", str(port), *arguments]
    with open(home / "server.log", "wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**env, **environment}, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:
                if answer.status == 200:
                    return Server(address, home, process)
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError((home / "server.log").read_text()[-3000:])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The small company of house.py, served. GUANXI_JOURNEY_SERVER names one that runs already, for trying a test out."""
    if running_already := os.environ.get("GUANXI_JOURNEY_SERVER"):
        yield Server(running_already, Path(), None)
        return
    home = tmp_path_factory.mktemp("home")
    env = {
        **os.environ,
        "GUANXI_HOME": str(home),
        "GUANXI_MODE": "local",
        "DJANGO_SETTINGS_MODULE": "guanxi.settings",
    }
    env.pop("DATABASE_URL", None)
    subprocess.run([sys.executable, "-m", "tests.journeys.house"], cwd=ROOT, env=env, check=True)
    running = serve(home, "--no-demo")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine; `make test` installs it where it may")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
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
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.on(
            "console",
            lambda m: errors.append(m.text) if m.type == "error" and "status of 4" not in m.text else None,
        )
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


def axe(page: Any) -> list[str]:
    """Accessibility faults of the page as it stands (WCAG 2.2 A and AA)."""
    page.evaluate("scrollTo(0, 0)")  # what the bar covers while scrolling is no fault of the link below it
    page.evaluate(AXE.read_text())
    return page.evaluate(
        "async () => (await axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']})).violations"
        ".map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', '))"
    )


def fits(page: Any) -> None:
    """The page does not scroll sideways, and axe has nothing to say."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url
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
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
