"""Given somebody signed in, when hours or days go by, then the session ends as the company says, and it is said why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from guanxi.platform.kernel import Invalid, perform
from guanxi.platform.people.models import Person

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(moment: datetime, client: Client, **headers: str) -> Any:
    with time_machine.travel(moment, tick=False):
        return client.get("/", headers=headers)


@pytest.fixture
def signed_in(cast: Any, client: Client, settings: Any) -> Client:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]
    client.force_login(cast.lin, "django.contrib.auth.backends.ModelBackend")
    assert at(MORNING, client).status_code == 200
    return client


def words_at_the_gate(client: Client, moment: datetime) -> str:
    """What the sign-in says to whom a page leads there."""
    with time_machine.travel(moment, tick=False):
        answer = client.get("/")
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/")
        return client.get(answer["Location"]).content.decode()


def test_twelve_hours_without_a_request_end_it(signed_in: Client) -> None:
    assert at(MORNING + 11 * HOUR, signed_in).status_code == 200
    assert at(MORNING + 22 * HOUR, signed_in).status_code == 200
    said = words_at_the_gate(signed_in, MORNING + 34 * HOUR)
    assert "您已 12 小时没有操作，系统已自动退出，请重新登录" in said


def test_seven_days_end_it_however_busy_one_is(signed_in: Client) -> None:
    for hours in range(8, 7 * 24, 8):
        assert at(MORNING + hours * HOUR, signed_in).status_code == 200
    assert "登录已满 7 天，请重新登录" in words_at_the_gate(signed_in, MORNING + 7 * DAY)


def test_a_form_that_stands_open_keeps_what_was_typed(signed_in: Client) -> None:
    """401 to what a page sends by itself: ui.js says so and leaves the form as it is."""
    assert at(MORNING + DAY, signed_in, **{"HX-Request": "true"}).status_code == 401


def test_the_company_sets_the_hours_and_the_days(signed_in: Client, cast: Any) -> None:
    wu: Person = cast.wu
    perform("people.change_setting", {"key": "security.idle_hours", "value": "2"}, actor=wu)
    assert "您已 2 小时没有操作" in words_at_the_gate(signed_in, MORNING + 2 * HOUR)
    for key, wrong in (("security.idle_hours", "0"), ("security.session_days", "15")):
        with pytest.raises(Invalid):
            perform("people.change_setting", {"key": key, "value": wrong}, actor=wu)


def test_within_a_few_minutes_nothing_is_written(signed_in: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        at(MORNING + timedelta(minutes=4), signed_in)
    assert not [q["sql"] for q in asked if "UPDATE" in q["sql"]]


def test_a_page_that_stands_open_asks_how_long_it_may_without_being_activity(
    signed_in: Client, cast: Any
) -> None:
    def left(moment: datetime, client: Client = signed_in) -> Any:
        with time_machine.travel(moment, tick=False):
            return client.get("/me/still/").json()

    nobody = {"left": 0, "person": None}
    assert left(MORNING) == {"left": 12 * 3600, "person": cast.lin.pk}
    assert left(MORNING + 11 * HOUR) == {"left": 3600, "person": cast.lin.pk}
    assert left(MORNING + 12 * HOUR) == nobody
    assert left(MORNING, Client()) == nobody
