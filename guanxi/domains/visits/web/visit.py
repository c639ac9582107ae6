"""One visit on one page: prepare, arrive, capture, leave; every step is taken here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from guanxi.domains.customers.geo import geo_link
from guanxi.platform.documents.numbering import number_of
from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import (
    ActionError,
    NotFound,
    Reason,
    Result,
    Text,
    get_action,
    perform,
    system_clock,
)
from guanxi.platform.ownfields import values as own
from guanxi.platform.people.settings_registry import value
from guanxi.platform.ui.act import Undo, after, show, submit, toast
from guanxi.platform.ui.addresses import address
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb, Do, Step
from guanxi.platform.ui.web.pages import safe_next

from .. import reads
from ..actions.during import POSITION
from ..actions.undoing import UNDO
from ..lines import LINES
from ..models import (
    AHEAD,
    ANNULLED,
    BROUGHT,
    CHECKED_IN,
    COMPLETED,
    CONFIRMED,
    DONE,
    NOT_MET,
    PLANNED,
    REPORTED,
    Visit,
    VisitLine,
)
from ..numbers import REPORT_NUMBER
from ..reads.duties import owed
from ..reads.preparing import about, prepare
from ..reads.reporting import draft, in_words
from ..words import CANCEL_REASONS, PLANNING, PURPOSES, REPORTING
from .files import files_of
from .forms import LineForm, ReportForm, contacts_of, places_of, select, several, visitors, where

STAGES: tuple[tuple[str, Text], ...] = (
    ("prepare", Text("准备", "Prepare")),
    ("arrive", Text("到达", "Arrive")),
    ("capture", Text("记录", "Capture")),
    ("leave", Text("离开", "Leave")),
)
STAGE_OF = {PLANNED: 0, CONFIRMED: 1, CHECKED_IN: 2, COMPLETED: 3, REPORTED: 4, NOT_MET: 4, "annulled": 4}


@dataclass(frozen=True, slots=True)
class Chip:
    """A button of the capture row."""

    url: str
    icon: str
    label: Text
    count: int = 0


@dataclass(slots=True)
class Forms:
    """The forms on the page; the one that was sent comes back with what is wrong."""

    confirm: ActionForm | None = None
    check_in: ActionForm | None = None
    check_out: ActionForm | None = None
    sent: ActionForm | None = None


def url_of(visit: Visit | int, page: str = "visits.detail", anchor: str = "", **more: Any) -> str:
    """The address of a page about a visit. A stage stands in its query too: a browser that only sees another anchor
    of the page it is on does not load it anew."""
    id = visit if isinstance(visit, int) else visit.pk
    return address(page, visit=id, **more) + (f"?stage={anchor}#{anchor}" if anchor else "")


def undo_of(result: Result) -> Undo | None:
    """The way back for the step just taken, where it has one."""
    fact = Fact.objects.filter(pk__in=result.seqs, kind__in=list(UNDO)).order_by("-seq").first()
    return Undo(reverse("visits.undo"), {"fact": fact.pk}) if fact else None


def undo(request: HttpRequest) -> HttpResponse:
    """Take back the step just taken, and on to the visit; where it cannot be, its page says why."""
    sent = request.POST.get("fact", "")
    data = {"fact": int(sent)} if sent.isdecimal() and len(sent) < 19 else {}
    try:
        result = perform(
            "visits.undo", data, actor=request.user, key=request.POST.get("_key") or None, source="web"
        )
    except NotFound:
        raise
    except ActionError as refused:
        toast(request, refused.text, error=True)
        return redirect(safe_next(request))
    return after(request, url_of(result.subject[1] or 0), Text("已撤销", "Undone"))


def detail(request: HttpRequest, visit: int) -> HttpResponse:
    """The page of one visit."""
    row = reads.fetch(request.user, visit)
    return past_page(request, row) if row.state == BROUGHT else page_of(request, row, Forms())


def past_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A visit from before, as it was brought in; nothing is done with it any more."""
    context = {
        "visit": visit,
        "past": visit.past,
        "heading": visit.customer.called,
        "crumbs": [Crumb(Text("拜访", "Visits"), reverse("visits.list")), Crumb(visit.customer.called)],
        "contact": about(visit.contact) if visit.contact else visit.past.met,
        "purpose": PURPOSES.get(visit.purpose, ""),
        "report": visit.reports.last(),
        "own": [line for _, lines in own.sections("visit", visit.own) for line in lines],
    }
    return render(request, "visits/brought.html", context)


