"""Who looked at which customer. By number, not by key: a look stays what it was when the customer is merged or goes."""

from __future__ import annotations

from django.db import models

from guanxi.platform.people.models import Person


class Look(models.Model):
    """Somebody opened a page of a customer. Once an hour for each person and page; of a key customer each time."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer_id = models.BigIntegerField(null=True, blank=True)
    """None where a program read a whole list."""
    contact_id = models.BigIntegerField(null=True, blank=True)
    page = models.CharField(max_length=40)
    """The name of the page in the registry; with `api:` before it where a program read its list."""
    at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(fields=["customer_id", "at"], name="look_customer"),
            models.Index(fields=["person", "at"], name="look_person"),
            models.Index(fields=["at"], name="look_at"),
        )

    def __str__(self) -> str:
        return f"{self.person_id} at {self.customer_id}"
