"""`{% load t %}`: words in two languages, times as people say them, icons, states, clause links, panels."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from django import template
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from guanxi.platform.kernel import Refused, Text, current_language, system_clock

from .. import dates, sparks, states
from ..addresses import address
from ..icons import icon as draw_icon
from ..parts import word_diff
from ..refusals import RefusalView, view_of
from ..registry import panels as shown_panels

register = template.Library()

_HOLE = re.compile(r"\{(\w+)(?::([^|{}]*)\|([^{}]*))?\}")


@register.simple_tag
def t(zh: Any, en: Any = None, /, **values: Any) -> SafeString:
    """`{% t "共 {n} 条" "{n} {n:row|rows}" n=count %}`: the phrase in the reader's language, values escaped.

    `{n:row|rows}` says the first word for 1 and the second otherwise. `{% t text %}` says a Text.
    """
    phrase = str(zh) if en is None else (en if current_language() == "en" else zh)

    def fill(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise template.TemplateSyntaxError(f"{{% t %}} has no value for {{{found[1]}}} in “{phrase}”")
        value = values[found[1]]
        if found[2] is not None:
            return str(conditional_escape(found[2] if value in (1, "1") else found[3]))
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return dates.grouped(value)
        return str(conditional_escape(value))

    words = _escaped(phrase)
    return mark_safe(_HOLE.sub(fill, words)) if "{" in words else words  # noqa: S308 (every part escaped above)


@lru_cache(maxsize=5000, typed=True)  # a safe phrase and the same one that is not are two
def _escaped(phrase: str) -> SafeString:
    return conditional_escape(phrase)


# --- Times ---------------------------------------------------------------------------------------------------------


def _moment(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime) and timezone.is_naive(value):
        return timezone.make_aware(value)
    return value if isinstance(value, date) else None


def _time_tag(value: date, words: Text, extra: str = "") -> SafeString:
    stamp = (
        dates.local(value).isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()
    )
    return format_html(
        '<time class="when{}" datetime="{}" title="{}"><span>{}</span></time>',
        extra,
        stamp,
        dates.exact(value),
        words,
    )


@register.filter(is_safe=True)
def when(value: Any, now: datetime | None = None) -> SafeString | str:
    """今天 14:00, 明天, 周五, 3 天前; exact on hover and in print. `|when:now` where the page has its own now."""
    moment = _moment(value)
    return "" if moment is None else _time_tag(moment, dates.said(moment, now or system_clock()))


@register.filter(is_safe=True)
def planned(value: Any, now: datetime | None = None) -> SafeString | str:
    """As `when`, for what stands in a diary: 今天 14:00 where `when` says 20 分钟前."""
    moment = _moment(value)
    return (
        "" if moment is None else _time_tag(moment, dates.said(moment, now or system_clock(), planned=True))
    )


@register.filter(is_safe=True)
def overdue(value: Any, now: datetime | None = None) -> SafeString | str:
    """逾期 2 小时 in the seal's red, or nothing while there is time."""
    moment = _moment(value)
    words = dates.overdue(moment, now or system_clock()) if isinstance(moment, datetime) else None
    return "" if words is None or moment is None else _time_tag(moment, words, " bad")


@register.filter
def day(value: Any, form: str = "") -> str:
    """2026年11月23日; `|day:"short"` 11月23日 周一; `|day:"full"` with year and weekday."""
    moment = _moment(value)
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        moment = dates.local(moment).date()
    if form == "short":
        words, weekday = dates.month_day(moment), dates.weekday(moment)
        return str(Text(f"{words.zh} {weekday.zh}", f"{weekday.en} {words.en}"))
    return str(dates.exact(moment) if form == "full" else dates.month_day(moment, year=True))


@register.filter
def clock(value: Any) -> str:
    """14:00 in the company's zone."""
    moment = _moment(value)
    return f"{dates.local(moment):%H:%M}" if isinstance(moment, datetime) else ""


