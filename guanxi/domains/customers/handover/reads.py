"""What screens ask about hand-overs, starting from what a person may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from ..models_handover import ARRANGED, GIVES, TAKES, HandOver, HandOverSignature
from .permissions import READ


def visible_hand_overs(person: Any) -> QuerySet[HandOver]:
    """Those a person gives, takes or arranged; all with the right to see all."""
    if person.may(READ):
        return HandOver.objects.all()
    return HandOver.objects.filter(Q(giver=person.pk) | Q(taker=person.pk) | Q(arranged_by=person.pk))


def may_see_pack(person: Any, hand_over: HandOver) -> bool:
    """Whether a person sees what goes over: the two, who arranged it, and the general manager. The auditor sees that it
    was signed, and by whom, but no customer."""
    mine = (hand_over.giver_id, hand_over.taker_id, hand_over.arranged_by_id)
    return person.pk in mine or person.has_role("general_manager")


def signatures(hand_over: HandOver) -> dict[str, HandOverSignature]:
    """The newest signature of each side."""
    return {s.side: s for s in hand_over.signatures.select_related("person").order_by("pk")}


def signed_sides(hand_over: HandOver, hash: str) -> set[str]:
    """The sides whose newest signature is under this content."""
    return {side for side, s in signatures(hand_over).items() if s.hash == hash}


def waiting_for(person: Any) -> QuerySet[HandOver]:
    """The open ones that this person signs."""
    rows = HandOver.objects.filter(Q(giver=person.pk) | Q(taker=person.pk), state=ARRANGED)
    return rows.select_related("giver", "taker").prefetch_related("signatures")


def side_of(person: Any, hand_over: HandOver) -> str:
    """On which side somebody signs; '' for neither."""
    return {hand_over.giver_id: GIVES, hand_over.taker_id: TAKES}.get(person.pk, "")
