"""Given somebody signed in on several devices, when they look, then they see each and end one or all others."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Invalid, NotFound, perform, system_clock
from guanxi.platform.people.devices import UNKNOWN, device
from guanxi.platform.people.identity import IdentityNotConfirmed, TooManyTries
from guanxi.platform.people.models import Person, Session
from guanxi.platform.people.session_store import SessionStore
from guanxi.platform.people.sessions import sessions_of

from .cast import Cast
from .test_signin import SECRET, code, enrol

MORNING = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Mobile/15E148 MicroMessenger/8.0"


@pytest.fixture
def lin(cast: Cast) -> Person:
    cast.lin.set_password(SECRET)
    cast.lin.save()
    return cast.lin


def signed_in(agent: str = EDGE, address: str = "10.0.0.5") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert client.post("/sign-in/", {"username": "lin", "password": SECRET}).status_code == 302
    return client


def inside(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def ref(client: Client) -> str:
    return str(client.session["ref"])


def test_each_session_is_shown_with_its_device_place_and_times(lin: Person) -> None:
    with time_machine.travel(MORNING, tick=False):
        signed_in(PHONE, "10.0.0.9")
    with time_machine.travel(MORNING + timedelta(hours=2), tick=False):
        shown = signed_in().get("/me/sessions/").content.decode()
    for words in ("Windows 电脑 · Edge", "这台设备", "iPhone · 微信", "地址 10.0.0.9", "地址 10.0.0.5"):
        assert words in shown
    assert shown.index("Edge") < shown.index("iPhone · 微信")
    assert not [s for s in Session.objects.all() if s.session_key in shown]


def test_the_journal_keeps_who_signed_in_when_and_from_where(lin: Person) -> None:
    signed_in(PHONE, "10.0.0.9")
    fact = Fact.objects.get(kind="session.began")
    assert (fact.subject_kind, str(fact.subject_id), fact.actor_id) == ("person", str(lin.pk), lin.pk)
    assert fact.data == {"factor": False, "how": "password"}


def test_sign_ins_do_not_hide_what_else_happened_to_somebody(lin: Person, cast: Cast) -> None:
    perform(
        "people.grant_role", {"person": lin.pk, "role": "front_desk", "since": "2099-01-01"}, actor=cast.wu
    )
    for _ in range(25):
        signed_in()
    wu = Client()
    wu.force_login(cast.wu, "django.contrib.auth.backends.ModelBackend")
    assert "授予角色：" in wu.get(f"/people/{lin.pk}/").content.decode()


def test_one_session_is_ended_with_the_password_and_is_over_at_once(lin: Person) -> None:
    here, there, third = signed_in(), signed_in(PHONE), signed_in(PHONE)
    address = f"/me/sessions/end/?session={ref(there)}"
    assert "iPhone · 微信" in here.get(address).content.decode()
    wrong = here.post(address, {"password": "x"})
    assert (wrong.status_code, inside(there)) == (403, True)
    done = here.post(address, {"password": SECRET})
    assert (done.status_code, done["Location"]) == (302, "/me/sessions/")
    assert (inside(here), inside(there), inside(third)) == (True, False, True)
    assert Fact.objects.get(kind="session.ended").data == {"count": 1}
    assert here.get(address).status_code == 404


def test_all_others_are_ended_with_a_code_of_the_second_factor(lin: Person) -> None:
    device_, codes = enrol(lin)
    signed = []
    for recovery in codes[:3]:
        client = Client()
        client.post("/sign-in/", {"username": "lin", "password": SECRET})
        client.post("/sign-in/code/", {"otp": recovery})
        signed.append(client)
    here, *others = signed
    assert here.post("/me/sessions/end/", {"otp": code(device_)}).status_code == 302
    assert [inside(c) for c in signed] == [True, False, False]
    assert Fact.objects.get(kind="session.ended").data == {"count": len(others)}


def test_guessing_the_password_is_slowed_there_too(lin: Person) -> None:
    for _ in range(5):
        with pytest.raises(IdentityNotConfirmed):
            perform("people.end_other_sessions", {"password": "x"}, actor=lin)
    with pytest.raises(TooManyTries):
        perform("people.end_other_sessions", {"password": SECRET}, actor=lin)
    with pytest.raises(Invalid):
        perform("people.make_token", {"label": "脚本"}, actor=lin)


def test_nobody_ends_somebody_elses_by_its_name(lin: Person, cast: Cast) -> None:
    client = signed_in()
    cast.sun.set_password(SECRET)
    cast.sun.save()
    with pytest.raises(NotFound):
        perform("people.end_session", {"session": ref(client), "password": SECRET}, actor=cast.sun)
    assert inside(client)


def test_an_administrator_ends_all_of_somebody(lin: Person, cast: Cast) -> None:
    phone, desk = signed_in(PHONE), signed_in()
    wu = Client()
    wu.force_login(cast.wu, "django.contrib.auth.backends.ModelBackend")
    address = f"/people/{lin.pk}/sessions/"
    assert address in wu.get(f"/people/{lin.pk}/").content.decode()
    assert wu.post(address).status_code == 302
    assert (inside(phone), inside(desk)) == (False, False)
    assert inside(signed_in())
    with pytest.raises(Invalid):
        perform("people.end_sessions_of", {"person": cast.wu.pk}, actor=cast.wu)


def test_a_new_or_removed_second_factor_ends_the_other_sessions(lin: Person) -> None:
    here, there = signed_in(), signed_in(PHONE)
    here.post("/me/second-factor/", {"step": "start", "start-password": SECRET})
    device_ = lin.totpdevice_set.get()
    enrolled = here.post("/me/second-factor/", {"step": "enrol", "enrol-otp": code(device_)})
    assert "恢复码" in enrolled.content.decode()
    assert (inside(here), inside(there)) == (True, False)
    assert here.post("/me/second-factor/", {"step": "remove", "remove-password": SECRET}).status_code == 302
    assert inside(here)


def test_what_is_over_is_not_shown_and_goes_at_night(lin: Person) -> None:
    with time_machine.travel(MORNING, tick=False):
        signed_in(PHONE)
        assert len(sessions_of(lin, system_clock())) == 1
    later = MORNING + timedelta(hours=13)
    assert sessions_of(lin, later) == []
    with time_machine.travel(MORNING + timedelta(days=15), tick=False):
        SessionStore.clear_expired()
    assert not Session.objects.exists()


def test_the_key_of_a_session_is_made_here_and_never_taken_from_a_cookie(lin: Person) -> None:
    client = Client()
    client.cookies["sessionid"] = "planted0000000000000000000000000"
    client.post("/sign-in/", {"username": "lin", "password": SECRET})
    assert inside(client)
    key = client.cookies["sessionid"].value
    assert re.fullmatch(r"[a-z0-9]{32}", key)
    assert not Session.objects.filter(session_key="planted0000000000000000000000000").exists()


def test_a_cookie_kept_from_before_opens_nothing_after_signing_out(lin: Person) -> None:
    client = signed_in()
    kept = client.cookies["sessionid"].value
    answer = client.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cache"'
    thief = Client()
    thief.cookies["sessionid"] = kept
    assert not inside(thief)
    assert not Session.objects.filter(session_key=kept).exists()


def test_a_token_is_made_with_the_password_and_shown_once(lin: Person) -> None:
    client = signed_in()
    assert client.post("/me/sessions/token/", {"label": "报表", "password": "x"}).status_code == 403
    answer = client.post("/me/sessions/token/", {"label": "报表", "password": SECRET})
    found = re.search(r"gx_[\w-]{43}", answer.content.decode())
    assert found
    page = client.get("/me/sessions/").content.decode()
    assert "报表" in page
    assert found[0] not in page
    headers = {"Authorization": f"Bearer {found[0]}"}
    assert Client().get("/api/lists", headers=headers).status_code == 200
    ended = client.post("/do/people.end_token/", {"token": lin.tokens.get().pk, "next": "/me/sessions/"})
    assert ended["Location"] == "/me/sessions/"
    assert Client().get("/api/lists", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("agent", "zh", "en"),
    [
        (EDGE, "Windows 电脑 · Edge", "Windows computer · Edge"),
        (PHONE, "iPhone · 微信", "iPhone · WeChat"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
            "Linux 电脑 · Firefox",
            "Linux computer · Firefox",
        ),
        ("Mozilla/5.0 (Linux; Android 15) DingTalk/7", "安卓手机 · 钉钉", "Android phone · DingTalk"),
        ("curl/8", UNKNOWN.zh, UNKNOWN.en),
        ("", UNKNOWN.zh, UNKNOWN.en),
    ],
)
def test_a_device_in_words(agent: str, zh: str, en: str) -> None:
    words: Any = device(agent)
    assert (words.zh, words.en) == (zh, en)
