"""Set-up on a bare machine: Python packages, browser assets and, for tests, a browser.

Needs only Python's standard library. Every part is stamped with what it was made from, so that a second call does
nothing and needs no network. A part that was interrupted has no stamp and is made again.

    python3 scripts/setup.py run      what `make run` needs
    python3 scripts/setup.py test     that, the development tools, and Chromium where it may be installed
    python3 scripts/setup.py lock     write requirements/*.txt anew from requirements/*.in
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import getpass
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

try:
    import tomllib
except ModuleNotFoundError:  # an older Python: main says so
    tomllib = None  # type: ignore[assignment]

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
VENDOR = ROOT / "guanxi" / "static_vendor"

# What each environment is made of. A development environment also serves `make run`.
ENVIRONMENTS = {"run": ["base.txt"], "test": ["base.txt", "dev.txt"]}


class SetupFailed(Exception):
    """Set-up cannot go on; the text says what a person can do about it."""


def main(arguments: Sequence[str]) -> int:
    """Run the set-up named by the first argument and return the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this script also meets older ones
        print(
            f"Guanxi needs Python 3.11 or newer, not {sys.version.split()[0]}. Try: make PYTHON=python3.11 run"
        )
        return 1
    what = arguments[0] if arguments else "run"
    if what not in ("run", "test", "lock"):
        print(__doc__)
        return 2
    try:
        with only_one_at_a_time():
            if what == "lock":
                lock_requirements()
                return 0
            set_up_python(what)
            set_up_assets()
            compile_planning(what)
            if what == "test":
                set_up_browser()
    except SetupFailed as failed:
        print(f"\nSet-up stopped: {failed}", file=sys.stderr)
        return 1
    return 0


# --- Python packages ---------------------------------------------------------------------------------------------


def set_up_python(what: str) -> None:
    """Make .venv hold exactly the locked packages for `what`, and the project itself."""
    ready = {name: VENV / f".ready-{name}" for name in ENVIRONMENTS}
    if any(is_stamped(ready[name], python_stamp(name)) for name in dict.fromkeys([what, "test"])):
        return
    if ready["test"].exists():
        what = "test"  # a developer's environment stays one
    with step("Python packages"):
        uv = get_uv()
        complete = any(stamp.exists() for stamp in ready.values()) and is_ours(VENV)
        for stamp in ready.values():
            stamp.unlink(missing_ok=True)
        if not complete:
            run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
        python = VENV / "bin" / "python"
        files = [REQUIREMENTS / name for name in ENVIRONMENTS[what]]
        run(uv, "pip", "sync", "-q", "--require-hashes", "--compile-bytecode", "--python", python, *files)
        run(uv, "pip", "install", "-q", "--python", python, "--no-deps", "--no-build-isolation", "-e", ROOT)
        (VENV / ".python").write_text(python_version())
        ready[what].write_text(python_stamp(what))


def python_stamp(what: str) -> str:
    """What the environment is made from: lock files, the project's own description, Python, and where it lies."""
    # The scripts in an environment carry its path, so a moved folder needs a new one.
    description = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = repr([description["build-system"], description["project"]])
    return digest(project, python_version(), str(ROOT), *[REQUIREMENTS / name for name in ENVIRONMENTS[what]])


def python_version() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor} {ROOT}"


def is_ours(venv: Path) -> bool:
    """Whether the environment was made by this Python in this folder, so that it can be kept."""
    return (venv / "bin" / "python").exists() and is_stamped(venv / ".python", python_version())


def get_uv() -> Path:
    """Return uv from its own small environment, which may be deleted at any time."""
    lock = REQUIREMENTS / "tools.txt"
    make_pip_environment(TOOLS, lock)
    # uv does not read pip's configuration; a mirror set there must be used all the same.
    if "UV_DEFAULT_INDEX" not in os.environ and (mirror := pip_mirror()):
        os.environ["UV_DEFAULT_INDEX"] = mirror
    os.environ["UV_SYSTEM_CERTS"] = "1"
    os.environ.pop("VIRTUAL_ENV", None)
    return TOOLS / "bin" / "uv"


