"""What is learnt of competitors."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

_FIELDS = {"observation": "ref", "competitor": "ref", "leaning": "str"}

fact_kind(
    FactKind(
        "competitor.observed",
        "observation",
        Text("竞争观察", "Competitor observed"),
        fields={**_FIELDS, "source": "str", "observed_on": "date"},
        texts=("name", "offer", "text"),
        sentence=Text(
            "竞争对手“{name}”{offer}（{leaning}，{source}）：{text}",
            "Competitor “{name}” {offer} ({leaning}, {source}): {text}",
        ),
        icon="eye",
    )
)
fact_kind(
    FactKind(
        "competitor.withdrawn",
        "observation",
        Text("撤回竞争观察", "Observation withdrawn"),
        fields=_FIELDS,
        texts=("name", "text", "reason"),
        sentence=Text(
            "撤回对“{name}”的观察：{text}：{reason}", "Withdrew what was said of “{name}”: {text}: {reason}"
        ),
        icon="undo-2",
    )
)
fact_kind(
    FactKind(
        "competitor.saved",
        "competitor",
        Text("维护竞争对手", "Competitor saved"),
        fields={"competitor": "ref", "active": "bool"},
        texts=("name", "changes"),
        sentence=Text("维护竞争对手 {name}", "Saved competitor {name}"),
        icon="target",
    )
)
