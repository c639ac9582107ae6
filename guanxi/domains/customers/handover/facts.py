"""What the journal remembers of a hand-over. What went over stands in facts of its own: assigned, handed over, reassigned."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

_WHO = {"giver": "ref:person", "taker": "ref:person"}
_COUNTS = {name: "int" for name in ("customers", "promises", "visits", "duties")}

fact_kind(
    FactKind(
        "handover.arranged",
        "handover",
        Text("安排交接", "Hand-over arranged"),
        fields={**_WHO, **_COUNTS, "leaves": "bool", "whole": "bool"},
        texts=("note",),
        sentence=Text("安排 {giver} 向 {taker} 交接", "Arranged that {giver} hands over to {taker}"),
        icon="handshake",
    )
)
fact_kind(
    FactKind(
        "handover.signed",
        "handover",
        Text("交接签字", "Hand-over signed"),
        fields={
            **_WHO,
            "side": "str",
            "hash": "str",
            "how": "str",
        },  # side: gives, takes; how: password, code
        icon="pen-line",
    )
)
fact_kind(
    FactKind(
        "handover.excused",
        "handover",
        Text("免移交人签字", "Signature of who hands over excused"),
        fields=_WHO,
        texts=("reason",),
        icon="pen-line",
    )
)
fact_kind(
    FactKind(
        "handover.cancelled",
        "handover",
        Text("取消交接", "Hand-over cancelled"),
        fields=_WHO,
        texts=("reason",),
        icon="circle-slash",
    )
)
fact_kind(
    FactKind(
        "handover.completed",
        "handover",
        Text("完成交接", "Hand-over completed"),
        fields={**_WHO, **_COUNTS, "leaves": "bool", "whole": "bool", "hash": "str", "excused": "bool"},
        sentence=Text("{giver} 已向 {taker} 交接", "{giver} handed over to {taker}"),
        icon="handshake",
    )
)
fact_kind(
    FactKind(
        "handover.letter_changed",
        "handover",
        Text("修改致客户函", "Letter to customers changed"),
        fields=_WHO,
        icon="mail",
        on_timeline=False,
    )
)
fact_kind(
    FactKind(
        "promise.handed_over",
        "promise",
        Text("移交承诺", "Promise handed over"),
        fields={"promise": "ref", "owner": "ref", "before": "ref"},
        texts=("what",),
        sets={"owner": "owner"},
        sentence=Text(
            "承诺“{what}”改由 {owner} 负责（原 {before}）", "“{what}” is {owner}'s now ({before} before)"
        ),
        icon="hand-helping",
    )
)
