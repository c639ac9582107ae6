"""Given every action, when it is sent what no decent form sends, then the answer is words or silence, never a fault."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from pydantic import AwareDatetime

from guanxi.platform.kernel import Invalid, all_actions, may
from guanxi.platform.people.models import Person
from guanxi.platform.ui.registry import pages

from .rows import fields, plausible, put
from .strangers import Houses

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("houses")]

ACTIONS = {n: a for n, a in all_actions().items() if not n.startswith("test.") and not a.internal}
LONG = "長" * 1_000_000
TEXTS = (
    "\x00",
    "\ud800",
    "\u202e\u2066<b>'\"%s{0}{{ x }}${7*7}\u2028",
    LONG,
    "\r\nSet-Cookie: evil=1",
    "../../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "9999-12-31",
    "0001-01-01T00:00:00+14:00",
    "²",
    "1e999999999",
    "NaN",
)
OTHERS: tuple[Any, ...] = (
    10**30,
    -(10**30),
    -1,
    1e308,
    float("nan"),
    True,
    None,
    [],
    {},
    [[[]]],
    {"a": {"b": 1}},
)
HOSTILE = (*TEXTS, *OTHERS)
KEPT = "\u202e𠮷<b>'\"%s{0}{{ x }}${7*7}\u2028=1+1"
"""Signs that a text may hold, whatever they mean elsewhere."""
TOO_EARLY_OR_LATE = ("0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31")


def somebody(name: str, houses: Houses) -> Person | None:
    """Somebody who may do an action."""
    return next((p for p in houses.strangers.values() if may(p, name)), None)


def client_of(person: Person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def bent(name: str) -> dict[str, Any]:
    """An input whose every field holds something hostile."""
    data: dict[str, Any] = {}
    for place, (path, _, _) in enumerate(fields(ACTIONS[name].Input)):
        data = put(data, path, HOSTILE[(place * 5 + len(name)) % len(HOSTILE)])
    return data


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged with a traceback."""
    return [f"{r.getMessage()}: {r.exc_info[1]!r}" for r in caplog.records if r.exc_info and r.exc_info[1]]


def test_every_field_takes_or_refuses_every_value() -> None:
    """In words, in both languages, at the field."""
    found = []
    for name, action in ACTIONS.items():
        for path, _, kind in fields(action.Input):
            for value in HOSTILE:
                if value == LONG and kind is not str:
                    continue
                try:
                    action.parse(put({}, path, value))
                except Invalid as error:
                    if any(not (m.zh and m.en) for messages in error.errors.values() for m in messages):
                        found.append(f"{name} {path}: no words for {value!r:.40}")
                except Exception as fault:
                    found.append(f"{name} {path}: {fault!r:.200} for {value!r:.40}")
    assert not found, "\n".join(found)


def test_a_year_that_is_a_slip_is_said_at_its_field() -> None:
    tried = 0
    for name, action in ACTIONS.items():
        for path, _, kind in fields(action.Input):
            for day in TOO_EARLY_OR_LATE if kind in (date, datetime, AwareDatetime) else ():
                value = day if kind is date else f"{day}T10:00:00+08:00"
                with pytest.raises(Invalid) as refused:
                    action.parse(put({}, path, value))
                (said,) = [
                    m
                    for field, (m, *_) in refused.value.errors.items()
                    if field.split(".")[0] == path.split(".")[0]
                ]
                assert "1900" in said.zh, (name, path)
                assert "2999" in said.en, (name, path)
                tried += 1
    assert tried > 40


def test_every_action_over_the_api(houses: Houses, caplog: pytest.LogCaptureFixture) -> None:
    found, clients = [], dict[int, Client]()
    with caplog.at_level(logging.ERROR):
        for name, action in ACTIONS.items():
            person = somebody(name, houses)
            if person is None:
                continue
            client = clients.setdefault(person.pk, clients.get(person.pk) or client_of(person))
            for data in (bent(name), plausible(action, person, text=KEPT)):
                with taken_back():
                    body = json.dumps(data)
                    answer = client.post(f"/api/actions/{name}", body, content_type="application/json")
                if answer.status_code not in (200, 400, 403, 404, 409, 413, 422):
                    found.append(f"{name} answers {answer.status_code} to {body[:200]}")
                elif answer.status_code != 200 and not answer.json()["text"]:
                    found.append(f"{name} says nothing")
    assert not found + faults(caplog), "\n".join(found + faults(caplog))


