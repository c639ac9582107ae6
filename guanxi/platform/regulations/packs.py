"""The regulations as packs: those that ship, and each version's own, read once per process."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import guanxi.packs
from guanxi.cores.norms import catalogue as offers
from guanxi.cores.norms.controls import Pack
from guanxi.cores.norms.controls import Version as EngineVersion
from guanxi.cores.norms.pack import load_pack
from guanxi.platform.journal.chain import canonical
from guanxi.platform.kernel import all_actions
from guanxi.platform.ownfields.known import none_known, stamp
from guanxi.platform.people.roles import ROLES

from .catalogue import engine_kinds, gate_fields
from .models import Version

FOLDER = Path(guanxi.packs.__file__).parent
FILES = ("clauses.yaml", "pack.yaml")


@cache
def shipped() -> dict[str, dict[str, str]]:
    """Regulation code -> its files' texts, as this release ships them, in order R1 to R9."""
    found: dict[str, dict[str, str]] = {}
    for folder in sorted(p for p in FOLDER.iterdir() if (p / "clauses.yaml").is_file()):
        texts = {
            f"{folder.name}/{name}": (folder / name).read_text()
            for name in FILES
            if (folder / name).is_file()
        }
        found[folder.name.split("_")[0].upper()] = texts
    return found


@cache
def shipped_cases() -> dict[str, tuple[str, str]]:
    """Regulation code -> (file name, text) of its cases."""
    return {
        folder.name.split("_")[0].upper(): (f"{folder.name}/cases.yaml", (folder / "cases.yaml").read_text())
        for folder in sorted(FOLDER.iterdir())
        if (folder / "cases.yaml").is_file()
    }


def catalogue() -> offers.Catalogue:
    """What the application offers to packs. Built once all apps have declared theirs, and again when the company's own
    fields changed."""
    return _catalogue(stamp())


def offered_to_all() -> offers.Catalogue:
    """The same without what the company has of its own: what every installation offers."""
    with none_known():
        return _catalogue.__wrapped__(0)


@lru_cache(maxsize=4)
def _catalogue(own_fields: int) -> offers.Catalogue:
    from .surface import forms, pages

    actions = [
        offers.ActionOffer(name, gate_fields(action), action.writes, tuple(action.Input.model_fields))
        for name, action in all_actions().items()
    ]
    kinds = [kind for name, kind in engine_kinds().items() if name not in offers.RESERVED]
    return offers.catalogue(kinds, actions=actions, forms=forms(), pages=pages(), roles=ROLES)


@lru_cache(maxsize=64)
def _load(digest: str, files: tuple[tuple[str, str], ...], own_fields: int) -> Pack:
    return load_pack(dict(files), _catalogue(own_fields))


def forget() -> None:
    """Build the catalogue anew: more was declared."""
    _catalogue.cache_clear()
    _load.cache_clear()


def load(files: dict[str, str]) -> Pack:
    """The checked pack of these files; PackError names file, line and cure. Loaded once per content."""
    digest = hashlib.sha256(canonical(files)).hexdigest()
    return _load(digest, tuple(sorted(files.items())), stamp())


def engine_version(version: Version) -> EngineVersion:
    """A version row as the engine takes it."""
    return EngineVersion(version.name, load(version.source), version.values)


def content_hash(source: dict[str, str], values: dict[str, Any], transition: str) -> str:
    """What an approval is bound to."""
    return hashlib.sha256(
        canonical({"source": source, "values": values, "transition": transition})
    ).hexdigest()


def number_of(code: str) -> int:
    """The number in a regulation's code, by which they stand in order; those without one come last."""
    digits = "".join(c for c in code if c.isdigit())
    return int(digits) if digits else 999
