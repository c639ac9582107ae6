"""Compiled code comes from where the set-up has put it. numba asks for its folder when a module is imported, and the tests
import modules of the search themselves: without this each fresh clone compiled everything once more, beside the sources."""

from __future__ import annotations

from guanxi.cores.routing.search import prepare
from guanxi.cores.routing.territories.dividing import compiled_in

from .by_hand import COMPILED

prepare(COMPILED)
from guanxi.cores.routing.search import islands, regions  # noqa: E402, F401 (into the folder that was just named)

compiled_in(COMPILED)
from guanxi.cores.routing.territories.compiled import borders, delaunay, grids  # noqa: E402, F401
