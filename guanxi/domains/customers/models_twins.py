"""Customers that may be one: pairs that a search found or a person judged, and how far a search is.

Working state, not history: what a person decided stands in the journal too.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from guanxi.platform.people.models import Person

OPEN, APART = "open", "apart"


class TwinPair(models.Model):
    """Two customers that may be the same, the one entered first first. Goes with either of them (a merger).

    score: 0 to 100, how likely; certain: a careful person would not ask. reasons: [code, zh, en] each. state: open (to be
    looked at) or apart (somebody decided that they are two; `why`).
    """

    first = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()
    certain = models.BooleanField(default=False)
    reasons = models.JSONField(default=list)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=5, default=OPEN)
    why = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-score", "id")
        indexes = (models.Index(fields=["state", "-score", "id"], name="twin_pair_score"),)
        constraints = (
            models.UniqueConstraint(fields=["first", "second"], name="twin_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="twin_pair_in_order"),
        )

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}?"


class TwinSearch(models.Model):
    """One search, customer after customer in the order of their ids.

    since: only customers changed since then; null for all. upto: the last customer there was when it began; at: the last
    one looked at. looked, found: customers looked at, pairs found. by: null where it ran by itself.
    """

    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    since = models.DateTimeField(null=True)
    upto = models.BigIntegerField()
    at = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField()
    looked = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"search of {self.started_at:%Y-%m-%d %H:%M}"
