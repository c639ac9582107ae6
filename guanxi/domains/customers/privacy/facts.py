"""What the journal remembers of what was done with a contact's data: that it was, never what it was."""

from guanxi.platform.kernel import FactKind, Text, fact_kind
from guanxi.platform.kernel.personal import erases

EXPORTED, ERASED, AGAIN = "contact.exported", "contact.erased", "contacts.erase_again"

fact_kind(
    FactKind(
        EXPORTED,
        "contact",
        Text("导出个人信息", "Personal data exported"),
        fields={"contact": "ref", "form": "str", "entries": "int"},
        sentence=Text(
            "导出联系人 {contact} 的个人信息（{entries} 条）",
            "Exported the data of contact {contact} ({entries} entries)",
        ),
        icon="download",
    )
)
fact_kind(
    FactKind(
        ERASED,
        "contact",
        Text("抹除个人信息", "Personal data erased"),
        fields={
            "contact": "ref",
            "erase_reason": "str",
            "texts": "int",
            "entries": "int",
            "active": "bool",
            "decision_role": "str",
            "channel": "str",
        },
        texts=("note",),
        sets={"active": "active", "decision_role": "decision_role", "channel": "channel"},
        sentence=Text(
            "抹除联系人 {contact} 的个人信息（{erase_reason}）：日志旁文字 {texts} 条，其他 {entries} 处 {note}",
            "Erased the data of contact {contact} ({erase_reason}): {texts} texts of the journal, {entries} other places {note}",
        ),
        icon="trash-2",
    )
)
erases(
    ERASED,
    AGAIN,
    lambda told: {
        "contact": int(told["contact"]),
        "reason": told["erase_reason"],
        "note": told.get("note") or "",
    },
)
