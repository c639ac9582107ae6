"""`guanxi run` for real: a data folder and a port of its own, bounded in time, and nothing left afterwards."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 120.0
"""Seconds. A machine with much to do needs them for the first start; a start alone takes a few."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], object], patience: float = PATIENCE) -> bool:
    """Whether it came true in time."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.1)
    return bool(what())


class Running:
    """One `guanxi run`."""

    def __init__(
        self, home: Path, port: int, process: subprocess.Popen[str], output: Path, tls: bool
    ) -> None:
        self.home, self.port, self.process, self.output, self.tls = home, port, process, output, tls

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers, body; status 0 where nobody answers."""
        connection: http.client.HTTPConnection
        if self.tls:
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=20, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}"} | headers)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, {}, b""
        finally:
            connection.close()

    def said(self) -> str:
        return self.output.read_text()

    def answers(self) -> bool:
        assert self.process.poll() is None, self.said()
        return self.get("/health")[0] == 200

    def ready(self) -> Running:
        """It has said where it is."""
        assert wait_for(lambda: self.process.poll() is not None or "Ctrl-C" in self.said()), self.said()
        assert self.process.poll() is None, self.said()
        return self

    def below(self) -> dict[int, str]:
        """Every process below the parent: id -> command line."""
        return below(self.process.pid)

    def of(self, word: str) -> int:
        """The process directly below the parent whose command line holds a word."""
        return next(pid for pid, line in children(self.process.pid).items() if word in line)

    def kill(self, word: str) -> bool:
        """Kill the process directly below the parent whose command line holds a word; whether another one has taken its place.
        The killed one stands in the list for a moment longer."""
        killed = self.of(word)
        os.kill(killed, signal.SIGKILL)
        return wait_for(
            lambda: any(
                word in line and pid != killed for pid, line in list(children(self.process.pid).items())
            )
        )

    def stop(self, sign: int = signal.SIGTERM) -> int:
        self.process.send_signal(sign)
        return self.process.wait(40)


@contextmanager
def running(
    home: Path, *options: str, port: int = 0, tls: bool = False, **environment: str
) -> Iterator[Running]:
    """Start it, hand it over, end whatever is left of it."""
    port = port or free_port()
    home.mkdir(parents=True, exist_ok=True)
    output = home.parent / f"{home.name}-{port}.log"
    with output.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "guanxi", "run", "--port", str(port), *options],
            env=clean(home) | {"DEMO": "0"} | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    started = Running(home, port, process, output, tls)
    seen: set[int] = set()
    try:
        yield started
        seen = set(started.below())
    finally:
        seen |= set(started.below())
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for pid in seen:
            if alive(pid) and "guanxi" in command(pid):
                os.kill(pid, signal.SIGKILL)


def once(home: Path, *arguments: str, seconds: float = PATIENCE, **environment: str) -> tuple[int, str]:
    """A command that ends by itself: its status and all it said."""
    done = subprocess.run(
        [sys.executable, "-m", "guanxi", *arguments],
        env=clean(home) | {"DEMO": "0"} | environment,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    return done.returncode, done.stdout + done.stderr


def clean(home: Path) -> dict[str, str]:
    """The environment without what concerns another Guanxi."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith("GUANXI_") and k not in ("DATABASE_URL", "PORT")
    }
    return kept | {
        "GUANXI_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "guanxi.settings",
        "PYTHONUNBUFFERED": "1",
    }


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> dict[int, str]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[1]) == pid and stat[0] != "Z":
                found[int(entry.name)] = command(int(entry.name))
    return found


def below(pid: int) -> dict[int, str]:
    found = dict(children(pid))
    for child in list(found):
        found |= below(child)
    return found


def resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def speaks_tls(port: int, most: ssl.TLSVersion) -> bool:
    """Whether the server agrees with a client that knows no newer TLS than this."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = most
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain):
            return True
    except ssl.SSLError:
        return False
