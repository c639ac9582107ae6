"""All that I owe, beyond the first lines on Today."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from guanxi.platform.kernel import Text, system_clock
from guanxi.platform.ui.registry import page

from .. import obligation_lines
from ..obligation_lines import LONG


def mine(request: HttpRequest) -> HttpResponse:
    """My duties from a mark on, or those overdue for long; only the lines where more of them are asked for."""
    now = system_clock()
    after, long = request.GET.get("after", ""), request.GET.get("long") == "1"
    found = obligation_lines.portion(request.user, now, after=after, long=long)
    only_lines = "HX-Request" in request.headers and "X-Drawer" not in request.headers
    template = "regulations/duty_portion.html" if only_lines else "regulations/mine.html"
    context = {"portion": found, "now": now, "continued": bool(after), "long": long, "days": LONG.days}
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


page(
    "regulations.mine",
    "regulations/mine/",
    mine,
    label=Text("我的义务", "My duties"),
    methods=("GET", "HEAD"),
)
