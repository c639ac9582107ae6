"""What an administrator may do to the running system."""

from __future__ import annotations

from typing import Any

from guanxi.platform.jobs.models import Job
from guanxi.platform.jobs.queue import enqueue, retry
from guanxi.platform.kernel import Action, ActionInput, Context, Invalid, NotFound, Text, action, ask

VERIFY_JOB = "journal.verify"


@action
class RetryJob(Action):
    """Try a background job again that was given up."""

    name = "jobs.retry"
    label = Text("重试", "Try again")
    permission = "operations.manage"
    writes = ("job.retried",)
    subject = "job"

    class Input(ActionInput):
        job: int = ask("任务", "Job", widget="hidden", of="job")

    def load(self, ctx: Context, data: Any) -> Job:
        found = Job.objects.filter(pk=data.job).first()
        if found is None:
            raise NotFound("job", data.job)
        return found

    def run(self, ctx: Context, data: Any, subject: Job) -> Job:
        if not retry(subject, ctx.now):
            raise Invalid.field(
                "job", "这项任务没有失败，不需要重试", "It has not failed; there is nothing to try again"
            )
        ctx.emit(
            "job.retried",
            subject=("job", subject.pk),
            data={"job": subject.name, "attempts": subject.attempts},
        )
        return subject


@action
class VerifyJournal(Action):
    """Have the whole journal verified in the background: every hash computed again."""

    name = "journal.verify"
    label = Text("核验日志", "Verify the journal")
    permission = "operations.journal"
    writes = ("journal.verify_asked",)
    subject = "job"

    def run(self, ctx: Context, data: Any, subject: Any) -> Job:
        made = enqueue(VERIFY_JOB, key="verify-by-hand", clock=lambda: ctx.now)
        ctx.emit("journal.verify_asked", subject=("job", made.pk))
        return made
