"""Fifty people at once against the real server: nothing is lost, nothing is doubled, and how long it takes."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ..results import Result, spread
from ..serving import Line, serving
from . import Bench, django_ready, suite

SUITE = "together"
PEOPLE = 50
ROUNDS = 5
"""How often each does everything in a row."""


@dataclass(slots=True)
class Client:
    """One person at their screen: a token, customers of their own, and what came of each call."""

    username: str
    token: str
    customers: list[int]
    seconds: list[float] = field(default_factory=list)
    keys: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def call(self, line: Line, action: str, twice: bool = False, **data: Any) -> dict[str, Any]:
        """One action over HTTP under a key; twice: sent again under the same key, as a hand that clicks twice."""
        key, answers = uuid.uuid4().hex, []
        self.keys.append((action, key))
        for _ in range(2 if twice else 1):
            began = time.perf_counter()
            status, _, body = line.send(
                "POST",
                f"/api/actions/{action}",
                json.dumps(data).encode(),
                **{"Content-Type": "application/json", "Idempotency-Key": key},
            )
            self.seconds.append(time.perf_counter() - began)
            if status != 200:
                self.wrong.append(f"{self.username} {action}: {status} {body[:200].decode(errors='replace')}")
            answers.append(json.loads(body))
        if twice and (answers[0]["facts"] != answers[1]["facts"] or not answers[1]["replayed"]):
            self.wrong.append(
                f"{self.username} {action}: the same key led to {answers[0]['facts']} and {answers[1]['facts']}"
            )
        return dict(answers[0])


@suite(SUITE)
def together(bench: Bench) -> Iterator[Result]:
    """Fifty people acting at once on the real server: nothing lost, nothing twice."""
    company = bench.on()
    django_ready()
    from django.db import connections

    from guanxi.platform.journal.models import Call, Fact, Head

    clients = _clients(PEOPLE, ROUNDS)
    before = Head.objects.get().seq
    connections.close_all()
    with serving(company) as server:
        _warm(server.port, clients)
        start = threading.Barrier(len(clients) + 1)
        threads = [threading.Thread(target=_work, args=(server.port, one, start)) for one in clients]
        for thread in threads:
            thread.start()
        start.wait()
        began = time.perf_counter()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
    calls = [(one, action, key) for one in clients for action, key in one.keys]
    found = {(c.action, c.key): c for c in Call.objects.filter(key__in=[key for _, _, key in calls])}
    lost = [f"{one.username} {action}" for one, action, key in calls if (action, key) not in found]
    wrong = [line for one in clients for line in one.wrong]
    head = Head.objects.get()
    said = sum((c.last_seq or 0) - c.first_seq + 1 for c in found.values() if c.first_seq)
    broken = _broken(before, bytes(Fact.objects.get(seq=before).hash), bytes(head.hash))
    seconds = [s for one in clients for s in one.seconds]
    rows, name = bench.rows, company.database
    yield Result(SUITE, "each call", "ms", **spread(seconds), database=name, state="warm", n=len(seconds),
                 concurrency=len(clients), rows=rows, more={"longest_ms": round(max(seconds) * 1000, 1)})  # fmt: skip
    yield Result(SUITE, "calls", "1/s", round(len(seconds) / took, 1), database=name, n=len(seconds),
                 concurrency=len(clients), rows=rows)  # fmt: skip
    faults = {
        "lost": lost[:5],
        "wrong": wrong[:5],
        "facts": head.seq - before,
        "facts_of_calls": said,
        "chain": broken,
    }
    bad = len(lost) + len(wrong) + abs(head.seq - before - said) + bool(broken)
    yield Result(SUITE, "lost, doubled or refused", "calls", bad, database=name, n=len(calls),
                 concurrency=len(clients), target=0, rows=rows, more=faults)  # fmt: skip


def _broken(before: int, previous: bytes, head: bytes) -> str:
    """What is wrong with the chain behind a fact; '' where it holds up to the head."""
    from guanxi.platform.journal import chain
    from guanxi.platform.journal.models import Fact

    expected = before
    for fact in Fact.objects.filter(seq__gt=before).order_by("seq"):
        expected += 1
        if fact.seq != expected or chain.link(previous, fact) != bytes(fact.hash):
            return f"at fact {fact.seq}"
        previous = bytes(fact.hash)
    return "" if previous == head else "at its end"


def _clients(people: int, rounds: int) -> list[Client]:
    """So many people on the road, each with a token and customers of their own to work on."""
    from guanxi.demo.company import demo_password
    from guanxi.domains.customers.models import Account
    from guanxi.platform.kernel import perform
    from guanxi.platform.people.models import ApiToken, Person

    found, password = [], demo_password()
    for person in (
        Person.objects.filter(is_active=True, accounts__isnull=False).distinct().order_by("pk")[:people]
    ):
        mine = Account.objects.filter(manager=person, active=True, key=False).order_by("-pk")
        free = list(
            mine.exclude(visits__state__in=["planned", "confirmed"]).values_list("pk", flat=True)[:rounds]
        )
        if not free:
            continue
        for old in ApiToken.objects.filter(person=person, ended_at=None, label=SUITE):
            perform("people.end_token", {"token": old.pk}, actor=person)
        if not person.check_password(password):  # the nameless were given a password that nobody knows
            person.set_password(password)
            person.save(update_fields=["password"])
        made = perform("people.make_token", {"label": SUITE, "password": password}, actor=person).value
        found.append(Client(person.username, made.plain, free))
    return found


def _warm(port: int, clients: list[Client]) -> None:
    """Every thread of the server has a connection and the engine before it counts."""
    lines = [Line(port, Authorization=f"Bearer {one.token}") for one in clients[:8]]
    threads = [threading.Thread(target=line.send, args=("GET", "/api/actions")) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _work(port: int, me: Client, start: threading.Barrier) -> None:
    """A call, a promise made twice by a double click and kept, a visit planned and called off: for each customer."""
    from django.utils import timezone

    line = Line(port, Authorization=f"Bearer {me.token}")
    now = timezone.now()
    on, at = (timezone.localdate(now) + timedelta(days=5)).isoformat(), (now + timedelta(days=2)).isoformat()
    start.wait()
    for customer in me.customers:
        try:
            me.call(line, "timeline.note", customer=customer, kind="call", text="问了交货期")
            promise = me.call(
                line, "promises.make", twice=True, customer=customer, what="寄报价单", due_on=on
            )
            me.call(line, "promises.keep", promise=promise["id"], told=True)
            visit = me.call(
                line, "visits.plan", customer=customer, planned_at=at, purpose="routine", target="谈报价"
            )
            me.call(line, "visits.cancel", visit=visit["id"], reason_code="customer_asked")
        except (OSError, ValueError, KeyError) as error:
            me.wrong.append(f"{me.username}: {error!r}")
