"""Given the demo company, when anybody opens any page, then it answers as the page registry says.

Pages come from the registry, people from the demo (one for each role), rows from the pages' own samples: a new page or a
new role cannot be forgotten here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from guanxi.platform.kernel import all_actions, may, perform
from guanxi.platform.people.models import Person
from guanxi.platform.people.roles import ROLES
from guanxi.platform.ui.registry import Page, pages
from tests.growth import grow

from . import rows
from .rows import of_role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]

PAGES = [p for p in pages() if not p.name.startswith("test.")]
LANGUAGES = {"zh-hans": "zh-Hans", "en": "en"}
READABLE = [p for p in PAGES if "GET" in p.methods]

KINDS = {"address": "place", "hand_over": "handover", "other": "customer", "run": "import", "twin": "contact"}
"""Where an address calls a row otherwise than an action's input does."""
PERSONAL = {
    *(
        "absence",
        "address",
        "approval",
        "attachment",
        "contact",
        "employment",
        "credit_event",
        "customer",
        "hand_over",
        "inbox_message",
        "movement",
        "need",
        "objection",
        "order",
        "obligation",
        "observation",
        "other",
        "passkey",
        "promise",
        "run",
        "saved_view",
        "substitute",
        "twin",
        "visit",
    ),
}
"""URL arguments that name rows which not everybody sees: somebody else's is answered like one that is not there."""
COMPANYWIDE = {
    *(
        "action",
        "clause",
        "control",
        "department",
        "entry",
        "item",
        "job",
        "kind",
        "message",
        "own_field",
        "parameter",
        "person",
    ),
    *("competitor", "product", "promotion", "regulation", "tag", "version", "what"),
}
"""URL arguments that name what everybody sees who holds the page's right."""
RUBBISH = ("\x00<b>'\"—𠮷" + "9" * 400, "9" * 30, "²", "2026-02-31")
"""Signs, a large number, a digit that is none, a date that is none."""
QUERY = (
    *(
        "after",
        "all",
        "arrange",
        "before",
        "build",
        "c",
        "day",
        "exact",
        "export",
        "file",
        "month",
        "next",
        "of",
        "opened",
        "owner",
        "page",
    ),
    *(
        "q",
        "queue",
        "row",
        "show",
        "sort",
        "split",
        "stage",
        "to",
        "value",
        "view",
        "week",
        "when",
        "where",
        "year",
    ),
)
"""Names that pages read from behind their address."""
LEADS_ON = re.compile(
    r"setup\.|people\.sign-in|customers\.(assign|tag)$|privacy\.erase-overdue$|customers\.import-columns$|ownfields\.retype-unfit$"
)
"""Pages that send one to the step that is due instead of showing themselves."""


def client_of(person: Person | None, language: str = "zh-hans") -> Client:
    client = Client(raise_request_exception=False)
    if person is None:
        client.cookies["language"] = language
        return client
    if person.language != language:
        perform("people.set_preferences", {"language": language, "theme": person.theme}, actor=person)
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def arguments(page: Page) -> set[str]:
    return set(re.findall(r"<\w+:(\w+)>", page.route))


def samples(person: Person) -> Iterator[tuple[Page, Mapping[str, Any]]]:
    """The pages this person may open, each with a row they may see."""
    for page in PAGES:
        if page.may(person):
            found = page.sample(person) if page.sample else {}
            if found is not None:
                yield page, found


def fetched(client: Client, page: Page, kwargs: Mapping[str, Any]) -> Any:
    """The answer to a look at the page, read to its end."""
    answer = client.get(page.url(**kwargs))
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer


def wrong(page: Page, answer: HttpResponse, language: str = "zh-hans") -> str:
    """What is wrong with the answer to somebody who may have the page; '' for nothing."""
    if answer.status_code in (302, 303):
        return "" if LEADS_ON.match(page.name) else f"{page.name} goes to {answer['Location']}"
    if answer.status_code != 200:
        return f"{page.name} answers {answer.status_code}"
    if answer["Content-Type"].startswith("text/html") and b"<html" in answer.content:
        if f'lang="{LANGUAGES[language]}"'.encode() not in answer.content[:200]:
            return f"{page.name} is not in {language}"
        if not re.search(rb"<h1[ >]", answer.content):
            return f"{page.name} has no heading"
    return ""


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_gets_every_page_it_may_have_and_no_other(role: str) -> None:
    person = of_role(role)
    client = client_of(person)
    found = [
        fault
        for page, kwargs in samples(person)
        if "GET" in page.methods and (fault := wrong(page, fetched(client, page, kwargs)))
    ]
    boss = of_role("general_manager")
    for page in PAGES:
        if page.may(person):
            continue
        kwargs = _some_row(page, boss)
        answer = client.get(page.url(**kwargs)) if "GET" in page.methods else client.post(page.url(**kwargs))
        if answer.status_code != 403:
            found.append(f"{page.name} answers {answer.status_code}, though {role} has no right to it")
    assert not found, "\n".join(found)


