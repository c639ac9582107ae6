"""Files that belong to a customer. The bytes lie in the data folder under a name of our own, what is said of them here."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from guanxi.platform.people.models import Person

from .models import Contact


class Attachment(models.Model):
    """A file at a customer, perhaps about one of its contacts.

    name: as it was called where it came from, a text only. stored: the name under which it lies, made of chance. kind: what
    its content is (`attachments/checking.py`). state: `waiting` for the scanner (nobody gets it), `clean`, `unscanned` where
    no scanner is set up, `infected` (the bytes are gone). removed_at: taken away; the bytes follow when nobody can undo it.
    """

    WAITING, CLEAN, UNSCANNED, INFECTED = "waiting", "clean", "unscanned", "infected"

    customer = models.ForeignKey("customers.Account", on_delete=models.PROTECT, related_name="attachments")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    note = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=8)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10)
    fault = models.CharField(max_length=200, blank=True)
    """Why it still waits, as the scanner put it."""
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["id"], name="attachment_waiting", condition=Q(state="waiting")),
            models.Index(
                fields=["removed_at"], name="attachment_gone", condition=Q(removed_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def may_be_fetched(self) -> bool:
        """Whether its bytes are given to who sees the customer."""
        return self.removed_at is None and self.state in (self.CLEAN, self.UNSCANNED)
