"""Why an obligation stands as it does: its story, the facts under it, its deadline, and who may lift it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from guanxi.cores.norms.explain import explain, facts_of
from guanxi.cores.norms.gates import overdue
from guanxi.platform.approvals.models import Approval, Step
from guanxi.platform.journal.models import Fact, FactText
from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Department, Person
from guanxi.platform.ui import dates
from guanxi.platform.ui.subjects import Named, named

from . import codec
from .engine import engine
from .models import Obligation, Version, WaiverRequest
from .obligation_lines import clause_text, owner_names
from .store import SqlStore
from .wording import control_words, deadline_words, kind_label, text_label

MOST_FACTS = 200
DATED = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d.*)?")
LIFTED_BY = Text(
    "客户服务部经理；经理本人申请的由总经理批准",
    "The service manager; the general manager where the manager asks",
)
"""Who releases somebody from a duty (see the approval kind 'waiver')."""
OWN_KINDS = ("obligation", "waiver", "version", "clock", "")
"""Subjects whose texts belong to the obligation itself: whoever may see it may read them."""


@dataclass(frozen=True, slots=True)
class FactLine:
    """A fact as an explanation shows it. texts is empty where the reader may not see what it is about."""

    seq: int
    at: datetime
    kind: Text
    who: str
    about: Text | str = ""
    about_url: str = ""
    texts: tuple[tuple[Text, Text | str], ...] = ()
    """What was written, each under what it was asked for."""
    late: datetime | None = None
    """When it was recorded, where that was on another minute than it happened."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the story and the fact it rests on."""

    text: Text
    fact: FactLine | None


@dataclass(frozen=True, slots=True)
class Waiver:
    """One request to be released: who asked, why, what became of it and by whom."""

    clause: str
    asked_by: str
    asked_at: datetime
    reason: str
    state: str
    decided_by: str
    decided_at: datetime | None
    until: datetime | None = None
    about: Text | str = ""
    about_url: str = ""
    approval: int | None = None
    obligation: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that the page of one obligation shows."""

    row: Obligation
    what: Text
    clause: Text
    state: str
    version: Version | None
    owner: Any
    owed_by: Any
    department: str
    about: Named
    customer: Named | None
    deadline: Text
    estimated: bool
    lifted_by: Text
    story: Sequence[Sentence]
    facts: Sequence[FactLine]
    more_facts: int
    waivers: Sequence[Waiver]


def explanation(person: Any, row: Obligation, now: datetime) -> Explanation:
    """Why, for somebody who may see the obligation. A fixed number of queries but for what it watches."""
    made, store, o = engine(), SqlStore(), codec.obligation_of(row)
    governing = made.versions.get((row.regulation, row.version))
    duty = governing.duty(row.control) if governing else None
    lines = explain(made, store, o, _moment)
    seqs = facts_of(made, store, o)
    facts = fact_lines(person, [*seqs[:MOST_FACTS], *(line.seq for line in lines)])
    number = row.version.rpartition("@")[2]
    trigger = kind_label(o.trigger_kind) if o.trigger_kind else Text("", "")

    def plain(line: Any) -> Text:
        zh, en = line.zh.replace(row.version, number), line.en.replace(row.version, number)
        if o.trigger_kind:
            zh, en = zh.replace(o.trigger_kind, trigger.zh), en.replace(o.trigger_kind, f"“{trigger.en}”")
        return Text(zh, en)

    keys = [(row.subject_kind, row.subject), *([("customer", row.customer)] if row.customer else [])]
    names = named(person, keys)
    owners = owner_names(o for o in (row.owner, row.owed_by) if o)
    department = Department.objects.filter(pk=row.department).first() if row.department.isdigit() else None
    return Explanation(
        row=row,
        what=control_words(duty) if duty else Text(row.control, row.control),
        clause=clause_text(made, row),
        state="overdue" if overdue(o, now) and row.state != "missed" else row.state,
        version=Version.objects.filter(regulation=row.regulation, number=number).first()
        if number.isdigit()
        else None,
        owner=owners.get(row.owner, ("", ""))[0],
        owed_by=owners.get(row.owed_by, ("", ""))[0] if row.owed_by != row.owner else "",
        department=department.name if department else "",
        about=names[row.subject_kind, row.subject],
        customer=names.get(("customer", row.customer)) if row.customer else None,
        deadline=deadline_words(duty, governing, o.counts_from) if duty and governing else Text("", ""),
        estimated=o.estimated,
        lifted_by=LIFTED_BY,
        story=[Sentence(plain(line), facts.get(line.seq)) for line in lines],
        facts=[facts[seq] for seq in seqs[:MOST_FACTS] if seq in facts],
        more_facts=max(0, len(seqs) - MOST_FACTS),
        waivers=waivers_shown(person, list(WaiverRequest.objects.filter(obligation_id=row.pk))),
    )


def _moment(moment: datetime) -> tuple[str, str]:
    words = dates.exact(moment)
    return words.zh, words.en


def _readable(value: str | int) -> Text | str:
    """Dates and times as people say them; anything else as it was written."""
    if not isinstance(value, str) or not DATED.fullmatch(value):
        return str(value)
    try:
        return dates.exact(datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value))
    except ValueError:
        return value


def fact_lines(person: Any, seqs: Iterable[int]) -> dict[int, FactLine]:
    """Facts by number, as this person may read them. At most four queries and one per kind of subject."""
    rows = list(Fact.objects.filter(seq__in=set(seqs)).order_by("seq"))
    actors = {r.actor_id for r in rows if r.actor_id}
    who = dict(Person.objects.filter(pk__in=actors).values_list("pk", "name")) if actors else {}
    names = named(person, [(r.subject_kind, r.subject_id) for r in rows if r.subject_id])
    open_to = {
        r.seq
        for r in rows
        if r.text_commitment is not None
        and (r.subject_kind in OWN_KINDS or (r.subject_id and names[r.subject_kind, r.subject_id].name))
    }
    texts = (
        dict(FactText.objects.filter(fact_id__in=open_to).values_list("fact_id", "body")) if open_to else {}
    )
    found: dict[int, FactLine] = {}
    for r in rows:
        about = names.get((r.subject_kind, r.subject_id or ""))
        body = texts.get(r.seq, {})
        found[r.seq] = FactLine(
            seq=r.seq,
            at=r.happened_at,
            kind=kind_label(r.kind),
            who=who.get(r.actor_id, "") if r.actor_id else "",
            about=_said_of(about, r.subject_kind),
            about_url=about.url if about else "",
            texts=tuple(
                (text_label(r.kind, name), _readable(value))
                for name, value in body.items()
                if isinstance(value, str | int) and value != ""
            ),
            late=r.recorded_at if abs((r.recorded_at - r.happened_at).total_seconds()) >= 60 else None,
        )
    return found


def _said_of(about: Named | None, kind: str) -> Text | str:
    """What a fact is about in words; nothing for the obligation's own, nor for what has no words (the calendar itself)."""
    if about is None or kind in OWN_KINDS or about.label.zh == kind:
        return ""
    return about.name or about.label


