"""Given WeCom and DingTalk, as their descriptions have them, when somebody comes from there, then only who is linked comes in.

The services are stood in for on loopback: nobody here has an account at them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import perform
from guanxi.platform.people import chat
from guanxi.platform.people.models import Link, Person
from guanxi.settings.provider import application_from

from .cast import Cast
from .test_signin import SECRET

WECOM = {"corp": "ww1", "agent": "1000002", "secret": "wecom-secret"}
DINGTALK = {"client": "ding1", "secret": "ding-secret", "corp": "dingcorp"}


class Services:
    """Both services' answers. said: what is changed in them."""

    def __init__(self) -> None:
        self.said: dict[str, Any] = {}
        self.asked: list[str] = []

    def answer(self, path: str, query: dict[str, str], body: dict[str, str], headers: Any) -> dict[str, Any]:
        self.asked.append(path)
        if path == "/wecom/gettoken":
            if query != {"corpid": "ww1", "corpsecret": "wecom-secret"}:
                return {"errcode": 40001}
            return {"errcode": 0, "access_token": "at", "expires_in": 7200}
        if path == "/wecom/auth/getuserinfo":
            if query != {"access_token": "at", "code": "good"}:
                return {"errcode": 40029}
            return {"errcode": 0, "userid": "LinXiao"} | self.said
        if path == "/ding/oauth2/userAccessToken":
            wanted = {
                "clientId": "ding1",
                "clientSecret": "ding-secret",
                "code": "good",
                "grantType": "authorization_code",
            }
            return (
                {"accessToken": "ut", "corpId": "dingcorp"} | self.said
                if body == wanted
                else {"code": "invalid"}
            )
        if path == "/ding/contact/users/me" and headers["x-acs-dingtalk-access-token"] == "ut":
            return {"unionId": "u-1", "nick": "林晓"} | self.said
        return {}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Services, str]]:
    class Handler(BaseHTTPRequestHandler):
        def _send(self) -> None:
            parts = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(sent) if sent else {}
            told = json.dumps(services.answer(parts.path, dict(parse_qsl(parts.query)), body, self.headers))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(told.encode())

        do_GET = do_POST = _send

        def log_message(self, *_: Any) -> None:
            pass

    services = Services()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield services, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def services(served: tuple[Services, str], settings: Any, monkeypatch: pytest.MonkeyPatch) -> Services:
    found, address = served
    found.__init__()  # type: ignore[misc]
    chat.forget()
    monkeypatch.setattr(chat, "WECOM", f"{address}/wecom")
    monkeypatch.setattr(chat, "DINGTALK", f"{address}/ding")
    settings.WECOM, settings.DINGTALK = WECOM, DINGTALK
    return found


@pytest.fixture
def lin(cast: Cast) -> Person:
    cast.lin.set_password(SECRET)
    cast.lin.save()
    return cast.lin


def back(client: Client, by: str, code: str = "good", more: str = "") -> Any:
    """There and back again."""
    there = client.get(f"/sign-in/provider/?by={by}&next=/me/{more}")["Location"]
    query = dict(parse_qsl(urlsplit(there).query))
    assert query["redirect_uri"] == "http://testserver/sign-in/provider/back/"
    assert query["state"].isalnum()
    name = "code" if by == "wecom" else "authCode"
    return client.get("/sign-in/provider/back/", {name: code, "state": query["state"]})


def link(person: Person, by: str) -> None:
    account = ("wecom:ww1", "LinXiao") if by == "wecom" else ("dingtalk:ding1", "u-1")
    perform("people.link_account", dict(zip(("issuer", "subject"), account, strict=True)), actor=person)


BOTH = pytest.mark.parametrize("by", ["wecom", "dingtalk"])


@BOTH
def test_who_is_linked_comes_in(client: Client, lin: Person, services: Services, by: str) -> None:
    link(lin, by)
    shown = client.get("/sign-in/").content.decode()
    assert "用企业微信登录" in shown
    assert "用钉钉登录" in shown
    assert back(client, by)["Location"] == "/me/"
    assert client.get("/me/").status_code == 200
    assert Fact.objects.filter(kind="session.began").latest("seq").data["how"] == by


@BOTH
def test_who_is_not_linked_does_not(client: Client, lin: Person, services: Services, by: str) -> None:
    assert back(client, by)["Location"] == "/sign-in/?provider=unknown"


@BOTH
def test_one_links_after_the_password(client: Client, lin: Person, services: Services, by: str) -> None:
    client.post("/sign-in/", {"username": "lin", "password": SECRET})
    page = f"/me/company-account/?by={by}"
    assert "去登录" in client.post(page, {"password": SECRET}).content.decode()
    assert back(client, by, more="&link")["Location"] == page
    assert Link.objects.get().person_id == lin.pk
    assert client.post(page, {"password": SECRET})["Location"] == page
    assert not Link.objects.exists()


@BOTH
def test_a_bad_code_and_another_browsers_answer_open_nothing(
    client: Client, lin: Person, services: Services, by: str
) -> None:
    link(lin, by)
    assert back(client, by, code="bad")["Location"] == "/sign-in/?provider=wrong"
    assert back(client, by, code="")["Location"] == "/sign-in/?provider=given_up"
    client.get(f"/sign-in/provider/?by={by}")
    forged = client.get("/sign-in/provider/back/", {"code": "good", "authCode": "good", "state": "x"})
    assert forged["Location"] == "/sign-in/?provider=stale"


def test_somebody_from_outside_the_company_opens_nothing(
    client: Client, lin: Person, services: Services
) -> None:
    link(lin, "wecom")
    link(lin, "dingtalk")
    services.said = {"userid": None, "external_userid": "x"}
    assert back(client, "wecom")["Location"] == "/sign-in/?provider=unknown"
    services.said = {"corpId": "another"}
    assert back(client, "dingtalk")["Location"] == "/sign-in/?provider=unknown"


def test_wecom_is_asked_for_a_token_once_in_two_hours(
    client: Client, lin: Person, services: Services
) -> None:
    link(lin, "wecom")
    for _ in range(3):
        back(Client(), "wecom")
    assert services.asked.count("/wecom/gettoken") == 1


def test_secrets_stand_on_no_page(client: Client, cast: Cast, services: Services) -> None:
    client.force_login(cast.wu, "django.contrib.auth.backends.ModelBackend")
    shown = client.get("/settings/?of=security").content.decode()
    assert "企业微信：已接入" in shown
    assert "尚未实测" in shown
    assert "secret" not in shown.lower().replace("guanxi_", "")


def test_half_an_application_stops_the_start() -> None:
    with pytest.raises(ValueError, match="GUANXI_WECOM_SECRET"):
        application_from(corp=("GUANXI_WECOM_CORP", "ww1"), secret=("GUANXI_WECOM_SECRET", ""))
    assert application_from(corp=("GUANXI_WECOM_CORP", "")) is None
