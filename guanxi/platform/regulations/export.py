"""An auditor's excerpt of the journal: headers of everything, payloads of what a clause's controls read, and what came of it.

The format and its check are in guanxi/platform/journal/verify_export.py, which needs nothing of the product. Integrity
can be checked over every fact of the range; completeness by kind: each fact of a promised kind comes with its payload.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from guanxi.cores.norms.controls import Control, Duty, Gate, Measure, Record, Version
from guanxi.platform.approvals.models import Step
from guanxi.platform.journal import chain
from guanxi.platform.journal.models import Fact, FactText
from guanxi.platform.journal.reads import first_seq
from guanxi.platform.journal.verify import erased_by
from guanxi.platform.kernel import Clock, NotFound, all_actions, all_kinds, system_clock

from . import packs
from .engine import engine
from .models import Obligation, WaiverRequest
from .models import Version as VersionRow

BATCH = 2000
ALWAYS = (
    "norms.version_in_force",
    "norms.waived",
    "norms.suspended",
    "norms.resumed",
    "calendar.loaded",
    "journal.corrected",
    "journal.annulled",
    "journal.erased",
    "waiver.asked",
    "regulation.approved",
)
"""What every clause's answer rests on beside its own kinds: versions, waivers, calendars, corrections."""
STATE_FIELDS = ("opened_at", "actionable_from", "due_at", "missed_at", "closed_at")


def excerpt(
    *,
    clause: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    clock: Clock = system_clock,
) -> Iterator[dict[str, Any]]:
    """The excerpt, line by line, each fit for JSON. Raises NotFound for a clause that no version has.

    clause: whose controls' fact kinds come with their payload (None: all kinds). since, until: the first moments of
    the first and of the last day, both days included; by the time of recording, which orders the chain.
    """
    kinds = sorted(all_kinds()) if clause is None else clause_kinds(clause)
    first = first_seq(since) if since else 1
    newest = Fact.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    last = min(first_seq(until + timedelta(days=1)) - 1, newest) if until else newest
    _make_durable()
    yield _head(clause, kinds, first, last, clock())
    yield from _facts(frozenset(kinds), first, last)
    yield from _readable(clause, since, until)


def clause_kinds(clause: str) -> list[str]:
    """The fact kinds that a clause's controls read, in every version that is, was or will be in force."""
    found: set[str] = set()
    known = False
    for version in _versions():
        if clause in version.pack.clauses:
            known = True
            for control in version.pack.controls.values():
                if clause in control.clauses:
                    found |= control_kinds(control, version)
    if not known:
        raise NotFound("clause", clause)
    return sorted(found | set(ALWAYS))


def _versions() -> list[Version]:
    """What the engine knows; before anything is in force, what ships."""
    known = list(engine().versions.values())
    begun = {v.regulation for v in known}
    shipped = [Version("", packs.load(text)) for code, text in packs.shipped().items() if code not in begun]
    return [*known, *shipped]


def control_kinds(control: Control, version: Version) -> set[str]:
    """The fact kinds that one control reads: triggers, links, populations, attempts, and who it is that owes."""
    kinds: set[str] = set()
    if isinstance(control, Duty):
        kinds |= {*control.triggers, *(kind for link in control.links for kind in link.kinds)}
        kinds |= _setting({"person", "department", *(_about(k) for k in control.triggers)})
        if control.rhythm:
            kinds |= _setting({control.rhythm.of})
    elif isinstance(control, Gate):
        kinds |= {"norms.asked", "norms.gate_waived", "action.refused", "action.refused_again"}
    elif isinstance(control, Measure):
        kinds |= {*control.kinds, *(kind for link in control.reached_by for kind in link.kinds)}
        kinds |= _setting({control.entity} if control.entity else {"person"})
        duty = version.duty(control.duty) if control.duty else None
        if duty is not None:
            kinds |= control_kinds(duty, version)
    elif isinstance(control, Record):
        actions = all_actions()
        kinds |= {k for name in control.actions if name in actions for k in actions[name].writes}
    return kinds & set(all_kinds())


def _about(kind: str) -> str:
    found = all_kinds().get(kind)
    return found.subject if found else ""


def _setting(subjects: set[str]) -> set[str]:
    """The kinds that say something lasting of these kinds of row: who owns it, which department, which grade."""
    return {name for name, kind in all_kinds().items() if kind.sets and kind.subject in subjects}


# The chain ----------------------------------------------------------------------------------------------------------


def _head(clause: str | None, kinds: list[str], first: int, last: int, now: datetime) -> dict[str, Any]:
    before = Fact.objects.filter(seq=first - 1).values_list("hash", flat=True).first()
    end = Fact.objects.filter(seq=last).values_list("hash", flat=True).first() if last >= first else None
    return {
        "type": "excerpt",
        "previous": bytes(before).hex() if before else chain.GENESIS.hex(),
        "kinds": kinds,
        "first": first if last >= first else None,
        "last": last if last >= first else None,
        "facts": max(0, last - first + 1),
        "clause": clause,
        "head": bytes(end).hex() if end else None,
        "made_at": chain.stamp(now),
    }


