"""Taking back what people were told of something that holds no more: the message says so, and no e-mail goes any more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from guanxi.platform.kernel import Text

from .models import InboxMessage, OutgoingMessage, State


def withdraw(key: str, *, customer: int, said: Text, now: datetime) -> int:
    """Put `said` in place of the words of every message whose key begins so; how many stood in inboxes.

    Nobody need look at them any more: they count as read. What a mail server has is out of reach, and its receiver finds
    here that it holds no more.
    """
    words = {"zh": said.zh, "en": said.en}
    with transaction.atomic():
        told = InboxMessage.objects.filter(customer_id=customer, key__startswith=key)
        count = told.update(title=words, body=words, read_at=Coalesce(F("read_at"), now))
        OutgoingMessage.objects.filter(customer_id=customer, key__startswith=key, state=State.WAITING).update(
            state=State.SKIPPED, error=words, subject=said.zh, text="", html=""
        )
    return count
