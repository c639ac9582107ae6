"""Reading the regulations: the list, one regulation with its figures, the month's report as PDF."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.cores.norms.controls import Measure
from guanxi.platform.documents.typeset import DocumentFailed, FontsMissing, Printed, render_pdf
from guanxi.platform.kernel import Conflict, NotFound, Text, current_language, may, system_clock
from guanxi.platform.people.models import Department
from guanxi.platform.people.settings_registry import value as setting
from guanxi.platform.ui.dates import local, month_day
from guanxi.platform.ui.parts import Crumb, Step
from guanxi.platform.ui.registry import Nav, page

from .. import figures, overview, packs, reads
from ..models import Version
from ..periods import Month
from ..report import month_report
from ..wording import control_words

GET = ("GET", "HEAD")
HOME = Text("制度", "Regulations")
STATE_WORDS = {
    "draft": Text("草案", "draft"),
    "submitted": Text("待批准", "awaiting approval"),
    "approved": Text("已批准，待生效", "approved, not yet in force"),
}


def home_crumb() -> Crumb:
    return Crumb(HOME, reverse("regulations.list"))


def regulation_crumb(code: str) -> Crumb:
    return Crumb(code, reverse("regulations.detail", kwargs={"regulation": code}))


def regulations(request: HttpRequest) -> HttpResponse:
    """All regulations: version in force, how far kept this month and over a year, what is under way."""
    now = system_clock()
    rows = overview.glances(request.user, now)
    waiting = [g for g in rows if g.version is None and g.under_way is None and not g.fault]
    context = {
        "rows": rows,
        "now": now,
        "month": Month.of(now),
        "scope": figures.SCOPES[reads.reach_of(request.user).all],
        "may_draft": may(request.user, "regulations.draft"),
        "waiting": len(waiting) if may(request.user, "regulations.submit_all") else 0,
        "states": STATE_WORDS,
    }
    return render(request, "regulations/list.html", context)


def detail(request: HttpRequest, regulation: str) -> HttpResponse:
    """One regulation: each clause with its controls as small figures, for a month."""
    now = system_clock()
    month = Month.read(request.GET.get("month", ""), now)
    versions = list(Version.objects.filter(regulation=regulation).select_related("regulation"))
    current = next((v for v in reversed(versions) if v.state == "in_force"), None)
    shown = current or next((v for v in reversed(versions) if v.state != "withdrawn"), None)
    source = shown.source if shown else packs.shipped().get(regulation)
    if source is None:
        raise NotFound("regulation", regulation)
    context: dict[str, Any] = {
        "code": regulation,
        "current": current,
        "shown": shown,
        "strip": strip(versions),
        "under_way": next((v for v in reversed(versions) if v.state in overview.OPEN_STATES), None),
        "newer": current is not None and packs.shipped().get(regulation, current.source) != current.source,
        "month": month,
        "earlier": month.shift(-1),
        "later": month.shift(1) if month < Month.of(now) else None,
        "may_draft": may(request.user, "regulations.draft"),
        "may_try": may_try(request.user),
        "scope": figures.SCOPES[reads.reach_of(request.user).all],
        "crumbs": [home_crumb()],
        "now": now,
    }
    title = _title(shown, source)
    context["heading"] = Text(f"{regulation} {title.zh}", f"{regulation} {title.en}")
    pack, context["fault"] = overview.loaded(source)
    if pack is not None:
        _fill(request, context, shown, pack, month, now)
    return render(request, "regulations/detail.html", context)


def _fill(
    request: HttpRequest, context: dict[str, Any], shown: Version | None, pack: Any, month: Month, now: Any
) -> None:
    from guanxi.cores.norms.controls import Version as EngineVersion

    version = EngineVersion(shown.name, pack, shown.values) if shown else EngineVersion("", pack)
    views = figures.clause_views(request.user, version, month, now)
    context["chapters"] = chaptered(views, shown.source if shown else packs.shipped()[pack.regulation])
    context["loose"] = [
        p for p in figures.parameter_views(version) if not p.clause or p.clause not in pack.clauses
    ]
    context["split"] = request.GET.get("split") == "department"
    context["uncontrolled"] = sum(1 for view in views if not view.figures)
    if context["split"]:
        context["table"] = department_table(request.user, version, month, now)


def may_try(person: Any) -> bool:
    """Who may ask what another value would have meant."""
    return bool(person.may("regulations.draft") or person.may("regulations.evidence"))


def chaptered(
    views: list[figures.ClauseView], source: dict[str, str]
) -> list[tuple[Text, list[figures.ClauseView]]]:
    """Clauses under their chapters' titles; one group without a title where the text has none."""
    starts = dict(overview.chapters_of(tuple(sorted(source.items()))))
    found: list[tuple[Text, list[figures.ClauseView]]] = []
    for view in views:
        if view.id in starts or not found:
            found.append((starts.get(view.id, Text("", "")), []))
        found[-1][1].append(view)
    return found


