"""Each way of failing has its words and tells whether trying again can help."""

from __future__ import annotations

import smtplib
import socket
import ssl

import pytest

from guanxi.platform.messages.failures import failure_of

CASES = [
    (smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"no")}), True, False, "对方邮箱拒收"),
    (smtplib.SMTPRecipientsRefused({"a@b.c": (451, b"later")}), False, False, "对方邮箱拒收"),
    (smtplib.SMTPSenderRefused(553, b"who?", "x"), True, False, "发件地址"),
    (smtplib.SMTPDataError(554, "垃圾邮件".encode()), True, False, "垃圾邮件"),
    (smtplib.SMTPAuthenticationError(535, b"bad"), False, True, "账号或密码"),
    (smtplib.SMTPServerDisconnected("x"), False, True, "中断了连接"),
    (smtplib.SMTPNotSupportedError("x"), False, True, "不支持"),
    (smtplib.SMTPConnectError(421, b"busy"), False, True, "busy"),
    (ssl.SSLCertVerificationError("x"), False, True, "证书"),
    (socket.gaierror(-2, "x"), False, True, "找不到邮件服务器"),
    (ConnectionRefusedError(), False, True, "没有应答"),
    (TimeoutError(), False, True, "超时"),
    (OSError("x"), False, True, "无法连接"),
    (UnicodeEncodeError("ascii", "x", 0, 1, "x"), True, False, "检查地址与内容"),
]


@pytest.mark.parametrize(("error", "permanent", "server", "words"), CASES)
def test_a_failure_is_put_into_words(error: Exception, permanent: bool, server: bool, words: str) -> None:
    found = failure_of(error)
    assert (found.permanent, found.server) == (permanent, server)
    assert words in found.text.zh
    assert found.text.en
