"""Values and pieces of a customer's page in words."""

from __future__ import annotations

import pytest

from guanxi.domains.customers import words
from guanxi.platform.kernel import Text


@pytest.mark.parametrize(("kept", "said"), [("--03-05", "03-05"), ("1985-03-05", "1985-03-05"), (None, "")])
def test_a_birthday_without_its_year_is_said_as_people_write_it(kept: str | None, said: str) -> None:
    assert words.said("birthday", kept) == Text.of(said)


def test_more_about_a_thing_stands_in_the_brackets_of_its_language() -> None:
    assert words.with_more("寄样册", "林晓", "03-09") == Text("寄样册（林晓，03-09）", "寄样册 (林晓, 03-09)")
