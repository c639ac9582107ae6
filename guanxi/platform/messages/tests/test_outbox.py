"""Given a real mail server on this machine, when workers stop, die or meet refusals, then each message goes out once."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Forbidden, Invalid, Text, fixed_clock, perform
from guanxi.platform.messages import deliver
from guanxi.platform.messages.definitions import MessageTemplate, message_template
from guanxi.platform.messages.deliver import GIVE_UP_AFTER, LEASE, clear_old, deliver_due, forget_customer
from guanxi.platform.messages.models import OutgoingMessage, State
from guanxi.platform.messages.queue import File, Recipient, queue
from guanxi.platform.messages.reads import outbox, undelivered, wishes
from guanxi.platform.messages.trial import try_email

from .mailbox import Box, free_port

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
NEWS = message_template(
    MessageTemplate(
        "test.news",
        label=Text("消息", "News"),
        subject=Text("{what}", "{what}"),
        paragraphs=(Text("您好，{what}。", "Hello, {what}."),),
    )
)
LETTER = message_template(
    MessageTemplate("test.letter", Text("函件", "Letter"), Text("函件", "Letter"), optional=False)
)


class Killed(BaseException):
    """The worker's process is gone: nothing catches this."""


def at(**later: float):  # type: ignore[no-untyped-def]
    return fixed_clock(NOON + timedelta(**later))


def news(to: object, key: str = "news-1", **more: object) -> OutgoingMessage:
    return queue("test.news", key=key, to=to, values={"what": "春节放假"}, now=NOON, **more)  # type: ignore[arg-type]


