"""The labelled set is the same in every run and on every machine, and its halves have nothing in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from guanxi.platform.imports.labelled.judging import Share
from guanxi.platform.imports.labelled.public import labels
from guanxi.platform.imports.labelled.sets import Labelled, labelled

DIGESTS = {"train": "77d285105983f189", "judged": "d353b3e5a384c058"}
"""Of the made-up customers. A set that changes is another set: say so in the changelog, with the figures anew."""


@pytest.fixture(scope="module")
def halves() -> dict[str, Labelled]:
    return {"train": labelled("train"), "judged": labelled("judged")}


def test_the_set_is_what_it_was(halves):
    assert {part: half.digest()[:16] for part, half in halves.items()} == DIGESTS


def test_the_halves_share_no_customer(halves):
    train, judged = ({c.same for c in half.customers} for half in halves.values())
    assert train & judged == set()
    assert min(len(half.pairs()) for half in halves.values()) > 400


def test_every_corruption_and_every_look_alike_is_there(halves):
    for half in halves.values():
        hows = {how for c in half.customers for how in c.how.split("+")}
        assert {
            "typo",
            "short",
            "renamed",
            "other_phone",
            "form",
            "where",
            "traditional",
            "wide",
            "swapped",
        } <= hows
        assert {"!branch", "!group", "!ordinal", "!next_district", "!sibling", "!namesake"} <= hows


def test_no_two_customers_of_the_list_have_one_label(halves):
    for half in halves.values():
        lists = [c for c in half.customers if not c.how]
        assert len({c.same for c in lists}) == len(lists)


def test_labels_of_public_files_are_row_numbers():
    first, unclear = labels()
    assert all(row >= head > 1 for (_, row), head in first.items())
    assert all(one < other for _, one, other in unclear)
    text = (Path(labelled.__code__.co_filename).parent / "lists" / "public.txt").read_text(encoding="utf-8")
    assert all(line.isascii() for line in text.splitlines())


def test_shares_come_with_their_interval():
    assert str(Share(9, 10)) == "0.9000 (9 of 10)"
    assert 0.59 < Share(9, 10).least < 0.6
    assert Share(0, 0).share == 1.0
