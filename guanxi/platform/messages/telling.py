"""Reading the journal so that each fact becomes messages once, whichever worker comes first."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.db import transaction

from guanxi.platform.journal.models import Fact, Reader

PORTION = 200


def told_once(reader: str, kinds: Collection[str], tell: Callable[[Fact], None]) -> int:
    """Hand `tell` the facts of these kinds since the last time, in order; how many there were."""
    read = 0
    while True:
        with transaction.atomic():
            place, _ = Reader.objects.select_for_update().get_or_create(name=reader)
            facts = list(Fact.objects.filter(seq__gt=place.seq, kind__in=kinds).order_by("seq")[:PORTION])
            if not facts:
                return read
            for fact in facts:
                tell(fact)
            place.seq = facts[-1].seq
            place.save(update_fields=["seq"])
            read += len(facts)
