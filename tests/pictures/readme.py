"""The pictures in the README, taken from the demo: `make pictures`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.browsing import ROOT, environment, launch, serve

from . import matrix
from .__main__ import demo_home

OUT = ROOT / "docs" / "pictures"
WINDOW = {"width": 1200, "height": 760}
PICTURES = (("today.png", "lin", "zh", "/"), ("regulation.png", "chen", "en", "/regulations/R1/#R1.16.1"))
"""File, whose page, in which language, and which."""


def main() -> int:
    """Take them all; the data folder is that of today's demo, made where there is none."""
    parser = argparse.ArgumentParser(prog="make pictures", description=__doc__)
    parser.add_argument("--home", type=Path, help="a data folder that has the demo already")
    home = parser.parse_args().home or demo_home()
    os.environ.update(environment(home))
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()
    from playwright.sync_api import sync_playwright

    OUT.mkdir(parents=True, exist_ok=True)
    people = {visitor.name: visitor for visitor in matrix.visitors([who for _, who, _, _ in PICTURES])}
    for _, who, language, _ in PICTURES:
        matrix.speak([people[who]], language)
    server = serve(home, "--no-demo", "--no-worker")
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright)
            for file, who, _, path in PICTURES:
                context = browser.new_context(viewport=WINDOW, color_scheme="light", reduced_motion="reduce")
                context.add_cookies(
                    [{"name": "sessionid", "value": people[who].session, "url": server.address}]
                )
                page = context.new_page()
                page.goto(server.address + path)
                page.screenshot(path=str(OUT / file), animations="disabled")
                context.close()
                print(f"{OUT / file}: {(OUT / file).stat().st_size // 1024} kB")
            browser.close()
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
