"""Which page answers what to which role: asked of the running server, page by page, so that equal answers need one picture."""

from __future__ import annotations

import hashlib
import http.client
import re
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

NOBODY = "nobody"
EVER_NEW = re.compile(rb'(csrfmiddlewaretoken" value=")\w+|(X-CSRFToken": ")\w+|\b[0-9a-f]{32}\b')
WORDS = {"zh": "zh-hans", "en": "en"}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who looks at pages: one per role, or nobody (session '')."""

    role: str
    words: str
    person: Any = None
    session: str = ""

    @property
    def name(self) -> str:
        return getattr(self.person, "username", NOBODY)


@dataclass(frozen=True, slots=True)
class Question:
    """One page for one visitor. path: '' where the demo has no row that this visitor could see there."""

    page: str
    label: str
    visitor: Visitor
    path: str
    allowed: bool


@dataclass(slots=True)
class Answer:
    """What came back. kind: html, piece (of a page), file, redirect, error or none; digest: equal where it looks the same."""

    question: Question
    language: str
    kind: str
    status: int = 0
    digest: str = ""
    where: str = ""
    body: bytes = field(default=b"", repr=False)


def visitors(only: Sequence[str]) -> list[Visitor]:
    """One person of the company for every role (for those in `only`, if any is named), and nobody."""
    from django.test import Client

    from guanxi.platform.people.models import Person
    from guanxi.platform.people.reads import holders
    from guanxi.platform.people.roles import ROLES

    found, sessions = list[Visitor](), dict[int, str]()
    for role, words in ROLES.items():
        person: Person | None = holders(role).order_by("pk").first()
        if person is None or (only and role not in only and person.username not in only):
            continue
        if person.pk not in sessions:
            client = Client()
            client.force_login(person, "django.contrib.auth.backends.ModelBackend")
            sessions[person.pk] = client.cookies["sessionid"].value
        found.append(Visitor(role, f"{words.zh} {words.en}", person, sessions[person.pk]))
    if not only or NOBODY in only:
        found.append(Visitor(NOBODY, "未登录 nobody signed in"))
    return found


def questions(people: Iterable[Visitor], only: Sequence[str]) -> list[Question]:
    """Every page that can be looked at, for every visitor, from the page registry."""
    from guanxi.platform.ui.registry import pages

    found = []
    for page in pages():
        if "GET" not in page.methods or (only and not any(page.name.startswith(o) for o in only)):
            continue
        for visitor in people:
            allowed = page.may(visitor.person)
            if visitor.role == NOBODY and not page.public:
                continue
            kwargs: Any = {} if page.sample is None else page.sample(visitor.person) if allowed else None
            path = "" if kwargs is None else page.url(**kwargs)
            found.append(Question(page.name, f"{page.label.zh} {page.label.en}", visitor, path, allowed))
    return found


def speak(people: Iterable[Visitor], language: str) -> None:
    """Everybody wants to read this language from now on; through the action, as their own menu does."""
    from guanxi.platform.kernel import perform

    for person in {v.person.pk: v.person for v in people if v.person}.values():
        person.refresh_from_db()
        if person.language != WORDS[language]:
            perform(
                "people.set_preferences",
                {"language": WORDS[language], "theme": person.theme},
                actor=person,
                source="web",
            )


class Asking:
    """Asks the server over a few kept connections."""

    def __init__(self, address: str, language: str) -> None:
        self.host = urlsplit(address).netloc
        self.language = language
        self.local = threading.local()

    def all(self, asked: Sequence[Question], threads: int) -> list[Answer]:
        """Their answers, in the same order."""
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self.one, asked))

    def one(self, question: Question) -> Answer:
        """The answer to one question; connection errors pass through."""
        if not question.path:
            return Answer(question, self.language, "none")
        if not hasattr(self.local, "line"):
            self.local.line = http.client.HTTPConnection(self.host, timeout=120)
        cookies = f"language={WORDS[self.language]}"
        if question.visitor.session:
            cookies += f"; sessionid={question.visitor.session}"
        self.local.line.request("GET", question.path, headers={"Cookie": cookies})
        answer = self.local.line.getresponse()
        body = answer.read()
        kind = _kind(answer.status, answer.getheader("Content-Type", ""), body)
        made = Answer(question, self.language, kind, answer.status, where=answer.getheader("Location", ""))
        if kind == "file":
            made.body = body
        made.digest = hashlib.sha256(_what_differs(body)).hexdigest()
        return made


def _kind(status: int, content: str, body: bytes) -> str:
    if status in (301, 302, 303):
        return "redirect"
    if status != 200:
        return "error"
    if content.startswith("text/html"):
        return "html" if b"<html" in body[:500] else "piece"
    return "file"


def _what_differs(body: bytes) -> bytes:
    """The page itself without its bar (who is signed in) and without what is new in every answer."""
    begin = body.find(b"<main")
    end = body.rfind(b"</main>")
    return EVER_NEW.sub(b"", body[begin:end] if 0 <= begin < end else body)
