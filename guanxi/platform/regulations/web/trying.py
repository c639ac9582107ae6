"""试算: what another value of a parameter would have meant over the last days."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from guanxi.cores.norms.model import NormsError
from guanxi.platform.kernel import Forbidden, NotFound, Text, may, system_clock
from guanxi.platform.ui.parts import Do
from guanxi.platform.ui.registry import page
from guanxi.platform.ui.subjects import named

from .. import figures, reads
from ..actions import bounds_text, read_value
from ..obligation_lines import owner_names
from ..trying import DAYS, MOST, Trial, try_value
from ..wording import own_value, parameter_words, plain_value, value_words
from .reading import GET, home_crumb, may_try, regulation_crumb

LISTED = 50


def try_page(request: HttpRequest, regulation: str, parameter: str) -> HttpResponse:
    """Another value, and what it would have meant. Reads only."""
    if not may_try(request.user):
        raise Forbidden("regulations.evidence")
    now = system_clock()
    version = figures.version_at(regulation, now)
    found = version.pack.parameters.get(parameter) if version else None
    if version is None or found is None:
        raise NotFound("parameter", parameter)
    view = next(p for p in figures.parameter_views(version) if p.name == parameter)
    typed = request.GET.get("value", "").strip()
    days = next((n for n in DAYS if str(n) == request.GET.get("days")), DAYS[1])
    context: dict[str, Any] = {
        "heading": Text(f"试算：{parameter_words(found).zh}", f"What if: {parameter_words(found).en}"),
        "crumbs": [home_crumb(), regulation_crumb(regulation)],
        "parameter": view,
        "bounds": bounds_text(found),
        "typed": typed or plain_value(own_value(version, parameter)),
        "days": days,
        "choices": DAYS,
        "most": MOST,
        "now": now,
    }
    status = 200
    if typed:
        value = read_value(found.type, typed)
        try:
            found.parse(value)
            trial = try_value(version, parameter, value, days, now)
        except (NormsError, ValueError, TypeError):
            context["error"], status = bounds_text(found), 422
        else:
            context |= {
                "trial": trial,
                "tried": value_words(found, value),
                "rows": _rows(request.user, trial),
            }
            if may(request.user, "regulations.draft"):
                url = reverse("regulations.draft", kwargs={"regulation": regulation})
                context["onward"] = Do(Text("据此起草新版本", "Draft a version with it"), url)
    return render(request, "regulations/try.html", context, status=status)


def _rows(person: Any, trial: Trial) -> list[dict[str, Any]]:
    """What would have been otherwise, as far as this person may see it."""
    turned = {t.id: t for t in trial.results}
    ids = list(turned)[: LISTED * 4]
    seen = list(reads.visible_obligations(person).filter(pk__in=ids).order_by("-due_at", "id")[:LISTED])
    keys = [(r.subject_kind, r.subject) for r in seen] + [
        ("customer", r.customer) for r in seen if r.customer
    ]
    names = named(person, keys)
    owners = owner_names(r.owed_by or r.owner for r in seen)
    found = []
    for r in seen:
        before, after = turned[r.pk].recorded, turned[r.pk].instead
        customer, own = names.get(("customer", r.customer or "")), names[r.subject_kind, r.subject]
        found.append(
            {
                "url": reverse("regulations.obligation", kwargs={"obligation": r.pk}),
                "about": (customer.name if customer else "") or own.name or own.label,
                "who": owners.get(r.owed_by or r.owner, ("", ""))[0],
                "before": before.state.value if before else "",
                "after": after.state.value if after else "",
                "due_before": before.due_at if before else None,
                "due_after": after.due_at if after else None,
            }
        )
    return found


def _sample(person: Any) -> dict[str, Any] | None:
    for row in reads.in_force().values():
        version = figures.version_at(row.regulation_id, system_clock())
        if version and version.pack.parameters and may_try(person):
            return {"regulation": row.regulation_id, "parameter": next(iter(version.pack.parameters))}
    return None


page(
    "regulations.try",
    "regulations/<str:regulation>/try/<str:parameter>/",
    try_page,
    label=Text("试算", "What if"),
    permission="regulations.view",
    sample=_sample,
    methods=GET,
)
