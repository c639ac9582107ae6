"""Actions alone: rights, gates, rows, facts and obligations in one transaction, nobody else writing."""

from __future__ import annotations

import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from ..asking import counted
from ..results import Result, spread
from . import Bench, django_ready, suite

TARGET = 50
SUITE = "actions"
WARM = 3
"""Whole visits before the measured ones; in a tiny company half of those there are."""


@dataclass(slots=True)
class Took:
    """One action: seconds, of it the processor's, and queries of each time."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    queries: list[int] = field(default_factory=list)
    facts: int = 0


@suite(SUITE)
def actions(bench: Bench) -> Iterator[Result]:
    """One action with its facts and obligations, alone: a visit from plan to report, calls, needs, promises."""
    company = bench.on()
    django_ready()
    from guanxi.domains.customers.models import Account
    from guanxi.platform.people.models import Person

    me = Person.objects.get(username="zhao")
    free = Account.objects.filter(manager=me, active=True, key=False).exclude(
        visits__state__in=["planned", "confirmed"]
    )
    ids = list(free.order_by("pk").values_list("pk", flat=True))
    number = max(3, bench.requests // 3)
    draw = Random(bench.seed + company.customers)
    chosen = draw.sample(ids, min(len(ids), number + WARM))
    took: dict[str, Took] = defaultdict(Took)
    warm = min(WARM, len(chosen) // 2)
    for place, customer in enumerate(chosen):
        _whole_visit(me.pk, customer, draw, took, measured=place >= warm)
    together = Took()
    for name, one in took.items():
        together.seconds += one.seconds
        more: dict[str, Any] = {"processor_ms": spread(one.processor), "facts_in_all": one.facts}
        yield Result(SUITE, name, "ms", **spread(one.seconds), database=company.database, who="own", state="warm",
                     n=len(one.seconds), target=TARGET, queries=(min(one.queries), max(one.queries)), rows=bench.rows,
                     more=more)  # fmt: skip
    yield Result(SUITE, "all of these", "ms", **spread(together.seconds), database=company.database, who="own",
                 state="warm", n=len(together.seconds), target=TARGET, rows=bench.rows)  # fmt: skip


def _whole_visit(me: int, customer: int, draw: Random, took: dict[str, Took], *, measured: bool) -> None:
    """Everything that somebody on the road does about one visit, now."""
    from django.utils import timezone

    from guanxi.platform.kernel import perform, system_clock
    from guanxi.platform.people.models import Person

    def do(name: str, **data: Any) -> Any:
        actor = Person.objects.select_related("department").get(
            pk=me
        )  # as a request has them: rights not yet read
        one = took[name]
        with counted() as sql:
            began, cpu = time.perf_counter(), time.process_time()
            result = perform(name, data, actor=actor, key=uuid.uuid4().hex, source="web")
            spent, used = time.perf_counter() - began, time.process_time() - cpu
        if measured:
            one.seconds.append(spent)
            one.processor.append(used)
            one.queries.append(len(sql))
            one.facts += len(result.seqs)
        return result.value

    now = system_clock()
    tomorrow = (timezone.localdate(now) + timedelta(days=3)).isoformat()
    do("timeline.note", customer=customer, kind="call", text="约定明天上门，谈二号线改造")
    need = do("needs.add", customer=customer, what="二号线节能改造", source="call")
    visit = do("visits.plan", customer=customer, planned_at=(now + timedelta(minutes=5)).isoformat(), purpose="routine",
               target="确认二号线改造的时间表").pk  # fmt: skip
    do("visits.prepare", visit=visit, packed=["brochures", "business_cards", "pen"])
    do("visits.acknowledge_promotions", visit=visit)
    do("visits.confirm", visit=visit)
    do("visits.check_in", visit=visit)
    lines = [
        {"kind": "information", "text": "新来了设备科科长"},
        {"kind": "promise", "text": "寄变频器样册", "due_on": tomorrow},
        {"kind": "topic", "text": "电价"},
    ]
    do("visits.capture", visit=visit, lines=lines)
    do("visits.check_out", visit=visit)
    do(
        "visits.report",
        visit=visit,
        summary="谈妥了时间表，下周给报价",
        needs_confirmed=True,
        no_conflict=True,
        no_help=True,
    )
    do("visits.set_next", visit=visit, reason="等客户董事会")
    promise = do("promises.make", customer=customer, what="寄报价单", due_on=tomorrow).pk
    do("promises.keep", promise=promise, told=True)
    do("needs.close", need=need.pk, outcome="met")
