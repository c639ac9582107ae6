"""Given a pack on paper, then its hash can be copied and compared, whatever its signs are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from guanxi.platform.documents.tests.pdftext import pages_of
from guanxi.platform.documents.typeset import Printed, render_pdf

PRINTED = Printed("恒信智造股份有限公司", "林晓", datetime(2026, 3, 2, 6, 30, tzinfo=UTC))


def paper(hash: str, lang: str) -> bytes:
    data: dict[str, Any] = {
        "giver": "林晓",
        "taker": "赵磊",
        "arranged_by": "王敏",
        "arranged_at": PRINTED.at,
        "number": "1",
        "state": "已完成",
        "counts": [["客户", 1]],
        "leaves": True,
        "note": "",
        "customers": [],
        "others": [],
        "signatures": [
            {"side": "移交人", "name": "林晓", "at": PRINTED.at, "how": "密码确认"},
            {"side": "接收人", "name": "赵磊", "at": None, "how": ""},
        ],
        "hash": hash,
        "excuse": "",
    }
    return render_pdf("customers/hand_over", data, lang, printed=PRINTED)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "hash",
    [
        "309cad68386d070c415ed7e70cad19461922995d84016e51c6b36d6f3c9f0ac9",
        "f6fcd2246470384f3c502d16db13d3885f162c3e9fc3f34c658d9f6af30b81e9",
        "d" * 64,  # the widest
        "f" * 64,
        "1" * 64,
    ],
)
def test_the_hash_stands_on_one_line_with_no_sign_between(hash: str, lang: str) -> None:
    [page] = pages_of(paper(hash, lang))
    assert [line for line in page.split("\n") if hash in line], page[-400:]
