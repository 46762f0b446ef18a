"""The files for programs: as their schemas say, as the tables say, and as the documents say."""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jsonschema
import numpy as np
import pandas as pd
import pytest

from analysis.places import ATTRIBUTIONS
from analysis.states import STATES
from analysis.tables import TABLES
from maps import api
from maps.document import setting
from maps.dossier import dossiers
from maps.events import newest_first
from maps.listing import ordered
from maps.openapi import openapi
from maps.page import drafts
from maps.resources import COMMON, RESOURCES, Rows
from maps.schemas import schema
from maps.summary import summaries
from peephole.config import Config
from peephole.server import listening
from tests import synthetic

Tables = dict[str, pd.DataFrame]
Files = dict[str, Any]
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "api.md"
STATE_NAMES = {code: state.name for code, state in STATES.items()}
ROWS = 40
LISTS = {
    "participations": "participation_id",
    "footage_requests": "request_id",
    "listings": "listing_id",
    "camera_counts": "camera_count_id",
    "reported_figures": "figure_id",
    "agency_places": "agency_place_id",
    "agency_links": "agency_id",
    "changes": "change_id",
}


def texts(tables: Tables, day: date | None = None, address: str = "") -> dict[str, str]:
    """The files of a site, by their names below ``api/v1/``."""
    frame = setting(tables, Path("/nowhere/site"), day, "", address)
    agencies = ordered(tables, STATE_NAMES)
    record = api.records(tables, frame)
    found = [*api.drafts(tables, agencies, summaries(tables, agencies), frame)]
    found += [record(dossier, repr(dossier)) for dossier in dossiers(tables, agencies)]
    assert len({draft.name for draft in found}) == len(found)
    return {draft.name.removeprefix(f"{api.FOLDER}/"): draft.render() for draft in found}


def read(tables: Tables, day: date | None = None, address: str = "") -> Files:
    """What stands in them."""
    return {name: json.loads(text) for name, text in texts(tables, day, address).items()}


def data(files: Files) -> Files:
    """Those that are no description of others."""
    return {
        name: file
        for name, file in files.items()
        if not name.startswith("schema/") and name != "openapi.json"
    }


@pytest.fixture(scope="module", autouse=True)
def few_rows() -> Iterator[None]:
    """A file of earlier changes holds fewer than it would, so that a small site has several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "ROWS", ROWS)
        yield


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Fictional departments, one of them with places, a link and a figure of its own."""
    frames = synthetic.tables(120)
    frames["reported_figures"] = frames["reported_figures"].assign(
        agency_id=frames["agencies"]["agency_id"].iloc[0]
    )
    return frames


@pytest.fixture(scope="module")
def files(tables: Tables) -> Files:
    return read(tables)


@pytest.fixture(scope="module")
def hostile() -> dict[str, str]:
    return texts(synthetic.hostile())


@pytest.fixture(scope="module")
def validators(files: Files) -> dict[str, jsonschema.Draft202012Validator]:
    """By kind, made from the schemas as they are published."""
    return {
        name: jsonschema.Draft202012Validator(files[f"schema/{name}.json"]) for name in RESOURCES
    }


def faults(files: Files, validators: dict[str, jsonschema.Draft202012Validator]) -> list[str]:
    found = []
    for name, file in data(files).items():
        kind = Path(file["schema"]).stem
        found += [
            f"{name}: {error.json_path} {error.message[:99]}"
            for error in validators[kind].iter_errors(file)
        ]
    return found


def of_department(files: Files) -> Files:
    return {
        file["department"]["agency_id"]: file
        for name, file in files.items()
        if name.startswith("departments/")
    }


def test_every_file_is_as_its_schema_says(
    files: Files, validators: dict[str, jsonschema.Draft202012Validator]
) -> None:
    assert len(of_department(files)) == 120
    assert faults(files, validators) == []
    assert {Path(file["schema"]).stem for file in data(files).values()} == set(RESOURCES)


def test_so_are_those_of_hostile_tables_and_of_none(
    hostile: dict[str, str], validators: dict[str, jsonschema.Draft202012Validator]
) -> None:
    found = {name: json.loads(text) for name, text in hostile.items()}
    assert len(found) > 120
    assert faults(found, validators) == []
    found = read({name: table.empty() for name, table in TABLES.items()})
    assert len(found) > 60
    assert faults(found, validators) == []
    assert found["index.json"]["as_of"] is None
    assert found["index.json"]["atom"] is None
    assert found["departments.json"]["departments"] == []


