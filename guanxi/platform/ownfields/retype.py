"""Changing a field's type: all its values are brought over, at once where there are few, in portions where there are many.

While it lasts the field is out of sight, so that nobody writes a value of either type. Each value that changes is told by a
fact about its row, with what it was: that is what taking the whole back puts in again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, ClassVar, Literal

from guanxi.platform.jobs.queue import enqueue
from guanxi.platform.journal.models import Fact
from guanxi.platform.journal.quick import change_all
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

from . import types as t
from .actions import OfField, about, check_version, definition, save, see_to_indexes, see_to_search
from .facts import CONVERTED, SUBJECT, converted_name
from .jobs import RETYPE
from .models import OwnField, Retyping
from .permissions import MANAGE
from .retyping import NOT_KEPT, brought_over, fresh_rules, in_type, last_of, preview
from .sql import TABLES, drop_index, holding, index_name
from .types import Own, Unfit
from .uses import refuse_used

AT_ONCE = 200
"""So many values are brought over by the action itself."""
PORTION = 100
REFUSE, EMPTY = "refuse", "empty"
UNFIT = [
    (REFUSE, Text("有不能换的就不换", "Change nothing while there are any")),
    (EMPTY, Text("留空，原来的值保留在日志中", "Leave them empty; the journal keeps what they were")),
]
MENDED = Text(
    "有 {n} 个值不能换成“{type}”，请先改好，或选择留空",
    "{n} values cannot become “{type}”: mend them, or leave them empty",
)


class _Writes:
    """What a change of type may write: a fact about itself, and one about each row, whatever kinds of rows there are."""

    def __get__(self, one: Any, cls: Any = None) -> tuple[str, ...]:
        return ("own_field.retype_begun", "own_field.retyped", "own_field.retype_stopped", *CONVERTED)


@action
class Retype(OfField):
    """Change a field's type, and bring every value over. `unfit` says what becomes of values that cannot be."""

    name = "ownfields.retype"
    label = Text("换类型", "Change the type")
    writes: ClassVar[Any] = _Writes()

    class Input(ActionInput):
        field: int = ask("字段", "Field", of=SUBJECT, widget="hidden")
        type: str = ask("新的类型", "New type", choices=list(t.TYPES.items()), widget="select")
        choices: str = ask(
            "选项",
            "Choices",
            "",
            max_length=12_000,
            widget="textarea",
            hint=Text("换成单选、多选时用，每行一个", "For choices: one a line"),
        )
        unit: str = ask("单位", "Unit", "", max_length=10, hint=Text("换成数字时用", "For a number"))
        decimals: int | None = ask(
            "小数位数", "Decimal places", None, ge=0, le=6, hint=Text("换成数字时用", "For a number")
        )
        unfit: Literal["refuse", "empty"] = ask(
            "不能换的值", "Values that cannot be changed", REFUSE, choices=UNFIT, widget="radio"
        )
        version: int | None = ask("打开时的版本", "Version it was opened at", None, widget="hidden")

    def run(self, ctx: Context, data: Any, row: OwnField) -> OwnField:
        check_version(row, data.version)
        own = free(self.name, row)
        if data.type == row.type:
            raise Invalid.field("type", "已经是这个类型", "It is of this type already")
        given = {"choices": data.choices, "unit": data.unit, "decimals": data.decimals}
        rules = fresh_rules(row, data.type, given)
        retyping = Retyping(to_type=data.type, to_rules=rules, unfit=data.unfit)
        begin(ctx, row, own, retyping)
        return row


@action
class RetypeBack(OfField):
    """Take the newest change of a field's type back: values that nobody changed since are what they were."""

    name = "ownfields.retype_back"
    label = Text("恢复原类型", "Take the change of type back")
    writes: ClassVar[Any] = _Writes()

    class Input(ActionInput):
        field: int = ask("字段", "Field", of=SUBJECT, widget="hidden")

    def run(self, ctx: Context, data: Any, row: OwnField) -> OwnField:
        own = free(self.name, row)
        last = last_of(row)
        if last is None or not may_go_back(last):
            raise Conflict(Text("没有可以恢复的换类型", "There is no change of type to take back"))
        kept = {n: v for n, v in row.rules.items() if n not in NOT_KEPT}
        rules = {n: v for n, v in last.was_rules.items() if n in NOT_KEPT} | kept
        retyping = Retyping(to_type=last.was_type, to_rules=rules, unfit=EMPTY, back_of=last)
        begin(ctx, row, own, retyping)
        return row


def may_go_back(last: Retyping) -> bool:
    """Whether the newest change can be taken back: it is whole, and is not itself such a taking back."""
    return last.state == Retyping.DONE and last.back_of_id is None


