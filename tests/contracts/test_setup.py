"""Set-up keeps its promises: locked, licensed, repeatable, and the tree names no machine."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PERMISSIVE = {"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "MPL-2.0", "OFL-1.1", "CC0-1.0"}


# --- Locks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lock", [*LOCKS, ROOT / "package-lock.json", ROOT / ".npmrc"], ids=lambda path: path.name
)
def test_a_lock_names_no_registry(lock: Path) -> None:
    """Pip and npm know their own; an address in a lock would override a company's mirror."""
    assert not re.search(r"(https?|file|git)(\+\w+)?:|resolved\"|registry *=", lock.read_text("utf-8"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_version_and_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", "\n" + re.sub(r"(?m)^\s*#.*\n", "", lock.read_text("utf-8")))
    assert not [entry.split("\n")[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry]
    assert not [entry.split("\n")[0] for entry in entries if entry.strip() and "==" not in entry]


def test_every_npm_package_is_locked_by_its_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    assert not [name for name, package in packages.items() if name and "integrity" not in package]


# --- Licences ----------------------------------------------------------------------------------------------------


def listed_assets() -> list[dict[str, Any]]:
    return tomllib.loads((ROOT / "assets" / "files.toml").read_text("utf-8"))["package"]


@pytest.mark.parametrize("package", listed_assets(), ids=lambda package: package["to"])
def test_every_asset_has_a_licence_that_lets_us_ship_it(package: dict[str, Any]) -> None:
    assert package["licence"] in PERMISSIVE
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    # Old packages write "licenses", which npm does not carry into the lock.
    assert package["licence"] in locked[f"node_modules/{package['name']}"].get("license", package["licence"])


def test_every_npm_package_is_used() -> None:
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))
    assert {*wanted["dependencies"], *wanted["devDependencies"]} == {
        package["name"] for package in listed_assets()
    }


def test_icons_are_listed_once_and_in_order() -> None:
    icons = (ROOT / "assets" / "icons.txt").read_text("utf-8").split()
    assert icons == sorted(set(icons))


def licence_of(distribution: metadata.Distribution) -> str:
    described = distribution.metadata
    classifiers = [line for line in described.get_all("Classifier") or [] if line.startswith("License ::")]
    named = (
        [*(described.get_all("License-Expression") or []), *classifiers] or described.get_all("License") or []
    )
    return "; ".join(named)


@pytest.mark.parametrize("lock", ["base.txt", "scale.txt"])
def test_what_the_product_stands_on_has_no_gpl(lock: str) -> None:
    """LGPL and MPL are fine for a library that is used unchanged; GPL and AGPL would bind the product."""
    names = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements" / lock).read_text("utf-8"))
    assert names
    for name in names:
        try:
            licence = licence_of(metadata.distribution(name))
        except metadata.PackageNotFoundError:
            continue  # locked for another system
        assert licence, f"{name} names no licence"
        strong = re.sub(r"LGPL|Lesser General Public License", "", licence)
        assert not re.search(r"GPL|General Public License", strong), f"{name}: {licence}"


# --- The tree ----------------------------------------------------------------------------------------------------

MACHINE_PATH = r"(^|[^a-zA-Z0-9_.-])/(work|farm|root|home/[a-z]+|Users/[a-zA-Z]+)/"
UNFINISHED = r"TO[D]O|FIX[M]E|X[X]X|HA[C]K|not implemented ye[t]|coming soo[n]|敬请期[待]"


@pytest.mark.parametrize(
    "pattern", [MACHINE_PATH, UNFINISHED], ids=["paths of one machine", "unfinished words"]
)
def test_the_tracked_tree_holds_none_of(pattern: str) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git working tree, so nothing is tracked")
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern, "--", ".", ":!package-lock.json", ":!requirements/*.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode in (0, 1), found.stderr
    assert found.stdout == ""


# --- The script --------------------------------------------------------------------------------------------------


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The set-up script on a copy of what it reads; commands are noted down instead of run."""
    for name in ("requirements", "assets"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("pyproject.toml", "package.json", "package-lock.json", ".npmrc"):
        shutil.copy(ROOT / name, tmp_path / name)
    spec = importlib.util.spec_from_file_location("guanxi_setup", ROOT / "scripts" / "setup.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    places = {"ROOT": "", "REQUIREMENTS": "requirements", "VENV": ".venv", "TOOLS": ".tools"}
    for name, place in {**places, "VENDOR": "guanxi/static_vendor"}.items():
        monkeypatch.setattr(script, name, tmp_path / place)
    commands: list[str] = []

    def note(*words: object, **_: object) -> None:
        command = " ".join(str(word) for word in words).replace(str(tmp_path) + "/", "")
        commands.append(command)
        if "--without-pip" in command:
            (tmp_path / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
            (tmp_path / ".venv" / "bin" / "python").touch()

    monkeypatch.setattr(script, "run", note)
    monkeypatch.setattr(script, "get_uv", lambda: "uv")
    monkeypatch.setattr(script, "commands", commands, raising=False)
    return script


def synced(setup: ModuleType) -> list[list[str]]:
    """The lock files of each `uv pip sync` so far."""
    return [re.findall(r"requirements/(\S+)", command) for command in setup.commands if "pip sync" in command]


def test_given_a_fresh_clone_when_run_is_set_up_then_only_the_product_is_installed(setup: ModuleType) -> None:
    setup.set_up_python("run")
    assert synced(setup) == [["base.txt"]]
    assert all("--require-hashes" in command for command in setup.commands if "pip sync" in command)


def test_given_a_finished_set_up_then_a_second_one_does_nothing(setup: ModuleType) -> None:
    setup.set_up_python("test")
    setup.commands.clear()
    setup.set_up_python("test")
    setup.set_up_python("run")
    assert setup.commands == []


def test_given_a_developers_environment_when_a_lock_changes_then_run_keeps_the_tools(
    setup: ModuleType,
) -> None:
    setup.set_up_python("test")
    with (setup.REQUIREMENTS / "base.txt").open("a") as lock:
        lock.write("# changed\n")
    setup.set_up_python("run")
    assert synced(setup) == [["base.txt", "dev.txt"]] * 2
    assert sum("--clear" in command for command in setup.commands) == 1


def test_given_a_set_up_killed_half_way_then_the_next_starts_from_nothing(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = setup.run

    def killed(*words: object, **options: object) -> None:
        if "sync" in words:
            raise setup.SetupFailed("killed")
        note(*words, **options)

    monkeypatch.setattr(setup, "run", killed)
    with pytest.raises(setup.SetupFailed):
        setup.set_up_python("run")
    assert not list(setup.VENV.glob(".ready*"))
    monkeypatch.setattr(setup, "run", note)
    setup.commands.clear()
    setup.set_up_python("run")
    assert "--clear" in setup.commands[0]


def test_given_no_venv_and_no_right_to_install_it_then_one_line_to_type_is_printed(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = setup.REQUIREMENTS / "tools.txt"
    monkeypatch.setattr(setup, "get_uv", lambda: setup.make_pip_environment(setup.TOOLS, lock))
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    line = "apt-get update && apt-get install -y --no-install-recommends python3-venv"
    for sudo, typed in (("/usr/bin/sudo", f"sudo sh -c '{line}'"), (None, f"su -c '{line}'")):
        monkeypatch.setattr(setup.shutil, "which", lambda name, found=sudo: found)
        assert setup.main(["run"]) == 1
        assert f"\n    {typed}\n" in capsys.readouterr().err


def test_given_an_icon_that_does_not_exist_then_the_message_names_it(
    setup: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "assets" / "icons.txt").write_text("no-such-icon\n")
    package = {"name": "lucide-static", "icons": "icons", "licence_file": "", "to": "icons"}
    with pytest.raises(setup.SetupFailed, match=r"icons/no-such-icon\.svg"):
        setup.asset_files([package], tmp_path / "node_modules")


def test_given_assets_that_stand_then_npm_is_not_asked(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpack(work: Path) -> None:
        for package in listed_assets():
            folder = work / "node_modules" / package["name"]
            for pattern in [*package.get("files", []), package["licence_file"]]:
                file = folder / pattern.replace("*", "one")
                file.parent.mkdir(parents=True, exist_ok=True)
                if pattern:
                    file.touch()
            if "icons" in package:
                (folder / "icons").mkdir()
                for icon in (setup.ROOT / "assets" / "icons.txt").read_text("utf-8").split():
                    (folder / "icons" / f"{icon}.svg").touch()

    monkeypatch.setattr(setup, "fetch_npm_packages", unpack)
    setup.set_up_assets()
    assert (setup.VENDOR / "leaflet" / "images" / "one.png").exists()
    assert not (setup.ROOT / ".tools-npm").exists()
    monkeypatch.setattr(setup, "fetch_npm_packages", lambda work: pytest.fail("asked npm"))
    setup.set_up_assets()


# --- The Makefile ------------------------------------------------------------------------------------------------


def test_a_failing_check_hides_no_other_and_is_named(tmp_path: Path) -> None:
    extra = tmp_path / "checks.mk"
    extra.write_text("bad:\n\t@exit 1\ngood:\n\t@echo good ran\n")
    made = subprocess.run(
        [
            "make",
            "-f",
            str(ROOT / "Makefile"),
            "-f",
            str(extra),
            "together",
            "CHECKS=bad good",
            f"MAKEFILES={extra}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode != 0
    assert "good ran" in made.stdout
    assert "Failed: bad" in made.stdout.splitlines()  # a make around it says which folder it leaves
