"""Customers divided into territories, one for each person; README.md of the core is the guide for readers.

`divide(problem)` and `what_if(problem, division, …)` in `dividing.py`; `load` and `dump` in `forms.py`; the independent
checker in `checking.py`; a picture in `drawing.py`; towns to try it on in `towns.py`.
"""

from .checking import check
from .dividing import Progress, divide, warm, what_if
from .drawing import draw, geojson
from .forms import division_from, dump, load, schema
from .model import Barrier, Customer, Division, Person, Problem, ProblemError, Territory

__all__ = [
    "Barrier",
    "Customer",
    "Division",
    "Person",
    "Problem",
    "ProblemError",
    "Progress",
    "Territory",
    "check",
    "divide",
    "division_from",
    "draw",
    "dump",
    "geojson",
    "load",
    "schema",
    "warm",
    "what_if",
]
