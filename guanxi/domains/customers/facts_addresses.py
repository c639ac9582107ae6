"""What happens to a customer's further addresses."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

_FIELDS = {"address": "ref", "address_kind": "str"}

for _name, _label, _zh, _en in (
    ("address.added", Text("新增地址", "Address added"), "新增{address_kind}：{text}", "Added {address_kind}: {text}"),
    ("address.changed", Text("修改地址", "Address changed"), "修改{address_kind}：{text}", "Changed {address_kind}: {text}"),
    ("address.removed", Text("删除地址", "Address removed"), "删除{address_kind}：{text}", "Removed {address_kind}: {text}"),
    ("address.became_main", Text("设为主地址", "Became the main address"), "主地址改为：{text}", "Main address: {text}"),
):  # fmt: skip
    fact_kind(
        FactKind(
            _name,
            "address",
            _label,
            fields=_FIELDS,
            texts=("text", "changes", "row", "held"),
            sentence=Text(_zh, _en),
            icon="map-pin",
        )
    )
