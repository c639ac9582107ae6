"""What the journal remembers of saved views. Names and conditions are free text: they lie beside the facts."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

_AUDIENCE = {"list": "str", "audience": "str", "department": "ref?"}

SAVED = fact_kind(
    FactKind(
        "view.saved",
        "saved_view",
        Text("保存视图", "View saved"),
        fields=_AUDIENCE,
        texts=("name", "query"),
        sentence=Text("保存视图“{name}”", "Saved the view “{name}”"),
        on_timeline=False,
    )
)
CHANGED = fact_kind(
    FactKind(
        "view.changed",
        "saved_view",
        Text("修改视图", "View changed"),
        fields=_AUDIENCE | {"audience_before": "str", "department_before": "ref?", "version": "int?"},
        texts=("name", "query", "name_before", "query_before"),
        sentence=Text("修改视图“{name}”", "Changed the view “{name}”"),
        on_timeline=False,
    )
)
DELETED = fact_kind(
    FactKind(
        "view.deleted",
        "saved_view",
        Text("删除视图", "View deleted"),
        fields={"list": "str"},
        texts=("name",),
        sentence=Text("删除视图“{name}”", "Deleted the view “{name}”"),
        on_timeline=False,
    )
)
RESTORED = fact_kind(
    FactKind(
        "view.restored",
        "saved_view",
        Text("恢复视图", "View restored"),
        fields={"list": "str"},
        texts=("name",),
        sentence=Text("恢复视图“{name}”", "Restored the view “{name}”"),
        on_timeline=False,
    )
)
FIRST = fact_kind(
    FactKind(
        "view.first_chosen",
        "person",
        Text("选择默认视图", "Default view chosen"),
        fields={"list": "str", "view": "str", "before": "str"},
        on_timeline=False,
    )
)
EXPORTED = fact_kind(
    FactKind(
        "list.exported",
        "list",
        Text("导出列表", "List exported"),
        # shape: the conditions without their values, which may name people; those lie in the texts.
        fields={
            "list": "str",
            "form": "str",
            "columns": "list[str]",
            "order": "str",
            "shape": "str",
            "view": "str",
            "typed": "bool",
            "rows": "int",
        },
        texts=("conditions", "query"),
        sentence=Text(
            "导出列表 {list}：{rows} 行（{form}）", "Exported the list {list}: {rows} rows ({form})"
        ),
        icon="download",
        on_timeline=False,
    )
)
