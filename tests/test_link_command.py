"""``peephole link``: anybody's list of departments, with what we know of each beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

from analysis.clean import save
from analysis.matching import MATCHED, matched
from analysis.tables import TABLES
from peephole import lists
from spiders.job import WrongInput
from tests import command, synthetic

HEAD = "Nr,Name,ST,Town\n"
COLUMNS = {"name": "Name", "state": "ST"}
EVIL = '=HYPERLINK("http://evil.example")'


def department(name: str, **more: object) -> dict[str, object]:
    """A row of ``agencies``."""
    slug = name.lower().replace(" ", "-")
    row = {"agency_id": f"oh-{slug}", "name": name, "type": "police", "jurisdiction": "municipal"}
    moments = dict.fromkeys(("first_observed", "last_observed"), "2020-10-07T00:00:00Z")
    return row | {"state": "OH"} | moments | more


def agency(ori: str, name: str) -> dict[str, object]:
    """A row of ``registered_agencies``."""
    row: dict[str, object] = {"ori": ori, "ori7": ori[:7], "department_ori": ori, "name": name}
    row |= {"state": "OH", "type": "police", "jurisdiction": "municipal", "source": "fbi_agencies"}
    moments = dict.fromkeys(("first_observed", "last_observed"), "2018-12-31T00:00:00Z")
    return row | moments


def made(
    ours: Sequence[Mapping[str, object]] = (), register: Sequence[Mapping[str, object]] = ()
) -> dict[str, pd.DataFrame]:
    """Tables of those departments and agencies."""
    frames = {"agencies": pd.DataFrame(ours), "registered_agencies": pd.DataFrame(register)}
    return synthetic.checked({name: frame for name, frame in frames.items() if len(frame)})


ELMBURY = department("Elmbury Police Department", ori="OH0990100")
DUNHAM = department("Dunham Police Department")
REGISTER = (
    agency("OH0990100", "Elmbury Police Department"),
    agency("OH0990300", "Karston Police Department"),
)
TOWNS = made((ELMBURY, DUNHAM), REGISTER)


@pytest.fixture
def unadorned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.decisions.decisions", lambda: ())


def linked(
    folder: Path,
    body: bytes | str,
    tables: Mapping[str, pd.DataFrame] = TOWNS,
    columns: Mapping[str, str] = COLUMNS,
) -> tuple[list[list[str]], str]:
    """The rows of the file that is written, and what is said at the end."""
    file, target = folder / "list.csv", folder / "out.csv"
    file.write_bytes(body.encode() if isinstance(body, str) else body)
    said = lists.link(file, columns, target, tables)
    with target.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream)), said


@pytest.mark.usefixtures("unadorned")
def test_the_same_rows_and_columns_with_what_is_known(tmp_path: Path) -> None:
    body = (
        HEAD
        + "7,Elmbury Police Dept.,Ohio,\n"
        + '3,"Police Department, Dunham",OH,"a ""quoted"", town"\n'
        + "3,Karston PD,oh,\n"
        + "1,Nowhere Police Department,OH,\n"
        + "1,Elmbury Police Department,MI,\n"
        + "1,Elmbury Police Department,Utopia,\n"
    )
    (head, *rows), said = linked(tmp_path, body)
    assert head == ["Nr", "Name", "ST", "Town", *MATCHED]
    assert [row[:4] for row in rows] == list(csv.reader(io.StringIO(body)))[1:]
    assert [row[4:6] for row in rows] == [
        ["oh-elmbury-police-department", "OH0990100"],
        ["oh-dunham-police-department", ""],
        ["", "OH0990300"],
        *[["", ""]] * 3,
    ]
    assert [row[6] == "" for row in rows] == [False] * 3 + [True] * 3, "no candidate, no score"
    assert all(0 < float(row[6]) <= 100 for row in rows[:3])
    assert all(row[7] for row in rows)
    assert "oh-elmbury-police-department Elmbury Police Department (" in rows[0][8]
    assert "Utopia" in rows[5][7]
    assert said == "6 rows: 3 linked, 0 uncertain, 3 none"


@pytest.mark.usefixtures("unadorned")
def test_with_our_departments_alone_and_with_the_register_alone(tmp_path: Path) -> None:
    body = HEAD + "1,Elmbury Police Department,OH,\n"
    rows, said = linked(tmp_path, body, made((ELMBURY | {"ori": None},)))
    assert rows[1][4:6] == ["oh-elmbury-police-department", ""]
    assert said.startswith("1 rows: 1 linked, 0 uncertain, 0 none; compared with our own")
    assert "peephole import FILE --source fbi_agencies" in said
    rows, said = linked(tmp_path, body, made((), REGISTER))
    assert rows[1][4:6] == ["", "OH0990100"]
    assert "our own" not in said
    with pytest.raises(WrongInput, match="no department is known"):
        linked(tmp_path, body, made())


@pytest.mark.usefixtures("unadorned")
def test_all_oris_of_a_department_are_told_and_do_not_contradict_one_another(
    tmp_path: Path,
) -> None:
    """Ours is linked to the one that a decision chose, which does not stand for the department."""
    double = agency("OH0990700", "Elmbury Police Department") | {"department_ori": "OH0990100"}
    body = HEAD + "1,Elmbury Police Department,OH,\n1,Karston PD,OH,\n"
    for register, ours, told in (
        ((*REGISTER, double), (ELMBURY,), ["OH0990100", "OH0990700"]),
        ((*REGISTER, double), (ELMBURY | {"ori": "OH0990700"},), ["OH0990700", "OH0990100"]),
        (REGISTER, (ELMBURY,), ["OH0990100", ""]),
    ):
        (head, first, second), _ = linked(tmp_path, body, made(ours, register))
        row = dict(zip(head, first, strict=True))
        assert [row["ori"], row["other_oris"]] == told
        assert row["agency_id"] == "oh-elmbury-police-department"
        assert second[head.index("other_oris")] == ""


def test_where_ours_and_the_register_contradict_nothing_is_linked() -> None:
    """Our id has another ORI than the register gives for the name."""
    tables = made((ELMBURY | {"ori": "OH0990900"},), REGISTER)
    asked = pd.DataFrame({"name": ["Elmbury Police Department"], "state": ["OH"]}, dtype="string")
    (found,) = matched(asked, tables, ()).to_dict("records")
    assert pd.isna(found["agency_id"])
    assert pd.isna(found["ori"])
    assert found["outcome"] == "uncertain"
    assert "oh-elmbury-police-department" in found["reason"]
    assert "OH0990100" in found["reason"]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8-sig", "Köln"), ("utf-16", "Köln"), ("cp1252", "Köln"), ("utf-8", "平")],
)
def test_any_encoding_is_read_and_utf8_written(encoding: str, name: str, tmp_path: Path) -> None:
    rows, _ = linked(tmp_path, f"{HEAD}1,{name} Police,OH,x\r\n".encode(encoding))
    assert rows[1][:4] == ["1", f"{name} Police", "OH", "x"]


def test_no_cell_is_run_by_a_spreadsheet_and_numbers_stay(tmp_path: Path) -> None:
    kept = ["-5", "+1.5e3", "'already", "plain", ""]
    unsafe = [EVIL, "@SUM(A1)", "\tcmd", "-2+3", "+1 555 0100", "\uff1d1"]
    body = io.StringIO()
    writer = csv.writer(body)
    writer.writerow(["Name", "ST", "=Head"])
    for cell in (*kept, *unsafe):
        writer.writerow([f"{cell}Dunham Police Department", "OH", cell])
    tables = made((department("=Dunham Police Department", agency_id="oh-dunham-police"),))
    (head, *rows), _ = linked(tmp_path, body.getvalue(), tables)
    assert head[2] == "'=Head"
    assert [row[2] for row in rows] == [*kept, *(f"'{cell}" for cell in unsafe)]
    for row in rows:
        for cell in row:
            assert cell[:1] not in tuple("=@\t\r\uff1d") or cell == ""


@pytest.mark.parametrize(
    ("body", "columns", "sentence"),
    [
        ("", {}, "found an empty body"),
        (HEAD, {}, "has a header and no row below it"),
        ("<html></html>", {}, "found an HTML page"),
        (HEAD + "1,a,OH,b\n", {"name": "Nom"}, "has no column 'Nom'; it has Nr, Name, ST, Town"),
        (HEAD + "1,a,OH,b\n", {"county": "County"}, "has no column 'County'"),
        (HEAD + "1,a,OH\n1,a,OH,x\n", {}, "row 1: row has 3 cells, the header 4; nothing was"),
        (HEAD + '1,"a,OH,b\n', {}, "ends inside a quoted cell"),
        ("Name,ST,ori,score\na,OH,1,2\n", {}, "already has the column ori, score"),
        ("Name,ST,Name\na,OH,b\n", {}, "header of distinct columns"),
        ("\0\1\2", {}, "NUL bytes"),
    ],
)
def test_what_is_no_such_list_is_refused_in_a_sentence(
    body: str, columns: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(WrongInput) as refused:
        linked(tmp_path, body, columns=COLUMNS | columns)
    assert sentence in str(refused.value)
    assert "list.csv" in str(refused.value)
    assert not (tmp_path / "out.csv").exists()


def test_the_list_itself_is_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"{HEAD}1,a,OH,b\n", "utf-8")
    with pytest.raises(WrongInput, match="is the list itself"):
        lists.link(file, COLUMNS, tmp_path / "." / "list.csv", TOWNS)
    with pytest.raises(WrongInput, match="cannot read"):
        lists.link(tmp_path / "none.csv", COLUMNS, None, TOWNS)
    assert file.read_text("utf-8") == f"{HEAD}1,a,OH,b\n"


def test_matching_depends_on_no_order_and_on_no_other_row() -> None:
    names = ["Karston PD", "Elmbury Police Department", "Dunham Police Department", "Nowhere"]
    asked = pd.DataFrame({"name": names, "state": "OH"}, dtype="string")
    whole = matched(asked, TOWNS, ())
    turned = matched(asked[::-1], TOWNS, ()).loc[asked.index]
    alone = pd.concat([matched(asked.loc[[row]], TOWNS, ()) for row in asked.index])
    for other in (turned, alone):
        pd.testing.assert_frame_equal(whole, other)
    assert set(whole.columns) == {*MATCHED, "outcome"}
    assert set(TABLES["agency_links"].names) > {"ori", "score", "reason", "candidates"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with clean tables."""
    folder = tmp_path_factory.mktemp("linked") / "data"
    save(TOWNS, folder / "clean")
    return folder


def test_the_command_writes_the_list_and_says_how_much_was_linked(data: Path) -> None:
    file = data.parent / "list.csv"
    file.write_text(f"{HEAD}1,Elmbury PD,OH,\n", "utf-8")
    words = ("link", file, "--name", "Name", "--state", "ST", "--place", "Town")
    done = command.peephole(data, *words)
    assert done.stdout.startswith(
        "Nr,Name,ST,Town,agency_id,ori,score,reason,candidates,other_oris\n1,"
    )
    assert "oh-elmbury-police-department,OH0990100" in done.stdout
    assert done.stderr == "1 rows: 1 linked, 0 uncertain, 0 none\n"


def test_the_command_says_in_one_line_what_is_wrong(data: Path) -> None:
    words = ("link", data.parent / "none.csv", "--name", "Name", "--state", "ST")
    refused = command.peephole(data, *words, status=2)
    assert refused.stderr.startswith("cannot read ")
    assert len(refused.stderr.splitlines()) == 1


def test_the_queue_for_programs(data: Path) -> None:
    assert json.loads(command.peephole(data, "review", "--json").stdout) == []
