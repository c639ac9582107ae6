"""Fact kinds of regulations: versions on their way, and the engine's own (whose shape the engine fixes)."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

fact_kind(
    FactKind(
        "regulation.drafted",
        subject="version",
        label=Text("起草制度版本", "Version drafted"),
        fields={"regulation": "str", "number": "int", "based_on": "int?"},
    )
)
fact_kind(
    FactKind(
        "regulation.parameter_changed",
        subject="version",
        label=Text("修改参数", "Parameter changed"),
        fields={"regulation": "str", "number": "int", "parameter": "str", "before": "str", "after": "str"},
    )
)
fact_kind(
    FactKind(
        "regulation.submitted",
        subject="version",
        label=Text("提交制度版本", "Version submitted"),
        fields={"regulation": "str", "number": "int", "hash": "str", "from": "timestamp"},
    )
)
fact_kind(
    FactKind(
        "regulation.returned",
        subject="version",
        label=Text("退回制度版本", "Version returned"),
        fields={"regulation": "str", "number": "int"},
    )
)
fact_kind(
    FactKind(
        "regulation.approved",
        subject="version",
        label=Text("批准制度版本", "Version approved"),
        fields={"regulation": "str", "number": "int", "hash": "str", "from": "timestamp"},
    )
)
fact_kind(
    FactKind(
        "regulation.discarded",
        subject="version",
        label=Text("放弃草案", "Draft discarded"),
        fields={"regulation": "str", "number": "int"},
    )
)

# The engine's own kinds, as guanxi.cores.norms.catalogue.RESERVED declares them.
fact_kind(FactKind("norms.ticked", subject="*", label=Text("时间推进", "Time passed"), on_timeline=False))
fact_kind(
    FactKind(
        "norms.version_in_force",
        subject="*",
        label=Text("制度版本生效", "Version in force"),
        fields={"regulation": "str", "version": "str", "from": "timestamp?"},
    )
)
fact_kind(
    FactKind(
        "norms.rolled",
        subject="*",
        label=Text("推行新版本", "Roll-out step"),
        fields={"task": "int", "stage": "str", "ids": "map", "done": "bool"},
        on_timeline=False,
    )
)
fact_kind(
    FactKind(
        "norms.waived",
        subject="obligation",
        label=Text("豁免义务", "Obligation waived"),
        fields={"reason": "str?", "approval": "str?"},
        texts=("words",),
    )
)
for _verb, _label in (("suspended", Text("暂停义务", "Suspended")), ("resumed", Text("恢复义务", "Resumed"))):
    fact_kind(
        FactKind(
            f"norms.{_verb}",
            subject="*",
            label=_label,
            fields={"control": "str?", "reason": "str?"},
            texts=("words",),
        )
    )
for _verb, _label in (("reminded", Text("提醒", "Reminded")), ("escalated", Text("上报", "Escalated"))):
    fact_kind(
        FactKind(
            f"norms.{_verb}",
            subject="obligation",
            label=_label,
            fields={"number": "int", "to": "str", "at": "timestamp"},
            on_timeline=False,
        )
    )
fact_kind(
    FactKind(
        "norms.gate_waived",
        subject="*",
        label=Text("例外批准", "Gate waived"),
        fields={"regulation": "str", "control": "str", "until": "timestamp?", "approval": "str?"},
    )
)
fact_kind(
    FactKind(
        "norms.asked",
        subject="*",
        label=Text("经过关口", "Gate asked"),
        fields={
            "action": "str",
            "values": "map",
            "open_duties": "map",
            "passed": "bool",
            "failed": "map",
            "waived": "map",
        },
        on_timeline=False,
    )
)
fact_kind(
    FactKind(
        "norms.period_closed",
        subject="*",
        label=Text("期间定稿", "Period closed"),
        fields={"period": "str", "up_to": "int"},
        on_timeline=False,
    )
)
fact_kind(
    FactKind(
        "norms.measure_frozen",
        subject="*",
        label=Text("指标定稿", "Measure frozen"),
        fields={
            "regulation": "str",
            "control": "str",
            "period": "str",
            "up_to": "int",
            "figures": "map",
            "parts": "map",
        },
        on_timeline=False,
    )
)
fact_kind(
    FactKind(
        "waiver.asked",
        subject="waiver",
        label=Text("申请豁免", "Waiver asked for"),
        fields={"clause": "str", "control": "str", "obligation": "str?"},
        texts=("reason",),
    )
)
