"""Given the company's OpenID Connect provider, when somebody comes from it, then only who is meant comes in, and no lie does."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from joserfc.jwk import RSAKey

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import perform
from guanxi.platform.people import oidc
from guanxi.platform.people.models import Link, Person
from guanxi.settings.provider import provider_from
from tests.browsing import free_port

from .cast import Cast
from .issuer import CLIENT, SECRET, Issuer, serving
from .test_signin import SECRET as PASSWORD
from .test_signin import code, enrol


@pytest.fixture(scope="module")
def served() -> Iterator[Issuer]:
    with serving() as issuer:
        yield issuer


@pytest.fixture
def issuer(served: Issuer, settings: Any) -> Issuer:
    served.__init__(served.address)  # type: ignore[misc]
    settings.OIDC = provider_from(served.address, CLIENT, SECRET, "")
    oidc.forget()
    return served


@pytest.fixture
def lin(cast: Cast) -> Person:
    cast.lin.set_password(PASSWORD)
    cast.lin.email = "lin@example.com"
    cast.lin.save()
    return cast.lin


@pytest.fixture
def linked(lin: Person, issuer: Issuer) -> Person:
    perform("people.link_account", {"issuer": issuer.address, "subject": "a-1"}, actor=lin)
    return lin


def through(client: Client, issuer: Issuer, address: str = "/sign-in/provider/?next=/me/") -> Any:
    """To the provider and back."""
    return client.get(issuer.approve(client.get(address)["Location"]))


def inside(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def refused(answer: Any, why: str) -> bool:
    return answer.status_code == 302 and answer["Location"] == f"/sign-in/?provider={why}"


def test_a_linked_account_opens_and_goes_on_where_one_wanted(
    client: Client, linked: Person, issuer: Issuer
) -> None:
    assert "用单位账号登录" in client.get("/sign-in/").content.decode()
    before = client.session.session_key
    assert through(client, issuer)["Location"] == "/me/"
    assert inside(client)
    assert client.session.session_key != before
    assert Fact.objects.filter(kind="session.began").latest("seq").data == {"factor": False, "how": "oidc"}


def test_an_account_that_nobody_linked_opens_nothing_though_the_address_is_somebodys(
    client: Client, lin: Person, issuer: Issuer
) -> None:
    """An administrator keeps the addresses: whoever writes their own there must not come in as somebody else."""
    answer = through(client, issuer)
    assert refused(answer, "unknown")
    assert "还没有关联" in client.get(answer["Location"]).content.decode()
    assert not inside(client)
    assert not Link.objects.exists()


def test_somebody_new_is_linked_by_the_address_that_the_provider_verified(
    client: Client, cast: Cast, issuer: Issuer
) -> None:
    given = {"username": "new", "name": "新人", "email": "NEW@example.com"}
    issuer.email = "new@example.com"
    new = perform("people.add", given, actor=cast.wu).value
    issuer.verified = False
    assert refused(through(client, issuer), "unknown")
    issuer.verified = True
    assert through(client, issuer)["Location"] == "/sign-in/password/"
    done = client.post("/sign-in/password/", {"new": "battery-staple-9", "again": "battery-staple-9"})
    assert done["Location"] == "/me/"
    assert Link.objects.get().person_id == new.pk
    assert Fact.objects.filter(kind="account.linked", subject_id=str(new.pk)).count() == 1


def test_of_two_people_with_one_address_neither_is_meant(client: Client, cast: Cast, issuer: Issuer) -> None:
    for name in ("new", "other"):
        perform("people.add", {"username": name, "name": "新人", "email": "lin@example.com"}, actor=cast.wu)
    assert refused(through(client, issuer), "unknown")


def test_the_address_may_stand_with_the_user_information(client: Client, cast: Cast, issuer: Issuer) -> None:
    perform("people.add", {"username": "new", "name": "新人", "email": "new@example.com"}, actor=cast.wu)
    issuer.email, issuer.in_token = "new@example.com", False
    assert through(client, issuer)["Location"] == "/sign-in/password/"


def test_the_second_factor_is_still_asked_for(client: Client, linked: Person, issuer: Issuer) -> None:
    device, _ = enrol(linked)
    assert through(client, issuer)["Location"] == "/sign-in/code/"
    assert not inside(client)
    assert client.post("/sign-in/code/", {"otp": code(device)})["Location"] == "/me/"
    assert inside(client)


def test_the_deactivated_do_not_come_in(client: Client, linked: Person, cast: Cast, issuer: Issuer) -> None:
    perform("people.deactivate", {"person": linked.pk}, actor=cast.wu)
    assert refused(through(client, issuer), "unknown")


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "another client's": {"aud": "other"},
    "for several, not by us": {"aud": [CLIENT, "other"], "azp": "other"},
    "for several, by nobody": {"aud": [CLIENT, "other"]},
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "run out": {"exp": int(time.time()) - 3600},
    "without an end": {"exp": None},
    "from the future": {"iat": int(time.time()) + 7200},
    "not yet": {"nbf": int(time.time()) + 7200},
    "nobody's": {"sub": None},
    "a number for a name": {"sub": 17},
    "a name that no database keeps": {"sub": "a\0b"},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_says_something_else_opens_nothing(
    client: Client, linked: Person, issuer: Issuer, lie: str, caplog: Any
) -> None:
    issuer.claims = LIES[lie]
    assert refused(through(client, issuer), "wrong")
    assert not inside(client)
    assert "sign-in by the provider refused" in caplog.text


@pytest.mark.parametrize("sign", ["none", "HS256"])
def test_a_token_without_the_providers_signature_opens_nothing(
    client: Client, linked: Person, issuer: Issuer, sign: str
) -> None:
    issuer.sign = sign
    assert refused(through(client, issuer), "wrong")


def test_a_token_signed_by_another_key_opens_nothing(client: Client, linked: Person, issuer: Issuer) -> None:
    issuer.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert refused(through(client, issuer), "wrong")
    asked = issuer.asked
    assert refused(through(client, issuer), "wrong")
    assert issuer.asked == asked + 1  # the code only: nobody makes us fetch the keys over and over


def test_a_provider_may_change_its_key(client: Client, linked: Person, issuer: Issuer) -> None:
    through(client, issuer)
    issuer.key = issuer.published = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
    other = Client()
    through(other, issuer)
    assert inside(other)


def test_only_the_browser_that_asked_comes_in_once_and_in_time(
    client: Client, linked: Person, issuer: Issuer
) -> None:
    way = issuer.approve(client.get("/sign-in/provider/")["Location"])
    assert refused(Client().get(way), "stale")
    forged = re.sub(r"state=[^&]+", "state=x", way)
    assert refused(client.get(forged), "stale")
    assert refused(client.get(way), "stale")  # what was begun is used up
    way = issuer.approve(client.get("/sign-in/provider/")["Location"])
    held = client.session
    held["oidc"] = {**held["oidc"], "at": held["oidc"]["at"] - 601}
    held.save()
    assert refused(client.get(way), "stale")


def test_a_code_of_somebody_else_is_worth_nothing_here(
    client: Client, linked: Person, issuer: Issuer
) -> None:
    theirs = issuer.approve(Client().get("/sign-in/provider/")["Location"])
    mine = issuer.approve(client.get("/sign-in/provider/")["Location"])
    code = re.search(r"code=([^&]+)", theirs)
    assert code
    assert refused(client.get(re.sub(r"code=[^&]+", code[0], mine)), "away")


@pytest.mark.parametrize(
    ("said", "why"),
    [({"error": "access_denied"}, "given_up"), ({"error": "x"}, "wrong"), ({"iss": "https://e"}, "wrong")],
)
def test_what_the_provider_refuses_is_said(
    client: Client, issuer: Issuer, said: dict[str, str], why: str, cast: Cast
) -> None:
    client.get("/sign-in/provider/")
    state = client.session["oidc"]["state"]
    answer = client.get("/sign-in/provider/back/", {"state": state, **said})
    assert refused(answer, why)
    assert client.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "ftp://x/"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
    ],
)
def test_a_provider_that_is_away_or_describes_another_opens_nothing(
    client: Client, linked: Person, issuer: Issuer, described: dict[str, str]
) -> None:
    issuer.described = described
    first = client.get("/sign-in/provider/")
    if first["Location"].startswith("/"):
        assert refused(first, "away")
    else:
        assert refused(client.get(issuer.approve(first["Location"])), "away")


def test_without_a_provider_there_is_no_such_way(client: Client, cast: Cast) -> None:
    assert "provider" not in client.get("/sign-in/").content.decode()
    for path in ("/sign-in/provider/", "/sign-in/provider/back/?code=x&state=y"):
        assert client.get(path).status_code == 302


def test_an_account_is_linked_after_the_password_and_parted_from_again(
    client: Client, lin: Person, issuer: Issuer
) -> None:
    client.post("/sign-in/", {"username": "lin", "password": PASSWORD})
    assert (
        client.get("/sign-in/provider/?link")["Location"] == "/me/company-account/?by=oidc"
    )  # not before the password
    assert client.post("/me/company-account/", {"password": "x"}).status_code == 403
    assert "去登录" in client.post("/me/company-account/", {"password": PASSWORD}).content.decode()
    assert through(client, issuer, "/sign-in/provider/?link")["Location"] == "/me/company-account/?by=oidc"
    assert "已关联" in client.get("/me/company-account/").content.decode()
    other = Client()
    assert through(other, issuer)["Location"] == "/me/"
    assert client.post("/me/company-account/", {"password": PASSWORD}).status_code == 302
    assert not Link.objects.exists()
    assert refused(through(Client(), issuer), "unknown")


def test_one_account_is_one_persons(client: Client, linked: Person, cast: Cast, issuer: Issuer) -> None:
    cast.sun.set_password(PASSWORD)
    cast.sun.save()
    client.post("/sign-in/", {"username": "sun", "password": PASSWORD})
    client.post("/me/company-account/", {"password": PASSWORD})
    through(client, issuer, "/sign-in/provider/?link")
    assert Link.objects.get().person_id == linked.pk
    assert "已关联他人" in client.get("/me/company-account/").content.decode()


@pytest.mark.parametrize(
    "issuer_", ["http://id.example", "https://id.example/?x=1", "id.example", "ftp://id.example"]
)
def test_an_issuer_that_cannot_be_one_stops_the_start(issuer_: str) -> None:
    with pytest.raises(ValueError, match="GUANXI_OIDC_ISSUER"):
        provider_from(issuer_, "x", "", "")


def test_another_projects_provider_in_a_process_of_its_own(client: Client, cast: Cast, settings: Any) -> None:
    """oidc-provider-mock (built on Authlib), over real HTTP: discovery, keys, code, token, user information."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    who = '{"sub": "s-7", "email": "new@example.com", "email_verified": true}'
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "-p",
        str(port),
        "--user-claims",
        who,
    ]
    process = subprocess.Popen(
        [*command, "--require-nonce", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _answers(f"{address}/.well-known/openid-configuration")
        settings.OIDC = provider_from(address, "guanxi", "any", "统一登录")
        oidc.forget()
        perform("people.add", {"username": "new", "name": "新人", "email": "new@example.com"}, actor=cast.wu)
        assert "用统一登录登录" in client.get("/sign-in/").content.decode()
        there = client.get("/sign-in/provider/")["Location"]
        signed = urllib.parse.urlencode({"sub": "s-7"}).encode()
        opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
        try:
            opener.open(there, signed, timeout=10)
        except urllib.error.HTTPError as redirect:
            back = urllib.parse.urlsplit(redirect.headers["Location"])
        assert client.get(f"{back.path}?{back.query}")["Location"] == "/sign-in/password/"
        assert Link.objects.get().subject == "s-7"
    finally:
        process.terminate()
        process.wait(10)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _answers(address: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        try:
            opener.open(address, timeout=2).read()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{address} does not answer")
