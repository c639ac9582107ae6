"""Given a pack of many customers, when one looks through it, then it comes in portions and what one looks for is found."""

from __future__ import annotations

from django.test import RequestFactory

from guanxi.domains.customers.handover.pack import (
    ShownContact,
    ShownCustomer,
    ShownLine,
    ShownPack,
    ShownPart,
)
from guanxi.domains.customers.web.pack_page import PORTION, PackPage, page_of
from guanxi.platform.kernel import Text

NOTHING = Text("", "")
PROMISES = Text("未兑现的承诺", "Open promises")


def customer(n: int) -> ShownCustomer:
    """Every tenth has a promise and is a key customer; each has somebody to talk to."""
    line = ShownLine(Text(f"寄样册{n}", f"Send samples {n}"), None, NOTHING, "", "", "")
    return ShownCustomer(
        n,
        f"客户{n}号",
        "A",
        n % 10 == 0,
        NOTHING,
        [ShownContact(f"Li Mei {n}", "", None, f"1380571{n:04}", None, "", "")],
        [ShownPart("promises", PROMISES, [line])] if n % 10 == 0 else [],
    )


def looked(many: int, query: str = "") -> PackPage:
    shown = ShownPack([customer(n) for n in range(1, many + 1)], [], {})
    return page_of(shown, RequestFactory().get(f"/?{query}"))


def test_few_stand_unfolded_and_many_come_in_portions() -> None:
    few, many = looked(3), looked(132)
    assert (few.many, few.unfolded, len(few.customers), few.next_url) == (False, True, 3, "")
    assert (many.many, many.unfolded, len(many.customers)) == (True, False, PORTION)
    assert (many.first, many.last, many.previous_url, many.next_url) == (1, PORTION, "", "?page=2")
    last = looked(132, "page=99")
    assert (last.first, last.last, last.previous_url, last.next_url) == (121, 132, "?page=4", "")


def test_what_one_looks_for_is_found_by_customer_by_person_and_by_matter() -> None:
    for words, expected in (
        ("客户77号", [77]),
        ("li mei 88", [88]),
        ("13805710099", [99]),
        ("寄样册120", [120]),
        ("samples 30", [30]),
        ("nobody", []),
    ):
        assert [c.id for c in looked(132, f"q={words}").customers] == expected


def test_it_is_narrowed_to_those_with_something_open() -> None:
    page = looked(132, "show=promises")
    assert [c.id for c in page.customers] == list(range(10, 131, 10))
    assert (page.found, page.total, page.narrowed) == (13, 132, True)
    assert [(o.value, o.chosen) for o in page.options] == [("key", False), ("promises", True)]
    assert looked(132, "show=key&q=客户5").found == 1
    assert looked(132, "show=nothing").found == 132


def test_folding_keeps_what_one_looks_at() -> None:
    page = looked(132, "q=客户&page=2")
    assert page.fold_url == "?q=%E5%AE%A2%E6%88%B7&all=1&page=2"
    assert looked(132, "all=1").unfolded
    assert not looked(3, "all=0").unfolded


def test_rubbish_in_the_address_leads_to_the_first_page() -> None:
    for query in ("page=0", "page=-1", "page=²", "page=x", "page=" + "9" * 40, "all=x"):
        assert looked(132, query).first == 1