def free(action: str, row: OwnField) -> Own:
    """The definition, where it may change its type: in use, and nothing reads it or works with it."""
    own = definition(row)
    if row.changing:
        raise Conflict(Text("这个字段正在换类型", "This field is being changed to another type already"))
    if row.retired_at is not None:
        raise Conflict(Text("这个字段已停用，请先恢复", "This field is retired: please restore it first"))
    refuse_used(action, own)
    return own


def begin(ctx: Context, row: OwnField, own: Own, retyping: Retyping) -> None:
    """Bring all values over if they are few; else begin, and let a worker go on."""
    to = replace(in_type(own, retyping.to_type, retyping.to_rules), told_before=own.all_told)
    retyping.field, retyping.by, retyping.asked_at = row, ctx.actor, ctx.now
    retyping.was_type, retyping.was_rules = row.type, row.rules
    retyping.first_seq = Fact.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    few = holding(own)[: AT_ONCE + 1].count() <= AT_ONCE
    if retyping.back_of:
        few = few and _facts(retyping)[: AT_ONCE + 1].count() <= AT_ONCE
    if few and retyping.unfit == REFUSE:
        _all_fit(own, to)
    if index_name(own) != index_name(to):
        drop_index(own)  # it would judge the new values by the old type
    retyping.state = Retyping.CHECKING if not few and retyping.unfit == REFUSE else Retyping.CONVERTING
    retyping.save()
    row.told = {**own.all_told, **to.all_told}
    row.changing = not few
    save(row)
    if few:
        while retyping.state != Retyping.DONE:
            go_on(ctx, retyping, most=AT_ONCE + 1)
        row.refresh_from_db()
        return
    ctx.emit(
        "own_field.retype_begun",
        subject=(SUBJECT, row.pk),
        data=about(row) | {"to": retyping.to_type},
        texts={"label": row.label_zh},
    )
    enqueue(RETYPE, {"retyping": retyping.pk}, key=f"{RETYPE}:{retyping.pk}", clock=fixed_clock(ctx.now))
    see_to_search(ctx, row)


def _all_fit(own: Own, to: Own) -> None:
    found = preview(own, to)
    if found.unfit:
        raise Invalid({"unfit": [MENDED.format(n=found.unfit, type=t.TYPES[to.type])]})


@action
class GoOn(Action):
    """Bring the next values of a field over; the last ones end the change."""

    name = "ownfields.retype_on"
    label = Text("继续换类型", "Go on with a change of type")
    permission = MANAGE.name
    writes: ClassVar[Any] = _Writes()
    subject = SUBJECT
    internal = True
    by_system = True

    class Input(ActionInput):
        retyping: int = ask("换类型", "Change of type", widget="hidden")
        unfit: int | None = ask("不能换的值", "Values that cannot be changed", None, widget="hidden")

    def load(self, ctx: Context, data: Any) -> Retyping:
        found = Retyping.objects.select_related("field").filter(pk=data.retyping).first()
        if found is None:
            raise NotFound("retyping", data.retyping)
        return found

    def about(self, ctx: Context, data: Any, subject: Any) -> tuple[str, int | None, int | None]:
        return (SUBJECT, subject.field_id if isinstance(subject, Retyping) else None, None)

    def run(self, ctx: Context, data: Any, subject: Retyping) -> Retyping:
        if subject.state == Retyping.CHECKING and data.unfit:
            _stop(ctx, subject, data.unfit)
        elif subject.state == Retyping.CHECKING and data.unfit == 0:
            subject.state = Retyping.CONVERTING
            subject.save(update_fields=["state"])
        elif subject.state in (Retyping.CONVERTING, Retyping.REFILLING):
            go_on(ctx, subject, most=PORTION)
        return subject


def _stop(ctx: Context, retyping: Retyping, unfit: int) -> None:
    """Nothing is changed: there are values that do not fit."""
    row = retyping.field
    retyping.state, retyping.ended_at, retyping.emptied = Retyping.REFUSED, ctx.now, unfit
    retyping.save()
    row.changing = False
    save(row)
    ctx.emit(
        "own_field.retype_stopped",
        subject=(SUBJECT, row.pk),
        data=about(row) | {"to": retyping.to_type, "unfit": unfit},
        texts={"label": row.label_zh},
    )
    see_to_indexes(ctx)
    see_to_search(ctx, row)


