"""Hand-overs and their signatures. What both signed is kept as it was; before that it is read anew each time."""

from __future__ import annotations

from django.db import models

from guanxi.platform.people.models import Person

ARRANGED, COMPLETED, CANCELLED = "arranged", "completed", "cancelled"
GIVES, TAKES = "gives", "takes"


class HandOver(models.Model):
    """One person hands over to another. `chosen`: the customers' ids where not everything goes over, else empty."""

    giver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="hand_overs_given")
    taker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="hand_overs_taken")
    arranged_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    arranged_at = models.DateTimeField()
    leaves = models.BooleanField(default=False)
    """The giver leaves the company: what is still theirs later belongs to the taker too."""
    chosen = models.JSONField(default=list, blank=True)
    note = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=10, default=ARRANGED)
    ended_at = models.DateTimeField(null=True, blank=True)
    excuse = models.CharField(max_length=300, blank=True)
    """Why the giver cannot sign."""
    content = models.JSONField(null=True, blank=True)
    """What was signed and went over, once it has."""
    content_hash = models.CharField(max_length=64, blank=True)
    letter = models.TextField(blank=True)
    """The letter to the customers, with placeholders; empty for the company's template."""

    class Meta:
        ordering = ("-arranged_at", "-id")
        indexes = (
            models.Index(fields=["state", "giver"], name="handover_giver"),
            models.Index(fields=["state", "taker"], name="handover_taker"),
        )
        constraints = (
            models.CheckConstraint(condition=~models.Q(giver=models.F("taker")), name="handover_between_two"),
        )

    def __str__(self) -> str:
        return f"{self.giver} → {self.taker}"

    @property
    def open(self) -> bool:
        return self.state == ARRANGED


class HandOverSignature(models.Model):
    """Somebody confirmed by password or code that the pack with this hash is right. The newest of a side counts."""

    hand_over = models.ForeignKey(HandOver, on_delete=models.CASCADE, related_name="signatures")
    side = models.CharField(max_length=5)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    hash = models.CharField(max_length=64)
    how = models.CharField(max_length=8)
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.person} {self.side} {self.hand_over_id}"
