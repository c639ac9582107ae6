"""Pages on the server: through every middleware, for three people who see more and more, warm and cold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from ..asking import Browser, counted
from ..machine import forget
from ..results import Result, spread
from . import Bench, django_ready, people, suite

TARGET = 100
SUITE = "pages"
WORDS = ("公司", "有限", "杭州", "hengxin", "电机", "hzjm", "精密机械", "8001", "宁波宏", "sz")
"""Typed into Ctrl-K: words that stand in nearly every name, part of a name, pinyin, initials, a telephone's tail."""


@dataclass(slots=True)
class Asked:
    """One kind of page: its addresses, and what was measured."""

    what: str
    paths: list[str]
    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    sent: int = 0
    queries: list[int] = field(default_factory=list)
    first: float = 0.0


@suite(SUITE)
def pages(bench: Bench) -> Iterator[Result]:
    """Today, lists, the customer's page, regulations and Ctrl-K on the server."""
    company = bench.on()
    django_ready()
    from guanxi.interfaces.web.wsgi import application

    draw = Random(bench.seed)
    asked = {
        (who, one.what): one
        for who, person in people().items()
        for one in wanted(person, who, draw, bench.requests)
    }
    browsers = {who: Browser(application, person) for who, person in people().items()}
    _cold(company.home, asked, browsers)
    first = [one.first for one in asked.values()]
    more: dict[str, Any] = {
        "pages": {f"{who}: {what}": round(one.first * 1000, 1) for (who, what), one in asked.items()}
    }
    yield Result(SUITE, "first request of each page", "ms", **spread(first), database=company.database, state="cold",
                 n=len(first), rows=bench.rows, more=more)  # fmt: skip
    for (who, _), one in asked.items():
        for path in one.paths[: min(3, bench.requests)]:
            browsers[who].get(path)
        for path in one.paths[: bench.requests]:
            with counted() as sql:
                browsers[who].get(path)
            one.queries.append(len(sql))
    for place in range(bench.requests):  # page after page, so that none has the caches to itself
        for (who, _), one in asked.items():
            took, used, sent, _body = browsers[who].get(one.paths[place % len(one.paths)])
            one.seconds.append(took)
            one.processor.append(used)
            one.sent = max(one.sent, sent)
    for (who, what), one in asked.items():
        more = {"processor_ms": spread(one.processor), "most_bytes": one.sent}
        yield Result(SUITE, what, "ms", **spread(one.seconds), database=company.database, who=who, state="warm",
                     n=len(one.seconds), target=TARGET, queries=(min(one.queries), max(one.queries)), rows=bench.rows,
                     more=more)  # fmt: skip


def _cold(home: Path, asked: dict[tuple[str, str], Asked], browsers: dict[str, Browser]) -> None:
    """The first request of each page, its database file forgotten by the system before (PostgreSQL keeps its own)."""
    from django.db import connection

    for (who, _), one in asked.items():
        if connection.vendor == "sqlite":
            connection.close()
            forget(home / "guanxi.sqlite3")
        one.first = browsers[who].get(one.paths[0])[0]


def wanted(person: Any, who: str, draw: Random, number: int) -> list[Asked]:
    """The pages that one person asks for. Customers are drawn among all that the person may see."""
    from guanxi.domains.customers import reads

    few = min(50, number)
    seen = reads.visible(person)
    ids = list(seen.order_by("pk").values_list("pk", flat=True))
    chosen = draw.sample(ids, min(few, len(ids)))
    busy = busiest(ids)
    two = [
        {"active": "1", "kind": kind, "sort": sort}
        for kind in ("company", "tenant", "prospect")
        for sort in ("name", "-contacted")
    ]
    any_of = "any(kind.is(tenant),contacted.older(90))"
    deep = seen.order_by("name", "pk")[len(ids) // 2 : len(ids) // 2 + 1].values_list("name", "pk")[0]
    found = [
        Asked("Today", ["/"]),
        Asked("customer list", ["/customers/"]),
        Asked("customer list, two filters", [f"/customers/?{urlencode(one)}" for one in two]),
        Asked("customer list, any of two filters", [f"/customers/?{urlencode({'where': any_of})}"]),
        Asked("customer list, from the middle", [f"/customers/?after={mark(*deep)}"]),
        Asked("customer list, searched", [f"/customers/?{urlencode({'q': word})}" for word in WORDS]),
        Asked("customer page", [f"/customers/{id}/" for id in chosen]),
        Asked("customer page, the busiest", [f"/customers/{id}/" for id in busy]),
        Asked("visit list", ["/visits/"]),
        Asked("regulations", ["/regulations/"]),
        Asked("regulation page (R1)", ["/regulations/R1/"]),
        Asked("Ctrl-K as one types", [f"/find/?{urlencode({'q': word})}" for word in WORDS]),
    ]
    return found


def mark(*key: Any) -> str:
    """Where a list goes on: the mark behind a row with this sort value and id."""
    from guanxi.platform.ui.lists import Mark

    return str(Mark(*key).write())


def busiest(ids: list[int]) -> list[int]:
    """Of those whom the person sees, the ten that most was written about lately."""
    from collections import Counter

    from django.db.models import Max

    from guanxi.platform.journal.models import Fact

    last = Fact.objects.aggregate(last=Max("seq"))["last"] or 0
    seen = set(ids)
    lately = Fact.objects.filter(seq__gt=last - 20_000, customer_id__isnull=False).values_list(
        "customer_id", flat=True
    )
    return [id for id, _ in Counter(id for id in lately if id in seen).most_common(10)] or ids[:1]