def pip_mirror() -> str | None:
    """Return the package index set in pip's configuration or environment, if any."""
    listed = subprocess.run(
        [TOOLS / "bin" / "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    pairs = [line.partition("=") for line in listed.stdout.splitlines()]
    found = [value.strip("'\"") for key, _, value in pairs if key.endswith(".index-url")]
    return found[-1] if found else None


def make_pip_environment(folder: Path, lock: Path) -> None:
    """Make an environment with pip and the packages of a lock file."""
    stamp = digest(lock, python_version())
    if is_stamped(folder / ".ready", stamp):
        return
    if importlib.util.find_spec("ensurepip") is None and not apt_install("python3-venv"):
        raise SetupFailed(
            "Python's venv is missing. Type this, then start again:\n\n    " + apt_line("python3-venv")
        )
    run(sys.executable, "-m", "venv", "--clear", folder)
    run(
        folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", lock
    )
    (folder / ".ready").write_text(stamp)


def lock_requirements() -> None:
    """Write requirements/*.txt anew from requirements/*.in; no registry's address goes into them."""
    uv = get_uv()
    for name in ("tools", "node", "base", "scale", "dev"):
        with step(f"Lock {name}"):
            run(
                *(uv, "pip", "compile", "-q", "--universal", "--python-version", "3.11", "--generate-hashes"),
                *("--no-header", "--no-emit-index-url", "--no-emit-find-links"),
                *(f"{name}.in", "-o", f"{name}.txt", *sys.argv[2:]),
                cwd=REQUIREMENTS,
            )


# --- Files for the browser and for PDFs --------------------------------------------------------------------------


def set_up_assets() -> None:
    """Copy the files named in assets/files.toml out of the locked npm packages."""
    stamp = digest(ROOT / "package-lock.json", ROOT / "assets" / "files.toml", ROOT / "assets" / "icons.txt")
    packages = tomllib.loads((ROOT / "assets" / "files.toml").read_text("utf-8"))["package"]
    done = VENDOR / ".ready"
    if is_stamped(done, stamp) and all((ROOT / package["to"]).is_dir() for package in packages):
        return
    with step("Browser assets"):
        done.unlink(missing_ok=True)
        work = ROOT / ".tools-npm"
        remove(work)
        work.mkdir()
        try:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(ROOT / name, work / name)
            fetch_npm_packages(work)
            for target, sources in asset_files(packages, work / "node_modules").items():
                copy_folder(sources, target)
        finally:
            remove(work)
        done.write_text(stamp)


def fetch_npm_packages(work: Path) -> None:
    """Run `npm ci` in a folder, with the machine's npm or else with one from a temporary environment."""
    environment = dict(os.environ)
    npm = shutil.which("npm")
    node = work / "node"
    if npm is None:
        make_pip_environment(node, REQUIREMENTS / "node.txt")
        npm = str(node / "bin" / "npm")
        environment["PATH"] = f"{node / 'bin'}{os.pathsep}{environment['PATH']}"
    run(npm, "ci", "--loglevel=error", cwd=work, environment=environment)


def asset_files(packages: list[dict[str, Any]], node_modules: Path) -> dict[Path, list[Path]]:
    """Return, per target folder, the files to copy into it."""
    icons = (ROOT / "assets" / "icons.txt").read_text("utf-8").split()
    targets: dict[Path, list[Path]] = {}
    for package in packages:
        folder = node_modules / package["name"]
        patterns = (
            [f"{package['icons']}/{icon}.svg" for icon in icons] if "icons" in package else package["files"]
        )
        if package["licence_file"]:
            patterns = [*patterns, package["licence_file"]]
        sources = targets.setdefault(ROOT / package["to"], [])
        for pattern in patterns:
            found = sorted(folder.glob(pattern))
            if not found:
                raise SetupFailed(
                    f"{package['name']} has no file {pattern}; see assets/files.toml and icons.txt"
                )
            sources += found
    return targets


def copy_folder(sources: list[Path], target: Path) -> None:
    """Make `target` hold exactly the given files; folders inside it are left alone."""
    target.mkdir(parents=True, exist_ok=True)
    names = {source.name for source in sources}
    for old in target.iterdir():
        if old.is_file() and old.name not in names:
            old.unlink()
    for source in sources:
        shutil.copyfile(source, target / source.name)


# --- Visit planning ------------------------------------------------------------------------------------------------


def compile_planning(what: str) -> None:
    """Compile the search for visit plans, so that the first plan does not wait for it; where that fails, it will.

    For tests it is compiled where they look for it (`HOME` in guanxi/cores/routing/tests/by_hand.py): several of them would
    do it at once.
    """
    environment = dict(os.environ)
    if what == "test":
        environment["GUANXI_HOME"] = f"{tempfile.gettempdir()}/guanxi-tests-{getpass.getuser()}"
    done = VENV / f".planning-{what}"
    sources = sorted((ROOT / "guanxi" / "cores" / "routing").rglob("*.py"))
    stamp = digest(python_stamp("run"), environment.get("GUANXI_HOME", ""), *sources)
    if is_stamped(done, stamp):
        return
    command = [str(VENV / "bin" / "guanxi"), "plan", "warm"]
    with step("Visit planning, compiled once"):
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0:
            done.write_text(stamp)


# --- A browser for the tests -------------------------------------------------------------------------------------


def set_up_browser() -> None:
    """Install Chromium and Chinese fonts where that is allowed; without them the browser tests skip and say why."""
    missing = missing_browser_packages()
    if not missing:
        return
    with step("Browser for the tests"):
        if not apt_install(*missing):
            print(f"  not installed, so browser tests are skipped. To run them: {apt_line(*missing)}")


def missing_browser_packages() -> list[str]:
    """Return the Debian packages that a browser test needs and this machine lacks."""
    missing = []
    if not shutil.which("chromium"):
        missing.append("chromium")
    try:
        ctypes.CDLL("libatomic.so.1")  # Playwright's driver loads it
    except OSError:
        missing.append("libatomic1")
    fonts = shutil.which("fc-list")  # comes with Chromium
    if not fonts or not subprocess.run([fonts, ":lang=zh"], capture_output=True, check=False).stdout:
        missing.append("fonts-noto-cjk")
    return missing


# --- Helpers -----------------------------------------------------------------------------------------------------


def apt_install(*packages: str) -> bool:
    """Install Debian packages if this user may; return whether that worked."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    for command in ([*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *packages]):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
            return False
    importlib.invalidate_caches()
    return True


def apt_line(*packages: str) -> str:
    """The one line that root types, or who may become root: a bare machine has no package lists yet, and no sudo."""
    line = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"
    if os.geteuid() == 0:
        return line
    return f"sudo sh -c '{line}'" if shutil.which("sudo") else f"su -c '{line}'"


def run(*command: object, cwd: Path = ROOT, environment: dict[str, str] | None = None) -> None:
    """Run a command; its failure ends the set-up with what it wrote."""
    words = [str(word) for word in command]
    try:
        subprocess.run(words, cwd=cwd, env=environment, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SetupFailed(f"{error}\nIs there a network? Starting again goes on from here.") from error


def digest(*parts: str | Path) -> str:
    """Return a hash over texts and the contents of files."""
    whole = hashlib.sha256()
    for part in parts:
        content = part.read_bytes() if isinstance(part, Path) else part.encode()
        whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()


def is_stamped(file: Path, stamp: str) -> bool:
    return file.exists() and file.read_text() == stamp


def remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    begin = time.monotonic()
    print(f"{title} …", flush=True)
    yield
    print(f"{title}: {time.monotonic() - begin:.0f} s", flush=True)


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Let a second set-up in the same folder wait for the first."""
    folder = os.open(REQUIREMENTS, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
