"""Libraries that a suite compares with and that Guanxi itself does not need."""

from __future__ import annotations

import importlib.util
import os
import sys


def python_with(package: str, variable: str, left_out: str) -> str | None:
    """An interpreter that has the package: the one the variable names, or this one. None, with what is left out told."""
    named = os.environ.get(variable)
    if named:
        return named
    if importlib.util.find_spec(package.replace("-", "_")):
        return sys.executable
    print(f"{left_out}: {package} is not installed here; {variable} may name a python that has it (python -m venv, "
          f"pip install {package})", file=sys.stderr)  # fmt: skip
    return None