def _facts(kinds: frozenset[str], first: int, last: int) -> Iterator[dict[str, Any]]:
    """A line per fact; in portions, so that memory does not grow with the journal."""
    at = first
    while at <= last:
        end = min(at + BATCH, last + 1)
        rows = list(Fact.objects.filter(seq__gte=at, seq__lt=end).order_by("seq"))
        wanted = [r.seq for r in rows if r.text_commitment is not None and r.kind in kinds]
        texts = {t.fact_id: t for t in FactText.objects.filter(fact_id__in=wanted)} if wanted else {}
        gone = erased_by(set(wanted) - set(texts)) if len(texts) < len(wanted) else {}
        for row in rows:
            yield _line(row, row.kind in kinds, texts.get(row.seq), gone.get(row.seq))
        at = end


def _line(row: Fact, whole: bool, text: FactText | None, erased: int | None) -> dict[str, Any]:
    line: dict[str, Any] = {
        "type": "fact",
        "header": chain.header(row),
        "payload_hash": chain.payload_hash(row).hex(),
        "hash": bytes(row.hash).hex(),
    }
    if whole:
        line |= {"payload": chain.payload(row), "salt": bytes(row.salt).hex()}
        if text is not None:
            line |= {"texts": text.body, "text_salt": bytes(text.salt).hex()}
        elif erased is not None:
            line |= {"erased_by": erased}
    return line


def _make_durable() -> None:
    """A head that is given to an outsider must survive a power cut."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(FULL)")


# For reading --------------------------------------------------------------------------------------------------------


def _readable(clause: str | None, since: datetime | None, until: datetime | None) -> Iterator[dict[str, Any]]:
    """The clause in words, its versions, its obligations, and who was released by whom."""
    for version in _versions():
        found = version.pack.clauses.get(clause) if clause else None
        if found is not None:
            yield {
                "type": "clause",
                "id": found.id,
                "version": version.label,
                "zh": found.text.zh,
                "en": found.text.en,
                "controls": [c.id for c in version.pack.controls.values() if clause in c.clauses],
            }
    rows = VersionRow.objects.exclude(in_force_from=None).select_related("approved_by")
    for row in rows.filter(regulation=clause.partition(".")[0]) if clause else rows:
        yield {
            "type": "version",
            "version": row.name,
            "hash": row.content_hash,
            "in_force_from": chain.stamp(row.in_force_from) if row.in_force_from else None,
            "approved_by": row.approved_by.username if row.approved_by else None,
        }
    yield from _obligations(clause, since, until)
    yield from _waivers(clause, since, until)


def _obligations(
    clause: str | None, since: datetime | None, until: datetime | None
) -> Iterator[dict[str, Any]]:
    owed = Obligation.objects.filter(clause=clause) if clause else Obligation.objects.all()
    if since:
        owed = owed.filter(opened_at__gte=since)
    if until:
        owed = owed.filter(opened_at__lt=until + timedelta(days=1))
    for o in owed.order_by("opened_at", "id").iterator(BATCH):
        times = {name: getattr(o, name) for name in STATE_FIELDS}
        yield {
            "type": "obligation",
            "id": o.id,
            "clause": o.clause,
            "control": o.control,
            "version": o.version,
            "state": o.state,
            "owner": o.owner,
            "owed_by": o.owed_by,
            "department": o.department,
            "taken_back": o.taken_back,
            "trigger": o.trigger,
            "fulfilled_by": o.fulfilled_by,
            **{name: chain.stamp(at) if at else None for name, at in times.items()},
        }


def _waivers(clause: str | None, since: datetime | None, until: datetime | None) -> Iterator[dict[str, Any]]:
    asked = WaiverRequest.objects.filter(clause=clause) if clause else WaiverRequest.objects.all()
    if since:
        asked = asked.filter(asked_at__gte=since)
    if until:
        asked = asked.filter(asked_at__lt=until + timedelta(days=1))
    for portion in _portions(asked.select_related("asked_by").order_by("asked_at", "id").iterator(BATCH)):
        steps = Step.objects.filter(
            approval__in=[w.approval_id for w in portion if w.approval_id], decided_by__isnull=False
        ).select_related("decided_by")
        deciders: dict[int, list[str]] = {}
        for step in steps:
            if step.decided_by is not None:
                deciders.setdefault(step.approval_id, []).append(step.decided_by.username)
        for w in portion:
            yield {
                "type": "waiver",
                "clause": w.clause,
                "control": w.control,
                "obligation": w.obligation_id or None,
                "asked_by": w.asked_by.username,
                "asked_at": chain.stamp(w.asked_at),
                "approvers": deciders.get(w.approval_id or 0, []),
                "granted_at": chain.stamp(w.granted_at) if w.granted_at else None,
            }


def _portions(rows: Iterable[WaiverRequest]) -> Iterator[list[WaiverRequest]]:
    portion: list[WaiverRequest] = []
    for row in rows:
        portion.append(row)
        if len(portion) == BATCH:
            yield portion
            portion = []
    if portion:
        yield portion
