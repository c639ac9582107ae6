"""That a copy of everything was made, failed, or took the place of what was here: an auditor sees it."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

TAKEN = fact_kind(
    FactKind(
        "backup.taken",
        subject="backup",
        label=Text("备份", "Backup taken"),
        fields={
            "size": "int",
            "rows": "int",
            "files": "int",
            "sealed": "bool",
            "facts": "int",
            "head": "str",
            "scheduled": "bool",
            "due": "timestamp?",
        },
        texts=("file", "folder", "machine"),
        sentence=Text("备份到 {folder}：{file}", "Backed up to {folder}: {file}"),
        icon="archive",
        on_timeline=False,
    )
)
FAILED = fact_kind(
    FactKind(
        "backup.failed",
        subject="backup",
        label=Text("备份失败", "Backup failed"),
        fields={"scheduled": "bool", "due": "timestamp?"},
        texts=("folder", "machine", "reason_zh", "reason_en"),
        sentence=Text("备份失败：{reason_zh}", "Backup failed: {reason_en}"),
        icon="triangle-alert",
        on_timeline=False,
    )
)
ASKED = fact_kind(
    FactKind(
        "backup.asked",
        subject="job",
        label=Text("要求备份", "Backup asked for"),
        sentence=Text("要求立即备份", "Asked for a backup now"),
        icon="archive",
        on_timeline=False,
    )
)
RESTORED = fact_kind(
    FactKind(
        "backup.restored",
        subject="backup",
        label=Text("从备份还原", "Restored from a backup"),
        fields={"made_at": "timestamp", "facts": "int", "head": "str"},
        sentence=Text(
            "从 {made_at} 的备份还原，日志到第 {facts} 条",
            "Restored the backup of {made_at}, the journal up to fact {facts}",
        ),
        icon="refresh-cw",
        on_timeline=False,
    )
)
