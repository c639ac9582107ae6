"""A small company for the engine's tests: its fact kinds, actions, two regulations, and hands to write facts with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from guanxi.cores.norms.catalogue import ActionOffer, catalogue
from guanxi.cores.norms.controls import Pack, Version
from guanxi.cores.norms.engine import Engine
from guanxi.cores.norms.model import (
    BOOL,
    INT,
    TEXT,
    TEXTS,
    TIMESTAMP,
    Change,
    Const,
    Draft,
    Fact,
    FactKind,
    Obligation,
    ref,
)
from guanxi.cores.norms.pack import load_pack
from guanxi.cores.norms.store import MemoryStore

ZONE = ZoneInfo("Asia/Shanghai")
KINDS = (
    FactKind(
        "customer.created",
        1,
        "customer",
        {"grade": TEXT, "manager": ref("person"), "area": TEXT},
        {"grade": "grade", "manager": "manager", "area": "area", "active": Const(True)},
    ),
    FactKind("customer.graded", 1, "customer", {"grade": TEXT}, {"grade": "grade"}),
    FactKind("customer.handed_over", 1, "customer", {"manager": ref("person")}, {"manager": "manager"}),
    FactKind("customer.closed", 1, "customer", {}, {"active": Const(False)}),
    FactKind("customer.reopened", 1, "customer", {}, {"active": Const(True)}),
    FactKind("customer.merged", 1, "customer", {"into": ref("customer")}, merges_into="into"),
    FactKind("person.joined", 1, "person", {"department": ref("department")}, {"department": "department"}),
    FactKind("person.away", 1, "person", {"deputy": ref("person").maybe()}, {"deputy": "deputy"}),
    FactKind("department.led", 1, "department", {"head": ref("person")}, {"head": "head"}),
    FactKind("visit.completed", 1, "visit", {"owner": ref("person"), "minutes": INT}, {"owner": "owner"}),
    FactKind("visit.handed_over", 1, "visit", {"owner": ref("person")}, {"owner": "owner"}),
    FactKind("visit.reported", 1, "visit", {"blank": BOOL}),
    FactKind("visit.annulled", 1, "visit"),
    FactKind("visit.planned", 1, "visit", {"owner": ref("person"), "starts": TIMESTAMP}, {"owner": "owner"}),
    FactKind("visit.packed", 1, "visit"),
    FactKind("visit.checked_in", 1, "visit"),
    FactKind("notice.sent", 1, "notice", {"departments": TEXTS, "starts": TIMESTAMP}),
    FactKind("notice.received", 1, "notice", {"department": TEXT}),
    FactKind("promise.made", 1, "promise", {"giver": ref("person"), "due": TIMESTAMP}),
    FactKind("promise.kept", 1, "promise"),
    FactKind("credit.changed", 1, "customer", {"cause": TEXT}),
    FactKind("call.logged", 1, "customer", {"minutes": INT}),
)
ACTIONS = (
    ActionOffer(
        "visits.confirm",
        {
            "purpose": TEXT,
            "contacts": INT,
            "starts": TIMESTAMP,
            "limit": INT,
            "topics": TEXTS,
            "note": TEXT.maybe(),
        },
        (),
        ("purpose", "contacts", "needs"),
    ),
    ActionOffer("visits.check_in", {"visit": TEXT}, ("visit.checked_in",)),
    ActionOffer("visits.report", {}, ("visit.reported",), ("needs", "help")),
)
ROLES = ("service_manager", "general_manager", "account_manager")
CATALOGUE = catalogue(
    KINDS, actions=ACTIONS, forms={"visit_report": ("needs", "help")}, pages=("visit",), roles=ROLES
)
REGULATION = """
regulation: {id: R1, title: {zh: 客户拜访, en: Customer visits}}
approval: {by: general_manager, origin: source, clause: R1.17}
clauses:
  - {id: R1.3, kinds: [Gate], text: {zh: 计划有目的。, en: A plan has a purpose.}}
  - {id: R1.7, kinds: [Duty], text: {zh: 备齐用品。, en: Take the kit.}}
  - {id: R1.15.1, kinds: [Measure, Record], text: {zh: 每次一至二小时。, en: One to two hours.}}
  - {id: R1.16.1, kinds: [Duty, Record], text: {zh: 填写拜访报告。, en: Fill in the report.}}
  - {id: R1.16.2, kinds: [Duty], text: {zh: 承诺兑现。, en: Promises are kept.}}
  - {id: R1.17, kinds: [Gate], text: {zh: 总经理批准。, en: Approved.}}
  - {id: R1.4, kinds: [Guide], text: {zh: 掌握技巧。, en: Master skills.}}
