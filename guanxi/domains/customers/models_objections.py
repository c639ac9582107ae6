"""What customers hold against us: each objection with our answer, what help was given, and whether it is settled."""

from __future__ import annotations

from django.db import models

from guanxi.platform.people.models import Person


class Objection(models.Model):
    """An objection of a customer. answer: what we say to it; help: what we did about it."""

    OPEN, SETTLED = "open", "settled"

    customer = models.ForeignKey(
        "customers.Account", on_delete=models.PROTECT, related_name="objections", db_index=False
    )
    contact = models.ForeignKey(
        "customers.Contact", null=True, blank=True, on_delete=models.PROTECT, related_name="objections"
    )
    product = models.ForeignKey(
        "customers.Product", null=True, blank=True, on_delete=models.PROTECT, related_name="objections"
    )
    what = models.CharField(max_length=500)
    answer = models.CharField(max_length=1000, blank=True)
    help = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=8, default=OPEN)
    visit_id = models.BigIntegerField(null=True, blank=True)
    raised_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["customer", "state", "-id"], name="objection_customer"),
            models.Index(fields=["-raised_at", "id"], name="objection_raised"),
        )

    def __str__(self) -> str:
        return self.what
