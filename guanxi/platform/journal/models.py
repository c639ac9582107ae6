"""The journal's tables. Facts are only ever added; triggers in both databases refuse anything else."""

from __future__ import annotations

from typing import Any

from django.db import models


class Fact(models.Model):
    """Something that happened. See docs/reference/norms.md for each column's meaning."""

    seq = models.BigIntegerField(primary_key=True)
    key = models.CharField(max_length=160, unique=True)
    recorded_at = models.DateTimeField()
    happened_at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    kind_version = models.PositiveSmallIntegerField()
    actor_id = models.BigIntegerField(null=True)
    on_behalf_of_id = models.BigIntegerField(null=True)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40, null=True)  # noqa: DJ001 (None: about no row)
    customer_id = models.BigIntegerField(null=True)
    data = models.JSONField()
    text_commitment = models.BinaryField(null=True)
    caused_by = models.BigIntegerField(null=True)
    salt = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        indexes = (
            models.Index(fields=["customer_id", "-seq"], name="fact_customer"),
            models.Index(fields=["subject_kind", "subject_id", "seq"], name="fact_subject"),
            models.Index(fields=["kind", "seq"], name="fact_kind"),
            models.Index(fields=["actor_id", "-seq"], name="fact_actor"),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    @property
    def about(self) -> tuple[str, str | None]:
        return (self.subject_kind, self.subject_id)

    @property
    def now_data(self) -> dict[str, Any]:
        """The data in the shape of the kind's newest version."""
        from guanxi.platform.kernel.facts import read_data

        return read_data(self.kind, self.kind_version, self.data)


class FactText(models.Model):
    """Free and personal text of a fact, beside it, so that it can be erased and the chain stays whole."""

    fact = models.OneToOneField(
        Fact, primary_key=True, on_delete=models.DO_NOTHING, related_name="words", db_constraint=False
    )
    salt = models.BinaryField()
    body = models.JSONField()

    def __str__(self) -> str:
        return f"text of {self.fact_id}"


class Head(models.Model):
    """The newest link of the chain. One row; whoever writes holds it."""

    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(default=bytes(32))
    recorded_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"head at {self.seq}"


class Call(models.Model):
    """A caller's key and what it led to: the same call twice writes once. Actor 0 is the system."""

    actor_id = models.BigIntegerField(default=0)
    action = models.CharField(max_length=80)
    key = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    first_seq = models.BigIntegerField(null=True)
    last_seq = models.BigIntegerField(null=True)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40, null=True)  # noqa: DJ001 (None: about no row)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["actor_id", "action", "key"], name="call_key"),)

    def __str__(self) -> str:
        return f"{self.action} {self.key}"


class RefusalTally(models.Model):
    """Equal refusals within a minute of the first; summed into one more fact when the minute ends."""

    actor_id = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64)
    first_seq = models.BigIntegerField()
    until = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["actor_id", "digest"], name="refusal_tally"),)

    def __str__(self) -> str:
        return f"{self.count} x {self.first_seq}"


class Reader(models.Model):
    """How far a reader of the journal has come: each fact is told once."""

    name = models.CharField(max_length=60, primary_key=True)
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.seq}"
