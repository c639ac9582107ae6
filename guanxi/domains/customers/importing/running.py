"""Entering the planned rows, in short transactions, each row exactly once.

A transaction enters rows for about HOLD seconds, then lets others write. New customers are written many at a time
(together.py), every other row by one call of customers.import_row; either way each row has a key of its own and marks its
line in the same transaction: whoever comes after a worker that died goes on at the first line without an outcome.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any

from guanxi.platform.imports.columns import Mapping
from guanxi.platform.imports.duplicates import Profile, compare
from guanxi.platform.journal.checkpoints import Checkpoints
from guanxi.platform.journal.stage import Journal
from guanxi.platform.kernel import ActionError, Clock, Invalid, Refused, Text, perform, system_clock
from guanxi.platform.ownfields.known import looked_up_once

from .. import reads
from ..models import Account
from ..models_grouping import Tag
from ..models_import import (
    CREATE,
    CREATED,
    DUPLICATE,
    REJECTED,
    RUNNING,
    SKIP,
    STOPPED,
    Import,
    ImportRow,
)
from ..reads import phone_key, profile_of
from .actions import person_of
from .ahead import Ahead
from .beside import Said
from .besides import MANAGE, SAVE_TAG, tag_stem
from .compose import column_of, say, say_text
from .finishing import finish
from .history_running import HistoryRunner
from .known import Held
from .permissions import IMPORT
from .planning import original_lost, refusal_said
from .sorts import sort_of
from .together import CannotTogether, Together

log = logging.getLogger(__name__)
HOLD = 0.12
_FIRST, _LEAST, _MOST = 20, 5, 400
Beat = Callable[[dict[str, Any] | None], None]


def run_import(
    id: int, *, clock: Clock = system_clock, beat: Beat | None = None, source: str = "import"
) -> None:
    """Enter the rows that still wait, then say what came of it. Does nothing for an import that is not running."""
    run = Import.objects.get(pk=id)
    if (sort := sort_of(run)) is not None:
        history = HistoryRunner(run, sort, clock, source)
        _all_of(history, beat)
        history.finish()
        return
    runner = _Runner(id, clock, source)
    try:
        _all_of(runner, beat)
    finally:
        runner.ahead.close()
    runner.finish()


def _all_of(runner: _Runner | HistoryRunner, beat: Beat | None) -> None:
    """Portion after portion, until none is left."""
    with Checkpoints() as checkpoints:
        while runner.some():
            checkpoints.passed()
            if beat is not None:
                beat({"done": runner.run.done, "rows": runner.run.rows})


class _Runner:
    def __init__(self, id: int, clock: Clock, source: str) -> None:
        self.clock = clock
        self.source = source
        self.run = Import.objects.get(pk=id)
        self.person = person_of(self.run)
        reads.entering(self.person, self.run.pk)
        self.mapping = Mapping.from_json(self.run.mapping, self.run.header)
        self.ahead = Ahead(self.run.rows - self.run.done)
        self.most = _FIRST
        self.alone = 0
        """So many rows are entered one by one: writing them together failed."""
        self._begin_looking()

    def some(self) -> bool:
        """Rows for one short transaction; False where none is left or the import was stopped."""
        if self.run.state == RUNNING:
            self.ahead.go_on(self.run)
        began, asked = time.perf_counter(), self.most
        try:
            with Journal().writing():
                began = time.perf_counter()  # the writer is ours
                done = self._chunk(HOLD, asked)
        except CannotTogether:
            self.alone = asked
        except ActionError:
            raise
        except Exception:  # one row's fault in the program must not take the others with it
            log.exception("a portion of import %s failed; its rows are entered one by one", self.run.pk)
            self.alone = asked
        else:
            took = max(time.perf_counter() - began, 0.001)
            if done:
                self.most = max(_LEAST, min(_MOST, done * 2, int(done * HOLD / took)))
            return done > 0
        self._begin_looking()
        return self._one_alone()

    @looked_up_once()
    def _chunk(self, hold: float, most: int) -> int:
        """Enter up to so many rows; how many it were, 0 where there is nothing to do any more."""
        began = time.perf_counter()
        self.run = Import.objects.get(pk=self.run.pk)
        if self.run.state != RUNNING:
            return 0
        self.person.forget_rights()
        reads.entering(self.person, self.run.pk)
        if not self.person.is_active or not self.person.may(IMPORT):
            self._stop(
                Text(
                    "导入人已没有导入客户的权限", "Whoever imports has no right to import customers any more"
                )
            )
            return 0
        if self.alone:
            most = min(most, self.alone)  # none of them together with rows that might fail
        waiting = ImportRow.objects.filter(run=self.run, outcome="").defer("cells")
        lines = list(waiting.order_by("turn", "number")[:most])
        if not lines:
            return 0
        self._look()
        self._new_tags(lines)
        done = 0
        together = Together(self.run, self.person, self.clock, self.source, self.ahead)
        for line in lines:
            done += 1
            twin = self._twin(line)
            if twin is None and not self.alone and together.takes(line):
                if time.perf_counter() - began > hold / 2:  # writing them takes as long again
                    break
                continue
            self.own.update(together.write())  # before a row that may follow from it
            self._enter(line, twin)
            self.alone = max(0, self.alone - 1)
            if time.perf_counter() - began > hold:
                break
        self.own.update(together.write())
        self.ahead.forget(line.number for line in lines[:done])
        Import.objects.filter(pk=self.run.pk).update(done=self.run.done + done)
        self.run.done += done
        return done

    def _one_alone(self) -> bool:
        """The next row in a transaction of its own; where even that fails, the row is rejected and kept."""
        try:
            with Journal().writing():
                return self._chunk(0.0, most=1) > 0
        except ActionError:
            raise
        except Exception:  # one row's fault in the program: logged, and the row is rejected below
            log.exception("a row of import %s cannot be entered", self.run.pk)
        with Journal().writing():
            line = ImportRow.objects.filter(run=self.run, outcome="").order_by("turn", "number").first()
            if line is not None:
                reject(line, [say_text("", "row.failed", _FAILED)])
                Import.objects.filter(pk=self.run.pk).update(done=self.run.done + 1)
        return line is not None

    def _new_tags(self, lines: list[ImportRow]) -> None:
        """Enter the tags that these rows name and that there are none of yet, if whoever imports may."""
        wanted = {
            name.casefold(): name
            for line in lines
            for name in (line.plan.get("beside") or {}).get("tags", ())
        }
        if not wanted or not self.person.may(MANAGE):
            return
        known = {name.casefold() for name in Tag.objects.values_list("name", flat=True)}
        for key in sorted(wanted.keys() - known):
            try:
                perform(
                    SAVE_TAG,
                    {"name": wanted[key]},
                    actor=self.person,
                    key=f"{tag_stem(self.run)}{hashlib.sha256(key.encode()).hexdigest()[:16]}",
                    clock=self.clock,
                    source=self.source,
                )
            except ActionError:  # there are as many as there may be: the word goes into the note of its rows
                return

    # --- what others entered meanwhile ------------------------------------------------------------------------------

    def _begin_looking(self) -> None:
        """Customers newer than the plan are compared again; those that this import made are none of them."""
        self.looked = self.run.newest
        self.others = Held(self.person)
        self.own = set(
            ImportRow.objects.filter(run=self.run, outcome=CREATED, account__isnull=False).values_list(
                "account", flat=True
            )
        )

    def _look(self) -> None:
        new = set(Account.objects.filter(pk__gt=self.looked).values_list("pk", flat=True))
        self.looked = max(new, default=self.looked)
        if foreign := new - self.own:
            self.others.load(foreign)

    def _twin(self, line: ImportRow) -> tuple[int, Said] | None:
        """The customer that somebody entered since the row was planned, if it is certainly the same: (id, why)."""
        if not self.others.profiles or line.to_do != CREATE or line.decision == CREATE:
            return None
        profile = self._profile(line)
        matches = [m for other in self.others.near(profile) if (m := compare(profile, other)) and m.certain]
        return (int(matches[0].ref), say("", matches[0].reasons[0])) if matches else None

    @staticmethod
    def _profile(line: ImportRow) -> Profile:
        data = line.plan["create"]
        account = Account(
            name=data["name"],
            credit_code=data.get("credit_code", ""),
            phone=data.get("phone", ""),
            address=data.get("address", ""),
            phone_key=phone_key(data.get("phone", "")),
        )
        phone = (line.plan.get("contact") or {}).get("phone", "")
        return profile_of(account, {phone_key(phone)} if phone else set(), line.plan.get("key", ""))

    def _enter(self, line: ImportRow, twin: tuple[int, Said] | None) -> None:
        if line.to_do == REJECTED:
            reject(line, [])
            return
        if line.to_do == DUPLICATE and (line.decision == SKIP or not line.said.get("adds_contact")):
            self._leave_out(line)
            return
        if twin is not None:
            line.said = {**line.said, "matches": [_match(*twin), *line.said.get("matches", [])]}
            line.kind, line.certain, line.account_id, line.outcome = DUPLICATE, True, twin[0], DUPLICATE
            line.save(update_fields=["said", "kind", "certain", "account", "outcome"])
            return
        try:
            result = perform(
                "customers.import_row",
                {"run": self.run.pk, "row": line.number},
                actor=self.person,
                key=f"import-{self.run.pk}-{line.number}",
                clock=self.clock,
                source=self.source,
            )
            if result.value is not None and result.value.outcome == CREATED:
                self.own.add(result.value.account_id)
        except Refused as refused:
            reject(line, refusal_said(refused))
        except Invalid as invalid:
            reject(
                line,
                [
                    say_text(column_of(name, self.mapping), f"input.{name}", message)
                    for name, messages in invalid.errors.items()
                    for message in messages
                ],
            )
        except ActionError as error:
            reject(line, [say_text("", "row.refused", error.text)])

    @staticmethod
    def _leave_out(line: ImportRow) -> None:
        """A duplicate that is left out: noted with the customer it doubles, or rejected where its twin was not entered."""
        line.outcome = DUPLICATE
        if line.account_id is None and line.of is not None:
            above = ImportRow.objects.filter(run=line.run_id, number=line.of).first()
            if above is not None and above.outcome == REJECTED and line.certain and not line.decision:
                reject(line, [original_lost(line.of)])
                return
            line.account_id = above.account_id if above is not None else None
        line.save(update_fields=["outcome", "account"])

    def _stop(self, why: Text) -> None:
        Import.objects.filter(pk=self.run.pk).update(
            state=STOPPED, why_stopped=[["", "stopped", why.zh, why.en]]
        )

    def finish(self) -> None:
        """See `finishing.finish`."""
        finish(self.run, self.person, self.clock, self.source)


_FAILED = Text(
    "程序出错，已记录；请联系系统管理员",
    "The program failed here and has logged it; please tell the administrator",
)


def _match(ref: int, why: Said) -> dict[str, Any]:
    return {"ref": ref, "existing": True, "certain": True, "score": "1.0", "reasons": [why]}


def reject(line: ImportRow, faults: list[Said]) -> None:
    """The row is not imported, for these reasons (none: those of the plan)."""
    if faults:
        line.said = {**line.said, "faults": faults}
    line.kind, line.outcome = REJECTED, REJECTED
    line.save(update_fields=["said", "kind", "outcome"])
