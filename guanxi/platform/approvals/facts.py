"""What the journal remembers of approvals. Title, reason and comments stand beside the fact, as texts."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

_COMMON = {"kind": "str", "clause": "str", "state": "str", "about_kind": "str", "about": "str"}
_SETS = {"state": "state"}

APPROVAL_REQUESTED = fact_kind(
    FactKind(
        "approval.requested",
        "approval",
        Text("申请批准", "Approval requested"),
        fields={
            **_COMMON,
            "hash": "str",
            "steps": "list[str]",  # "1:role:general_manager", "2:person:17"
            "role": "str?",  # of the first step
            "owner": "ref:person?",  # of the first step, where it names somebody
            "requester": "ref:person?",
            "due": "timestamp?",
        },
        texts=("title", "why"),
        sets={
            "state": "state",
            "kind": "kind",
            "clause": "clause",
            "requester": "requester",
            "role": "role",
            "owner": "owner",
        },
        sentence=Text("申请批准：{title}", "Asked for approval: {title}"),
        icon="hourglass",
    )
)
APPROVAL_DECIDED = fact_kind(
    FactKind(
        "approval.decided",
        "approval",
        Text("审批", "Approval decided"),
        fields={
            **_COMMON,
            "decision": "str",  # approve | refuse | return
            "step": "int",
            "final": "bool",
            "hash": "str",
            "role": "str?",
            "stands_in_for": "ref:person?",
            "identity": "bool",
        },
        texts=("title", "comment"),
        sets=_SETS,
        sentence=Text("审批“{title}”", "Decided “{title}”"),
        icon="circle-check",
    )
)
APPROVAL_WITHDRAWN = fact_kind(
    FactKind(
        "approval.withdrawn",
        "approval",
        Text("撤回申请", "Request withdrawn"),
        fields=_COMMON,
        texts=("title", "comment"),
        sets=_SETS,
        sentence=Text("撤回“{title}”", "Withdrew “{title}”"),
        icon="undo-2",
    )
)
APPROVAL_VOIDED = fact_kind(
    FactKind(
        "approval.voided",
        "approval",
        Text("审批失效", "Approval void"),
        fields={**_COMMON, "was": "str", "hash": "str", "now": "str?"},
        texts=("title",),
        sets=_SETS,
        sentence=Text(
            "内容已改，“{title}”的审批失效", "The content changed: the approval of “{title}” is void"
        ),
        icon="circle-slash",
    )
)
APPROVAL_PASSED_ON = fact_kind(
    FactKind(
        "approval.passed_on",
        "approval",
        Text("转交审批", "Approval passed on"),
        fields={**_COMMON, "step": "int", "owner": "ref:person", "role": "str"},
        texts=("title", "comment"),
        sets={"owner": "owner"},
        sentence=Text("转交“{title}”", "Passed on “{title}”"),
        icon="arrow-right",
    )
)
APPROVAL_REMINDED = fact_kind(
    FactKind(
        "approval.reminded",
        "approval",
        Text("催办", "Reminder of an approval"),
        fields={**_COMMON, "step": "int", "to": "list[ref]:person"},
        texts=("title",),
        sentence=Text("催办“{title}”", "Reminded of “{title}”"),
        icon="bell",
    )
)
SUBSTITUTE_SET = fact_kind(
    FactKind(
        "substitute.set",
        "substitute",
        Text("设置代理审批", "Substitute set"),
        fields={
            "person": "ref:person",
            "deputy": "ref:person",
            "since": "date",
            "until": "date",
            "kinds": "list[str]",
        },
        icon="users",
    )
)
SUBSTITUTE_ENDED = fact_kind(
    FactKind(
        "substitute.ended",
        "substitute",
        Text("结束代理审批", "Substitute ended"),
        fields={"person": "ref:person", "deputy": "ref:person", "until": "date"},
        icon="users",
    )
)
