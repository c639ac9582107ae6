"""Where guides and records can stand: pages that render guides and forms with fields, as the packages declare them.

guide_place("visits.prepare")            # a page or part of one that includes `regulations/guides.html`
record_form("visits.report", ("needs", "conflict", …))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from guanxi.platform.kernel import all_actions

from .catalogue import gate_fields

Sample = Callable[[Any], "Mapping[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where guides stand, and the page on which that can be seen; sample(person): arguments of its address with a row on
    which this person must see them."""

    name: str
    page: str = ""
    sample: Sample | None = None


_pages: dict[str, Place] = {}
_forms: dict[str, tuple[str, ...]] = {}


def guide_place(name: str, page: str = "", sample: Sample | None = None) -> str:
    """Declare a place that shows the guides which packs put there.

    page and sample say where it can be tried that it does, if not on the page of the action and with that page's own
    sample.
    """
    _pages[name] = Place(name, page, sample)
    return name


def place(name: str) -> Place:
    """A declared place, or one of that name that says nothing of itself."""
    return _pages.get(name) or Place(name)


def record_form(name: str, fields: tuple[str, ...]) -> None:
    """Declare a form or card and the fields that a pack's record may require."""
    _forms[name] = fields


def pages() -> frozenset[str]:
    return frozenset(_pages)


def forms() -> dict[str, tuple[str, ...]]:
    """Declared forms, and of every action what is asked for and what it hands to its gates."""
    own = {name: (*action.Input.model_fields, *gate_fields(action)) for name, action in all_actions().items()}
    return {**own, **_forms}


REGULATION_PAGE = guide_place("regulation", page="regulations.detail")
"""The reading page of a regulation, beside its clauses."""
