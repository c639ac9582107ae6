"""Given an absence, when it is planned, changed or called off, then the deputies read of it, each once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from guanxi.platform.kernel import fixed_clock, perform
from guanxi.platform.messages.absences import tell_deputies
from guanxi.platform.messages.models import OutgoingMessage
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.people.tests.cast import Cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


def do(name: str, actor: Any, at: datetime = NOW, **data: Any) -> Any:
    return perform(name, data, actor=actor, clock=fixed_clock(at)).value


def told() -> list[tuple[str, str]]:
    tell_deputies(fixed_clock(NOW))
    rows = OutgoingMessage.objects.order_by("pk").values_list("person__username", "subject")
    return [(who, subject) for who, subject in rows]


def test_each_deputy_reads_what_concerns_them(cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False):
        asked = {"deputy": cast.zhao.pk, "since": "2026-03-05", "until": "2026-03-06"}
        row = do("people.plan_absence", cast.lin, **asked)
        first = ("zhao", "2026-03-05 至 2026-03-06 请您代理林晓")
        assert told() == [first]
        do("people.change_absence", cast.lin, absence=row.pk, deputy=cast.sun.pk, until="2026-03-09")
        second = [("zhao", "不再需要您代理林晓"), ("sun", "2026-03-05 至 2026-03-09 请您代理林晓")]
        assert told() == [first, *second]
        do("people.end_absence", cast.lin, absence=row.pk)
        assert told() == [first, *second, ("sun", "不再需要您代理林晓")]
        assert told() == [first, *second, ("sun", "不再需要您代理林晓")]


def test_what_runs_out_by_itself_is_no_news(cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False):
        do("people.plan_absence", cast.lin, deputy=cast.zhao.pk, since="2026-03-05", until="2026-03-05")
        do("people.turn_absences", SYSTEM, NOW.replace(day=7))
        assert [who for who, _ in told()] == ["zhao"]