def page_of(request: HttpRequest, visit: Visit, forms: Forms) -> HttpResponse:
    """The visit page, with a form that was just sent where there is one."""
    return show(request, "visits/detail.html", context_of(request, visit, forms), form=forms.sent)


def context_of(request: HttpRequest, visit: Visit, forms: Forms) -> dict[str, Any]:
    """Everything on the page; a constant number of queries."""
    now = system_clock()
    works = reads.may_work(request.user, visit)
    lines = list(visit.lines.select_related("need", "by"))
    reports = list(visit.reports.select_related("by"))
    records_position = works and visit.state == CONFIRMED and bool(value(POSITION))
    if works and visit.state == PLANNED and forms.confirm is None:
        forms.confirm = ActionForm("visits.confirm", request, fixed={"visit": visit.pk})
    if works and visit.state == CONFIRMED and forms.check_in is None:
        forms.check_in = check_in_form(request, visit)
    if works and visit.state == CHECKED_IN and forms.check_out is None:
        forms.check_out = check_out_form(request, visit)
    sheet = prepare(visit, now)
    return {
        "visit": visit,
        "now": now,
        "crumbs": [Crumb(Text("拜访", "Visits"), reverse("visits.list")), Crumb(visit.customer.called)],
        "works": works,
        "ahead": visit.state in AHEAD,
        "done": visit.state in DONE,
        "sheet": sheet,
        "contact": about(visit.contact) if visit.contact else None,
        "report_number": number_of(REPORT_NUMBER, ("visit", visit.pk)) if reports else "",
        "navigate_url": geo_link(visit.spot) if visit.spot is not None else "",
        "purpose": PURPOSES.get(visit.purpose),
        "purpose_words": PURPOSES.get(visit.purpose, Text("未填", "not stated")),
        "companions": [c.person for c in visit.companions.all()],
        "steps": stages(visit),
        "forms": forms,
        "records_position": records_position,
        "forgotten": visit.left_open(now),
        "chips": chips(visit, lines) if works and visit.may_step("capture") else [],
        "lines": [in_words(line) for line in lines],
        "own_reported": [(one, said) for one, said in own.at_step("visit", REPORTING, visit.own) if said]
        if reports
        else [],
        "draft": draft(visit, lines, reports[-1] if reports else None) if visit.state in DONE else None,
        "reports": reports,
        "earlier_reports": reports[:-1],
        "report": reports[-1] if reports else None,
        "late_check_out": late_check_out(visit),
        "cancel_reason": CANCEL_REASONS.get(visit.end_reason),
        "owed": owed(visit.pk) if visit.state not in AHEAD else None,
        "may_set_next": works and visit.may_step("set_next"),
        "next_visit": visit.next_visit if visit.next_visit_id else None,
        "files": files_of(visit),
        "files_back": url_of(visit) + "#files",
        "may_attach": works and visit.state != ANNULLED,
        "actions": header_actions(request, visit, works),
    }


def stages(visit: Visit) -> list[Step]:
    """The four stages as steps that lead down the page."""
    at = STAGE_OF[visit.state]
    return [
        Step(label, "done" if place < at else "current" if place == at else "", f"#{anchor}")
        for place, (anchor, label) in enumerate(STAGES)
    ]


