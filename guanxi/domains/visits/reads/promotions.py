"""Promotions of the month: which there are, and which of them somebody has not read as they now stand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from guanxi.domains.customers.models import Account, Promotion
from guanxi.platform.journal.quick import WORDS, Prepared, select

from ..models import Visit


def month_of(moment: datetime) -> str:
    """YYYY-MM of a moment in the company's zone."""
    return f"{timezone.localtime(moment):%Y-%m}"


def mark(promotion: Promotion) -> str:
    """What changes when the promotion's words or days change."""
    said = "\n".join((promotion.title, promotion.text, str(promotion.starts_on), str(promotion.ends_on)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def concerns(promotion: Promotion, customer: Account) -> bool:
    """Whether the promotion is meant for this customer."""
    return promotion.audience == "all" or promotion.audience in customer.kinds


_of_month: Prepared[Promotion] = Prepared(lambda: Promotion.objects.filter(month=WORDS[0], active=True))


def of_month(month: str, customer: Account | None = None) -> list[Promotion]:
    """The promotions of a month; those that concern this customer first."""
    found = _of_month(month)
    return sorted(found, key=lambda p: not concerns(p, customer)) if customer else found


_READ = """SELECT promotion_id, mark FROM visits_promotionread
    WHERE promotion_id = %s AND (person_id = %s OR visit_id = %s)"""


def unread(person_id: int, promotions: Sequence[Promotion], visit: Visit | None = None) -> list[Promotion]:
    """Those that this person has not read in their present words; what was read for this very visit counts too."""
    if not promotions:
        return []
    this = -1 if visit is None or not visit.pk else visit.pk
    values = [value for p in promotions for value in (p.pk, person_id, this)]
    known = set(select(" UNION ALL ".join([_READ] * len(promotions)), *values))
    return [p for p in promotions if (p.pk, mark(p)) not in known]


def open_for(visit: Visit) -> list[Promotion]:
    """The promotions of the visit's month that its owner still has to read before it."""
    return unread(visit.made_by, of_month(month_of(visit.planned_at), visit.customer), visit)
