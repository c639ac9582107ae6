"""The pages of visits, their addresses and rights; and the words of their states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from guanxi.domains.customers import reads as customers
from guanxi.platform.kernel import Text
from guanxi.platform.regulations.surface import guide_place
from guanxi.platform.ui import states
from guanxi.platform.ui.registry import Nav, Sample, page

from .. import reads
from ..models import (
    AHEAD,
    BROUGHT,
    CHECKED_IN,
    COMPLETED,
    CONFIRMED,
    DONE,
    NOT_MET,
    PLANNED,
    REPORTED,
    KitItem,
    PlaybookEntry,
)
from . import files, papers, planning, templates_pages, visit

states.declare("checked_in", Text("拜访中", "On visit"), "accent", "map-pin")
states.declare("completed", Text("待报告", "To report"), "warn", "pen-line")
states.declare("reported", Text("已报告", "Reported"), "good", "file-check")
states.declare("not_met", Text("未见到人", "Nobody there"), "neutral", "door-open")
states.declare("brought", Text("以往拜访", "Past visit"), "quiet", "history")
states.declare("annulled", Text("已取消", "Cancelled"), "quiet", "circle-slash")


def _seen(*wanted: str) -> Sample:
    """A visit in one of these states (any, if none is named) that the person may see."""

    def sample(person: Any) -> Mapping[str, Any] | None:
        rows = reads.visible(person)
        rows = rows.filter(state__in=wanted) if wanted else rows.exclude(state=BROUGHT)
        found = rows.order_by("-planned_at").first()
        return {"visit": found.pk} if found else None

    return sample


def _own(*wanted: str, **more: Any) -> Sample:
    """A visit of the person's own in one of these states."""

    def sample(person: Any) -> Mapping[str, Any] | None:
        found = (
            reads.visible(person).filter(owner=person.pk, state__in=wanted).order_by("-planned_at").first()
        )
        return {"visit": found.pk, **more} if found else None

    return sample


def _customer(person: Any) -> Mapping[str, Any] | None:
    found = customers.visible(person).filter(visits__isnull=False).first()
    return {"customer": found.pk} if found else None


def _first(model: Any, name: str) -> Sample:
    def sample(person: Any) -> Mapping[str, Any] | None:
        found = model.objects.first()
        return {name: found.pk} if found else None

    return sample


page(
    "visits.list",
    "visits/",
    planning.visit_list,
    label=Text("拜访", "Visits"),
    permission="visits.view",
    nav=Nav(30, "map-pin", main=True),
    lists=(planning.Visits,),
)
page(
    "visits.week",
    "visits/week/",
    planning.week_table,
    label=Text("本周拜访", "Week"),
    permission="visits.view",
)
page(
    "visits.plan",
    "visits/plan/",
    planning.plan,
    label=Text("计划拜访", "Plan a visit"),
    permission="visits.work",
    action="visits.plan",
)
page(
    "visits.drop-in",
    "visits/drop-in/",
    planning.drop_in,
    label=Text("临时拜访", "Drop in"),
    permission="visits.work",
    action="visits.drop_in",
)
page(
    "visits.reassign",
    "visits/reassign/",
    planning.reassign,
    label=Text("改派拜访", "Reassign visits"),
    permission="visits.assign",
    action="visits.reassign",
)
page(
    "visits.detail",
    "visits/<int:visit>/",
    visit.detail,
    label=Text("拜访", "Visit"),
    permission="visits.view",
    sample=_seen(),
)

guide_place("visits.check_in", page="visits.detail", sample=_own(CONFIRMED))