def _some_row(page: Page, person: Person) -> Mapping[str, Any]:
    """Arguments that fit the route, of a real row where this person sees one."""
    found = page.sample(person) if page.sample else {}
    return (
        found if found is not None else {a: 1 if f"<int:{a}>" in page.route else "x" for a in arguments(page)}
    )


def test_every_page_speaks_english_too() -> None:
    """One role for each page is enough: the words are the same for all."""
    seen, found = set[str](), list[str]()
    for role in sorted(ROLES):
        person = of_role(role)
        mine = [(p, k) for p, k in samples(person) if "GET" in p.methods and p.name not in seen]
        if not mine:
            continue
        client = client_of(person, "en")
        for page, kwargs in mine:
            seen.add(page.name)
            if fault := wrong(page, fetched(client, page, kwargs), "en"):
                found.append(fault)
    assert not found, "\n".join(found)


def test_every_page_can_be_shown_beside_another() -> None:
    """The drawer takes the [data-page] out of the answer: a page that sends a piece of itself there leaves it empty."""
    beside = {"HX-Request": "true", "HX-Target": "drawer-body", "X-Drawer": "1"}
    person = of_role("general_manager")
    client, found = client_of(person), []
    for page, kwargs in samples(person):
        if "GET" not in page.methods or b"data-page" not in fetched(client, page, kwargs).getvalue():
            continue
        if b"data-page" not in client.get(page.url(**kwargs), headers=beside).content:
            found.append(page.name)
    assert found == ["palette"], "only the search has a box of its own"


def test_the_demo_has_a_row_for_every_page() -> None:
    people = [of_role(role) for role in sorted(ROLES)]
    empty = {
        page.name
        for page in PAGES
        if page.sample and all(page.sample(p) is None for p in people if page.may(p))
    }
    assert empty == set()


def test_nobody_is_led_to_the_sign_in() -> None:
    client, found = client_of(None), []
    for page in READABLE:
        answer = fetched(client, page, _some_row(page, of_role("general_manager")))
        if page.public:
            if fault := wrong(page, answer):
                found.append(fault)
        elif answer.status_code != 302 or not answer["Location"].startswith("/sign-in/"):
            found.append(f"{page.name} answers {answer.status_code}")
    assert not found, "\n".join(found)


def test_every_argument_of_an_address_is_known_here() -> None:
    """A new kind of row in an address has to be put among those that are somebody's, or among those that are everybody's."""
    assert {a for page in PAGES for a in arguments(page)} == PERSONAL | COMPANYWIDE


