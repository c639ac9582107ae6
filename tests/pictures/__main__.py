"""Take every page x role x {360, 1280} px x {Chinese, English}, from the page registry: `make screenshots`.

A demo company is made in a data folder of its own (kept for the day) and served. Every page is asked for each role; where
two roles get the same page it is taken once. The pictures and their index lie in var/screenshots. Exit 1 where a page
failed, scrolled sideways or complained in the console.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.browsing import ROOT, Server, chromium, environment, serve

from . import index, matrix, shooting
from .matrix import Answer

OUT = ROOT / "var" / "screenshots"
LANGUAGES, WIDTHS = ("zh", "en"), (1280, 360)
ANSWERS = {
    "piece": "a piece of another page",
    "none": "no such row in the demo",
    "error": "answered",
    "redirect": "goes to",
}


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument(
        "--role", default="", help="only these roles or people, by comma (nobody: not signed in)"
    )
    parser.add_argument("--page", default="", help="only pages whose name begins so, by comma")
    parser.add_argument("--language", default="", help="zh or en")
    parser.add_argument("--width", type=int, choices=WIDTHS, help="only this width")
    parser.add_argument("--dark", action="store_true", help="the dark theme")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="browsers at once")
    parser.add_argument(
        "--home", type=Path, help="a data folder that has a company already; nothing is made then"
    )
    parser.add_argument("--out", type=Path, default=OUT / "pictures", help="where the pictures go")
    return parser.parse_args(arguments)


def main() -> int:
    chosen = options()
    if chromium() is None:
        print(
            "There is no chromium on this machine; `make setup-test` installs it where it may.",
            file=sys.stderr,
        )
        return 2
    began = time.monotonic()
    home = chosen.home or demo_home()
    os.environ.update(environment(home))
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    folder: Path = chosen.out
    if folder.exists() and (folder / "index.html").exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    server = serve(home, "--no-demo", "--no-worker")
    try:
        walk = Walk(chosen, folder, server)
        for language in [one for one in LANGUAGES if chosen.language in ("", one)]:
            walk.through(language)
    finally:
        server.stop()
    entries = sorted(walk.entries.values(), key=lambda e: e.name)
    seconds = time.monotonic() - began
    summary = (
        f"{len(entries)} pages, {len(walk.people)} roles, {walk.asked} answers, {walk.taken} pictures, "
        f"{len(walk.faults)} faults, {seconds / 60:.1f} min"
    )
    address = index.write(folder, entries, walk.faults, summary)
    for file, words in walk.faults:
        print(f"  {file}: {words}")
    print(f"{summary}\n{address}")
    return 1 if walk.faults else 0


def demo_home() -> Path:
    """The data folder of today's demo company; made where there is none, since its dates are relative to today."""
    home, mark, day = OUT / "home", OUT / "home" / "made-on", time.strftime("%Y-%m-%d")
    if not mark.exists() or mark.read_text() != day:
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        command = [sys.executable, "-m", "guanxi", "demo"]
        subprocess.run(command, cwd=ROOT, env=environment(home), check=True)
        furnishing = "from tests.furnish import furnish_home; furnish_home()"
        subprocess.run([sys.executable, "-c", furnishing], cwd=ROOT, env=environment(home), check=True)
        mark.write_text(day)
    return home


class Walk:
    """Through all pages of one server."""

    def __init__(self, chosen: argparse.Namespace, folder: Path, server: Server) -> None:
        self.chosen, self.folder, self.server = chosen, folder, server
        self.people = matrix.visitors(_named(chosen.role))
        self.entries: dict[str, index.Entry] = {}
        self.leaders: dict[tuple[str, str, str], str] = {}
        self.faults: list[tuple[str, str]] = []
        self.asked = self.taken = 0

    def through(self, language: str) -> None:
        """Ask for everything in one language, then take what differs."""
        matrix.speak(self.people, language)
        questions = matrix.questions(self.people, _named(self.chosen.page))
        answers = matrix.Asking(self.server.address, language).all(questions, self.chosen.jobs)
        self.asked += len(answers)
        print(f"{language}: {len(answers)} answers", flush=True)
        shots: dict[tuple[str, str, int], shooting.Shot] = {}
        for answer in answers:
            self._sort(answer, shots)
        self._take(list(shots.values()), language)

    def _sort(self, answer: Answer, shots: dict[tuple[str, str, int], shooting.Shot]) -> None:
        asked = answer.question
        entry = self.entries.setdefault(asked.page, index.Entry(asked.page, asked.label))
        if not asked.allowed:
            entry.others.setdefault("no right", []).append(asked.visitor.role)
            return
        if answer.kind not in ("html", "file"):
            said = f"{ANSWERS[answer.kind]} {answer.where or (answer.status if answer.kind == 'error' else '')}".strip()
            entry.others.setdefault(said, []).append(asked.visitor.role)
            if answer.kind == "error":
                self.faults.append(
                    (asked.path, f"{answer.status} for {asked.visitor.role} ({answer.language})")
                )
            return
        # One paper is enough to look at; a page is taken for the first who gets it so.
        alike = (asked.page, answer.language, "" if answer.kind == "file" else answer.digest)
        leader = self.leaders.setdefault(alike, asked.visitor.name)
        stem = f"{asked.page}.{leader}.{answer.language}"
        look = entry.looks.setdefault(leader, index.Look())
        look.roles.append(asked.visitor.role)
        if answer.kind == "file":
            if (answer.language, 0) not in look.files:
                name = f"{stem}.{re.sub(r'[^a-z0-9]', '', asked.path.rpartition('.')[2].lower()) or 'bin'}"
                (self.folder / name).write_bytes(answer.body)
                look.files[answer.language, 0] = name
            return
        for width in [one for one in WIDTHS if self.chosen.width in (None, one)]:
            if (answer.language, width) not in look.files:
                file = look.files[answer.language, width] = f"{stem}.{width}.png"
                shots[asked.page, leader, width] = shooting.Shot(
                    asked.page,
                    self.server.address + asked.path,
                    asked.visitor.session,
                    answer.language,
                    width,
                    file,
                )

    def _take(self, shots: list[shooting.Shot], language: str) -> None:
        shots.sort(key=lambda shot: (shot.session, shot.width))
        size = max(1, min(60, -(-len(shots) // self.chosen.jobs)))
        piles = [shots[at : at + size] for at in range(0, len(shots), size)]
        with ProcessPoolExecutor(self.chosen.jobs, multiprocessing.get_context("spawn")) as pool:
            take = functools.partial(shooting.take, folder=self.folder, dark=self.chosen.dark)
            for taken in pool.map(take, piles):
                self.taken += len(taken)
                self.faults.extend((one.shot.file, words) for one in taken for words in one.faults)
                print(f"{language}: {self.taken} pictures", flush=True)


def _named(text: str) -> list[str]:
    return [one for one in re.split(r"[,\s]+", text) if one]


if __name__ == "__main__":
    sys.exit(main())
