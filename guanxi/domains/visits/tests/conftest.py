"""Given lin with a customer; and pages without collected static files."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.domains.customers.models import Account

from .situation import customer


@pytest.fixture
def hengyuan(cast) -> Account:
    return customer(cast.lin)


@pytest.fixture(autouse=True)
def _light(settings: Any) -> None:
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "whitenoise" not in m]
    settings.PANELS_RAISE = True
