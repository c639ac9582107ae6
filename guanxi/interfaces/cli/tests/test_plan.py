"""`guanxi plan`: files in and out, exit status, messages instead of tracebacks, Ctrl-C and kill."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from guanxi.cores.routing import cordeau, forms, generating
from guanxi.cores.routing.checking import check
from guanxi.cores.routing.tests.by_hand import HOME, in_one_language_only
from guanxi.interfaces.cli import planning
from guanxi.interfaces.cli.main import run

TWO = """{"days": 5, "people": [{"id": "王芳", "position": [0, 0], "each": {"earliest": "08:30", "latest": "17:30"}}],
 "customers": [{"id": "书店", "position": [3000, 0], "minutes": 30, "visits": 2, "least_days_between": 2},
               {"id": "码头", "position": [0, 4000], "minutes": 45, "hours": "10:00-12:00"}]}"""


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    """Compiled code is kept for all tests."""
    monkeypatch.setenv("GUANXI_HOME", HOME)


@pytest.fixture
def two(tmp_path):
    (tmp_path / "two.json").write_text(TWO, "utf-8")
    return str(tmp_path / "two.json")


@pytest.fixture
def periodic(tmp_path):
    problem = generating.periodic(1, 30, 4)
    (tmp_path / "p.txt").write_text(cordeau.write(problem))
    return str(tmp_path / "p.txt")


def test_cordeaus_answer(periodic, capsys):
    assert (
        run(
            ["plan", "solve", periodic, "--format", "cordeau", "--iterations", "100", "--seed", "1", "--json"]
        )
        == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"cost", "routes"}
    assert set(answer["routes"][0]) == {"day", "vehicle", "customers"}
    problem = cordeau.read(Path(periodic).read_text())
    wanted = {int(c.id): {tuple(sorted(p)) for p in c.patterns} for c in problem.customers}
    days: dict[int, list[int]] = {}
    for route in answer["routes"]:
        for customer in route["customers"]:
            days.setdefault(customer, []).append(route["day"])
    assert {id for id in wanted if tuple(sorted(days[id])) in wanted[id]} == set(wanted)


@pytest.mark.parametrize("what", [["solve", "--iterations", "5"], ["territories"]])
@pytest.mark.parametrize("seed", ["-1", "4294967296"])
def test_a_seed_that_is_none_is_said(two, capsys, what, seed):
    assert run(["plan", what[0], two, *what[1:], "--seed", seed]) == 2
    assert capsys.readouterr().err.startswith("--seed")


def test_the_same_seed_and_iterations(periodic, capsys):
    answers = []
    for _ in range(2):
        run(
            ["plan", "solve", periodic, "--format", "cordeau", "--iterations", "200", "--seed", "7", "--json"]
        )
        answers.append(capsys.readouterr().out)
    assert answers[0] == answers[1]


def test_a_plan_is_solved_checked_drawn_and_replanned(two, tmp_path, capsys):
    picture, map_ = tmp_path / "plan.svg", tmp_path / "plan.geojson"
    arguments = ["plan", "solve", two, "--iterations", "50", "--json"]
    assert run([*arguments, "--svg", str(picture), "--geojson", str(map_)]) == 0
    text = capsys.readouterr().out
    assert check(forms.problem_of(TWO), forms.plan_of(text)) == ()
    assert picture.read_text().startswith("<svg")
    assert json.loads(map_.read_text())["type"] == "FeatureCollection"
    old = tmp_path / "old.json"
    old.write_text(text)
    assert run(["plan", "check", two, str(old)]) == 0
    assert "Nothing is wrong" in capsys.readouterr().out
    assert run([*arguments, "--plan", str(old)]) == 0
    assert forms.plan_of(capsys.readouterr().out).moved == ()
    day = forms.plan_of(text).routes[0].day
    customer = forms.plan_of(text).routes[0].stops[0].customer
    run([*arguments, "--plan", str(old), "--until", str(day), "--missed", f"{customer}@{day}"])
    again = forms.plan_of(capsys.readouterr().out)
    assert not any(s.customer == customer and r.day == day for r in again.routes for s in r.stops)


def test_the_rest_of_a_day(two, tmp_path, capsys):
    run(["plan", "solve", two, "--iterations", "50", "--json"])
    text = capsys.readouterr().out
    (tmp_path / "old.json").write_text(text)
    route = forms.plan_of(text).routes[0]
    arguments = ["plan", "rest", two, str(tmp_path / "old.json"), "--person", "王芳", "--day", str(route.day)]
    status = run([*arguments, "--at", "09:00", "--position", "100,100", "--iterations", "20", "--json"])
    assert status in (0, 1)
    assert forms.plan_of(capsys.readouterr().out).figures.visits + status >= 1
    assert run([*arguments, "--at", "9 o'clock"]) == 2
    assert run([*arguments, "--at", "09:00", "--position", "100"]) == 2
    assert "write two numbers" in capsys.readouterr().err


def test_a_broken_plan_is_found(two, tmp_path, capsys):
    run(["plan", "solve", two, "--iterations", "50", "--json"])
    form = json.loads(capsys.readouterr().out)
    form["routes"][0]["back"] += 100
    (tmp_path / "broken.json").write_text(json.dumps(form))
    assert run(["plan", "check", two, str(tmp_path / "broken.json"), "--json"]) == 1
    assert "times" in {finding["rule"] for finding in json.loads(capsys.readouterr().out)}


def test_what_cannot_be_planned_is_told_and_is_status_1(tmp_path, capsys):
    (tmp_path / "far.json").write_text(TWO.replace("[0, 4000]", "[0, 400000]"))
    assert run(["plan", "solve", str(tmp_path / "far.json"), "--iterations", "20"]) == 1
    out = capsys.readouterr().out
    assert "unplanned: 码头, 1 visit:" in out
    assert "At least 1 working days are needed; there are 5." in out
    assert "2 visits planned, 1 unplanned" in out


def test_the_same_in_chinese_and_json_has_both(tmp_path, capsys):
    (tmp_path / "far.json").write_text(TWO.replace("[0, 4000]", "[0, 400000]"))
    arguments = ["plan", "solve", str(tmp_path / "far.json"), "--iterations", "20", "--lang", "zh"]
    assert run(arguments) == 1
    out = capsys.readouterr().out
    assert "至少需要 1 个工作日，现有 5 个。" in out
    assert "未排入：码头，1 次拜访：王芳 最早" in out
    assert "次拜访，路途" in out
    assert "已排 2 次拜访，未排入 1 次" in out
    assert run([*arguments, "--json"]) == 1
    (unplanned,) = json.loads(text := capsys.readouterr().out)["unplanned"]
    assert unplanned["reason"]["sentence"].startswith("王芳 cannot be there before")
    assert unplanned["reason"]["sentence_zh"].startswith("王芳 最早")
    form = json.loads(text)
    form["routes"][0]["back"] += 100
    form["unplanned"][0]["reason"].pop("sentence_zh")  # as plans were written before
    (tmp_path / "broken.json").write_text(json.dumps(form))
    check_it = ["plan", "check", str(tmp_path / "far.json"), str(tmp_path / "broken.json"), "--lang", "zh"]
    assert run(check_it) == 1
    assert "王芳：back 是" in capsys.readouterr().out
    assert run([*check_it, "--json"]) == 1
    assert {"where_zh", "sentence_zh"} <= set(json.loads(capsys.readouterr().out)[0])
    (tmp_path / "right.json").write_text(text)
    assert run([*check_it[:3], str(tmp_path / "right.json"), "--lang", "zh"]) == 0
    assert capsys.readouterr().out == "计划没有问题。\n"


BAD = {
    "": "this is not JSON",
    "{": "this is not JSON",
    "[1, 2]": "is no JSON object",
    TWO.replace('"minutes": 30', '"minutes": NaN'): "minutes: is not a number (NaN)",
    TWO.replace('"码头"', '"书店"'): "'书店' stands already",
    TWO.replace('"days": 5', '"days": 500'): "period.days: 500",
    TWO.replace("[3000, 0]", "[3000]"): "customers[0].position",
    '{"people": [], "customers": []}': "period: is missing",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_input_is_a_message_and_status_2(text, tmp_path, capsys):
    (tmp_path / "bad.json").write_text(text, "utf-8")
    assert run(["plan", "solve", str(tmp_path / "bad.json"), "--iterations", "1"]) == 2
    assert BAD[text] in capsys.readouterr().err


def test_every_sentence_of_the_command_is_in_both_languages():
    assert in_one_language_only(planning) == []


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("[1, 2]", "file: is no JSON object ({ … })", "文件：不是 JSON 对象（{ … }）"),
        (
            TWO.replace('"days": 5', '"days": 500'),
            "period.days: 500; a period has 1 to 62 days",
            "period.days：500；周期有 1 到 62 天",
        ),
    ],
)
def test_bad_input_is_said_in_either_language_and_json_has_both(text, english, chinese, tmp_path, capsys):
    (tmp_path / "bad.json").write_text(text, "utf-8")
    arguments = ["plan", "solve", str(tmp_path / "bad.json"), "--iterations", "1"]
    assert run(arguments) == 2
    assert capsys.readouterr() == ("", english + "\n")
    assert run([*arguments, "--lang", "zh"]) == 2
    assert capsys.readouterr() == ("", chinese + "\n")
    assert run([*arguments, "--json", "--lang", "zh"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out) == {"faults": [{"sentence": english, "sentence_zh": chinese}]}
    assert err == chinese + "\n"


def test_of_many_faults_the_first_are_shown_and_json_has_all(tmp_path, capsys):
    form = json.loads(TWO)
    form["customers"] = [{"id": f"c{n}", "position": [0, n], "minutes": -1} for n in range(30)]
    (tmp_path / "bad.json").write_text(json.dumps(form), "utf-8")
    arguments = ["plan", "solve", str(tmp_path / "bad.json"), "--json"]
    for language, more in (("en", "… and 10 more"), ("zh", "……还有 10 处")):
        assert run([*arguments, "--lang", language]) == 2
        out, err = capsys.readouterr()
        assert len(json.loads(out)["faults"]) == 30
        assert len(err.splitlines()) == 21
        assert err.endswith(more + "\n")


def test_files_and_options_in_chinese(two, periodic, tmp_path, capsys):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty.json").write_text('{"format": "guanxi plan 1", "routes": []}', "utf-8")
    for arguments, message in (
        (["solve", str(tmp_path / "none.json")], "none.json：无法读写（No such file"),
        (["solve", str(tmp_path / "bytes")], "bytes：第 0 字节起不是 UTF-8 文本"),
        (["solve", two, "--format", "cordeau"], "第 1 行：应为“类型 车辆 客户 天数”"),
        (["solve", two, "--seconds", "-1"], "--seconds：要是数，不能小于 0"),
        (["solve", two, "--until", "3"], "--until 和 --missed 要与 --plan OLD 同用"),
        (["solve", two, "--plan", two], "two.json：days：是未知的字段"),
        (
            ["rest", two, str(tmp_path / "empty.json"), "--person", "x", "--day", "1", "--at", "9:00"],
            "没有“x”这个人",
        ),
        (["territories", two], '应为："guanxi.territories/1"'),
    ):
        assert run(["plan", *arguments, "--lang", "zh"]) == 2, arguments
        assert message in capsys.readouterr().err


def test_bad_files_and_options(two, tmp_path, capsys):
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for arguments, message in (
        (["solve", str(tmp_path / "none.json")], "No such file"),
        (["solve", str(tmp_path)], "Is a directory"),
        (["solve", str(tmp_path / "bytes")], "is no UTF-8"),
        (["solve", two, "--format", "cordeau"], "Line 1"),
        (["solve", two, "--seconds", "-1"], "--seconds"),
        (["solve", two, "--seconds", "nan"], "--seconds"),
        (["solve", two, "--until", "3"], "need --plan"),
        (["solve", two, "--plan", two], "two.json: days: is unknown"),
        (["solve", two, "--iterations", "1", "--svg", "/nowhere/at/all.svg"], "/nowhere/at/all.svg"),
        (["check", two, str(tmp_path / "none.json")], "No such file"),
        (["territories", str(tmp_path / "none.json")], "No such file"),
        (["territories", two], ""),
    ):
        assert run(["plan", *arguments]) == 2, arguments
        assert message in capsys.readouterr().err


def test_a_million_customers_is_a_clear_answer(tmp_path, capsys):
    row = '{"id": "c", "place": "c", "visits": 1},\n'
    (tmp_path / "million.json").write_text('{"customers": [' + row * 1_000_000)
    began = time.perf_counter()
    assert run(["plan", "solve", str(tmp_path / "million.json")]) == 2
    assert "about 1,000,000 customers" in (message := capsys.readouterr().err)
    assert "GB of memory" in message
    assert "guanxi plan territories" in message
    assert run(["plan", "solve", str(tmp_path / "million.json"), "--lang", "zh"]) == 2
    assert "约有 1,000,000 个客户" in capsys.readouterr().err
    assert time.perf_counter() - began < 60
    (tmp_path / "million.txt").write_text("1 5 1000000 5\n" + "0 100\n" * 5 + "1 2 3 0 1 1 1 1\n" * 1_000_000)
    assert run(["plan", "solve", str(tmp_path / "million.txt"), "--format", "cordeau"]) == 2
    assert "about 1,000,006 customers" in capsys.readouterr().err


def test_tables_that_are_too_large_are_told_before(tmp_path, capsys, monkeypatch):
    problem = generating.month(1, 6100, 2)
    from dataclasses import replace

    from guanxi.cores.routing.model import Barrier

    river = replace(problem, travel=replace(problem.travel, barriers=(Barrier("river", ((0, 0), (9, 9))),)))
    (tmp_path / "river.json").write_text(forms.problem_text(river))
    assert run(["plan", "solve", str(tmp_path / "river.json")]) == 2
    assert "6,102 places take" in capsys.readouterr().err
    assert run(["plan", "solve", str(tmp_path / "river.json"), "--lang", "zh"]) == 2
    assert "6,102 个地点要占" in capsys.readouterr().err


def test_what_is_compiled_is_kept_where_it_can_be(monkeypatch, tmp_path, capsys):
    assert planning.cache_folder() == f"{HOME}/compiled"
    monkeypatch.delenv("GUANXI_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert planning.cache_folder() == str(tmp_path / "guanxi" / "compiled")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert Path(planning.cache_folder()).is_dir()
    monkeypatch.setenv("GUANXI_HOME", HOME)
    assert run(["plan", "warm"]) == 0
    assert f"{HOME}/compiled" in capsys.readouterr().out


def test_the_schema(capsys):
    assert run(["plan", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == forms.schema()


def test_the_example_of_the_manual(tmp_path, capsys):
    page = (Path(planning.__file__).parents[3] / "docs/how-to/plan-visits.md").read_text("utf-8")
    (tmp_path / "month.json").write_text(page.partition("```json\n")[2].partition("```")[0], "utf-8")
    assert run(["plan", "solve", str(tmp_path / "month.json"), "--iterations", "50", "--json"]) == 0
    plan = forms.plan_of(capsys.readouterr().out)
    assert sorted(stop.customer for route in plan.routes for stop in route.stops) == sorted(
        ["新华书店", "新华书店", "东方饭店", "城南诊所"]
    )


def test_neither_django_nor_numpy_is_loaded_for_help():
    code = (
        "import sys; sys.argv = ['guanxi', 'plan', '--help']\n"
        "from guanxi.interfaces.cli.main import run\n"
        "try:\n    run(['plan', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'numpy', 'numba', 'django'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=_environment())


def test_the_core_loads_no_compiler():
    code = (
        "import sys, guanxi.cores.routing.solving, guanxi.cores.routing.forms\n"
        "assert not {'numba', 'django'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=_environment())


def _environment() -> dict[str, str]:
    root = str(Path(planning.__file__).parents[3])
    return os.environ | {"PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": ""}


@pytest.fixture
def started(periodic, tmp_path):
    """A search for an hour in a process of its own, once it has begun."""
    arguments = [
        "plan",
        "solve",
        periodic,
        "--format",
        "cordeau",
        "--seconds",
        "3600",
        "--json",
        "--progress",
    ]
    with open(tmp_path / "out", "w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "guanxi", *arguments, "--svg", str(tmp_path / "plan.svg")],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        assert process.stderr is not None
        for line in process.stderr:
            if "cost" in line:
                break
        yield process
        process.kill()
        process.communicate()


def test_ctrl_c_gives_the_best_so_far(started, tmp_path):
    started.send_signal(signal.SIGINT)
    assert started.wait(60) == 0
    assert json.loads((tmp_path / "out").read_text())["routes"]
    assert (tmp_path / "plan.svg").read_text().endswith("</svg>\n")


def test_kill_leaves_no_half_files(started, tmp_path):
    started.kill()
    assert started.wait(60) == -signal.SIGKILL
    assert (tmp_path / "out").read_text() == ""
    assert not (tmp_path / "plan.svg").exists()


def test_territories(tmp_path, capsys):
    from guanxi.cores.routing import territories

    problem = territories.Problem(
        customers=tuple(
            territories.Customer(id=f"c{i}", x=500.0 * (i % 8), y=500.0 * (i // 8)) for i in range(64)
        ),
        people=tuple(territories.Person(id=f"p{i}") for i in range(3)),
    )
    (tmp_path / "town.json").write_text(territories.dump(problem))
    status = run(
        ["plan", "territories", str(tmp_path / "town.json"), "--json", "--svg", str(tmp_path / "t.svg")]
    )
    division = territories.division_from(capsys.readouterr().out)
    assert status == (1 if division.messages else 0)
    assert territories.check(problem, division) == []
    assert "<svg" in (tmp_path / "t.svg").read_text()
    (tmp_path / "now.json").write_text(territories.dump(division))
    fewer = ["plan", "territories", str(tmp_path / "town.json"), "--plan", str(tmp_path / "now.json")]
    run([*fewer, "--without", problem.people[0].id])
    out = capsys.readouterr().out
    assert f"{problem.people[0].id}:" not in out
    assert "spread" in out
    assert run([*fewer, "--without", "nobody"]) == 2
    assert capsys.readouterr().err == "person nobody: is none of the people\n"
    assert run([*fewer, "--without", "nobody", "--lang", "zh"]) == 2
    assert capsys.readouterr().err == "人员 nobody：people 里没有此人\n"


def test_territories_in_chinese(tmp_path, capsys):
    from guanxi.cores.routing import territories

    customers = [territories.Customer(id="big", x=0.0, y=0.0, minutes=60_000.0)]
    customers += [territories.Customer(id=f"c{i}", x=500.0 + i, y=0.0, minutes=10.0) for i in range(9)]
    people = (territories.Person(id="a"), territories.Person(id="b"))
    (tmp_path / "town.json").write_text(territories.dump(territories.Problem(tuple(customers), people)))
    arguments = ["plan", "territories", str(tmp_path / "town.json")]
    assert run([*arguments, "--lang", "zh"]) == 1
    out, err = capsys.readouterr()
    assert "工作量差距 " in out
    assert "客户 big：单独就有平均工作量的" in out
    assert "检查发现：划分：工作量差距 " in err
    assert run([*arguments, "--json"]) == 1
    out, err = capsys.readouterr()
    division = json.loads(out)
    assert division["messages"][0].startswith("customer big: ")
    assert division["messages_zh"][0].startswith("客户 big：")
    assert "The checker found: division: " in err


SIGNATURES = """
import io, contextlib, sys
from guanxi.interfaces.cli.main import run