def strip(versions: list[Version]) -> list[Step]:
    """The versions over time, oldest first."""
    found = []
    for v in versions:
        if v.state == "withdrawn":
            continue
        words = STATE_WORDS.get(v.state)
        if words is None:
            words = month_day(local(v.in_force_from), year=True) if v.in_force_from else Text("", "")
        state = {"in_force": "current", "superseded": "done"}.get(v.state, "")
        zh, en = f"第 {v.number} 版 {words.zh}", f"v{v.number} {words.en}"
        found.append(Step(Text(zh, en), state, reverse("regulations.version", kwargs={"version": v.pk})))
    return found


def department_table(person: Any, version: Any, month: Month, now: Any) -> dict[str, Any]:
    """Clauses down, departments across: the share in time, or the measure's figure."""
    within = reads.reach_of(person)
    kept = figures.kept_by_department(within, version.regulation, month)
    measured = figures.measured(within, version, [month], now, by="department")
    ids = {d for _, d in kept} | {d for _, _, d in measured}
    names = {
        str(d.pk): d.name for d in Department.objects.filter(pk__in=[int(i) for i in ids if i.isdigit()])
    }
    order = sorted(ids, key=lambda i: names.get(i, "\uffff"))
    rows = []
    for duty in version.pack.duties:
        cells = [kept.get((duty.id, d), figures.Kept()) for d in order]
        line: list[dict[str, Any]] = [
            {
                "reading": k.percent,
                "note": f"{k.on_time}/{k.due}" if k.due else "",
                "after": figures.kept_after(k),
            }
            for k in cells
        ]
        rows.append({"clause": duty.clause, "what": control_words(duty), "cells": line})
    for measure in version.pack.measures:
        found = [measured.get((measure.key, month.label, d)) for d in order]
        line = [_cell(measure, one) for one in found]
        rows.append({"clause": measure.clause, "what": control_words(measure), "cells": line})
    nobody = Text("未归部门", "no department")
    return {"departments": [names.get(d, nobody) for d in order], "rows": rows}


def _cell(measure: Measure, found: figures.Measured | None) -> dict[str, Any]:
    """A measure's figure of one department."""
    v = found.figure if found else None
    return {
        "reading": figures.shown(measure, v),
        "note": f"{v.hit}/{v.counted}" if v and measure.show == "share" and not v.small else "",
        "red": bool(v and v.red),
        "after": figures.measured_after(measure, found),
    }


def report(request: HttpRequest, regulation: str) -> HttpResponse:
    """The month's report as PDF, to be printed and signed."""
    now = system_clock()
    month = Month.read(request.GET.get("month", ""), now)
    row = (
        Version.objects.filter(regulation=regulation, state__in=["in_force", "superseded"])
        .filter(in_force_from__lt=month.end)
        .select_related("regulation")
        .order_by("-in_force_from", "-number")
        .first()
    )
    if row is None:
        raise NotFound("regulation", regulation)
    printed = Printed(str(setting("company.name")), str(request.user), now)
    try:
        made = render_pdf(
            "documents/regulation_month",
            month_report(request.user, row, month, now),
            current_language(),
            printed=printed,
        )
    except DocumentFailed as failed:
        raise Conflict(failed.text) from failed
    except FontsMissing as missing:
        raise Conflict(Text(str(missing), str(missing))) from missing
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{regulation}-{month.label}.pdf"'
    return response


def _title(shown: Version | None, source: dict[str, str]) -> Text:
    if shown is not None:
        return Text(shown.regulation.title_zh, shown.regulation.title_en)
    return overview.title_of(source)


def some_regulation(person: Any) -> dict[str, Any] | None:
    row = Version.objects.filter(state="in_force").order_by("pk").first()
    code = row.regulation_id if row else next(iter(packs.shipped()), None)
    return {"regulation": code} if code else None


def some_reported(person: Any) -> dict[str, Any] | None:
    row = Version.objects.filter(state="in_force").order_by("pk").first()
    return {"regulation": row.regulation_id} if row else None


page(
    "regulations.list",
    "regulations/",
    regulations,
    label=HOME,
    permission="regulations.view",
    nav=Nav(40, "scale", main=True),
    methods=GET,
)
page(
    "regulations.detail",
    "regulations/<str:regulation>/",
    detail,
    label=HOME,
    permission="regulations.view",
    sample=some_regulation,
    methods=GET,
)
page(
    "regulations.report",
    "regulations/<str:regulation>/report/",
    report,
    label=Text("制度执行月报", "Regulation report of the month"),
    permission="regulations.view",
    sample=some_reported,
    methods=GET,
)
