"""What can be run in the background, and when by itself.

    @job("messages.deliver", tries=5)
    def deliver(run: Run, message: int) -> None: ...

    schedule("norms.tick", "* * * * *")          # every minute, in the company's zone

A job may run more than once (a worker can die after its work and before saying so), so it must be idempotent:
its writes go through `perform` with a key made from the job, or are keyed themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from croniter import croniter

from guanxi.platform.kernel import Clock


@dataclass(frozen=True, slots=True)
class Run:
    """What a job is handed: its row's id, the attempt, the clock, and a way to say how far it is."""

    id: int
    attempt: int
    clock: Clock
    beat: Callable[[dict[str, Any] | None], None]
    """Call now and then on long work, where it may stop: renews the lease and stores progress. Raises LeaseLost, or
    Interrupted where the worker is to stop."""


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    function: Callable[..., None]
    tries: int
    lease: timedelta


class LeaseLost(Exception):
    """Another worker has taken the job over; stop at once."""


class Interrupted(Exception):
    """The worker is asked to stop; the job goes on later, from its beginning or from where its own rows say."""


_kinds: dict[str, Kind] = {}
_schedules: dict[str, str] = {}


def job(
    name: str, *, tries: int = 3, lease_minutes: int = 5
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as the job `name`."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        known = _kinds.get(name)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"job {name} is declared twice")
        _kinds[name] = Kind(name, function, tries, timedelta(minutes=lease_minutes))
        return function

    return register


def schedule(name: str, cron: str) -> None:
    """Run the job `name` (without arguments) at these times, in the company's zone."""
    if not croniter.is_valid(cron):
        raise ValueError(f"schedule {name}: {cron} is not a time table")
    _schedules[name] = cron


def get_kind(name: str) -> Kind:
    return _kinds[name]


def all_jobs() -> dict[str, Kind]:
    return dict(sorted(_kinds.items()))


def all_schedules() -> dict[str, str]:
    return dict(sorted(_schedules.items()))


def last_due(cron: str, now: datetime) -> datetime:
    """The newest time of the table at or before `now` (aware, in the zone of `now`)."""
    found: datetime = croniter(cron, now + timedelta(seconds=1)).get_prev(datetime)
    return found.replace(second=0, microsecond=0)