def test_a_message_is_delivered_once_with_text_html_and_files(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    contact = Recipient("wang@customer.example", "王建国, “采购”")
    row = news(contact, customer=7, files=[File("函件.pdf", "application/pdf", b"%PDF-1.7")])
    assert deliver_due(clock=at()) == {"sent": 1}
    assert deliver_due(clock=at(days=1)) == {}
    (mail,) = box.taken
    assert mail["Subject"] == "春节放假"
    assert mail["To"].addresses[0].display_name == "王建国, “采购”"
    assert mail["From"].addresses[0].display_name == "恒信物业"
    assert mail["Date"].datetime == NOON
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "您好，春节放假。"
    assert "<p>您好，春节放假。</p>" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert [one.get_filename() for one in mail.iter_attachments()] == ["函件.pdf"]
    row.refresh_from_db()
    assert (row.state, row.sent_at, row.attempts) == (State.SENT, NOON, 1)
    fact = Fact.objects.get(kind="message.sent")
    assert (fact.customer_id, fact.data["template"]) == (7, "test.news")


def test_under_the_same_key_nothing_is_queued_twice(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    assert news(cast.lin).pk == news(cast.lin).pk
    deliver_due(clock=at())
    news(cast.lin)
    deliver_due(clock=at(minutes=1))
    assert len(box.taken) == 1


def test_server_down_then_worker_killed_then_up_again_delivers_once(
    cast, box: Box, settings, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    up, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    row = news(cast.lin)
    assert deliver_due(clock=at()) == {"retry": 1}
    row.refresh_from_db()
    assert row.state == State.WAITING
    assert row.next_at == NOON + timedelta(minutes=1)
    assert "没有应答" in row.error_text.zh

    settings.EMAIL_PORT = up
    monkeypatch.setattr(deliver._Post, "open", lambda self: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        deliver_due(clock=at(minutes=2))
    monkeypatch.undo()
    assert OutgoingMessage.objects.get().state == State.CLAIMED

    assert deliver_due(clock=at(minutes=3)) == {}, "the dead worker's claim still holds"
    assert deliver_due(clock=fixed_clock(NOON + timedelta(minutes=3) + LEASE)) == {"sent": 1}
    assert deliver_due(clock=at(days=1)) == {}
    assert len(box.taken) == 1


def test_a_worker_killed_after_the_server_took_it_does_not_send_twice(cast, box: Box, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    row = news(cast.lin)
    monkeypatch.setattr(deliver, "_settle", lambda *_: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        deliver_due(clock=at())
    monkeypatch.undo()
    assert len(box.taken) == 1
    assert deliver_due(clock=at(hours=1)) == {"uncertain": 1}
    assert deliver_due(clock=at(days=1)) == {}
    assert len(box.taken) == 1
    row.refresh_from_db()
    assert row.state == State.UNCERTAIN
    assert Fact.objects.get(kind="message.failed").data["state"] == "uncertain"
    assert undelivered() == 1

    perform("messages.send_again", {"message": row.pk}, actor=cast.wu, clock=at(days=2))
    assert deliver_due(clock=at(days=2)) == {"sent": 1}
    first, second = box.taken
    assert first["Message-ID"] == second["Message-ID"], "so that a mail system can know the copy"


def test_two_workers_never_hold_the_same_message(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    row = news(cast.lin)
    assert deliver._claim(row.pk, NOON) is not None
    assert deliver._claim(row.pk, NOON) is None
    assert deliver_due(clock=at()) == {}


def test_a_refused_recipient_is_told_at_once_and_not_tried_again(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    box.to_recipient = "550 no such user here"
    row = news(Recipient("gone@customer.example", "王"), customer=7)
    assert deliver_due(clock=at()) == {"refused": 1}
    row.refresh_from_db()
    assert row.error_text == Text(
        "对方邮箱拒收（550 no such user here）", "The address was refused (550 no such user here)"
    )
    assert deliver_due(clock=at(days=1)) == {}
    assert Fact.objects.get(kind="message.failed").customer_id == 7


def test_one_refused_message_does_not_hold_up_the_next(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    box.to_data = "554 looks like spam"
    news(cast.lin, "a")
    assert deliver_due(clock=at()) == {"refused": 1}
    box.to_data = "250 OK"
    news(cast.lin, "b")
    news(cast.zhao, "c")
    assert deliver_due(clock=at()) == {"sent": 2}


def test_a_full_mailbox_is_tried_again_later_and_given_up_after_days(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    box.to_recipient = "452 mailbox full"
    row = news(Recipient("full@customer.example"))
    waits = []
    moment = NOON
    while True:
        tally = deliver_due(clock=fixed_clock(moment))
        row.refresh_from_db()
        if row.state != State.WAITING:
            break
        assert tally == {"retry": 1}
        waits.append(row.next_at - moment)
        moment = row.next_at
    assert waits[:5] == list(deliver.BACK_OFF)
    assert row.state == State.FAILED
    assert GIVE_UP_AFTER <= moment - NOON < GIVE_UP_AFTER + deliver.BACK_OFF[-1]
    assert "452 mailbox full" in row.error_text.en


def test_without_a_mail_server_messages_wait_and_are_not_given_up(cast, settings) -> None:  # type: ignore[no-untyped-def]
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
    news(cast.lin)
    assert deliver_due(clock=at(days=30)) == {}
    assert OutgoingMessage.objects.get().attempts == 0


def test_a_message_for_tomorrow_waits_until_tomorrow(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    news(cast.lin, not_before=NOON + timedelta(days=1))
    assert deliver_due(clock=at(hours=23)) == {}
    assert deliver_due(clock=at(hours=24)) == {"sent": 1}


def test_a_clock_that_ran_ahead_keeps_nothing_waiting_once_it_is_set_right(
    cast, box: Box, settings, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    ahead = fixed_clock(NOON + timedelta(days=400))
    words = {"what": "春节放假"}
    queue("test.news", key="queued", to=cast.lin, values=words, now=ahead())
    meant = queue(
        "test.news",
        key="meant for later",
        to=cast.sun,
        values=words,
        now=ahead(),
        not_before=ahead() + timedelta(days=1),
    )
    up, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    assert deliver_due(clock=ahead) == {"retry": 1}
    settings.EMAIL_PORT = up
    news(cast.zhao, "claimed")
    monkeypatch.setattr(deliver._Post, "open", lambda self: (_ for _ in ()).throw(Killed()))
    with pytest.raises(Killed):
        deliver_due(clock=ahead)
    monkeypatch.undo()

    assert deliver_due(clock=at()) == {"sent": 1}, "what the clock made wait goes at once"
    assert deliver_due(clock=fixed_clock(NOON + LEASE + timedelta(seconds=1))) == {"sent": 1}, (
        "the dead claim too"
    )
    meant.refresh_from_db()
    assert (meant.state, len(box.taken)) == (State.WAITING, 2), "what was put off on purpose waits"


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-made certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    there = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(there, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    held, secret = folder / "certificate.pem", folder / "key.pem"
    held.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return held, secret


def test_mail_over_tls_from_the_first_byte(cast, settings, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    held, secret = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(held, secret)
    taken = Box()
    server = Controller(taken, hostname="127.0.0.1", port=free_port(), ssl_context=context)
    monkeypatch.setenv("SSL_CERT_FILE", str(held))  # where OpenSSL looks whom to trust
    server.start()
    try:
        environment = {
            "GUANXI_SMTP_TLS": "ssl",
            "GUANXI_SMTP_HOST": "127.0.0.1",
            "GUANXI_HOME": str(tmp_path),
        }
        names = (
            "EMAIL_BACKEND",
            "EMAIL_HOST",
            "EMAIL_PORT",
            "EMAIL_USE_SSL",
            "EMAIL_USE_TLS",
            "EMAIL_TIMEOUT",
        )
        ask = f"import json; from guanxi import settings; print(json.dumps([getattr(settings, n) for n in {names}]))"
        said = subprocess.run(
            [sys.executable, "-c", ask],
            env=os.environ | environment,
            capture_output=True,
            check=True,
            text=True,
        )
        chosen = dict(zip(names, json.loads(said.stdout), strict=True))
        assert (chosen["EMAIL_PORT"], chosen["EMAIL_USE_SSL"]) == (465, True)
        for name, value in (chosen | {"EMAIL_PORT": server.port}).items():
            setattr(settings, name, value)
        assert try_email("wu@example.com", clock=at()).ok
        news(cast.lin)
        assert deliver_due(clock=at()) == {"sent": 1}
        assert [mail["Subject"] for mail in taken.taken] == ["测试邮件：发信设置正确", "春节放假"]

        monkeypatch.delenv("SSL_CERT_FILE")
        assert "No secure connection" in try_email("wu@example.com", clock=at()).text.en, "not one we trust"
    finally:
        server.stop()


def test_who_has_switched_it_off_gets_none_but_letters_go_out(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    perform("messages.set_preference", {"template": "test.news", "on": False}, actor=cast.lin, clock=at())
    assert news(cast.lin).state == State.SKIPPED
    assert news(cast.zhao, "other").state == State.WAITING
    assert queue("test.letter", key="l", to=cast.lin, values={}, now=NOON).state == State.WAITING
    assert [wish.on for wish in wishes(cast.lin) if wish.template == "test.news"] == [False]
    with pytest.raises(Invalid) as refused:
        perform(
            "messages.set_preference", {"template": "test.letter", "on": False}, actor=cast.lin, clock=at()
        )
    assert refused.value.errors["template"][0].zh == "这类消息始终也发邮件"


@pytest.mark.parametrize("address", ["", "nobody", "a b@example.com", "x@example.com\nBcc: y@example.com"])
def test_an_address_that_cannot_be_is_refused_when_queued(cast, address: str) -> None:  # type: ignore[no-untyped-def]
    row = news(Recipient(address))
    assert row.state == State.REFUSED
    assert row.error_text.zh


def test_each_in_the_persons_own_language(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    cast.lin.language = "en"
    assert news(cast.lin).text == "Hello, 春节放假.\n"


def test_only_who_manages_the_mail_sees_all_and_sends_again(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    row = news(cast.lin)
    assert list(outbox(cast.lin)) == [row]
    assert list(outbox(cast.sun)) == []
    assert list(outbox(cast.wu)) == [row]
    for who in (cast.lin, cast.wang, cast.sun):
        with pytest.raises(Forbidden):
            perform("messages.send_again", {"message": row.pk}, actor=who, clock=at())
    with pytest.raises(Invalid) as refused:
        perform("messages.send_again", {"message": row.pk}, actor=cast.wu, clock=at())
    assert refused.value.text.zh == "这封邮件还在发送中"


def test_words_are_cleared_after_a_while_and_erased_on_demand(cast, box: Box) -> None:  # type: ignore[no-untyped-def]
    news(cast.lin, "old", files=[File("a.txt", "text/plain", b"a")])
    deliver_due(clock=at())
    assert clear_old(clock=at(days=10)) == 0
    assert clear_old(clock=at(days=100)) == 1
    news(Recipient("wang@customer.example", "王"), "his", customer=7)
    assert forget_customer(7) == 1
    erased = OutgoingMessage.objects.get(key="his")
    assert (erased.address, erased.text, erased.state) == ("", "", State.SKIPPED)
    assert deliver_due(clock=at(days=101)) == {}


def test_trying_the_mail_sends_one_message_now(box: Box) -> None:
    tried = try_email("wu@example.com", clock=at())
    assert tried.ok
    assert tried.text.zh.endswith("请查收 wu@example.com")
    assert box.taken[0]["Subject"] == "测试邮件：发信设置正确"
    assert OutgoingMessage.objects.count() == 0


def test_trying_the_mail_says_what_to_change(box: Box, settings) -> None:  # type: ignore[no-untyped-def]
    assert "不是有效的电子邮箱" in try_email("nobody", clock=at()).text.zh
    box.to_recipient = "550 relaying denied"
    assert "relaying denied" in try_email("wu@example.com", clock=at()).text.en
    box.to_recipient = "250 OK"
    settings.EMAIL_USE_TLS = True
    assert "lacks the encryption" in try_email("wu@example.com", clock=at()).text.en
    settings.EMAIL_USE_TLS = False
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "crm", "secret"
    assert "lacks the encryption or sign-in" in try_email("wu@example.com", clock=at()).text.en
    settings.EMAIL_HOST_USER = ""
    settings.EMAIL_PORT = free_port()
    assert "does not answer" in try_email("wu@example.com", clock=at()).text.en
    settings.EMAIL_HOST = ""
    assert "GUANXI_SMTP_HOST" in try_email("wu@example.com", clock=at()).text.zh
