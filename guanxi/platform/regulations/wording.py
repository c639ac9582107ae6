"""Controls and parameters as people read them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from guanxi.cores.norms.controls import (
    Clause,
    Control,
    Duty,
    Guide,
    Parameter,
    Record,
    Version,
    Words,
)
from guanxi.platform.kernel import Text, all_actions, all_kinds, get_action
from guanxi.platform.kernel.errors import UnknownAction
from guanxi.platform.people.roles import ROLES
from guanxi.platform.ui import dates
from guanxi.platform.ui.forms import asked_fields
from guanxi.platform.ui.registry import get_page

KINDS = {
    "Duty": Text("义务", "Duty"),
    "Gate": Text("关口", "Gate"),
    "Measure": Text("指标", "Measure"),
    "Record": Text("记录", "Record"),
    "Guide": Text("指引", "Guide"),
}
ORIGINS = {"source": Text("源", "source"), "ours": Text("自定", "ours")}
ORIGIN_HINTS = {
    "source": Text("制度原文规定", "The regulation itself says so"),
    "ours": Text("原文没有写明，由公司自定", "The regulation is silent; the company's own choice"),
}
TEXTS = {
    "title": Text("标题", "Title"),
    "name": Text("名称", "Name"),
    "detail": Text("具体情况", "Detail"),
    "file": Text("文件", "File"),
    "reason": Text("理由", "Reason"),
    "what": Text("内容", "What"),
    "text": Text("内容", "Text"),
}
"""Texts of facts that no field of the action asks for."""
PLACES = {"regulation": Text("制度页", "the regulation's page")}
PERIODS = {
    "day": Text("当天", "the day"),
    "week": Text("本周", "the week"),
    "month": Text("本月", "the month"),
    "quarter": Text("本季度", "the quarter"),
    "year": Text("本年", "the year"),
}
BASES = {
    "happened_at": Text("事由发生", "it happened"),
    "recorded_at": Text("事由记录", "it was recorded"),
    "actionable_from": Text("等待期满", "the wait was over"),
}


def text_of(words: Words | None) -> Text:
    """A pack's words as the kernel's; empty where there are none."""
    return Text(words.zh, words.en) if words else Text("", "")


def control_words(control: Control) -> Text:
    """What a control says, or its id where the pack gives no words."""
    return text_of(control.words) or Text(control.id, control.id)


def clause_words(clause: Clause | None) -> Text:
    return text_of(clause.text) if clause else Text("", "")


def kind_label(kind: str) -> Text:
    """The words of a fact kind."""
    found = all_kinds().get(kind)
    return found.label if found else Text(kind, kind)


def text_label(kind: str, name: str) -> Text:
    """What a text of a fact was asked for as, by the action that writes it: the label of its field."""
    return _asked_as(len(all_actions())).get((kind, name)) or TEXTS.get(name) or Text("说明", "Note")


@cache
def _asked_as(registered: int) -> dict[tuple[str, str], Text]:
    """(fact kind, text) -> label. registered: how many actions there are, so that a new one is seen."""
    narrow_last = sorted(all_actions().values(), key=lambda a: (-len(a.writes), a.name))
    return {  # of several actions the one that writes the least else knows the word best
        (kind, name): asked.label
        for action in narrow_last
        for name, asked in asked_fields(action.Input).items()
        for kind in action.writes
    }


def action_label(name: str) -> Text:
    """The words of an action; its name where none is registered under it."""
    try:
        return get_action(name).label
    except UnknownAction:
        return Text(name, name)


def place_words(control: Guide) -> list[Text]:
    """Where a guide stands: pages and actions in words."""
    found = [action_label(name) for name in control.actions]
    if control.page:
        page = get_page(control.page)
        found.insert(
            0, PLACES.get(control.page) or (page.label if page else Text(control.page, control.page))
        )
    return found


def role_words(role: str) -> Text:
    """A role's name, '' where it is none."""
    return ROLES.get(role, Text("", ""))


def field_words(record: Record) -> list[Text]:
    """What a record requires: the fields' own words where an action asks for them."""
    from guanxi.platform.ui.forms import asked_fields

    labels: dict[str, Text] = {}
    for name in (*record.actions, record.form):
        try:
            labels |= {n: asked.label for n, asked in asked_fields(get_action(name).Input).items()}
        except UnknownAction:
            continue
    return [labels[name] for name in record.require if name in labels]


