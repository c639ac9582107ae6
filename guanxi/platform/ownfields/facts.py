"""What the journal remembers of definitions. Labels are the company's own words: they lie beside the facts."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

SUBJECT = "own_field"
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