def go_on(ctx: Context, retyping: Retyping, most: int) -> None:
    """The next values, at most so many; the end of the change where none is left."""
    row = retyping.field
    own = definition(row)
    was = in_type(own, retyping.was_type, retyping.was_rules)
    to = in_type(own, retyping.to_type, retyping.to_rules)
    if retyping.state == Retyping.CONVERTING:
        rows = list(holding(own).filter(pk__gt=retyping.cursor).order_by("pk")[:most])
        _convert(ctx, retyping, was, to, rows)
        retyping.cursor = rows[-1].pk if rows else 0
        if len(rows) < most:  # nobody else puts anything into the field meanwhile
            retyping.cursor = retyping.back_of.first_seq if retyping.back_of else 0
            retyping.state = Retyping.REFILLING if retyping.back_of else Retyping.DONE
    elif retyping.state == Retyping.REFILLING:
        facts = _facts(retyping).filter(seq__gt=retyping.cursor).order_by("seq")[:most]
        found = list(facts.select_related("words"))
        _refill(ctx, retyping, to, found)
        retyping.cursor = found[-1].seq if found else 0
        if len(found) < most:
            retyping.state = Retyping.DONE
    if retyping.state == Retyping.DONE:
        _end(ctx, retyping, was, to)
    retyping.save()


def _facts(retyping: Retyping) -> Any:
    """What the change that is taken back wrote about rows."""
    first = retyping.back_of.first_seq if retyping.back_of else 0
    return Fact.objects.filter(
        kind=converted_name(retyping.field.subject), seq__gt=first, seq__lte=retyping.first_seq
    )


def _change_of(fact: Fact, path: str) -> dict[str, Any] | None:
    """What a fact says of the field; None where its text was erased, or it speaks of another field."""
    changes = fact.words.body.get("changes", ()) if hasattr(fact, "words") else ()
    return next((dict(one) for one in changes if one["field"] == path), None)


def _convert(ctx: Context, retyping: Retyping, was: Own, to: Own, rows: list[Any]) -> None:
    """Values that are there, each in the new type; what cannot be is emptied."""
    before: dict[str, dict[str, Any]] = {}
    if retyping.back_of:
        ids = [str(row.pk) for row in rows]
        for fact in _facts(retyping).filter(subject_id__in=ids).select_related("words"):
            if found := _change_of(fact, to.path):
                before[str(fact.subject_id)] = found
    names = t.people_of([was], (row.own for row in rows))
    changed: list[tuple[Any, Any]] = []
    for row in rows:
        value = row.own[was.key]
        known = before.get(str(row.pk))
        try:
            if known is not None and known["after"] == value:
                new = known["before"]
            elif retyping.back_of and to.of_this_type(value):
                new = value
            else:
                new = brought_over(was, to, value, names)
        except Unfit:
            new = None
            retyping.emptied += 1
        if new is not None:
            retyping.converted += 1
        if new != value or to.in_chain:
            changed.append((row, new))
    _write(ctx, retyping, was, to, changed, names)


def _refill(ctx: Context, retyping: Retyping, to: Own, facts: Iterable[Fact]) -> None:
    """Values that the change emptied and nobody has filled in since."""
    emptied = {str(f.subject_id): c for f in facts if (c := _change_of(f, to.path)) and c["after"] is None}
    model: Any = TABLES[to.subject].model
    rows = model._base_manager.filter(pk__in=[int(id) for id in emptied])
    found = [(row, emptied[str(row.pk)]["before"]) for row in rows.order_by("pk") if to.key not in row.own]
    retyping.converted += len(found)
    _write(ctx, retyping, to, to, found, {})


def _write(
    ctx: Context, retyping: Retyping, was: Own, to: Own, changed: list[tuple[Any, Any]], names: Any
) -> None:
    kept = TABLES[to.subject]
    emptied = []
    for row, new in changed:
        before = row.own.get(was.key)
        row.own = {k: v for k, v in {**row.own, to.key: new}.items() if v is not None}
        if new is None:
            emptied.append(row)
        said = Text.of(was.said(before, names)) if before is not None else Text("", "")
        ctx.emit(
            converted_name(to.subject),
            subject=(to.subject, row.pk),
            customer=kept.customer(row),
            data={
                "changed": [to.path],
                "retyping": retyping.pk,
                **({to.told_name: to.told(new)} if to.in_chain else {}),
            },
            texts={
                "changes": [
                    {"field": to.path, "before": before, "after": new, "was": {"zh": said.zh, "en": said.en}}
                ]
            },
        )
    if changed:
        change_all([row for row, _ in changed], "own")
    if emptied and kept.find is not None:
        kept.find(emptied)


def _end(ctx: Context, retyping: Retyping, was: Own, to: Own) -> None:
    """Every value is of the new type: the field is too, and in use again."""
    row = retyping.field
    row.type, row.rules, row.changing = retyping.to_type, retyping.to_rules, False
    save(row)
    retyping.ended_at = ctx.now
    ctx.emit(
        "own_field.retyped",
        subject=(SUBJECT, row.pk),
        data=about(row)
        | {"was": retyping.was_type, "converted": retyping.converted, "emptied": retyping.emptied},
        texts={
            "label": row.label_zh,
            "changes": [{"field": "type", "before": retyping.was_type, "after": retyping.to_type}],
        },
    )
    see_to_indexes(ctx)
    if was.type in t.WORDED or to.type in t.WORDED:
        see_to_search(ctx, row, always=True)