def known():
    return {
        (kernel.py_func.__module__, name): len(kernel.overloads)
        for module in list(sys.modules.values()) if module.__name__.startswith("guanxi.cores.routing.search")
        for name, kernel in vars(module).items() if hasattr(kernel, "overloads")
    }

with contextlib.redirect_stdout(io.StringIO()):
    run(["plan", "warm"])
    before = known()
    for arguments in eval(sys.argv[1]):
        assert run(["plan", *arguments, "--iterations", "40"]) in (0, 1), arguments
assert len(before) > 20
more = {kernel for kernel, count in known().items() if count != before[kernel]}
assert not more, more
"""


def test_after_warm_nothing_is_compiled_any_more(two, periodic, tmp_path, capsys):
    """Kernels are compiled for the types of their arguments; warm has met them all."""
    assert run(["plan", "solve", two, "--iterations", "50", "--json"]) == 0
    text = capsys.readouterr().out
    (tmp_path / "old.json").write_text(text)
    route = forms.plan_of(text).routes[0]
    rest = ["rest", two, str(tmp_path / "old.json"), "--person", "王芳", "--day", str(route.day)]
    commands = [
        [*rest, "--at", "09:00", "--position", "100,100"],
        ["solve", two, "--plan", str(tmp_path / "old.json")],
        ["solve", periodic, "--format", "cordeau"],
    ]
    made = {
        "windows": generating.windows(1, 20, "R1"),
        "month": generating.month(1, 60, 1),
        **{f"mixed-{seed}": generating.mixed(seed) for seed in range(4)},
    }
    for name, problem in made.items():
        (tmp_path / f"{name}.json").write_text(forms.problem_text(problem))
        commands.append(["solve", str(tmp_path / f"{name}.json")])
    code = [sys.executable, "-c", SIGNATURES, repr(commands)]
    ended = subprocess.run(code, env=_environment(), capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-2000:]
