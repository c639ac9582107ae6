"""Where the packs' guides and records stand on the pages of visits."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from guanxi.platform.kernel import Text
from guanxi.platform.ownfields.sql import Kept, kept_in
from guanxi.platform.regulations.surface import guide_place, record_form, shows

from .models import Visit
from .words import OWN_STEPS, pairs


def _seen(person: Any) -> QuerySet[Visit]:
    from . import reads

    return reads.visible(person).select_related("customer")


kept_in(
    "visit",
    Kept(
        Text("拜访", "Visits"),
        Visit,
        "planned_at",
        customer=lambda row: row.customer_id,
        visible=_seen,
        said=lambda row: f"{row.customer.called} {timezone.localtime(row.planned_at):%Y-%m-%d}",
        url=lambda row: reverse("visits.detail", kwargs={"visit": row.pk}),
        steps=pairs(OWN_STEPS),
    ),
)

KIT_CODES = (
    "brochures",
    "business_cards",
    "notebook",
    "pen",
    "overview_sheet",
    "promotional_items",
    "gifts",
    "record_tools",
)
"""The lines of the kit checklist that ship with Guanxi; a company may add its own."""

PLACES = ("visits.prepare", "visits.acknowledge_promotions", "visits.check_in", "visits.report")
for _place in PLACES:
    guide_place(_place)


def _site_check(person: Any) -> Mapping[str, Any] | None:
    """A visit of the person's own at which the place can be looked over."""
    from . import reads
    from .models import CHECKED_IN, COMPLETED

    mine = reads.visible(person).filter(owner=person.pk, state__in=(CHECKED_IN, COMPLETED))
    found = mine.order_by("-planned_at").first()
    return {"visit": found.pk, "kind": "site_check"} if found else None


record_form(
    "visits.report",
    (),
    shows(
        "visits.report",
        {
            "needs_count": "needs",
            "conflict_said": "conflict",
            "information_count": "information",
            "help_said": "help",
        },
    ),
)
record_form("visits.capture", (), shows("visits.capture", {"lines": "text"}))
record_form(
    "kit-checklist", KIT_CODES, shows("visits.kit-check", {code: f"packed={code}" for code in KIT_CODES})
)
CHECKS = ("logo", "material", "tidiness")
record_form(
    "on-site-check",
    CHECKS,
    shows("visits.capture", {check: f"checks={check}" for check in CHECKS}, sample=_site_check),
)
record_form(
    "visit-record-card", ("visited_on", "visitor", "contact", "purpose", "outcome"), shows("visits.card")
)
