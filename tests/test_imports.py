"""Who may import whom: one direction, read from the source of every module."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {
    "spiders": {"pandas", "geopandas", "folium", "analysis", "maps", "peephole", "tests"},
    "analysis": {"scrapy", "twisted", "folium", "branca", "maps", "peephole", "tests"}
    | {"socket", "ssl", "http", "urllib.request", "requests", "httpx", "aiohttp"},
    "maps": {"scrapy", "twisted", "sqlalchemy", "spiders", "peephole", "tests"}
    | {"socket", "ssl", "http", "urllib.request", "requests", "httpx", "aiohttp"},
    "peephole": {"tests", "folium", "lxml"},
    "samples": {"tests", "scrapy", "sqlalchemy"},
    "bench": set(),
    "tests": set(),
}
"""What the modules of each folder may not import. A new folder is entered here, with thought."""
OF_SPIDERS = {"records", "ledger", "schema", "programmes", "verdict"}
"""The modules of spiders that analysis may know: contract, vocabularies, ledger, judgement."""
FORBIDDEN = re.compile(
    r"\.library|\bpypi\.org|\bregistry\.npmjs|\bproxy\.golang|\bcrates\.io\b|files\.pythonhosted"
)
"""Places on the machine of the authors, and package registries: no business of the code's."""


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Every module a file imports, at any depth of the code, as dotted names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative name"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found.add(str(node.args[0].value) if isinstance(node.args[0], ast.Constant) else "?")
    return found


def within(name: str, banned: str) -> bool:
    return name == banned or name.startswith(f"{banned}.")


def test_every_folder_with_code_is_known() -> None:
    folders = {
        path.relative_to(ROOT).parts[0]
        for path in ROOT.glob("*/**/*.py")
        if not path.relative_to(ROOT).parts[0].startswith(".")
    }
    assert folders - {"build", "dist", "data", "node_modules"} <= set(ROOMS)
    assert {"spiders", "analysis", "maps", "peephole", "tests"} <= folders


@pytest.mark.parametrize("folder", ROOMS)
def test_a_room_imports_only_what_it_may(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        for name in imported(path)
        for banned in ROOMS[folder]
        if within(name, banned)
    ]
    assert wrong == []


def test_analysis_knows_only_the_contract_of_spiders() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("analysis")
        for name in imported(path)
        if within(name, "spiders") and name.split(".")[1] not in OF_SPIDERS
    ]
    assert wrong == []


def test_only_the_front_door_joins_the_rooms() -> None:
    for folder in ("spiders", "analysis", "maps"):
        for path in modules(folder):
            names = imported(path)
            collects = any(within(name, "scrapy") for name in names)
            understands = any(within(name, "pandas") or within(name, "folium") for name in names)
            assert not (collects and understands), path


def test_no_name_is_hidden_from_this_test() -> None:
    """But in bench/, which may import everything and runs each contestant by name."""
    rooms = ROOMS.keys() - {"bench"}
    hidden = [path for folder in rooms for path in modules(folder) if "?" in imported(path)]
    assert hidden == []


def test_nothing_names_what_it_should_not() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for folder in ROOMS
        for path in modules(folder)
        if path != Path(__file__)
        for found in [FORBIDDEN.search(path.read_text("utf-8"))]
        if found
    ]
    assert wrong == []


def test_importing_a_room_does_nothing() -> None:
    """No call to open, connect or print stands at the top of a module."""
    deeds = {"open", "print", "connect", "read_csv", "read_text", "read_bytes", "urlopen", "mkdir"}
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for folder in ("spiders", "analysis", "maps", "peephole")
        for path in modules(folder)
        if "migrations" not in path.parts and path.name not in ("__main__.py", "build.py")
        for statement in ast.parse(path.read_text("utf-8")).body
        if isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign)
        for call in ast.walk(statement)
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] in deeds
    ]
    assert wrong == []
