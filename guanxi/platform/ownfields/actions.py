"""Defining fields: the rows that use them are changed by their own actions."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django.db.models import Max

from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.kernel import (
    Action,
    ActionInput,
    Conflict,
    Context,
    Invalid,
    NotFound,
    Text,
    action,
    ask,
    fixed_clock,
)

from .describing import kept_rules
from .facts import SUBJECT
from .jobs import JOB, SEARCH
from .known import by_key
from .models import OwnField
from .permissions import MANAGE
from .sql import kinds_of_row, steps_offered
from .types import TYPES, WORDED, Own
from .uses import refuse_used

KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MOST = 60
"""Fields of one kind of row in use: each has an index, which every row that is written pays for."""


class Rules(ActionInput):
    """What every type may say of itself; what does not belong to the chosen type is left out."""

    label_zh: str = ask("名称", "Name", min_length=1, max_length=40)
    label_en: str = ask("英文名称", "Name in English", "", max_length=60)
    section: str = ask(
        "分组",
        "Section",
        "",
        max_length=40,
        hint=Text("同组的字段在客户页上排在一起", "Fields of one section stand together"),
    )
    order: int | None = ask("顺序", "Order", None, ge=0, le=999)
    required: bool = ask("必填", "Required", False)
    help: str = ask("填写说明", "Help", "", max_length=200)
    help_en: str = ask("英文填写说明", "Help in English", "", max_length=200)
    choices: str = ask(
        "选项",
        "Choices",
        "",
        max_length=12_000,
        widget="textarea",
        hint=Text(
            "单选、多选用。每行一个，如“芯片 / Chips”；“=”前是代码，不写则自动编",
            "For choices: one a line, Chinese / English; before “=” stands its code, made up where none is written",
        ),
    )
    unit: str = ask(
        "单位", "Unit", "", max_length=10, hint=Text("数字用，如 平方米", "Of a number, such as m²")
    )
    decimals: int | None = ask("小数位数", "Decimal places", None, ge=0, le=6)
    least: str = ask(
        "最小值",
        "Least",
        "",
        max_length=24,
        hint=Text("数字、金额或最早日期", "A number, an amount or the first day"),
    )
    most: str = ask("最大值", "Most", "", max_length=24)
    longest: int | None = ask("最长字数", "Longest", None, ge=1, le=2000)
    mask: str = ask(
        "格式",
        "Form",
        "",
        max_length=40,
        hint=Text(
            "单行文字用：A 是字母，9 是数字，如 AA-9999",
            "Of a text: A is a letter, 9 a digit, such as AA-9999",
        ),
    )
    personal: bool = ask("含个人信息", "Holds personal data", False)
    step: str = ask(
        "在哪一步填写",
        "Filled in",
        "",
        choices=steps_offered,
        widget="radio",
        hint=Text("只用于拜访；不选为计划时", "Of visits only: when they are planned, unless chosen"),
    )
    stays: bool = ask(
        "换单位时不带走",
        "Stays when the contact changes company",
        False,
        hint=Text(
            "联系人用：属于原单位而不属于本人，如工号",
            "Of contacts: the employer's and not theirs, such as a staff number",
        ),
    )


@action
class Define(Action):
    """Define a field of the company's own: from now on it stands in forms, lists, files and the API."""

    name = "ownfields.define"
    label = Text("新增字段", "Define a field")
    permission = MANAGE.name
    writes = ("own_field.defined",)
    subject = SUBJECT

    class Input(Rules):
        of: str = ask("用于", "Belongs to", choices=kinds_of_row, widget="radio")
        type: str = ask("类型", "Type", choices=list(TYPES.items()), widget="select")
        key: str = ask(
            "代码",
            "Code",
            max_length=30,
            hint=Text(
                "接口、导入和制度条件里的名字，如 floor_area；以后不能改",
                "Its name for the API, imports and conditions, such as floor_area; it cannot be changed later",
            ),
        )

    def run(self, ctx: Context, data: Any, subject: Any) -> OwnField:
        if not KEY.fullmatch(data.key):
            raise Invalid.field(
                "key",
                "以小写字母开头，只用小写字母、数字和单个下划线",
                "Begin with a small letter; use small letters, digits and single underscores",
            )
        known = by_key(data.of)
        if data.key in known:
            raise Invalid.field("key", "这个代码已经用过", "This code has been used already")
        fresh_label(data.of, data.label_zh)
        if sum(1 for own in known.values() if not own.retired) >= MOST:
            raise Conflict(Text(f"最多 {MOST} 个在用字段", f"At most {MOST} fields in use"))
        rules = kept_rules(data.of, data.type, data, {})
        last = OwnField.objects.filter(subject=data.of).aggregate(last=Max("order"))["last"]
        row = OwnField.objects.create(
            subject=data.of,
            key=data.key,
            label_zh=data.label_zh,
            label_en=data.label_en,
            type=data.type,
            rules=rules,
            section=data.section,
            order=data.order if data.order is not None else min((last or 0) + 10, 999),
            stamp=new_stamp(),
        )
        words = [
            ["label_zh", row.label_zh],
            ["label_en", row.label_en],
            ["section", row.section],
            *rules.items(),
        ]
        ctx.emit(
            "own_field.defined",
            subject=(SUBJECT, row.pk),
            data=about(row),
            texts={
                "label": row.label_zh,
                "changes": [
                    {"field": n, "before": None, "after": v} for n, v in words if v not in ("", None)
                ],
            },
        )
        see_to_indexes(ctx)
        return row


