"""Fact kinds that belong to no domain: attempts at gates, the clock, corrections."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

GATE_PASSED = fact_kind(
    FactKind(
        "gate.passed",
        subject="*",
        label=Text("通过关口", "Gate passed"),
        fields={"action": "str", "values": "map", "waived": "list[str]", "warned": "list[str]"},
        on_timeline=False,
    )
)
ACTION_REFUSED = fact_kind(
    FactKind(
        "action.refused",
        subject="*",
        label=Text("被拒绝的操作", "Action refused"),
        fields={
            "action": "str",
            "reason": "str",  # gate | right
            "clauses": "list[str]",
            "controls": "list[str]",
            "permission": "str",
            "values": "map",
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
        fields={"corrects": "int", "by_action": "str"},
        texts=("reason",),
        sentence=Text("更正了第 {corrects} 条记录", "Corrected record {corrects}"),
        icon="undo-2",
    )
)
