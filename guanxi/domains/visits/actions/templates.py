"""Keeping the kit list and the playbook."""

from __future__ import annotations

from typing import Any

from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, NotFound, Text, action, ask

from .. import words
from ..models import KitItem, PlaybookEntry

FOR_ALL: list[tuple[str, Text]] = [("", Text("所有拜访", "Every visit"))]


def _purposes() -> list[tuple[str, Text]]:
    return FOR_ALL + words.pairs(words.PURPOSES)


@action
class SaveKitItem(Action):
    """Add or change a line of the kit list."""

    name = "visits.save_kit_item"
    label = Text("维护工具清单", "Save a kit item")
    permission = "visits.templates"
    writes = ("kit.saved",)
    subject = "kit_item"
    by_system = True

    class Input(ActionInput):
        item: int | None = ask("工具", "Item", None, of="kit_item", widget="hidden")
        code: str = ask(
            "代码",
            "Code",
            "",
            max_length=30,
            pattern=r"^[a-z0-9_]*$",
            hint=Text("小写字母和下划线；不填则自动编号", "Small letters and underscores; made up if empty"),
        )
        name_zh: str = ask("中文名称", "Chinese name", min_length=1, max_length=60)
        name_en: str = ask("英文名称", "English name", min_length=1, max_length=60)
        purpose: words.PurposeCode = ask(
            "哪类拜访要带", "For which visits", "", choices=_purposes, widget="select"
        )
        order: int = ask("次序", "Order", 100, ge=0, le=9999)
        active: bool = ask("在用", "In use", True)

    def load(self, ctx: Context, data: Any) -> KitItem | None:
        return None if data.item is None else _row(KitItem, data.item, "kit_item")

    def run(self, ctx: Context, data: Any, subject: KitItem | None) -> KitItem:
        item = subject or KitItem()
        code = data.code or item.code or f"item_{KitItem.objects.count() + 1}"
        if KitItem.objects.filter(code=code).exclude(pk=item.pk).exists():
            raise Invalid.field("code", "这个代码已经用过", "This code is taken")
        item.code, item.name_zh, item.name_en = code, data.name_zh, data.name_en
        item.purpose, item.order, item.active = data.purpose, data.order, data.active
        item.save()
        ctx.emit(
            "kit.saved",
            subject=("kit_item", item.pk),
            data={"code": item.code, "purpose": item.purpose, "active": item.active},
            texts={"name": item.name_zh},
        )
        return item


@action
class SavePlaybook(Action):
    """Add or change a piece of advice in the playbook."""

    name = "visits.save_playbook"
    label = Text("维护拜访手册", "Save a playbook entry")
    permission = "visits.templates"
    writes = ("playbook.saved",)
    subject = "playbook"
    by_system = True

    class Input(ActionInput):
        entry: int | None = ask("条目", "Entry", None, of="playbook", widget="hidden")
        section: words.SectionCode = ask(
            "部分", "Section", "skill", choices=words.pairs(words.SECTIONS), widget="chips"
        )
        purpose: words.PurposeCode = ask(
            "哪类拜访", "For which visits", "", choices=_purposes, widget="select"
        )
        title_zh: str = ask("中文标题", "Chinese title", min_length=1, max_length=80)
        title_en: str = ask("英文标题", "English title", min_length=1, max_length=80)
        body_zh: str = ask("中文内容", "Chinese text", "", max_length=1000, widget="textarea")
        body_en: str = ask("英文内容", "English text", "", max_length=1000, widget="textarea")
        order: int = ask("次序", "Order", 100, ge=0, le=9999)
        active: bool = ask("在用", "In use", True)

    def load(self, ctx: Context, data: Any) -> PlaybookEntry | None:
        return None if data.entry is None else _row(PlaybookEntry, data.entry, "playbook")

    def run(self, ctx: Context, data: Any, subject: PlaybookEntry | None) -> PlaybookEntry:
        entry = subject or PlaybookEntry()
        for name in ("section", "purpose", "title_zh", "title_en", "body_zh", "body_en", "order", "active"):
            setattr(entry, name, getattr(data, name))
        entry.save()
        ctx.emit(
            "playbook.saved",
            subject=("playbook", entry.pk),
            data={"section": entry.section, "purpose": entry.purpose, "active": entry.active},
            texts={"title": entry.title_zh},
        )
        return entry


def _row(model: Any, id: int, kind: str) -> Any:
    found = model.objects.filter(pk=id).first()
    if found is None:
        raise NotFound(kind, id)
    return found
