"""Keeping who looked at a customer (decision 11): after the answer has gone out, so that no reader waits for it; before it
goes out where it is a key customer, whom nobody sees without its being kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from guanxi.platform.kernel import Clock, Text, system_clock
from guanxi.platform.people.settings_registry import between, setting, value

from ..models import Account
from ..models_looks import Look

log = logging.getLogger("guanxi.security")
ONCE_IN = timedelta(hours=1)
MONTHS = "privacy.looks_months"
PORTION = 2000
BY_PROGRAM = "api:"
_NOTED = "_looks"

setting(
    MONTHS,
    int,
    24,
    Text("谁看过哪家客户：保存多少个月", "Who looked at which customer: months kept"),
    hint=Text("0 为不限；到期后夜间自动清除", "0 for no limit; then cleared by night"),
    check=between(0, 240),
)


class Noted(NamedTuple):
    """A look that is to be kept."""

    person: int
    customer: int | None
    contact: int | None
    page: str
    key: bool


def note(request: HttpRequest, account: Account, page: str, contact: int | None = None) -> None:
    """Somebody opens a page of this customer. It is kept if the page is answered."""
    person: Any = request.user
    noted = Noted(person.pk, account.pk, contact, page, account.key)
    request.__dict__.setdefault(_NOTED, []).append(noted)


def note_list(request: HttpRequest, page: str) -> None:
    """A program reads the list of this page."""
    person: Any = request.user
    noted = Noted(person.pk, None, None, f"{BY_PROGRAM}{page}"[:40], False)
    request.__dict__.setdefault(_NOTED, []).append(noted)


class LooksAreKept:
    """Keeps what pages have noted, of answers that showed something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        noted: list[Noted] = getattr(request, _NOTED, [])
        if noted and response.status_code == 200:
            for one in noted:
                if one.key:
                    _keep(one)
            later = [one for one in noted if not one.key]
            if later:
                _after(response, later)
        return response


def _after(response: HttpResponse, noted: list[Noted]) -> None:
    close = response.close

    def closing() -> None:
        try:
            for one in noted:
                _keep(one)
        except DatabaseError as error:
            log.error("looks not kept: %s (%s)", noted, error)
        finally:
            close()

    response.close = closing  # type: ignore[method-assign]


def _keep(one: Noted) -> None:
    now = system_clock()
    rows = Look.objects.filter(
        customer_id=one.customer, person=one.person, page=one.page, contact_id=one.contact
    )
    if one.key or not rows.filter(at__gt=now - ONCE_IN).exists():
        Look.objects.create(
            person_id=one.person,
            customer_id=one.customer,
            contact_id=one.contact,
            page=one.page,
            at=now,
        )


def clear_old(clock: Clock) -> int:
    """Delete looks older than the company's period, in portions; how many went."""
    months: int = value(MONTHS)
    if not months:
        return 0
    before, gone = clock() - timedelta(days=months * 30.44), 0
    while True:
        ids = list(Look.objects.filter(at__lt=before).order_by("at").values_list("pk", flat=True)[:PORTION])
        if not ids:
            return gone
        gone += Look.objects.filter(pk__in=ids).delete()[0]
