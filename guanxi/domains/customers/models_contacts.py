"""What is known of a contact beside their record: whether they agreed to being reached, where else they worked."""

from __future__ import annotations

from django.db import models

from guanxi.platform.kernel import Text
from guanxi.platform.people.models import Person

from .words import CHANNELS, CONSENT_HOW, CONSENTS


class Consent(models.Model):
    """What a contact last said about being reached in one way. No row: they were not asked.

    said_on: the day they said so. how: code of how they said it; evidence: where that can be seen.
    """

    GIVEN, WITHDRAWN = "given", "withdrawn"

    contact = models.ForeignKey(
        "customers.Contact", on_delete=models.PROTECT, related_name="consents", db_index=False
    )
    channel = models.CharField(max_length=8)
    state = models.CharField(max_length=10)
    said_on = models.DateField()
    how = models.CharField(max_length=8)
    evidence = models.CharField(max_length=300, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("contact", "id")
        constraints = (models.UniqueConstraint(fields=["contact", "channel"], name="consent_once"),)

    def __str__(self) -> str:
        return f"{self.channel}: {self.state}"

    @property
    def in_words(self) -> str:
        """电话：已同意（书面，2026-03-01）展会登记表."""
        said = Text("{way}：{state}（{how}，{day}）{more}", "{way}: {state} ({how}, {day}) {more}").format(
            way=CHANNELS[self.channel],
            state=CONSENTS[self.state],
            how=CONSENT_HOW[self.how],
            day=self.said_on,
            more=self.evidence,
        )
        return str(said).strip()


class Employment(models.Model):
    """Where else a contact worked or works now. Where they are as a contact stands in their own record.

    customer: the employer where it is one of ours, found by its number, so that only who sees it reads its name;
    employer: its name where it is none. there: the same person's record at that customer. moved: told by
    a move, not entered by hand. since, until: as far as known.
    """

    contact = models.ForeignKey("customers.Contact", on_delete=models.PROTECT, related_name="employments")
    customer = models.ForeignKey(
        "customers.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="employed"
    )
    there = models.ForeignKey(
        "customers.Contact", null=True, blank=True, on_delete=models.PROTECT, related_name="known_from"
    )
    employer = models.CharField(max_length=120, blank=True)
    post = models.CharField(max_length=60, blank=True)
    moved = models.BooleanField(default=False)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("contact", "-id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(since__isnull=True)
                | models.Q(until__isnull=True)
                | models.Q(until__gte=models.F("since")),
                name="employment_ends_after",
            ),
        )

    def __str__(self) -> str:
        return self.employer or f"#{self.customer_id}"

    @property
    def in_words(self) -> str:
        """远达机械，技术员，2015-07-01 – 2019-06-30. A customer is named by its number only."""
        days = f"{self.since or ''} – {self.until or ''}" if self.since or self.until else ""
        return str(Text("，", ", ")).join(part for part in (str(self), self.post, days) if part)


class ContactMerger(models.Model):
    """One contact merged into another of the same customer who is the same person.

    gone: id of the contact whose row went; it leads to `into` ever after, unless the merger is taken back. first_into:
    `into` as it was; another where that contact was merged on. name: the one that went. kept: what parting needs (see
    `actions/contact_merging.py`).
    """

    gone = models.BigIntegerField()
    into = models.ForeignKey("customers.Contact", on_delete=models.PROTECT, related_name="mergers")
    first_into = models.BigIntegerField()
    name = models.CharField(max_length=60)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    kept = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["gone"], condition=models.Q(undone_at=None), name="contact_merged_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.gone} into {self.into_id}"
