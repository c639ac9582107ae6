"""What is printed: preparation sheet, report, record card; on screen and as PDF."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header

from guanxi.domains.customers import reads as customers
from guanxi.domains.customers import words as customer_words
from guanxi.domains.customers.models import Account, Promotion
from guanxi.platform.documents.numbering import number_of
from guanxi.platform.documents.shapes import (
    Block,
    Tick,
    VisitPreparation,
    VisitRecordCard,
    VisitReport,
    VisitRow,
)
from guanxi.platform.documents.typeset import Printed, render_pdf
from guanxi.platform.kernel import NotFound, Text, current_language, system_clock
from guanxi.platform.ownfields import values as own
from guanxi.platform.people.settings_registry import value
from guanxi.platform.ui.act import show
from guanxi.platform.ui.parts import Crumb

from .. import reads
from ..lines import CONFLICTS, HELP, INFORMATION, LINES, NEEDS
from ..models import BROUGHT, Visit, VisitLine
from ..numbers import REPORT_NUMBER
from ..reads.planned import of_customer
from ..reads.preparing import Preparation, about, prepare
from ..reads.reporting import CardRow, card, draft, labelled, outcome, said
from ..words import PLANNING, PURPOSES, REPORTING, STATES
from .visit import url_of

IN_REPORT = ("problem",)


def pdf(request: HttpRequest, template: str, data: Any, name: str) -> HttpResponse:
    """A form as PDF, shown in the browser."""
    printed = Printed(value("company.name") or "", str(request.user), system_clock())
    body = render_pdf(f"documents/{template}", data, current_language(), printed=printed)
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(False, f"{name}.pdf") or "inline"
    return response


def _day(moment: datetime | None) -> Any:
    return timezone.localdate(moment) if moment else None


# --- the preparation sheet ---------------------------------------------------------------------------------------------


def _ours(request: HttpRequest, id: int) -> Visit:
    """A visit that has papers: none is prepared or reported that was made before the company used this."""
    row = reads.fetch(request.user, id)
    if row.state == BROUGHT:
        raise NotFound("visit", id)
    return row


def sheet(request: HttpRequest, visit: int) -> HttpResponse:
    """The preparation sheet on screen, ready to print."""
    row = _ours(request, visit)
    now = system_clock()
    context = {
        "heading": Text("拜访准备单", "Visit preparation"),
        "visit": row,
        "sheet": prepare(row, now),
        "contact": about(row.contact) if row.contact else None,
        "purpose": PURPOSES.get(row.purpose),
        "companions": [c.person for c in row.companions.select_related("person")],
        "back_url": url_of(row),
        "pdf_url": url_of(row, "visits.sheet-pdf"),
        "now": now,
    }
    return show(request, "visits/sheet.html", context)


def sheet_pdf(request: HttpRequest, visit: int) -> HttpResponse:
    """The same on one page of paper."""
    row = _ours(request, visit)
    made = prepare(row, system_clock())
    return pdf(
        request,
        "visit_preparation",
        sheet_data(row, made),
        f"{Text('准备单', 'sheet')} {row.customer.called}",
    )


def sheet_data(visit: Visit, made: Preparation) -> VisitPreparation:
    """A preparation as the printed form takes it."""
    return VisitPreparation(
        customer=visit.customer.name,
        when=visit.planned_at,
        visitor="、".join([visit.who, *(c.person.name for c in visit.companions.select_related("person"))]),
        address=visit.where,
        contacts=[about(visit.contact)] if visit.contact else [about(c) for c in made.contacts],
        grade=visit.customer.grade,
        purpose=PURPOSES.get(visit.purpose, ""),
        target=visit.target,
        facts=[
            *((one.label, value) for one, value in made.own if value),
            *made.matters,
            *((Text("异议", "Objection"), o.what) for o in made.objections[:5]),
            *((Text("待解决", "To settle"), labelled(line)) for line in made.to_settle[:5]),
        ],
        promises=[
            customer_words.with_more(p.what, p.owner.name, f"{timezone.localtime(p.due):%m-%d}")
            for p in made.promises
        ],
        needs=[customer_words.with_more(n.what, n.product.name) if n.product else n.what for n in made.needs],
        questions=made.questions,
        promotions=[_promotion(p.promotion) for p in made.promotions],
        talking_points=[e.title for e in made.skills],
        kit=[Tick(k.item.name, k.done) for k in made.kit],
        checklist=[Tick(e.title) for e in (*made.appearance, *made.arrival)],
        last_visits=[(timezone.localdate(v.began_at), outcome(v)) for v in made.earlier],
    )


def _promotion(one: Promotion) -> Text:
    return customer_words.with_more(one.title, f"{one.starts_on:%m-%d}–{one.ends_on:%m-%d}")


# --- the report --------------------------------------------------------------------------------------------------------


def report_pdf(request: HttpRequest, visit: int) -> HttpResponse:
    """The report as submitted (or as far as it stands), newest version first."""
    row = _ours(request, visit)
    lines = list(row.lines.select_related("need"))
    data = report_data(row, lines)
    return pdf(request, "visit_report", data, f"{Text('拜访报告', 'visit report')} {row.customer.called}")


def report_data(visit: Visit, lines: list[VisitLine]) -> VisitReport:
    """A visit's report as the printed form takes it; earlier versions stand at its end."""
    reports = list(visit.reports.select_related("by"))
    last = reports[-1] if reports else None
    made = draft(visit, lines, last)
    tasks = {*NEEDS, *CONFLICTS, *INFORMATION, *HELP, "promise"}
    blocks = [
        Block(task.label, lines=[one.words for one in task.lines], nothing=task.nothing)
        for task in made.tasks
    ]
    blocks += [
        Block(kind.label, lines=[said(line) for line in lines if line.kind == code])
        for code, kind in LINES.items()
        if code not in tasks and any(line.kind == code for line in lines)
    ]
    kept = [
        (one.label, value)
        for step in (PLANNING, REPORTING)
        for one, value in own.at_step("visit", step, visit.own)
        if value
    ]
    if kept:
        blocks.append(Block(Text("更多资料", "More particulars"), pairs=kept))
    if len(reports) > 1:
        title = Text("以前的版本", "Earlier versions")
        said_before = [
            customer_words.with_more(
                f"{r.number}. {r.summary}",
                f"{timezone.localtime(r.at):%m-%d %H:%M}",
                *([r.own_words] if r.own_said else []),
            )
            for r in reports[:-1]
        ]
        blocks.append(Block(title, lines=said_before))
    owner = visit.who
    return VisitReport(
        customer=visit.customer.name,
        visitor="、".join([owner, *(c.person.name for c in visit.companions.select_related("person"))]),
        number=number_of(REPORT_NUMBER, ("visit", visit.pk)),
        arrived=visit.arrived_at,
        left=visit.left_at,
        place=visit.where,
        met=[about(visit.contact)] if visit.contact else [],
        purpose=PURPOSES.get(visit.purpose, ""),
        target=visit.target,
        result=last.summary if last else "",
        training_minutes=visit.training_minutes or None,
        blocks=blocks,
        promises=[(line.text, owner, _day(line.on)) for line in lines if line.kind == "promise"],
        measures=[
            (said(line), owner, None)
            for line in lines
            if line.kind in (*IN_REPORT, "conflict") and line.code == "open"
        ],
        next_visit=_day(visit.next_visit.planned_at) if visit.next_visit else (visit.no_next_reason or None),
        written_at=last.at if last else None,
    )


