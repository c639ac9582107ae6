"""Why a message could not be sent: in words, and whether trying again can help."""

from __future__ import annotations

import smtplib
import socket
import ssl
from dataclasses import dataclass

from guanxi.platform.kernel import Text


@dataclass(frozen=True, slots=True)
class Failure:
    """permanent: the receiving side will not change its mind. server: the fault lies with our side's mail server or
    its settings, so every other message meets it too."""

    text: Text
    permanent: bool = False
    server: bool = False


def failure_of(error: Exception) -> Failure:
    """What an exception of smtplib or the network means."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, said = next(iter(error.recipients.values()), (550, b""))
            return _answered("对方邮箱拒收", "The address was refused", code, said)
        case smtplib.SMTPSenderRefused():
            return _answered(
                "邮件服务器不接受发件地址",
                "The sender's address was refused",
                error.smtp_code,
                error.smtp_error,
            )
        case smtplib.SMTPAuthenticationError():
            return _server(
                "邮件服务器不接受账号或密码", "The mail server refused name or password", error.smtp_error
            )
        case smtplib.SMTPDataError():
            return _answered(
                "邮件服务器拒收邮件内容",
                "The mail server refused the message",
                error.smtp_code,
                error.smtp_error,
            )
        case smtplib.SMTPServerDisconnected():
            return _server("邮件服务器中断了连接", "The mail server closed the connection")
        case smtplib.SMTPNotSupportedError():
            return _server(
                "邮件服务器不支持所设的加密或登录方式",
                "The mail server lacks the encryption or sign-in that is set",
            )
        case smtplib.SMTPConnectError() | smtplib.SMTPHeloError() | smtplib.SMTPResponseException():
            return _server(
                "邮件服务器不接受连接", "The mail server does not accept the connection", error.smtp_error
            )
        case ssl.SSLError():
            return _server(
                "与邮件服务器的加密连接失败（证书或端口不对）",
                "No secure connection to the mail server (certificate or port)",
            )
        case socket.gaierror():
            return _server("找不到邮件服务器的地址", "The mail server's name is not known")
        case ConnectionRefusedError():
            return _server(
                "邮件服务器没有应答（地址或端口不对，或服务器已停）",
                "The mail server does not answer (address, port, or it is down)",
            )
        case TimeoutError():
            return _server("邮件服务器超时没有应答", "The mail server did not answer in time")
        case OSError():
            return _server("无法连接邮件服务器", "The mail server cannot be reached")
        case _:
            return Failure(
                Text(
                    "邮件无法生成，请检查地址与内容", "The message cannot be built; check address and content"
                ),
                permanent=True,
            )


def _answered(zh: str, en: str, code: int, said: bytes | str) -> Failure:
    return Failure(_with(zh, en, said, code), permanent=500 <= code < 600)


def _server(zh: str, en: str, said: bytes | str = b"") -> Failure:
    return Failure(_with(zh, en, said), server=True)


def _with(zh: str, en: str, said: bytes | str, code: int | None = None) -> Text:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    words = " ".join(f"{code or ''} {words}".split())[:200]
    return Text(f"{zh}（{words}）", f"{en} ({words})") if words else Text(zh, en)
