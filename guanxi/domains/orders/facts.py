"""Fact kinds of orders. Amounts and codes stand in `fields`; numbers, goods and names in `texts`.

What is brought in from before is told by a kind of its own (decision 13): no clause speaks of it.
"""

from guanxi.platform.kernel import FactKind, Text, fact_kind

_FIELDS = {
    "ordered_on": "date",
    "amount": "decimal",
    "currency": "str",
    "status": "str",
    "product": "ref?",
    "person": "ref:person?",
}
_TEXTS = ("number", "goods", "sum")

fact_kind(
    FactKind(
        "order.added",
        "order",
        Text("登记订单", "Order entered"),
        fields=_FIELDS,
        texts=_TEXTS,
        sentence=Text("订单 {number} {goods} {sum}", "Order {number} {goods} {sum}"),
        icon="truck",
    )
)
fact_kind(
    FactKind(
        "order.brought",
        "order",
        Text("带入以往订单", "Past order brought in"),
        fields={**_FIELDS, "import": "ref"},
        texts=_TEXTS,
        sentence=Text("以往订单 {number} {goods} {sum}", "Past order {number} {goods} {sum}"),
        icon="truck",
        history=True,
    )
)
fact_kind(
    FactKind(
        "order.updated",
        "order",
        Text("修改订单", "Order changed"),
        fields={**_FIELDS, "changed": "list[str]", "version": "int"},
        texts=("number", "changes", "before"),
        sentence=Text("修改订单 {number}", "Order {number} changed"),
        icon="pen-line",
    )
)
fact_kind(
    FactKind(
        "order.removed",
        "order",
        Text("删除订单", "Order removed"),
        fields=_FIELDS,
        texts=("number", "sum", "reason", "row"),
        sentence=Text("删除订单 {number} {sum}：{reason}", "Order {number} {sum} removed: {reason}"),
        icon="trash-2",
    )
)
