"""The daily run: all that falls due in one day, judged, written and told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from ..results import Result, spread
from . import Bench, django_ready, suite

SUITE = "daily"
TARGET = 60
DAY = timedelta(days=1)


@suite(SUITE)
def daily(bench: Bench) -> Iterator[Result]:
    """The queue of due times drained for one day that nobody has let pass yet, with rollout and notices."""
    company = bench.on()
    django_ready()
    from guanxi.platform.journal.models import Head
    from guanxi.platform.kernel import fixed_clock
    from guanxi.platform.messages.models import InboxMessage
    from guanxi.platform.regulations import notices, ticking
    from guanxi.platform.regulations.store import SqlStore

    stood = SqlStore().state("clock")
    if stood is None:
        return  # no regulation is in force, and nothing falls due
    stands = datetime.fromisoformat(stood["at"]).astimezone(UTC)
    clock = fixed_clock(stands + DAY)
    # What filling said and nobody was told of is no part of the day.
    notices.send_notices(fixed_clock(stands))
    steps: list[float] = []
    system = ticking._system

    def timed(*told: Any) -> None:
        began = time.perf_counter()
        system(*told)
        steps.append(time.perf_counter() - began)

    facts, told = Head.objects.get().seq, InboxMessage.objects.count()
    began, processor = time.perf_counter(), time.process_time()
    with mock.patch.object(ticking, "_system", timed):
        ticking.drain(clock)
    drained = time.perf_counter()
    ticking.roll_out(clock)
    notices.send_notices(clock)
    ended = time.perf_counter()
    more = {
        "judging_s": round(drained - began, 2),
        "telling_s": round(ended - drained, 2),
        "processor_s": round(time.process_time() - processor, 2),
        "facts": Head.objects.get().seq - facts,
        "messages": InboxMessage.objects.count() - told,
    }
    yield Result(SUITE, "one day of what falls due", "s", round(ended - began, 2), database=company.database,
                 target=TARGET, rows=bench.rows, more=more)  # fmt: skip
    if steps:
        yield Result(SUITE, "a step holds the writer", "ms", **spread(steps), database=company.database, n=len(steps),
                     rows=bench.rows)  # fmt: skip
