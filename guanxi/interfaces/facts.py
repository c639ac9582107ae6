"""What the journal remembers of the running of the installation."""

from guanxi.platform.kernel import FactKind, Text, fact_kind

RETRIED = fact_kind(
    FactKind(
        "job.retried",
        subject="job",
        label=Text("重试后台任务", "Background job tried again"),
        fields={"job": "str", "attempts": "int"},
        sentence=Text("重试后台任务 {job}", "Tried the background job {job} again"),
        icon="refresh-cw",
        on_timeline=False,
    )
)
VERIFYING = fact_kind(
    FactKind(
        "journal.verify_asked",
        subject="job",
        label=Text("要求核验日志", "Journal verification asked for"),
        fields={},
        sentence=Text("要求核验日志", "Asked to verify the journal"),
        icon="shield-check",
        on_timeline=False,
    )
)
