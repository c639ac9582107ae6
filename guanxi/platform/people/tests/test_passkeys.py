"""Given somebody with a passkey, when they come in or confirm by it, then it serves them only, here only, once only."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import NotFound, perform
from guanxi.platform.people import identity
from guanxi.platform.people.identity import IdentityNotConfirmed
from guanxi.platform.people.models import Passkey, Person

from .authenticator import PRESENT, Device
from .cast import Cast
from .test_signin import SECRET, enrol

MORNING = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lin(cast: Cast) -> Person:
    cast.lin.set_password(SECRET)
    cast.lin.save()
    return cast.lin


def browser(host: str = "localhost") -> Client:
    return Client(headers={"Host": host, "User-Agent": "Mozilla/5.0 (iPhone) Safari/605.1"})


def come_in(client: Client, username: str = "lin") -> Any:
    return client.post("/sign-in/", {"username": username, "password": SECRET})


def inside(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def asked(client: Client) -> dict[str, Any]:
    return dict(client.post("/sign-in/passkey/").json())


def begun(client: Client, **proof: str) -> Any:
    given = proof or {"password": SECRET}
    return client.post("/me/passkeys/", {"step": "start"} | {f"start-{name}": v for name, v in given.items()})


def options(answer: Any) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()
    return dict(json.loads(html.unescape(found[1])))


def add(client: Client, device: Device | None = None, **proof: str) -> tuple[Device, Any]:
    """A device of somebody who is signed in, with its passkey added."""
    device = device or Device()
    answer = device.make(options(begun(client, **proof)))
    done = client.post("/me/passkeys/", {"step": "add", "add-name": "手机", "add-answer": answer})
    return device, done


@pytest.fixture
def phone(lin: Person, clock: Any) -> Device:
    client = browser()
    come_in(client)
    device, _ = add(client)
    clock.shift(60)
    return device


def by_passkey(client: Client, device: Device, **more: str) -> Any:
    return client.post("/sign-in/", {"passkey": device.sign(asked(client)), "next": "/me/", **more})


def test_it_is_added_with_the_password_and_named_and_codes_are_shown_once(lin: Person) -> None:
    client, other = browser(), browser()
    come_in(client)
    come_in(other)
    assert begun(client, password="x").status_code == 403
    _, done = add(client)
    shown = done.content.decode()
    assert len(re.findall(r"<code>\w{5}-\w{5}</code>", shown)) == 10
    assert inside(client)
    assert not inside(other)
    page = client.get("/me/passkeys/").content.decode()
    assert "手机" in page
    assert "尚未使用" in page
    assert Fact.objects.filter(kind="passkey.added", subject_id=str(lin.pk)).count() == 1
    assert Passkey.objects.get().person_id == lin.pk


def test_without_having_shown_who_one_is_none_is_added(lin: Person, cast: Cast) -> None:
    client, sun = browser(), browser()
    come_in(client)
    cast.sun.set_password(SECRET)
    cast.sun.save()
    come_in(sun, "sun")
    theirs = Device().make(options(begun(sun)))
    stolen = client.post("/me/passkeys/", {"step": "add", "add-name": "x", "add-answer": theirs})
    assert stolen.status_code == 422
    made_up = Device().make({"user": {"id": "AAAA"}, "rp": {"id": "localhost"}, "challenge": "AAAA"})
    for answer in (made_up, "", "{}", '{"response": {}}', "[" * 9000):
        refused = client.post("/me/passkeys/", {"step": "add", "add-name": "x", "add-answer": answer})
        assert refused.status_code == 422, answer[:40]
    assert not Passkey.objects.exists()


def test_it_opens_without_a_password_and_goes_on_where_one_wanted(phone: Device, lin: Person) -> None:
    client = browser()
    asks = asked(client)
    assert (asks["allowCredentials"], asks["userVerification"]) == ([], "required")
    before = client.session.session_key
    answer = by_passkey(client, phone)
    assert (answer.status_code, answer["Location"]) == (302, "/me/")
    assert inside(client)
    assert client.session.session_key != before
    assert Fact.objects.filter(kind="session.began").latest("seq").data == {"factor": True, "how": "passkey"}
    assert Passkey.objects.get().used_at is not None


def test_it_stands_in_for_the_code_after_the_password(phone: Device, lin: Person, cast: Cast) -> None:
    client = browser()
    assert come_in(client)["Location"] == "/sign-in/code/"
    assert "data-passkey=" in client.get("/sign-in/code/").content.decode()
    assert client.post("/sign-in/code/", {"otp": Device().sign(asked(client))}).status_code == 422
    assert not inside(client)
    assert client.post("/sign-in/code/", {"otp": phone.sign(asked(client))}).status_code == 302
    assert inside(client)


def test_a_recovery_code_stands_in_for_it(lin: Person) -> None:
    client = browser()
    come_in(client)
    _, done = add(client)
    code = re.findall(r"<code>(\w{5}-\w{5})</code>", done.content.decode())[0]
    again = browser()
    come_in(again)
    assert again.post("/sign-in/code/", {"otp": "aaaaa-bbbbb"}).status_code == 422
    assert again.post("/sign-in/code/", {"otp": code}).status_code == 302


def test_what_was_signed_once_serves_no_second_time(phone: Device, clock: Any) -> None:
    signed = phone.sign(asked(browser()))
    later = phone.sign(asked(browser()))
    first, second = browser(), browser()
    assert first.post("/sign-in/", {"passkey": signed}).status_code == 302
    refused = second.post("/sign-in/", {"passkey": signed})
    assert refused.status_code == 422
    assert "这个通行密钥不能登录" in refused.content.decode()
    assert (
        second.post("/sign-in/", {"passkey": later}).status_code == 422
    )  # made no later than the one that served
    clock.shift(1)
    assert by_passkey(second, phone).status_code == 302


def test_an_old_challenge_serves_no_more(phone: Device, clock: Any) -> None:
    client = browser()
    signed = phone.sign(asked(client))
    clock.shift(timedelta(minutes=10, seconds=1))
    assert client.post("/sign-in/", {"passkey": signed}).status_code == 422


def test_a_counter_that_went_back_is_refused(lin: Person, clock: Any) -> None:
    client = browser()
    come_in(client)
    device, _ = add(client, Device(counts=True))
    clock.shift(60)
    assert by_passkey(browser(), device).status_code == 302
    clock.shift(60)
    device.counter = 0  # a copy of the key made before
    assert by_passkey(browser(), device).status_code == 422


def test_signed_for_another_site_unverified_or_by_another_key_it_is_refused(
    phone: Device, clock: Any
) -> None:
    phone.origin = "https://evil.example"
    assert by_passkey(browser(), phone).status_code == 422
    phone.origin = "http://localhost"
    phone.flags = PRESENT
    assert by_passkey(browser(), phone).status_code == 422
    phone.flags |= 0x04
    key, phone.key = phone.key, Device().key
    assert by_passkey(browser(), phone).status_code == 422
    phone.key, phone.handle = key, "c29tZWJvZHk"
    assert by_passkey(browser(), phone).status_code == 422
    phone.handle = Passkey.objects.get().handle
    assert by_passkey(browser(), phone).status_code == 302


def test_what_confirms_a_step_does_not_open_and_the_other_way_round(phone: Device, clock: Any) -> None:
    client = browser()
    by_passkey(client, phone)
    clock.shift(5)
    confirms = phone.sign(asked(client))
    assert browser().post("/sign-in/", {"passkey": confirms}).status_code == 422
    opens = phone.sign(asked(browser()))
    assert client.post("/me/sessions/token/", {"label": "报表", "otp": opens}).status_code == 403
    assert client.post("/me/sessions/token/", {"label": "报表", "otp": confirms}).status_code == 200


def test_it_confirms_where_password_or_code_are_asked_for_and_offers_itself(
    phone: Device, clock: Any
) -> None:
    client = browser()
    by_passkey(client, phone)
    assert "用通行密钥" in client.get("/me/sessions/token/").content.decode()
    clock.shift(5)
    signed = phone.sign(asked(client))
    made = client.post("/me/sessions/token/", {"label": "报表", "otp": signed})
    assert "gx_" in made.content.decode()
    assert client.post("/me/sessions/token/", {"label": "另一个", "otp": signed}).status_code == 403


def test_the_deactivated_do_not_come_in_by_it(phone: Device, lin: Person, cast: Cast) -> None:
    perform("people.deactivate", {"person": lin.pk}, actor=cast.wu)
    assert by_passkey(browser(), phone).status_code == 422


def test_it_is_removed_by_its_owner_only_and_the_codes_go_with_the_last(
    phone: Device, lin: Person, cast: Cast
) -> None:
    row = Passkey.objects.get()
    with pytest.raises(NotFound):
        perform("people.remove_passkey", {"passkey": row.pk, "password": "x"}, actor=cast.sun)
    with pytest.raises(IdentityNotConfirmed):
        perform("people.remove_passkey", {"passkey": row.pk, "password": "x"}, actor=lin)
    client = browser()
    by_passkey(client, phone)
    address = f"/me/passkeys/{row.pk}/remove/"
    assert "手机" in client.get(address).content.decode()
    assert client.post(address, {"password": SECRET})["Location"] == "/me/passkeys/"
    assert inside(client)
    assert lin.recovery_codes.count() == 0
    assert by_passkey(browser(), phone).status_code == 422
    assert client.get(address).status_code == 404


def test_app_and_passkey_stand_side_by_side(phone: Device, lin: Person) -> None:
    enrol(lin)
    perform("people.remove_second_factor", {"password": SECRET}, actor=lin)
    assert identity.second_factor(lin) is None
    assert identity.has_second_factor(lin)
    assert lin.recovery_codes.count() == 10


def test_lost_it_is_taken_away_by_an_administrator(phone: Device, lin: Person, cast: Cast) -> None:
    perform("people.reset_second_factor", {"person": lin.pk}, actor=cast.wu)
    assert not Passkey.objects.exists()
    client = browser()
    assert come_in(client)["Location"] == "/"


def test_one_time_password_and_passkey_lead_to_a_new_password(phone: Device, lin: Person, cast: Cast) -> None:
    perform("people.reset_password", {"person": lin.pk}, actor=cast.wu)
    client = browser()
    assert by_passkey(client, phone)["Location"] == "/sign-in/password/"
    assert not inside(client)


@pytest.mark.parametrize(("host", "said"), [("127.0.0.1", True), ("[::1]", True), ("localhost", False)])
def test_where_browsers_allow_none_the_page_says_so(lin: Person, host: str, said: bool) -> None:
    client = browser(host)
    assert ("用通行密钥登录" in client.get("/sign-in/").content.decode()) is not said
    come_in(client)
    assert ("这个地址不能用通行密钥" in client.get("/me/passkeys/").content.decode()) is said


def test_over_plain_http_elsewhere_there_are_none_and_over_https_there_are(
    lin: Person, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["crm.example.com"]
    client = browser("crm.example.com")
    assert "用通行密钥登录" not in client.get("/sign-in/").content.decode()
    assert "用通行密钥登录" in client.get("/sign-in/", secure=True).content.decode()


def test_whoever_went_back_from_the_code_comes_in_by_the_passkey_alone(phone: Device, lin: Person) -> None:
    client = browser()
    assert come_in(client)["Location"] == "/sign-in/code/"
    page = client.get("/sign-in/").content.decode()
    asks = re.search(r'data-ask="([^"]+)"', page)
    assert asks
    client.post("/sign-in/", {"passkey": phone.sign(client.post(asks[1]).json()), "next": "/me/"})
    assert inside(client)


@pytest.mark.parametrize("sign", ["\ud800", "\0", "密钥"])
def test_an_id_that_no_database_holds_is_answered(phone: Device, sign: str) -> None:
    client = browser()
    answer = json.loads(phone.sign(asked(client)))
    refused = client.post("/sign-in/", {"passkey": json.dumps(answer | {"id": sign})})
    assert refused.status_code == 422
