"""Everything that runs by itself, in one place: what, and when in the company's zone."""

from __future__ import annotations

from django.utils import timezone

from guanxi.domains.customers.following.notices import tell_of_customers
from guanxi.domains.customers.handover.notices import tell_of_hand_overs
from guanxi.platform.approvals.notices import tell_of_approvals, tell_of_resets
from guanxi.platform.calendar.reads import keep_up
from guanxi.platform.jobs.registry import Run, job, schedule
from guanxi.platform.journal.stage import sum_up_refusals
from guanxi.platform.journal.verify import verify
from guanxi.platform.kernel import perform
from guanxi.platform.messages.absences import tell_deputies
from guanxi.platform.messages.deliver import clear_old, deliver_due
from guanxi.platform.messages.security import tell_of_accounts
from guanxi.platform.people.rights import SYSTEM
from guanxi.platform.people.session_store import SessionStore
from guanxi.platform.people.standing_in import to_turn
from guanxi.platform.regulations.notices import send_notices
from guanxi.platform.regulations.ticking import drain, roll_out


@job("norms.daily_run", lease_minutes=15)
def pass_time(run: Run) -> None:
    """Let absences begin and end, judge what is due, bring new versions to what exists, and tell the people concerned."""
    if to_turn(timezone.localdate(run.clock())).exists():
        perform("people.turn_absences", {}, actor=SYSTEM, clock=run.clock, source="worker")
    drain(run.clock)
    roll_out(run.clock)
    send_notices(run.clock)


@job("journal.sum_refusals")
def sum_refusals(run: Run) -> None:
    """Sums of refusals whose minute is over."""
    while sum_up_refusals(run.clock()):
        run.beat(None)


@job("messages.deliver")
def deliver(run: Run) -> None:
    """Tell people what concerns them since the last time, and send what waits in the outbox."""
    tell_deputies(run.clock)
    tell_of_accounts(run.clock)
    tell_of_approvals(run.clock)
    tell_of_resets(run.clock)
    tell_of_hand_overs(run.clock)
    tell_of_customers(run.clock)
    deliver_due(clock=run.clock)


@job("calendar.keep_up")
def keep_calendar(run: Run) -> None:
    """Load the working days of years that came near or were published."""
    keep_up(clock=run.clock)


@job("messages.clear")
def clear(run: Run) -> None:
    """Drop the words of messages settled long ago, and what was read long ago."""
    clear_old(clock=run.clock)


@job("people.clear_sessions")
def clear_sessions(run: Run) -> None:
    """Drop the rows of sessions that are over."""
    SessionStore.clear_expired()


schedule("people.clear_sessions", "30 3 * * *")


@job("people.turn_roles")
def turn_roles(run: Run) -> None:
    """Roles that begin or end today take effect as facts."""
    perform("people.turn_roles", {}, actor=SYSTEM, clock=run.clock, source="worker")


schedule("people.turn_roles", "5 0 * * *")


@job("journal.verify", tries=1, lease_minutes=180)
def verify_journal(run: Run) -> None:
    """Compute every link of the chain again; what was found stands in the job's progress."""
    report = verify()
    run.beat(
        {
            "facts": report.facts,
            "head": report.head,
            "erased": len(report.erased),
            "count": len(report.findings),
            "findings": [{"seq": f.seq, "what": f.what} for f in report.findings[:50]],
        }
    )


schedule("norms.daily_run", "* * * * *")
schedule("journal.sum_refusals", "* * * * *")
schedule("messages.deliver", "* * * * *")
schedule("calendar.keep_up", "10 3 * * *")
schedule("messages.clear", "20 3 * * *")
schedule("journal.verify", "40 2 * * *")
