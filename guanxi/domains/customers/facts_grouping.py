"""What happens to a customer's place in a group, its service class and its tags."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

fact_kind(
    FactKind(
        "customer.grouped",
        "customer",
        Text("变更上级单位", "Parent company changed"),
        fields={"parent": "ref:customer?", "before_parent": "ref:customer?", "group_change": "str"},
        sets={"parent": "parent"},
        sentence=Text("上级单位：{group_change}", "Parent company {group_change}"),
        icon="building-2",
    )
)
fact_kind(
    FactKind(
        "customer.service_set",
        "customer",
        Text("划定服务类别", "Service class set"),
        fields={"service": "str?", "before_service": "str?"},
        texts=("reason",),
        sets={"service": "service"},
        sentence=Text(
            "服务类别 {before_service} → {service}：{reason}",
            "Service class {before_service} → {service}: {reason}",
        ),
        icon="clipboard-check",
    )
)
fact_kind(
    FactKind(
        "customer.tagged",
        "customer",
        Text("调整标签", "Tags changed"),
        fields={"added": "list[ref]", "removed": "list[ref]"},
        texts=("tags",),
        sentence=Text("标签：{tags}", "Tags: {tags}"),
        icon="tag",
    )
)
fact_kind(
    FactKind(
        "tag.saved",
        "tag",
        Text("维护标签", "Tag saved"),
        fields={"tag": "ref", "active": "bool"},
        texts=("name", "changes"),
        sentence=Text("维护标签 {name}", "Saved tag {name}"),
        icon="tag",
    )
)