"""
PACK = (
    REGULATION
    + """
on_new_version: keep
parameters:
  grace: {type: duration, default: 3d, origin: ours}
  report_days: {type: working_days, default: 1, min: 0, max: 10, origin: ours}
  remind_before: {type: duration, default: 4h, origin: ours}
  escalate_after: {type: working_days, default: 1, origin: ours}
  minutes_least: {type: integer, default: 60, origin: source, clause: R1.15.1}
  minutes_most: {type: integer, default: 120, origin: source, clause: R1.15.1}
  all: {type: percent, default: 100, origin: source, clause: R1.15.1}
  few: {type: integer, default: 5, origin: ours}
  fresh: {type: months, default: 6, origin: ours}
controls:
  - id: visit-report
    kind: duty
    clause: R1.16.1
    words: {zh: 拜访报告, en: Visit report}
    does: visits.report
    trigger: visit.completed
    owner: visit.owner
    due: {end_of_working_day_after: report_days, from: happened_at}
    fulfilled_by: {fact: visit.reported, same: visit, where: "!blank"}
    void_by: {fact: visit.annulled, same: visit}
    remind: [{before: remind_before, to: owner}]
    escalate: [{after: escalate_after, to: head_of(owner.department)}]
  - id: kit
    kind: duty
    clause: R1.7
    trigger: visit.planned
    owner: visit.owner
    due: {before: {action: visits.check_in, same: visit}}
    fulfilled_by: {fact: visit.packed, same: visit}
  - id: promise
    kind: duty
    clause: R1.16.2
    trigger: promise.made
    owner: [giver, role(service_manager)]
    due: {at: due}
    fulfilled_by: {fact: promise.kept, same: promise}
  - id: purpose
    kind: gate
    clause: R1.3
    action: visits.confirm
    require: purpose != '' && size(topics) > 0
    words: {zh: 确认拜访须写明目的。, en: A visit needs a purpose before it is confirmed.}
    remedy: {action: visits.report, by: actor, words: {zh: 填写目的, en: Write the purpose}}
    waiver: {by: service_manager}
  - id: contact
    kind: gate
    clause: R1.3
    action: visits.confirm
    require: contacts > 0
    severity: warn
    words: {zh: 尚无联系人。, en: No contact yet.}
  - id: no-backlog
    kind: gate
    clause: R1.16.1
    action: visits.confirm
    require: "!('visit-report' in overdue_duties) && 100 / limit > 0"
    words: {zh: 先交报告。, en: Report first.}
  - id: reports-on-time
    kind: measure
    clause: R1.16.1
    words: {zh: 报告及时率, en: Reports on time}
    over: {duty: visit-report}
    period: month
    split: [department, person]
    target: all
    small: few
  - id: training
    kind: measure
    clause: R1.15.1
    words: {zh: 辅导时长, en: Training time}
    over:
      fact: visit.completed
      hit: minutes >= param.minutes_least && minutes <= param.minutes_most
      value: minutes
      person: owner
    period: month
    target: all
  - id: report-form
    kind: record
    clause: [R1.15.1, R1.16.1]
    action: visits.report
    require: [needs, help]
    stale_after: fresh
  - id: playbook
    kind: guide
    clause: R1.4
    page: visit
    words: {zh: 看手册。, en: See the playbook.}
    for: [account_manager]
