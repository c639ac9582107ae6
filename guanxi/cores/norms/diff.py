"""What differs between two versions of a regulation, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Protocol

from guanxi.cores.norms.conditions import Condition
from guanxi.cores.norms.controls import Control, Link, Parameter, Version, Words
from guanxi.cores.norms.coverage import kind_of

_KINDS = {"Duty": "义务", "Gate": "关口", "Measure": "指标", "Record": "记录", "Guide": "指引"}
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
            if changed:
                listed = ", ".join(changed)
                said.append(Words(f"{zh}有变动：{listed}。", f"{en} changed: {listed}."))
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
