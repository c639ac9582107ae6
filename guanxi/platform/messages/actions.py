"""What may be done to messages: settling (by the worker), sending again, reading, and a person's own wishes.

That somebody has read a message is nobody else's business: it makes no fact.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, field_validator

from guanxi.platform.kernel import Action, ActionInput, Bad, Context, Invalid, NotFound, Text, action, ask
from guanxi.platform.people.rights import EVERYBODY
from guanxi.platform.people.settings_registry import value

from .definitions import all_templates
from .models import OPEN, UNDELIVERED, InboxMessage, OutgoingMessage, Preference, QuietHours, State
from .quiet import length


class OnMessage(Action):
    """One message of the outbox."""

    permission = "messages.manage"
    subject = "message"

    class Input(ActionInput):
        message: int = ask("邮件", "Message", of="message")

    def load(self, ctx: Context, data: Any) -> OutgoingMessage:
        row = OutgoingMessage.objects.filter(pk=data.message).first()
        if row is None:
            raise NotFound("message", data.message)
        return row


@action
class Settle(OnMessage):
    """Say what became of a message. Those to customers and those that failed stand in the journal."""

    name = "messages.settle"
    label = Text("记录发信结果", "Settle a message")
    permission = "messages.manage"
    writes = ("message.sent", "message.failed")
    subject = "message"
    by_system = True
    internal = True

    class Input(ActionInput):
        message: int = ask("邮件", "Message", of="message")
        state: Literal["sent", "refused", "failed", "uncertain"] = ask("结果", "Outcome")
        error: dict[str, str] = ask("原因", "Reason", {})

    def run(self, ctx: Context, data: Any, subject: OutgoingMessage) -> OutgoingMessage:
        subject.state = State(data.state)
        subject.error = data.error
        subject.lease_until = None
        subject.sent_at = ctx.now if subject.state == State.SENT else None
        subject.save(update_fields=["state", "error", "lease_until", "sent_at"])
        held = {"template": subject.template, "channel": subject.channel, "attempts": subject.attempts}
        about = ("message", subject.pk)
        if subject.state != State.SENT:
            ctx.emit(
                "message.failed",
                subject=about,
                customer=subject.customer_id,
                data={**held, "state": data.state},
                texts={"title": subject.subject, "error": data.error.get("zh", "")},
            )
        elif subject.customer_id is not None:
            ctx.emit(
                "message.sent",
                subject=about,
                customer=subject.customer_id,
                data=held,
                texts={"title": subject.subject},
            )
        return subject


@action
class SendAgain(OnMessage):
    """Send a message again that was refused, given up or uncertain."""

    name = "messages.send_again"
    label = Text("重新发送", "Send again")
    permission = "messages.manage"
    writes = ("message.sent_again",)
    subject = "message"

    def run(self, ctx: Context, data: Any, subject: OutgoingMessage) -> OutgoingMessage:
        if subject.state not in UNDELIVERED:
            waiting = subject.state in OPEN
            raise Invalid.field(
                "message",
                "这封邮件还在发送中" if waiting else "这封邮件已处理完毕，不能重发",
                "It is still being sent" if waiting else "It is settled and cannot be sent again",
            )
        if not subject.text or not subject.address:
            raise Invalid.field("message", "邮件内容已清除，不能重发", "Its content has been cleared")
        was = str(subject.state)
        subject.state, subject.next_at = State.WAITING, ctx.now
        subject.attempts, subject.first_tried_at, subject.error = 0, None, {}
        subject.save(update_fields=["state", "next_at", "attempts", "first_tried_at", "error"])
        ctx.emit(
            "message.sent_again",
            subject=("message", subject.pk),
            customer=subject.customer_id,
            data={"template": subject.template, "was": was},
        )
        return subject


@action
class SetPreference(Action):
    """Choose for oneself whether one kind of message comes by e-mail too. It stands in the inbox in any case."""

    name = "messages.set_preference"
    label = Text("设置消息", "Choose how messages come")
    permission = EVERYBODY
    writes = ("message.preference_set",)
    subject = "person"

    class Input(ActionInput):
        template: str = ask("消息种类", "Kind of message", max_length=80)
        on: bool = ask("也发邮件", "By e-mail too")

        @field_validator("template")
        @classmethod
        def _optional(cls, name: str) -> str:
            template = all_templates().get(name)
            if template is None:
                raise Bad("没有这类消息", "There is no such message")
            if not template.optional:
                raise Bad("这类消息始终也发邮件", "This kind always comes by e-mail too")
            return name

    def load(self, ctx: Context, data: Any) -> Any:
        return ctx.actor

    def run(self, ctx: Context, data: Any, subject: Any) -> Any:
        Preference.objects.update_or_create(
            person=subject, template=data.template, channel="email", defaults={"on": data.on}
        )
        ctx.emit(
            "message.preference_set",
            subject=("person", subject.pk),
            data={"template": data.template, "channel": "email", "on": data.on},
        )
        return subject


class OwnMessage(Action):
    """One message of one's own inbox."""

    permission = EVERYBODY
    subject = "inbox_message"

    class Input(ActionInput):
        message: int = ask("消息", "Message", of="inbox_message")

    def load(self, ctx: Context, data: Any) -> InboxMessage:
        row = InboxMessage.objects.filter(pk=data.message, person=ctx.actor.pk).first()
        if row is None:
            raise NotFound("inbox_message", data.message)
        return row


