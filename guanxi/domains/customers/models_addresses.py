"""Where else a customer is: beside the main address, which stands on the account itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from guanxi.platform.people.models import Person


class Address(models.Model):
    """One more address of a customer, with what it is for. `coordinates`: as on the account."""

    customer = models.ForeignKey("customers.Account", on_delete=models.PROTECT, related_name="addresses")
    kind = models.CharField(max_length=10)
    address = models.CharField(max_length=200)
    area = models.CharField(max_length=40, blank=True)
    lon = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    lat = models.DecimalField(max_digits=8, decimal_places=6, null=True, blank=True)
    coordinates = models.CharField(max_length=6, default="gcj02")
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ("kind", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True) | Q(lon__isnull=False, lat__isnull=False),
                name="address_position_whole",
            ),
        )

    def __str__(self) -> str:
        return self.address

    @property
    def called(self) -> str:
        """What a map writes beside the place."""
        return self.address
