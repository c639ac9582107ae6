"""The rules of a field as a form asks for them, and as the definition keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from guanxi.platform.kernel import Invalid, Text, read_day

from . import types as t
from .sql import TABLES
from .types import LONGEST

MOST_CHOICES = 200
CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
RULE_WORDS: dict[str, Text] = {
    "label_zh": Text("名称", "Name"),
    "label_en": Text("英文名称", "Name in English"),
    "section": Text("分组", "Section"),
    "order": Text("顺序", "Order"),
    "type": Text("类型", "Type"),
    "required": Text("必填", "Required"),
    "help": Text("填写说明", "Help"),
    "choices": Text("选项", "Choices"),
    "unit": Text("单位", "Unit"),
    "decimals": Text("小数位数", "Decimal places"),
    "least": Text("最小值", "Least"),
    "most": Text("最大值", "Most"),
    "longest": Text("最长字数", "Longest"),
    "mask": Text("格式", "Form"),
    "personal": Text("个人信息", "Personal data"),
    "step": Text("在哪一步填写", "Filled in"),
    "stays": Text("换单位时不带走", "Stays when the contact changes company"),
}


def kept_rules(of: str, type: str, data: Any, before: Mapping[str, Any]) -> dict[str, Any]:
    """The rules as the row keeps them. Invalid at the field that does not fit."""
    found: dict[str, Any] = {"required": data.required, "personal": data.personal}
    if of in t.ABOUT_PEOPLE:
        found["stays"] = data.stays
    if of in TABLES and data.step in dict(TABLES[of].steps):
        found["step"] = data.step
    if data.help:
        found["help"] = [data.help, data.help_en]
    if type in t.CHOSEN:
        found["choices"] = choices_of(data.choices, before.get("choices", ()))
    if type == t.NUMBER:
        found["unit"] = data.unit
        found["decimals"] = data.decimals or 0
    if type in (*t.NUMERIC, t.DATE):
        found |= _bounds(type, data)
    if type in (t.TEXT, t.LINES) and data.longest:
        if data.longest > LONGEST[type]:
            raise Invalid.field("longest", f"不能大于 {LONGEST[type]}", f"Must be at most {LONGEST[type]}")
        found["longest"] = data.longest
    if type == t.TEXT and data.mask:
        found["mask"] = data.mask
    return {name: value for name, value in found.items() if value not in ("", None, False, 0, [])}


def _bounds(type: str, data: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in ("least", "most"):
        written = getattr(data, name).strip()
        if not written:
            continue
        try:
            found[name] = read_day(written).isoformat() if type == t.DATE else t.plain(_number(written))
        except (ValueError, InvalidOperation):
            zh, en = ("请填写日期，例如 2026-03-05", "Please enter a date such as 2026-03-05")
            if type != t.DATE:
                zh, en = ("请填写数字", "Please enter a number")
            raise Invalid.field(name, zh, en) from None
    if len(found) == 2:
        low, high = found["least"], found["most"]
        if low > high if type == t.DATE else Decimal(low) > Decimal(high):
            raise Invalid.field("most", "最大值小于最小值", "The most is less than the least")
    return found


def _number(written: str) -> Decimal:
    number = Decimal(written.replace(",", ""))
    if not number.is_finite() or abs(number) >= 10**15:
        raise ValueError(written)
    return number


def choices_of(written: str, before: Any) -> list[dict[str, Any]]:
    """One choice a line: "芯片", "芯片 / Chips" or "chip = 芯片 / Chips". What was there and is not written any more is kept
    as retired: rows still hold it."""
    known = {c["code"]: c for c in before}
    by_words = {c["zh"]: c["code"] for c in before}
    found: dict[str, dict[str, Any]] = {}
    for line in (one.strip() for one in written.splitlines()):
        if not line:
            continue
        code, equals, words = (part.strip() for part in line.partition("="))
        if not equals:
            code, words = "", line
        zh, _, en = (part.strip() for part in words.partition("/"))
        if not zh or len(zh) > t.LONGEST_CHOICE or len(en) > 60:
            raise Invalid.field(
                "choices",
                f"“{line[:40]}”：每个选项写 1 到 40 个字",
                f"“{line[:40]}”: a choice has 1 to 40 characters",
            )
        code = code or by_words.get(zh) or _fresh({*known, *found})
        if not CODE.fullmatch(code) or len(code) > 30:
            raise Invalid.field(
                "choices",
                f"代码“{code[:40]}”只能用小写字母、数字和下划线",
                f"The code “{code[:40]}” may only hold small letters, digits and _",
            )
        if code in found or any(zh == c["zh"] for c in found.values()):
            raise Invalid.field("choices", f"“{line[:40]}”写了两次", f"“{line[:40]}” stands twice")
        found[code] = {"code": code, "zh": zh, "en": en}
    if not found:
        raise Invalid.field("choices", "请至少写一个选项，每行一个", "Write at least one choice, one a line")
    if len(found) > MOST_CHOICES:
        raise Invalid.field("choices", f"最多 {MOST_CHOICES} 个选项", f"At most {MOST_CHOICES} choices")
    gone = [{**c, "retired": True} for code, c in known.items() if code not in found]
    return [*found.values(), *gone]


def _fresh(taken: set[str]) -> str:
    number = 1
    while f"c{number}" in taken:
        number += 1
    return f"c{number}"


def written_choices(rules: Mapping[str, Any]) -> str:
    """The choices as a form shows them, one a line."""
    return "\n".join(
        f"{c['code']} = {c['zh']}" + (f" / {c['en']}" if c["en"] else "")
        for c in rules.get("choices", ())
        if not c.get("retired")
    )
