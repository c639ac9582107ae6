"""The living style page: every component in every state, from the templates that pages use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from guanxi.platform.kernel import Action, ActionInput, Reason, Refused, Text, ask, system_clock

from ..building import BUILD
from ..filters import ChoiceFilter, DateFilter, TextFilter
from ..forms import ActionForm
from ..lists import Column, Empty, List, Total, View
from ..lists import Page as ListPage
from ..parts import Approval, Change, Do, Duty, Event, Group, Hit, Stat, Step, Tab
from ..refusals import view_of
from ..registry import Option, page, picker
from ..states import all_states

HERE = "#"
_AREAS = [("xihu", Text("西湖", "Xihu")), ("binjiang", Text("滨江", "Binjiang"))]
_LIN = Text("林晓", "Lin Xiao")
_CUSTOMERS = [
    Option("1", "恒远电子有限公司", "A · 西湖"),
    Option("2", "华信精密仪器（杭州）有限公司", "B · 滨江"),
    Option("3", "Northwind Trading Co., Ltd.", "C · 余杭"),
]
picker(
    "sample",
    search=lambda person, typed: [o for o in _CUSTOMERS if typed.lower() in o.label.lower()],
    label=lambda person, id: next((o.label for o in _CUSTOMERS if o.value == str(id)), ""),
)


class SampleVisit(Action):
    """Every kind of field in one form; never registered, so nobody can run it."""

    name = "style.sample"
    label = Text("保存拜访", "Save visit")
    permission = ""

    class Input(ActionInput):
        customer: int = ask("客户", "Customer", widget="pick", of="sample")
        goal: str = ask(
            "拜访目标", "Goal", hint=Text("写下想让客户答应什么", "What should they agree to?"), max_length=60
        )
        starts: datetime = ask("开始时间", "Starts")
        next_day: date | None = ask("下次拜访日期", "Next visit", None)
        way: Literal["on_site", "phone", "video"] = ask(
            "方式",
            "Way",
            widget="chips",
            choices=[
                ("on_site", Text("上门", "On site")),
                ("phone", Text("电话", "Phone")),
                ("video", Text("视频", "Video")),
            ],
        )
        topics: list[str] = ask(
            "谈到",
            "Topics",
            widget="chips",
            choices=[
                ("need", Text("需求", "Need")),
                ("objection", Text("异议", "Objection")),
                ("rival", Text("竞品", "Competitor")),
                ("promise", Text("承诺", "Promise")),
            ],
        )
        result: str = ask(
            "结果",
            "Result",
            choices=[
                ("met", Text("达成", "Met")),
                ("part", Text("部分达成", "Partly")),
                ("no", Text("未达成", "Not met")),
            ],
        )
        budget: Decimal | None = ask("预计金额", "Expected amount", None, widget="money", ge=0)
        people: int = ask("到场人数", "People present", 1, ge=1, le=50)
        phone: str = ask("对方电话", "Their phone", "", widget="phone")
        note: str = ask("补充两句", "Two sentences more", "", widget="textarea", max_length=2000)
        prepared: bool = ask("已带上准备单", "Preparation sheet taken along", False)


class SampleList(List):
    """A list over rows that stand here, because the style page has no table of its own."""

    name = "style"
    label = Text("客户", "Customers")
    columns = (
        Column("name", Text("客户", "Customer"), sort="name", lead=True),
        Column("grade", Text("等级", "Grade"), sort="grade"),
        Column("area", Text("区域", "Area"), phone=False),
        Column("visited", Text("上次拜访", "Last visit"), sort="visited", form="when", nullable=True),
        Column("duty", Text("义务", "Duty"), form="state"),
        Column("revenue", Text("本年收入", "Revenue this year"), sort="revenue", form="money"),
    )
    filters = (
        ChoiceFilter("grade", Text("等级", "Grade"), choices=[("A", "A"), ("B", "B"), ("C", "C")]),
        DateFilter(
            "visited", Text("上次拜访", "Last visit"), older=Text("{n} 天未拜访", "not visited for {n} days")
        ),
        ChoiceFilter(
            "area",
            Text("区域", "Area"),
            choices=[("xihu", Text("西湖", "Xihu")), ("binjiang", Text("滨江", "Binjiang"))],
        ),
        TextFilter("contact", Text("联系人", "Contact")),
    )
    views = (
        View("mine", Text("我的 A 级", "My grade A"), {"grade": "A"}),
        View("slipping", Text("久未拜访", "Slipping"), {"visited": "older30"}),
    )
    totals = (Total(Text("收入合计", "Revenue"), lambda rows: Decimal("1286400.5"), "money"),)
    search = ("name",)
    search_label = Text("搜索客户", "Search customers")
    sort = "-visited"
    empty = Empty(
        Text("还没有客户", "No customers yet"),
        Text(
            "客户页汇总往来、承诺与健康度。先导入名单，或新建第一家。",
            "Customers hold history, promises and health. Import a list or add one.",
        ),
        "building-2",
        Text("新建客户", "Add a customer"),
        HERE,
    )

    def __init__(self, request: HttpRequest, kept: Sequence[dict[str, Any]], *, name: str = "style") -> None:
        super().__init__(request, None)  # type: ignore[arg-type]
        self.kept = list(kept)
        self.name = name  # type: ignore[misc]
        if not self.kept:
            self.label = Text("空列表", "Empty list")  # type: ignore[misc]

    def row_url(self, row: Any) -> str:
        return "/ui/style/?record=1"

    def bulk(self) -> Sequence[Do]:
        return (
            Do(Text("安排拜访", "Plan visits"), HERE, tone="primary"),
            Do(Text("移交…", "Hand over…"), HERE),
        )

    @cached_property
    def page(self) -> ListPage:
        return ListPage(self.kept, "?after=x" if self.kept else "", "")

    @cached_property
    def count(self) -> int:
        return 10_001 if self.kept else 0

    @cached_property
    def sums(self) -> list[tuple[Total, Any]]:
        return [(self.totals[0], Decimal("1286400.5"))]

    @cached_property
    def matching(self) -> Any:
        return None


def _rows(now: datetime) -> list[dict[str, Any]]:
    names = [o.label for o in _CUSTOMERS] + ["西溪印象酒店管理集团股份有限公司杭州分公司", "𠮷野家（中国）"]
    return [
        {
            "id": place,
            "name": name,
            "grade": "ABCAB"[place],
            "area": Text("西湖", "Xihu"),
            "visited": [
                now - timedelta(minutes=20),
                now - timedelta(days=3),
                None,
                now - timedelta(days=47),
                now,
            ][place],
            "duty": ["open", "fulfilled", "missed", "overdue", "waived"][place],
            "revenue": Decimal(["128640.50", "86200", "0", "1071560", "980.1"][place]),
        }
        for place, name in enumerate(names)
    ]


def _refused() -> Refused:
    def reason(clause: str, zh: str, en: str, **more: Any) -> Reason:
        return Reason(clause, "visit-confirm", "2026-01", Text(zh, en), **more)

    return Refused(
        "style.sample",
        [
            reason(
                "R1.3",
                "没有拜访目标",
                "The visit has no goal",
                remedy_action="style.sample",
                remedy_text=Text("填写目标", "Write the goal"),
                waivable_by=Text("客户服务部经理 王敏", "service manager Wang Min"),
                waivable_role="service_manager",
                values={"goal": "", "purpose_given": True},
            ),
            reason(
                "R1.5",
                "本月促销政策未阅读",
                "This month’s promotions are unread",
                remedy_action="style.sample",
                remedy_text=Text("阅读并确认", "Read and confirm"),
                values={"promotions": ["11 月返利", "年底赠品"]},
            ),
        ],
        [
            reason(
                "R1.7",
                "未选联系人，列入准备单的待问事项",
                "No contact chosen; asked on the visit",
                severity="warn",
            )
        ],
        [reason("R1.3", "已填目的", "The purpose is given")],
    )


def _duties(now: datetime) -> list[Duty]:
    return [
        Duty(
            now - timedelta(hours=2),
            Text("拜访报告", "Visit report"),
            "overdue",
            Text("恒远电子", "Hengyuan Electronics"),
            "/ui/style/?record=1",
            "R1.16.1",
            Text("拜访后一个工作日内", "within one working day"),
            [Do(Text("写报告", "Write"), HERE, tone="primary")],
        ),
        Duty(
            now + timedelta(hours=1),
            Text("给华信寄样册", "Send Huaxin the samples"),
            "open",
            Text("华信精密仪器（杭州）有限公司", "Huaxin Precision"),
            "/ui/style/?record=1",
            "R1.16.2",
            Text("承诺", "Promise"),
            [Do(Text("已兑现", "Kept"), HERE, post=True), Do(Text("改期…", "Move…"), HERE, tone="quiet")],
        ),
        Duty(
            now + timedelta(days=1),
            Text("天气提醒", "Weather notice"),
            "open",
            Text("3 栋 12 户租户", "12 tenants of building 3"),
            "",
            "R2.4.11",
            "",
            [Do(Text("发送", "Send"), HERE, post=True)],
        ),
        Duty(
            now,
            Text("生日问候", "Birthday wishes"),
            "done",
            Text("李工", "Mr Li"),
            "",
            "R5.12",
            "",
            undo=Do(Text("撤销", "Undo"), HERE, post=True, tone="quiet", icon="undo-2"),
        ),
    ]


def _events(now: datetime) -> list[Event]:
    return [
        Event(
            now - timedelta(minutes=8),
            Text("打了电话，约周五上门", "Called; visit on Friday"),
            "phone",
            _LIN,
        ),
        Event(
            now - timedelta(days=1),
            Text("完成拜访", "Visit completed"),
            "map-pin",
            _LIN,
            "/ui/style/?record=1",
            "客户希望年底前换掉旧设备，预算在谈。\n下次带上维护报价。",
            "R1.16.1",
            "fulfilled",
        ),
        Event(
            now - timedelta(days=12),
            Text("信用由 A 调为 B（回款晚 12 天）", "Credit A → B"),
            "scale",
            Text("系统", "System"),
        ),
    ]


def _approval(now: datetime) -> Approval:
    return Approval(
        id=1,
        what=Text("新版 R1《拜访》", "New version of R1 Visits"),
        by=Text("客户服务部经理 王敏", "Wang Min, service manager"),
        at=now - timedelta(hours=5),
        why=Text("上季度迟交多在周五下午，放宽一个工作日。", "Most late reports came on Friday afternoons."),
        url=HERE,
        clause="R1.16.1",
        clause_title=Text("拜访报告", "Visit report"),
        changes=[
            Change(
                Text("条款", "Clause"), "拜访后 1 个工作日内提交报告。", "拜访后 2 个工作日内提交书面报告。"
            ),
            Change(Text("提醒", "Reminder"), "4h before", "8h before"),
        ],
        otherwise=Text("仍按现行版本执行", "The present version stays in force"),
        until=now + timedelta(days=2),
        do=[
            Do(Text("批准", "Approve"), HERE, post=True, tone="primary", key="a"),
            Do(Text("退回…", "Return…"), HERE, key="r"),
            Do(Text("拒绝…", "Refuse…"), HERE, tone="refuse"),
            Do(Text("转交…", "Pass on…"), HERE, tone="quiet"),
        ],
        history=_events(now)[:2],
    )


def _failed_form(request: HttpRequest) -> ActionForm:
    sent = HttpRequest()
    sent.method = "POST"
    sent.user = request.user
    sent.POST = QueryDict(
        "goal=&starts=tomorrow&people=99&customer__text=有限公司&way=phone&budget=一百&note=留着的字"
    )
    form = ActionForm(SampleVisit(), sent, prefix=None)
    form.auto_id = "bad_%s"
    form.is_valid()
    return form


def style(request: HttpRequest) -> HttpResponse:
    """Every component, in the reader's language and theme."""
    now = system_clock()
    if request.GET.get("record"):
        return render(request, "ui/style_record.html", {"events": _events(now), "now": now})
    if BUILD in request.GET:
        return SampleList(request, _rows(now)).build()
    stats = [
        Stat(
            Text("按时", "In time"),
            "92%",
            "46 / 50",
            [0.81, 0.84, None, 0.9, 0.92],
            0.9,
            "81% → 92%",
            url=HERE,
        ),
        Stat(Text("迟", "Late"), "5", "", [2, 3, 9, 4, 5], None, "2, 3, 9, 4, 5"),
        Stat(
            Text("漏", "Missed"),
            "12",
            Text("不超过 3", "at most 3"),
            [1, 2, 4, 9, 12],
            3,
            "1 → 12",
            bad=True,
            url=HERE,
        ),
        Stat(Text("未到期", "Not yet due"), "3"),
    ]
    chips = [
        {"label": Text(zh, en), "icon": icon, "url": "/ui/style/?record=1", "count": count}
        for zh, en, icon, count in [
            ("需求", "Need", "target", 2),
            ("异议", "Objection", "message-square", 0),
            ("竞品", "Competitor", "flag", 0),
            ("承诺", "Promise", "handshake", 1),
            ("礼品", "Gift", "gift", 0),
            ("照片", "Photo", "camera", 0),
            ("培训", "Training", "book-open", 0),
        ]
    ]
    context = {
        "now": now,
        "heading": Text("样式", "Style"),
        "lead": Text(
            "每个部件的每种状态，都出自页面所用的模板。",
            "Every component in every state, from the templates that pages use.",
        ),
        "crumbs": [{"label": Text("今日", "Today"), "url": "/"}, {"label": Text("样式", "Style"), "url": ""}],
        "states": all_states(),
        "refused": view_of(
            _refused(),
            title=Text("不能确认这次拜访", "This visit cannot be confirmed"),
            remedy_url=lambda reason: "/ui/style/?record=1",
            waiver_url=HERE,
            clause_text=lambda number: Text(
                "拜访前须明确目标与目的。", "Every visit has a goal and a purpose."
            ),
        ),
        "duties": _duties(now),
        "tabs": [
            Tab(Text("全部", "All"), HERE, True, 128),
            Tab(Text("我的", "Mine"), HERE, count=12),
            Tab(Text("本周", "This week"), HERE),
        ],
        "steps": [
            Step(Text("准备", "Prepare"), "done", HERE),
            Step(Text("到达", "Arrive"), "done"),
            Step(Text("记录", "Record"), "current"),
            Step(Text("离开", "Leave")),
        ],
        "stats": stats,
        "events": _events(now),
        "approval": _approval(now),
        "chips": chips,
        "form": ActionForm(SampleVisit(), request, initial={"customer": "1"}),
        "bad_form": _failed_form(request),
        "list": SampleList(request, _rows(now)),
        "empty_list": SampleList(request, [], name="style-empty"),
        "groups": [
            Group(Text("客户", "Customers"), [Hit(o.label, HERE, o.note, "building-2") for o in _CUSTOMERS]),
            Group(Text("操作", "Actions"), [Hit(Text("新建拜访", "Plan a visit"), HERE, "N", "plus")]),
        ],
        "times": [
            now - timedelta(seconds=20),
            now - timedelta(minutes=25),
            now + timedelta(hours=3),
            now + timedelta(days=1),
            now + timedelta(days=4),
            now - timedelta(days=3),
            now - timedelta(days=40),
            now + timedelta(days=400),
        ],
    }
    return render(request, "ui/style.html", context)


page("ui.style", "ui/style/", style, label=Text("样式", "Style"), sample=lambda person: {})
