"""Who may set an installation up while nobody is in it: whoever sits at this machine, or holds the set-up code.

The code lies in the data folder, readable by its owner only, and `guanxi run` prints it where it serves other hosts.
It ends with the first administrator.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from ipaddress import ip_address
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest

from guanxi.platform.people.models import Person
from guanxi.platform.people.web.signin import PROXY_HEADERS

FILE = "setup-code"
HELD = "setup_code"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def nobody_yet() -> bool:
    """Whether this installation has no people at all."""
    return not Person.objects.exists()


def is_local(request: HttpRequest) -> bool:
    """Whether the request was made on this very machine. Behind a proxy everybody looks so, therefore nobody counts."""
    if settings.SECURE_PROXY_SSL_HEADER or any(request.headers.get(name) for name in PROXY_HEADERS):
        return False
    host = request.get_host()
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    try:
        return name in LOOPBACK_NAMES and ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def may_enter(request: HttpRequest) -> bool:
    """Whether this browser may set the empty installation up."""
    held = request.session.get(HELD, "")
    return is_local(request) or (bool(held) and hmac.compare_digest(held, _digest(setup_code())))


def try_code(request: HttpRequest, typed: str) -> bool:
    """Let this browser in if the code is right."""
    plain = "".join(c for c in typed.lower() if c.isalnum())
    right = setup_code().replace("-", "")
    if not hmac.compare_digest(plain.encode(), right.encode()):
        return False
    request.session.cycle_key()
    let_in(request)
    return True


def let_in(request: HttpRequest) -> None:
    """This browser may set the installation up: it gave the code, or its administrator has just emptied the demo."""
    request.session[HELD] = _digest(setup_code())


def setup_code() -> str:
    """The code in the data folder, made where there is none."""
    path = Path(settings.HOME) / FILE
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    draft = path.with_name(f".{FILE}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("-".join(groups) + "\n")
    try:
        os.link(draft, path)  # whoever is first wins
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text().strip()


def end_code() -> None:
    """There is an administrator: the code opens nothing any more."""
    (Path(settings.HOME) / FILE).unlink(missing_ok=True)


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
