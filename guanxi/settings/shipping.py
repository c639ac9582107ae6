"""Log lines carried to another system, so that whoever has this machine cannot unsay them: syslog over TLS or TCP.

A line is put into a bounded queue and sent by a thread: nobody who logs ever waits for the network. What the receiver does
not take for too long is dropped, and how much that was is the first thing it is told afterwards.

Messages are those of RFC 5424 (facility local0), each with its length before it (RFC 6587, RFC 5425). Syslog gives no
receipt: what the machine had handed to a connection that broke may be lost, and the line at which it broke comes twice.
"""

from __future__ import annotations

import logging
import os
import queue
import socket
import ssl
import sys
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from .logs import OneLine, visible

SCHEMES = ("tls", "tcp")
MOST = 10_000
"""So many lines wait; more are dropped and counted."""
LONGEST = 8192
"""Bytes of one message; what is longer is cut."""
CONNECT_SECONDS = 10
WAITS = (1, 2, 5, 15, 30, 60)
"""Seconds before each further try to connect; then the last of them again and again."""
LAST_SECONDS = 3
"""So long a process that ends still tries to hand over what waits."""
_LOCAL0 = 16
_SEVERITY = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where lines go. ca: a PEM file of who vouches for its certificate, '' for those that the machine knows."""

    scheme: str
    host: str
    port: int
    ca: str = ""

    @property
    def near(self) -> bool:
        """Whether it is on this machine, so that nobody reads along."""
        return self.host in ("localhost", "127.0.0.1", "::1")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


def receiver_from(address: str, ca: str) -> Receiver | None:
    """The receiver that GUANXI_LOG_TO names; None for none. ValueError with one line for what is no such address."""
    if not address:
        return None
    fault = f"GUANXI_LOG_TO={address}: write tls://host:6514, or tcp://host:port inside one's own network"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(fault) from None
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in SCHEMES or not parts.hostname or more:
        raise ValueError(fault)
    if ca and not os.path.isfile(ca):
        raise ValueError(f"GUANXI_LOG_CA={ca}: there is no such file")
    return Receiver(parts.scheme, parts.hostname, port or (6514 if parts.scheme == "tls" else 601), ca)


class Shipping(logging.Handler):
    """Carries each line of the log to a receiver."""

    def __init__(self, receiver: Receiver, most: int = MOST) -> None:
        super().__init__()
        self.receiver = receiver
        self.waiting: queue.Queue[bytes] = queue.Queue(most)
        self.dropped = 0
        self._counting = threading.Lock()  # not the handler's own, which is held while the process ends
        self._thread: threading.Thread | None = None
        self._process = 0
        self._over = threading.Event()
        self._host = _field(socket.gethostname(), 255)

    # --- whoever logs ---

    def emit(self, record: logging.LogRecord) -> None:
        try:
            message = self.message(record)
        except Exception:
            self.handleError(record)
            return
        self._begin()
        try:
            self.waiting.put_nowait(message)
        except queue.Full:
            with self._counting:
                self.dropped += 1

    def message(self, record: logging.LogRecord) -> bytes:
        """One syslog message: nothing that somebody sends begins a second one."""
        severity = next((code for level, code in _SEVERITY if record.levelno >= level), 7)
        at = (
            datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z")
        )
        said = record.getMessage()
        if record.exc_info:
            said += "\n" + (self.formatter or logging.Formatter()).formatException(record.exc_info)
        head = (
            f"<{_LOCAL0 * 8 + severity}>1 {at} {self._host} guanxi {os.getpid()} {_field(record.name, 32)} - "
        )
        return head.encode() + visible(said).encode()[: LONGEST - len(head)]

    # --- the thread ---

    def _begin(self) -> None:
        """The thread of this process: after a fork the child has none."""
        if self._process == os.getpid():
            return
        self.waiting = queue.Queue(self.waiting.maxsize)  # what waited in the parent is the parent's to send
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._carry, name="log shipping", daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        held: bytes | None = None
        failures = 0
        while True:
            try:
                with self._connected() as link:
                    failures = 0
                    while True:
                        if count := self._counted():
                            link.sendall(
                                _framed(
                                    self.message(
                                        _of_ours(
                                            "%d lines were dropped: the receiver did not take them", count
                                        )
                                    )
                                )
                            )
                        held = held or self._next()
                        if held is None:
                            return
                        link.sendall(_framed(held))
                        held = None
            except OSError as error:
                if failures == 0:
                    sys.stderr.write(
                        OneLine().format(_of_ours("%s takes no log lines: %s", self.receiver, error)) + "\n"
                    )
                wait = WAITS[min(failures, len(WAITS) - 1)]
                failures += 1
                if self._over.wait(wait):
                    return

    def _counted(self) -> int:
        """How many lines were dropped since this was last asked."""
        with self._counting:
            count, self.dropped = self.dropped, 0
            return count

    def _next(self) -> bytes | None:
        """The next line; None once the process ends and nothing waits."""
        while True:
            try:
                return self.waiting.get(timeout=0.2)
            except queue.Empty:
                if self._over.is_set():
                    return None

    def _connected(self) -> socket.socket:
        to = self.receiver
        plain = socket.create_connection((to.host, to.port), CONNECT_SECONDS)
        if to.scheme == "tcp":
            return plain
        try:
            context = ssl.create_default_context(cafile=to.ca or None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            return context.wrap_socket(plain, server_hostname=to.host)
        except BaseException:
            plain.close()
            raise

    def close(self) -> None:
        """The process ends: what waits is handed over as far as that goes quickly."""
        self._over.set()
        thread = self._thread
        if thread is not None and self._process == os.getpid() and thread is not threading.current_thread():
            thread.join(LAST_SECONDS)
        super().close()


def _framed(message: bytes) -> bytes:
    return b"%d %b" % (len(message), message)


def _field(text: str, most: int) -> str:
    """A field of the header: printable ASCII without blanks."""
    return "".join(sign for sign in text if "!" <= sign <= "~")[:most] or "-"


def _of_ours(said: str, *values: object) -> logging.LogRecord:
    """A line about the lines themselves."""
    return logging.LogRecord("guanxi.logs", logging.WARNING, __file__, 0, said, values, None)
