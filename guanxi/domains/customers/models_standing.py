"""What happened to a customer's credit, and what was decided about how it is looked after."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from guanxi.platform.people.models import Person


class CreditEvent(models.Model):
    """Something that bears on a customer's credit: what, when, and why once that is known.

    before, after: credit grades, '' where there was none or it did not change. `happened_on` is the day it happened,
    as the customer or the books say.
    """

    customer = models.ForeignKey(
        "customers.Account", on_delete=models.PROTECT, related_name="credit_events", db_index=False
    )
    kind = models.CharField(max_length=12)
    before = models.CharField(max_length=1, blank=True)
    after = models.CharField(max_length=1, blank=True)
    happened_on = models.DateField()
    detail = models.CharField(max_length=500)
    cause_code = models.CharField(max_length=12, blank=True)
    cause = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    cause_at = models.DateTimeField(null=True, blank=True)
    cause_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-happened_on", "-id")
        indexes = (
            models.Index(fields=["customer", "-happened_on", "-id"], name="credit_customer"),
            models.Index(fields=["customer"], name="credit_unexplained", condition=Q(cause_code="")),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.happened_on}"

    @property
    def down(self) -> bool:
        """Whether the credit grade fell: A is the best."""
        return bool(self.before and self.after) and self.after > self.before


class Review(models.Model):
    """How a customer is to be looked after from now on, decided after something changed.

    because: codes of what had changed (grade, credit, contact, silence, other).
    """

    customer = models.ForeignKey(
        "customers.Account", on_delete=models.PROTECT, related_name="reviews", db_index=False
    )
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    because = models.JSONField(default=list)
    decision = models.CharField(max_length=12)
    text = models.CharField(max_length=1000)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["customer", "-at"], name="review_customer"),)

    def __str__(self) -> str:
        return f"{self.decision} {self.at:%Y-%m-%d}"
