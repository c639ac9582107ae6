"""Given one person and a browser, when an attacker tries the old tricks around signing in, then none of them works.

docs/reference/security.md says which requirement each of these tests shows.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from typing import Any, ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from guanxi.interfaces.web.faults import MOST_WITH_FILES
from guanxi.platform.journal.models import Fact
from guanxi.platform.people.models import Person
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.ui.exports import csv_response, xlsx_response
from guanxi.settings.logs import OneLine

from .test_security import ROOT, client_of, unsaid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files_as_they_lie(settings: Any) -> None:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]


# --- other sites and strange requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_the_api_takes_no_session_without_that_token(cast: Cast, kind: str) -> None:
    client = client_of(cast.lin, enforce_csrf_checks=True)
    body = json.dumps({"language": "en", "theme": "dark"})
    for address in ("/api/actions/people.set_preferences", "/api/actions/people.set_preferences/why"):
        answer = client.post(address, body, content_type=kind)
        assert (answer.status_code, answer.json()["kind"]) == (403, "forbidden")
    assert not Fact.objects.filter(kind="preferences.changed").exists()


def test_no_other_site_may_read_an_answer(cast: Cast) -> None:
    client, evil = (
        client_of(cast.lin),
        {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    for address in ("/", "/api/lists", "/api/actions/people.set_preferences", "/sign-in/"):
        for answer in (client.get(address, headers=evil), client.options(address, headers=evil)):
            assert not [name for name in answer.headers if name.startswith("Access-Control-")]


@pytest.mark.parametrize(
    "address", ["/sign-in/", "/nothing/", "/api/lists", "/api/nothing", "/health", "/api/openapi.json"]
)
def test_answers_to_strangers_say_what_they_are_too(cast: Cast, address: str) -> None:
    assert unsaid(Client(raise_request_exception=False).get(address)) == []


def test_a_request_larger_than_anybody_may_send_is_not_read(cast: Cast) -> None:
    client = client_of(cast.lin)
    for address, kind in (
        ("/sign-in/", "multipart/form-data; boundary=x"),
        ("/api/actions/customers.create", "application/json"),
    ):
        answer = client.generic("POST", address, b"", kind, CONTENT_LENGTH=str(MOST_WITH_FILES + 1))
        assert answer.status_code == 413
        assert "MB" in answer.content.decode()


def test_a_mistake_of_ours_tells_nothing_of_the_machine(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("password=hunter2 in /srv/guanxi/secret-key")

    monkeypatch.setattr("guanxi.interfaces.web.pages.panels", fail)
    monkeypatch.setattr("guanxi.interfaces.api.lists.answer", fail)
    client = client_of(cast.lin)
    for address in ("/", "/api/lists/customers.list"):
        answer = client.get(address)
        assert answer.status_code == 500
        said = answer.content.decode()
        assert not [
            word
            for word in ("hunter2", "/srv", "RuntimeError", "Traceback", "guanxi.interfaces")
            if word in said
        ]


def test_a_refused_look_at_a_page_is_logged_with_who(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    assert client_of(cast.lin).get("/people/?q=secret").status_code == 403
    (line,) = [r.getMessage() for r in caplog.records if r.name == "guanxi.security"]
    assert line == f"GET /people/ refused to person {cast.lin.pk}"


@pytest.mark.parametrize("made", [csv_response, xlsx_response])
def test_the_name_of_a_file_makes_no_further_header(made: Any) -> None:
    answer = made('a"; filename=b.exe\r\nX-Evil: 1/../恒远', ["名称"], [["甲"]])
    answer.close()
    said = answer["Content-Disposition"]
    assert said.startswith("attachment; filename")
    assert not [sign for sign in ("\r", "\n", '"; filename=b') if sign in said]
    assert "X-Evil" not in answer.headers


# --- sign-in ---------------------------------------------------------------------------------------------------------


class Counting(MD5PasswordHasher):
    """Counts how often it has to work; the shipped hasher takes a tenth of a second each time."""

    algorithm = "counting"
    worked: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str | bytes) -> str:
        self.worked.append(password)
        return super().encode(password, salt)


def test_an_unknown_name_takes_as_long_as_a_wrong_password(cast: Cast, settings: Any) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    for person in (cast.lin, cast.sun):
        person.set_password("correct-horse-7")
        person.save()
    Person.objects.filter(pk=cast.sun.pk).update(is_active=False)
    work = {}
    for name in ("lin", "sun", "wang", "nobody"):  # right name, deactivated, without a password, no such name
        Counting.worked.clear()
        assert Client().post("/sign-in/", {"username": name, "password": "wrong-one"}).status_code == 422
        work[name] = len(Counting.worked)
    assert set(work.values()) == {1}, work


def test_a_refused_sign_in_is_logged_in_one_line_without_what_was_typed(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    cast.lin.set_password("correct-horse-7")
    cast.lin.save()
    with caplog.at_level(logging.DEBUG):
        for name in ("lin", "my-password-1\r\n2026-01-01T00:00:00.000+00:00 ERROR forged"):
            Client().post("/sign-in/", {"username": name, "password": "secret-word-77"})
        Client().post("/sign-in/", {"username": "lin", "password": "correct-horse-7"})
    lines = [OneLine().format(r) for r in caplog.records]
    assert [line.partition("guanxi.security ")[2] for line in lines if "guanxi.security" in line] == [
        "sign-in of lin refused: password, from 127.0.0.1",
        "sign-in of nobody refused: password, from 127.0.0.1",
    ]
    typed = ("secret-word-77", "my-password-1", "correct-horse-7")
    assert not [line for line in lines if "\n" in line or any(word in line for word in typed)]


def test_no_secret_stands_in_the_journal(cast: Cast) -> None:
    """Neither a password nor a token, of a call that went well or of one that was refused."""
    from guanxi.platform.journal.models import FactText

    cast.lin.set_password("correct-horse-7")
    cast.lin.save()
    client = client_of(cast.lin)
    client.post("/me/sessions/token/", {"label": "报表", "password": "wrong-horse-8"})
    made = client.post(
        "/me/sessions/token/", {"label": "报表", "password": "correct-horse-7"}
    ).content.decode()
    new = {"old": "correct-horse-7", "new": "battery-staple-9", "again": "battery-staple-9"}
    assert client.post("/me/password/", new).status_code == 302
    token = re.search(r"gx_[\w-]{43}", made)
    assert token
    kept = json.dumps(
        [*Fact.objects.values_list("data", flat=True), *FactText.objects.values_list("body", flat=True)]
    )
    for secret in ("correct-horse-7", "wrong-horse-8", "battery-staple-9", token[0]):
        assert secret not in kept


# --- settings of a production ----------------------------------------------------------------------------------------

TOLD = """
import json
from django.conf import settings as s
print(json.dumps({n: getattr(s, n) for n in dir(s) if n.isupper() and isinstance(getattr(s, n), (str, int, list))}, default=str))
"""


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The settings as a production has them."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GUANXI_")} | {
        "DJANGO_SETTINGS_MODULE": "guanxi.settings",
        "GUANXI_HOME": str(tmp_path_factory.mktemp("home")),
        "GUANXI_MODE": "production",
        "GUANXI_HOSTS": "crm.example.com",
    }
    said = subprocess.run(
        [sys.executable, "-c", TOLD], env=env, cwd=ROOT, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def test_cookies_of_a_production_go_over_https_only_and_no_script_reads_them(
    production: dict[str, Any],
) -> None:
    for cookie in ("SESSION", "CSRF"):
        assert production[f"{cookie}_COOKIE_SECURE"] is True
        assert production[f"{cookie}_COOKIE_HTTPONLY"] is True
        assert production[f"{cookie}_COOKIE_SAMESITE"] == "Lax"
        assert production[f"{cookie}_COOKIE_NAME"].startswith("__Host-")


def test_passwords_of_a_production_are_hashed_slowly(production: dict[str, Any]) -> None:
    assert production["PASSWORD_HASHERS"][0] == "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    assert production["DEBUG"] is False


def test_a_production_is_reached_over_https_only(
    cast: Cast, settings: Any, production: dict[str, Any]
) -> None:
    assert production["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    for name in (
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS",
        "SECURE_HSTS_PRELOAD",
    ):
        setattr(settings, name, production[name])
    client = Client(raise_request_exception=False)
    for address in ("/sign-in/", "/nothing/", "/api/lists", "/api/nothing"):
        assert client.get(address)["Location"].startswith("https://")
        said = client.get(address, secure=True)["Strict-Transport-Security"]
        assert said == "max-age=31536000; includeSubDomains; preload"
