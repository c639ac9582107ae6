"""Given an account elsewhere that is linked, when its person or an administrator parts from it, then it opens nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from guanxi.platform.journal.models import Fact
from guanxi.platform.kernel import Conflict, Forbidden, Invalid, perform
from guanxi.platform.messages.models import InboxMessage
from guanxi.platform.messages.security import tell_of_accounts
from guanxi.platform.people import oidc
from guanxi.platform.people.models import Link, Person
from guanxi.settings.provider import provider_from

from .cast import Cast
from .issuer import CLIENT, SECRET, Issuer, serving
from .test_provider import inside, refused, through
from .test_signin import SECRET as PASSWORD
from .test_signin import code, enrol

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(scope="module")
def served() -> Iterator[Issuer]:
    with serving() as issuer:
        yield issuer


@pytest.fixture
def issuer(served: Issuer, settings: Any) -> Issuer:
    served.__init__(served.address)  # type: ignore[misc]
    settings.OIDC = provider_from(served.address, CLIENT, SECRET, "")
    oidc.forget()
    return served


@pytest.fixture
def linked(cast: Cast, issuer: Issuer) -> Person:
    cast.lin.set_password(PASSWORD)
    cast.lin.save()
    perform("people.link_account", {"issuer": issuer.address, "subject": "a-1"}, actor=cast.lin)
    return cast.lin


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, BACKEND)
    return client


def unlink(client: Client, person: Person, **said: str) -> Any:
    return client.post(f"/people/{person.pk}/unlink/", said)


def test_an_administrator_parts_somebody_from_their_account_with_a_reason(
    client: Client, linked: Person, cast: Cast, issuer: Issuer
) -> None:
    through(client, issuer)
    assert inside(client)
    office = as_(cast.wu)
    page = office.get(f"/people/{linked.pk}/").content.decode()
    assert "解除单位账号" in page
    assert unlink(office, linked).status_code == 422  # no reason
    assert Link.objects.exists()
    assert unlink(office, linked, reason="手机被盗").status_code == 302
    assert not Link.objects.exists()
    assert not inside(client)  # what stood open is over
    assert refused(through(Client(), issuer), "unknown")
    fact = Fact.objects.filter(kind="account.unlinked").latest("seq")
    assert (fact.actor_id, fact.subject_id) == (cast.wu.pk, str(linked.pk))
    assert (fact.words.body["reason"], fact.words.body["account"]) == ("手机被盗", "a-1")
    assert "解除单位账号</a>" not in office.get(f"/people/{linked.pk}/").content.decode()
    tell_of_accounts()
    said = [
        message
        for message in InboxMessage.objects.filter(person=linked)
        if "不能再用它登录" in str(message.body)
    ]
    assert len(said) == 1
    assert client.post("/sign-in/", {"username": "lin", "password": PASSWORD}).status_code == 302
    assert inside(client)


def test_of_several_accounts_one_is_chosen(linked: Person, cast: Cast, issuer: Issuer) -> None:
    perform("people.link_account", {"issuer": "wecom:ww1", "subject": "LinXiao"}, actor=linked)
    office = as_(cast.wu)
    assert "wecom:ww1（已停用）" in office.get(f"/people/{linked.pk}/unlink/").content.decode()
    assert unlink(office, linked, reason="停用企业微信", issuer="wecom:ww1").status_code == 302
    assert [row.issuer for row in Link.objects.all()] == [issuer.address]


def test_nobody_else_parts_anybody_from_an_account(linked: Person, cast: Cast) -> None:
    for person in (cast.lin, cast.wang, cast.zhou, cast.sun):
        with pytest.raises(Forbidden):
            perform("people.unlink_account_of", {"person": linked.pk, "reason": "x"}, actor=person)
    perform("people.link_account", {"issuer": "x", "subject": "wu"}, actor=cast.wu)
    with pytest.raises(Invalid):
        perform("people.unlink_account_of", {"person": cast.wu.pk, "reason": "x"}, actor=cast.wu)
    assert Link.objects.count() == 2


def test_the_only_way_in_is_not_unlinked_by_its_person(linked: Person, issuer: Issuer) -> None:
    device, _ = enrol(linked)
    linked.refresh_from_db()
    linked.set_unusable_password()
    linked.save()
    assert "唯一办法" in as_(linked).get("/me/company-account/").content.decode()
    with pytest.raises(Conflict, match="没有登录的办法"):
        perform("people.unlink_account", {"issuer": issuer.address, "otp": code(device)}, actor=linked)
    assert Link.objects.exists()


def test_a_link_to_a_service_that_is_connected_no_more_is_seen_and_unlinked(
    linked: Person, settings: Any, cast: Cast
) -> None:
    settings.OIDC = None
    oidc.forget()
    client = as_(linked)
    page = client.get("/me/").content.decode()
    assert "（已停用）" in page
    there = re.search(r"/me/company-account/\?account=\d+", page)
    assert there
    assert "关联还在" in client.get(there[0]).content.decode()
    assert "没有接入" in as_(cast.wang).get(there[0]).content.decode()  # somebody else's is not there
    assert client.post(there[0], {"password": PASSWORD})["Location"] == "/me/"
    assert not Link.objects.exists()
