"""What a contact said about being reached, beside the number by which they would be."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from guanxi.platform.kernel import Text
from guanxi.platform.ui.templatetags.t import icon

from .. import words
from ..models import Contact

register = template.Library()
NOT_ASKED = Text("未征询", "not asked")
WAYS_AT = {"phone": ("phone", "sms"), "wechat": ("wechat",), "email": ("email",)}
"""Which ways of being reached a field of the contact serves."""


@register.filter
def consent(contact: Contact, field: str) -> SafeString:
    """{{ contact|consent:"phone" }}: agreed, refused or not asked. The caller prefetches `consents`."""
    states = {row.channel: row.state for row in contact.consents.all()}
    ways = WAYS_AT[field]
    refused = [way for way in ways if states.get(way) == "withdrawn"]
    if refused:
        said = Text("不同意{ways}", "no {ways}").format(ways=words.said("channels", refused))
        return format_html('<span class="bad">{} {}</span>', icon("circle-slash"), said)
    if states.get(ways[0]) == "given":
        said = Text("已同意{way}联系", "agreed to: {way}").format(way=words.CHANNELS[ways[0]])
        return format_html('<span class="good" title="{}">{}<span class="visually-hidden">{}</span></span>',
                           said, icon("check"), said)  # fmt: skip
    return format_html('<span class="quiet">{}</span>', NOT_ASKED)
