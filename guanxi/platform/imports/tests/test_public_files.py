"""The public customer files, where they are there: counts, and rows that a person looked at one by one.

Labels are row numbers only, since one of the files may not be shipped.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from guanxi.platform.imports.columns import guess, mapping_of
from guanxi.platform.imports.judge import judge
from guanxi.platform.imports.reading import read_sheet


def judged(name: str) -> dict[str, Any]:
    folder = os.environ.get("GUANXI_TRY_DATA", "")
    if not folder:
        pytest.skip("GUANXI_TRY_DATA names no folder")
    path = Path(folder) / "import" / name
    if not path.exists():
        path = Path(folder) / name
    if not path.exists():
        pytest.skip(f"{name} is not in GUANXI_TRY_DATA")
    sheet = read_sheet(path.read_bytes(), name)
    return judge(sheet, mapping_of(guess(sheet))).as_json("en")


def rows(entries, *codes):
    return sorted({entry["row"] for entry in entries if not codes or entry["code"] in codes})


def test_hospitals():
    data = judged("hangzhou-hospitals.csv")
    assert data["rows"] == 191
    assert data["rejected"] == []
    certain = {d["row"]: d["of"] for d in data["duplicates"] if d["certainty"] == "certain"}
    assert certain == {
        23: 11, 24: 12, 28: 2, 29: 3, 30: 4, 31: 5, 44: 39, 46: 11, 49: 6, 50: 7, 51: 8, 54: 7, 66: 58, 76: 74,
        78: 70, 101: 100, 106: 104, 120: 26, 130: 127, 142: 141, 152: 150, 153: 145, 157: 143, 173: 168, 177: 27
    }  # fmt: skip
    possible = rows([d for d in data["duplicates"] if d["certainty"] == "possible"])
    assert possible == [
        10, 11, 18, 20, 26, 34, 39, 42, 69, 71, 74, 75, 89, 114, 121, 124, 125, 148, 154, 155, 160, 163, 169, 170,
        175, 180, 182, 187
    ]  # fmt: skip
    assert data["created"] == 138
    assert rows(data["doubtful"], "phone.split") == [
        2, 8, 20, 24, 28, 35, 46, 51, 54, 58, 72, 76, 78, 140, 145, 148, 161, 184, 188
    ]  # fmt: skip
    assert rows(data["doubtful"], "phone.form") == [112, 124, 165, 181]
    assert rows(data["doubtful"], "phone.area") == [13]
    assert rows(data["doubtful"], "phone.extension") == [115]
    assert rows(data["doubtful"], "address.district") == []
    assert rows(data["doubtful"], "address.town") == [110, 111]
    assert rows(data["doubtful"], "address.split") == [73, 77, 79, 80, 124, 126]
    assert rows(data["doubtful"], "duplicate.differs", "duplicate.more") == [46, 78, 142, 152, 153, 157]


def test_traders():
    data = judged("northwind-customers.csv")
    assert (data["rows"], data["created"], data["duplicates"], data["rejected"]) == (91, 91, [], [])
    assert rows(data["doubtful"]) == rows(data["doubtful"], "row.wide")
    assert len(data["doubtful"]) == 24
    assert all(
        len(d["before"]) == 12 and len(d["after"]) == 11 and d["column"] == "address"
        for d in data["doubtful"]
    )


def test_orders():
    data = judged("northwind-orders.csv")
    assert (data["rows"], data["rejected"]) == (830, [])
    assert len(rows(data["doubtful"], "row.wide")) == 176
    assert {d["column"] for d in data["doubtful"]} == {"shipAddress"}