@action
class MarkRead(OwnMessage):
    """Mark a message of one's own as read."""

    name = "messages.mark_read"
    label = Text("标为已读", "Mark as read")

    def run(self, ctx: Context, data: Any, subject: InboxMessage) -> InboxMessage:
        if subject.read_at is None:
            subject.read_at = ctx.now
            subject.save(update_fields=["read_at"])
        return subject


@action
class MarkUnread(OwnMessage):
    """Mark a message of one's own as unread."""

    name = "messages.mark_unread"
    label = Text("标为未读", "Mark as unread")

    def run(self, ctx: Context, data: Any, subject: InboxMessage) -> InboxMessage:
        subject.read_at = None
        subject.save(update_fields=["read_at"])
        return subject


@action
class MarkAllRead(Action):
    """Mark all messages of one's own as read. Returns the moment, by which it can be taken back."""

    name = "messages.mark_all_read"
    label = Text("全部标为已读", "Mark all as read")
    permission = EVERYBODY
    subject = "person"

    def load(self, ctx: Context, data: Any) -> Any:
        return ctx.actor

    def run(self, ctx: Context, data: Any, subject: Any) -> datetime | None:
        marked = InboxMessage.objects.filter(person=subject.pk, read_at=None).update(read_at=ctx.now)
        return ctx.now if marked else None


@action
class UnmarkAllRead(Action):
    """Take back that all messages were marked as read: those marked at that moment are unread again."""

    name = "messages.unmark_all_read"
    label = Text("撤销全部已读", "Take back 'all read'")
    permission = EVERYBODY
    subject = "person"

    class Input(ActionInput):
        at: AwareDatetime = ask("标记时间", "Marked at", widget="hidden")

    def load(self, ctx: Context, data: Any) -> Any:
        return ctx.actor

    def run(self, ctx: Context, data: Any, subject: Any) -> int:
        return InboxMessage.objects.filter(person=subject.pk, read_at=data.at).update(read_at=None)


REST_DAYS = (
    ("company", Text("按公司规定", "As the company has it")),
    ("quiet", Text("不发邮件", "No e-mail")),
    ("mail", Text("照发邮件", "E-mail as on any day")),
)


@action
class SetQuietHours(Action):
    """Choose one's own quiet hours for e-mail, within what the company allows; left empty, the company's hold."""

    name = "messages.set_quiet_hours"
    label = Text("设置免打扰时段", "Set quiet hours")
    permission = EVERYBODY
    writes = ("message.quiet_hours_set",)
    subject = "person"

    class Input(ActionInput):
        since: time | None = ask(
            "开始", "From", None, hint=Text("都留空则按公司时段", "Both empty: the company's")
        )
        until: time | None = ask("结束", "To", None)
        rest_days: Literal["company", "quiet", "mail"] = ask(
            "非工作日", "Days off", "company", widget="radio", choices=REST_DAYS
        )

    def load(self, ctx: Context, data: Any) -> Any:
        return ctx.actor

    def run(self, ctx: Context, data: Any, subject: Any) -> QuietHours:
        since, until, most = data.since, data.until, int(value("mail.own_quiet_hours"))
        if (since is None) != (until is None):
            field = "since" if since is None else "until"
            raise Invalid.field(field, "开始和结束都要填，或都留空", "Give both, or leave both empty")
        if since is not None and until is not None:
            since, until = since.replace(second=0, microsecond=0), until.replace(second=0, microsecond=0)
            if since == until:
                raise Invalid.field("until", "结束不能与开始相同", "It cannot end when it begins")
            if not most:
                raise Invalid.field(
                    "since", "公司统一规定免打扰时段", "The company's quiet hours hold for all"
                )
            if length((since, until)) > timedelta(hours=most):
                raise Invalid.field(
                    "until", f"公司规定最长 {most} 小时", f"The company allows at most {most} hours"
                )
        hours = f"{since:%H:%M}-{until:%H:%M}" if since is not None else ""
        chosen = {"hours": hours, "rest_days": data.rest_days}
        row, _ = QuietHours.objects.update_or_create(person=subject, defaults=chosen)
        ctx.emit(
            "message.quiet_hours_set",
            subject=("person", subject.pk),
            data={
                "since": f"{since:%H:%M}" if since is not None else None,
                "until": f"{until:%H:%M}" if until is not None else None,
                "rest_days": data.rest_days,
            },
        )
        return row


@action
class DoNotDisturb(Action):
    """Have no e-mail until a moment; without one, that is over. What is urgent comes all the same."""

    name = "messages.do_not_disturb"
    label = Text("暂不打扰", "Do not disturb")
    permission = EVERYBODY
    writes = ("message.undisturbed",)
    subject = "person"

    class Input(ActionInput):
        until: AwareDatetime | None = ask(
            "直到", "Until", None, hint=Text("留空为结束暂不打扰", "Empty: no longer"), widget="datetime"
        )

    def load(self, ctx: Context, data: Any) -> Any:
        return ctx.actor

    def run(self, ctx: Context, data: Any, subject: Any) -> QuietHours:
        most = int(value("mail.undisturbed_days"))
        if data.until is not None:
            if data.until <= ctx.now:
                raise Invalid.field("until", "请填写以后的时间", "Please give a time to come")
            if data.until > ctx.now + timedelta(days=most):
                raise Invalid.field(
                    "until", f"公司规定最长 {most} 天", f"The company allows at most {most} days"
                )
        row, _ = QuietHours.objects.update_or_create(person=subject, defaults={"until_at": data.until})
        said = data.until.isoformat() if data.until is not None else None
        ctx.emit("message.undisturbed", subject=("person", subject.pk), data={"until": said})
        return row