def new_stamp() -> int:
    """A number that no other state of the definitions has."""
    return secrets.randbelow(2**45)


def see_to_indexes(ctx: Context) -> None:
    """Let a worker make or drop the field's index: with a million rows that takes seconds, in which nobody is to wait."""
    enqueue(JOB, key=JOB, clock=fixed_clock(ctx.now))


def see_to_search(ctx: Context, row: OwnField, *, always: bool = False) -> None:
    """Where rows are found by the field's words: let a worker find them anew, by what the field is from now on."""
    if always or row.type in WORDED:
        enqueue(SEARCH, {"field": row.pk}, key=f"{SEARCH}:{row.pk}:{row.version}", clock=fixed_clock(ctx.now))


def about(row: OwnField) -> dict[str, Any]:
    return {"of": row.subject, "key": row.key, "type": row.type, "version": row.version}


def fresh_label(subject: str, label: str, but: int | None = None) -> None:
    """Invalid where a field in use is called the same: nobody could tell them apart."""
    if any(own.label.zh == label and not own.retired and own.id != but for own in by_key(subject).values()):
        raise Invalid.field("label_zh", "已有同名的字段", "There is a field of this name already")


def definition(row: OwnField) -> Own:
    """The definition of a row as it stands."""
    return by_key(row.subject)[row.key]


def check_version(row: OwnField, version: int | None) -> None:
    """Conflict where somebody changed the field since it was opened."""
    if version is not None and version != row.version:
        raise Conflict(
            Text(
                "您打开之后有人改了这个字段，请核对后再保存",
                "Somebody changed this field since you opened it. Please check and save again",
            )
        )


def still(row: OwnField) -> None:
    """Conflict while the field's values are being brought into another type."""
    if row.changing:
        raise Conflict(
            Text(
                "这个字段正在换类型，请稍后再改",
                "This field is being changed to another type: please wait a moment",
            )
        )


class OfField(Action):
    """What is done to one field."""

    permission = MANAGE.name
    subject = SUBJECT

    def load(self, ctx: Context, data: Any) -> OwnField:
        row = OwnField.objects.filter(pk=data.field).first()
        if row is None:
            raise NotFound(SUBJECT, data.field)
        return row


