"""After a visit: the report, its amendments, the next date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import AwareDatetime

from guanxi.domains.customers.models import Need
from guanxi.domains.customers.reads import open_needs
from guanxi.platform.documents.numbering import take
from guanxi.platform.journal.quick import add, change
from guanxi.platform.kernel import Context, Invalid, NotFound, Text, action, ask, ref
from guanxi.platform.ownfields import values as own
from guanxi.platform.ownfields.inputs import OwnValues, own_values

from ..lines import CONFLICTS, HELP, INFORMATION, NEEDS, InformationLine, count
from ..models import AHEAD, Visit, VisitReport
from ..numbers import REPORT_NUMBER
from ..reads.lines import lines_of
from ..words import REPORTING
from .capturing import capture_all
from .common import OnVisit, VisitAction, happening, stamp, told

NEXT_PURPOSE = "routine"


@dataclass(frozen=True)
class ReportValues:
    needs_count: int
    needs_confirmed: bool
    conflict_said: bool
    information_count: int
    help_said: bool
    late_entry: bool
    own: OwnValues


@action
class Report(VisitAction):
    """Submit the report: the four tasks from what was captured, and two sentences of one's own."""

    name = "visits.report"
    label = Text("提交拜访报告", "Submit the report")
    writes = ("visit.captured", "visit.reported")
    step = "report"
    gate_values = ReportValues

    class Input(OnVisit):
        summary: str = ask(
            "一两句话说说结果",
            "The outcome in a sentence or two",
            widget="textarea",
            min_length=1,
            max_length=1000,
        )
        needs_confirmed: bool = ask("原有需求仍然成立", "The standing needs still hold", False)
        no_conflict: bool = ask("没有矛盾", "No conflict to report", False)
        information: str = ask(
            "客户近况（补一条）", "News of the customer (one more line)", "", max_length=500
        )
        no_help: bool = ask("没有需要指导帮助之处", "No help was called for", False)
        own: OwnValues = own_values("visit", new=True, step=REPORTING)

    def gate(self, ctx: Context, data: Any, subject: Visit) -> ReportValues:
        lines = lines_of(subject.pk)
        return ReportValues(
            needs_count=count(NEEDS, lines),
            needs_confirmed=data.needs_confirmed and bool(_standing(subject)),
            conflict_said=data.no_conflict or count(CONFLICTS, lines) > 0,
            information_count=count(INFORMATION, lines) + bool(data.information),
            help_said=data.no_help or count(HELP, lines) > 0,
            late_entry=subject.late_entry,
            own=own.to_journal("visit", {**subject.own, **data.own}),
        )

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        lines = lines_of(subject.pk)
        _no_contradiction(data, lines)
        standing = _standing(subject) if data.needs_confirmed else []
        if data.needs_confirmed and not standing:
            raise Invalid.field(
                "needs_confirmed",
                "这位客户没有原有需求可以确认",
                "This customer has no standing needs to confirm",
            )
        if data.information:
            line = InformationLine(text=data.information, key=f"report-{subject.pk}")
            lines += capture_all(ctx, subject, [line])
        with happening(ctx, subject.left_at or ctx.happened_at):
            try:
                for need in standing:
                    ctx.act("needs.confirm", {"need": need.pk, "visit": subject.pk})
            except NotFound:
                # The customer was handed over since the visit: the report says so all the same, the card stays as it is.
                if ctx.actor == subject.owner:
                    standing = []
                else:
                    raise Invalid.field(
                        "needs_confirmed",
                        f"您不负责这位客户，请由{subject.who}确认需求",
                        f"You do not look after this customer; please let {subject.who} confirm its needs",
                    ) from None
        subject.step("report")
        subject.reported_at = ctx.happened_at
        changes = own.put(subject, own.taken("visit", data.own, new=True, step=REPORTING))
        change(subject, "state", "reported_at", "own")
        add(
            VisitReport(
                visit=subject,
                summary=data.summary,
                needs_standing=data.needs_confirmed,
                no_conflict=data.no_conflict,
                no_help=data.no_help,
                own_said=own_said(subject),
                by=ctx.actor,
                at=ctx.happened_at,
            )
        )
        ctx.emit(
            "visit.reported",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={
                "owner": str(subject.owner_id),
                "needs": count(NEEDS, lines) + len(standing),
                "conflict": count(CONFLICTS, lines) > 0,
                "information": count(INFORMATION, lines),
                "help": count(HELP, lines) > 0,
                "late_entry": subject.late_entry,
                "number": take(ctx, REPORT_NUMBER, ("visit", subject.pk)),
                **own.to_journal("visit", subject.own, {*subject.own, *own.changed_keys(changes)}),
            },
            texts={"summary": data.summary, "changes": changes},
        )
        return subject


def own_said(visit: Visit) -> dict[str, str]:
    """What a report says in the company's own fields, in words."""
    found = [(o.label, Text.of(said)) for o, said in own.at_step("visit", REPORTING, visit.own) if said]
    if not found:
        return {}
    zh = "；".join(f"{label.zh}：{said.zh}" for label, said in found)
    return {"zh": zh, "en": "; ".join(f"{label.en}: {said.en}" for label, said in found)}


def _standing(visit: Visit) -> list[Need]:
    """The customer's open needs from before this visit."""
    return [need for need in open_needs(visit.customer_id) if need.visit_id != visit.pk]


