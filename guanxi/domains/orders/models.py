"""The orders of customers: what was ordered when, for how much, and who took it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from guanxi.domains.customers.models import Account, Product
from guanxi.platform.people.models import Person

from .words import HOME

CANCELLED = "cancelled"


class Order(models.Model):
    """One order. Returned goods are an order with an amount below nothing."""

    customer = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="orders", db_index=False)
    number = models.CharField(max_length=60, blank=True)
    """The number under which it is known; once in the company. '' where it has none."""
    ordered_on = models.DateField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default=HOME)
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    goods = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=10, default="open")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """Who took it, where that is somebody here."""
    taken_by = models.CharField(max_length=60, blank=True)
    """Who took it, where that is nobody here: the name as the source wrote it."""
    note = models.CharField(max_length=500, blank=True)
    brought_by = models.BigIntegerField(null=True, blank=True)
    """The import that entered it."""
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-ordered_on", "-id")
        indexes = (
            models.Index(fields=["customer", "-ordered_on", "-id"], name="order_customer"),
            models.Index(fields=["-ordered_on", "-id"], name="order_newest"),
        )
        constraints = (
            models.UniqueConstraint(fields=["number"], name="order_number_once", condition=~Q(number="")),
        )

    def __str__(self) -> str:
        return self.number or f"{self.ordered_on} {self.amount}"

    @property
    def what(self) -> str:
        """What was ordered: the product, what was written of it, or both."""
        parts = [self.product.name if self.product else "", self.goods]
        return "，".join(part for part in parts if part)

    @property
    def who(self) -> str:
        """Who took it."""
        return self.person.name if self.person else self.taken_by
