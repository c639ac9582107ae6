"""A real server and a real browser: what journeys and the walk that takes the pictures share."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
AXE = ROOT / "tests" / "assets" / "axe" / "axe.min.js"
PHONE, DESK = {"width": 360, "height": 760}, {"width": 1280, "height": 860}


_BROKEN_OFF = re.compile(r"htmx:(afterRequest|sendAbort)\b")
"""What htmx says of a question that a newer one replaced. A lost connection says htmx:sendError besides."""


def complaints(page: Any, into: Callable[[str], None], *, refused: bool = False) -> None:
    """Hand on what the page's scripts and console complain of. refused: answers of 400 to 499 are expected."""

    def said(message: Any) -> None:
        if message.type != "error" or _BROKEN_OFF.match(message.text):
            return
        if not (refused and "status of 4" in message.text):
            into(f"console: {message.text} ({message.location.get('url', '')})")

    page.on("pageerror", lambda error: into(f"script: {error}"))
    page.on("console", said)


def free_port() -> int:
    """A port that nobody listens on."""
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
        """End it, and wait for its end."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def environment(home: Path, **more: str) -> dict[str, str]:
    """What a process of Guanxi needs to work on the data folder `home` with the embedded database."""
    env = {
        **os.environ,
        "GUANXI_HOME": str(home),
        "GUANXI_MODE": "local",
        "DJANGO_SETTINGS_MODULE": "guanxi.settings",
    }
    env.pop("DATABASE_URL", None)
    return {**env, **more}


def serve(home: Path, *arguments: str, **more: str) -> Server:
    """Start `guanxi run` on `home` and wait until it answers; RuntimeError with its last words where it does not."""
    port = free_port()
    command = [sys.executable, "-m", "guanxi", "run", "--port", str(port), *arguments]
    with open(home / "server.log", "wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment(home, **more), stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    for _ in range(1800):
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


def chromium() -> str | None:
    """Debian's Chromium, or None where there is none."""
    return shutil.which("chromium")


def launch(playwright: Any) -> Any:
    """Chromium, headless, asking nobody outside."""
    return playwright.chromium.launch(
        executable_path=chromium(),
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


def axe(page: Any) -> list[str]:
    """Accessibility faults of the page as it stands (WCAG 2.2 A and AA)."""
    page.wait_for_load_state("load")  # until then the browser goes back to the place that the address names
    page.evaluate(AXE.read_text())
    return page.evaluate(
        "async () => { await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));"
        " scrollTo(0, 0);"  # what the bar covers while scrolling is no fault of the link below it
        " return (await axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']})).violations"
        ".map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', ')) }"
    )


def too_wide(page: Any) -> int:
    """By how many pixels the page is wider than its window; 0 where it fits. A page that leads on is waited for."""
    page.wait_for_load_state("domcontentloaded")
    return max(
        0, page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )
