"""What would another value have meant? The journal replayed under it, over a stated stretch of facts.

The stretch ends now and holds at most MOST facts that this regulation reads, newest first; before it come, as its
ground, the versions, the calendar and whatever says who looks after what. Both sides of the comparison stand on exactly
these facts, so the difference is the value's alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from guanxi.cores.norms import model as norms
from guanxi.cores.norms.backtest import Turned, what_if
from guanxi.cores.norms.controls import Version
from guanxi.cores.norms.engine import Engine
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import all_kinds

from . import packs
from .codec import fact_of
from .engine import engine
from .store import SqlStore

MOST = 20_000
GROUND = 10_000
DAYS = (30, 90, 180, 365)
ENGINE_KINDS = (
    "norms.waived",
    "norms.suspended",
    "norms.resumed",
    "norms.gate_waived",
    "norms.asked",
    "norms.ticked",
    "journal.corrected",
    "journal.annulled",
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How the obligations due in the stretch stand."""

    on_time: int = 0
    late: int = 0
    missed: int = 0
    open: int = 0

    @property
    def percent(self) -> str:
        due = self.on_time + self.late + self.missed
        return f"{self.on_time * 100 // due}%" if due else "–"


@dataclass(frozen=True, slots=True)
class Otherwise:
    """An obligation that would have been another."""

    id: str
    recorded: norms.Obligation | None
    instead: norms.Obligation | None

    @property
    def result(self) -> bool:
        """Whether it would have ended otherwise, not only by another deadline."""
        one, other = self.recorded, self.instead
        return (
            one is None
            or other is None
            or (one.state, one.missed_at is None)
            != (
                other.state,
                other.missed_at is None,
            )
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """The answer, and what it stands on."""

    before: Counts
    after: Counts
    results: Sequence[Otherwise]
    """Those that would have ended otherwise."""
    deadlines: int
    """How many would only have had another deadline."""
    attempts: int
    facts: int
    first: int
    last: int
    since: datetime
    cut: bool


def try_value(version: Version, parameter: str, value: Any, days: int, now: datetime) -> Trial:
    """Replay the last `days` days under `value` for one parameter of the version in force. Raises NormsError."""
    since = now - timedelta(days=days)
    changed = Version(version.label, version.pack, {**version.values, parameter: value})
    made = engine()
    own = [v for v in made.versions.values() if v.regulation == version.regulation]
    alone = Engine(own, packs.catalogue(), ZoneInfo(settings.TIME_ZONE))
    facts, cut = facts_for(version.regulation, since)
    outcome = what_if(alone, [*facts, _tick(facts, now)], [changed])
    instead = outcome.store.obligations
    turned = [Otherwise(_id(t), t.recorded, t.instead) for t in outcome.obligations]
    recorded = {**instead, **{t.id: t.recorded for t in turned}}
    starts = facts[0].recorded_at if cut and facts else since
    turned = [t for t in turned if _within(t.recorded or t.instead, starts)]
    return Trial(
        before=_count(recorded.values(), starts),
        after=_count(instead.values(), starts),
        results=[t for t in turned if t.result],
        deadlines=sum(1 for t in turned if not t.result),
        attempts=sum(1 for a in outcome.attempts if a.fact.happened_at >= starts),
        facts=len(facts),
        first=facts[0].seq if facts else 0,
        last=facts[-1].seq if facts else 0,
        since=starts,
        cut=cut,
    )


def facts_for(regulation: str, since: datetime) -> tuple[list[norms.Fact], bool]:
    """The facts a trial stands on, in order, and whether the stretch had to be cut short."""
    kinds = kinds_of(regulation)
    window = Fact.objects.filter(kind__in=kinds, recorded_at__gte=since)
    newest = list(window.order_by("-seq")[: MOST + 1])
    cut, newest = len(newest) > MOST, newest[:MOST]
    first = newest[-1].seq if newest else 0
    setting = [name for name, kind in all_kinds().items() if kind.sets]
    ground = Q(kind__in=["norms.version_in_force", "calendar.loaded"])
    before = list(Fact.objects.filter(ground))
    if first:
        before += list(Fact.objects.filter(kind__in=setting, seq__lt=first).order_by("-seq")[:GROUND])
    rows = {row.seq: row for row in (*before, *newest)}
    found = []
    for seq in sorted(rows):
        row = rows[seq]
        if row.kind == "norms.version_in_force" and row.data["regulation"] != regulation:
            continue
        found.append(fact_of(row))
    return found, cut


def kinds_of(regulation: str) -> list[str]:
    """The fact kinds that the regulation's versions read, the engine's own, and those that say who owns what."""
    index = engine().index(SqlStore().state("versions"))
    timeline = index.timelines.get(regulation)
    found: set[str] = set(ENGINE_KINDS)
    for border in timeline.borders if timeline else ():
        for duty in border.version.pack.duties:
            found |= {*duty.triggers, *(kind for link in duty.links for kind in link.kinds)}
        for measure in border.version.pack.measures:
            found |= {*measure.kinds, *(kind for link in measure.reached_by for kind in link.kinds)}
    found |= {name for name, kind in all_kinds().items() if kind.sets}
    return sorted(found)


def _tick(facts: Sequence[norms.Fact], now: datetime) -> norms.Fact:
    """Time as it is now, for both sides: under another value something may fall due that no tick has looked at."""
    seq = facts[-1].seq + 1 if facts else 1
    return norms.Fact(
        seq, "norms.ticked", now, now, None, "clock", "", None, {}, 1, f"trial:{now.isoformat()}"
    )


def _id(turned: Turned) -> str:
    one = turned.recorded or turned.instead
    return one.id if one else ""


def _within(o: norms.Obligation | None, since: datetime) -> bool:
    return o is not None and (o.due_at or o.opened_at) >= since


def _count(obligations: Iterable[norms.Obligation | None], since: datetime) -> Counts:
    on_time = late = missed = still = 0
    for o in obligations:
        if o is None or not _within(o, since):
            continue
        if o.state is norms.State.LATE:
            late += 1
        elif o.missed_at is not None and not o.taken_back:
            missed += 1
        elif o.state is norms.State.FULFILLED:
            on_time += 1
        elif o.live:
            still += 1
    return Counts(on_time, late, missed, still)
