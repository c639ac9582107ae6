"""The process tree of `guanxi run`: this parent, the web server, the worker (with the scheduler).

The parent starts its children in process groups of their own, so that Ctrl-C reaches the parent alone and it stops
them in order. A child that ends is started again; one that ends at once again and again stops everything. If the
parent itself is killed, the children are told by the kernel (jobs/orphans.py).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from guanxi.platform.jobs import orphans

from .address import LOOPBACK, allow_host, port_taken, reached_from_outside, welcome
from .lock import lock, taken

STOP_SECONDS = 20
QUICK_SECONDS = 5
QUICK_ENDS = 4
SIGNS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal came in the middle of work that may be broken off."""


class Stop(threading.Event):
    """Set by the first signal; a second one does not wait for anybody."""

    def __init__(self) -> None:
        super().__init__()
        self.hurry = False
        self._breaks_off = False
        for sign in SIGNS:
            signal.signal(sign, self._signalled)

    def _signalled(self, *_: object) -> None:
        self.hurry = self.is_set()
        self.set()
        if self._breaks_off:
            self._breaks_off = False
            raise Stopped

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Long work in this process, which a signal ends with Stopped."""
        self._breaks_off = True
        try:
            if self.is_set():
                raise Stopped
            yield
        finally:
            self._breaks_off = False


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
    """Run until a signal or until the web server cannot go on; 0 after a clean stop, 1 where it could not start."""
    stop = Stop()
    why = port_taken(host, port)
    if why:
        return _sorry(
            f"Port {port} on {host} cannot be used ({why}). Choose another: PORT={port + 1} make run"
        )
    missing = [f for f in (certificate, key) if f and not os.access(f, os.R_OK)]
    if missing:
        return _sorry(f"{missing[0]} cannot be read.")
    if host not in LOOPBACK:
        allow_host(host)
    if tls:
        os.environ["GUANXI_TLS"] = "1"
    try:
        import django

        django.setup()
        from django.conf import settings

        home = Path(settings.HOME)
        held = lock(home)
    except (OSError, ValueError) as error:
        return _sorry(f"The settings do not fit: {error}")
    if held is None:
        return _sorry(taken(home))
    if (
        not _restored(home, held)
        or _moved_away(home)
        or not _prepared()
        or not _safe(tls, own=tls and not certificate)
    ):
        return 1
    _demo(demo, stop)
    if stop.is_set():
        return 0
    files = (certificate, key)
    if tls and not certificate:
        from .certificate import self_made

        files = tuple(str(path) for path in self_made(home))  # type: ignore[assignment]
    children = [Child("web", _web(host, port, files if tls else None))]
    if worker:
        children.append(Child("worker", [sys.executable, "-m", "guanxi", "worker"]))
    from django.db import connections

    connections.close_all()
    from guanxi.interfaces.setup.zone import RESTART

    return _watch(children, stop, lambda: welcome(host, port, tls), home / RESTART)


@dataclass
class Child:
    """One process below the parent, and how often it ended right after its start."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    quick: int = 0
    not_before: float = field(default=0.0)

    def start(self) -> None:
        """In a process group of its own, and bound to this parent's life."""
        parent = os.getpid()
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            start_new_session=True,
            env={**os.environ, orphans.IN_TREE: "1"},
            preexec_fn=lambda: orphans.end_with_parent(parent),  # fit for it: this parent has no threads
        )

    @property
    def ended(self) -> int | None:
        return self.process.poll() if self.process else None

    def note_end(self) -> bool:
        """It ended: clear what it left, and say whether it may be started again (after a pause that grows)."""
        self.sweep()
        now = time.monotonic()
        self.quick = self.quick + 1 if now - self.began < QUICK_SECONDS else 0
        self.not_before = now + min(10, self.quick)
        status = self.process.returncode if self.process else 0
        self.process = None
        again = self.quick < QUICK_ENDS
        print(
            f"The {self.name} ended (status {status}); {'started again' if again else 'it does not stay up'}.",
            file=sys.stderr,
            flush=True,
        )
        return again

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def wait(self, until: float, stop: Stop) -> None:
        """Until it ended, or the time is over, or a second signal came; then it is killed with all below it."""
        while self.process is not None and self.process.poll() is None:
            if stop.hurry or time.monotonic() > until:
                break
            time.sleep(0.05)
        self.sweep()
        if self.process is not None:
            self.process.wait()

    def sweep(self) -> None:
        """End whatever is left of its group: granian's own workers after a kill -9."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def _watch(children: list[Child], stop: Stop, say: Callable[[], bool], asked: Path) -> int:
    """Start the children, keep them up, stop them in the end."""
    status, welcomed, seen = 0, False, _stamp(asked)
    for child in children:
        child.start()
    while not stop.wait(0.2):
        for child in children:
            if child.process is None:
                if time.monotonic() >= child.not_before:
                    child.start()
            elif child.ended is not None and not child.note_end():
                stop.set()
                status = 1
        welcomed = welcomed or (not stop.is_set() and say())
        if _stamp(asked) != seen:  # set-up changed what the worker remembers (setup/zone.py)
            seen = _stamp(asked)
            for child in children[1:]:
                child.ask_to_stop()
                child.wait(time.monotonic() + STOP_SECONDS, stop)
                child.process = None
    for child in children:
        child.ask_to_stop()
    until = time.monotonic() + STOP_SECONDS
    for child in children:
        child.wait(until, stop)
    print("Stopped.", flush=True)
    return status


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _web(host: str, port: int, files: tuple[str | None, str | None] | None) -> list[str]:
    command = [
        *(sys.executable, "-m", "granian", "guanxi.interfaces.web.wsgi:application", "--interface", "wsgi"),
        *("--host", host, "--port", str(port), "--workers", "1", "--blocking-threads", "4"),
        *("--log-level", "error", "--no-ws", "--respawn-failed-workers"),
    ]
    if files and files[0] and files[1]:
        command += ["--ssl-certificate", files[0], "--ssl-keyfile", files[1]]
    return command


def _restored(home: Path, lock: IO[str]) -> bool:
    """A restore that was killed is ended first; then we start anew, on what it put in place."""
    if not (home / "restoring").exists():
        return True
    from guanxi.interfaces.cli.main import said_of_restore
    from guanxi.platform.backups.restoring import finish

    what = finish(home)
    if what == "done":
        lock.close()
    return said_of_restore(what, sys.argv[1:])


def _moved_away(home: Path) -> bool:
    """Whether the company went on to another database: nobody works on in the old one unawares."""
    from guanxi.platform.backups.restoring import MOVED, moved_to

    where = moved_to()
    if where:
        _sorry(
            f"The company was moved to {where}. Start with DATABASE_URL set to it; to go on with the old database all "
            f"the same, delete {home / MOVED}."
        )
    return bool(where)


def _prepared() -> bool:
    """Folders, database and static files up to date; a database that does not answer is said in one line."""
    from django.db.utils import Error as DatabaseError
    from django.db.utils import OperationalError

    from .prepare import prepare

    try:
        prepare()
    except DatabaseError as error:
        reason = " ".join(str(error).split()).rstrip(".")
        if isinstance(error, OperationalError):
            _sorry(f"The database does not answer: {reason}. See DATABASE_URL in docs/reference/settings.md")
        else:
            _sorry(
                f"The database could not be brought up to date: {reason}. Run `guanxi setup` as its owner."
            )
        return False
    except OSError as error:
        _sorry(f"The data folder cannot be used: {error}")
        return False
    return True


def _safe(tls: bool, *, own: bool) -> bool:
    """In production nothing starts that `guanxi check` calls grave. own: with a certificate of our own making."""
    from django.conf import settings

    if not settings.PRODUCTION:
        return True
    from .soundness import findings

    lines = [f"✗ {f.what.en}\n  {f.cure.en}" for f in findings() if f.grave]
    if not tls and settings.SECURE_PROXY_SSL_HEADER is None:
        lines.append(
            "✗ plain http in production\n  guanxi run --tls, or a proxy that serves https with GUANXI_PROXY=1"
        )
    if own and reached_from_outside(settings.GUANXI_ADDRESS):
        lines.append(
            f"✗ people reach it at {settings.GUANXI_ADDRESS}, and browsers would warn of a self-made certificate\n"
            "  guanxi run --certificate FILE --key FILE, with one that browsers trust, or a proxy"
        )
    if lines:
        print(
            "\n".join(["Not started: this installation is not safe for production.", *lines]), file=sys.stderr
        )
    return not lines


def _demo(wanted: bool, stop: Stop) -> None:
    """A whole demo company where nobody is; one that was broken off goes first, wanted or not."""
    from guanxi.demo.making import clear_unfinished, unfinished, whole
    from guanxi.platform.people.models import Person

    if unfinished():
        print("The demo company was not finished; what there is of it goes.", flush=True)
        clear_unfinished()
    if not wanted or Person.objects.exists():
        return
    from guanxi.demo.build import build

    try:
        with stop.at_once(), whole():
            build(print)
    except Stopped:
        print("Stopped. The demo company is not finished; the next start makes it anew.", flush=True)


def _sorry(line: str) -> int:
    print(line, file=sys.stderr, flush=True)
    return 1