@action
class Change(OfField):
    """Change what a field is called, its rules and its choices. Values that rows hold already stay as they are."""

    name = "ownfields.change"
    label = Text("修改字段", "Change a field")
    writes = ("own_field.changed",)

    class Input(Rules):
        field: int = ask("字段", "Field", of=SUBJECT, widget="hidden")
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")

    def run(self, ctx: Context, data: Any, row: OwnField) -> OwnField:
        check_version(row, data.version)
        still(row)
        own = definition(row)
        rules = kept_rules(row.subject, row.type, data, row.rules)
        new = {
            "label_zh": data.label_zh,
            "label_en": data.label_en,
            "section": data.section,
            "order": row.order if data.order is None else data.order,
        }
        changes = [
            {"field": n, "before": getattr(row, n), "after": v}
            for n, v in new.items()
            if getattr(row, n) != v
        ]
        changes += [
            {"field": n, "before": row.rules.get(n), "after": rules.get(n)}
            for n in dict.fromkeys([*row.rules, *rules])
            if row.rules.get(n) != rules.get(n)
        ]
        if not changes:
            return row
        renamed = {c["field"] for c in changes} & {"label_zh", "label_en"}
        if renamed or self._less_to_read(row, rules):
            refuse_used(self.name, own)
        fresh_label(row.subject, data.label_zh, row.pk)
        for name, value in new.items():
            setattr(row, name, value)
        if rules.get("personal") and not row.rules.get("personal"):
            row.told = own.all_told  # what the chain has held stays declared
        row.rules = rules
        save(row)
        ctx.emit(
            "own_field.changed",
            subject=(SUBJECT, row.pk),
            data=about(row) | {"changed": [c["field"] for c in changes]},
            texts={"label": row.label_zh, "changes": changes},
        )
        return row

    @staticmethod
    def _less_to_read(row: OwnField, rules: dict[str, Any]) -> bool:
        """Whether a condition could read less than before: the chain no longer holds it, or a choice is gone."""
        left = {c["code"] for c in rules.get("choices", ()) if not c.get("retired")}
        had = {c["code"] for c in row.rules.get("choices", ()) if not c.get("retired")}
        return bool(had - left) or (bool(rules.get("personal")) and not row.rules.get("personal"))


def save(row: OwnField) -> None:
    """Save with the next version, so that every process reads it anew."""
    row.version += 1
    row.stamp = new_stamp()
    row.save()


@action
class Retire(OfField):
    """Retire a field: it leaves forms, lists and files. What rows hold is kept, and it can be restored."""

    name = "ownfields.retire"
    label = Text("停用字段", "Retire a field")
    writes = ("own_field.retired",)

    class Input(ActionInput):
        field: int = ask("字段", "Field", of=SUBJECT, widget="hidden")

    def run(self, ctx: Context, data: Any, row: OwnField) -> OwnField:
        if row.retired_at is not None:
            raise Invalid.field("", "这个字段已停用", "This field is retired already")
        still(row)
        refuse_used(self.name, definition(row))
        row.retired_at = ctx.now
        save(row)
        ctx.emit(
            "own_field.retired", subject=(SUBJECT, row.pk), data=about(row), texts={"label": row.label_zh}
        )
        see_to_indexes(ctx)
        see_to_search(ctx, row)
        return row


@action
class Restore(OfField):
    """Bring a retired field back, with the values that rows hold."""

    name = "ownfields.restore"
    label = Text("恢复字段", "Restore a field")
    writes = ("own_field.restored",)

    class Input(ActionInput):
        field: int = ask("字段", "Field", of=SUBJECT, widget="hidden")

    def run(self, ctx: Context, data: Any, row: OwnField) -> OwnField:
        if row.retired_at is None:
            raise Invalid.field("", "这个字段正在使用中", "This field is in use")
        if sum(1 for own in by_key(row.subject).values() if not own.retired) >= MOST:
            raise Conflict(Text(f"最多 {MOST} 个在用字段", f"At most {MOST} fields in use"))
        try:
            fresh_label(row.subject, row.label_zh, row.pk)
        except Invalid as same:
            raise Invalid({"": same.errors["label_zh"]}) from None
        row.retired_at = None
        save(row)
        ctx.emit(
            "own_field.restored", subject=(SUBJECT, row.pk), data=about(row), texts={"label": row.label_zh}
        )
        see_to_indexes(ctx)
        see_to_search(ctx, row)
        return row