"""
)
RHYTHMS = """
regulation: {id: R5, title: {zh: 关系维护, en: Relationship}}
clauses:
  - {id: R5.16, kinds: [Duty], text: {zh: 定期回访。, en: Regular calls.}}
  - {id: R5.17, kinds: [Duty, Measure], text: {zh: 每年必访。, en: Yearly.}}
  - {id: R5.18, kinds: [Duty], text: {zh: 信用变动。, en: Credit.}}
  - {id: R5.2, kinds: [Duty], text: {zh: 久未联系。, en: Silence.}}
  - {id: R5.31, kinds: [Duty], text: {zh: 及时通知。, en: Told in time.}}
parameters:
  grace: {type: duration, default: 2d, origin: ours}
  often: {type: duration, default: 30d, origin: ours}
  seldom: {type: duration, default: 90d, origin: ours}
  answer: {type: working_time, default: 4h, origin: ours}
  notice: {type: duration, default: 3d, origin: ours}
  silence: {type: duration, default: 5d, origin: ours}
  review: {type: working_days, default: 1, origin: ours}
  all: {type: percent, default: 100, origin: ours}
controls:
  - id: call
    kind: duty
    clause: R5.16
    rhythm: {of: customer, while: customer.active, every: {by: grade, A: often, B: seldom}}
    owner: customer.manager
    fulfilled_by: {fact: call.logged, same: customer}
  - id: yearly
    kind: duty
    clause: R5.17
    rhythm: {of: customer, while: customer.active, every: {period: year}}
    owner: customer.manager
    fulfilled_by: {fact: call.logged, same: customer, where: minutes > 30}
  - id: cause
    kind: duty
    clause: R5.18
    trigger: {fact: credit.changed, where: cause == ''}
    owner: customer.manager
    due: {within: answer}
    fulfilled_by: {fact: call.logged, same: customer}
  - id: review
    kind: duty
    clause: R5.2
    trigger:
      - visit.completed
      - {fact: call.logged, where: minutes > 20}
    restart: {same: customer}
    owner: customer.manager
    actionable_from: {after: silence}
    due: {end_of_working_day_after: review, from: actionable_from}
    fulfilled_by: {fact: credit.changed, same: customer, where: cause != ''}
    void_by: {fact: customer.closed, same: customer}
  - id: receipt
    kind: duty
    clause: R5.31
    trigger: notice.sent
    each: departments
    owner: role(service_manager)
    due: {ahead: notice, of: starts}
    fulfilled_by: {fact: notice.received, same: [notice, {element: department}]}
  - id: coverage
    kind: measure
    clause: R5.17
    words: {zh: 覆盖率, en: Coverage}
    over:
      entity: customer
      where: customer.active
      reached_by: {fact: call.logged, same: customer, where: minutes > 30}
    period: year
    split: [area]
    target: all
"""
DAYS_2026 = {"2026-02-14": "work", "2026-02-28": "work"} | {
    f"2026-02-{day}": "rest" for day in (16, 17, 18, 19, 20, 23)
}


def pack(text: str) -> Pack:
    """A pack from one text."""
    return load_pack({"pack.yaml": text}, CATALOGUE)


R1, R5 = pack(PACK), pack(RHYTHMS)


def when(text: str) -> datetime:
    """A moment in the company's zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


