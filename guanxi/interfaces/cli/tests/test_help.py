"""Given any command, when it is asked for help or used wrongly, then it says so in words and in its exit status."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import pytest

from guanxi.interfaces.cli.main import parser, run


def commands(of: argparse.ArgumentParser, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and subcommand as it is typed."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield (*before, name)
                yield from commands(below, (*before, name))


ALL = list(commands(parser()))


def test_there_are_commands_to_ask() -> None:
    assert len(ALL) > 18
    assert {("run",), ("journal", "verify"), ("regulations", "replay")} <= set(ALL)


@pytest.mark.parametrize("words", [(), *ALL], ids=" ".join)
def test_help_is_text_and_ends_well(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run([*words, "--help"])
    said = capsys.readouterr()
    assert (ended.value.code, said.err) == (0, "")
    usage, _, more = said.out.partition("\n\n")
    assert usage.startswith("usage: guanxi")
    about = more.split("options:")[0].split("positional arguments:")[0].strip()
    assert len(about) > 10, f"guanxi {' '.join(words)} --help does not say what it does"
    silent = [
        option.dest
        for option in _named(words)._actions
        if not (option.help or isinstance(option, argparse._SubParsersAction))
    ]
    assert not silent, f"guanxi {' '.join(words)}: no help for {silent}"


def _named(words: tuple[str, ...]) -> argparse.ArgumentParser:
    found = parser()
    for word in words:
        subs = next(a for a in found._actions if isinstance(a, argparse._SubParsersAction))
        found = subs.choices[word]
    return found


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_a_mistyped_option_ends_with_2_and_is_named(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run([*words, "--no-such-option"])
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.startswith("usage: guanxi")
    assert ": error: " in said.err.strip().splitlines()[-1]


@pytest.mark.parametrize("words", [[], ["no-such-command"]])
def test_no_command_and_an_unknown_one_end_with_2(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(words)
    assert ended.value.code == 2
    assert "COMMAND" in capsys.readouterr().err
