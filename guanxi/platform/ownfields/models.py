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
    told = models.JSONField(default=dict, db_default={})
    """Under which names and as what the journal has held its values in earlier types: {"own.floor": "int"}."""
    retired_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    changing = models.BooleanField(default=False)
    """Its values are being brought into another type: until they all are, the field is out of sight."""
    stamp = models.BigIntegerField()
    """Another number after each change: the sum of all tells every process whether what it knows still holds."""

    class Meta:
        ordering = ("subject", "order", "id")
        constraints: ClassVar[Any] = (
            models.UniqueConstraint(fields=["subject", "key"], name="own_field_key"),
        )

    def __str__(self) -> str:
        return self.label_zh


class Retyping(models.Model):
    """One change of a field's type: what it was, what it becomes, and how far its values are."""

    CHECKING, CONVERTING, REFILLING, DONE, REFUSED = "checking", "converting", "refilling", "done", "refused"

    field = models.ForeignKey(OwnField, on_delete=models.PROTECT, related_name="retypings")
    back_of = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="taken_back_by"
    )
    """The change that this one takes back."""
    was_type = models.CharField(max_length=10)
    was_rules = models.JSONField(default=dict)
    to_type = models.CharField(max_length=10)
    to_rules = models.JSONField(default=dict)
    unfit = models.CharField(max_length=8)
    """What becomes of values that do not fit: refuse (nothing is changed while there are any) or empty."""
    state = models.CharField(max_length=12)
    cursor = models.BigIntegerField(default=0)
    """The last row (or, of what is taken back, fact) that was looked at."""
    converted = models.PositiveIntegerField(default=0)
    emptied = models.PositiveIntegerField(default=0)
    first_seq = models.BigIntegerField(default=0)
    """The newest fact before it began: what it wrote stands behind."""
    by = models.ForeignKey("people.Person", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.field_id}: {self.was_type} to {self.to_type}"
