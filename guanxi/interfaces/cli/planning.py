"""What `guanxi plan` does: files in and out, a clock and threads for the search, Ctrl-C, and the checker on every result."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guanxi.cores.routing.saying import Said, Unusable

if TYPE_CHECKING:
    from guanxi.cores.routing.checking import Finding
    from guanxi.cores.routing.model import Problem
    from guanxi.cores.routing.plan import Plan
    from guanxi.cores.routing.solving import State
    from guanxi.cores.routing.territories import Division
    from guanxi.cores.routing.territories.checking import Finding as DivisionFinding

CORES = 2
MOST_CUSTOMERS = 30_000
LARGEST_FILE = 300_000_000  # bytes
BYTES_A_CUSTOMER = 480  # in our JSON, written in full
# Rough estimates, rather high, from runs of some thousand customers over a month; the search's memory grows in proportion.
MEMORY_A_CUSTOMER = 60_000  # bytes
SECONDS_A_CUSTOMER = 0.06
SHOWN = 20


def run(options: argparse.Namespace) -> int:
    """0 clean, 1 something was found, 2 what was given cannot be used."""
    what: dict[str, Callable[[argparse.Namespace], int]] = {
        "solve": _solve, "rest": _rest, "check": _check, "territories": _territories, "schema": _schema, "warm": _warm,
    }  # fmt: skip
    try:
        return what[options.what](options)
    except Unusable as error:
        _refuse(error.said, options)
    except BrokenPipeError:
        sys.stderr.close()  # nobody reads on; Python would complain at its end
        return 1
    except KeyboardInterrupt:
        _note(Said("已中止", "stopped"), options.lang)
        return 130
    return 2


def _refuse(why: Sequence[Said], options: argparse.Namespace) -> None:
    """Say why it cannot be used: some of it to people, all of it, in both languages, to programs."""
    for sentence in why[:SHOWN]:
        _note(sentence, options.lang)
    if (more := len(why) - SHOWN) > 0:
        _note(Said(f"……还有 {more} 处", f"… and {more} more"), options.lang)
    if options.json:
        faults = [{"sentence": said.en, "sentence_zh": said.zh} for said in why]
        print(json.dumps({"faults": faults}, ensure_ascii=False))


def _note(said: Said, language: str) -> None:
    """A line on standard error."""
    print(said.in_language(language), file=sys.stderr, flush=True)


# --- files ---


def _read(name: str) -> str:
    """A file's text; - is standard input."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE + 1)
            if len(data) > LARGEST_FILE:
                raise _too_large(Said("标准输入", "standard input"), LARGEST_FILE // BYTES_A_CUSTOMER)
        else:
            size = Path(name).stat().st_size
            if size > LARGEST_FILE:
                raise _too_large(Said(name, name), size // BYTES_A_CUSTOMER)
            data = Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise _no_file(name, error) from None
    except UnicodeDecodeError as error:
        at = error.start
        raise Unusable(
            Said(f"{name}：第 {at} 字节起不是 UTF-8 文本", f"{name}: byte {at} is no UTF-8 text")
        ) from None


def _no_file(name: str, error: OSError) -> Unusable:
    why = error.strerror or error
    return Unusable(Said(f"{name}：无法读写（{why}）", f"{name}: {why}"))


def _too_large(name: Said, customers: int) -> Unusable:
    memory, hours = customers * MEMORY_A_CUSTOMER / 1e9, customers * SECONDS_A_CUSTOMER / 3600
    return Unusable(
        Said(
            f"{name.zh}：约有 {customers:,} 个客户。一次计划约需 {memory:,.0f} GB 内存和 {hours:,.0f} 小时；最多一次计划 "
            f"{MOST_CUSTOMERS:,} 个。请先划分区域（guanxi plan territories），再分别计划每个区域。",
            f"{name.en}: about {customers:,} customers. Planned at once they would take some {memory:,.0f} GB of memory and "
            f"{hours:,.0f} hours; at most {MOST_CUSTOMERS:,} are. Divide them first (guanxi plan territories) and plan "
            "each territory by itself.",
        )
    )


def _write(name: str, text: str) -> None:
    """Write a file whole or not at all."""
    try:
        path = Path(name)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            file.write(text)
        os.replace(file.name, path)
    except OSError as error:
        raise _no_file(name, error) from None


def _problem(name: str, form: str) -> Problem:
    from guanxi.cores.routing import cordeau
    from guanxi.cores.routing.faults import ensure_sound
    from guanxi.cores.routing.forms import problem_of

    text = _read(name)
    if form == "cordeau":
        if text.count("\n") > MOST_CUSTOMERS + cordeau.MOST_DAYS:
            raise _too_large(Said(name, name), text.count("\n"))
        problem = cordeau.read(text)
    else:
        about = max(text.count('"visits"'), text.count('"place"'), text.count('"position"'))
        if about > 10 * MOST_CUSTOMERS:
            raise _too_large(Said(name, name), about)
        problem = problem_of(text)
    if len(problem.customers) > MOST_CUSTOMERS:
        raise _too_large(Said(name, name), len(problem.customers))
    ensure_sound(problem)
    _ensure_fits(problem)
    return problem


def _ensure_fits(problem: Problem) -> None:
    """Say what tables of all trips would take, where they are needed and too large."""
    from guanxi.cores.routing import lowering

    nodes = lowering.nodes(problem)
    if lowering.needs_matrices(problem) and nodes > 6000:
        gigabytes = 2 * 8 * nodes**2 * len(problem.travel.modes) / 1e9
        raise Unusable(
            Said(
                f"阻隔、矩阵和路途函数需要所有路途的表：{nodes:,} 个地点要占 {gigabytes:,.0f} GB。这时最多一次计划 6,000 个"
                "地点；请先划分客户（guanxi plan territories）。",
                f"Barriers, matrices and travel functions need tables of all trips: {nodes:,} places take "
                f"{gigabytes:,.0f} GB. At most 6,000 places are planned at once with them; divide the customers first "
                "(guanxi plan territories).",
            )
        )


def _plan(name: str) -> Plan:
    from guanxi.cores.routing.faults import ProblemError
    from guanxi.cores.routing.forms import plan_of

    text = _read(name)
    try:
        return plan_of(text)
    except ProblemError as error:
        raise Unusable(*(Said(f"{name}：{said.zh}", f"{name}: {said.en}") for said in error.said)) from None


# --- searching ---


def cache_folder() -> str:
    """Where compiled code is kept between starts: in Guanxi's folder where one is set, else in the user's cache."""
    home = os.environ.get("GUANXI_HOME")
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    for folder in (Path(home) / "compiled" if home else None, Path(cache) / "guanxi" / "compiled"):
        if folder is not None:
            with contextlib.suppress(OSError):
                folder.mkdir(parents=True, exist_ok=True)
                with tempfile.TemporaryFile(dir=folder):
                    return str(folder)
    return tempfile.mkdtemp(prefix="guanxi-compiled-")


@contextlib.contextmanager
def _ctrl_c(language: str) -> Iterator[Callable[[], bool]]:
    """Ctrl-C (or a polite end) asks the search to stop; a second one stops at once."""
    asked: list[int] = []

    def ask(number: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        print(file=sys.stderr)
        _note(Said("正在停止；以下是目前最好的计划。", "Stopping; the best plan so far follows."), language)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _sound_seed(options: argparse.Namespace) -> None:
    if not 0 <= options.seed < 2**32:
        raise Unusable(Said("--seed：要在 0 和 4294967295 之间", "--seed: from 0 to 4294967295"))


def _searched(options: argparse.Namespace, problem: Problem, old: Plan | None) -> Plan:
    """The plan; what can be said before the search is said."""
    from guanxi.cores.routing.feasibility import feasibility
    from guanxi.cores.routing.solving import Means, solve

    _sound_seed(options)
    if options.seconds is not None and not 0 <= options.seconds <= 1e7:
        raise Unusable(Said("--seconds：要是数，不能小于 0", "--seconds: not below 0, and a number"))
    if options.iterations is not None and options.iterations < 0:
        raise Unusable(Said("--iterations：不能小于 0", "--iterations: not below 0"))
    seconds = options.seconds
    if seconds is None and options.iterations is None:
        seconds = options.default_seconds
    known = feasibility(problem)
    for sentence in known.sentences[: 1 + len(known.shortages)]:
        if not options.json or options.progress:
            print(
                sentence.in_language(options.lang),
                file=sys.stderr if options.json else sys.stdout,
                flush=True,
            )
    folder = cache_folder()
    if problem.customers and any(person.workdays for person in problem.people):
        _warmed(folder, options.lang)  # before the clock starts: seconds are for searching
    with _ctrl_c(options.lang) as stop, ThreadPoolExecutor(CORES) as threads:
        means = Means(
            seconds=seconds,
            iterations=options.iterations,
            seed=options.seed,
            clock=time.monotonic,
            pool=threads.map,
            progress=_Progress(options.lang) if options.progress else None,
            stop=stop,
            cache_folder=folder,
        )
        return solve(problem, means, old, known)


def _warmed(folder: str, language: str) -> None:
    """Load the compiled search, which the first start on a machine compiles; say so where that takes long."""
    from guanxi.cores.routing.search import warm

    compiling = Said("正在编译搜索程序，只需一次。", "Compiling the search; this is done once.")
    patience = threading.Timer(5, _note, (compiling, language))
    patience.daemon = True
    patience.start()
    try:
        warm(folder)
    finally:
        patience.cancel()


class _Progress:
    """A line on standard error, at most five a second."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.next = 0.0

    def __call__(self, state: State) -> None:
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + 0.2
        said = Said(
            f"{state.seconds:7.1f} 秒  成本 {state.cost:,.2f}",
            f"{state.seconds:7.1f} s  cost {state.cost:,.2f}",
        )
        if state.missed:
            said = Said(f"{said.zh}，缺 {state.missed} 次拜访", f"{said.en}, {state.missed} visits missing")
        _note(said, self.language)


def _solve(options: argparse.Namespace) -> int:
    from guanxi.cores.routing.replanning import kept_until

    problem = _problem(options.file, options.format)
    old = _plan(options.plan) if options.plan else None
    if old is None and (options.until is not None or options.missed):
        raise Unusable(
            Said("--until 和 --missed 要与 --plan OLD 同用", "--until and --missed need --plan OLD")
        )
    if old is not None and options.until is not None:
        problem = kept_until(problem, old, options.until, [_missed(text) for text in options.missed])
    elif options.missed:
        raise Unusable(Said("--missed 要与 --until DAY 同用", "--missed needs --until DAY"))
    return _answered(options, problem, old)


def _missed(text: str) -> tuple[str, int]:
    customer, at, day = text.rpartition("@")
    if not at or not day.isdecimal():
        raise Unusable(
            Said(
                f"--missed {text}：请写 客户@第几天，如 c17@3",
                f"--missed {text}: write CUSTOMER@DAY, such as c17@3",
            )
        )
    return customer, int(day)


def _rest(options: argparse.Namespace) -> int:
    from guanxi.cores.routing.forms import clock_minutes
    from guanxi.cores.routing.replanning import rest_of_day

    problem, old = _problem(options.file, "json"), _plan(options.plan)
    now = clock_minutes(options.at)
    if now is None:
        raise Unusable(
            Said(
                f"--at {options.at}：请写时刻，如 14:10",
                f"--at {options.at}: write a time of day, such as 14:10",
            )
        )
    position = None
    if options.position is not None:
        try:
            x, y = map(float, options.position.split(","))
        except ValueError:
            raise Unusable(
                Said(
                    f"--position {options.position}：请写两个数 x,y",
                    f"--position {options.position}: write two numbers, x,y",
                )
            ) from None
        position = (x, y)
    left = options.left.split(",") if options.left else None
    rest = rest_of_day(problem, old, options.person, options.day, now, options.place, position, left)
    from guanxi.cores.routing.faults import ensure_sound

    ensure_sound(rest)
    return _answered(options, rest, None)


def _answered(options: argparse.Namespace, problem: Problem, old: Plan | None) -> int:
    from guanxi.cores.routing import checking, cordeau, drawing, forms

    plan = _searched(options, problem, old)
    findings = checking.check(problem, plan, old, tolerance=0.02 if len(problem.customers) > 2000 else 1e-4)
    if options.geojson:
        _write(options.geojson, drawing.geojson(problem, plan))
    if options.svg:
        _write(options.svg, drawing.svg(problem, plan))
    if options.json and options.format == "cordeau":
        print(json.dumps(cordeau.answer(problem, plan)))
    elif options.json:
        print(forms.plan_text(plan), end="")
    else:
        print("\n".join(_told(problem, plan, options.lang)))
    _say(findings, options.lang)
    sys.stdout.flush()
    return 1 if findings or plan.unplanned else 0


def _say(findings: Iterable[Finding | DivisionFinding], language: str) -> None:
    found = Said("检查发现：", "The checker found: ").in_language(language)
    for finding in findings:
        print(found + finding.in_language(language), file=sys.stderr)


def _told(problem: Problem, plan: Plan, language: str) -> Iterator[str]:
    """The plan for people."""
    from guanxi.cores.routing.feasibility import clock
    from guanxi.cores.routing.saying import in_language

    def told(zh: str, en: str) -> str:
        return Said(zh, en).in_language(language)

    def at(minutes: float) -> str:
        return clock(minutes).in_language(language)

    for route in plan.routes:
        date = problem.period.date(route.day)
        dated = told(f"（{date}）", f" ({date})") if date else ""
        stops = told("，", ", ").join(f"{at(stop.start)} {stop.customer}" for stop in route.stops)
        count, travel = len(route.stops), route.travel_minutes
        yield told(
            f"第 {route.day} 天{dated}，{route.person}：{at(route.depart)} 到 {at(route.back)}，{count} 次拜访，"
            f"路途 {travel:.0f} 分钟：{stops}",
            f"day {route.day}{dated}, {route.person}: {at(route.depart)} to {at(route.back)}, {count} visits, "
            f"{travel:.0f} minutes of travel: {stops}",
        )
    for move in plan.moved:
        was = (
            told(f"第 {move.from_day} 天 {move.from_person}", f"day {move.from_day} by {move.from_person}")
            if move.from_day
            else told("未排入", "nowhere")
        )
        yield told(
            f"变动的拜访：{move.customer} 从{was}改为第 {move.to_day} 天 {move.to_person}",
            f"moved: {move.customer} from {was} to day {move.to_day} by {move.to_person}",
        )
    for unplanned in plan.unplanned:
        visits = "1 visit" if unplanned.visits == 1 else f"{unplanned.visits} visits"
        reason = in_language(unplanned.reason, language)
        yield told(
            f"未排入：{unplanned.customer}，{unplanned.visits} 次拜访：{reason}",
            f"unplanned: {unplanned.customer}, {visits}: {reason}",
        )
        for cure in unplanned.cures[:3]:
            text = in_language(cure, language)
            yield told(f"    {text}（增加成本 {cure.cost:,.1f}）", f"    {text} (costs {cure.cost:,.1f})")
    figures = plan.figures
    yield told(
        f"已排 {figures.visits} 次拜访，未排入 {figures.unplanned_visits} 次；路途 {figures.travel_minutes:,.0f} 分钟、"
        f"{figures.metres / 1000:,.1f} 公里；成本 {figures.cost:,.2f}",
        f"{figures.visits} visits planned, {figures.unplanned_visits} unplanned; {figures.travel_minutes:,.0f} minutes and "
        f"{figures.metres / 1000:,.1f} km of travel; cost {figures.cost:,.2f}",
    )


# --- the others ---


def _check(options: argparse.Namespace) -> int:
    from guanxi.cores.routing import checking

    problem, plan = _problem(options.file, options.format), _plan(options.plan)
    findings = checking.check(problem, plan, _plan(options.old) if options.old else None, tolerance=0.02)
    if options.json:
        print(
            json.dumps(
                [
                    {
                        "rule": f.rule,
                        "where": f.where,
                        "where_zh": f.where_zh,
                        "amount": _finite(f.amount),
                        "sentence": f.sentence,
                        "sentence_zh": f.sentence_zh,
                    }
                    for f in findings
                ],
                ensure_ascii=False,
            )
        )
    else:
        nothing = Said("计划没有问题。", "Nothing is wrong with the plan.").in_language(options.lang)
        print("\n".join(finding.in_language(options.lang) for finding in findings) or nothing)
    return 1 if findings else 0


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def _territories(options: argparse.Namespace) -> int:
    from guanxi.cores.routing import territories as core

    _sound_seed(options)
    problem = core.load(_read(options.file))
    in_force = core.division_from(_read(options.plan)) if options.plan else None
    more = [core.Person(id=name) for name in options.more]
    with _ctrl_c(options.lang) as stop, ThreadPoolExecutor(CORES) as threads:
        how: dict[str, Any] = dict(pool=threads, stop=stop, cache_folder=cache_folder())
        if options.progress:
            how["progress"] = lambda state: _note(
                Said(f"第 {state.done} 轮，共 {state.of} 轮", f"{state.done} of {state.of}"), options.lang
            )
        if more or options.without:
            in_force = in_force or core.divide(problem, options.seed, **how)
            without = options.without
            people = (*(p for p in problem.people if p.id not in set(without)), *more)
            division = core.what_if(problem, in_force, more=more, without=without, seed=options.seed, **how)
            problem = replace(
                problem, customers=_owned(problem.customers, in_force, set(without)), people=people
            )
        else:
            if in_force is not None:
                problem = replace(problem, customers=_owned(problem.customers, in_force, set()))
            division = core.divide(problem, options.seed, **how)
    findings = core.check(problem, division)
    if options.geojson:
        _write(options.geojson, core.geojson(problem, division))
    if options.svg:
        _write(options.svg, core.draw(problem, division))
    if options.json:
        print(core.dump(division), end="")
    else:
        print("\n".join(_told_division(division, options.lang)))
    _say(findings, options.lang)
    sys.stdout.flush()
    return 1 if findings or division.messages else 0


def _told_division(division: Division, language: str) -> Iterator[str]:
    """The division for people."""
    for t in division.territories:
        count = len(t.customers)
        yield Said(
            f"{t.person}：{count} 个客户，{t.workload:,.0f} 分钟（{t.days:.1f} 天），其中路途 {t.travel_minutes:,.0f} 分钟；"
            f"接收 {t.came} 个，移交 {t.went} 个",
            f"{t.person}: {count} customers, {t.workload:,.0f} minutes ({t.days:.1f} days), of these "
            f"{t.travel_minutes:,.0f} travel; {t.came} came, {t.went} went",
        ).in_language(language)
    spread, travel, changes = division.spread, division.travel_minutes, division.changes
    yield Said(
        f"工作量差距 {spread:.1%}，路途 {travel:,.0f} 分钟，换人的客户 {changes} 个",
        f"spread {spread:.1%}, {travel:,.0f} minutes of travel, {changes} changes",
    ).in_language(language)
    yield from division.messages_zh if language == "zh" else division.messages


def _owned(customers: Any, division: Any, gone: set[str]) -> Any:
    """The customers with the owners that the division in force gives them."""
    owners = division.owners()
    return tuple(replace(c, owner=None if owners.get(c.id) in gone else owners.get(c.id)) for c in customers)


def _schema(options: argparse.Namespace) -> int:
    from guanxi.cores.routing.forms import schema

    print(json.dumps(schema(), ensure_ascii=False, indent=2))
    return 0


def _warm(options: argparse.Namespace) -> int:
    from guanxi.cores.routing import territories

    folder = cache_folder()
    _warmed(folder, options.lang)
    territories.warm(folder)
    print(
        Said(f"搜索程序已编译，在 {folder}。", f"The search is compiled, in {folder}.").in_language(
            options.lang
        )
    )
    return 0
