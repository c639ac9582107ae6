"""Fact kinds that belong to no domain: attempts without the right, the clock, corrections."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

ACTION_REFUSED = fact_kind(
    FactKind(
        "action.refused",
        subject="*",
        label=Text("被拒绝的操作", "Action refused"),
        fields={
            "action": "str",
            "permission": "str",
            "source": "str",
            "call": "str",
        },
        sentence=Text("尝试{action}被拒绝", "Tried {action}, refused"),
        icon="ban",
        on_timeline=False,
    )
)
REFUSED_AGAIN = fact_kind(
    FactKind(
        "action.refused_again",
        subject="*",
        label=Text("同样的尝试又被拒绝", "Refused again"),
        fields={"first": "int", "count": "int"},
        on_timeline=False,
    )
)
CLOCK_SET_BACK = fact_kind(
    FactKind(
        "journal.clock_set_back",
        subject="journal",
        label=Text("系统时钟被回拨", "Clock set back"),
        fields={"clock": "timestamp", "newest": "timestamp"},
        on_timeline=False,
    )
)
CORRECTED = fact_kind(
    FactKind(
        "journal.corrected",
        subject="*",
        label=Text("更正", "Correction"),
        fields={"fact": "int", "data": "map", "happened_at": "timestamp?"},
        texts=("reason",),
        sentence=Text("更正了第 {fact} 条记录", "Corrected record {fact}"),
        icon="undo-2",
    )
)
ANNULLED = fact_kind(
    FactKind(
        "journal.annulled",
        subject="*",
        label=Text("撤销", "Undone"),
        fields={"fact": "int", "reason": "str?"},
        texts=("words",),
        sentence=Text("撤销了第 {fact} 条记录", "Undid record {fact}"),
        icon="undo-2",
    )
)
ERASED = fact_kind(
    FactKind(
        "journal.erased",
        subject="*",
        label=Text("抹除文字", "Texts erased"),
        fields={"facts": "list[int]"},
        sentence=Text("抹除了 {facts} 号记录旁的文字", "Erased the texts beside records {facts}"),
        icon="trash-2",
        on_timeline=False,
    )
)
