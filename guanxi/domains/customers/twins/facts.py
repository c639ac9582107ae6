"""What the journal remembers of searches for twins and of what people decided. Names stand in none of them: whoever may
see the one customer need not see the other (R5.20)."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

SOUGHT = fact_kind(
    FactKind(
        "customers.twins_sought",
        subject="twin_search",
        label=Text("全部查重", "All customers searched for twins"),
        fields={"customers": "int"},
        sentence=Text(
            "开始全部查重，共 {customers} 位客户", "Started to search {customers} customers for twins"
        ),
        icon="copy",
    )
)
APART = fact_kind(
    FactKind(
        "customer.kept_apart",
        subject="customer",
        label=Text("判定不是同一家", "Kept apart"),
        fields={"other": "ref:customer"},
        texts=("reason",),
        sentence=Text(
            "判定与疑似重复的另一位客户不是同一家：{reason}",
            "Not the same as a customer that looks alike: {reason}",
        ),
        icon="circle-x",
    )
)
AGAIN = fact_kind(
    FactKind(
        "customer.compared_again",
        subject="customer",
        label=Text("恢复查重", "To be compared again"),
        fields={"other": "ref:customer"},
        sentence=Text(
            "与疑似重复的另一位客户恢复查重", "To be compared again with a customer that looks alike"
        ),
        icon="copy",
    )
)