class World:
    """A company with a journal: facts are written by short calls, the engine follows."""

    def __init__(self, *versions: Version, start: str = "2026-01-01T00:00", calendar: bool = True) -> None:
        self.engine = Engine(versions or (Version("1", R1), Version("1", R5)), CATALOGUE, ZONE)
        self.store = MemoryStore()
        self.journal: list[Fact] = []
        self.drafts: list[Draft] = []
        self.last = when(start)
        if calendar:
            self("calendar.loaded", start, year=2026, published=True, days=DAYS_2026)
        for version in {v.regulation: v for v in reversed(self.engine.versions.values())}.values():
            self.enforce(version.regulation, version.label, start)
        self("department.led", start, "D1", head="wang")
        self("person.joined", start, "lin", department="D1")
        self("person.joined", start, "zhao", department="D2")

    def __call__(
        self, kind: str, at: str, subject: str = "", *, recorded: str = "", by: str | None = None,
        customer: str | None = None, of: str = "", **data: Any,
    ) -> list[Change]:  # fmt: skip
        """Write one fact at a time (recorded then, unless said otherwise); ``of`` is the subject's kind if it is free."""
        declared = CATALOGUE.kind(kind)
        subject_kind = of or (declared.subject_kind if declared else "")
        holder = customer or (subject if subject_kind == "customer" else None)
        return self.write(kind, when(at), when(recorded or at), subject_kind, subject, holder, data, by)

    def write(
        self, kind: str, happened: datetime, recorded: datetime, subject_kind: str, subject: str,
        customer: str | None, data: Mapping[str, Any], by: str | None = None, key: str = "",
    ) -> list[Change]:  # fmt: skip
        """Write one fact and those that the engine asks for."""
        seq = len(self.journal) + 1
        self.last = max(self.last, recorded)
        fact = Fact(
            seq, kind, happened, self.last, by, subject_kind, subject, customer, data, 1, key or f"k{seq}"
        )
        self.journal.append(fact)
        changes = self.engine.apply(fact, self.store)
        for change in changes:
            if change.draft is not None:
                self.drafts.append(change.draft)
                d = change.draft
                self.write(
                    d.kind, self.last, self.last, d.subject_kind, d.subject, d.customer, d.data, key=d.key
                )
        return changes

    def enforce(self, regulation: str, label: str, at: str, **data: Any) -> None:
        """Put a version in force and roll it out."""
        self("norms.version_in_force", at, regulation=regulation, version=label, **data)
        self.roll()

    def roll(self, limit: int = 2) -> None:
        """Write the steps of roll-outs until nothing is left."""
        while (draft := self.engine.rollout(self.store, self.last, limit)) is not None:
            self.write(
                draft.kind,
                self.last,
                self.last,
                "",
                "",
                None,
                draft.data,
                key=f"{draft.key}:{len(self.journal)}",
            )

    def tick(self, at: str) -> list[Change]:
        """Let the clock judge."""
        return self("norms.ticked", at)

    def all(self, control: str, **wanted: str) -> list[Obligation]:
        """The obligations of a control, in order of opening, whose attributes are as wanted."""
        found = [o for o in self.store.obligations.values() if o.control == control]
        found = [o for o in found if all(getattr(o, name) == value for name, value in wanted.items())]
        return sorted(found, key=lambda o: (o.opened_at, o.element, o.id))

    def one(self, control: str, **wanted: str) -> Obligation:
        """The only obligation of a control (annulled ones aside)."""
        found = [o for o in self.all(control, **wanted) if o.closed_by != "annulled"]
        assert len(found) == 1, found
        return found[0]


def said(store: MemoryStore) -> dict[str, object]:
    """Everything a store holds, as comparable values."""
    return {
        "obligations": store.obligations,
        "entities": store.entities,
        "measures": store.measures,
        "states": store.states,
        "closed": store.closed,
    }


def outcome(obligations: Iterable[Obligation]) -> dict[str, object]:
    """What is said of obligations apart from seqs: what must not depend on the order of arrival among equals.

    Annulled instances are left out: among equals they are traces of a telling that stood for no time at all.
    """
    return {
        o.id: (
            o.state, o.due_at, o.missed_at, o.closed_at, o.closed_by, o.owner, o.owed_by, o.department, o.version,
            o.taken_back, o.suspensions, o.customer, sorted(e.key for e in o.events),
            [(j.at, j.state, j.due_at, j.missed_at) for j in o.history],
        )
        for o in obligations
        if o.closed_by != "annulled"
    }  # fmt: skip
