"""What people say to one another about a customer, and who wants to be told."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

fact_kind(
    FactKind(
        "customer.commented",
        "customer",
        Text("留言", "Comment"),
        fields={"mentioned": "list[ref]"},
        texts=("text",),
        sentence=Text("留言", "Comment"),
        icon="at-sign",
    )
)
for _name, _label in (
    ("customer.followed", Text("关注客户", "Customer followed")),
    ("customer.unfollowed", Text("取消关注客户", "Customer followed no more")),
):
    fact_kind(FactKind(_name, "customer", _label, sentence=_label, icon="bell", on_timeline=False))
