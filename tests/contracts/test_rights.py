"""Given every action there is, when somebody without its right tries it, then it is refused and the attempt kept."""

from __future__ import annotations

import pytest

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Forbidden, all_actions, perform
from guanxi.platform.people.models import Person, RoleGrant
from guanxi.platform.people.rights import EVERYBODY, SYSTEM, all_permissions
from guanxi.platform.people.roles import ROLES
from guanxi.platform.people.tests.cast import SINCE, Cast, person

pytestmark = pytest.mark.django_db
ACTIONS = {name: action for name, action in all_actions().items() if not name.startswith("test.")}


def attempt(name: str, actor: object) -> None:
    """Try an action without any input: rights are asked before anything is looked at."""
    perform(name, ACTIONS[name].Input.model_construct(), actor=actor)


def test_there_are_actions_to_try() -> None:
    assert len(ACTIONS) > 60


def test_every_action_asks_for_a_declared_right() -> None:
    declared = {*all_permissions(), EVERYBODY}
    assert {name: a.permission for name, a in ACTIONS.items() if a.permission not in declared} == {}


def test_every_fact_an_action_writes_is_declared() -> None:
    from guanxi.platform.kernel import all_kinds

    kinds = all_kinds()
    assert [(name, kind) for name, a in ACTIONS.items() for kind in a.writes if kind not in kinds] == []


def test_every_action_says_what_it_does_in_both_languages() -> None:
    silent = [
        n for n, a in ACTIONS.items() if not (a.label.zh and a.label.en and (type(a).__doc__ or "").strip())
    ]
    assert silent == []


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_is_refused_every_action_whose_right_it_does_not_hold(cast: Cast, role: str) -> None:
    somebody = person("somebody", "某人", cast.operations, role)
    rights = somebody.rights
    refused = [name for name, a in ACTIONS.items() if not rights.may(a.permission)]
    assert refused, "every role lacks some right"
    for name in refused:
        with pytest.raises(Forbidden):
            attempt(name, somebody)
    kept = {f.data["action"] for f in Fact.objects.filter(kind="action.refused", actor_id=somebody.pk)}
    assert kept == set(refused)


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_nobody_and_the_deactivated_are_refused(cast: Cast, name: str) -> None:
    with pytest.raises(Forbidden):
        attempt(name, None)
    cast.wang.is_active = False
    with pytest.raises(Forbidden):
        attempt(name, cast.wang)


@pytest.mark.parametrize("name", sorted(n for n, a in ACTIONS.items() if not a.by_system))
def test_background_work_runs_only_what_is_meant_for_it(db: None, name: str) -> None:
    with pytest.raises(Forbidden):
        attempt(name, SYSTEM)


def test_a_role_that_has_ended_gives_nothing(cast: Cast) -> None:
    RoleGrant.objects.filter(person=cast.wang).update(until=SINCE)
    wang = Person.objects.get(pk=cast.wang.pk)
    assert wang.rights.roles == frozenset()
    with pytest.raises(Forbidden):
        attempt("regulations.draft", wang)
