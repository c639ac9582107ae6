"""Whether everything that runs by itself still runs: for the health page, for /health, for `guanxi check`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from guanxi.platform.jobs.models import Heartbeat, Job
from guanxi.platform.messages.reads import last_delivered, undelivered

DAILY_RUN = "norms.daily_run"
LATE_AFTER = timedelta(minutes=15)
"""The daily run is asked for every minute."""
SEEN_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Health:
    """When time was last let pass to its end, when a message last left, and what needs a look."""

    now: datetime
    last_run: datetime | None
    last_delivered: datetime | None
    last_seen: datetime | None
    workers: int
    failed: int
    undelivered: int

    @property
    def late(self) -> bool:
        """Whether deadlines pass unnoticed."""
        return self.last_run is None or self.now - self.last_run > LATE_AFTER


def health(now: datetime) -> Health:
    """How it stands; `now` aware."""
    seen = list(Heartbeat.objects.order_by("-seen_at").values_list("seen_at", flat=True)[:100])
    return Health(
        now=now,
        last_run=last_run(),
        last_delivered=last_delivered(),
        last_seen=seen[0] if seen else None,
        workers=sum(now - at <= SEEN_WITHIN for at in seen),
        failed=Job.objects.filter(state="failed").count(),
        undelivered=undelivered(),
    )


def last_run() -> datetime | None:
    """When the daily run last came to its end; a day's jobs are kept for a week."""
    done = Job.objects.filter(name=DAILY_RUN, state="done").order_by("-id")
    return done.values_list("finished_at", flat=True).first()
