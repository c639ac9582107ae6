"""The outbox: what is to be sent, to whom, and how far it has come. Written by `queue`, `deliver` and the actions."""

from __future__ import annotations

from django.db import models

from guanxi.platform.kernel import Text


class State(models.TextChoices):
    """How far a message has come."""

    WAITING = "waiting"
    CLAIMED = "claimed"  # a worker has it; nothing has been handed over
    HANDING = "handing"  # being handed to the mail server: whoever dies here leaves it uncertain
    SENT = "sent"
    REFUSED = "refused"  # the receiving side will not have it
    FAILED = "failed"  # given up after days
    UNCERTAIN = "uncertain"  # the worker died while handing it over
    SKIPPED = "skipped"  # the person has switched it off


STATE_WORDS = {
    State.WAITING: Text("待发", "Waiting"),
    State.CLAIMED: Text("正在发送", "Being sent"),
    State.HANDING: Text("正在发送", "Being sent"),
    State.SENT: Text("已发出", "Sent"),
    State.REFUSED: Text("对方拒收", "Refused"),
    State.FAILED: Text("发送失败", "Failed"),
    State.UNCERTAIN: Text("不确定是否送达", "Perhaps sent"),
    State.SKIPPED: Text("本人已关闭此通知", "Switched off by the person"),
}
OPEN = (State.WAITING, State.CLAIMED, State.HANDING)
UNDELIVERED = (State.REFUSED, State.FAILED, State.UNCERTAIN)


class OutgoingMessage(models.Model):
    """One message to one address. `key` makes it one: queueing under the same key again changes nothing."""

    key = models.CharField(max_length=200, unique=True)
    channel = models.CharField(max_length=20, default="email")
    template = models.CharField(max_length=80)
    language = models.CharField(max_length=8)
    person = models.ForeignKey(
        "people.Person", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    customer_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    address = models.CharField(max_length=254)
    address_name = models.CharField(max_length=120, blank=True)
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField()
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    first_tried_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["state", "next_at"], name="outgoing_due"),
            models.Index(
                fields=["-sent_at"], name="outgoing_sent", condition=models.Q(sent_at__isnull=False)
            ),
            models.Index(fields=["person", "-created_at"], name="outgoing_person"),
        )

    def __str__(self) -> str:
        return f"{self.template} → {self.address}"

    @property
    def error_text(self) -> Text:
        """Why it has not been sent, in both languages."""
        return Text.of(self.error)

    @property
    def state_text(self) -> Text:
        return STATE_WORDS[State(self.state)]


class Attachment(models.Model):
    """A file that goes with a message."""

    message = models.ForeignKey(OutgoingMessage, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name


class Preference(models.Model):
    """A person's wish for one kind of message; where there is none, it is sent."""

    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="message_preferences")
    template = models.CharField(max_length=80)
    channel = models.CharField(max_length=20, default="email")
    on = models.BooleanField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["person", "template", "channel"], name="message_preference"),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.template} {'on' if self.on else 'off'}"
