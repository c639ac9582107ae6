"""Given a receiver of log lines, when something is logged, then it gets there whole and unforged; when the receiver is away,
slow or somebody else, nobody waits for it, and what was lost is said."""

from __future__ import annotations

import logging
import queue
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from guanxi.interfaces.cli.certificate import self_made
from guanxi.platform.journal import watched
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Forbidden, all_kinds, perform
from guanxi.settings import shipping
from guanxi.settings.shipping import Receiver, Shipping, receiver_from

WAIT = 20


class Collector:
    """A receiver on loopback that reads what RFC 6587 says: a length, a blank, so many bytes."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.got: queue.Queue[str] = queue.Queue()
        self.context = context
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.links: list[socket.socket] = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.listening.accept()
            except OSError:
                return
            try:
                if self.context:
                    link = self.context.wrap_socket(link, server_side=True)
                self.links.append(link)
                self._read(link)
            except OSError:
                link.close()

    def _read(self, link: socket.socket) -> None:
        file = link.makefile("rb")
        while size := b"".join(_digits(file)):
            self.got.put(file.read(int(size)).decode())

    def next(self) -> str:
        return self.got.get(timeout=WAIT)

    def close(self) -> None:
        self.listening.close()
        for link in self.links:
            link.close()


def _digits(file: Any) -> Iterator[bytes]:
    while (sign := file.read(1)) not in (b" ", b""):
        yield sign


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.close()


@contextmanager
def shipping_to(receiver: Receiver, **more: Any) -> Iterator[tuple[logging.Logger, Shipping]]:
    """A logger whose lines go there."""
    handler = Shipping(receiver, **more)
    log = logging.Logger("guanxi.security")
    log.addHandler(handler)
    try:
        yield log, handler
    finally:
        handler.close()


def at(collector: Collector, scheme: str = "tcp", ca: str = "") -> Receiver:
    return Receiver(scheme, "127.0.0.1", collector.port, ca)


def test_a_line_gets_there_as_one_message_that_nobody_forges(collector: Collector) -> None:
    with shipping_to(at(collector)) as (log, _):
        log.warning("登录失败 %s", "eve\n<34>1 - - - - forged")
        said = collector.next()
        head, _, text = said.partition(" - ")
        assert head.startswith("<132>1 2")  # local0, warning
        assert head.split()[3:4] == ["guanxi"]
        assert head.endswith("guanxi.security")
        assert text == "登录失败 eve\\n<34>1 - - - - forged"
        try:
            raise ValueError("boom")
        except ValueError:
            log.exception("failed")
        said = collector.next()
        assert said.startswith("<131>1 ")
        assert "ValueError: boom" in said
        assert "\n" not in said
        log.warning("x" * 20_000)
        assert len(collector.next().encode()) == shipping.LONGEST
    assert collector.got.empty()


def test_over_tls_only_to_whom_the_given_authority_vouches_for(tmp_path: Path, capsys: Any) -> None:
    certificate, key = self_made(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    collector = Collector(context)
    try:
        with shipping_to(at(collector, "tls", str(certificate))) as (log, _):
            log.warning("secret")
            assert collector.next().endswith("secret")
        stranger = self_made(tmp_path / "other")[0]
        with shipping_to(at(collector, "tls", str(stranger))) as (log, handler):
            log.warning("not for you")
            _until(lambda: "takes no log lines" in _said(capsys))
            assert handler._thread is not None
        assert collector.got.empty()
    finally:
        collector.close()


_heard: list[str] = []


def _said(capsys: Any) -> str:
    _heard.append(capsys.readouterr().err)
    return "".join(_heard)


def _until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    tick = threading.Event()
    for _ in range(WAIT * 50):
        if holds():
            return
        tick.wait(0.02)
    raise AssertionError("it did not come about")


def test_a_receiver_that_is_away_costs_nobody_anything_and_gets_what_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shipping, "WAITS", (0.05,))
    probe = socket.create_server(("127.0.0.1", 0))
    port = probe.getsockname()[1]
    probe.close()
    with shipping_to(Receiver("tcp", "127.0.0.1", port), most=5) as (log, handler):
        for n in range(20):
            log.warning("line %d", n)  # nobody takes them: five wait, the others are counted
        _until(lambda: handler.waiting.qsize() + handler.dropped >= 19)
        late = Collector.__new__(Collector)
        late.got, late.context, late.links = queue.Queue(), None, []
        late.listening = socket.create_server(("127.0.0.1", port))
        late.port = port
        late.thread = threading.Thread(target=late._serve, daemon=True)
        late.thread.start()
        try:
            first = late.next()
            assert "lines were dropped" in first
            dropped = int(first.rpartition(" - ")[2].split()[0])
            assert dropped >= 14  # five wait, one is in the hand
            kept = [int(late.next().rpartition(" ")[2]) for _ in range(20 - dropped)]
            assert kept == sorted(kept)
            assert kept[0] == 0  # the oldest stand first: what came last was dropped
        finally:
            late.close()


def test_a_receiver_that_reads_nothing_blocks_nobody() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    try:
        with shipping_to(Receiver("tcp", "127.0.0.1", listening.getsockname()[1]), most=50) as (log, handler):
            for _ in range(5000):  # far more than socket and queue hold: this ends all the same
                log.warning("x" * 8000)
            assert handler.dropped > 0
            assert handler.waiting.qsize() <= 50
    finally:
        listening.close()


def test_a_connection_that_breaks_is_made_anew(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipping, "WAITS", (0.05,))
    with shipping_to(at(collector)) as (log, _):
        log.warning("one")
        assert collector.next().endswith("one")
        collector.links[0].shutdown(socket.SHUT_RDWR)
        collector.links[0].close()

        def again() -> bool:
            log.warning("two")
            return not collector.got.empty()

        _until(again)
        assert collector.next().endswith("two")


@pytest.mark.parametrize(
    "address",
    ["logs.example.com", "http://logs.example.com", "tls://", "tls://h:x", "tls://h/path", "tcp://u@h:1"],
)
def test_an_address_that_is_none_stops_the_start(address: str) -> None:
    with pytest.raises(ValueError, match="GUANXI_LOG_TO"):
        receiver_from(address, "")


def test_what_the_environment_may_say(tmp_path: Path) -> None:
    assert receiver_from("", "") is None
    assert str(receiver_from("tls://logs.example.com", "")) == "tls://logs.example.com:6514"
    assert str(receiver_from("tcp://127.0.0.1:5140", "")) == "tcp://127.0.0.1:5140"
    with pytest.raises(ValueError, match="GUANXI_LOG_CA"):
        receiver_from("tls://logs.example.com", str(tmp_path / "none.pem"))
    near = Receiver("tcp", "127.0.0.1", 601)
    assert (near.near, replace(near, host="10.0.0.5").near) == (True, False)


def test_the_product_itself_carries_its_lines_there(collector: Collector, tmp_path: Path) -> None:
    """The settings as they are, in a process of its own: what it logs at its very end still gets there."""
    said = "import django, logging; django.setup(); logging.getLogger('guanxi.jobs').error('作业 7 失败')"
    environment = {
        "PATH": "/usr/bin:/bin",
        "GUANXI_HOME": str(tmp_path),
        "GUANXI_MODE": "test",
        "DJANGO_SETTINGS_MODULE": "guanxi.settings",
        "GUANXI_LOG_TO": f"tcp://127.0.0.1:{collector.port}",
    }
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", said], env=environment, cwd=root, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert collector.next().endswith("guanxi.jobs - 作业 7 失败")
    assert "作业 7 失败" in done.stderr.decode()  # and on standard error as before


# --- what the journal says to whoever watches ----------------------------------------------------------------------


@pytest.fixture
def watching(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "guanxi.journal")
    return caplog


@pytest.mark.django_db(transaction=True)
def test_sign_ins_rights_and_refusals_are_told_by_number_with_their_hash(cast: Any, watching: Any) -> None:
    perform("people.grant_role", {"person": cast.sun.pk, "role": "front_desk"}, actor=cast.wu)
    with pytest.raises(Forbidden):
        perform("people.deactivate", {"person": cast.sun.pk}, actor=cast.lin)
    lines = [r.getMessage() for r in watching.records if r.name == "guanxi.journal"]
    granted = Fact.objects.get(kind="role.granted", actor_id=cast.wu.pk)
    refused = Fact.objects.get(kind="action.refused", actor_id=cast.lin.pk)
    for fact in (granted, refused):
        about = fact.subject_id or "-"
        wanted = f"fact {fact.seq} {fact.kind} by {fact.actor_id} about person {about} hash {bytes(fact.hash).hex()}"
        assert wanted in lines
    assert not [line for line in lines if cast.sun.name in line]


@pytest.mark.django_db(transaction=True)
def test_everyday_work_is_not_told(cast: Any, watching: Any) -> None:
    perform("customers.create", {"name": "恒远电子", "kinds": ["company"]}, actor=cast.wang)
    assert [r for r in watching.records if r.name == "guanxi.journal" and "customer." in r.getMessage()] == []


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_not_told(cast: Any, watching: Any) -> None:
    from django.db import transaction

    with transaction.atomic():
        perform("people.grant_role", {"person": cast.sun.pk, "role": "front_desk"}, actor=cast.wu)
        transaction.set_rollback(True)
    assert [r for r in watching.records if r.name == "guanxi.journal"] == []


def test_every_watched_word_names_a_kind() -> None:
    words = {name.partition(".")[0] for name in all_kinds()}
    assert words >= watched.WATCHED
    assert all_kinds().keys() >= watched.ALSO
