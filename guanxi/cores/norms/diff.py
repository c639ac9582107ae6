"""What differs between two versions of a regulation, in words."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from guanxi.cores.norms.conditions import Condition
from guanxi.cores.norms.controls import Control, Link, Parameter, Version, Words
from guanxi.cores.norms.coverage import kind_of

_KINDS = {"Duty": "义务", "Gate": "关口", "Measure": "指标", "Record": "记录", "Guide": "指引"}
_ORIGINS = {"source": Words("原文", "source"), "ours": Words("公司", "ours")}


def difference(old: Version, new: Version) -> list[Words]:
    """Sentences in both languages: clauses, parameters (values, bounds, origin), controls; empty when nothing changed."""
    return [*_clauses(old, new), *_parameters(old, new), *_controls(old, new)]


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


def _parameters(old: Version, new: Version) -> list[Words]:
    said: list[Words] = []
    before, after = old.pack.parameters, new.pack.parameters
    for name in sorted({*before, *after}):
        was, now = before.get(name), after.get(name)
        if was is None and now is not None:
            value = _value(new, name)
            zh, en = _name(now)
            said.append(Words(f"新增参数{zh}，值为 {value}。", f"Parameter {en} is new: {value}."))
        elif now is None and was is not None:
            zh, en = _name(was)
            said.append(Words(f"删去参数{zh}。", f"Parameter {en} is gone."))
        elif was is not None and now is not None:
            zh, en = _name(now)
            if _value(old, name) != _value(new, name):
                a, b = _value(old, name), _value(new, name)
                said.append(Words(f"{zh}由 {a} 改为 {b}。", f"{en}: {a} becomes {b}."))
            if (was.min, was.max) != (now.min, now.max):
                a, b = f"{was.min}–{was.max}", f"{now.min}–{now.max}"
                said.append(Words(f"{zh}的范围由 {a} 改为 {b}。", f"Bounds of {en}: {a} becomes {b}."))
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


def _value(version: Version, name: str) -> str:
    raw = version.values.get(name, version.pack.parameters[name].default)
    if isinstance(raw, list) and raw and isinstance(raw[0], dict):
        return ", ".join(f"{part['value']} ({part['from']}–)" for part in raw)
    dated = "" if name in version.values else "".join(
        f", {value} ({day.isoformat()}–)" for day, value in version.pack.parameters[name].values
    )  # fmt: skip
    return f"{raw}{dated}"
