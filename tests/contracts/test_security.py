"""Given every page and action there is, when an attacker tries the old tricks, then none works on any of them.

docs/reference/security.md says which requirement each of these tests shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import all_actions
from guanxi.platform.people.models import Person
from guanxi.platform.people.roles import ROLES
from guanxi.platform.ui.registry import Page, pages

from .rows import of_role

pytestmark = pytest.mark.django_db
PAGES = [p for p in pages() if not p.name.startswith("test.")]
BACKEND = "django.contrib.auth.backends.ModelBackend"
SECRETS = ("password", "otp")
"""Widgets of fields that nobody may read."""
ROOT = Path(__file__).resolve().parents[2]


def client_of(person: Person, **more: Any) -> Client:
    client = Client(raise_request_exception=False, **more)
    client.force_login(person, BACKEND)
    return client


def everybodys() -> Iterator[tuple[Person, Page, str]]:
    """Each page once, with somebody who may open it and a row of theirs."""
    done = set[str]()
    for role in sorted(ROLES):
        person = of_role(role)
        for page in PAGES:
            if page.name in done or not page.may(person):
                continue
            row = page.sample(person) if page.sample else {}
            if row is not None:
                done.add(page.name)
                yield person, page, page.url(**row)


# --- requests that another site makes a browser send ----------------------------------------------------------------


def test_no_page_takes_a_form_without_the_token_of_our_own_pages(demo: None) -> None:
    facts, found, tried = Fact.objects.count(), list[str](), 0
    clients: dict[int, Client] = {}
    for person, page, address in everybodys():
        if "POST" not in page.methods:
            continue
        client = clients.setdefault(
            person.pk, clients.get(person.pk) or client_of(person, enforce_csrf_checks=True)
        )
        answer = client.post(address, {"value": "x"}, headers={"Origin": "https://evil.example"})
        tried += 1
        if answer.status_code != 403 or "已过期" not in answer.content.decode():
            found.append(f"{page.name} answers {answer.status_code}")
    assert tried > 60
    assert not found, "\n".join(found)
    assert Fact.objects.count() == facts


def test_looking_at_a_page_writes_nothing_and_every_answer_says_what_it_is(demo: None) -> None:
    kept = Fact.objects.exclude(
        kind="attachment.given"
    )  # that a file was fetched is remembered, and meant to be
    facts, found = kept.count(), list[str]()
    clients: dict[int, Client] = {}
    for person, page, address in everybodys():
        if "GET" not in page.methods:
            continue
        client = clients.setdefault(person.pk, clients.get(person.pk) or client_of(person))
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
            answer.close()
        found += [f"{page.name}: {wrong}" for wrong in unsaid(answer)]
        if not page.public and "no-store" not in answer.headers.get("Cache-Control", ""):
            found.append(f"{page.name}: may be kept by a cache")
    assert not found, "\n".join(found)
    assert kept.count() == facts


def test_every_page_has_the_way_out(demo: None) -> None:
    """Whoever is signed in signs out from wherever they are."""
    found, clients = set[str](), dict[int, Client]()
    for person, page, address in everybodys():
        if "GET" not in page.methods or page.public:
            continue
        client = clients.setdefault(person.pk, clients.get(person.pk) or client_of(person))
        answer = client.get(address)
        answer.close()
        if answer.streaming or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        said = answer.content.decode()
        if "<html" in said and 'action="/sign-out/"' not in said:
            found.add(page.name)
    assert found == PAPER


PAPER = {"customers.archive", "visits.sheet"}
"""Pages that are paper: a way back stands on them, and nothing else that is not printed."""
POLICY = (
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
SANDBOX = ("sandbox; ", *(part.replace("'self'", "'none'") for part in POLICY))
"""What people attached comes in a sandbox, from which nothing leads on."""


def unsaid(answer: Any) -> list[str]:
    """What an answer should say of itself and does not."""
    said, found = answer.headers, []
    kind = said.get("Content-Type", "")
    if answer.status_code == 200 and kind.startswith("text/") and "charset=utf-8" not in kind:
        found.append(f"{kind} without its character set")
    if said.get("X-Content-Type-Options") != "nosniff":
        found.append("a browser may guess its type")
    policy = said.get("Content-Security-Policy", "")
    whole = any(all(part in policy for part in wanted) for wanted in (POLICY, SANDBOX))
    if not whole or "unsafe" in policy:
        found.append(f"policy {policy}")
    if said.get("X-Frame-Options") != "DENY" or said.get("Referrer-Policy") != "same-origin":
        found.append("may stand in a frame, or tells others where one comes from")
    if kind.startswith("text/html") and not answer.streaming:
        text = answer.content.decode()
        found += [
            f"inline {m}" for m in re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|\son\w+=\"|javascript:", text)
        ]
    return found


# --- where things lie ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *("/.git/HEAD", "/.git/config", "/.env", "/secret-key", "/guanxi.sqlite3", "/files/", "/backups/"),
        *(
            "/static/../secret-key",
            "/static/%2e%2e/secret-key",
            "/static/..%2f..%2fsecret-key",
            "/pyproject.toml",
        ),
    ],
)
def test_nothing_of_the_folders_is_served(demo: None, settings: Any, path: str) -> None:
    settings.MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware", *settings.MIDDLEWARE]
    assert client_of(of_role("administrator")).get(path).status_code in (400, 404)


def test_no_password_goes_into_an_address() -> None:
    """Every form with a secret is sent in the body: no page reads one from behind the question mark."""
    secret = {
        name
        for action in all_actions().values()
        for name, field in action.Input.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("widget") in SECRETS
    }
    assert {"password", "otp", "old", "new", "again"} <= secret
    pattern = re.compile(r"GET(?:\.get\(|\[)\"(" + "|".join(secret) + r")\"")
    assert [p for p in ROOT.glob("guanxi/**/*.py") if pattern.search(p.read_text())] == []
