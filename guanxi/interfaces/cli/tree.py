"""The process tree of `guanxi run`: this parent, the web server, the worker (with the scheduler)."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def run(
    *,
    host: str,
    port: int,
    tls: bool,
    certificate: str | None,
    key: str | None,
    demo: bool,
    worker: bool,
) -> int:
    """Run until a signal or until the web server ends; 0 after a clean stop, 1 where it could not start."""
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    taken = _port_taken(host, port)
    if taken:
        print(
            f"Port {port} on {host} is taken ({taken}). Choose another: PORT={port + 1} make run",
            file=sys.stderr,
        )
        return 1
    if host not in LOOPBACK:
        _allow_host(host)
    if tls:
        os.environ["GUANXI_TLS"] = "1"
    import django

    django.setup()
    from django.conf import settings

    home = Path(settings.HOME)
    lock = _lock(home)
    if lock is None:
        print(
            f"Guanxi already runs on the data folder {home}. Another folder: GUANXI_HOME=…", file=sys.stderr
        )
        return 1
    from .prepare import prepare

    prepare()
    if demo and not stop.is_set():
        _demo_if_empty()
    if stop.is_set():
        return 0
    files = (certificate, key)
    if tls and not certificate:
        from .certificate import self_made

        files = tuple(str(path) for path in self_made(home))  # type: ignore[assignment]
    commands = {"web": _web(host, port, files if tls else None)}
    if worker:
        commands["worker"] = [sys.executable, "-m", "guanxi", "worker"]
    from django.db import connections

    connections.close_all()
    address = f"{'https' if tls else 'http'}://{'localhost' if host in LOOPBACK else host}:{port}/"
    return _watch(commands, stop, lambda: _welcome(address, host, port, tls))


def _watch(commands: dict[str, list[str]], stop: threading.Event, welcome: Callable[[], bool]) -> int:
    children = {name: _start(command) for name, command in commands.items()}
    started, restarts, welcomed = time.monotonic(), 0, False
    status = 0
    while not stop.wait(0.3):
        if not welcomed:
            welcomed = welcome()
        for name, child in list(children.items()):
            if child.poll() is None:
                continue
            if name == "web":
                print(f"The web server ended (status {child.returncode}).", file=sys.stderr)
                stop.set()
                status = 1
            elif restarts < 20 or time.monotonic() - started > 600:
                restarts += 1
                print(f"The {name} ended (status {child.returncode}); started again.", file=sys.stderr)
                stop.wait(min(10, restarts))
                children[name] = _start(commands[name])
            else:
                stop.set()
                status = 1
    for child in children.values():
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 15
    for child in children.values():
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    print("Stopped.", flush=True)
    return status


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    """A child in a session of its own, so that Ctrl-C reaches the parent only and the parent stops it in order."""
    return subprocess.Popen(command, start_new_session=True)


def _web(host: str, port: int, files: tuple[str | None, str | None] | None) -> list[str]:
    command = [
        *(sys.executable, "-m", "granian", "guanxi.interfaces.web.wsgi:application", "--interface", "wsgi"),
        *("--host", host, "--port", str(port), "--workers", "1", "--blocking-threads", "4"),
        *("--log-level", "error", "--no-ws", "--respawn-failed-workers"),
    ]
    if files and files[0] and files[1]:
        command += ["--ssl-certificate", files[0], "--ssl-keyfile", files[1]]
    return command


def _welcome(address: str, host: str, port: int, tls: bool) -> bool:
    """Say where it is, once it answers; with the demo, one sign-in per role."""
    import ssl

    probe = f"{'https' if tls else 'http'}://{'127.0.0.1' if host in (*LOOPBACK, '0.0.0.0') else host}:{port}/health"  # noqa: S104
    context = ssl._create_unverified_context() if tls else None  # noqa: S323 (our own certificate, our own machine)
    try:
        with urllib.request.urlopen(probe, timeout=2, context=context) as answer:  # noqa: S310
            if answer.status != 200:
                return False
    except OSError:
        return False
    print(f"\nGuanxi 关系: {address}", flush=True)
    if host == "0.0.0.0":  # noqa: S104
        from .certificate import own_addresses

        for own in own_addresses():
            print(f"             {address.split(':')[0]}://{own}:{port}/", flush=True)
    for line in _sign_ins():
        print(line, flush=True)
    print("Ctrl-C stops everything.\n", flush=True)
    return True


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


def _demo_if_empty() -> None:
    from guanxi.platform.people.models import Person

    if Person.objects.exists():
        return
    from guanxi.demo.build import build

    build(print)


def _port_taken(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _allow_host(host: str) -> None:
    """Names under which phones reach us are allowed beside the loopback ones."""
    from .certificate import own_addresses

    named = os.environ.get("GUANXI_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
    more = own_addresses() if host == "0.0.0.0" else [host]  # noqa: S104
    os.environ["GUANXI_HOSTS"] = ",".join(dict.fromkeys([*named, *more, socket.gethostname()]))


def _lock(home: Path) -> IO[str] | None:
    home.mkdir(parents=True, exist_ok=True)
    file = open(home / "run.lock", "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
