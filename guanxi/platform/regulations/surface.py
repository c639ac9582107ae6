"""Where guides and records can stand: pages that render guides and forms with fields, as the packages declare them.

guide_place("visits.prepare")            # a page or part of one that includes `regulations/guides.html`
record_form("visits.report", ("needs", "conflict", …))
"""

from __future__ import annotations

from guanxi.platform.kernel import all_actions

from .catalogue import gate_fields

_pages: set[str] = set()
_forms: dict[str, tuple[str, ...]] = {}


def guide_place(name: str) -> str:
    """Declare a place that shows the guides which packs put there."""
    _pages.add(name)
    return name


def record_form(name: str, fields: tuple[str, ...]) -> None:
    """Declare a form or card and the fields that a pack's record may require."""
    _forms[name] = fields


def pages() -> frozenset[str]:
    return frozenset(_pages)


def forms() -> dict[str, tuple[str, ...]]:
    """Declared forms, and of every action what is asked for and what it hands to its gates."""
    own = {name: (*action.Input.model_fields, *gate_fields(action)) for name, action in all_actions().items()}
    return {**own, **_forms}


REGULATION_PAGE = guide_place("regulation")
"""The reading page of a regulation, beside its clauses."""


guide_place("regulation")
