"""The definitions. A field's values lie in the column `own` of the rows it belongs to, under its key."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class OwnField(models.Model):
    """One field. Never deleted: a retired one still says what its values mean."""

    subject = models.CharField(max_length=20)
    """The kind of row it belongs to, e.g. customer."""
    key = models.CharField(max_length=30)
    """Its name for programs, packs and files of settings: chosen once, never changed."""
    label_zh = models.CharField(max_length=40)
    label_en = models.CharField(max_length=60, blank=True)
    type = models.CharField(max_length=10)
    rules = models.JSONField(default=dict)
    """What its type allows: see `types.Rules`."""
    section = models.CharField(max_length=40, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    told_as = models.CharField(max_length=10, blank=True)
    """As what the journal has held its values so far; '' while it has held none."""
    retired_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    stamp = models.BigIntegerField()
    """Another number after each change: the sum of all tells every process whether what it knows still holds."""

    class Meta:
        ordering = ("subject", "order", "id")
        constraints: ClassVar[Any] = (
            models.UniqueConstraint(fields=["subject", "key"], name="own_field_key"),
        )

    def __str__(self) -> str:
        return self.label_zh
