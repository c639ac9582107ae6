"""The register of numbers: which number was given to what. Rows are only ever added, inside the action that numbers."""

from __future__ import annotations

from django.db import models


class Numbered(models.Model):
    """One number. `n` counts within rule and period, from 1, without a gap."""

    rule = models.CharField(max_length=40)
    period = models.CharField(max_length=7, blank=True)
    """The year or month in which counting begins anew: 2026, 2026-03; blank where it never does."""
    n = models.PositiveIntegerField()
    number = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["rule", "period", "n"], name="number_counts_once"),
            models.UniqueConstraint(fields=["rule", "number"], name="number_is_given_once"),
            models.UniqueConstraint(fields=["rule", "subject_kind", "subject_id"], name="one_number_each"),
        )

    def __str__(self) -> str:
        return self.number
