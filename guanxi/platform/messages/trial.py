"""'Try e-mail': one message, sent at once, with an answer that says what to change."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from guanxi.platform.kernel import Clock, Text, system_clock

from .definitions import MessageTemplate, message_template, render
from .deliver import as_email, connected, is_configured
from .failures import failure_of
from .models import OutgoingMessage

TRIAL = message_template(
    MessageTemplate(
        "messages.trial",
        label=Text("测试邮件", "Test message"),
        subject=Text("测试邮件：发信设置正确", "Test message: sending works"),
        paragraphs=(
            Text(
                "收到这封邮件，说明邮件服务器 {server} 可以发信。无需回复。",
                "That you read this shows that the mail server {server} sends. There is no need to answer.",
            ),
        ),
        optional=False,
    )
)


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went. text: fit to be shown; server: host and port that were tried."""

    ok: bool
    text: Text
    server: str


def try_email(address: str, *, language: str = "zh", clock: Clock = system_clock) -> Trial:
    """Send a test message to `address` now, past the outbox."""
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    if not is_configured():
        return Trial(
            False,
            Text(
                "没有设置邮件服务器：请设置环境变量 GUANXI_SMTP_HOST",
                "No mail server is set: set the environment variable GUANXI_SMTP_HOST",
            ),
            "",
        )
    try:
        validate_email(address)
    except ValidationError:
        words = Text(f"“{address}”不是有效的电子邮箱", f"“{address}” is not an e-mail address")
        return Trial(False, words, server)
    now = clock()
    said = render(TRIAL, {"server": server}, language)
    message = OutgoingMessage(
        key=f"trial:{address}:{now.isoformat()}",
        template=TRIAL.name,
        language=language,
        address=address,
        subject=said.subject,
        text=said.text,
        html=said.html,
        created_at=now,
        next_at=now,
    )
    try:
        with connected() as connection:
            connection.send_messages([as_email(message, now)])
    except Exception as error:
        found = failure_of(error)
        return Trial(False, Text(f"发信失败：{found.text.zh}", f"Sending failed: {found.text.en}"), server)
    return Trial(
        True,
        Text(f"已交给 {server}，请查收 {address}", f"Handed to {server}; look for it at {address}"),
        server,
    )
