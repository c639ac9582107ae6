"""Given settings for production, when `guanxi check` looks at them, then it refuses what is unsafe and says why."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import pytest

from guanxi.interfaces.cli.address import reached_from_outside
from tests.browsing import free_port

from .databases import SERVER, database
from .running import once

SAFE = {
    "GUANXI_MODE": "production",
    "GUANXI_HOSTS": "crm.example.com",
    "GUANXI_PROXY": "1",
    "GUANXI_SECRET_KEY": "W7_qnT" * 12,
}


@pytest.fixture
def home(empty: Path) -> Path:
    return empty


def found(home: Path, **changed: str) -> tuple[int, dict[str, bool]]:
    """Exit status, and what was found: words -> grave."""
    status, said = once(home, "check", "--json", **changed)
    return status, {f["what"]: f["grave"] for f in json.loads(said.splitlines()[-1])}


def test_a_safe_installation_is_told_only_what_is_worth_knowing(home: Path) -> None:
    status, said = found(home, **SAFE)
    assert status == 0
    assert not any(said.values()), said
    assert {"no mail server", "no worker has been seen for five minutes"} <= set(said)
    status, text = once(home, "check", **SAFE)
    assert (status, "△ no mail server" in text) == (0, True)
    assert home.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"GUANXI_TLS": "0"}, "production without TLS"),
        ({"GUANXI_HOSTS": "*"}, "GUANXI_HOSTS allows any name"),
        ({"GUANXI_SECRET_KEY": "short"}, "security.W009"),
        (
            {"GUANXI_SMTP_HOST": "smtp.example.com", "GUANXI_SMTP_USER": "crm"},
            "the mail password goes to the mail server in clear",
        ),
        ({"GUANXI_TASKS": "celery"}, "Celery is to carry the jobs, but no broker is named"),
    ],
)
def test_what_is_unsafe_is_grave_and_says_why(home: Path, changed: dict[str, str], why: str) -> None:
    status, said = found(home, **SAFE | changed)
    assert status == 1
    assert [grave for what, grave in said.items() if why in what] == [True], said


def test_log_lines_in_clear_to_another_machine_are_grave(home: Path) -> None:
    said = "log lines go to another machine in clear"
    assert found(home, **SAFE, GUANXI_LOG_TO="tcp://192.0.2.7:601")[1].get(said) is True
    assert said not in found(home, **SAFE, GUANXI_LOG_TO="tcp://127.0.0.1:9")[1]


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("https://crm.example.com/", True),
        ("https://101.6.6.6:8443", True),
        ("https://10.0.0.5/", False),
        ("https://[fd00::5]/", False),
        ("https://crm/", False),
        ("https://crm.lan/", False),
        ("", False),
    ],
)
def test_which_addresses_are_reached_from_outside(address: str, outside: bool) -> None:
    assert reached_from_outside(address) is outside


def test_a_self_made_certificate_serves_no_address_that_is_reached_from_outside(home: Path) -> None:
    where = {
        "GUANXI_MODE": "production",
        "GUANXI_HOSTS": "crm.example.com",
        "GUANXI_SECRET_KEY": "W7_qnT" * 12,
    }
    status, said = once(
        home,
        "run",
        "--tls",
        "--no-demo",
        "--port",
        str(free_port()),
        **where,
        GUANXI_ADDRESS="https://crm.example.com/",
    )
    assert status == 1
    assert "browsers would warn of a self-made certificate" in said


def test_a_mistyped_setting_is_named(home: Path) -> None:
    mistyped = "GUANXI" + "_SMPT_HOST"
    assert f"{mistyped} is set, but there is no such setting" in found(home, **{mistyped: "x"})[1]


def test_a_key_that_others_may_read_is_grave(home: Path) -> None:
    (home / "secret-key").chmod(0o640)
    status, said = found(home)
    assert (status, said["others may read secret-key"]) == (1, True)


@pytest.mark.postgres
@pytest.mark.skipif(SERVER not in os.environ, reason=f"needs {SERVER}")
def test_a_role_that_could_drop_the_journals_guards_is_grave_in_production(tmp_path: Path) -> None:
    """The owner, a member of the owner and a superuser are; a role with the granted rights is not."""
    import psycopg

    home, word = tmp_path / "home", f"g{secrets.token_hex(4)}"
    with database("postgresql", "checked") as where:
        url = where["DATABASE_URL"]
        try:
            with psycopg.connect(url, autocommit=True) as server:
                for statement in (
                    f"CREATE ROLE {word}_owner LOGIN",
                    f"CREATE ROLE {word}_member LOGIN IN ROLE {word}_owner",
                    f"CREATE ROLE {word}_app LOGIN",
                    f"GRANT ALL ON SCHEMA public TO {word}_owner",
                ):
                    server.execute(statement)  # type: ignore[call-overload]

            def as_role(role: str) -> dict[str, str]:
                scheme, _, rest = url.partition("://")
                return {"DATABASE_URL": f"{scheme}://{role}@{rest.rpartition('@')[2]}"}

            owner = as_role(f"{word}_owner")
            status, said = once(home, "setup", **owner)
            assert status == 0, said
            status, granting = once(home, "journal", "grants", f"{word}_app", **owner)
            assert status == 0
            with psycopg.connect(owner["DATABASE_URL"], autocommit=True) as server:
                server.execute(granting)  # type: ignore[call-overload]
            for where_, status in (
                (owner, 1),
                (as_role(f"{word}_member"), 1),
                (where, 1),
                (as_role(f"{word}_app"), 0),
            ):
                code, said_ = found(home, **SAFE | where_)
                assert code == status, (where_, said_)
                assert any("drop the journal's guards" in what for what in said_) == (status == 1)
        finally:
            with psycopg.connect(url, autocommit=True) as server:
                for role in ("owner", "member", "app"):
                    server.execute(f"DROP OWNED BY {word}_{role} CASCADE")  # type: ignore[call-overload]
                    server.execute(f"DROP ROLE {word}_{role}")  # type: ignore[call-overload]
