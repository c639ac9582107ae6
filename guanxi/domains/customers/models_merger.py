"""Customers that turned out to be one: which went, into which, and all that is needed to part them again."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from guanxi.platform.people.models import Person


class Merger(models.Model):
    """One customer merged into another.

    gone: id of the customer whose row went; it leads to `into` ever after, unless the merger is taken back.
    first_into: `into` as it was; another where that customer was merged on later.
    name: the one that is no longer used; the customer is found under it still.
    kept: what parting needs (see `actions/merging.py`): the row, the rows that moved, what changed on the other.
    """

    gone = models.BigIntegerField()
    into = models.ForeignKey("customers.Account", on_delete=models.PROTECT, related_name="mergers")
    first_into = models.BigIntegerField()
    name = models.CharField(max_length=120)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    kept = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="merged_once"),
        )

    def __str__(self) -> str:
        return f"{self.gone} into {self.into_id}"
