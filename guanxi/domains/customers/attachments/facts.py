"""What happens to files at customers. Names lie in the texts, beside the chain."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

_FIELDS = {"attachment": "ref", "file_kind": "str", "size": "int", "contact": "ref?"}
_ADDED = {**_FIELDS, "visit": "ref?"}


def _kind(name: str, label: Text, sentence: Text, **more: object) -> None:
    texts = ("name", "note")
    fact_kind(FactKind(name, "attachment", label, texts=texts, sentence=sentence, icon="paperclip", **more))  # type: ignore[arg-type]


_kind(
    "attachment.added",
    Text("上传附件", "File attached"),
    Text("上传附件 {name}：{note}", "Attached {name}: {note}"),
    fields=_ADDED,
)
_kind(
    "attachment.removed",
    Text("删除附件", "File removed"),
    Text("删除附件 {name}：{note}", "Removed {name}: {note}"),
    fields=_FIELDS,
)
_kind(
    "attachment.given",
    Text("下载附件", "File downloaded"),
    Text("下载附件 {name}", "Downloaded {name}"),
    fields=_FIELDS,
    on_timeline=False,
)
_kind(
    "attachment.scanned",
    Text("附件扫描", "File scanned"),
    Text("附件 {name}：{scan}", "File {name}: {scan}"),
    fields={**_FIELDS, "scan": "str"},
    on_timeline=False,
)
_kind(
    "attachment.infected",
    Text("附件带病毒", "Infected file"),
    Text("附件 {name} 带病毒，内容已删除：{note}", "File {name} was infected, its content is gone: {note}"),
    fields=_FIELDS,
)
