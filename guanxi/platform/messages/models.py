"""The outbox (what is to be sent, to whom, how far it has come), each person's inbox, and their wishes.

Written by `queue`, `deliver` and the actions.
"""

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
    SKIPPED = "skipped"  # not to be e-mailed: the person's wish, no address, or no longer theirs to see
    BUNDLED = "bundled"  # goes with others in one e-mail


STATE_WORDS = {
    State.WAITING: Text("待发", "Waiting"),
    State.CLAIMED: Text("正在发送", "Being sent"),
    State.HANDING: Text("正在发送", "Being sent"),
    State.SENT: Text("已发出", "Sent"),
    State.REFUSED: Text("对方拒收", "Refused"),
    State.FAILED: Text("发送失败", "Failed"),
    State.UNCERTAIN: Text("不确定是否送达", "Perhaps sent"),
    State.SKIPPED: Text("不发邮件", "Not e-mailed"),
    State.BUNDLED: Text("并入合并邮件", "In a joint e-mail"),
}
OPEN = (State.WAITING, State.CLAIMED, State.HANDING)
UNDELIVERED = (State.REFUSED, State.FAILED, State.UNCERTAIN)


class InboxMessage(models.Model):
    """One message as it stands in one person's inbox.

    title, body: {zh, en}. about_kind, about: the row it is about, as in `ui.subjects`; '' for none. path: where its link
    leads where that row is not it. in_place_of: who was away, where the deputy has it.
    """

    key = models.CharField(max_length=200, unique=True)
    template = models.CharField(max_length=80)
    person = models.ForeignKey("people.Person", on_delete=models.CASCADE, related_name="inbox")
    in_place_of = models.ForeignKey(
        "people.Person", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    title = models.JSONField()
    body = models.JSONField()
    about_kind = models.CharField(max_length=40, blank=True)
    about = models.CharField(max_length=40, blank=True)
    path = models.CharField(max_length=200, blank=True)
    customer_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["person", "-id"], name="inbox_person"),
            models.Index(fields=["person"], name="inbox_unread", condition=models.Q(read_at=None)),
            models.Index(fields=["read_at"], name="inbox_read", condition=models.Q(read_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.template} → {self.person_id}"


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
    inbox = models.ForeignKey(
        InboxMessage, null=True, blank=True, on_delete=models.SET_NULL, related_name="mails"
    )
    urgent = models.BooleanField(default=False)  # quiet hours do not hold it
    guarded = models.BooleanField(
        default=False
    )  # it speaks of what it is about: goes only to who may see that
    bundle = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="parts")
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
    """Whether a person wants one kind of message by e-mail too; where there is no row, they do."""

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


class QuietHours(models.Model):
    """A person's own quiet hours. Without a row, or where it leaves something open, the company's hold."""

    class RestDays(models.TextChoices):
        COMPANY = "company"
        QUIET = "quiet"
        MAIL = "mail"

    person = models.OneToOneField("people.Person", on_delete=models.CASCADE, related_name="quiet_hours")
    hours = models.CharField(max_length=11, blank=True)  # 21:00-08:00
    rest_days = models.CharField(max_length=8, choices=RestDays.choices, default=RestDays.COMPANY)
    until_at = models.DateTimeField(null=True, blank=True)
    """No e-mail before this moment."""

    def __str__(self) -> str:
        return f"{self.person_id}: {self.hours}"