View = Callable[..., Any]
_STEPS: tuple[tuple[str, str, View, Text, str, Sample], ...] = (
    ("confirm", "confirm", visit.confirm, Text("确认拜访", "Confirm"), "visits.confirm", _own(PLANNED)),
    ("check-in", "check-in", visit.check_in, Text("签到", "Check in"), "visits.check_in", _own(CONFIRMED)),
    (
        "check-out",
        "check-out",
        visit.check_out,
        Text("签出", "Check out"),
        "visits.check_out",
        _own(CHECKED_IN),
    ),
    ("edit", "edit", visit.edit, Text("修改拜访计划", "Change the plan"), "visits.edit", _own(*AHEAD)),
    ("kit-check", "kit", visit.kit, Text("核对拜访工具", "Check the kit"), "visits.prepare", _own(*AHEAD)),
    (
        "promotions",
        "promotions",
        visit.promotions,
        Text("本月促销政策", "Promotions"),
        "visits.acknowledge_promotions",
        _own(*AHEAD),
    ),
    ("not-met", "not-met", visit.not_met, Text("未见到人", "Nobody there"), "visits.not_met", _own(*AHEAD)),
    ("cancel", "cancel", visit.cancel, Text("取消拜访", "Cancel"), "visits.cancel", _own(*AHEAD)),
    ("report", "report", visit.report, Text("拜访报告", "Report"), "visits.report", _own(COMPLETED)),
    (
        "amend",
        "amend",
        visit.amend,
        Text("补充报告", "Amend the report"),
        "visits.amend_report",
        _own(REPORTED),
    ),
    (
        "next",
        "next",
        visit.set_next,
        Text("约下次拜访", "Set the next visit"),
        "visits.set_next",
        _own(*DONE, NOT_MET),
    ),
)
for _name, _route, _view, _label, _action, _sample in _STEPS:
    page(
        f"visits.{_name}",
        f"visits/<int:visit>/{_route}/",
        _view,
        label=_label,
        permission="visits.work",
        action=_action,
        sample=_sample,
    )
page(
    "visits.undo",
    "visits/undo/",
    visit.undo,
    label=Text("撤销", "Undo"),
    permission="visits.work",
    methods=("POST",),
)
page(
    "visits.capture",
    "visits/<int:visit>/capture/<slug:kind>/",
    visit.capture,
    label=Text("记录", "Capture"),
    permission="visits.work",
    sample=_own(CHECKED_IN, COMPLETED, kind="need"),
)

page(
    "visits.file-new",
    "visits/<int:visit>/files/new/",
    files.new,
    label=Text("上传附件", "Attach a file"),
    permission="visits.work",
    sample=_own(*AHEAD, CHECKED_IN, *DONE),
)

_READ = ("GET", "HEAD")
for _name, _route, _view, _label, _sample in (
    ("sheet", "visits/<int:visit>/sheet/", papers.sheet, Text("拜访准备单", "Preparation sheet"), _seen()),
    ("sheet-pdf", "visits/<int:visit>/sheet.pdf", papers.sheet_pdf, Text("准备单 PDF", "Sheet PDF"), _seen()),
    (
        "report-pdf",
        "visits/<int:visit>/report.pdf",
        papers.report_pdf,
        Text("报告 PDF", "Report PDF"),
        _seen(*DONE),
    ),
    (
        "card",
        "visits/card/<int:customer>/",
        papers.record_card,
        Text("拜访客户记录卡", "Record card"),
        _customer,
    ),
    (
        "card-pdf",
        "visits/card/<int:customer>.pdf",
        papers.record_card_pdf,
        Text("记录卡 PDF", "Card PDF"),
        _customer,
    ),
):
    page(
        f"visits.{_name}",
        _route,
        _view,
        label=_label,
        permission="visits.view",
        sample=_sample,
        methods=_READ,
    )

page(
    "playbook.read",
    "visits/playbook/",
    templates_pages.read_playbook,
    label=Text("拜访手册", "Playbook"),
    permission="visits.view",
    nav=Nav(70, "book-open"),
)
page(
    "playbook.new",
    "visits/playbook/new/",
    templates_pages.save_entry,
    label=Text("新增条目", "New entry"),
    permission="visits.templates",
    action="visits.save_playbook",
)
page(
    "playbook.edit",
    "visits/playbook/<int:entry>/",
    templates_pages.save_entry,
    label=Text("修改条目", "Change entry"),
    permission="visits.templates",
    sample=_first(PlaybookEntry, "entry"),
)
page(
    "visits.kit",
    "visits/kit/",
    templates_pages.kit_list,
    label=Text("工具清单", "Kit list"),
    permission="visits.templates",
)
page(
    "visits.kit-new",
    "visits/kit/new/",
    templates_pages.save_item,
    label=Text("新增工具", "New kit item"),
    permission="visits.templates",
    action="visits.save_kit_item",
)
page(
    "visits.kit-edit",
    "visits/kit/<int:item>/",
    templates_pages.save_item,
    label=Text("修改工具", "Change kit item"),
    permission="visits.templates",
    sample=_first(KitItem, "item"),
)
