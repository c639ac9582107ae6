"""Who follows a customer, and how far each person has looked at its timeline. A person's own; nobody else reads it."""

from __future__ import annotations

from django.db import models

from guanxi.platform.people.models import Person


class Following(models.Model):
    """Somebody is told what changes at a customer. Goes with the customer into the one it is merged into."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="followings")
    since = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "customer"], name="following_once"),)

    def __str__(self) -> str:
        return f"{self.person_id} → {self.customer_id}"


class Looked(models.Model):
    """The newest fact of a customer's timeline that a person has had before them, and when. Stays with the row looked at:
    after a merger it is as if one had not looked yet."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "customer"], name="looked_once"),)

    def __str__(self) -> str:
        return f"{self.person_id}: {self.customer_id} up to {self.seq}"
