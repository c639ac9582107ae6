"""Being away, on screen: when, who stands in, and what does not come along."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from guanxi.platform.kernel import Conflict, Forbidden, Invalid, NotFound, Text, perform
from guanxi.platform.ui.act import after, show, submit, toast
from guanxi.platform.ui.forms import ActionForm
from guanxi.platform.ui.parts import Crumb

from .. import reads, standing_in
from ..models import Absence

NAMED = 6
TITLE = Text("外出与代理", "Absences")
FIELDS = ("deputy", "since", "until")


@dataclass(frozen=True, slots=True)
class Line:
    """An absence as the page shows it. missing: rights that the deputy does not get by standing in."""

    absence: Absence
    running: bool
    missing: Text | None


def away(request: HttpRequest) -> HttpResponse:
    """My absences, those at which I stand in, those of my people; and the form for another."""
    person: Any = request.user
    day = reads.today()
    leads = standing_in.led_by(person).exists()
    form = ActionForm(
        "people.plan_absence",
        request,
        only=(("person",) if leads else ()) + FIELDS,
        initial={"since": day.isoformat()},
        submit_label=Text("登记", "Plan"),
    )
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, reverse("people.away"), Text("已登记", "Planned"))
    rows = list(standing_in.concerning(person, day))
    context = {
        "heading": TITLE,
        "mine": _lines((a for a in rows if a.person_id == person.pk), day),
        "theirs": _lines((a for a in rows if a.deputy_id == person.pk), day),
        "of_my_people": _lines(standing_in.of_my_people(person, day), day),
        "leads": leads,
        "day": day,
    }
    return show(request, "people/away.html", context, form=form)


def change(request: HttpRequest, absence: int) -> HttpResponse:
    """Another deputy, another last day."""
    row = _mine(request, absence)
    fields = FIELDS if row.begun_at is None else ("deputy", "until")
    initial = {"deputy": row.deputy_id, "since": row.since.isoformat(), "until": row.until.isoformat()}
    form = ActionForm(
        "people.change_absence", request, fixed={"absence": row.pk}, only=fields, initial=initial
    )
    back = reverse("people.away")
    if request.method == "POST" and submit(request, form) is not None:
        return after(request, back, Text("已保存", "Saved"))
    context = {
        "heading": Text(f"修改外出：{row.person.name}", f"Change absence: {row.person.name}"),
        "crumbs": [Crumb(TITLE, back), Crumb(Text("修改外出", "Change absence"))],
        "cancel_url": back,
    }
    return show(request, "ui/page_form.html", context, form=form)


def end(request: HttpRequest, absence: int) -> HttpResponse:
    """Back already, or not going."""
    back = request.POST.get("next", "")
    back = reverse("today") if back == "today" else reverse("people.away")
    key = request.POST.get("_key") or None
    try:
        perform("people.end_absence", {"absence": absence}, actor=request.user, key=key, source="web")
    except (Invalid, Forbidden, Conflict) as wrong:
        toast(request, wrong.text, error=True)
        return HttpResponseRedirect(back)
    return after(request, back, Text("外出已结束，事务已交回", "The absence is over; everything is back"))


def _mine(request: HttpRequest, id: int) -> Absence:
    """One that this person may change: their own, or of one of their people."""
    person: Any = request.user
    row = Absence.objects.select_related("person__department", "deputy").filter(pk=id, ended_at=None).first()
    if row is None or (row.person_id != person.pk and not standing_in.arranges_for(person, row.person)):
        raise NotFound("absence", id)
    return row


def _lines(rows: Iterable[Absence], day: date) -> list[Line]:
    found = []
    for row in rows:
        missing = standing_in.rights_not_held(row.person, row.deputy)
        found.append(Line(row, row.holds_on(day), _listed(missing)))
    return found


def _listed(words: list[Text]) -> Text | None:
    """The first of them, and how many more."""
    if not words:
        return None
    shown, more = words[:NAMED], len(words) - NAMED
    zh, en = "、".join(w.zh for w in shown), ", ".join(w.en for w in shown)
    return Text(f"{zh}等 {len(words)} 项", f"{en} and {more} more") if more > 0 else Text(zh, en)
