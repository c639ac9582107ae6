"""`{% load regulations %}{% guides "visits.prepare" %}`: the guides that the regulations in force put in a place."""

from __future__ import annotations

from typing import Any

from django import template

from guanxi.cores.norms.gates import guides_of
from guanxi.platform.kernel import system_clock
from guanxi.platform.kernel.text import Text

from ..engine import engine
from ..store import SqlStore
from ..wording import control_words

register = template.Library()


@register.inclusion_tag("regulations/guides.html", takes_context=True)
def guides(context: template.Context, place: str, regulation: str = "") -> dict[str, Any]:
    """The guides of a place (a page or action, as declared with `surface.guide_place`) for this person's roles.

    regulation: only those of one regulation. Three small queries for the first place on a page, none for the others.
    """
    request = context["request"]
    roles: frozenset[str] = getattr(getattr(request.user, "rights", None), "roles", frozenset())
    held = getattr(request, "regulations_in_force", None)
    if held is None:
        held = request.regulations_in_force = (engine(), SqlStore())
    made, store = held
    now = context.get("now") or system_clock()
    found = [
        {
            "key": guide.key,
            "clause": guide.clause,
            "text": control_words(guide),
            "acknowledge": guide.acknowledge,
        }
        for version, guide in guides_of(made, place, roles, now, store)
        if not regulation or version.regulation == regulation
    ]
    return {"guides": found, "title": Text("制度提示", "From the regulations")}
