"""The playbook and the kit list: to be read by all who make visits, kept by the service manager."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from guanxi.platform.kernel import NotFound, Text
from guanxi.platform.ui.act import after, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb, Tab

from ..models import KitItem, PlaybookEntry
from ..reads.templates import playbook
from ..words import PURPOSES, SECTIONS

PLAYBOOK, KIT = Text("拜访手册", "Playbook"), Text("工具清单", "Kit list")
ENTRY_FIELDS = ("section", "purpose", "title_zh", "title_en", "body_zh", "body_en", "order", "active")
ITEM_FIELDS = ("code", "name_zh", "name_en", "purpose", "order", "active")
EVERY = Text("所有拜访", "Every visit")


def read_playbook(request: HttpRequest) -> HttpResponse:
    """The playbook, searched by words, narrowed by purpose."""
    typed, purpose = request.GET.get("q", "").strip()[:80], request.GET.get("purpose", "")
    entries = [e for e in playbook(typed) if not purpose or e.purpose in ("", purpose)]
    sections = [
        (words, [(PURPOSES.get(e.purpose, EVERY), e) for e in entries if e.section == code])
        for code, words in SECTIONS.items()
    ]
    kept = f"&q={typed}" if typed else ""
    context = {
        "typed": typed,
        "purpose": purpose,
        "sections": [(words, found) for words, found in sections if found],
        "tabs": [
            Tab(Text("全部", "All"), f"?{kept.lstrip('&')}", not purpose),
            *(Tab(words, f"?purpose={code}{kept}", code == purpose) for code, words in PURPOSES.items()),
        ],
        "may_keep": request.user.may("visits.templates"),  # type: ignore[union-attr]
    }
    return show(request, "visits/playbook.html", context)


def save_entry(request: HttpRequest, entry: int | None = None) -> HttpResponse:
    """Add or change an entry of the playbook."""
    row = _row(PlaybookEntry, entry)
    form = _form("visits.save_playbook", request, "entry", row, ENTRY_FIELDS)
    if request.method == "POST" and submit(request, form):
        return after(request, reverse("playbook.read"), Text("已保存", "Saved"))
    return _page(request, form, PLAYBOOK, reverse("playbook.read"))


def kit_list(request: HttpRequest) -> HttpResponse:
    """The kit list."""
    items = [(PURPOSES.get(item.purpose, EVERY), item) for item in KitItem.objects.all()]
    return show(
        request, "visits/kit.html", {"items": items, "crumbs": [Crumb(PLAYBOOK, reverse("playbook.read"))]}
    )


def save_item(request: HttpRequest, item: int | None = None) -> HttpResponse:
    """Add or change a line of the kit list."""
    row = _row(KitItem, item)
    form = _form("visits.save_kit_item", request, "item", row, ITEM_FIELDS)
    if request.method == "POST" and submit(request, form):
        return after(request, reverse("visits.kit"), Text("已保存", "Saved"))
    return _page(request, form, KIT, reverse("visits.kit"))


def _row(model: Any, id: int | None) -> Any:
    if id is None:
        return None
    found = model.objects.filter(pk=id).first()
    if found is None:
        raise NotFound(model.__name__.lower(), id)
    return found


def _form(action: str, request: HttpRequest, name: str, row: Any, fields: tuple[str, ...]) -> ActionForm:
    initial = {field: getattr(row, field) for field in fields} if row else None
    fixed = {name: row.pk} if row else None
    return ActionForm(
        action, request, fixed=fixed, only=fields, initial=initial, submit_label=Text("保存", "Save")
    )


def _page(request: HttpRequest, form: ActionForm, whole: Text, back: str) -> HttpResponse:
    """The form of one entry of the whole, under the action's name."""
    context = {"heading": form.action.label, "crumbs": [Crumb(whole, back)], "cancel_url": back}
    return show(request, "ui/page_form.html", context, form=form)
