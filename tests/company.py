"""A small company with its regulations in force, for tests that need the whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from guanxi.platform.approvals.models import Approval
from guanxi.platform.calendar.reads import keep_up
from guanxi.platform.kernel import fixed_clock, perform
from guanxi.platform.people.tests.cast import Cast
from guanxi.platform.regulations import packs
from guanxi.platform.regulations.models import Version
from guanxi.platform.regulations.ticking import roll_out

PASSWORD = "一二三四五六七八九十-abc"
START = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
"""Monday, 09:00 in Shanghai."""


def do(actor: Any, at: datetime, action: str, /, **data: Any) -> Any:
    """Perform an action at a moment."""
    return perform(action, data, actor=actor, clock=fixed_clock(at))


def bring_into_force(cast: Cast, *codes: str, at: datetime = START) -> list[Version]:
    """Drafted and submitted by the service manager, approved by the general manager with his password."""
    cast.chen.set_password(PASSWORD)
    cast.chen.save()
    keep_up(clock=fixed_clock(at), since=at.year - 1)
    made = []
    for code in codes or tuple(packs.shipped()):
        version = do(cast.wang, at, "regulations.draft", regulation=code, source="shipped").value
        do(cast.wang, at, "regulations.submit", version=version.pk)
        made.append(approve(cast, version.pk, at))
    roll_out(fixed_clock(at))
    return made


def approve(cast: Cast, version: int, at: datetime) -> Version:
    """The general manager approves a submitted version."""
    approval = Approval.objects.get(pk=Version.objects.get(pk=version).approval_id)
    do(
        cast.chen,
        at,
        "approvals.decide",
        approval=approval.pk,
        decision="approve",
        password=PASSWORD,
        content_hash=approval.content_hash,
    )
    return Version.objects.get(pk=version)
