"""A list's cells as HTML. In Python, because a page of fifty rows has hundreds of them, and a template's include for
each costs more than everything else on the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

Show = Callable[[Any, datetime], Any]


def _shows() -> dict[str, Show]:
    from .templatetags import t as words

    return {
        "when": words.when,
        "planned": words.planned,
        "day": lambda value, now: words.day(value),
        "number": lambda value, now: words.number(value),
        "money": lambda value, now: words.money(value),
        "percent": lambda value, now: words.percent(value),
        "state": lambda value, now: words.state(value) if value else "",
    }


_by_form: dict[str, Show] = {}


def shown(value: Any, form: str, now: datetime) -> SafeString:
    """A value as its column's form says it (text, when, planned, day, number, money, percent, state), escaped."""
    if not _by_form:
        _by_form.update(_shows())
    show = _by_form.get(form)
    if show is not None:
        value = show(value, now)
    return conditional_escape("" if value is None else value)


def cell(value: Any, form: str, url: str, head: str, now: datetime) -> str:
    """The whole <td>. head: its attributes, made once for each column by `head_of`. url: where it leads, '' for none."""
    if url:
        return f'<td{head}><a href="{conditional_escape(url)}">{shown(value, "text", now)}</a></td>'
    return f"<td{head}>{shown(value, form, now)}</td>"


def head_of(css: str, label: Any) -> str:
    """The attributes of a column's cells: its class, and its name, which a phone's card shows."""
    return f' class="{conditional_escape(css)}" data-label="{conditional_escape(label)}"'


def joined(cells: list[str]) -> SafeString:
    """Cells that `cell` made, as they stand in a row."""
    return mark_safe("".join(cells))  # noqa: S308 (each part was escaped by `cell`)
