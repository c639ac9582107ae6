"""What groups customers beside their kinds: tags of the company's own. (The parent company is a column of the account.)"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower

from guanxi.platform.people.models import Person


class Tag(models.Model):
    """A word that the company sorts customers by. Retired ones are offered no more; who has one keeps it."""

    name = models.CharField(max_length=30)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("-active", "name")
        constraints = (models.UniqueConstraint(Lower("name"), name="tag_name_once"),)

    def __str__(self) -> str:
        return self.name


class Tagged(models.Model):
    """A customer's tag."""

    customer = models.ForeignKey(
        "customers.Account", on_delete=models.CASCADE, related_name="tagged", db_index=False
    )
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="tagged", db_index=False)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ("tag__name",)
        constraints = (models.UniqueConstraint(fields=["customer", "tag"], name="tagged_once"),)
        indexes = (models.Index(fields=["tag", "customer"], name="tagged_tag"),)

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.customer_id}"
