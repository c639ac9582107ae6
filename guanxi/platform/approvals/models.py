"""Approvals, their steps, and who stands in for whom."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import models

from guanxi.platform.kernel import Text

if TYPE_CHECKING:
    from .kinds import ApprovalKind

WAITING, APPROVED, REFUSED, RETURNED, WITHDRAWN, VOID = (
    "waiting",
    "approved",
    "refused",
    "returned",
    "withdrawn",
    "void",
)
OPEN, LATER, SKIPPED = "open", "later", "skipped"
STATES: dict[str, Text] = {
    WAITING: Text("待批准", "Awaiting approval"),
    APPROVED: Text("已批准", "Approved"),
    REFUSED: Text("不批准", "Refused"),
    RETURNED: Text("退回修改", "Returned"),
    WITHDRAWN: Text("已撤回", "Withdrawn"),
    VOID: Text("已失效", "Void"),
}


class Approval(models.Model):
    """One request for approval, bound to the content it was asked for."""

    kind = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True, blank=True)
    title = models.JSONField()  # zh, en
    why = models.TextField(blank=True)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    changes = models.JSONField(default=list)  # label (zh, en), before, after
    clause = models.CharField(max_length=40, blank=True)
    requested_by = models.ForeignKey(
        "people.Person", null=True, on_delete=models.PROTECT, related_name="approvals_requested"
    )
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, default=WAITING)
    step = models.PositiveSmallIntegerField(default=1)
    decided_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["subject_kind", "subject_id", "state"], name="approval_subject"),
            models.Index(fields=["requested_by", "state", "-id"], name="approval_requester"),
            models.Index(fields=["state", "due_at"], name="approval_state"),
        )

    def __str__(self) -> str:
        return str(self.words)

    @property
    def words(self) -> Text:
        """Its title in both languages."""
        return Text.of(self.title)

    @property
    def waiting(self) -> bool:
        return self.state == WAITING

    @property
    def declared(self) -> ApprovalKind:
        from .kinds import get_approval_kind

        return get_approval_kind(self.kind)


class Step(models.Model):
    """One decision that an approval needs. Steps of one order stand side by side: any of them, or all."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=40, blank=True)
    person = models.ForeignKey(
        "people.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="approval_steps"
    )
    all = models.BooleanField(default=False)
    state = models.CharField(max_length=12, default=LATER)
    decided_by = models.ForeignKey(
        "people.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="approval_decisions"
    )
    on_behalf_of = models.ForeignKey(
        "people.Person", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    comment = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("order", "id")
        indexes = (
            models.Index(fields=["state", "role"], name="step_role"),
            models.Index(fields=["state", "person"], name="step_person"),
            models.Index(fields=["decided_by", "-decided_at"], name="step_decided"),
        )

    def __str__(self) -> str:
        return f"{self.approval_id}.{self.order} {self.role or self.person_id}"

    @property
    def whose(self) -> Text:
        """The role or person it waits for, in words."""
        from guanxi.platform.people.roles import ROLES

        if self.person is not None:
            return Text(self.person.name, self.person.name)
        return ROLES[self.role]


class Substitute(models.Model):
    """Somebody decides for somebody else, from a day to a day, for some kinds of approval or for all."""

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="substitutes")
    deputy = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="stands_in_for")
    since = models.DateField()
    until = models.DateField()
    kinds = models.JSONField(default=list)

    class Meta:
        indexes = (models.Index(fields=["deputy", "until"], name="substitute_deputy"),)

    def __str__(self) -> str:
        return f"{self.deputy} for {self.person}"

    def covers(self, kind: str, day: date) -> bool:
        """Whether it holds for a kind of approval on a day."""
        kinds: list[Any] = self.kinds
        return self.since <= day <= self.until and (not kinds or kind in kinds)
