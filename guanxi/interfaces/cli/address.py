"""Where `guanxi run` listens and what it says once it answers."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from ipaddress import ip_address
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


def port_taken(host: str, port: int) -> str:
    """Why the address cannot be listened on, '' where it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OverflowError:
        return "a port lies between 1 and 65535"
    except OSError as error:
        return error.strerror or str(error)
    return ""


_OWN_NAMES = (".local", ".lan", ".internal", ".home.arpa", ".localdomain", ".intranet")


def reached_from_outside(address: str) -> bool:
    """Whether people reach this address from beyond their own network: a full name, or an address that is not private."""
    host = (urlsplit(address).hostname or "").rstrip(".").lower()
    try:
        return not (ip := ip_address(host)).is_private and not ip.is_loopback
    except ValueError:
        return "." in host and not host.endswith(_OWN_NAMES)


def allow_host(host: str) -> None:
    """Names under which phones reach us are allowed beside the loopback ones."""
    from .certificate import own_addresses

    named = os.environ.get("GUANXI_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    more = own_addresses() if host in EVERYWHERE else [f"[{host}]" if ":" in host else host]
    os.environ["GUANXI_HOSTS"] = ",".join(dict.fromkeys([*named, *more, socket.gethostname()]))


def welcome(host: str, port: int, tls: bool) -> bool:
    """Say where it is, once it answers; what to do first where nobody is here; one sign-in per role in the demo."""
    if not _answers(host, port, tls):
        return False
    scheme = "https" if tls else "http"
    print(f"\nGuanxi 关系: {scheme}://{_shown(host)}:{port}/", flush=True)
    if host in EVERYWHERE:
        from .certificate import own_addresses

        for own in own_addresses():
            if own not in LOOPBACK:
                print(f"             {scheme}://{own}:{port}/", flush=True)
    for line in [*_set_up(host), *_sign_ins()]:
        print(line, flush=True)
    print("Ctrl-C stops everything.\n", flush=True)
    return True


def _shown(host: str) -> str:
    if host in (*LOOPBACK, *EVERYWHERE):
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _answers(host: str, port: int, tls: bool) -> bool:
    """Whether /health says ok, asked under a name that is allowed."""
    from django.conf import settings

    where = {"0.0.0.0": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}.get(host, host)  # noqa: S104
    names = [h.lstrip(".") for h in settings.ALLOWED_HOSTS if h != "*"]
    connection: http.client.HTTPConnection
    if tls:
        context = ssl._create_unverified_context()  # noqa: S323 (our own certificate, our own machine)
        connection = http.client.HTTPSConnection(where, port, timeout=2, context=context)
    else:
        connection = http.client.HTTPConnection(where, port, timeout=2)
    try:
        connection.request("GET", "/health", headers={"Host": names[0] if names else "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _set_up(host: str) -> list[str]:
    """What to do first in an empty installation. The code is for browsers on other machines."""
    from django.db import connections

    from guanxi.interfaces.setup.access import nobody_yet, setup_code

    try:
        if not nobody_yet():
            return []
    finally:
        connections.close_all()
    lines = ["Nobody is here yet: open the address to set the company up."]
    if host not in LOOPBACK:
        lines.append(f"Set-up code for browsers on other machines: {setup_code()}")
    return lines


def _sign_ins() -> list[str]:
    from django.db import connections

    try:
        from guanxi.demo.signins import lines
    except ModuleNotFoundError:
        return []
    try:
        return lines()
    finally:
        connections.close_all()