@pytest.mark.parametrize("kind", RESOURCES)
def test_schemas_are_valid_and_closed(kind: str) -> None:
    made = schema(kind)
    jsonschema.Draft202012Validator.check_schema(made)
    assert set(made["required"]) == set(made["properties"])
    text = json.dumps(made)
    assert text.count('"type": "object"') == text.count('"additionalProperties": false')


def test_schemas_come_from_the_declared_columns() -> None:
    found = schema("department")["properties"]
    for name in LISTS:
        rows = found[name]["items"]["properties"]
        declared = {column.name: column for column in TABLES[name].columns}
        if name == "listings":
            del declared["links"]  # told as documents
        assert list(rows) == list(declared)
        for column in declared.values():
            told = rows[column.name]
            assert told["description"].startswith(column.meaning)
            assert ("null" in told["type"]) == (not column.required)
            if column.allowed is not None:
                assert [value for value in told["enum"] if value] == list(column.allowed)


WRONG = {
    "a number that nobody published": {"value_state": "not_published", "value": 0},
    "a zero that nobody stated": {"value_state": "zero_stated", "value": 3},
    "no number where there is none": {"value_state": "redacted", "low": 1},
    "a state nobody knows": {"value_state": "estimated"},
    "a column nobody declared": {"guess": 1},
    "no source": {"source": None},
    "a day that is none": {"period_end": "10/7/2020"},
    "fewer than none": {"value": -1},
    "a number as text": {"value": "12"},
}


@pytest.mark.parametrize("what", WRONG)
def test_schemas_find_what_is_wrong(
    what: str, files: Files, validators: dict[str, jsonschema.Draft202012Validator]
) -> None:
    file = next(one for one in of_department(files).values() if one["footage_requests"])
    first, *others = file["footage_requests"]
    broken = file | {"footage_requests": [first | WRONG[what], *others]}
    assert validators["department"].is_valid(file)
    assert not validators["department"].is_valid(broken)


