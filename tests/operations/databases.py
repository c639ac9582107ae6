"""A database for real processes: the embedded SQLite, and a new one on PostgreSQL where there is one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SERVER = "GUANXI_TEST_POSTGRES"
BOTH = [
    "sqlite",
    pytest.param(
        "postgresql",
        marks=[pytest.mark.postgres, pytest.mark.skipif(SERVER not in os.environ, reason=f"needs {SERVER}")],
    ),
]


@contextmanager
def database(kind: str, name: str) -> Iterator[dict[str, str]]:
    """The environment that names it; what was made on the server goes again."""
    if kind == "sqlite":
        yield {}
        return
    import psycopg

    server, made = os.environ[SERVER], f"guanxi_{name}_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{made}"')  # type: ignore[call-overload]
    try:
        base, _, query = server.partition("?")
        yield {"DATABASE_URL": f"{base.rpartition('/')[0]}/{made}" + (f"?{query}" if query else "")}
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{made}" WITH (FORCE)')  # type: ignore[call-overload]
