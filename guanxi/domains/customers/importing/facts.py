"""What the journal remembers of an import; each of its customers has facts of its own."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

STARTED = fact_kind(
    FactKind(
        "customers.import_started",
        subject="import",
        label=Text("开始导入", "Import started"),
        fields={
            "rows": "int",
            "sha256": "str",
            "manager_by": "str",
            "manager": "ref?",
            "what": "str?",
        },
        texts=("file",),
        sentence=Text("开始导入“{file}”，共 {rows} 行", "Started to import {file}: {rows} rows"),
        icon="upload",
    )
)
STOPPED = fact_kind(
    FactKind(
        "customers.import_stopped",
        subject="import",
        label=Text("停止导入", "Import stopped"),
        fields={"rows": "int", "done": "int"},
        sentence=Text("导入停在第 {done} 行（共 {rows} 行）", "Import stopped after {done} of {rows} rows"),
        icon="circle-x",
    )
)
SHOWN = fact_kind(
    FactKind(
        "customers.import_shown",
        subject="import",
        label=Text("显示已导入的客户", "Imported customers shown"),
        fields={"rows": "int", "done": "int"},
        sentence=Text(
            "显示已导入的客户：处理到第 {done} 行（共 {rows} 行）",
            "Showed what was imported up to row {done} of {rows}",
        ),
        icon="eye",
    )
)
IMPORTED = fact_kind(
    FactKind(
        "customers.imported",
        subject="import",
        label=Text("导入", "Imported"),
        fields={
            "rows": "int",
            "created": "int",
            "updated": "int",
            "duplicates": "int",
            "rejected": "int",
            "sha256": "str",
            "what": "str?",
        },
        texts=("file",),
        sentence=Text(
            "导入“{file}”：{rows} 行，新建 {created}，更新 {updated}，重复 {duplicates}，未导入 {rejected}",
            "Imported {file}: {rows} rows, {created} created, {updated} updated, {duplicates} duplicates, {rejected} rejected",
        ),
        icon="upload",
    )
)
UNDO_STARTED = fact_kind(
    FactKind(
        "customers.import_undo_started",
        subject="import",
        label=Text("开始撤销导入", "Undo of an import started"),
        fields={"rows": "int"},
        texts=("file",),
        sentence=Text(
            "开始撤销导入“{file}”，共 {rows} 行", "Started to undo the import of {file}: {rows} rows"
        ),
        icon="undo-2",
    )
)
UNDONE = fact_kind(
    FactKind(
        "customers.import_undone",
        subject="import",
        label=Text("撤销导入", "Import undone"),
        fields={"removed": "int", "put_back": "int", "kept": "int"},
        texts=("file",),
        sentence=Text(
            "撤销导入“{file}”：移除 {removed}，改回 {put_back} 行，保留 {kept} 行",
            "Undid the import of {file}: {removed} removed, {put_back} rows put back, {kept} rows kept",
        ),
        icon="undo-2",
    )
)
