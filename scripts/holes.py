"""Compares what is locked with the holes that are known: `make holes`. requirements/holes.json holds them.

check: names every locked version that a known hole concerns; fails unless it was accepted with a reason and a day that has
not come. fetch: asks pip-audit and npm for holes of what is locked, and puts them into the file; run where their services
can be reached.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from guanxi.platform.kernel.clock import system_clock

ROOT = Path(__file__).parents[1]
FILE = ROOT / "requirements" / "holes.json"
LOCKS = ("base", "scale", "dev", "tools", "node")
MOST_DAYS = 35
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Found:
    """A known hole of something that is locked."""

    id: str
    package: str
    version: str
    what: str


def locked(root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """(package, version) of all that is locked, for Python and for the browser."""
    for name in LOCKS:
        for package, version in _PINNED.findall((root / "requirements" / f"{name}.txt").read_text()):
            yield canonicalize_name(package), version
    packages = json.loads((root / "package-lock.json").read_text())["packages"]
    for path, said in packages.items():
        if path and "version" in said:
            yield f"npm:{path.rpartition('node_modules/')[2]}", said["version"]


def concerns(affected: str, version: str) -> bool:
    """Whether `<4.2.24 || >=5.1,<5.1.12` holds a version."""
    try:
        return any(
            SpecifierSet(part.strip(), prereleases=True).contains(Version(version))
            for part in affected.split("||")
        )
    except InvalidVersion:
        return True  # what cannot be compared is looked at


def open_holes(said: Mapping[str, Any], versions: Iterator[tuple[str, str]], today: date) -> list[Found]:
    """The holes that concern a locked version and were not accepted for today."""
    accepted = {
        one["id"] for one in said["accepted"] if one["why"] and date.fromisoformat(one["until"]) >= today
    }
    have = sorted(set(versions))
    return [
        Found(hole["id"], package, version, hole["what"])
        for hole in said["holes"]
        for package, version in have
        if hole["package"] == package and hole["id"] not in accepted and concerns(hole["affected"], version)
    ]


def check(today: date) -> int:
    said = json.loads(FILE.read_text())
    found = open_holes(said, locked(), today)
    for hole in found:
        print(f"{hole.package} {hole.version}: {hole.id} {hole.what}")
    when = said["looked_through"]
    if when is None or (today - date.fromisoformat(when)).days > MOST_DAYS:
        print(
            f"Last asked for news: {when or 'never'}. Run `make holes ARGS=fetch` where the internet can be reached."
        )
    return 1 if found else 0


def fetch(today: date) -> int:
    """Add what the services know of the locked versions. The date is written only where all were asked."""
    said = json.loads(FILE.read_text())
    known = {(one["id"], one["package"]) for one in said["holes"]}
    try:
        news = [*_of_python(), *_of_browser()]
    except (OSError, ValueError, KeyError) as error:
        print(f"Nothing was written: {error}", file=sys.stderr)
        return 1
    said["holes"] += [one for one in news if (one["id"], one["package"]) not in known]
    said["looked_through"] = today.isoformat()
    FILE.write_text(written(said))
    return check(today)


def written(said: Mapping[str, Any]) -> str:
    """The file, one hole a line."""
    parts = []
    for name, value in said.items():
        if isinstance(value, list):
            lines = ",\n".join(f"    {json.dumps(one, ensure_ascii=False)}" for one in value)
            parts.append(f'  "{name}": [\n{lines}\n  ]' if lines else f'  "{name}": []')
        else:
            parts.append(f'  "{name}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _of_python() -> Iterator[dict[str, str]]:
    tool = shutil.which("pip-audit")
    if tool is None:
        raise OSError("pip-audit is not installed (uv tool install pip-audit)")
    for name in LOCKS:
        lock = str(ROOT / "requirements" / f"{name}.txt")
        done = subprocess.run(
            [tool, "--no-deps", "--disable-pip", "-f", "json", "-r", lock],
            capture_output=True,
            text=True,
            check=False,
        )
        for one in json.loads(done.stdout)["dependencies"]:
            if "skip_reason" in one:
                raise ValueError(f"pip-audit was told nothing of {one['name']}: {one['skip_reason']}")
            for hole in one["vulns"]:
                yield _entry(
                    hole["id"], canonicalize_name(one["name"]), one["version"], hole.get("description", "")
                )


def _of_browser() -> Iterator[dict[str, str]]:
    tool = shutil.which("npm")
    if tool is None:
        raise OSError("npm is not installed")
    done = subprocess.run([tool, "audit", "--json"], capture_output=True, text=True, cwd=ROOT, check=False)
    said = json.loads(done.stdout)
    if "vulnerabilities" not in said:
        raise ValueError(f"npm audit: {said.get('message', 'no answer')}")
    versions = dict(locked())
    for name, one in said["vulnerabilities"].items():
        for via in (via for via in one["via"] if isinstance(via, dict)):
            yield _entry(
                via["url"].rpartition("/")[2], f"npm:{name}", versions.get(f"npm:{name}", "0"), via["title"]
            )


def _entry(id: str, package: str, version: str, what: str) -> dict[str, str]:
    return {"id": id, "package": package, "affected": f"=={version}", "what": " ".join(what.split())[:120]}


if __name__ == "__main__":
    now = system_clock().date()
    sys.exit(fetch(now) if sys.argv[1:] == ["fetch"] else check(now))