def header_actions(request: HttpRequest, visit: Visit, works: bool) -> list[Do]:
    """What is done with the visit as a whole."""
    found = [Do(Text("准备单", "Sheet"), url_of(visit, "visits.sheet"), icon="clipboard-list", tone="quiet")]
    manages = reads.may_assign(request.user, visit.owner)
    if visit.state in AHEAD and (works or manages):
        found.append(Do(Text("修改", "Change"), url_of(visit, "visits.edit"), icon="pen-line", key="e"))
    if visit.state in AHEAD and manages:
        found.append(
            Do(Text("改派", "Reassign"), f"{reverse('visits.reassign')}?row={visit.pk}", icon="users")
        )
    if visit.state in AHEAD and (works or manages):
        found.append(Do(Text("取消拜访", "Cancel visit"), url_of(visit, "visits.cancel"), tone="quiet"))
    if visit.state in DONE:
        found.append(Do(Text("报告 PDF", "Report PDF"), url_of(visit, "visits.report-pdf"), icon="file-text"))
    return found


def chips(visit: Visit, lines: Sequence[VisitLine]) -> list[Chip]:
    """The capture row, each with how many lines there are already."""
    counts: dict[str, int] = {}
    for line in lines:
        counts[line.kind] = counts.get(line.kind, 0) + 1
    return [
        Chip(url_of(visit, "visits.capture", kind=code), kind.icon, kind.label, counts.get(code, 0))
        for code, kind in LINES.items()
    ]


def late_check_out(visit: Visit) -> bool:
    """Whether the check-out was entered clearly after the person had left."""
    if visit.left_at is None or visit.closed_at is None:
        return False
    return (visit.closed_at - visit.left_at).total_seconds() > 15 * 60


# --- steps that stand on the page itself -------------------------------------------------------------------------------


def check_in_form(request: HttpRequest, visit: Visit) -> ActionForm:
    return ActionForm(
        "visits.check_in", request, fixed={"visit": visit.pk}, only=("arrived_at", "lon", "lat")
    )


def check_out_form(request: HttpRequest, visit: Visit) -> ActionForm:
    return ActionForm("visits.check_out", request, fixed={"visit": visit.pk}, only=("left_at",))


def _mine(request: HttpRequest, visit: int) -> Visit:
    return reads.fetch(request.user, visit)


def confirm(request: HttpRequest, visit: int) -> HttpResponse:
    """Confirm; a refusal stands where the hand was, each remedy opens beside it, and then the action goes on."""
    row = _mine(request, visit)
    form = ActionForm("visits.confirm", request, fixed={"visit": row.pk})
    title = Text("不能确认这次拜访", "This visit cannot be confirmed")
    if request.method == "POST" and submit(request, form, title=title):
        return after(request, url_of(row, anchor="arrive"), Text("已确认这次拜访", "The visit is confirmed"))
    return _again(request, visit, Forms(confirm=form, sent=form))


def check_in(request: HttpRequest, visit: int) -> HttpResponse:
    """Check in, now or with the time it really was."""
    row = _mine(request, visit)
    form = check_in_form(request, row)
    title = Text("不能签到", "You cannot check in")
    if request.method == "POST" and (sent := submit(request, form, title=title)):
        done = Text("已签到", "Checked in")
        return after(request, url_of(row, anchor="capture"), done, undo=undo_of(sent))
    return _again(request, visit, Forms(check_in=form, sent=form))


def check_out(request: HttpRequest, visit: int) -> HttpResponse:
    """Check out, now or with the time it really was."""
    row = _mine(request, visit)
    form = check_out_form(request, row)
    if request.method == "POST" and (sent := submit(request, form)):
        done = Text("已签出，接着写报告", "Checked out; now the report")
        return after(request, url_of(row, "visits.report"), done, undo=undo_of(sent))
    return _again(request, visit, Forms(check_out=form, sent=form))


def _again(request: HttpRequest, visit: int, forms: Forms) -> HttpResponse:
    """The page again, as the visit stands now: somebody else may have changed it meanwhile."""
    row = reads.fetch(request.user, visit)
    if not reads.may_work(request.user, row) or (
        request.method == "GET" and forms.sent and not _stands(row, forms)
    ):
        return page_of(request, row, Forms(sent=forms.sent if request.method == "POST" else None))
    return page_of(request, row, forms)


def _stands(visit: Visit, forms: Forms) -> bool:
    return {
        PLANNED: forms.confirm,
        CONFIRMED: forms.check_in,
        CHECKED_IN: forms.check_out,
    }.get(visit.state) is not None


