"""Given sign-ins of every shape, when somebody comes in, then only the right one does, and guessing is slowed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django_otp.oath import totp

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Invalid, perform, system_clock
from guanxi.platform.people import identity
from guanxi.platform.people.identity import IdentityNotConfirmed, TooManyTries
from guanxi.platform.people.models import Person, Setting
from guanxi.platform.people.web.signin import demo_sign_ins_allowed

from .cast import Cast

SECRET = "correct-horse-7"


@pytest.fixture
def lin(cast: Cast) -> Person:
    cast.lin.set_password(SECRET)
    cast.lin.save()
    return cast.lin


def come_in(client: Client, username: str, password: str, **more: Any) -> Any:
    return client.post("/sign-in/", {"username": username, "password": password, **more})


def inside(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def code(device: Any, *, steps: int = 0) -> str:
    return f"{totp(device.bin_key, device.step, device.t0, device.digits, device.drift + steps):06d}"


def enrol(person: Person) -> tuple[Any, list[str]]:
    perform("people.start_second_factor", {"password": SECRET}, actor=person)
    device = identity.unconfirmed_factor(person)
    assert device is not None
    done = perform("people.enrol_second_factor", {"otp": code(device, steps=-1)}, actor=person).value
    return device, done.recovery_codes_shown


def test_the_right_password_opens_and_goes_on_where_one_wanted(client: Client, lin: Person) -> None:
    assert client.get("/me/").headers["Location"] == "/sign-in/?next=/me/"
    answer = come_in(client, " LIN ", SECRET, next="/me/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/me/")
    assert inside(client)


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", "/\\evil.example"]
)
def test_next_stays_on_this_site(client: Client, lin: Person, away: str) -> None:
    assert come_in(client, "lin", SECRET, next=away).headers["Location"] == "/"


def test_the_wrong_password_says_the_same_as_an_unknown_name(client: Client, lin: Person) -> None:
    wrong, unknown = come_in(client, "lin", "x"), come_in(client, "nobody", "x")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    words = "登录名或密码不正确"
    assert words in wrong.content.decode()
    assert words in unknown.content.decode()
    assert not inside(client)


def test_the_session_is_another_one_after_signing_in(client: Client, lin: Person) -> None:
    client.get("/sign-in/")
    come_in(client, "lin", "x")
    before = client.session.session_key
    come_in(client, "lin", SECRET)
    assert client.session.session_key != before


def test_guessing_locks_the_name_from_this_address_and_an_administrator_unlocks(
    client: Client, lin: Person, cast: Cast
) -> None:
    for _ in range(4):
        assert come_in(client, "lin", "x").status_code == 422
    locked = come_in(client, "LIN", "x")
    assert (locked.status_code, locked.headers["Retry-After"]) == (429, "900")
    assert come_in(client, "lin", SECRET).status_code == 429
    assert Fact.objects.filter(kind="sign_in.locked").count() == 1
    other = Client(REMOTE_ADDR="10.0.0.9")
    assert come_in(other, "lin", SECRET).status_code == 302
    perform("people.unlock", {"person": lin.pk}, actor=cast.wu)
    assert come_in(client, "lin", SECRET).status_code == 302


def test_nobody_is_locked_by_a_name_that_does_not_exist(client: Client, lin: Person) -> None:
    for _ in range(6):
        answer = come_in(client, "ghost", "x")
    assert answer.status_code == 429
    assert not Fact.objects.filter(kind="sign_in.locked").exists()


def test_the_deactivated_do_not_come_in_and_their_sessions_end(
    client: Client, lin: Person, cast: Cast
) -> None:
    come_in(client, "lin", SECRET)
    perform("people.deactivate", {"person": lin.pk}, actor=cast.wu)
    assert not inside(client)
    assert come_in(client, "lin", SECRET).status_code == 422
    perform("people.reactivate", {"person": lin.pk}, actor=cast.wu)
    assert not inside(client)


def test_a_one_time_password_leads_to_a_new_one_and_nowhere_else(
    client: Client, lin: Person, cast: Cast
) -> None:
    come_in(client, "lin", SECRET)
    shown = perform("people.reset_password", {"person": lin.pk}, actor=cast.wu).value.one_time_password
    assert not inside(client)
    assert come_in(client, "lin", SECRET).status_code == 422
    assert come_in(client, "lin", shown, next="/me/").headers["Location"] == "/sign-in/password/"
    assert not inside(client)
    weak = client.post("/sign-in/password/", {"new": "1234567890", "again": "1234567890"})
    assert weak.status_code == 422
    assert "这个密码太常见" in weak.content.decode()
    assert "1234567890" not in weak.content.decode()
    same = client.post("/sign-in/password/", {"new": shown, "again": shown})
    assert same.status_code == 422
    done = client.post("/sign-in/password/", {"new": "battery-staple-9", "again": "battery-staple-9"})
    assert done.headers["Location"] == "/me/"
    assert inside(client)
    assert come_in(Client(), "lin", shown).status_code == 422


def test_a_one_time_password_is_hashed_quickly_and_checks_with_the_shipped_hasher(
    settings: Any, lin: Person
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    shown = identity.give_one_time_password(lin, system_clock())
    assert lin.password.startswith("pbkdf2_sha256$10000$")
    assert lin.check_password(shown)
    assert not lin.password.startswith("pbkdf2_sha256$10000$")  # strengthened as soon as it served


def test_a_one_time_password_runs_out(client: Client, lin: Person, cast: Cast) -> None:
    shown = perform("people.reset_password", {"person": lin.pk}, actor=cast.wu).value.one_time_password
    Person.objects.filter(pk=lin.pk).update(one_time_until=system_clock() - timedelta(minutes=1))
    answer = come_in(client, "lin", shown)
    assert answer.status_code == 422
    assert "一次性密码已过期" in answer.content.decode()


def test_the_steps_in_between_are_no_way_in_by_themselves(client: Client, lin: Person) -> None:
    for path in ("/sign-in/code/", "/sign-in/password/"):
        assert client.get(path).headers["Location"] == "/sign-in/"
        assert (
            client.post(path, {"otp": "000000", "new": "a", "again": "a"}).headers["Location"] == "/sign-in/"
        )


def test_the_second_factor_is_asked_for_and_no_code_serves_twice(client: Client, lin: Person) -> None:
    device, _ = enrol(lin)
    assert come_in(client, "lin", SECRET).headers["Location"] == "/sign-in/code/"
    assert not inside(client)
    wrong = client.post("/sign-in/code/", {"otp": "000000"})
    assert wrong.status_code == 422
    type(device).objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    now = code(device)
    assert client.post("/sign-in/code/", {"otp": now}).headers["Location"] == "/"
    assert inside(client)
    again = Client()
    come_in(again, "lin", SECRET)
    assert again.post("/sign-in/code/", {"otp": now}).status_code == 422
    assert not inside(again)


def test_a_recovery_code_serves_once(client: Client, lin: Person) -> None:
    _, codes = enrol(lin)
    assert len(codes) == 10
    come_in(client, "lin", SECRET)
    assert client.post("/sign-in/code/", {"otp": codes[3].upper()}).headers["Location"] == "/"
    again = Client()
    come_in(again, "lin", SECRET)
    assert again.post("/sign-in/code/", {"otp": codes[3]}).status_code == 422


def test_codes_are_not_guessed(client: Client, lin: Person) -> None:
    device, _ = enrol(lin)
    come_in(client, "lin", SECRET)
    client.post("/sign-in/code/", {"otp": "000000"})
    client.post("/sign-in/code/", {"otp": "000001"})
    right = client.post("/sign-in/code/", {"otp": code(device)})
    assert right.status_code == 422
    assert "请等" in right.content.decode()


def test_too_many_codes_lead_back_to_the_password(client: Client, lin: Person) -> None:
    device, _ = enrol(lin)
    come_in(client, "lin", SECRET)
    for _ in range(5):
        type(device).objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
        answer = client.post("/sign-in/code/", {"otp": "000000"})
    assert answer.headers["Location"] == "/sign-in/"
    assert client.get("/sign-in/code/").headers["Location"] == "/sign-in/"


def test_enrolling_needs_the_password_and_the_apps_code(lin: Person) -> None:
    with pytest.raises(IdentityNotConfirmed):
        perform("people.start_second_factor", {"password": "x"}, actor=lin)
    with pytest.raises(Invalid):
        perform("people.enrol_second_factor", {"otp": "123456"}, actor=lin)
    perform("people.start_second_factor", {"password": SECRET}, actor=lin)
    with pytest.raises(Invalid):
        perform("people.enrol_second_factor", {"otp": "000000"}, actor=lin)
    assert identity.second_factor(lin) is None


def test_identity_is_a_password_or_a_code_used_once(lin: Person) -> None:
    device, codes = enrol(lin)
    assert identity.confirm_identity(lin, password=SECRET)
    assert not identity.confirm_identity(lin, password="x")
    now = code(device)
    assert identity.confirm_identity(lin, otp=now)
    assert not identity.confirm_identity(lin, otp=now)
    type(device).objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert identity.confirm_identity(lin, otp=codes[0])
    assert not identity.confirm_identity(lin, otp=codes[0])


def test_a_lost_phone_is_taken_away_by_an_administrator(client: Client, lin: Person, cast: Cast) -> None:
    enrol(lin)
    perform("people.reset_second_factor", {"person": lin.pk}, actor=cast.wu)
    assert come_in(client, "lin", SECRET).headers["Location"] == "/"
    assert lin.recovery_codes.count() == 0


def test_changing_the_password_ends_the_other_sessions(client: Client, lin: Person) -> None:
    other = Client()
    come_in(client, "lin", SECRET)
    come_in(other, "lin", SECRET)
    asked = {"old": SECRET, "new": "battery-staple-9", "again": "battery-staple-9"}
    assert client.post("/me/password/", asked).status_code == 302
    assert inside(client)
    assert not inside(other)


def test_a_password_is_taken_as_typed_with_the_blanks_around_it(client: Client, lin: Person) -> None:
    new = "  Battery Staple 电池 9 "
    perform("people.change_password", {"old": SECRET, "new": new, "again": new}, actor=lin)
    assert come_in(client, "lin", new.strip()).status_code == 422
    assert come_in(client, "lin", new).status_code == 302


@pytest.mark.parametrize("address", ["/me/password/", "/do/people.change_password/"])
def test_a_password_is_typed_unseen_and_never_written_back(client: Client, lin: Person, address: str) -> None:
    come_in(client, "lin", SECRET)
    answer = client.post(address, {"old": "not-my-old-one", "new": "battery-9-x", "again": "battery-9-y"})
    said = answer.content.decode()
    assert said.count('type="password"') == 3
    assert not [typed for typed in ("not-my-old-one", "battery-9") if typed in said]
    assert "onpaste" not in said


def test_guessing_the_old_password_is_slowed(lin: Person) -> None:
    asked = {"old": "x", "new": "battery-staple-9", "again": "battery-staple-9"}
    for _ in range(5):
        with pytest.raises(IdentityNotConfirmed):
            perform("people.change_password", asked, actor=lin)
    with pytest.raises(TooManyTries):
        perform("people.change_password", {**asked, "old": SECRET}, actor=lin)


@pytest.mark.parametrize(
    ("demo", "address", "headers", "allowed"),
    [
        (True, "127.0.0.1", {}, True),
        (True, "::1", {}, True),
        (False, "127.0.0.1", {}, False),
        (True, "10.0.0.5", {}, False),
        (True, "", {}, False),
        (True, "127.0.0.1", {"X-Forwarded-For": "1.2.3.4"}, False),
        (True, "127.0.0.1", {"Via": "1.1 proxy"}, False),
    ],
)
@pytest.mark.django_db
def test_one_click_into_the_demo_only_from_this_machine(
    demo: bool, address: str, headers: dict[str, str], allowed: bool
) -> None:
    Setting.objects.create(key="demo", value=demo, changed_at=system_clock())
    request = RequestFactory().get("/sign-in/", REMOTE_ADDR=address, headers=headers)
    assert demo_sign_ins_allowed(request) is allowed


def test_never_in_production(settings: Any, cast: Cast) -> None:
    Setting.objects.create(key="demo", value=True, changed_at=system_clock())
    settings.PRODUCTION = True
    assert not demo_sign_ins_allowed(RequestFactory().get("/", REMOTE_ADDR="127.0.0.1"))


def test_the_demo_offers_one_person_per_role(client: Client, cast: Cast) -> None:
    assert client.post("/sign-in/demo/", {"person": cast.chen.pk}).status_code == 404
    Setting.objects.create(key="demo", value=True, changed_at=system_clock())
    shown = client.get("/sign-in/").content.decode()
    for name in ("林晓", "赵磊", "王敏", "陈建国", "周审", "吴安"):
        assert name in shown
    assert "孙外" not in shown
    assert client.post("/sign-in/demo/", {"person": cast.sun.pk}).status_code == 404
    assert client.post("/sign-in/demo/", {"person": cast.chen.pk}).headers["Location"] == "/"
    assert inside(client)


def test_signing_out(client: Client, lin: Person) -> None:
    come_in(client, "lin", SECRET)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert not inside(client)


def test_each_reads_in_their_own_language(client: Client, lin: Person) -> None:
    come_in(client, "lin", SECRET)
    assert "语言和外观" in client.get("/me/").content.decode()
    client.post("/me/", {"language": "en", "theme": "dark"})
    page = client.get("/me/").content.decode()
    assert "Language and theme" in page
    assert "语言和外观" not in page
    client.post("/sign-out/")
    client.cookies["language"] = "en"
    assert "Sign-in name" in client.get("/sign-in/").content.decode()
