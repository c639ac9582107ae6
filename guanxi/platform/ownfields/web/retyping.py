"""Changing a field's type on screen: choose the new type, look at what becomes of the values, then do it or take it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from guanxi.platform.kernel import Conflict, Invalid, Refused, Text, perform
from guanxi.platform.ui import exports
from guanxi.platform.ui.act import Undo, after, show, submit
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb
from guanxi.platform.ui.registry import page

from .. import types as t
from ..actions import definition
from ..models import OwnField, Retyping
from ..permissions import MANAGE
from ..reads import fetch, visible
from ..retype import free, may_go_back
from ..retyping import (
    LISTED,
    READ_AT_MOST,
    SHOWN,
    Preview,
    fresh_rules,
    in_type,
    last_of,
    preview,
    proposed_choices,
)
from ..sql import TABLES
from ..types import Own

ASKED = ("type", "choices", "unit", "decimals")
HEADING = Text("自定义字段", "Own fields")


def _words(row: OwnField) -> Text:
    return Text(row.label_zh, row.label_en or row.label_zh)


def _crumbs(row: OwnField, last: Text) -> list[Crumb]:
    edit = reverse("ownfields.edit", kwargs={"own_field": row.pk})
    return [Crumb(HEADING, reverse("ownfields.list")), Crumb(_words(row), edit), Crumb(last)]


def retype(request: HttpRequest, own_field: int) -> HttpResponse:
    """Choose the new type; with one chosen, what would become of the values, and the button that does it."""
    row = fetch(request.user, own_field)
    sent = request.POST if request.method == "POST" else request.GET
    choosing = ActionForm("ownfields.retype", request, only=ASKED, initial=_initial(row, sent))
    choosing.is_bound = False
    context = {
        "heading": Text(f"换类型：{row.label_zh}", f"Change the type: {row.label_en or row.label_zh}"),
        "crumbs": _crumbs(row, Text("换类型", "Change the type")),
        "cancel_url": reverse("ownfields.edit", kwargs={"own_field": row.pk}),
        "row": row,
        "was": t.TYPES[row.type],
        "choosing": choosing,
        "choices_for": " ".join(t.CHOSEN),
        "read_at_most": READ_AT_MOST,
    }
    try:
        own = free("ownfields.retype", row)
    except (Conflict, Refused) as refused:
        context["refused"] = refused
        return show(request, "ownfields/retype.html", context, form=choosing)
    if not sent.get("type"):
        return show(request, "ownfields/retype.html", context, form=choosing)
    try:
        to = _wanted(row, own, sent)
    except Invalid as wrong:
        choosing.full_clean()
        choosing.cleaned_data = {}  # it was not sent, and says all the same what is wrong
        choosing.take_invalid(wrong)
        return show(request, "ownfields/retype.html", context, form=choosing)
    form = ActionForm(
        "ownfields.retype",
        request,
        fixed={"field": row.pk, "version": _number(sent.get("version"), row.version), **_given(sent)},
        only=("unfit",),
        submit_label=Text("换类型", "Change the type"),
    )
    if request.method == "POST" and (result := submit(request, form)):
        return _done(request, result.value)
    found = preview(own, to)
    if not found.unfit and not found.more:
        del form.fields["unfit"]
    lines, hidden = _lines(request.user, row, found, SHOWN)
    context |= {
        "to": t.TYPES[to.type],
        "found": found,
        "lines": lines,
        "hidden": hidden,
        "kept": list(_given(sent).items()),
        "version": _number(sent.get("version"), row.version),
        "file_url": f"{reverse('ownfields.retype-unfit', kwargs={'own_field': row.pk})}?{_query(sent)}",
    }
    return show(request, "ownfields/retype.html", context, form=form)


def _initial(row: OwnField, sent: Any) -> dict[str, Any]:
    found = {name: sent.get(name, "") for name in ASKED} if sent.get("type") else {}
    if not found.get("choices") and not row.changing:
        found["choices"] = proposed_choices(definition(row))
    return {"unit": row.rules.get("unit", ""), **{n: v for n, v in found.items() if v}}


def _given(sent: Any) -> dict[str, Any]:
    """What was chosen of the new type."""
    return {name: sent[name] for name in ASKED if sent.get(name)}


def _query(sent: Any) -> str:
    return urlencode(_given(sent))


def _number(text: Any, otherwise: int) -> int:
    return int(text) if str(text or "").isdecimal() and len(str(text)) < 10 else otherwise


def _wanted(row: OwnField, own: Own, sent: Any) -> Own:
    """The field as it would be. Invalid at what does not fit."""
    type = sent.get("type", "")
    if type not in t.TYPES or type == row.type:
        raise Invalid.field("type", "请选择另一个类型", "Please choose another type")
    decimals = sent.get("decimals") or ""
    if decimals and not (decimals.isdecimal() and int(decimals) <= 6):
        raise Invalid.field("decimals", "0 到 6", "From 0 to 6")
    given = {
        "choices": sent.get("choices", ""),
        "unit": sent.get("unit", "")[:10],
        "decimals": int(decimals) if decimals else None,
    }
    return in_type(own, type, fresh_rules(row, type, given))


def _lines(person: Any, row: OwnField, found: Preview, most: int) -> tuple[list[dict[str, Any]], int]:
    """Rows whose value does not fit, as far as this person may see them; how many they may not see."""
    kept = TABLES[row.subject]
    seen = kept.visible(person).filter(pk__in=found.rows)
    lines = [
        {"name": kept.said(one), "url": kept.url(one), "value": found.said[one.pk][0], "why": found.said[one.pk][1]}
        for one in seen.order_by("pk")[:most]
    ]  # fmt: skip
    return lines, len(found.rows) - seen.count() if found.rows else 0


def unfit(request: HttpRequest, own_field: int) -> HttpResponse:
    """The rows whose value does not fit, as a file; that it was taken is kept."""
    row = fetch(request.user, own_field)
    try:
        own = free("ownfields.retype", row)
        found = preview(own, _wanted(row, own, request.GET))
    except (Conflict, Refused, Invalid):  # the page says what is wrong
        return redirect(f"{reverse('ownfields.retype', kwargs={'own_field': row.pk})}?{_query(request.GET)}")
    lines, _ = _lines(request.user, row, found, LISTED)
    told = {
        "list": "ownfields.retype",
        "form": "csv",
        "columns": ["name", f"own_{row.key}", "why"],
        "rows": len(lines),
        "conditions": f"{row.label_zh} → {t.TYPES[request.GET['type']].zh}",
    }
    perform("views.note_export", told, actor=request.user, source="web")
    head = [
        str(TABLES[row.subject].label),
        str(_words(row)),
        str(Text("不能换的原因", "Why it cannot be changed")),
    ]
    name = str(Text(f"{row.label_zh} 不能换的值", f"{row.label_en or row.label_zh} that cannot be changed"))
    made = exports.csv_response(name, head, ([one["name"], one["value"], one["why"]] for one in lines))
    return cast(HttpResponse, made)


def _done(request: HttpRequest, row: OwnField) -> HttpResponse:
    edit = reverse("ownfields.edit", kwargs={"own_field": row.pk})
    if row.changing:
        said = Text(
            "值很多，正在后台换；换完之前这个字段不出现",
            "There are many values: they are being changed in the background; until then the field is out of sight",
        )
        return after(request, edit, said)
    last = last_of(row)
    emptied = last.emptied if last else 0
    said = Text(
        f"已换成“{t.TYPES[row.type].zh}”" + (f"，{emptied} 个值留空" if emptied else ""),
        f"It is of the type “{t.TYPES[row.type].en}” now"
        + (f"; {emptied} values are empty" if emptied else ""),
    )
    undo = Undo(reverse("ui.act", kwargs={"action": "ownfields.retype_back"}), {"field": row.pk})
    return after(request, edit, said, undo=undo if last and may_go_back(last) else None)


def retype_back(request: HttpRequest, own_field: int) -> HttpResponse:
    """Take the newest change of type back, after saying what becomes of the values."""
    row = fetch(request.user, own_field)
    form = ActionForm("ownfields.retype_back", request, fixed={"field": row.pk})
    if request.method == "POST" and (result := submit(request, form)):
        return _done(request, result.value)
    last = last_of(row)
    was = t.TYPES[last.was_type] if last else Text("", "")
    context = {
        "heading": Text(
            f"恢复原类型：{row.label_zh}", f"Take the change of type back: {row.label_en or row.label_zh}"
        ),
        "lead": Text(
            f"字段恢复为“{was.zh}”。换类型后没有改过的值恢复原样，被留空的也恢复；之后改过的值换成“{was.zh}”，不能换的留空。",
            f"The field is of the type “{was.en}” again. Values that nobody changed since are what they were, also those that "
            f"were left empty; what was changed since is brought over, or left empty where it cannot be.",
        ),
        "crumbs": _crumbs(row, form.action.label),
        "cancel_url": reverse("ownfields.edit", kwargs={"own_field": row.pk}),
    }
    return show(request, "ui/page_form.html", context, form=form)


def state_of(row: OwnField) -> Mapping[str, Any]:
    """What the field's page says of the newest change of type."""
    last = last_of(row)
    if last is None:
        return {}
    return {
        "retyping": last,
        "retyping_to": t.TYPES[last.to_type],
        "retyping_stopped": last.state == Retyping.REFUSED,
        "may_go_back": may_go_back(last) and not row.changing and row.retired_at is None,
    }


def _sample(person: Any) -> Mapping[str, Any] | None:
    row = visible(person).filter(retired_at=None, changing=False).order_by("pk").first()
    return {"own_field": row.pk} if row else None


def _sample_back(person: Any) -> Mapping[str, Any] | None:
    done = Retyping.objects.filter(state=Retyping.DONE, back_of=None).order_by("-pk").first()
    row = visible(person).filter(pk=done.field_id, retired_at=None).first() if done else None
    return {"own_field": row.pk} if row else None


page("ownfields.retype", "own-fields/<int:own_field>/retype/", retype, label=Text("换类型", "Change the type"),
     permission=MANAGE.name, sample=_sample, action="ownfields.retype")  # fmt: skip
page("ownfields.retype-unfit", "own-fields/<int:own_field>/retype/unfit.csv", unfit,
     label=Text("不能换的值", "Values that cannot be changed"), permission=MANAGE.name, sample=_sample,
     methods=("GET", "HEAD"))  # fmt: skip
page("ownfields.retype-back", "own-fields/<int:own_field>/retype-back/", retype_back,
     label=Text("恢复原类型", "Take the change of type back"), permission=MANAGE.name, sample=_sample_back,
     action="ownfields.retype_back")  # fmt: skip
