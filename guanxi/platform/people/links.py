"""Whose account at the company's provider, in WeCom or in DingTalk is whose here.

An account that is linked opens. One that is not is linked by itself only to somebody who never chose a password of their
own, by the e-mail address that the provider has verified: an administrator keeps the addresses, and must not come into
anybody's place by writing another one there. Everybody else links it once, under 我的账号.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from . import holds
from .models import Link, Person
from .oidc import Known


def linked(known: Known) -> Person | None:
    """The person whose account this is, if they work here."""
    found = Link.objects.filter(issuer=known.issuer, subject=known.subject, person__is_active=True)
    row = found.select_related("person").first()
    return row.person if row else None


def newcomer(known: Known, now: datetime) -> Person | None:
    """The one person with this verified address, who has no account linked and never had a password of their own."""
    if not known.email:
        return None
    found = list(Person.objects.filter(email__iexact=known.email, is_active=True)[:2])
    if len(found) != 1 or holds.chose_their_own(found[0], now):
        return None
    return None if link_of(found[0], known.issuer) else found[0]


def link_of(person: Any, issuer: str) -> Link | None:
    """The account of somebody that is linked, at this provider."""
    found: Link | None = Link.objects.filter(person=person.pk, issuer=issuer).first()
    return found
