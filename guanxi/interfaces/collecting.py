"""How often a process of Guanxi looks for garbage that refers to itself."""

from __future__ import annotations

import gc


def settle() -> None:
    """Once everything is loaded: what is there stays for good and is not looked at again, and the rest less often.

    Python looks after every 700 new objects, which took a fifth of the engine's time (`make bench`, suite engine): a
    page or an action makes tens of thousands that are gone by themselves when it ends.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
