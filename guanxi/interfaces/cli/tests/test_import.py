"""Given a file and the command line, when it is imported, then what is printed is what is there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from guanxi.domains.customers.models import Account, Contact
from guanxi.domains.customers.models_import import Import
from guanxi.domains.customers.tests.helpers import do
from guanxi.domains.customers.tests.importing import CLIENTS
from guanxi.interfaces.cli.main import run
from guanxi.platform.people.tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)
POSSIBLE = "客户名称,地址\n明光医院,杭州市上城区清晨路11号\n明光医院,杭州市上城区江潮路2号\n"


@pytest.fixture
def bring(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def bring(data: str | bytes, *options: str, name: str = "客户.csv") -> tuple[int, dict[str, Any]]:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        status = run(["import", str(path), "--json", *options])
        said = capsys.readouterr()
        return status, json.loads(said.out) if said.out else {"error": said.err}

    return bring


def sums_are_right(found: dict[str, Any]) -> None:
    rejected = {entry["row"] for entry in found["rejected"]}
    assert found["rows"] == found["created"] + found["updated"] + len(found["duplicates"]) + len(rejected)


def test_what_would_be_is_what_then_is(cast: Cast, bring) -> None:
    status, before = bring(CLIENTS, "--dry-run")
    assert status == 1
    assert not Import.objects.exists()
    assert not Account.objects.exists()
    status, after = bring(CLIENTS)
    assert after.pop("import") == Import.objects.get().pk
    assert (status, after) == (1, before)
    sums_are_right(after)
    assert (after["rows"], after["created"], after["duplicates"][0]["row"]) == (4, 2, 4)
    assert after["rejected"] == [
        {"row": 5, "column": "客户名称", "reason": "没有客户名称，不能导入。", "code": "name.missing"}
    ]
    assert set(Account.objects.values_list("manager", flat=True)) == {None}
    assert Contact.objects.count() == 3


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_possible_duplicates_are_left_out_and_listed_unless_yes_is_said(cast: Cast, bring, options) -> None:
    status, found = bring(POSSIBLE, *options)
    assert (status, found["created"], [d["row"] for d in found["duplicates"]]) == (0, 1, [3])
    assert found["duplicates"][0]["certainty"] == "possible"


@pytest.mark.parametrize("options", [("--yes",), ("--yes", "--dry-run")])
def test_yes_creates_all_but_certain_duplicates(cast: Cast, bring, options) -> None:
    status, found = bring(POSSIBLE + "明光医院,杭州市上城区江潮路2号\n", *options)
    assert (status, found["created"], [d["certainty"] for d in found["duplicates"]]) == (0, 2, ["certain"])


def test_twice_the_same_file_even_with_yes_doubles_nothing(cast: Cast, bring) -> None:
    bring(POSSIBLE, "--yes")
    status, found = bring(POSSIBLE, "--yes")
    assert (status, found["created"], len(found["duplicates"])) == (0, 0, 2)
    assert Account.objects.count() == 2


def test_a_column_can_be_mapped_and_a_person_named(cast: Cast, bring) -> None:
    status, found = bring(
        "甲,乙\n恒远电子公司,x\n", "--map", "甲=account.name", "--map", "乙=", "--as", "zhao"
    )
    assert (status, found["created"]) == (0, 1)
    assert (Account.objects.get().manager, Account.objects.get().note) == (cast.zhao, "")


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (b"", ()),
        (b"\x89PNG....", ()),
        (CLIENTS.encode("gb18030"), ("--encoding", "utf-8")),
        (CLIENTS.encode(), ("--encoding", "no-such")),
        (CLIENTS.encode(), ("--map", "没有=account.name")),
        (CLIENTS.encode(), ("--map", "联系人=account.nothing")),
        ("甲,乙\n1,2\n".encode(), ()),
    ],
    ids=[
        "empty",
        "picture",
        "wrong encoding",
        "unknown encoding",
        "unknown column",
        "unknown field",
        "no name",
    ],
)
def test_what_cannot_be_read_is_said_with_status_2(
    cast: Cast, bring, data: bytes, options: tuple[str, ...]
) -> None:
    status, found = bring(data, *options)
    assert status == 2
    assert found["error"].strip()
    assert not Import.objects.exists()


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_only_a_header_is_no_rows_and_said(cast: Cast, bring, options: tuple[str, ...]) -> None:
    status, found = bring("客户名称,电话\n", *options)
    assert (status, found["rows"], found["created"], found["rejected"]) == (0, 0, 0, [])
    assert "只有表头" in found["notes"][0]
    assert not Import.objects.exists()


def test_a_missing_file_is_status_2(cast: Cast, tmp_path: Path) -> None:
    assert run(["import", str(tmp_path / "none.csv")]) == 2


@pytest.mark.parametrize("who", ["lin", "chen", "zhou", "sun"])
def test_who_may_not_import_is_refused(cast: Cast, bring, who: str) -> None:
    status, found = bring(CLIENTS, "--as", who)
    assert status == 1
    assert found["error"]


def public(name: str) -> bytes:
    folder = os.environ.get("GUANXI_TRY_DATA", "")
    path = Path(folder) / "import" / name
    if not folder or not path.exists():
        pytest.skip(f"GUANXI_TRY_DATA names no folder with import/{name}")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("options", "created", "possible"), [((), 138, 28), (("--dry-run",), 138, 28), (("--yes",), 166, 0)]
)
def test_the_hospitals_as_they_come(
    cast: Cast, bring, options: tuple[str, ...], created: int, possible: int
) -> None:
    status, found = bring(public("hangzhou-hospitals.csv"), *options)
    sums_are_right(found)
    kinds = [d["certainty"] for d in found["duplicates"]]
    assert (status, found["rows"], found["created"]) == (0, 191, created)
    assert (kinds.count("certain"), kinds.count("possible")) == (25, possible)
    if "--dry-run" not in options:
        assert Account.objects.count() == created
        assert Account.objects.filter(note__contains="三级甲等").exists()


def test_the_traders_as_they_come(cast: Cast, bring) -> None:
    status, found = bring(public("northwind-customers.csv"))
    assert (status, found["rows"], found["created"], found["duplicates"], found["rejected"]) == (
        0,
        91,
        91,
        [],
        [],
    )
    assert len({d["row"] for d in found["doubtful"]}) == 24
    assert (Account.objects.count(), Contact.objects.count()) == (91, 91)
    _, again = bring(public("northwind-customers.csv"), "--yes")
    assert (again["created"], len(again["duplicates"])) == (0, 91)


@pytest.mark.django_db
def test_without_an_administrator_it_says_what_to_do_first(tmp_path: Path, capsys) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CLIENTS.encode())
    assert run(["import", str(path)]) == 2
    assert "guanxi run" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--manager", "nobody"], ("--manager", "nobody")),
        (["--encoding", "utf-99"], ("utf-99", "gb18030")),
        (["--encoding", "utf-16"], ("utf-16",)),
    ],
)
def test_what_an_option_cannot_be_is_said_by_its_name(cast: Cast, bring, options, named) -> None:
    status, found = bring(CLIENTS, "--as", "wang", *options)
    assert (status, [word for word in named if word not in found["error"]]) == (2, [])


def test_a_sign_in_name_that_nobody_has_is_status_2(cast: Cast, bring) -> None:
    status, found = bring(CLIENTS, "--as", "nobody")
    assert (status, "nobody" in found["error"]) == (2, True)


def test_cards_come_in_from_the_command_line(cast: Cast, bring) -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:{}\nORG:{}\nTEL;TYPE=CELL:13805712345\nEND:VCARD\n"
    status, found = bring(card.format("王建国", "恒远电子") + card.format("李梅", ""), name="contacts.vcf")
    assert (status, found["rows"], found["created"]) == (1, 2, 1)
    assert found["rejected"][0]["row"] == 2
    assert found["notes"][0] == "识别为：名片（vCard）。各列已对应好，请核对。"
    assert Contact.objects.get().customer.name == "恒远电子"
    status, found = bring(card.format("赵六", ""), "--map", "FN=account.name", name="persons.vcf")
    assert (status, found["created"]) == (0, 1)
    status, found = bring("客户名称\n甲\n", name="lies.vcf")
    assert status == 2
    assert "内容却不是名片" in found["error"]


# --- Undo ------------------------------------------------------------------------------------------------------------


def undo(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    status = run(["import", "--undo", str(Import.objects.get().pk), "--json", *options])
    return status, json.loads(capsys.readouterr().out)


def test_an_import_is_taken_back_by_its_number(cast: Cast, bring, capsys) -> None:
    bring(CLIENTS)
    status, would = undo(capsys, "--dry-run")
    assert (status, would["removed"], would["put_back"], would["kept"]) == (0, 2, 1, 0)
    assert Account.objects.count() == 2
    assert undo(capsys) == (0, would)
    assert not Account.objects.exists()


def test_what_somebody_built_on_stays_and_is_printed(cast: Cast, bring, capsys) -> None:
    bring(CLIENTS)
    made = Account.objects.get(name="浙江明光医院")
    do(cast.wang, "timeline.note", customer=made.pk, text="来电")
    status, found = undo(capsys)
    assert (status, found["removed"], found["kept"]) == (1, 1, 1)
    assert [(one["row"], one["code"]) for one in found["rows"]] == [(3, "built")]
    assert list(Account.objects.values_list("name", flat=True)) == ["浙江明光医院"]


def test_an_import_that_is_not_there_is_named(cast: Cast, capsys) -> None:
    assert run(["import", "--undo", "999", "--as", "wang"]) == 2
    said = capsys.readouterr().err
    assert (said.startswith("--undo: "), "999" in said) == (True, True)


def test_a_file_or_an_undo_one_of_the_two(cast: Cast, capsys) -> None:
    assert run(["import"]) == 2
    assert run(["import", "x.csv", "--undo", "1"]) == 2


KEYS = {"what", "rows", "created", "updated", "duplicates", "rejected", "doubtful", "notes"}
"""What is printed of every import, whatever its rows are."""
SHEETS = {
    "customers": CLIENTS,
    "orders": (
        "客户名称,订单号,订单日期,金额,状态,折扣\n杭州恒远电子科技有限公司,X1,2024-03-05,128000,不详态,九折\n"
        "杭州恒远电子科技有限公司,X1,2024-03-05,128000,不详态,九折\n没有这家,X2,2024-03-05,1,已完成,\n"
    ),
    "visits": (
        "客户名称,拜访时间,拜访人,拜访内容,来宾人数\n杭州恒远电子科技有限公司,2024-03-05 14:30,老周,看产线,4\n"
        "杭州恒远电子科技有限公司,2024-03-05 14:30,老周,看产线,4\n杭州恒远电子科技有限公司,2024-03-06,林晓,回访,许多\n"
    ),
}


@pytest.mark.parametrize("what", list(SHEETS))
def test_every_kind_of_sheet_prints_the_same_json(cast: Cast, bring, what: str) -> None:
    do(cast.wang, "ownfields.define", of="visit", key="guests", label_zh="来宾人数", type="number")
    if what != "customers":
        bring(CLIENTS, "--as", "wang", "--manager", "me")
    status, before = bring(SHEETS[what], "--what", what, "--dry-run", "--as", "wang", name=f"{what}.csv")
    status, after = bring(SHEETS[what], "--what", what, "--as", "wang", name=f"{what}.csv")
    assert after.pop("import") == Import.objects.latest("pk").pk
    assert (status, after, set(after), after["what"]) == (1, before, KEYS, what)
    sums_are_right(after)
    assert (after["created"], len(after["duplicates"])) == ((2, 1) if what == "customers" else (1, 1))
    for one in after["rejected"] + after["doubtful"]:
        assert {"row", "column", "reason", "code"} <= set(one)
    assert set(after["duplicates"][0]) >= {"row", "of", "account", "certainty", "score", "reasons", "codes"}
    assert [(one["row"], one["column"]) for one in after["rejected"]] == {
        "customers": [(5, "客户名称")],
        "orders": [(4, "客户名称")],
        "visits": [(4, "来宾人数")],
    }[what]


def test_a_column_goes_into_a_field_of_the_companys_own_by_its_name(cast: Cast, bring) -> None:
    do(cast.wang, "ownfields.define", of="visit", key="guests", label_zh="来宾人数", type="number")
    bring(CLIENTS, "--as", "wang", "--manager", "me")
    table = SHEETS["visits"].replace("来宾人数", "到场")
    mapped = ("--map", "到场=own.visit.guests", "--as", "wang")
    _, found = bring(table, *mapped, name="拜访.csv")
    assert [one["column"] for one in found["rejected"]] == ["到场"]
    for strange in ("own.guests", "account.phone", "own.visit.nothing"):
        status, found = bring(table, "--map", f"到场={strange}", "--as", "wang", name="拜访.csv")
        assert status == 2
        assert f"No field {strange}" in found["error"] or f"没有字段 {strange}" in found["error"]
