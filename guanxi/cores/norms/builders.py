"""Controls from YAML nodes whose shape is right: names resolved, conditions compiled, owners checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from guanxi.cores.norms.catalogue import ActionOffer
from guanxi.cores.norms.conditions import Condition
from guanxi.cores.norms.controls import (
    Actionable,
    Control,
    Due,
    Duty,
    Gate,
    Guide,
    Keep,
    Link,
    Measure,
    Prompt,
    Record,
    Restart,
    Rhythm,
    Words,
)
from guanxi.cores.norms.expressions import Who
from guanxi.cores.norms.model import TEXTS, FactKind
from guanxi.cores.norms.names import AMOUNTS, Names
from guanxi.cores.norms.source import Node

_DUE_FORMS: Final = ("end_of_working_day_after", "within", "ahead", "end_of", "at", "before")
Common = tuple[str, str, tuple[str, ...], Words | None]
"""What every control begins with: id, regulation, clauses, words."""
_DUTY_NAMED: Final = re.compile(r"['\"]([a-z][\w-]*)['\"]\s+in\s+(?:open|overdue)_duties")


class Builder(Names):
    """Builds the controls of one pack."""

    def control(self, node: Node) -> Control | None:
        """The control at this node; None (with problems) when it cannot be built."""
        before = len(self.problems)
        build: Mapping[str, Callable[[Node, Common], Control]] = {
            "duty": self._duty,
            "gate": self._gate,
            "measure": self._measure,
            "record": self._record,
            "guide": self._guide,
        }
        clauses = tuple(str(clause.value) for clause in node.several("clause"))
        common: Common = (node.text("id"), self.regulation, clauses, words(node.get("words")))
        made = build[node.text("kind")](node, common)
        return made if len(self.problems) == before else None

    # -- duty ----------------------------------------------------------------------------------------------------

    def _duty(self, node: Node, common: Common) -> Duty:
        rhythm_node = node.get("rhythm")
        triggers, conditions = self._triggers(node)
        rhythm = self._rhythm(rhythm_node) if rhythm_node else None
        of = rhythm_node.text("of") if rhythm_node else ""
        each = node.get("each")
        if each is not None:
            for kind in triggers:
                self._field(each, kind, ("texts",))
        due = self._due(node, triggers, rhythm_node is not None)
        element = str(each.value) if each is not None else ""
        links = self._links(node, "fulfilled_by", "fulfil", triggers, element, of)
        links += self._links(node, "void_by", "void", triggers, element, of)
        due_node = node.get("due")
        before = due_node.get("before") if due_node else None
        if before is not None:
            links += [link for link in (self._link(before, "before", triggers, element),) if link]
        restart_node = node.get("restart")
        restart = self._restart(node, restart_node, triggers, conditions, links) if restart_node else None
        starts_of = {kind.name: self._starts(kind) for kind in triggers}
        if restart:  # which of its triggers it is that counts changes: nothing may hang on it
            starts_of = {kind: {restart.name: restart.kind} for kind in starts_of}
        owners = {name: self._who(node.several("owner"), starts) for name, starts in starts_of.items()}
        if rhythm:
            owners[""] = self._who(node.several("owner"), {of: of})
        starts = starts_of[triggers[0].name] if triggers else {of: of}
        actionable = node.get("actionable_from")
        if actionable is not None:
            self._parameter(actionable.get("ahead"), "ahead")
            self._parameter(actionable.get("after"), "after")
            if actionable.get("after") and actionable.get("ahead"):
                what = "'ahead' says nothing with 'after'"
                self.problems.append(actionable.problem(what, "delete 'ahead'", "ahead"))
            at = actionable.get("at")
            for kind in triggers if at else ():
                self._field(at, kind, ("timestamp", "date"))  # type: ignore[arg-type]
        grace = self._parameter(node.get("grace"), "grace")
        if node.text("looks_at") == "recorded" and grace:
            what = "a grace is for facts that happened in time but were recorded late; this clause looks at recording"
            self.problems.append(node.problem(what, "delete 'grace'", "grace"))
        self._actions(node, "does")
        return Duty(
            *common,
            does=node.text("does"),
            triggers=conditions,
            rhythm=rhythm,
            restart=restart,
            each=element,
            owners=owners,
            owner_source=" | ".join(str(n.value) for n in node.several("owner")),
            actionable=Actionable(*map(actionable.text, ("at", "ahead", "after"))) if actionable else None,
            due=due,
            shift=node.text("after_hours", "next_working_time") == "next_working_time",
            recorded=node.text("looks_at") == "recorded",
            grace=grace or self._common_grace(node),
            links=tuple(links),
            prompts=self._prompts(node, starts),
            on_new_version=self._on_new_version(node, restart is not None),
        )

    def _on_new_version(self, node: Node, restarts: bool) -> Keep:
        """What becomes of it at a new version. The next trigger under that opens another in any case, so that what restarts
        is not restated."""
        own = node.get("on_new_version")
        if restarts and own is not None and own.value == "restate":
            what = "a duty that restarts is not restated: its next trigger counts by the new version anyway"
            self.problems.append(own.problem(what, "write keep or void"))
        choice: Keep = node.text("on_new_version", self.keep)  # type: ignore[assignment]
        return "keep" if restarts and choice == "restate" else choice

    def _restart(
        self,
        duty: Node,
        node: Node,
        triggers: list[FactKind],
        conditions: Mapping[str, Condition | None],
        links: list[Link],
    ) -> Restart | None:
        """By whom a duty restarts; its triggers become one more of the links, by which they find what waits."""
        due = duty.get("due")
        for wrong, what in (
            (duty.get("rhythm") is not None, "a rhythm goes on by itself"),
            (duty.get("each") is not None, "one instance for each of a list cannot restart"),
            (due is not None and due.get("before") is not None, "a deadline before an action cannot restart"),
        ):
            if wrong:
                self.problems.append(duty.problem(what, "delete 'restart'", "restart"))
                return None
        if duty.get("actionable_from") is None:
            what = "a duty restarts only while it waits, and this one never waits"
            self.problems.append(node.problem(what, "add 'actionable_from', or delete 'restart'"))
        same = node.get("same") or node
        name = str(same.value)
        reads = {
            kind.name: read for kind in triggers if (read := self._read(same, name, kind, "")) is not None
        }
        kinds = {read.kind for read in reads.values()}
        if len(reads) == len(triggers) and (len(kinds) > 1 or "" in kinds):
            what = f"'{name}' is not the same kind of thing in every trigger"
            self.problems.append(same.problem(what, "name what each trigger is about, such as customer"))
        for link in links:
            if link.names != (name,):
                what = f"a duty that restarts by '{name}' cannot join by '{', '.join(link.names)}'"
                self.problems.append(same.problem(what, f"write same: {name} there"))
            for kind in set(link.kinds) & set(conditions):
                what = f"'{kind}' both triggers and ends a duty that restarts"
                self.problems.append(
                    same.problem(
                        what, "leave it among the triggers: after the wait it ends one and opens the next"
                    )
                )
        if len(kinds) != 1:
            return None
        by_kind = {kind: (read,) for kind, read in reads.items()}
        where = {kind: condition for kind, condition in conditions.items() if condition is not None}
        links.append(Link("restart", tuple(reads), (name,), by_kind, by_kind, where))
        return Restart(name, kinds.pop())

    def _common_grace(self, node: Node) -> str:
        """A parameter called ``grace`` holds for every duty of the pack that looks at happening and names no other."""
        common = self.parameters.get("grace")
        wanted = common is not None and common.type == "duration" and node.text("looks_at") != "recorded"
        return "grace" if wanted else ""

    def _triggers(self, node: Node) -> tuple[list[FactKind], dict[str, Condition | None]]:
        kinds: list[FactKind] = []
        conditions: dict[str, Condition | None] = {}
        for item in node.several("trigger"):
            named = item.get("fact") or item
            kind = self._kind(named)
            if kind is None:
                continue
            if kind.name in conditions:
                self.problems.append(
                    item.problem(f"'{kind.name}' triggers twice", "join the conditions with ||")
                )
            kinds.append(kind)
            conditions[kind.name] = self._condition(item.get("where"), kind.fields)
        return kinds, conditions

    def _field(self, node: Node, kind: FactKind, bases: tuple[str, ...]) -> None:
        declared = kind.fields.get(node.value)
        if declared is None or declared.base not in bases:
            known = [name for name, field in kind.fields.items() if field.base in bases]
            self._unknown(node, f"{' or '.join(bases)} field of {kind.name}", node.value, known)

    def _due(self, node: Node, triggers: list[FactKind], rhythm: bool) -> Due | None:
        due = node.get("due")
        if due is None:
            if not rhythm:
                self.problems.append(node.problem("the duty has no deadline", "add 'due'"))
            return None
        if rhythm:
            self.problems.append(node.problem("a rhythm has its deadline in 'every'", "delete 'due'", "due"))
            return None
        how = next(name for name in _DUE_FORMS if due.get(name) is not None)
        amount = self._parameter(due.get(how), how) if how in AMOUNTS else ""
        base_name = {"at": "at", "ahead": "of"}.get(how, "from")
        base = due.get(base_name)
        wrong = [name for name in ("from", "of") if name != base_name and due.get(name) is not None]
        if wrong:
            self.problems.append(
                due.problem(f"'{wrong[0]}' says nothing with '{how}'", f"delete '{wrong[0]}'", wrong[0])
            )
        if how == "ahead" and base is None:
            self.problems.append(due.problem("'ahead' of what?", "add 'of' with a time of the trigger"))
        own_times: tuple[str, ...] = ("happened_at", "recorded_at") if how != "at" else ()
        if node.get("actionable_from") is not None and base_name == "from":
            own_times += ("actionable_from",)
        if base is not None and base.value not in own_times:
            for kind in triggers:
                self._field(base, kind, ("timestamp", "date"))
        base_text = str(base.value) if base is not None else "happened_at"
        return Due(how, amount, base_text, due.text("end_of") or "year")  # type: ignore[arg-type]

    def _rhythm(self, node: Node) -> Rhythm | None:
        of = node.text("of")
        attributes = self.catalogue.attributes.get(of)
        if attributes is None:
            self._unknown(node.get("of") or node, "entity kind", of, self.catalogue.attributes)
            return None
        variables = {f"{of}.{name}": field for name, field in attributes.items()}
        condition = self._condition(node.get("while"), variables)
        every = node.get("every")
        if condition is None or every is None:
            return None
        reads = {name.split(".", 1)[1] for name, _ in condition.names if name.startswith(f"{of}.")}
        if not every.is_map:
            return Rhythm(of, condition, self._parameter(every, "every"), reads=frozenset(reads))
        period = every.get("period")
        if period is not None:
            return Rhythm(of, condition, period=period.value, reads=frozenset(reads))
        by = every.get("by")
        if by is None or by.value not in attributes:
            self._unknown(by or every, f"attribute of {of}", by.value if by else None, attributes)
            return None
        table = {value: self._parameter(name, "every") for value, name in every.items() if value != "by"}
        return Rhythm(of, condition, by=str(by.value), table=table, reads=frozenset({*reads, str(by.value)}))

    def _prompts(self, node: Node, starts: Mapping[str, str]) -> tuple[Prompt, ...]:
        starts = {**starts, "owner": "person"}
        made: list[Prompt] = []
        for item in node.several("remind"):
            before, after = item.get("before"), item.get("after")
            offset = self._parameter(before or after, "offset")
            side: Any = "before" if before is not None else "after_opening"
            made.append(Prompt("remind", len(made), offset, side, self._to(item, starts)))
        for item in node.several("escalate"):
            offset = self._parameter(item.get("after"), "offset")
            made.append(Prompt("escalate", len(made), offset, "after", self._to(item, starts)))
        return tuple(made)

    def _to(self, node: Node, starts: Mapping[str, str]) -> tuple[Who, ...]:
        return self._who(node.several("to"), starts)

    # -- the other controls --------------------------------------------------------------------------------------

    def _gate(self, node: Node, common: Common) -> Gate:
        actions = self._actions(node)
        for name in ("when", "require"):
            found = node.get(name)
            for duty in _DUTY_NAMED.findall(str(found.value)) if found else ():
                if duty not in self.duties:
                    self._unknown(found, "duty", duty, self.duties)  # type: ignore[arg-type]
        remedy = node.get("remedy")
        if remedy is not None:
            self._actions(remedy)
        waiver = node.get("waiver")
        by = remedy.several("by") if remedy else []
        starts = {"actor": "person", "owner": "person", "customer": "customer"}
        for action in actions:
            starts |= {name: field.refers_to for name, field in action.values.items() if field.refers_to}
        self._who(by, starts)
        return Gate(
            *common,
            actions=tuple(action.name for action in actions),
            when=self._per_action(node.get("when"), actions),
            require=self._per_action(node.get("require"), actions),
            refuses=node.text("severity", "refuse") == "refuse",
            remedy_action=remedy.text("action") if remedy else "",
            remedy_by=" | ".join(str(item.value) for item in by),
            remedy_words=words(remedy.get("words")) if remedy else None,
            waiver=self._role(waiver.get("by")) if waiver else "",
        )

    def _per_action(self, node: Node | None, actions: tuple[ActionOffer, ...]) -> dict[str, Condition]:
        made: dict[str, Condition] = {}
        of_customer = {
            f"customer.{name}": field for name, field in self.catalogue.attributes.get("customer", {}).items()
        }
        for action in actions if node is not None else ():
            variables = {**of_customer, **action.values, "open_duties": TEXTS, "overdue_duties": TEXTS}
            condition = self._condition(node, variables)
            if condition is not None:
                made[action.name] = condition
        return made

    def _measure(self, node: Node, common: Common) -> Measure:
        over = node.get("over") or node
        duty, entity, facts = over.get("duty"), over.get("entity"), over.get("fact")
        kinds: list[FactKind] = []
        conditions: dict[str, dict[str, Condition]] = {"where": {}, "hit": {}, "value": {}}
        person: dict[str, tuple[Who, ...]] = {}
        reached: list[Link] = []
        if duty is not None and duty.value not in self.duties:
            self._unknown(duty, "duty", duty.value, self.duties)
        if facts is not None:
            kinds = self._kinds(over.several("fact"))
            for name in conditions:
                conditions[name] = self._per_kind(over.get(name), kinds, "int" if name == "value" else "bool")
            person = {kind.name: self._who(over.several("person"), self._starts(kind)) for kind in kinds}
            at = over.get("at")
            for kind in kinds if at is not None else ():
                self._field(at, kind, ("timestamp", "date"))  # type: ignore[arg-type]
        if entity is not None:
            attributes = self.catalogue.attributes.get(entity.value)
            if attributes is None:
                self._unknown(entity, "entity kind", entity.value, self.catalogue.attributes)
            else:
                variables = {f"{entity.value}.{name}": field for name, field in attributes.items()}
                for name in conditions:
                    made = self._condition(over.get(name), variables, "int" if name == "value" else "bool")
                    conditions[name] = {"": made} if made else {}
                person = {"": self._who(over.several("person"), {entity.value: entity.value})}
                reached = self._links(over, "reached_by", "fulfil", [], "", str(entity.value))
        self._fits(node, over, duty is not None, entity is not None, bool(reached))
        show = node.text("show", "share")
        if show in ("sum", "mean") and over.get("value") is None:
            self.problems.append(
                over.problem(f"'{show}' needs a value", "add 'value' with a whole number in CEL")
            )
        return Measure(
            *common,
            over="duty" if duty is not None else "entity" if entity is not None else "fact",
            duty=str(duty.value) if duty is not None else "",
            kinds=tuple(kind.name for kind in kinds),
            entity=str(entity.value) if entity is not None else "",
            where=conditions["where"],
            hit=conditions["hit"],
            value=conditions["value"],
            at=over.text("at"),
            person=person,
            reached_by=tuple(reached),
            period=node.text("period"),
            rolling=self._parameter(node.get("rolling"), "rolling"),
            split=tuple(str(item.value) for item in node.several("split")),
            show=show,
            better=node.text("better", "higher"),
            target=self._parameter(node.get("target"), "target"),
            reference=tuple(
                (self._parameter(item.get("at"), "target"), words(item.get("words")) or Words("", ""))
                for item in node.several("reference")
            ),
            small=self._parameter(node.get("small"), "small"),
        )

    def _fits(self, node: Node, over: Node, duty: bool, entity: bool, reached: bool) -> None:
        for name in ("where", "hit", "value", "at", "person") if duty else ():
            if over.get(name) is not None:
                self.problems.append(
                    over.problem(f"a duty's share on time has no '{name}'", f"delete '{name}'", name)
                )
        standing = node.text("period") == "standing"
        if entity and standing == reached:
            what = (
                "a standing figure is reached by no fact"
                if standing
                else "a period's coverage needs 'reached_by'"
            )
            cure = (
                "delete 'reached_by', or name a period"
                if standing
                else "add 'reached_by', or write period: standing"
            )
            self.problems.append(node.problem(what, cure))
        if standing and not entity:
            self.problems.append(node.problem("only entities have a standing figure", "name a period"))
        if (node.text("period") == "rolling") != (node.get("rolling") is not None):
            self.problems.append(
                node.problem("'rolling' says how long the window is", "use period: rolling with it")
            )

    def _record(self, node: Node, common: Common) -> Record:
        actions = self._actions(node)
        form = node.get("form")
        fields: set[str] = set()
        if form is not None:
            if form.value not in self.catalogue.forms:
                self._unknown(form, "form", form.value, self.catalogue.forms)
            fields |= set(self.catalogue.forms.get(form.value, ()))
        for action in actions:
            fields |= {*action.fields, *action.values}
        if fields or not (form or actions):
            for item in node.several("require"):
                if item.value not in fields:
                    self._unknown(item, "field", item.value, fields)
        return Record(
            *common,
            actions=tuple(action.name for action in actions),
            form=str(form.value) if form is not None else "",
            require=tuple(str(item.value) for item in node.several("require")),
            when=self._per_action(node.get("when"), actions),
            stale_after=self._parameter(node.get("stale_after"), "stale_after"),
            confirmed_by=" | ".join(str(item.value) for item in node.several("confirmed_by")),
        )

    def _guide(self, node: Node, common: Common) -> Guide:
        page = node.get("page")
        if page is not None and page.value not in self.catalogue.pages:
            self._unknown(page, "page", page.value, self.catalogue.pages)
        acknowledge = node.get("acknowledge")
        return Guide(
            *common,
            page=str(page.value) if page is not None else "",
            actions=tuple(action.name for action in self._actions(node)),
            roles=tuple(self._role(item) for item in node.several("for")),
            acknowledge=bool(acknowledge.value) if acknowledge is not None else False,
        )


def words(node: Node | None) -> Words | None:
    """A text in both languages, if it stands."""
    return Words(node.text("zh"), node.text("en")) if node is not None else None
