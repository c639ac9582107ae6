"""Fact kinds of visits. Codes, ids and counts stand in `fields`; names and free text in `texts`."""

from collections.abc import Mapping

from guanxi.platform.kernel import FactKind, Text, fact_kind
from guanxi.platform.ownfields.facts import converted_kind
from guanxi.platform.ownfields.values import fact_fields


def _visit(name: str, label: Text, **more: object) -> FactKind:
    return fact_kind(FactKind(f"visit.{name}", "visit", label, **more))  # type: ignore[arg-type]


def _own() -> Mapping[str, str]:
    return fact_fields("visit")


converted_kind("visit", _own)


_visit(
    "planned",
    Text("计划拜访", "Visit planned"),
    fields={
        "owner": "ref",
        "colleagues": "list[ref]",
        "planned_at": "timestamp",
        "purpose": "str",
        "has_target": "bool",
        "has_contact": "bool",
        "first": "bool",
        "source": "str",
        "drop_in": "bool",
        "promotions_open": "int",
        "place": "ref:address?",
    },
    texts=("target", "where", "changes"),
    sets={"owner": "owner", "planned_at": "planned_at", "purpose": "purpose"},
    more=_own,
    sentence=Text(
        "计划由{owner}于 {planned_at} 拜访：{target} {where}",
        "Visit planned for {owner}, {planned_at}: {target} {where}",
    ),
    icon="calendar",
)
_visit(
    "edited",
    Text("修改拜访计划", "Visit plan changed"),
    fields={
        "changed": "list[str]",
        "planned_at": "timestamp",
        "purpose": "str",
        "has_target": "bool",
        "has_contact": "bool",
        "colleagues": "list[ref]",
        "place": "ref:address?",
        "version": "int",
    },
    texts=("target", "where", "changes"),
    sets={"planned_at": "planned_at", "purpose": "purpose"},
    more=_own,
    sentence=Text("修改拜访计划：{changed}", "Visit plan changed: {changed}"),
    icon="pen-line",
    on_timeline=False,
)
_visit(
    "kit_checked",
    Text("核对拜访工具", "Kit checked"),
    fields={"complete": "bool", "missing": "list[str]"},
    sentence=Text("核对拜访工具，缺：{missing}", "Kit checked, missing: {missing}"),
    icon="list-checks",
    on_timeline=False,
)
_visit(
    "promotions_acknowledged",
    Text("阅读促销政策", "Promotions acknowledged"),
    fields={"month": "str", "count": "int"},
    sentence=Text("已阅读 {month} 的 {count} 条促销政策", "{count} promotions of {month} read"),
    icon="book-open",
    on_timeline=False,
)
_visit(
    "confirmed",
    Text("确认拜访", "Visit confirmed"),
    fields={"planned_at": "timestamp", "owner": "ref", "promotions_open": "int"},
    more=_own,
    sentence=Text("确认于 {planned_at} 拜访", "Visit confirmed for {planned_at}"),
    icon="calendar-check",
)
_visit(
    "checked_in",
    Text("拜访签到", "Checked in"),
    fields={"owner": "ref", "distance_m": "int?", "drop_in": "bool"},
    more=_own,
    sentence=Text("到达客户处", "Arrived at the customer's"),
    icon="map-pin",
)
_visit(
    "captured",
    Text("拜访记录", "Captured"),
    fields={"line": "str", "same_day": "bool"},
    texts=("text",),
    sentence=Text("记录：{text}", "Captured: {text}"),
    icon="pen-line",
)
_visit(
    "completed",
    Text("拜访签出", "Visit completed"),
    fields={
        "owner": "ref",
        "minutes": "int",
        "training_minutes": "int",
        "late_entry": "bool",
        "captured": "int",
        "captured_during": "int",
        "prospect": "bool?",
    },
    sets={"owner": "owner"},
    more=_own,
    sentence=Text(
        "拜访结束，{minutes} 分钟，记录 {captured} 条", "Visit ended after {minutes} min, {captured} lines"
    ),
    icon="circle-check",
)
_visit(
    "reported",
    Text("提交拜访报告", "Visit reported"),
    fields={
        "owner": "ref",
        "needs": "int",
        "conflict": "bool",
        "information": "int",
        "help": "bool",
        "late_entry": "bool",
        "number": "str?",
    },
    texts=("summary", "changes"),
    more=_own,
    sentence=Text("拜访报告：{summary}", "Visit report: {summary}"),
    icon="file-check",
)
_visit(
    "report_amended",
    Text("补充拜访报告", "Report amended"),
    fields={"number": "int"},
    texts=("summary", "reason", "changes"),
    more=_own,
    sentence=Text(
        "第 {number} 版报告：{summary}（{reason}）", "Report, version {number}: {summary} ({reason})"
    ),
    icon="file-text",
)
_visit(
    "not_met",
    Text("未见到人", "Nobody met"),
    fields={"owner": "ref"},
    texts=("note",),
    sentence=Text("到访未见到人 {note}", "Nobody was met {note}"),
    icon="door-open",
)
_visit(
    "annulled",
    Text("取消拜访", "Visit cancelled"),
    fields={"reason_code": "str"},
    texts=("note",),
    sentence=Text("取消拜访：{reason_code} {note}", "Visit cancelled: {reason_code} {note}"),
    icon="circle-slash",
)
_visit(
    "brought",
    Text("带入以往拜访", "Past visit brought in"),
    fields={"owner": "ref?", "purpose": "str", "timed": "bool", "import": "ref"},
    texts=("visitor", "met", "summary", "changes"),
    sentence=Text("以往拜访（{visitor}）：{summary}", "Past visit ({visitor}): {summary}"),
    icon="history",
    history=True,
)
_visit(
    "past_changed",
    Text("更正以往拜访", "Past visit corrected"),
    fields={"changed": "list[str]", "version": "int"},
    texts=("changes", "before", "visitor"),
    sentence=Text("更正以往拜访（{visitor}）", "Past visit ({visitor}) corrected"),
    icon="pen-line",
    history=True,
)
_visit(
    "reassigned",
    Text("改派拜访", "Visit reassigned"),
    fields={"owner": "ref", "before": "ref"},
    texts=("reason",),
    sets={"owner": "owner"},
    sentence=Text("改由 {owner} 拜访（原 {before}）{reason}", "{owner} goes instead of {before} {reason}"),
    icon="users",
)
_visit(
    "next_set",
    Text("约定下次拜访", "Next visit set"),
    fields={"has_date": "bool", "next_at": "timestamp?", "next": "ref:visit?"},
    texts=("reason",),
    more=_own,
    sentence=Text("下次拜访：{next_at} {reason}", "Next visit: {next_at} {reason}"),
    icon="calendar-days",
)
fact_kind(
    FactKind(
        "kit.saved",
        "kit_item",
        Text("维护工具清单", "Kit list saved"),
        fields={"code": "str", "purpose": "str", "active": "bool"},
        texts=("name",),
        sentence=Text("工具清单：{name}", "Kit list: {name}"),
        icon="list-checks",
    )
)
fact_kind(
    FactKind(
        "playbook.saved",
        "playbook",
        Text("维护拜访手册", "Playbook saved"),
        fields={"section": "str", "purpose": "str", "active": "bool"},
        texts=("title",),
        sentence=Text("拜访手册：{title}", "Playbook: {title}"),
        icon="book-open",
    )
)