# Parameters -----------------------------------------------------------------------------------------------------


def parameter_words(parameter: Parameter) -> Text:
    return text_of(parameter.words) or Text(parameter.name, parameter.name)


def value_words(parameter: Parameter, raw: Any) -> Text:
    """A parameter's value with its unit; a dated one with each date."""
    if isinstance(raw, list) and raw and isinstance(raw[0], dict):
        parts = [(str(part["from"]), value_words(parameter, part["value"])) for part in raw]
        return Text(
            "；".join(f"{day} 起 {words.zh}" for day, words in parts),
            "; ".join(f"{words.en} from {day}" for day, words in parts),
        )
    unit = text_of(parameter.unit)
    if isinstance(raw, bool):
        return Text("是", "yes") if raw else Text("否", "no")
    if parameter.type in ("duration", "working_time"):
        return _span(parameter, raw)
    if isinstance(raw, list | tuple):
        return Text("、".join(map(str, raw)), ", ".join(map(str, raw)))
    if parameter.type == "percent":
        return Text(f"{raw}%", f"{raw}%")
    en = unit.en.removesuffix("s") if raw == 1 else unit.en  # units are written in the plural: "working days"
    return Text(f"{raw} {unit.zh}".strip(), f"{raw} {en}".strip())


def _span(parameter: Parameter, raw: Any) -> Text:
    try:
        length = raw if isinstance(raw, timedelta) else parameter.parse(raw)
    except (ValueError, TypeError):
        return Text(str(raw), str(raw))
    words = dates.span(length)
    if parameter.type == "working_time":
        return Text(f"{words.zh}（工作时间）", f"{words.en} of working time")
    return words


def own_value(version: Version, name: str) -> Any:
    """A version's value of a parameter as it stands in writing: the company's own, else the pack's."""
    return version.values.get(name, version.pack.parameters[name].default)


def plain_value(value: Any) -> str:
    """A value as it is typed into a form, and read back by `actions.read_value`."""
    if isinstance(value, bool):
        return str(Text("是", "yes") if value else Text("否", "no"))
    return "、".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def amount_words(version: Version, name: str, day: date | None = None) -> Text:
    """What a version says of a parameter on a day, in words."""
    return value_words(version.pack.parameters[name], version.amount(name, day))


# Deadlines ------------------------------------------------------------------------------------------------------


def deadline_words(duty: Duty, version: Version, counts_from: datetime, day: date | None = None) -> Text:
    """How a duty's deadline is computed, in words with the version's numbers."""
    due = duty.due
    if due is None:
        return Text("不限时", "No deadline")
    if due.how == "before":
        kinds = [kind_label(kind) for link in duty.links if link.role == "before" for kind in link.kinds]
        zh, en = "、".join(k.zh for k in kinds), " or ".join(k.en for k in kinds)
        return Text(f"须在“{zh}”之前", f"Before “{en}”")
    start = dates.exact(counts_from)
    base = BASES.get(due.base, Text("事由写明的时间", "the time that it names"))
    amount = amount_words(version, due.amount, day) if due.amount else Text("", "")
    if due.how == "end_of_working_day_after":
        number = version.amount(due.amount, day)
        return Text(
            f"从{base.zh}（{start.zh}）起第 {number} 个工作日结束前",
            f"By the end of working day {number} after {base.en} ({start.en})",
        )
    if due.how == "within":
        shift_zh, shift_en = (
            (
                "，下班后发生的从下一个工作时间起算",
                "; what comes after hours counts from the next working time",
            )
            if duty.shift
            else ("", "")
        )
        return Text(
            f"从{base.zh}（{start.zh}）起 {amount.zh}内{shift_zh}",
            f"Within {amount.en} after {base.en} ({start.en}){shift_en}",
        )
    if due.how == "ahead":
        return Text(f"{base.zh}（{start.zh}）之前 {amount.zh}", f"{amount.en} before {base.en} ({start.en})")
    if due.how == "end_of":
        period = PERIODS[due.period]
        return Text(f"{period.zh}结束前", f"By the end of {period.en}")
    return Text(f"事由中写明的时间（{start.zh}）", f"The time that it names ({start.en})")
