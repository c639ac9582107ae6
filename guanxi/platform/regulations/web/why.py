"""Why? One obligation in full, one action asked beforehand, one figure taken apart."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.platform.kernel import (
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    Text,
    explain,
    get_action,
    may,
    system_clock,
)
from guanxi.platform.kernel.errors import UnknownAction
from guanxi.platform.ui.act import action_url, do_for
from guanxi.platform.ui.forms import asked_fields
from guanxi.platform.ui.parts import Crumb, Do
from guanxi.platform.ui.refusals import view_of
from guanxi.platform.ui.registry import page

from .. import reads
from ..engine import engine
from ..explaining import explanation
from ..models import Obligation
from ..obligation_lines import fulfil_url
from ..store import SqlStore
from ..wording import clause_words
from .reading import home_crumb, regulation_crumb

GET = ("GET", "HEAD")


def obligation(request: HttpRequest, obligation: str) -> HttpResponse:
    """The obligation's story with the facts under it, and what may be done about it."""
    now = system_clock()
    row = reads.obligation_within(request.user, obligation)
    told = explanation(request.user, row, now)
    context = {
        "heading": told.what,
        "told": told,
        "crumbs": _above(row.clause),
        "now": now,
        "buttons": _buttons(request, row),
    }
    return render(request, "regulations/obligation.html", context)


def _above(clause: str) -> list[Crumb]:
    """The way back: all regulations, the clause's regulation, the clause."""
    code = clause.partition(".")[0]
    return [
        home_crumb(),
        regulation_crumb(code),
        Crumb(clause, reverse("regulations.clause", kwargs={"clause": clause})),
    ]


def _buttons(request: HttpRequest, row: Obligation) -> list[Do]:
    """Fulfil, ask for a waiver, suspend or resume: whatever this person may do with it now."""
    if row.closed_at is not None:
        return []
    person: Any = request.user
    here = {"obligation": row.pk}
    buttons: list[Do] = []
    duty = reads.duty_of(row)
    if duty is not None and duty.does and row.state != "waiting" and _may(person, duty.does):
        url = fulfil_url(row, duty)
        if url:
            buttons.append(Do(get_action(duty.does).label, url, tone="primary"))
    if may(person, "obligations.ask_waiver"):
        buttons.append(do_for("obligations.ask_waiver", here, back=request.path))
    if may(person, "obligations.suspend") and reads.visible_obligations(person, "obligations.suspend").filter(
        pk=row.pk
    ):
        action = "obligations.resume" if row.state == "suspended" else "obligations.suspend"
        buttons.append(do_for(action, here, back=request.path))
    return buttons


def _may(person: Any, action: str) -> bool:
    try:
        return may(person, action)
    except UnknownAction:
        return False


def action(request: HttpRequest, action: str) -> HttpResponse:
    """Would it pass? Asks rights and gates with the values in the address and writes nothing."""
    try:
        known = get_action(action)
    except UnknownAction:
        raise NotFound("action", action) from None
    values = {name: value for name, value in request.GET.items() if name in known.Input.model_fields}
    context: dict[str, Any] = {
        "heading": Text(f"为什么？{known.label.zh}", f"Why? {known.label.en}"),
        "action": known,
    }
    try:
        verdict = explain(action, values, actor=request.user)
    except Forbidden as forbidden:
        context["forbidden"] = forbidden
    except Invalid as invalid:
        asked = asked_fields(known.Input)
        context["missing"] = [
            (asked[name].label if name in asked else "", message)
            for name, messages in invalid.errors.items()
            for message in messages
        ]
    else:
        refused = Refused(action, verdict.failures, verdict.warnings, verdict.met)
        passes = Text(f"现在可以{known.label.zh}", f"{known.label.en}: nothing stands against it")
        context["passed"] = verdict.passed
        context["refusal"] = view_of(
            refused,
            title=None if verdict.failures else passes,
            remedy_url=lambda reason: action_url(reason.remedy_action, values),
            clause_text=_clause_text(),
        )
    return _answer(request, "regulations/why_action.html", context)


def _clause_text() -> Any:
    made = engine()
    timelines = made.timelines(SqlStore())
    now = system_clock()

    def text(number: str) -> Text:
        timeline = timelines.get(number.partition(".")[0])
        version = timeline.at(now) if timeline else None
        return clause_words(version.pack.clauses.get(number)) if version else Text("", "")

    return text


def _answer(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The answer in a narrow page, which the drawer shows as well."""
    return render(request, "regulations/why_page.html", {**context, "answer": template})


def figure(request: HttpRequest, regulation: str, control: str) -> HttpResponse:
    """What a percentage was computed from: clause, version, the rule in words, the counts, and up to which tick."""
    from ..figure_told import figure_told

    told = figure_told(request.user, regulation, control, request.GET.get("month", ""), system_clock())
    return _answer(
        request,
        "regulations/why_figure.html",
        {"heading": told.what, "told": told, "crumbs": _above(told.clause)},
    )


def _one(person: Any) -> dict[str, Any] | None:
    row = reads.visible_obligations(person).order_by("-opened_at").first()
    return {"obligation": row.pk} if row else None


page(
    "regulations.obligation",
    "regulations/obligations/<str:obligation>/",
    obligation,
    label=Text("义务", "Obligation"),
    permission="regulations.view",
    sample=_one,
    methods=GET,
)
page(
    "regulations.why",
    "regulations/why/<str:action>/",
    action,
    label=Text("为什么？", "Why?"),
    sample=lambda person: {"action": "regulations.submit"},
    methods=GET,
)
page(
    "regulations.figure",
    "regulations/<str:regulation>/figures/<str:control>/",
    figure,
    label=Text("这个数字从何而来", "Where this figure comes from"),
    permission="regulations.view",
    sample=lambda person: reads.any_control(),
    methods=GET,
)
