"""What is costly about a name, computed beside the writing process: the key of twins and the words of the search index.

Nothing here needs Django, so that a helper process starts at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context

from guanxi.platform.imports.duplicates import name_key
from guanxi.platform.jobs.orphans import end_with_parent
from guanxi.platform.search.grams import grams

CHUNK = 2000
Words = tuple[str, str]


def words_of(named: list[tuple[str, str, str]]) -> list[Words]:
    """For each (name, contact, number as E.164): the key by which the same company is recognised, and the line of the
    search index."""
    found = []
    for name, contact, phone in named:
        texts = [contact] if contact else []
        found.append((name_key(name), " ".join(dict.fromkeys(grams(name, *texts, phones=[phone])))))
    return found


def alongside(
    items: Iterable[tuple[str, str, str]], workers: int
) -> Iterator[tuple[tuple[str, str, str], Words]]:
    """Each item with its words, in order, computed by helper processes a few chunks ahead."""
    source = iter(items)
    with ProcessPoolExecutor(workers, get_context("spawn"), end_with_parent, (os.getpid(),)) as pool:
        ahead: list[tuple[list[tuple[str, str, str]], Future[list[Words]]]] = []
        while True:
            while len(ahead) < 2 * workers:
                chunk = list(islice(source, CHUNK))
                if not chunk:
                    break
                ahead.append((chunk, pool.submit(words_of, chunk)))
            if not ahead:
                return
            chunk, coming = ahead.pop(0)
            yield from zip(chunk, coming.result(), strict=True)
