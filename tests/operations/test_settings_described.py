"""Given the code, when it reads an environment variable of ours, then docs/reference/settings.md describes it, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "reference" / "settings.md"
NAME = re.compile(r"\bGUANXI_[A-Z][A-Z_]*[A-Z]\b")
OURS = {"DATABASE_URL", "PORT", "DEMO"}
NOT_FROM_OUTSIDE = {"GUANXI_TEST"}


def used() -> set[str]:
    """Every name in the code."""
    files = [
        *(
            p
            for folder in ("guanxi", "benchmarks", "scripts", "tests")
            for p in (ROOT / folder).rglob("*.py")
        ),
        ROOT / "Makefile",
        ROOT / "conftest.py",
    ]
    return {name for path in files for name in NAME.findall(path.read_text())} - NOT_FROM_OUTSIDE


def described() -> set[str]:
    """Every name in the first column of a table."""
    return set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE.read_text(), re.M))


def test_every_variable_in_the_code_is_described_and_every_described_one_is_used() -> None:
    assert described() == used() | OURS