def _no_contradiction(data: Any, lines: list[Any]) -> None:
    if data.no_conflict and count(CONFLICTS, lines):
        raise Invalid.field(
            "no_conflict", "已记下矛盾，不能再选“没有”", "A conflict was captured: this cannot be none"
        )
    if data.no_help and count(HELP, lines):
        raise Invalid.field(
            "no_help", "已记下指导帮助，不能再选“没有”", "Help was captured: this cannot be none"
        )


@action
class AmendReport(VisitAction):
    """Add a new version of a submitted report; the earlier ones stay readable."""

    name = "visits.amend_report"
    label = Text("补充报告", "Amend the report")
    writes = ("visit.report_amended",)
    step = "amend"

    class Input(OnVisit):
        summary: str = ask("新的内容", "New text", widget="textarea", min_length=1, max_length=1000)
        reason: str = ask("为什么修改", "Why", min_length=1, max_length=300)
        own: OwnValues = own_values("visit", step=REPORTING)

    def run(self, ctx: Context, data: Any, subject: Visit) -> VisitReport:
        last = subject.reports.order_by("-number").first()
        changes = own.put(subject, own.taken("visit", data.own, new=False, step=REPORTING))
        if last is not None and last.summary == data.summary and not changes:
            raise Invalid.field("summary", "内容和上一版相同", "This is what the last version says")
        if changes:
            change(subject, "own")
        made = VisitReport.objects.create(
            visit=subject,
            number=(last.number if last else 0) + 1,
            summary=data.summary,
            reason=data.reason,
            needs_standing=last.needs_standing if last else False,
            no_conflict=last.no_conflict if last else False,
            no_help=last.no_help if last else False,
            own_said=own_said(subject),
            by=ctx.actor,
            at=ctx.happened_at,
        )
        ctx.emit(
            "visit.report_amended",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={
                "number": made.number,
                **own.to_journal("visit", subject.own, {*subject.own, *own.changed_keys(changes)}),
            },
            texts={"summary": data.summary, "reason": data.reason, "changes": changes},
        )
        return made

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return ("visit", data.visit, subject.customer_id if isinstance(subject, Visit) else None)


@dataclass(frozen=True)
class NextValues:
    next_date_or_reason: bool
    has_date: bool
    own: OwnValues


@action
class SetNext(VisitAction):
    """Book the next visit, or say why there is none."""

    name = "visits.set_next"
    label = Text("约下次拜访", "Set the next visit")
    writes = ("visit.next_set", "visit.planned", "visit.edited")
    step = "set_next"
    gate_values = NextValues

    class Input(OnVisit):
        next_at: AwareDatetime | None = ask(
            "下次什么时候",
            "Next visit",
            None,
            widget="datetime",
            hint=Text(
                "约不成就留空，在下面写明理由", "If none can be agreed, leave it empty and say why below"
            ),
        )
        reason: str = ask("约不成的理由", "Why there is none", "", max_length=300)

    def gate(self, ctx: Context, data: Any, subject: Visit) -> NextValues:
        return NextValues(
            data.next_at is not None or bool(data.reason),
            data.next_at is not None,
            own.to_journal("visit", subject.own),
        )

    def run(self, ctx: Context, data: Any, subject: Visit) -> Visit:
        subject.step("set_next")
        if data.next_at is None and not data.reason:
            raise Invalid.field(
                "next_at", "填写日期，或写明约不成的理由", "Give a date, or say why there is none"
            )
        if data.next_at is not None and data.next_at <= ctx.now:
            raise Invalid.field("next_at", "下次拜访要在现在之后", "The next visit must be ahead")
        present = subject.next_visit if subject.next_visit_id else None
        if data.next_at is None:
            subject.no_next_reason = data.reason
            if present is not None and present.state in AHEAD:
                raise Invalid.field(
                    "next_at",
                    "下次拜访已经计划好，不去了请先取消它",
                    "The next visit is planned; cancel it first",
                )
        elif present is not None and present.state in AHEAD:
            ctx.act("visits.edit", {"visit": present.pk, "planned_at": stamp(data.next_at)})
        else:
            subject.next_visit = self._plan(ctx, subject, data)
        subject.next_set_at = ctx.happened_at
        change(subject, "next_visit", "no_next_reason", "next_set_at")
        ctx.emit(
            "visit.next_set",
            subject=("visit", subject.pk),
            customer=subject.customer_id,
            data={
                "has_date": data.next_at is not None,
                "next_at": stamp(data.next_at) if data.next_at else None,
                "next": ref(subject.next_visit_id),
                **told(subject),
            },
            texts={"reason": data.reason},
        )
        return subject

    @staticmethod
    def _plan(ctx: Context, visit: Visit, data: Any) -> Visit:
        contact = visit.contact if visit.contact and visit.contact.active else None
        try:
            made: Visit = ctx.act(
                "visits.plan",
                {
                    "customer": visit.customer_id,
                    "planned_at": stamp(data.next_at),
                    "owner": visit.owner_id,
                    "purpose": NEXT_PURPOSE,
                    "contact": contact.pk if contact else None,
                    "place": visit.place_id,
                },
            )
        except NotFound:
            if ctx.actor == visit.owner:
                raise Invalid.field(
                    "next_at",
                    "这位客户已不由您负责，不能再约时间；请在理由中写明由谁跟进",
                    "This customer is no longer yours, so you cannot set a date; say in the reason who goes on",
                ) from None
            raise Invalid.field(
                "next_at",
                f"您不负责这位客户，请由{visit.who}约下次拜访",
                f"You do not look after this customer; please let {visit.who} set the next date",
            ) from None
        return made
