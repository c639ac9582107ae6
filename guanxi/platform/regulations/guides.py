"""Is a guide really shown? Its page is rendered for somebody who may see it, and the guide looked for in what comes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from guanxi.cores.norms.controls import Guide
from guanxi.platform.kernel import ActionError
from guanxi.platform.people.models import Person
from guanxi.platform.ui.registry import Page, get_page, page_of_action

from . import surface
from .showing import TRIES, html_of, viewers


def not_shown(guide: Guide, name: str) -> str:
    """Why a guide is not seen in a place, or ''. Nothing is written."""
    place = surface.place(name)
    page = get_page(place.page) if place.page else page_of_action(name)
    if page is None:
        return f"no page is named on which {name} could be seen"
    fault = f"nobody has a row on which {page.name} could be tried"
    for person, arguments in islice(
        viewers(page, place.sample or page.sample, frozenset(guide.roles)), TRIES
    ):
        # A regulation's own page shows its own guides.
        own = {"regulation": guide.regulation} if "regulation" in arguments else {}
        fault = _rendered(guide, page, person, {**arguments, **own})
        if not fault:
            break
    return fault


def _rendered(guide: Guide, page: Page, person: Person, arguments: Mapping[str, Any]) -> str:
    try:
        html = html_of(page, person, arguments)
    except ActionError as error:
        return f"{page.name} does not open: {error}"
    return "" if f'data-guide="{guide.key}"' in html else f"{page.name} does not show it"
