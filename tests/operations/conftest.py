"""Shared by these tests: pages without collected static files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from guanxi.platform.backups import taking
from tests import homes

from . import company_home
from .running import once


@pytest.fixture(autouse=True)
def _no_static_files(settings: Any) -> None:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company's data folder, to be looked at only."""
    return homes.made_once(tmp_path_factory, "made", company_home.make)


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """The same, to work in."""
    return homes.copy(made, tmp_path / "home")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after `guanxi setup`, with nobody in it, to be looked at only."""

    def make(home: Path) -> None:
        status, said = once(home, "setup")
        assert status == 0, said

    return homes.made_once(tmp_path_factory, "prepared", make)


@pytest.fixture
def empty(prepared: Path, tmp_path: Path) -> Path:
    """The same, to work in."""
    return homes.copy(prepared, tmp_path / "home")


@pytest.fixture
def take(settings: Any) -> Callable[..., Path]:
    """Take a backup of a data folder, in this process."""

    def taken(home: Path, folder: Path, **more: Any) -> Path:
        settings.HOME, settings.MEDIA_ROOT = home, home / "files"
        return taking.take(folder, database=company_home.database(home), **more).path

    return taken