def test_every_action_by_its_form(houses: Houses, caplog: pytest.LogCaptureFixture) -> None:
    found, clients = [], dict[int, Client]()
    with caplog.at_level(logging.ERROR):
        for name in ACTIONS:
            person = somebody(name, houses)
            if person is None:
                continue
            client = clients.setdefault(person.pk, clients.get(person.pk) or client_of(person))
            with taken_back():
                answer = client.post(f"/do/{name}/", _texts(name))
            if answer.status_code not in (200, 204, 302, 400, 403, 404, 409, 422):
                found.append(f"{name} answers {answer.status_code}")
    assert not found + faults(caplog), "\n".join(found + faults(caplog))


def _texts(name: str) -> dict[str, Any]:
    """What a form can send: texts, several under one name."""
    found: dict[str, Any] = {}
    for place, field in enumerate(ACTIONS[name].Input.model_fields):
        one, other = TEXTS[place % len(TEXTS)], TEXTS[(place + 1) % len(TEXTS)]
        found[field] = [_sendable(one), _sendable(other)]
    return found


def _sendable(text: str) -> str:
    return text[:1000].encode("utf-8", "replace").decode()


# --- what is wrong with the request itself ------------------------------------------------------------------------------

ACTION = "/api/actions/customers.create"
LIMIT = django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
DEEP = 100_000
BODIES: dict[str, tuple[str, bytes]] = {
    "deep lists": ("application/json", b'{"name": ' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "deep objects": ("application/json", b'{"name": ' * DEEP + b"1" + b"}" * DEEP),
    "a number of many digits": ("application/json", b'{"manager": ' + b"9" * 10_000 + b"}"),
    "no number": ("application/json", b'{"manager": NaN, "lon": -Infinity}'),
    "a name twice": ("application/json", b'{"name": "a", "name": ["b"]}'),
    "a list": ("application/json", b"[1, 2]"),
    "a word": ("application/json", b'"name"'),
    "half of it": ("application/json", b'{"name": "'),
    "no UTF-8": ("application/json", b'{"name": "\xff\xfe"}'),
    "UTF-16": ("application/json; charset=utf-16", '["恒远"]'.encode("utf-16")),
    "a charset that is none": ("application/json; charset=evil", b'{"name": 1}'),
    "plain text": ("text/plain", b"name=a"),
    "XML": ("application/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    "parts without a boundary": ("multipart/form-data", b"--x\r\n\r\n--x--"),
    "parts that never end": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\na',
    ),
    "a boundary of odd signs": ("multipart/form-data; boundary=\xff\x00", b"--x"),
    "no type at all": ("", b"name=a"),
    "more fields than anybody has": (
        "application/x-www-form-urlencoded",
        b"&".join(b"a%d=1" % n for n in range(3000)),
    ),
    "bent percent signs": ("application/x-www-form-urlencoded", b"name=%ff%fe%00%zz%&%=%&=&&"),
}


@pytest.mark.parametrize("what", sorted(BODIES))
@pytest.mark.parametrize("address", [ACTION, "/do/customers.create/", "/sign-in/"])
def test_a_body_that_is_none(
    address: str, what: str, houses: Houses, caplog: pytest.LogCaptureFixture
) -> None:
    kind, body = BODIES[what]
    client = client_of(houses.strangers["relationship_specialist"])
    if address == "/sign-in/":
        client.logout()
    with taken_back():
        answer = client.generic("POST", address, body, kind)
    assert answer.status_code in ((400, 422) if address == ACTION else (200, 302, 400, 422)), answer.content
    if address == ACTION:
        assert answer.json()["text"]
    assert not [f for f in faults(caplog) if "TooMany" not in f and "MultiPart" not in f]


@pytest.mark.parametrize(("language", "heading"), [("zh-hans", "内容过大"), ("en", "Too large")])
def test_more_than_can_be_sent_at_once(language: str, heading: str, houses: Houses) -> None:
    person = houses.strangers["relationship_specialist"]
    person.language = language
    person.save(update_fields=["language"])
    client = client_of(person)
    body = "name=" + "a" * LIMIT
    form = "application/x-www-form-urlencoded"
    page = client.post("/do/customers.create/", body, content_type=form)
    assert (page.status_code, heading in page.content.decode(), "<h1" in page.content.decode()) == (
        413,
        True,
        True,
    )
    for address in (ACTION, f"{ACTION}/why"):
        for kind in ("application/json", form):
            told = client.post(address, body, content_type=kind, headers={"Accept-Language": language})
            assert (told.status_code, told.json()["kind"]) == (413, "too_large")
            assert "10 MB" in told.json()["text"]


HEADERS = {
    "Accept-Language": "zh\r\nX-Evil: 1",
    "Idempotency-Key": "a\r\nX-Evil: 1",
    "Authorization": "Bearer \x00\xff",
    "Cookie": "sessionid=\x00'; language=<b>; theme=\r\n; csrftoken=\xff",
    "Content-Length": "-5",
    "X-Forwarded-For": "'\"<b>, 999.999.999.999, ::",
    "X-Forwarded-Proto": "ftp",
    "HX-Request": "\xff",
    "HX-Current-URL": "javascript:alert(1)",
    "X-Drawer": "\r\n",
    "Range": "bytes=-9999999999999999999-",
    "If-Modified-Since": "Thu, 99 Zzz 99999",
}


@pytest.mark.parametrize("header", sorted(HEADERS))
def test_a_header_that_is_none(header: str, houses: Houses, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(houses.strangers["relationship_specialist"])
    name = header.upper().replace("-", "_")
    sent: Any = {name if name == "CONTENT_LENGTH" else f"HTTP_{name}": HEADERS[header]}
    for address in ("/", "/customers/", "/api/actions", "/sign-in/"):
        answer = client.get(address, **sent)
        assert answer.status_code in (200, 302, 401), address
        assert "X-Evil" not in str(answer.headers)
    answer = client.post(ACTION, b"{}", content_type="application/json", **sent)
    assert answer.status_code in (400, 401, 422)
    assert not faults(caplog)


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:99999", "a b", "", "[::1", "\xff", "localhost@evil"]
)
def test_a_host_that_is_not_ours(host: str, houses: Houses) -> None:
    for address in ("/sign-in/", "/api/actions"):
        answer = Client(raise_request_exception=False).get(address, HTTP_HOST=host)
        assert answer.status_code in (200, 400, 401)
        assert "evil" not in str(answer.headers)


@pytest.mark.parametrize(
    "address",
    [
        "/customers/?q=%ff%fe&page=%00&sort=%ed%a0%80",
        "/customers/?q=%F0%9F%99%82%E2%80%AE&after=WyJzIiwi",
        "/ui/pick/customer/?q=%ff%00",
        "/do/%ff%00/",
        "/%c0%ae%c0%ae/etc/passwd",
        "/api/actions/%ff",
        "/api/lists/customers.list?manager=%ff&exact=%00",
        "/sign-in/?next=//evil.example/",
        "/sign-in/?next=%0d%0aSet-Cookie:%20evil=1",
        "/customers/999999999999999999999999999999/",
        "/customers/?" + "&".join(f"a{n}=1" for n in range(3000)),
        "/customers/?q=" + "%E9%95%B7" * 5000,
    ],
)
def test_an_address_that_is_none(address: str, houses: Houses, caplog: pytest.LogCaptureFixture) -> None:
    client = client_of(houses.strangers["relationship_specialist"])
    answer = client.get(address)
    assert answer.status_code in (200, 302, 400, 404, 405, 422)
    assert "evil" not in str(answer.headers)
    assert not [f for f in faults(caplog) if "TooMany" not in f]


def test_a_day_beyond_all_days_in_an_address(houses: Houses, caplog: pytest.LogCaptureFixture) -> None:
    """Every page without arguments, with every name under which pages read days, months and years."""
    boss, found, tried = houses.cast.chen, [], 0
    client = client_of(boss)
    dates = [f.key for p in pages() for cls in p.lists for f in cls.filters if f.kind == "date"]
    ends = {f"{key}{end}" for key in dates for end in ("", "_from", "_to")}
    last = dict.fromkeys({"day", "week", "when", *ends}, "9999-12-31") | {"month": "9999-12", "year": "99999"}
    first = dict.fromkeys({"day", "week", "when", *ends}, "0001-01-01") | {"month": "0001-01", "year": "0"}
    for page in pages():
        if (
            "<" in page.route
            or "GET" not in page.methods
            or not page.may(boss)
            or page.name.startswith("test.")
        ):
            continue
        tried += 1
        for asked in (first, last):
            answer = client.get(page.url(), asked)
            if answer.streaming:
                b"".join(answer.streaming_content)
            if answer.status_code not in (200, 302, 400, 404):
                found.append(f"{page.name} answers {answer.status_code} to {asked}")
    assert tried > 30
    assert not found + faults(caplog), "\n".join(found + faults(caplog))


@pytest.mark.parametrize(
    "name", ["\x00.csv", "../../etc/passwd", "a\r\nX: y.csv", "長" * 400 + ".csv", "con.xlsx"]
)
@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, b"\xff\xfe" * 50, b"PK\x03\x04" + b"\x00" * 50, b"a,b\n" * 3]
)
def test_a_file_that_is_none(
    name: str, content: bytes, houses: Houses, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(houses.cast.wang)
    with taken_back():
        sent = SimpleUploadedFile(name, content, "text/csv")
        sent.name = name
        answer = client.post("/customers/import/", {"file": sent})
    assert answer.status_code in (200, 302, 400, 422)
    assert not faults(caplog)
