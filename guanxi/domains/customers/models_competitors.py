"""Who else wants our customers, and what was seen or heard of them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from guanxi.platform.people.models import Person


class Competitor(models.Model):
    """A competitor, with what we conclude from all that was observed: the advantage sheet of R1.14.3."""

    name = models.CharField(max_length=80)
    strengths = models.CharField(max_length=1000, blank=True)
    weaknesses = models.CharField(max_length=1000, blank=True)
    advantages = models.CharField(max_length=1000, blank=True)
    """What we do better, as it is told to customers."""
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("-active", "name")
        constraints = (models.UniqueConstraint(Lower("name"), name="competitor_name_once"),)

    def __str__(self) -> str:
        return self.name


class Observation(models.Model):
    """What somebody saw or heard of a competitor, at a customer or in general (customer None)."""

    competitor = models.ForeignKey(
        Competitor, on_delete=models.PROTECT, related_name="observations", db_index=False
    )
    customer = models.ForeignKey(
        "customers.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="observations"
    )
    offer = models.CharField(max_length=200, blank=True)
    text = models.CharField(max_length=1000)
    leaning = models.CharField(max_length=10)
    source = models.CharField(max_length=12)
    observed_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ("-observed_on", "-id")
        indexes = (
            models.Index(fields=["competitor", "-observed_on", "-id"], name="observation_competitor"),
            models.Index(fields=["-observed_on", "-id"], name="observation_newest"),
        )

    def __str__(self) -> str:
        return self.text
