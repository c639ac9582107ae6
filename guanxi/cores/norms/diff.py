"""What differs between two versions of a regulation, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final, Protocol

from guanxi.cores.norms.conditions import Condition
from guanxi.cores.norms.controls import Control, Link, Parameter, Version, Words
from guanxi.cores.norms.coverage import kind_of

_KINDS = {"Duty": "义务", "Gate": "关口", "Measure": "指标", "Record": "记录", "Guide": "指引"}
PARTS: Final[Mapping[str, Words]] = {
    "kind": Words("种类", "its kind"),
    "clauses": Words("所属条款", "the clauses it carries"),
    "words": Words("说法", "its words"),
    # duties
    "does": Words("完成的动作", "the action that does it"),
    "triggers": Words("触发的事由", "what triggers it"),
    "rhythm": Words("节奏", "its rhythm"),
    "restart": Words("重新计时", "whether the wait begins again"),
    "each": Words("逐项产生", "what it opens one for each of"),
    "owners": Words("责任人", "who owes it"),
    "actionable": Words("何时起可办", "from when it can be done"),
    "due": Words("期限", "its deadline"),
    "shift": Words("下班后如何起算", "what comes after hours"),
    "recorded": Words("看发生还是看记录", "whether happening or recording counts"),
    "grace": Words("宽限", "its grace"),
    "links": Words("怎样算完成或失效", "what fulfils or voids it"),
    "prompts": Words("提醒与升级上报", "reminders and escalations"),
    "on_new_version": Words("新版生效时怎么办", "what a new version does to it"),
    # gates and records
    "actions": Words("关系到的动作", "the actions it concerns"),
    "when": Words("何时适用", "when it applies"),
    "require": Words("要求", "what it requires"),
    "refuses": Words("拒绝还是提醒", "whether it refuses or warns"),
    "remedy_action": Words("补救的动作", "the remedy"),
    "remedy_by": Words("由谁补救", "who remedies"),
    "remedy_words": Words("补救的说法", "the words of the remedy"),
    "waiver": Words("谁可豁免", "who may waive it"),
    "form": Words("表单", "its form"),
    "stale_after": Words("多久算过期", "when it is stale"),
    "confirmed_by": Words("由谁确认", "who confirms it"),
    # measures and guides
    "over": Words("统计的对象", "what it is over"),
    "duty": Words("统计的义务", "the duty it is over"),
    "kinds": Words("统计的事实", "the facts it is over"),
    "entity": Words("统计的对象种类", "the kind of thing it is over"),
    "where": Words("哪些计入", "what counts"),
    "hit": Words("怎样算达到", "what is a hit"),
    "value": Words("取什么数", "the number it takes"),
    "at": Words("按哪个时间", "by which time"),
    "person": Words("算在谁名下", "whose figure it is"),
    "reached_by": Words("怎样算覆盖", "what reaches one"),
    "period": Words("周期", "its period"),
    "rolling": Words("滚动多久", "how long it rolls"),
    "split": Words("怎样分开看", "how it is split"),
    "show": Words("显示什么", "what it shows"),
    "better": Words("高好还是低好", "whether more is better"),
    "target": Words("目标值", "its target"),
    "reference": Words("参考线", "its reference lines"),
    "small": Words("多少算少", "below how many the count is shown"),
    "page": Words("所在页面", "the page it stands on"),
    "roles": Words("给谁看", "for whom it is"),
    "acknowledge": Words("是否须确认", "whether it is acknowledged"),
}
"""What the parts of a control are called."""
_ORIGINS = {"source": Words("原文", "source"), "ours": Words("公司", "ours")}


class Phrase(Protocol):
    """Something said in both languages."""

    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


Said = Callable[[Parameter, Any], Phrase]


def difference(old: Version, new: Version, say: Said | None = None) -> list[Words]:
    """Sentences in both languages: clauses, parameters (values, bounds, origin), controls; empty when nothing changed.

    say(parameter, raw): a value as people say it, with its unit; as it is written in the pack where it is not given.
    """
    return [*_clauses(old, new), *_parameters(old, new, say or _plainly), *_controls(old, new)]


def _clauses(old: Version, new: Version) -> list[Words]:
    before, after = old.pack.clauses, new.pack.clauses
    said = [Words(f"新增条款 {id}。", f"Clause {id} is new.") for id in after if id not in before]
    said += [Words(f"删去条款 {id}。", f"Clause {id} is gone.") for id in before if id not in after]
    for id in after:
        if id in before and before[id].text != after[id].text:
            said.append(
                Words(
                    f"条款 {id} 改为：{after[id].text.zh}（原为：{before[id].text.zh}）",
                    f"Clause {id} now reads: {after[id].text.en} (before: {before[id].text.en})",
                )
            )
    return said


def _parameters(old: Version, new: Version, say: Said) -> list[Words]:
    said: list[Words] = []
    before, after = old.pack.parameters, new.pack.parameters
    for name in sorted({*before, *after}):
        was, now = before.get(name), after.get(name)
        if was is None and now is not None:
            value = _value(new, name, say)
            zh, en = _name(now)
            said.append(Words(f"新增参数{zh}，值为 {value.zh}。", f"Parameter {en} is new: {value.en}."))
        elif now is None and was is not None:
            zh, en = _name(was)
            said.append(Words(f"删去参数{zh}。", f"Parameter {en} is gone."))
        elif was is not None and now is not None:
            zh, en = _name(now)
            a, b = _value(old, name, say), _value(new, name, say)
            if a != b:
                gap = " " if a.zh.isascii() else ""  # 由 1 改为 2, but 由 1 天改为 2 天
                said.append(Words(f"{zh}由 {a.zh}{gap}改为 {b.zh}。", f"{en}: {a.en} becomes {b.en}."))
            if (was.min, was.max) != (now.min, now.max):
                before_range, range_now = f"{was.min}–{was.max}", f"{now.min}–{now.max}"
                said.append(
                    Words(
                        f"{zh}的范围由 {before_range} 改为 {range_now}。",
                        f"Bounds of {en}: {before_range} becomes {range_now}.",
                    )
                )
            if was.origin != now.origin:
                before_of, now_of = _ORIGINS[was.origin], _ORIGINS[now.origin]
                said.append(
                    Words(
                        f"{zh}的来源由{before_of.zh}改为{now_of.zh}。",
                        f"Origin of {en}: {before_of.en} becomes {now_of.en}.",
                    )
                )
    return said


def _controls(old: Version, new: Version) -> list[Words]:
    said: list[Words] = []
    before, after = old.pack.controls, new.pack.controls
    for id in sorted({*before, *after}):
        was, now = before.get(id), after.get(id)
        control = now or was
        if control is None:
            continue
        kind = kind_of(control)
        zh = f"{control.clause} 的{_KINDS[kind]}“{control.words.zh if control.words else id}”"
        en = f"{kind} '{control.words.en if control.words else id}' of {control.clause}"
        if was is None:
            said.append(Words(f"新增{zh}。", f"{en} is new."))
        elif now is None:
            said.append(Words(f"删去{zh}。", f"{en} is gone."))
        else:
            changed = changed_parts(was, now)
            parts = [PARTS[name] for name in changed if name in PARTS]
            if parts:
                of_zh, of_en = "、".join(part.zh for part in parts), ", ".join(part.en for part in parts)
                said.append(Words(f"{zh}有变动：{of_zh}。", f"{en} changed: {of_en}."))
    return said


def changed_parts(was: Control, now: Control) -> list[str]:
    """The names of what differs between two controls."""
    if type(was) is not type(now):
        return ["kind"]
    return [f.name for f in fields(now) if _plain(getattr(was, f.name)) != _plain(getattr(now, f.name))]


def _plain(value: Any) -> Any:
    if isinstance(value, Condition):
        return value.source
    if isinstance(value, Link):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if hasattr(value, "condition"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value


def _name(parameter: Parameter) -> tuple[str, str]:
    zh = f"“{parameter.words.zh if parameter.words else parameter.name}”"
    return zh, f"'{parameter.words.en if parameter.words else parameter.name}'"


def _plainly(parameter: Parameter, raw: Any) -> Words:
    return Words(str(raw), str(raw))


def _value(version: Version, name: str, say: Said) -> Words:
    parameter = version.pack.parameters[name]
    raw = version.values.get(name, parameter.default)
    if isinstance(raw, list) and raw and isinstance(raw[0], dict):
        dated = [(say(parameter, part["value"]), str(part["from"])) for part in raw]
    else:
        steps = () if name in version.values else parameter.values
        dated = [
            (say(parameter, raw), ""),
            *((say(parameter, value), day.isoformat()) for day, value in steps),
        ]
    parts = [(words, f" ({day}–)" if day else "") for words, day in dated]
    return Words(", ".join(w.zh + since for w, since in parts), ", ".join(w.en + since for w, since in parts))
