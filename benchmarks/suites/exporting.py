"""All customers taken away as a file: how long until the first piece and the last, and how much memory that takes."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

from ..asking import session_of
from ..results import Result
from . import Bench, django_ready, people, suite

SUITE = "exporting"
ROWS = 100_000
WITHIN = 30
"""Seconds for ROWS rows."""
MEMORY = 100
"""Megabytes that a file may take beside what the process holds anyway."""


@suite(SUITE)
def exporting(bench: Bench) -> Iterator[Result]:
    """The list of customers as CSV and as a spreadsheet, up to 100,000 rows: time, first piece, memory."""
    company = bench.on()
    django_ready()
    from guanxi.interfaces.web.wsgi import application

    person = people()["all"]
    cookie = session_of(person)
    _pieces(application, cookie, "/customers/")  # what the first page reads once
    whole = min(ROWS, bench.rows.get("customers", ROWS))
    for kind, name in (("csv", "CSV"), ("xlsx", "a spreadsheet")):
        before = _peak()
        began, processor = time.perf_counter(), time.process_time()
        first, size = 0.0, 0
        for piece in _pieces(application, cookie, f"/customers/?export={kind}"):
            first = first or time.perf_counter() - began
            size += len(piece)
        seconds = time.perf_counter() - began
        more = {
            "first_piece_s": round(first, 2),
            "processor_s": round(time.process_time() - processor, 1),
            "MB": round(size / 1e6, 1),
        }
        yield Result(SUITE, f"customers as {name}", "s", round(seconds, 1), database=company.database, rows=bench.rows,
                     target=WITHIN if whole == ROWS else None, more=more)  # fmt: skip
        yield Result(SUITE, f"memory that {name} takes", "MB", round(max(0.0, _peak() - before)),
                     database=company.database, rows=bench.rows, target=MEMORY)  # fmt: skip


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _pieces(application: Any, cookie: str, path: str) -> Iterator[bytes]:
    """The answer's pieces as they come."""
    parts = urlsplit(path)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET", "PATH_INFO": parts.path, "QUERY_STRING": parts.query, "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1", "HTTP_COOKIE": cookie, "HTTP_ACCEPT": "text/html",
    }  # fmt: skip
    setup_testing_defaults(environ)
    status: list[Any] = []
    yield from application(environ, lambda *told: status.extend(told))
    if not str(status[0]).startswith("200"):
        raise AssertionError(f"{path}: {status[0]}")