# --- the record card ---------------------------------------------------------------------------------------------------


def record_card(request: HttpRequest, customer: int) -> HttpResponse:
    """All visits to one customer, newest first."""
    account = customers.fetch(request.user, customer)
    context = {
        "heading": Text("拜访客户记录卡", "Visit record card"),
        "account": account,
        "rows": card(request.user, account.pk),
        "visits": of_customer(request.user, account),
        "now": system_clock(),
        "crumbs": [Crumb(Text("拜访", "Visits"), reverse("visits.list")), Crumb(account.called)],
    }
    return show(request, "visits/card.html", context)


def record_card_pdf(request: HttpRequest, customer: int) -> HttpResponse:
    """The same across A4."""
    account = customers.fetch(request.user, customer)
    rows = card(request.user, account.pk)
    return pdf(
        request,
        "visit_record_card",
        card_data(account, rows),
        f"{Text('记录卡', 'record card')} {account.called}",
    )


def card_data(account: Account, rows: list[CardRow]) -> VisitRecordCard:
    """The record card as the printed form takes it."""
    grade, credit = account.grade or "–", account.credit or "–"
    kinds = [customer_words.KINDS[k] for k in account.kinds]
    return VisitRecordCard(
        customer=account.name,
        number=f"{account.pk}",
        pairs=[
            (Text("类别", "Kinds"), Text("、".join(k.zh for k in kinds), ", ".join(k.en for k in kinds))),
            (Text("等级", "Grade"), grade),
            (Text("信用", "Credit"), credit),
            (Text("负责人", "Looked after by"), account.manager.name if account.manager else "–"),
            (Text("地址", "Address"), account.address),
        ],
        visits=[
            VisitRow(
                on=timezone.localdate(row.visit.began_at),
                visitor="、".join([row.visit.who, *(c.person.name for c in row.visit.companions.all())]),
                met=row.visit.contact.name if row.visit.contact else "",
                purpose=row.purpose,
                result=row.outcome or STATES[row.visit.state],
                promises="；".join(line.text for line in row.promises),
                next_visit=_day(row.visit.next_visit.planned_at) if row.visit.next_visit else None,
            )
            for row in rows
        ],
    )
