"""Given a source of map pictures on loopback, when the company names it, then a list's map asks it for the pictures in sight, and
nothing else in the browser may."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import expect

from .conftest import Server, fits, picture

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class Pictures:
    """What was asked for: paths and referrers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("Referer", "")))
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.end_headers()
                self.wfile.write(PIXEL)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    made = Pictures()
    yield made
    made.close()


def choose(page: Any, server: Server, url: str) -> None:
    page.goto(f"{server.address}/settings/?of=maps")
    page.locator("[name=maps-url]").fill(url)
    page.locator("[name=maps-attribution]").fill("测试底图 GS(2026)1号" if url else "")
    page.locator("main form button.btn-primary").click()
    expect(page.locator("#toasts")).to_contain_text(re.compile("已保存|Saved"))


def test_streets_stand_below_the_customers(
    server: Server, sign_in: Callable[..., Any], pictures: Pictures
) -> None:
    office = sign_in("wu")
    choose(office, server, f"{pictures.address}/{{z}}/{{x}}/{{y}}.png")
    try:
        page = sign_in("wang")
        refused: list[str] = []
        page.on(
            "console",
            lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None,
        )
        page.goto(f"{server.address}/customers/")
        page.locator(".layouts a[href*='as=map']").click()
        expect(page.locator("[data-map][data-drawn][data-pictured]")).to_be_visible()
        expect(page.locator(".map-said")).to_have_text("测试底图 GS(2026)1号")
        expect(page.locator(".map-mark, .map-many").first).to_be_visible()
        picture(page, "desk-map-streets")
        assert pictures.asked
        assert all(re.fullmatch(r"/\d+/\d+/\d+\.png", path) for path, _ in pictures.asked)
        assert {referrer for _, referrer in pictures.asked} == {
            f"{server.address}/"
        }  # who we are, not what is looked at
        assert refused == []
        page.set_viewport_size({"width": 360, "height": 740})
        fits(page)
        elsewhere = pictures.address.replace("127.0.0.1", "localhost")  # no other origin is let in
        beside = page.context.new_page()  # whose complaints are wanted
        beside.goto(f"{server.address}/customers/?as=map")
        with beside.expect_console_message(lambda said: "Content Security Policy" in said.text):
            beside.evaluate("url => { new Image().src = url; }", f"{elsewhere}/x.png")
        assert not any(path == "/x.png" for path, _ in pictures.asked)
    finally:
        choose(office, server, "")
