"""What the journal remembers of messages: those to customers, and those that failed."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

SENT = fact_kind(
    FactKind(
        "message.sent",
        subject="message",
        label=Text("已发信", "Message sent"),
        fields={"template": "str", "channel": "str", "attempts": "int"},
        texts=("title",),
        sentence=Text("发出“{title}”", "Sent “{title}”"),
        icon="mail",
    )
)
FAILED = fact_kind(
    FactKind(
        "message.failed",
        subject="message",
        label=Text("发信失败", "Message failed"),
        # state: refused (by the receiving side), failed (given up), uncertain (nobody knows whether it arrived)
        fields={"template": "str", "channel": "str", "attempts": "int", "state": "str"},
        texts=("title", "error"),
        sentence=Text("未能发出“{title}”：{error}", "Could not send “{title}”: {error}"),
        icon="mail-x",
    )
)
AGAIN = fact_kind(
    FactKind(
        "message.sent_again",
        subject="message",
        label=Text("重新发送", "Sent again"),
        fields={"template": "str", "was": "str"},
        icon="mail",
        on_timeline=False,
    )
)
PREFERRED = fact_kind(
    FactKind(
        "message.preference_set",
        subject="person",
        label=Text("通知设置", "Notification preference"),
        fields={"template": "str", "channel": "str", "on": "bool"},
        icon="bell",
        on_timeline=False,
    )
)
QUIET = fact_kind(
    FactKind(
        "message.quiet_hours_set",
        subject="person",
        label=Text("设置免打扰时段", "Quiet hours set"),
        fields={"since": "str?", "until": "str?", "rest_days": "str"},
        icon="moon",
        on_timeline=False,
    )
)
UNDISTURBED = fact_kind(
    FactKind(
        "message.undisturbed",
        subject="person",
        label=Text("暂不打扰", "Do not disturb"),
        fields={"until": "timestamp?"},
        icon="moon",
        on_timeline=False,
    )
)
