"""What the journal remembers of definitions. Labels are the company's own words: they lie beside the facts."""

from collections.abc import Callable, Mapping

from guanxi.platform.kernel import FactKind, Text, fact_kind

SUBJECT = "own_field"
CONVERTED: list[str] = []
"""The kinds of facts about rows whose values changed their type."""


def converted_name(subject: str) -> str:
    return f"{subject}.field_converted"


def converted_kind(subject: str, more: Callable[[], Mapping[str, str]]) -> None:
    """Declare, for a kind of row, the fact that a value of its own fields was brought into another type."""
    made = fact_kind(
        FactKind(
            converted_name(subject),
            subject,
            Text("自定义字段换类型", "Own field in another type"),
            fields={"changed": "list[str]", "retyping": "int"},
            texts=("changes",),
            more=more,
            sentence=Text("字段换了类型：{changed}", "In another type: {changed}"),
            icon="refresh-cw",
        )
    )
    if made.name not in CONVERTED:
        CONVERTED.append(made.name)


_FIELDS = {"of": "str", "key": "str", "type": "str", "version": "int"}

DEFINED = fact_kind(
    FactKind(
        "own_field.defined",
        SUBJECT,
        Text("新增自定义字段", "Own field defined"),
        fields=_FIELDS,
        texts=("label", "changes"),
        sentence=Text("新增自定义字段“{label}”", "Defined the field “{label}”"),
        icon="plus",
        on_timeline=False,
    )
)
CHANGED = fact_kind(
    FactKind(
        "own_field.changed",
        SUBJECT,
        Text("修改自定义字段", "Own field changed"),
        fields=_FIELDS | {"changed": "list[str]"},
        texts=("label", "changes"),
        sentence=Text("修改自定义字段“{label}”：{changed}", "Changed the field “{label}”: {changed}"),
        icon="pen-line",
        on_timeline=False,
    )
)
RETIRED = fact_kind(
    FactKind(
        "own_field.retired",
        SUBJECT,
        Text("停用自定义字段", "Own field retired"),
        fields=_FIELDS,
        texts=("label",),
        sentence=Text("停用自定义字段“{label}”", "Retired the field “{label}”"),
        icon="archive",
        on_timeline=False,
    )
)
RESTORED = fact_kind(
    FactKind(
        "own_field.restored",
        SUBJECT,
        Text("恢复自定义字段", "Own field restored"),
        fields=_FIELDS,
        texts=("label",),
        sentence=Text("恢复自定义字段“{label}”", "Restored the field “{label}”"),
        icon="refresh-cw",
        on_timeline=False,
    )
)
RETYPE_BEGUN = fact_kind(
    FactKind(
        "own_field.retype_begun",
        SUBJECT,
        Text("开始换字段类型", "Change of type begun"),
        fields=_FIELDS | {"to": "str"},
        texts=("label",),
        sentence=Text("开始换字段“{label}”的类型", "Began to change the type of the field “{label}”"),
        icon="refresh-cw",
        on_timeline=False,
    )
)
RETYPED = fact_kind(
    FactKind(
        "own_field.retyped",
        SUBJECT,
        Text("换了字段类型", "Own field changed to another type"),
        fields=_FIELDS | {"was": "str", "converted": "int", "emptied": "int"},
        texts=("label", "changes"),
        sentence=Text(
            "换了字段“{label}”的类型：{converted} 个值换好，{emptied} 个留空",
            "Changed the type of the field “{label}”: {converted} values brought over, {emptied} left empty",
        ),
        icon="refresh-cw",
        on_timeline=False,
    )
)
RETYPE_STOPPED = fact_kind(
    FactKind(
        "own_field.retype_stopped",
        SUBJECT,
        Text("没有换字段类型", "Change of type stopped"),
        fields=_FIELDS | {"to": "str", "unfit": "int"},
        texts=("label",),
        sentence=Text(
            "没有换字段“{label}”的类型：{unfit} 个值不能换",
            "The type of the field “{label}” stays: {unfit} values cannot be brought over",
        ),
        icon="circle-x",
        on_timeline=False,
    )
)
