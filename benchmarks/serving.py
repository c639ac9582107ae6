"""The real server on loopback: started as a company starts it, asked over sockets, ended in any case."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .companies import ROOT, Company

PATIENCE = 180.0
"""Seconds until a start that has not come is given up."""


@dataclass(slots=True)
class Server:
    """A running `guanxi run --no-worker`."""

    process: subprocess.Popen[bytes]
    port: int

    def web_processes(self) -> list[int]:
        """The processes that answer: granian's workers, below granian, below the parent."""
        return [worker for granian in _below(self.process.pid) for worker in _below(granian)]


@contextmanager
def serving(company: Company) -> Iterator[Server]:
    """Start the server on a company; hand it over once it answers; stop it. RuntimeError where it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    log = company.home / "bench-server.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "guanxi", "run", "--no-worker", "--no-demo", "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=company.environment, stdout=output, stderr=output)
    server = Server(process, port)
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-800:]}")
            time.sleep(0.2)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Line:
    """One connection of one client, kept open as browsers do."""

    def __init__(self, port: int, **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Host": f"localhost:{port}", "Accept-Encoding": "br, gzip", **headers}

    def send(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers, body as it was sent (compressed)."""
        self.connection.request(method, path, body=body, headers=self.headers | headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


def _answers(port: int) -> bool:
    try:
        return Line(port).send("GET", "/health")[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def _below(pid: int) -> list[int]:
    """Direct children of a process (Linux)."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            if int(parent) == pid:
                found.append(int(folder.name))
    return sorted(found)
