"""Secrets stay secret, what we inline and install is what was checked, and the page on security
names for each of its lines a test that there is."""

from __future__ import annotations

import ast
import gzip
import importlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from maps import layers
from peephole import cli, config
from spiders import archive, settings
from spiders.archive import Session
from spiders.job import WrongInput, live
from spiders.ledger import Ledger, LedgerError
from spiders.recorder import Recorder
from tests import command
from tests.server import Answer, Server

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "security.md"
SECRET = "canary-7f3a9d51c0"
"""Planted where a secret may be, sought in all that was written."""
BEARERS = (
    *("Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "SET-COOKIE2", "X-Api-Key"),
    *(
        "X-Auth-Token",
        "X-CSRF-Token",
        "Api-Key",
        "Ocp-Apim-Subscription-Key",
        "X-Amz-Security-Token",
    ),
    *("Authentication-Info-Authorization", "X-Client-Secret", "X-Forwarded-Password", "X-JWT"),
    *(" Cookie ", "Cookie\r\n", "X-Access-Token:"),
)
OF_THE_VENV = ("pip", "setuptools", "wheel")
"""They come with the environment, and may be older there than what is pinned."""
CONTACT = "https://example.org/peephole"


def test_headers_that_let_their_bearer_in_are_in_no_archive(tmp_path: Path) -> None:
    path, when = tmp_path / "x.warc.gz", datetime(2020, 1, 1, tzinfo=UTC)
    headers = [(name, SECRET) for name in BEARERS] + [("ETag", "kept"), ("X-Served-By", "kept")]
    recorder = Recorder(path, Session("ring_agency_map"))
    recorder.exchange("https://example.org/", headers, 200, headers, b"body", when)
    recorder.not_modified("https://example.org/", headers, headers, when, ("", ""), "0" * 64, 0)
    recorder.close()
    plain = gzip.decompress(path.read_bytes())
    assert SECRET.encode() not in plain
    assert plain.count(b"ETag: kept") == 4
    assert {name for name, _ in next(archive.exchanges(path)).headers} == {"ETag", "X-Served-By"}


def everything(folder: Path) -> bytes:
    """All bytes below a folder, unpacked where they are packed, and the names of the files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    bodies = (path.read_bytes() for path in files)
    plain = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body for body in bodies)
    return b"\n".join([*plain, *(str(path).encode() for path in files)])


def test_no_secret_is_written_or_said_anywhere(tmp_path: Path) -> None:
    """A live crawl, its log, the tables, and a command that goes wrong; of exports and site
    ``tests/test_cli.py`` says the same."""
    data = tmp_path / "data"
    rows = command.towns(30)
    bearing = {name.strip(): SECRET for name in BEARERS if name.isascii() and name.isprintable()}
    bearing.pop("X-Access-Token:")  # no server would send it
    moved = Answer(status=302, headers={**bearing, "Location": "/list.csv"})
    planted = {
        "PEEPHOLE_CONTACT": CONTACT,
        "PEEPHOLE_FBI_KEY": SECRET,
        "PEEPHOLE_NOTIFY": f"json://user:{SECRET}@127.0.0.1:9/{SECRET}",
        "PEEPHOLE_PING": f"http://127.0.0.1:9/{SECRET}",
        "HTTPS_PROXY": f"http://user:{SECRET}@127.0.0.1:9",
    }
    with Server({"/at": moved, "/list.csv": Answer(command.atlas(rows), headers=bearing)}) as web:
        words = ("import", web.url("/at"), "--source", "atlas_of_surveillance", "--no-build")
        said = command.peephole(data, "--verbose", *words, "--as-of", "2020-10-07", **planted)
    assert web.paths() == ["/robots.txt", "/at", "/list.csv"]
    assert "healthy" in said.stdout
    tables = command.peephole(data, "clean", **planted)
    told = [said.stdout, said.stderr, tables.stdout, tables.stderr]
    address = f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1/d?password={SECRET}&connect_timeout=1"
    wrong = command.peephole(data, "sources", status=1, **planted, PEEPHOLE_DB=address)
    assert "cannot open the ledger" in wrong.stderr
    told += [wrong.stdout, wrong.stderr]
    written = everything(tmp_path)
    assert b"/list.csv" in written, "the archive tells what was asked for"
    assert b"Town 7 Police Department" in written
    assert SECRET.encode() not in written
    assert SECRET not in "".join(told)


@pytest.mark.parametrize(
    "address", ["postgresql+psycopg://u:pw@h/d", "postgresql://h/d?password=pw"]
)
def test_a_file_with_a_password_is_its_owner_s_alone(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PEEPHOLE_DB", raising=False)
    config.FILE.write_text(f'db = "{address}"\n')
    for mode in (0o644, 0o640, 0o604):
        config.FILE.chmod(mode)
        with pytest.raises(
            WrongInput, match=r"others may read it: `chmod 600 peephole\.toml`"
        ) as no:
            config.load()
        assert "pw" not in str(no.value)
    config.FILE.chmod(0o600)
    assert config.load().db == address
    config.FILE.write_text('db = "sqlite:///x.sqlite"\n')
    config.FILE.chmod(0o644)
    assert config.load().db == "sqlite:///x.sqlite"


@pytest.mark.parametrize(
    "address",
    [
        f"user:{SECRET}@host",
        f"postgresql:user:{SECRET}@host/d",
        f"postgresql://u:{SECRET}/@x@host/d?connect_timeout=soon&timeout=soon",
        f"sqlite:///x?timeout=soon&password={SECRET}&sslkey={SECRET}",
        f"nonsense://u:{SECRET}@h/?token={SECRET}",
    ],
)
def test_no_sentence_on_a_ledger_tells_its_password(address: str) -> None:
    with pytest.raises(LedgerError) as problem:
        Ledger(address)
    assert SECRET not in str(problem.value)


@pytest.mark.parametrize("key", ["site_address", "wayback_server"])
def test_an_address_that_is_published_holds_no_password(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config.FILE.write_text(f'{key} = "https://u:{SECRET}@h/cdx/search/cdx"\n')
    with pytest.raises(WrongInput, match=key) as problem:
        config.load()
    assert SECRET not in str(problem.value)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x85"])
def test_nothing_we_send_ends_its_line(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = f"a@example.org{end}X-Evil: 1"
    with pytest.raises(WrongInput, match="a live crawl must say who asks"):
        config.Config(tmp_path, "", f"{contact} ").introduced()
    monkeypatch.setenv("PEEPHOLE_CONTACT", contact)
    try:
        assert "\n" not in importlib.reload(settings).USER_AGENT
        assert "\r" not in settings.USER_AGENT
    finally:
        monkeypatch.delenv("PEEPHOLE_CONTACT")
        importlib.reload(settings)
    (seed,) = live("atlas_of_surveillance", tmp_path, (f"https://h/a{end}X-Evil: 1",)).session.seeds
    assert seed.isascii()
    assert seed.isprintable()


def pinned() -> dict[str, str]:
    """Version by distribution, as ``constraints.txt`` has them for this machine."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {
        canonicalize_name(each.name): str(each.specifier).removeprefix("==")
        for each in wanted
        if each.marker is None or each.marker.evaluate()
    }


