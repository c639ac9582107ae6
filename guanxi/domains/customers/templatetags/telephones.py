"""Telephone numbers that can be tapped: each of several in a field for itself."""

from __future__ import annotations

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from .. import reads

register = template.Library()


@register.filter
def dial(text: str) -> SafeString:
    """The numbers of a field, each a link where it can be dialled: {{ account.phone|dial }}."""
    return format_html_join("，", "{}", ((_link(number),) for number in reads.numbers(text)))


def _link(number: reads.Number) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', number.url, number.shown) if number.url else number.shown