# --- steps with a form of their own ------------------------------------------------------------------------------------


def _step(
    request: HttpRequest,
    row: Visit,
    form: ActionForm,
    heading: Text,
    done: Text,
    *,
    template: str = "ui/page_form.html",
    more: Mapping[str, Any] | None = None,
    back: str = "",
    remedy_url: Callable[[Reason], str] | None = None,
) -> HttpResponse:
    """A step's own page, also shown in the drawer."""
    back = safe_next(request, back or url_of(row))
    step = getattr(get_action(form.action.name), "step", "")
    if request.method == "GET" and step and not row.may_step(step):
        return redirect(url_of(row))  # an old link: the page says how far the visit is
    if request.method == "POST" and (sent := submit(request, form, remedy_url=remedy_url)):
        return after(request, back, done, undo=undo_of(sent))
    crumbs = [Crumb(Text("拜访", "Visits"), reverse("visits.list")), Crumb(row.customer.called, url_of(row))]
    context = {"heading": heading, "visit": row, "crumbs": crumbs, "cancel_url": back, "now": system_clock()}
    return show(request, template, {**context, **(more or {})}, form=form)


def edit(request: HttpRequest, visit: int) -> HttpResponse:
    """Change the plan."""
    row = reads.fetch_mine(request.user, visit, manager=True)
    places = places_of(row.customer, row)
    names = [
        *("planned_at", "purpose", "target", "contact"),
        *(["place"] if places else []),
        *("colleagues", "own"),
    ]
    initial = {
        "planned_at": row.planned_at,
        "purpose": row.purpose,
        "target": row.target,
        "contact": row.contact_id or "",
        "place": row.place_id or ("0" if row.spot is not None else ""),
        "colleagues": [str(c.person_id) for c in row.companions.all()],
        **own.initial("visit", row, PLANNING),
    }
    cleared = [
        n for n in ("target", "contact", "colleagues") if request.method == "POST" and not request.POST.get(n)
    ]
    form = ActionForm(
        "visits.edit",
        request,
        fixed={"visit": row.pk, "version": request.POST.get("opened") or row.version, "clear": cleared},
        only=names,
        initial=initial,
        submit_label=Text("保存", "Save"),
    )
    select(form, "contact", contacts_of(row.customer_id))
    where(form, places)
    several(form, "colleagues", visitors(row.owner_id))
    more = {"opened": request.POST.get("opened") or row.version}
    return _step(
        request,
        row,
        form,
        Text("修改拜访计划", "Change the plan"),
        Text("已保存", "Saved"),
        template="visits/edit.html",
        more=more,
    )


def kit(request: HttpRequest, visit: int) -> HttpResponse:
    """Check the kit, item by item."""
    row = reads.fetch_mine(request.user, visit)
    sheet = prepare(row, system_clock())
    form = ActionForm(
        "visits.prepare",
        request,
        fixed={"visit": row.pk},
        initial={"packed": row.kit_packed},
        submit_label=Text("核对完毕", "Checked"),
    )
    several(form, "packed", [(k.item.code, k.item.name) for k in sheet.kit])
    heading, done = Text("核对拜访工具", "Check the kit"), Text("已核对工具", "The kit is checked")
    return _step(request, row, form, heading, done, template="visits/kit_check.html", more={"sheet": sheet})


def promotions(request: HttpRequest, visit: int) -> HttpResponse:
    """Read the promotions of the month, this customer's first, and say so."""
    row = reads.fetch_mine(request.user, visit)
    sheet = prepare(row, system_clock())
    form = ActionForm(
        "visits.acknowledge_promotions",
        request,
        fixed={"visit": row.pk, "shown": [p.promotion.pk for p in sheet.promotions]},
        submit_label=Text("已阅读", "I have read them"),
    )
    heading, done = Text("本月促销政策", "Promotions of the month"), Text("已确认阅读", "Acknowledged")
    return _step(request, row, form, heading, done, template="visits/promotions.html", more={"sheet": sheet})