def test_a_department_has_all_its_rows_as_the_tables_have_them(
    files: Files, tables: Tables
) -> None:
    found = of_department(files)
    agencies = plain(tables["agencies"])
    assert found.keys() == {row["agency_id"] for row in agencies}
    for row in agencies:
        assert found[row["agency_id"]]["department"] == row
    for name, key in LISTS.items():
        rows = plain(tables[name].dropna(subset="agency_id"))
        for row in rows:
            row.pop("links", None)
        told = [row for file in found.values() for row in file[name]]
        assert sorted(told, key=lambda row: row[key]) == sorted(rows, key=lambda row: row[key])


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, with None where there is nothing."""
    whole = frame.astype("object").where(frame.notna(), None)
    return whole.replace({np.nan: None}).to_dict("records")


def test_what_is_not_known_is_null_and_says_why(files: Files) -> None:
    counts = [row for file in of_department(files).values() for row in file["footage_requests"]]
    unknown = [row for row in counts if row["value_state"] == "not_published"]
    zero = [row for row in counts if row["value_state"] == "zero_stated"]
    assert unknown
    assert zero
    assert {row["value"] for row in unknown} == {None}
    assert {row["value"] for row in zero} == {0}
    totals = [
        row for code in STATES for row in files[f"states/{code.lower()}.json"]["footage_totals"]
    ]
    assert {row["value"] for row in totals if row["n_known"] == 0} == {None}
    assert all(row["n_total"] >= row["n_known"] for row in totals)


def test_a_state_without_departments_is_no_zero(tables: Tables) -> None:
    found = read(synthetic.without(tables, ["AL"]))
    alabama = found["states/al.json"]
    assert alabama["departments"] == []
    assert alabama["state"]["departments"] is None
    assert alabama["state"]["value_state"] == "not_collected"
    assert alabama["state"]["departments_counted"] is None
    assert 0 not in alabama["state"].values()
    (listed,) = [row for row in found["states.json"]["states"] if row["state"] == "AL"]
    assert listed["value_state"] == "not_collected"


def test_lists_hold_every_department_and_lead_to_its_file(files: Files, tables: Tables) -> None:
    listed = files["departments.json"]["departments"]
    assert {row["agency_id"] for row in listed} == set(tables["agencies"]["agency_id"])
    spells = tables["participations"].groupby("agency_id").size()
    for row in listed:
        file = files[row["file"]]
        assert file["department"]["agency_id"] == row["agency_id"]
        assert len(row["programmes"]) == spells[row["agency_id"]] == len(file["participations"])
        state = f"states/{row['state'].lower()}.json"
        (same,) = [
            one for one in files[state]["departments"] if one["agency_id"] == row["agency_id"]
        ]
        assert urljoin(state, same["file"]) == row["file"]
        assert same | {"file": row["file"]} == row
    assert sum(row["departments"] or 0 for row in files["states.json"]["states"]) == len(listed)


def test_each_claim_leads_to_bytes(files: Files, tables: Tables) -> None:
    hashes = tables["captures"].set_index("capture_id")["sha256"]
    for file in of_department(files).values():
        captures = {row["capture_id"]: row for row in file["captures"]}
        proved = {(row["table"], row["row_id"]) for row in file["evidence"]}
        assert {row["capture_id"] for row in file["evidence"]} <= captures.keys()
        assert {row["sha256"] for row in captures.values()} == set(hashes[list(captures)])
        for spell in file["participations"]:
            assert ("participations", spell["participation_id"]) in proved
    archived = [row for row in captures.values() if row["original_url"]]
    assert archived[0]["url"].endswith(archived[0]["original_url"])


def test_documents_are_web_addresses_alone(hostile: dict[str, str]) -> None:
    files = {name: json.loads(text) for name, text in hostile.items()}
    found = [row for file in of_department(files).values() for row in file["documents"]]
    assert found
    assert all(row["url"].startswith("https://") for row in found)


def test_each_file_says_whose_it_is_as_of_when_and_what_must_be_known(
    files: Files, tables: Tables
) -> None:
    attributions = dict(tables["sources"][["source", "attribution"]].itertuples(index=False))
    for name, file in data(files).items():
        assert set(COMMON) <= file.keys()
        assert file["as_of"] == "2020-11-20", name
        assert file["notices"] == [synthetic.NOTICE]
        assert file["geography"] == list(ATTRIBUTIONS)
        told = {row["source"]: row["attribution"] for row in file["rights"]}
        assert told.items() <= attributions.items()
        if not name.startswith("departments/"):
            assert told == attributions
            continue
        named = {
            source
            for key in LISTS
            for row in file[key]
            for source in (row.get("source") or row.get("sources") or "").split("; ")
        }
        assert named - {""} | {row["source"] for row in file["captures"]} == told.keys()
    assert read(synthetic.tables(3), date(2021, 5, 1))["states.json"]["as_of"] == "2021-05-01"


def test_changes_are_whole_newest_first_and_earlier_ones_stay(files: Files, tables: Tables) -> None:
    def rows(files: Files) -> tuple[list[str], list[str]]:
        names, name = ["changes.json"], files["changes.json"]["before"]
        while name:
            names.append(urljoin(names[-1], name))
            name = files[names[-1]]["before"]
        return names, [row["change_id"] for one in names for row in files[one]["changes"]]

    names, ids = rows(files)
    assert len(names) > 2
    assert ids == newest_first(tables["changes"])["change_id"].tolist()
    assert {len(files[name]["changes"]) for name in names[1:]} == {ROWS}
    more = tables["changes"].head(ROWS).assign(observed_at="2021-01-01T00:00:00Z")
    more["change_id"] = [f"{number:032x}" for number in range(ROWS)]
    changes = pd.concat([tables["changes"], more], ignore_index=True)
    after = read(tables | {"changes": changes})
    assert rows(after)[1][ROWS:] == ids
    assert len(rows(after)[0]) == len(names) + 1
    for name in names[1:]:
        ours, theirs = dict(files[name]), dict(after[name])
        assert ours.pop("as_of") < theirs.pop("as_of")
        assert ours == theirs


def test_addresses_in_files_lead_to_files(tables: Tables) -> None:
    names = set()
    found = {}
    for draft in drafts(tables, Path("/nowhere/site")):
        names.add(draft.name)
        if draft.name.startswith(("api/v1/departments/a", "api/v1/states/a", "api/v1/index")):
            found[draft.name] = json.loads(draft.render())
    assert len(found) > 5
    for name, file in found.items():
        ways = [
            file[key] for key in ("schema", "page", "atom", "json_feed", "openapi") if key in file
        ]
        if name.startswith("api/v1/states/"):
            ways += [row["file"] for row in file["departments"]]
        assert len(ways) >= 4
        assert {urljoin(name, way) for way in ways} <= names, name


def test_the_index_names_every_kind_of_file(files: Files) -> None:
    index = files["index.json"]
    assert index["departments"] == 120
    patterns = {
        row["name"]: re.sub(r"\\\{\w+\\\}", r"[\\w-]+", re.escape(row["path"]))
        for row in index["resources"]
    }
    assert patterns.keys() == RESOURCES.keys()
    for name, file in data(files).items():
        kinds = {kind for kind, pattern in patterns.items() if re.fullmatch(pattern, name)}
        assert kinds == {Path(file["schema"]).stem}
    assert {f"schema/{row['name']}.json" for row in index["resources"]} == {
        name for name in files if name.startswith("schema/")
    }


def test_the_description_is_valid_openapi(tmp_path: Path) -> None:
    library = pytest.importorskip("openapi_spec_validator")
    few = texts(synthetic.tables(2), address="https://watch.example/ring/index.html")
    for name, text in few.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    described = json.loads(few["openapi.json"])

    def found() -> list[str]:
        checked = library.OpenAPIV31SpecValidator(described, (tmp_path / "openapi.json").as_uri())
        return [error.message for error in checked.iter_errors()]

    assert found() == []
    assert described["paths"].keys() == {f"/{resource.path}" for resource in RESOURCES.values()}
    for path, operations in described["paths"].items():
        asked = {one["name"] for one in operations["get"].get("parameters", [])}
        assert asked == set(re.findall(r"\{(\w+)\}", path))
        content = operations["get"]["responses"]["200"]["content"]["application/json"]
        assert content["schema"]["$ref"] in few
    described["paths"]["/states/{state}.json"]["get"]["parameters"] = []
    assert len(found()) == 1


def test_the_description_says_where_the_files_are_where_it_is_known() -> None:
    assert openapi("")["servers"] == [{"url": "."}]
    assert openapi("https://a.example/x")["servers"] == [{"url": "https://a.example/x/api/v1"}]


def test_the_same_tables_give_the_same_bytes_in_any_order(tables: Tables) -> None:
    shuffled = {
        name: frame if name == "sources" else frame.sample(frac=1, random_state=5)
        for name, frame in tables.items()
    }
    assert texts(shuffled) == texts(tables)


def test_a_file_is_one_line_of_json_without_what_json_has_not(hostile: dict[str, str]) -> None:
    for name, text in hostile.items():
        assert "\n" not in text, name
        assert not re.search(r":(?:NaN|-?Infinity)\b", text)
        assert json.loads(text.encode("utf-8", "replace"))


def test_one_department_that_changed_changes_few_files(files: Files, tables: Tables) -> None:
    agencies = tables["agencies"]
    row = agencies.iloc[7]
    changed = agencies.assign(population=agencies["population"].mask(agencies.index == 7, 12_345))
    after = read(tables | {"agencies": changed})
    assert {name for name in files if after[name] != files[name]} == {
        f"departments/{row['agency_id']}.json"
    }


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of ``peephole serve`` with a file of each kind."""
    folder = tmp_path_factory.mktemp("served")
    for name in (
        *("index.html", "feed.atom", "feed.json", "agency/x.json", "agency/x.atom"),
        *("state/il.json", "past/feed-1.json", "api/v1/index.json", "api/v1/states/il.json"),
        "health.json",
    ):
        path = folder / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    with listening(Config(data=folder, db="", contact=""), 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("feed.atom", "application/atom+xml"),
        ("agency/x.atom", "application/atom+xml"),
        *(
            (name, "application/feed+json")
            for name in ("feed.json", "agency/x.json", "state/il.json", "past/feed-1.json")
        ),
        *(
            (name, "application/json")
            for name in ("api/v1/index.json", "api/v1/states/il.json", "health.json")
        ),
    ],
)
def test_files_are_served_as_what_they_are_and_not_twice(name: str, kind: str, served: str) -> None:
    with urllib.request.urlopen(served + name) as answer:
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        changed = answer.headers["Last-Modified"]
    for moment, status in ((changed, 304), (formatdate(0, usegmt=True), 200)):
        asked = urllib.request.Request(served + name, headers={"If-Modified-Since": moment})
        assert status_of(asked) == status


def status_of(asked: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(asked) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_the_document_tells_of_every_file_and_part() -> None:
    said = DOCUMENT.read_text("utf-8")
    for name, resource in RESOURCES.items():
        assert f"`{resource.path}`" in said, name
        assert resource.meaning in said
        for part in resource.parts:
            assert f"`{part}`" in said, (name, part)
    for part, what in COMMON.items():
        assert f"`{part}`" in said
        assert isinstance(what, Rows) or what.meaning


def test_the_examples_of_the_document_run(
    files: Files,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, file in files.items():
        path = tmp_path / "data" / "site" / "api" / "v1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(file), "utf-8")
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert len(examples) >= 3
    names: dict[str, Any] = {}
    for example in examples:
        exec(compile(example, str(DOCUMENT), "exec"), names)
        printed = capsys.readouterr().out
        assert printed.strip(), example