def needed(requirements: Iterable[str]) -> dict[str, str]:
    """Version by distribution of all that these requirements bring, as they are installed."""
    found: dict[str, str] = {}
    todo = [(Requirement(text), "") for text in requirements]
    done: set[str] = set()
    while todo:
        asked, extra = todo.pop()
        if asked.marker and not asked.marker.evaluate(
            dict(default_environment()) | {"extra": extra}
        ):
            continue
        for each in ("", *asked.extras):
            key = f"{canonicalize_name(asked.name)}[{each}]"
            if key in done:
                continue
            done.add(key)
            try:
                here = distribution(asked.name)
            except PackageNotFoundError:
                continue  # an extra that is not installed here
            found[canonicalize_name(asked.name)] = here.version
            todo += [(Requirement(text), each) for text in here.requires or ()]
    return found


def test_every_distribution_that_is_needed_is_pinned_and_is_the_one_that_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = project["dependencies"] + [
        text for extra in project["optional-dependencies"].values() for text in extra
    ]
    here, pins = needed(asked), pinned()
    for name in OF_THE_VENV:
        here.pop(name, None)
    assert len(here) > 80
    assert {name: version for name, version in here.items() if pins.get(name) != version} == {}
    for name, version in pins.items():
        assert re.fullmatch(r"\d[\w.+!-]*", version), f"{name} is not pinned to one version"


def test_what_is_inlined_is_what_was_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {name: (layers.leaflet() / name).read_bytes() for name in layers.ASSETS}
    assert layers.leaflet_script()
    assert layers.leaflet_style()
    monkeypatch.setattr(layers, "leaflet", lambda: tmp_path)
    for changed in layers.ASSETS:
        for name, content in whole.items():
            (tmp_path / name).write_bytes(content + b" " * (name == changed))
        with pytest.raises(layers.WrongAsset, match="is not the file that was checked") as problem:
            [layers.leaflet_script(), layers.leaflet_style()]
        assert str(tmp_path / changed) in str(problem.value)
    assert layers.WrongAsset.__name__ in cli.EXPLAINED


def test_no_other_code_of_others_is_inlined() -> None:
    """Every file of an installed package that the pages read goes through :func:`layers.asset`."""
    readers = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "maps").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "leaflet"
    ]
    assert len(readers) == 2, "asset() names the file twice, and nobody else asks for the folder"


def known_tests() -> Mapping[str, set[str]]:
    return {
        str(path.relative_to(ROOT)): {
            node.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        }
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
    }


def test_every_line_of_the_threat_model_names_a_test_that_there_is() -> None:
    known = known_tests()
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    threats = [line for line in lines if not line.startswith(("| threat", "| ---"))]
    assert len(threats) > 20
    for line in threats:
        cell = line.rstrip(" |").rpartition(" | ")[2]
        named = re.findall(r"`(tests/[\w/]+\.py)`((?:,? `test_\w+`)*)", cell)
        assert named, f"no test is named in: {line}"
        for file, functions in named:
            assert file in known, f"{file} is named and is not there"
            for function in re.findall(r"test_\w+", functions):
                assert function in known[file], f"{file} has no {function}"
