"""Given a person with a token, when a program acts for them, then rights, gates and keys hold as on the web."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import perform, system_clock
from tests.company import PASSWORD

NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)
DARK = {"language": "en", "theme": "dark"}


def token_of(person, clock=system_clock) -> str:
    person.set_password(PASSWORD)
    person.save(update_fields=["password"])
    made = perform("people.make_token", {"label": "脚本", "password": PASSWORD}, actor=person, clock=clock)
    return str(made.value.plain)


def post(token: str, path: str, body: object, **headers: str):
    return Client().post(
        f"/api/{path}",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", **headers},
    )


@pytest.fixture
def lin(cast) -> str:
    return token_of(cast.lin)


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "zh-hans"),
        ("en-GB,en;q=0.9", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8,zh;q=0.7", "en"),
        ("zh-CN,en", "zh-hans"),
    ],
)
def test_before_sign_in_the_page_speaks_as_the_browser_asks_for(db, asked: str, language: str) -> None:
    told = Client().get("/sign-in/", headers={"Accept-Language": asked}, follow=True)
    assert told.headers["Content-Language"] == language
    chosen = Client(headers={"Accept-Language": "en"})
    chosen.cookies["language"] = "zh-hans"
    assert chosen.get("/sign-in/", follow=True).headers["Content-Language"] == "zh-hans", (
        "what one chose comes first"
    )


def get(token: str):
    return Client().get("/api/lists", headers={"Authorization": f"Bearer {token}"})


def test_without_a_token_nothing_is_said(db) -> None:
    assert Client().get("/api/actions").status_code == 401
    assert post("gx_wrong", "actions/people.set_preferences", {}).status_code == 401


def test_the_actions_are_listed_with_their_input(lin: str) -> None:
    listed = Client().get("/api/actions", headers={"Authorization": f"Bearer {lin}"}).json()
    named = {a["name"]: a for a in listed}
    assert "people.make_token" in named
    assert "norms.tick" not in named
    assert named["people.make_token"]["input"]["properties"]["label"]["maxLength"] == 60


def test_an_action_is_run_once_for_the_same_key(lin: str) -> None:
    first = post(lin, "actions/people.set_preferences", DARK, **{"Idempotency-Key": "k1"})
    again = post(lin, "actions/people.set_preferences", DARK, **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json()["replayed"], again.json()["replayed"]) == (False, True)
    assert first.json()["facts"] == again.json()["facts"]
    other = post(
        lin, "actions/people.set_preferences", {**DARK, "theme": "light"}, **{"Idempotency-Key": "k1"}
    )
    assert (other.status_code, other.json()["kind"]) == (409, "conflict")


def test_bad_input_is_named_at_its_field_in_chinese(lin: str) -> None:
    answer = post(lin, "actions/people.make_token", {"label": ""})
    assert answer.status_code == 422
    assert answer.json()["fields"] == {"label": ["至少 1 个字"]}
    assert "至少" in answer.content.decode()


def test_what_one_may_not_do_is_refused_and_kept(lin: str, cast) -> None:
    answer = post(lin, "actions/people.deactivate", {"person": cast.sun.pk})
    assert (answer.status_code, answer.json()["kind"]) == (403, "forbidden")
    assert Fact.objects.filter(kind="action.refused", actor_id=cast.lin.pk).exists()


def test_internal_actions_are_not_offered(lin: str) -> None:
    assert post(lin, "actions/norms.tick", {"at": "2026-03-05T00:00:00Z"}).status_code == 404


def test_an_ended_token_is_over_at_once(lin: str, cast) -> None:
    row = cast.lin.tokens.get()
    perform("people.end_token", {"token": row.pk}, actor=cast.lin)
    assert post(lin, "actions/people.set_preferences", DARK).status_code == 401


def test_a_deactivated_persons_token_is_worth_nothing(lin: str, cast) -> None:
    cast.lin.is_active = False
    cast.lin.save()
    assert post(lin, "actions/people.set_preferences", DARK).status_code == 401


def test_broken_json_is_answered_plainly(lin: str) -> None:
    answer = Client().post(
        "/api/actions/people.make_token",
        "{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {lin}"},
    )
    assert answer.status_code in (400, 422)


def test_a_token_makes_no_further_token(lin: str) -> None:
    """Whoever finds one has it until it is ended, and no longer."""
    answer = post(lin, "actions/people.make_token", {"label": "二"})
    assert (answer.status_code, answer.json()["kind"]) == (422, "invalid")


def test_a_token_may_call_so_often_in_a_minute(lin: str, cast, caplog) -> None:
    perform("people.change_setting", {"key": "security.api_calls", "value": "10"}, actor=cast.wu)
    other = token_of(cast.zhao)
    with time_machine.travel(NOON, tick=False):
        answers = [get(lin).status_code for _ in range(11)]
        assert answers == [200] * 10 + [429]
        told = get(lin)
        assert (told["Retry-After"], told.json()["kind"]) == ("60", "too_many")
        assert "10" in told.json()["text"]
        assert get(other).status_code == 200
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        assert get(lin).status_code == 200


def test_a_token_that_is_none_is_noted_without_its_signs(db, caplog) -> None:
    assert get("gx_guessed-by-somebody").status_code == 401
    assert "unknown API token from 127.0.0.1" in caplog.text
    assert "guessed" not in caplog.text
