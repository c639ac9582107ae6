"""Which duties a visit still owes, as the regulations tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guanxi.platform.kernel import Text, all_actions
from guanxi.platform.regulations import reads as regulations
from guanxi.platform.regulations.models import Obligation

DONE = ("fulfilled", "late")


@dataclass(frozen=True, slots=True)
class Owed:
    """A visit's duties: how many are done, and what is still to do, in the clauses' words."""

    done: int
    left: Sequence[tuple[str, Text]]
    """Clause and words of each that is open: what its action is called, else the clause's own words."""

    @property
    def said(self) -> Text:
        """本次完成 4 项义务，还差 1 项：下次拜访日期."""
        if not self.left:
            en = "The one duty" if self.done == 1 else f"All {self.done} duties"
            return Text(
                f"本次 {self.done} 项义务全部完成",
                f"{en} of this visit {'is' if self.done == 1 else 'are'} done",
            )
        zh = "、".join(words.zh for _, words in self.left)
        en = ", ".join(words.en for _, words in self.left)
        return Text(
            f"本次完成 {self.done} 项义务，还差 {len(self.left)} 项：{zh}",
            f"{self.done} {'duty' if self.done == 1 else 'duties'} done, {len(self.left)} to go: {en}",
        )


def owed(visit_id: int) -> Owed | None:
    """What this visit owes and has done; None where no regulation asks anything of it. What only begins to be owed
    later (a review after a long silence) is no part of this visit."""
    rows = [row for row in regulations.for_subject("visit", visit_id) if row.state != "waiting"]
    if not rows:
        return None
    left = [(row.clause, _short(row)) for row in rows if row.closed_at is None]
    return Owed(sum(1 for row in rows if row.state in DONE), left)


def _short(row: Obligation) -> Text:
    duty = regulations.duty_of(row)
    action = all_actions().get(duty.does) if duty is not None else None
    return action.label if action is not None else regulations.words_of(row)
