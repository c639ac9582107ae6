"""What may be done to messages: settling (by the worker), sending again, and a person's own wishes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from guanxi.platform.kernel import Action, ActionInput, Bad, Context, Invalid, NotFound, Text, action, ask
from guanxi.platform.people.rights import EVERYBODY

from .definitions import all_templates
from .models import OPEN, UNDELIVERED, OutgoingMessage, Preference, State


@action
class Settle(Action):
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

    def load(self, ctx: Context, data: Any) -> OutgoingMessage:
        row = OutgoingMessage.objects.filter(pk=data.message).first()
        if row is None:
            raise NotFound("message", data.message)
        return row

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
class SendAgain(Action):
    """Send a message again that was refused, given up or uncertain."""

    name = "messages.send_again"
    label = Text("重新发送", "Send again")
    permission = "messages.manage"
    writes = ("message.sent_again",)
    subject = "message"

    class Input(ActionInput):
        message: int = ask("邮件", "Message", of="message")

    def load(self, ctx: Context, data: Any) -> OutgoingMessage:
        row = OutgoingMessage.objects.filter(pk=data.message).first()
        if row is None:
            raise NotFound("message", data.message)
        return row

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
    """Switch one kind of message on or off, for oneself."""

    name = "messages.set_preference"
    label = Text("设置通知", "Set a notification")
    permission = EVERYBODY
    writes = ("message.preference_set",)
    subject = "person"

    class Input(ActionInput):
        template: str = ask("通知种类", "Kind of message", max_length=80)
        on: bool = ask("接收", "Receive")

        @field_validator("template")
        @classmethod
        def _optional(cls, name: str) -> str:
            template = all_templates().get(name)
            if template is None:
                raise Bad("没有这种通知", "There is no such message")
            if not template.optional:
                raise Bad("这种通知不能关闭", "This message cannot be switched off")
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
