"""The real server: how much memory it takes, and how much goes over the line for a first and for later pages."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Iterator
from random import Random
from urllib.parse import urljoin

from ..asking import session_of
from ..machine import resident
from ..results import Result
from ..serving import Line, serving
from . import Bench, django_ready, people, suite

SUITE = "server"
FIRST, LATER, MEMORY = 300, 60, 300
"""kB for the first page with all it needs; kB for each later one; MB resident of the web process."""
AT_ONCE = 4
_LINKED = re.compile(rb"""<(?:script|img|link|use|source)\b[^>]*?\s(?:src|href)="([^"#]+)[^"]*"[^>]*>""")
_IMPORTED = re.compile(rb"""(?:import|from)\s*\(?["']([^"']+\.js)["']|url\(["']?([^"')]+)["']?\)""")


@suite(SUITE)
def server(bench: Bench) -> Iterator[Result]:
    """Weight of pages as sent (compressed) with all they load, and the web process's memory."""
    company = bench.on()
    django_ready()
    from django.db import connections

    from guanxi.domains.customers import reads

    person = people()["all"]
    cookie = session_of(person)
    ids = list(reads.visible(person).order_by("-pk").values_list("pk", flat=True)[:500])
    connections.close_all()
    later = [
        "/customers/",
        f"/customers/{ids[0]}/",
        "/visits/",
        "/regulations/",
        "/regulations/R1/",
        "/",
        "/find/?q=hz",
    ]
    name, rows = company.database, bench.rows
    with serving(company) as running:
        web = running.web_processes()
        fresh = sum(resident(pid)[0] for pid in web)
        browser = Weighing(running.port, cookie)
        first = browser.load("/")
        yield Result(SUITE, "first page with all it loads", "kB", first, database=name, target=FIRST, rows=rows,
                     more={"files": dict(sorted(browser.seen.items(), key=lambda one: -one[1])[:12])})  # fmt: skip
        weights = {path: browser.load(path) for path in later}
        yield Result(SUITE, "the heaviest later page", "kB", max(weights.values()), database=name, target=LATER,
                     n=len(weights), rows=rows, more={"pages": weights})  # fmt: skip
        _busy(running.port, cookie, [*later, *(f"/customers/{id}/" for id in ids)], bench)
        whole = max((resident(pid) for pid in web), default=(0.0, 0.0))
        yield Result(SUITE, "web process, resident", "MB", whole[0], database=name, target=MEMORY, rows=rows,
                     concurrency=AT_ONCE, more={"at_start": fresh, "not_of_files": whole[1], "processes": len(web)})  # fmt: skip


class Weighing:
    """A browser's cache: what was loaded once, and may be kept, is not loaded again. Bytes as sent, head and body."""

    def __init__(self, port: int, cookie: str) -> None:
        self.line = Line(port, Cookie=cookie, Accept="text/html,*/*")
        self.seen: dict[str, float] = {}

    def load(self, path: str) -> float:
        """kB (1,000 bytes) that the page costs now, with everything that it names and that those name."""
        sent, body = self._fetch(path)
        waiting = [urljoin(path, found.decode()) for found in _LINKED.findall(body)]
        while waiting:
            url = waiting.pop()
            if url in self.seen or not url.startswith("/"):
                continue
            size, content = self._fetch(url)
            self.seen[url] = round(size / 1000, 2)
            sent += size
            waiting += [urljoin(url, (js or other).decode()) for js, other in _IMPORTED.findall(content)]
        return round(sent / 1000, 1)

    def _fetch(self, path: str) -> tuple[int, bytes]:
        status, headers, body = self.line.send("GET", path)
        if status != 200:
            raise AssertionError(f"{path}: {status}")
        head = sum(len(name) + len(value) + 4 for name, value in headers.items())
        return head + len(body), _plain(body, headers.get("Content-Encoding", ""))


def _plain(body: bytes, encoding: str) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(body)
    if encoding == "br":
        import brotli  # type: ignore[import-not-found]

        return bytes(brotli.decompress(body))
    return body


def _busy(port: int, cookie: str, paths: list[str], bench: Bench) -> None:
    """Several people open pages for a while."""

    def work(seed: int) -> None:
        line, draw = Line(port, Cookie=cookie), Random(seed)
        for _ in range(bench.requests):
            line.send("GET", draw.choice(paths))

    threads = [threading.Thread(target=work, args=(bench.seed + n,)) for n in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
