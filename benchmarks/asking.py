"""Requests through the whole WSGI stack of the product in this process, as a browser sends them."""

from __future__ import annotations

import gzip
import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

Application = Callable[[dict[str, Any], Any], Any]


class Browser:
    """Somebody who is signed in, with their session's cookie.

    The session is made directly: that a sign-in takes long is meant (the password's hash), and it is no part of a page.
    """

    def __init__(self, application: Application, person: Any) -> None:
        self.application = application
        self.cookie = session_of(person)

    def get(self, path: str) -> tuple[float, float, int, bytes]:
        """(seconds, of it this process's processor, bytes sent, body). AssertionError unless the answer is 200."""
        parts = urlsplit(path)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET", "PATH_INFO": parts.path, "QUERY_STRING": parts.query, "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_COOKIE": self.cookie, "HTTP_ACCEPT_ENCODING": "gzip, br",
            "HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9", "HTTP_ACCEPT": "text/html", "wsgi.input": io.BytesIO(),
        }  # fmt: skip
        setup_testing_defaults(environ)
        status: list[Any] = []
        began, cpu = time.perf_counter(), time.process_time()
        answer = self.application(environ, lambda *told: status.extend(told))
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        took, used = time.perf_counter() - began, time.process_time() - cpu
        if not str(status[0]).startswith("200"):
            raise AssertionError(f"{path}: {status[0]}")
        plain = gzip.decompress(body) if dict(status[1]).get("Content-Encoding") == "gzip" else body
        return took, used, len(body), plain


def session_of(person: Any) -> str:
    """The cookie of a new session of this person."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from guanxi.platform.people.session_store import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.save()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL of every query that is sent meanwhile."""
    from django.db import connection

    seen: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen
