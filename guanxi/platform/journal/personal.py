"""What the journal holds of people: see `guanxi.platform.kernel.personal`. docs/decisions/0010 says how it is erased."""

from __future__ import annotations

from guanxi.platform.kernel import Text
from guanxi.platform.kernel.personal import holds, holds_nothing

holds(
    "journal.FactText",
    words=("body",),
    plain=("salt",),
    what=Text(
        "日志旁的文字：姓名、号码、备注、原因（不在链上）",
        "Texts beside the journal: names, numbers, notes, reasons (not in the chain)",
    ),
    why=Text("客户经过和凭证", "Timeline and evidence"),
    seen_by=Text("看得到该客户的人、审计员", "Who sees the customer; the auditor"),
    kept=Text("长期", "For good"),
    erased=Text(
        "与该联系人有关的整条删除，盐一并删除；链保持完整，核验说明由第几条记录抹除",
        "Those of the contact are deleted with their salt; the chain stays whole, and verifying says by which fact",
    ),
)
holds_nothing(
    "journal.Fact", "key", "kind", "subject_kind", "subject_id", "data", "text_commitment", "salt", "hash"
)
holds_nothing("journal.Head", "hash")
holds_nothing("journal.Call", "action", "key", "digest", "subject_kind", "subject_id")
holds_nothing("journal.RefusalTally", "digest")
holds_nothing("journal.Reader", "name")