def waivers_shown(person: Any, rows: Sequence[WaiverRequest]) -> list[Waiver]:
    """Requests with their outcome, and by whom. A fixed number of queries."""
    approvals = {
        a.pk: a for a in Approval.objects.filter(pk__in=[r.approval_id for r in rows if r.approval_id])
    }
    steps = Step.objects.filter(approval__in=approvals, decided_by__isnull=False).select_related("decided_by")
    decided = {step.approval_id: step for step in steps.order_by("order", "id")}
    asked = dict(Person.objects.filter(pk__in=[r.asked_by_id for r in rows]).values_list("pk", "name"))
    held = {
        o.pk: o for o in Obligation.objects.filter(pk__in=[r.obligation_id for r in rows if r.obligation_id])
    }
    keys = {r.pk: _subject(r, held) for r in rows}
    names = named(person, [key for key in keys.values() if key[1]])
    found = []
    for r in rows:
        approval, step = approvals.get(r.approval_id or 0), decided.get(r.approval_id or 0)
        about = names.get(keys[r.pk])
        found.append(
            Waiver(
                clause=r.clause,
                asked_by=asked.get(r.asked_by_id, ""),
                asked_at=r.asked_at,
                reason=r.reason,
                state="pending" if approval is None or approval.waiting else approval.state,
                decided_by=step.decided_by.name if step and step.decided_by else "",
                decided_at=step.decided_at if step else None,
                until=r.until,
                about=(about.name or about.label) if about else "",
                about_url=about.url if about else "",
                approval=r.approval_id,
                obligation=r.obligation_id,
            )
        )
    return found


def _subject(row: WaiverRequest, held: dict[str, Obligation]) -> tuple[str, str]:
    obligation = held.get(row.obligation_id)
    if obligation is not None:
        return obligation.subject_kind, obligation.subject
    return row.subject_kind, row.subject