def hidden_from(person: Person) -> dict[str, Any]:
    """For each kind of row that is somebody's: one that is there and that this person may not see."""
    found = {name: rows.hidden(KINDS.get(name, name), person) for name in PERSONAL}
    return {name: id for name, id in found.items() if id is not None}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_what_one_may_not_see_is_answered_like_what_is_not_there(role: str) -> None:
    person = of_role(role)
    client, hidden, found = client_of(person), hidden_from(person), list[str]()
    for page in PAGES:
        names = sorted(arguments(page) & PERSONAL)
        if not names or not page.may(person):
            continue
        others = {"kind": "need", "what": "rejected"}
        if len(names) > 1:  # each of them hidden once, beside one that may be seen
            others |= (page.sample(person) if page.sample else None) or {}
        for named in names:
            if named not in hidden or not arguments(page) - {named} <= others.keys():
                continue
            address = page.url(**{a: hidden[named] if a == named else others[a] for a in arguments(page)})
            answer = client.get(address) if "GET" in page.methods else client.post(address)
            if answer.status_code != 404:
                found.append(f"{address} ({page.name}) answers {answer.status_code}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("role", ["relationship_specialist", "account_manager", "front_desk"])
def test_there_is_something_that_others_may_not_see(role: str) -> None:
    """Else the test above would say nothing."""
    assert {"customer", "contact", "need", "promise", "visit", "approval", "obligation"} <= set(
        hidden_from(of_role(role))
    )


def test_what_is_not_there_is_answered_so() -> None:
    """Numbers beyond any row, words that name nothing, signs that mean something elsewhere: 404 (or 403 where the page asks
    for a further right first), never a fault."""
    found = []
    for page in PAGES:
        person = next((of_role(r) for r in sorted(ROLES) if page.may(of_role(r))), None)
        if not arguments(page) or person is None:
            continue
        client = client_of(person)
        for number, word in ((0, "x"), (999_999_999, "r1'\"<>"), (10**30, "..%2f"), (1, "不存在")):
            kwargs = {a: number if f"<int:{a}>" in page.route else word for a in arguments(page)}
            try:
                address = page.url(**kwargs)
            except NoReverseMatch:
                continue  # a slug takes no such signs
            answer = client.get(address) if "GET" in page.methods else client.post(address)
            if answer.status_code not in (403, 404) and not (
                number == 1 and answer.status_code in (200, 302)
            ):
                found.append(f"{address} ({page.name}) answers {answer.status_code}")
    assert not found, "\n".join(found)


def test_a_form_sent_empty_or_full_of_rubbish_is_answered_with_words() -> None:
    """Every page that takes a form: nothing at all, and every field filled with what it cannot be."""
    found, done = list[str](), set[str]()
    sent = ({}, *rubbish(fields_of_all_actions()))
    for role in sorted(ROLES):
        person = of_role(role)
        client = client_of(person)
        for page, kwargs in samples(person):
            if "POST" not in page.methods or page.name in done or page.name == "people.sign-out":
                continue
            done.add(page.name)
            for number, data in enumerate(sent):
                answer = client.post(page.url(**kwargs), data)
                if answer.status_code not in (200, 204, 302, 303, 400, 403, 404, 409, 422, 429):
                    found.append(f"{page.name} answers {answer.status_code} to rubbish {number}")
                client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    assert not found, "\n".join(found)


def test_an_address_with_rubbish_behind_it_is_answered() -> None:
    """What stands behind the question mark is anybody's to change."""
    found, done = list[str](), set[str]()
    sent = rubbish([*fields_of_all_actions(), *QUERY])
    for role in sorted(ROLES):
        person = of_role(role)
        client = client_of(person)
        for page, kwargs in samples(person):
            if "GET" not in page.methods or page.name in done:
                continue
            done.add(page.name)
            for number, data in enumerate(sent):
                answer = client.get(page.url(**kwargs), data)
                if answer.streaming:
                    b"".join(answer.streaming_content)
                if answer.status_code not in (200, 302, 400, 404, 422):
                    found.append(f"{page.name} answers {answer.status_code} to rubbish {number}")
    assert not found, "\n".join(found)


def rubbish(names: list[str]) -> list[dict[str, str]]:
    """Every field filled with what it cannot be, twice: with something else the second time."""
    return [
        {name: RUBBISH[(place + turn) % len(RUBBISH)] for place, name in enumerate(names)} for turn in (0, 1)
    ]


def fields_of_all_actions() -> list[str]:
    return sorted({name for action in all_actions().values() for name in action.Input.model_fields})


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_action_has_a_plain_form(language: str) -> None:
    """For whoever may do it; who may not is told so."""
    found = []
    people = {person.pk: person for person in (of_role(role) for role in sorted(ROLES))}
    clients = {pk: client_of(person, language) for pk, person in people.items()}
    for name, action in all_actions().items():
        if name.startswith("test.") or action.internal:
            continue
        for status in (200, 403):
            asker = next((p for p in people.values() if may(p, name) == (status == 200)), None)
            if asker is None:
                continue
            answer = clients[asker.pk].get(reverse("ui.act", kwargs={"action": name}))
            if answer.status_code != status:
                found.append(f"{name} answers {answer.status_code} to {asker.username}, not {status}")
    assert not found, "\n".join(found)


# How often pages ask the database

TIMES = 4
FOR_EACH = ("today", "customers.list", "customers.detail", "visits.week", "regulations.detail")
"""Opened by each of SEEING: what they show depends most on how far somebody sees."""
SEEING = ("general_manager", "service_manager", "account_manager")
GROWING = (
    *FOR_EACH,
    *("approvals.all", "approvals.detail", "approvals.list", "approvals.mine", "approvals.over"),
    *("customers.card", "customers.contact-log", "customers.history", "customers.import"),
    *("customers.key-book", "customers.needs", "customers.pool", "customers.timeline"),
    *("handover.list", "palette", "promises.list", "regulations.clause", "regulations.exceptions"),
    *("regulations.list", "regulations.mine", "visits.card", "visits.detail", "visits.list"),
    *("visits.reassign", "visits.sheet"),
)
"""Every page that shows rows whose number grows with the company's work; the others by the first of SEEING that may."""

FURTHER = {"today": 4}
"""What a page may ask more where not all rows fit on it any longer: how many there are, and of what other kinds."""


def asked(client: Client, address: str) -> int:
    """How many queries a page takes that is opened the second time, when what a process keeps is kept."""
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        assert answer.status_code == 200, f"{address} answers {answer.status_code}"
    return len(captured)


def opened() -> Iterator[tuple[Client, str, Page, Mapping[str, Any]]]:
    """(somebody signed in, their role, page, its row)."""
    seen, by_name = set[str](), {page.name: page for page in pages()}
    for role in SEEING:
        person = of_role(role)
        client = client_of(person)
        for name in GROWING:
            page = by_name[name]
            if (name in seen and name not in FOR_EACH) or not page.may(person):
                continue
            kwargs = page.sample(person) if page.sample else {}
            if kwargs is not None:
                seen.add(name)
                yield client, role, page, kwargs
    assert seen == set(GROWING)


def test_no_page_asks_more_often_where_there_are_more_rows() -> None:
    before = [(*one, asked(one[0], one[2].url(**one[3]))) for one in opened()]
    grow(TIMES, facts_of={k["customer"] for _, _, _, k, _ in before if "customer" in k})
    found = []
    for client, role, page, kwargs, few in before:
        many = asked(client, page.url(**kwargs))
        if many > few + FURTHER.get(page.name, 0):
            found.append(f"{page.name} ({role}): {few} queries with few rows, {many} with many")
    assert not found, "\n".join(found)
