"""Where guides and records can stand: pages that render guides and forms with fields, as the packages declare them.

guide_place("visits.prepare")            # a page or part of one that includes `regulations/guides.html`
record_form("need", ("what", "noted_on"), shows("customers.need-new"), shows("customers.needs", {"noted_on": "at"}))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from guanxi.platform.kernel import all_actions, may
from guanxi.platform.ui.registry import page_of_action

from .catalogue import gate_fields

PLAIN_FORM = "ui.act"
Sample = Callable[[Any], "Mapping[str, Any] | None"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where guides stand, and the page on which that can be seen; sample(person): arguments of its address with a row on
    which this person must see them."""

    name: str
    page: str = ""
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class Shows:
    """A page on which fields of a record stand: as inputs that may be filled in, or marked `data-field` where they are
    read. names: field -> how the page calls it, where it is not its own name ("packed=pen": the choice pen of packed).
    sample(person): arguments of the page's address, if not the page's own sample."""

    page: str
    names: Mapping[str, str]
    sample: Sample | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A form, card or register: the fields that a pack's record may require, and the pages where they are found."""

    name: str
    fields: tuple[str, ...]
    pages: tuple[Shows, ...] = ()


_pages: dict[str, Place] = {}
_forms: dict[str, Form] = {}


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


def shows(page: str, names: Mapping[str, str] | None = None, *, sample: Sample | None = None) -> Shows:
    """On this page fields of a record stand; names: those that it calls otherwise."""
    return Shows(page, names or {}, sample)


def record_form(name: str, fields: Iterable[str], *pages: Shows) -> None:
    """Declare a form or card and the fields that a pack's record may require; pages: where they are found.

    An action's own input needs no declaration, unless it is done on a page that does not name it."""
    _forms[name] = Form(name, tuple(fields), pages)


def form(name: str) -> Form | None:
    """A declared form; of an action that declares none, its own page or the plain form that is made from its input."""
    if name in _forms:
        return _forms[name]
    if name not in all_actions():
        return None
    own = page_of_action(name)
    page = (
        Shows(own.name, {})
        if own
        else Shows(PLAIN_FORM, {}, lambda person: {"action": name} if may(person, name) else None)
    )
    return Form(name, (), (page,))


def pages() -> frozenset[str]:
    return frozenset(_pages)


def forms() -> dict[str, tuple[str, ...]]:
    """Declared forms, and of every action what is asked for and what it hands to its gates."""
    found = {
        name: (*action.Input.model_fields, *gate_fields(action)) for name, action in all_actions().items()
    }
    for name, declared in _forms.items():
        found[name] = (*found.get(name, ()), *declared.fields)
    return found


REGULATION_PAGE = guide_place("regulation", page="regulations.detail")
"""The reading page of a regulation, beside its clauses."""