def capture(request: HttpRequest, visit: int, kind: str) -> HttpResponse:
    """One line: at most three fields, and it closes."""
    row = reads.fetch_mine(request.user, visit)
    if kind not in LINES:
        raise NotFound("line", kind)
    form = LineForm(kind, row, request)
    label = LINES[kind].label
    done = Text(f"已记下：{label.zh}", f"Noted: {label.en}")
    return _step(request, row, form, label, done, back=url_of(row, anchor="capture"))


def not_met(request: HttpRequest, visit: int) -> HttpResponse:
    """Nobody was there."""
    row = reads.fetch_mine(request.user, visit)
    form = ActionForm("visits.not_met", request, fixed={"visit": row.pk})
    done = Text("已记为未见到人；约个下次的时间", "Noted; now set the next date")
    return _step(request, row, form, Text("未见到人", "Nobody there"), done, back=url_of(row, anchor="leave"))


def cancel(request: HttpRequest, visit: int) -> HttpResponse:
    """Cancel a visit that has not begun."""
    row = reads.fetch_mine(request.user, visit, manager=True)
    form = ActionForm("visits.cancel", request, fixed={"visit": row.pk})
    return _step(
        request, row, form, Text("取消拜访", "Cancel the visit"), Text("已取消拜访", "The visit is cancelled")
    )


TASKS = ("needs", "conflict", "information", "help")
"""How the four tasks of the report are marked on its page."""


def report(request: HttpRequest, visit: int) -> HttpResponse:
    """The report: what was captured stands there already; two sentences are added."""
    row = reads.fetch_mine(request.user, visit)
    lines = list(row.lines.select_related("need", "by"))
    made = draft(row, lines)
    asked = {
        "needs_confirmed": made.standing,
        "no_conflict": not made.tasks[1].lines,
        "no_help": not made.tasks[3].lines,
    }
    names = ["needs_confirmed", "no_conflict", "information", "no_help", "summary", "own"]
    form = ReportForm(
        "visits.report",
        request,
        fixed={"visit": row.pk},
        only=[n for n in names if asked.get(n, True)],
        initial=own.initial("visit", row, REPORTING),
        submit_label=Text("提交报告", "Submit the report"),
    )
    fields = ("needs_confirmed", "no_conflict", "information", "no_help")
    more = {
        "draft": made,
        "owed": owed(row.pk),
        "own_fields": [form[name] for name in form.fields if name.startswith("own.")],
        "tasks": [
            (said, task, form[name] if name in form.fields else None)
            for said, task, name in zip(TASKS, made.tasks, fields, strict=True)
        ],
    }
    return _step(
        request,
        row,
        form,
        Text("拜访报告", "Visit report"),
        Text("报告已提交", "The report is submitted"),
        template="visits/report.html",
        more=more,
        back=url_of(row, anchor="leave"),
        remedy_url=lambda reason: _captured_here(row, reason),
    )


def _captured_here(visit: Visit, reason: Reason) -> str:
    """What a report lacks is captured beside it, as a line of this visit; what is ticked on the form needs no link."""
    kind = {"needs.add": "need", "visits.capture": "information"}.get(reason.remedy_action)
    return url_of(visit, "visits.capture", kind=kind) if kind else ""


def amend(request: HttpRequest, visit: int) -> HttpResponse:
    """A further version of the report."""
    row = reads.fetch_mine(request.user, visit)
    last = row.reports.order_by("-number").first()
    form = ReportForm(
        "visits.amend_report",
        request,
        fixed={"visit": row.pk},
        initial={"summary": last.summary if last else "", **own.initial("visit", row, REPORTING)},
    )
    done = Text("已补充，原来的内容保留", "Amended; the earlier text stays")
    return _step(
        request, row, form, Text("补充报告", "Amend the report"), done, back=url_of(row, anchor="leave")
    )


def set_next(request: HttpRequest, visit: int) -> HttpResponse:
    """The next date, or a reason."""
    row = reads.fetch_mine(request.user, visit)
    form = ActionForm("visits.set_next", request, fixed={"visit": row.pk})
    done = Text("下次拜访已约好", "The next visit is set")
    return _step(
        request, row, form, Text("约下次拜访", "Set the next visit"), done, back=url_of(row, anchor="leave")
    )
