"""Given lin with a customer, and a colleague of another department who must see nothing of it."""

from __future__ import annotations

import pytest

from guanxi.domains.customers.models import Account

from .situation import customer


@pytest.fixture
def hengyuan(cast) -> Account:
    return customer(cast.lin)