@register.filter
def duration(value: Any) -> str:
    """2 小时, 1 小时 20 分, 3 天; from a timedelta or a number of minutes."""
    if isinstance(value, int | float | Decimal):
        value = timedelta(minutes=float(value))
    return str(dates.span(value)) if isinstance(value, timedelta) else ""


# --- Numbers -------------------------------------------------------------------------------------------------------


@register.filter
def number(value: Any, places: int | None = None) -> str:
    """1,234; `|number:1` with one decimal."""
    return "" if value is None else dates.grouped(value, places)


@register.filter
def money(value: Any) -> str:
    """¥1,234.50 from a Decimal, or from the text that facts hold."""
    try:
        return f"¥{Decimal(str(value)):,.2f}"
    except InvalidOperation:
        return ""


@register.filter
def percent(value: Any, places: int = 0) -> str:
    """0.92 -> 92%; nothing measured -> –."""
    return "–" if value in (None, "") else f"{float(value) * 100:.{places}f}%"


# --- Small things --------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: Any = "", size: str = "") -> SafeString:
    """`{% icon "phone" %}`; `label=` where it stands alone; `size="l"` for 20 px."""
    return draw_icon(name, label=str(label), size=size)


@register.simple_tag
def state(name: str, label: Any = "") -> SafeString:
    """`{% state "late" %}`: the badge of a state known to states.py, icon and word; other words stay neutral."""
    known = states.get(name)
    return format_html(
        '<span class="badge badge-{}">{}{}</span>',
        known.tone,
        draw_icon(known.icon) if known.icon else "",
        label or known.text,
    )


@register.simple_tag
def as_refusal(refusal: Refused | RefusalView) -> RefusalView:
    """What `ui/refusal.html` shows, from the kernel's Refused or from a view made of it."""
    return view_of(refusal) if isinstance(refusal, Refused) else refusal


@register.simple_tag
def clause(number: str, label: Any = "") -> SafeString:
    """`{% clause "R1.3" %}`: link to the clause in the regulations, or its number where nobody has that page."""
    if not number:
        return mark_safe("")
    url = url_of("regulations.clause", clause=number)
    words = format_html("{} {}", number, label) if label else number
    if not url:
        return format_html('<span class="clause">{}</span>', words)
    return format_html('<a class="clause" href="{}">{}</a>', url, words)


def url_of(page: str, **kwargs: Any) -> str:
    """The address of a page, or '' where this installation has no such page."""
    try:
        return address(page, **kwargs)
    except NoReverseMatch:
        return ""


@register.simple_tag
def page_url(page: str, **kwargs: Any) -> str:
    """Like Django's url, but '' for a page that does not exist here: shared templates may name pages above them."""
    return url_of(page, **kwargs)


@register.simple_tag
def sparkline(values: Any, label: Any = "", target: Any = None) -> SafeString:
    """A row of numbers as a small line, with its words for who cannot see it."""
    return sparks.line(list(values or []), label=str(label), target=target)


@register.simple_tag(takes_context=True)
def panels(context: template.Context, place: str, subject: Any = None) -> list[Any]:
    """`{% panels "customer" subject=account as shown %}` then `{% include "ui/panels.html" with panels=shown %}`."""
    request = context["request"]
    now = context.get("now") or system_clock()
    return list(shown_panels(place, request.user, subject, now))


@register.simple_tag(takes_context=True)
def link_with(context: template.Context, **changes: Any) -> str:
    """The present address with some query values changed ('' takes one away): for filters, tabs, sorting."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in ("", None):
            query[name] = str(value)
    return "?" + query.urlencode()


@register.filter(is_safe=True)
def diff(before: Any, after: Any) -> SafeString:
    """`{{ before|diff:after }}`: what went and what came, in words."""
    return word_diff(str(before or ""), str(after or ""))


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`{{ row|get:column.key }}`."""
    return mapping.get(key, "") if hasattr(mapping, "get") else getattr(mapping, str(key), "")
