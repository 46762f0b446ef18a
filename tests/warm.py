"""Commands in processes of their own that need not import first: forked from one that has.

``python -m tests.warm`` imports what the commands do and then forks a child for each line it reads:
{"module", "arguments", "environment", "folder", "output", "errors"}. It answers with the child's
number and, when that has ended, its exit status. Imports cost a command 2 s of a core (2026-11-23);
the suite runs some hundreds. What differs from a start from nothing is that the interpreter's own
variables and locale are those of the tests, so commands that change them are started as usual.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from select import select

ROOT = Path(__file__).resolve().parents[1]
FIXED = ("PYTHON", "LANG", "LC_")
"""Variables that the interpreter reads when it starts."""
COMPONENT = re.compile(r"(scrapy|spiders)(\.(?!reactor)\w+)+\.[A-Z]\w+")


def run(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """``python -m module arguments`` in ``folder``, run to its end.

    With the module ``-c`` the first argument is code, as Python has it.

    Raises:
        subprocess.TimeoutExpired: it took longer than ``timeout`` seconds, and was killed.
    """
    command = [sys.executable, *([] if module == "-c" else ["-m"]), module, *arguments]
    if _fixed(environment) != _fixed(os.environ):
        return subprocess.run(
            command,
            env=dict(environment),
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    with tempfile.TemporaryDirectory() as scratch:
        said = {name: Path(scratch, name) for name in ("output", "errors")}
        child = _begun(module, arguments, environment, folder, said)
        status = _ended(timeout)
        if status is None:
            _kill(child)
            raise subprocess.TimeoutExpired(command, timeout)
        output, errors = (path.read_text("utf-8") for path in said.values())
    return subprocess.CompletedProcess(command, status, output, errors)


def killed(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    moment: Callable[[], bool],
    limit: float,
) -> bool:
    """Start ``python -m module arguments`` in ``folder``, and kill it at a moment or after
    ``limit`` seconds; was it still running then?"""
    said = {name: Path(os.devnull) for name in ("output", "errors")}
    child = _begun(module, arguments, environment, folder, said)
    end = time.monotonic() + limit
    status = None
    while status is None and not moment() and time.monotonic() < end:
        status = _ended(0.002)
    return (_kill(child) if status is None else status) == -9


def _kill(child: int) -> int | None:
    """Its exit status, which is its own where it ended meanwhile."""
    with suppress(ProcessLookupError):
        os.kill(child, 9)
    return _ended()


def _fixed(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(FIXED) and name != "PYTHONPATH"
    }


@cache
def _parent() -> subprocess.Popen[str]:
    """Ends when the tests do: its input is closed then."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.warm"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        cwd=ROOT,
        env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
    )


def _begun(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    said: Mapping[str, Path],
) -> int:
    """The number of the child; the parent forks no other before this one has ended."""
    parent = _parent()
    assert parent.stdin is not None
    assert parent.stdout is not None
    asked = {
        "module": module,
        "arguments": list(arguments),
        "environment": dict(environment),
        "folder": str(folder),
        **{name: str(path) for name, path in said.items()},
    }
    parent.stdin.write(json.dumps(asked) + "\n")
    return int(parent.stdout.readline())


def _ended(within: float | None = None) -> int | None:
    """The exit status of the child, None if it still runs after that many seconds."""
    parent = _parent()
    assert parent.stdout is not None
    if not select([parent.stdout], [], [], within)[0]:
        return None
    return int(parent.stdout.readline())


def imported() -> None:
    """Import what the commands do, and what Scrapy loads by name when a crawl begins (0.9 s of a
    core, 2026-11-23) but for the reactor, which a process installs for itself; read the reference
    data and templates that ship, and have pandera look for its backends."""
    from scrapy.utils.misc import load_object

    from analysis import areas, census, clean, exports, places, tables  # noqa: F401
    from maps import layers, page  # noqa: F401
    from peephole import cli  # noqa: F401
    from spiders import crawl

    for shipped in (areas.county_topology, areas.zips, places.embedded, places.state_shapes):
        shipped()
    tables.AGENCIES.checked(tables.AGENCIES.empty())
    pages = layers.templates()
    for name in pages.list_templates(["html"]):
        pages.get_template(name)

    crawl.sources()
    settings = crawl._settings({})
    named = [settings[name] for name in settings]
    paths = [
        path
        for value in named
        for path in ([*value.keys(), *value.values()] if hasattr(value, "values") else [value])
        if isinstance(path, str) and COMPONENT.fullmatch(path)
    ]
    for path in paths:
        load_object(path)


def _main() -> None:
    import runpy

    imported()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            break
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    else:
        return
    _become(asked)
    if asked["module"] == "-c":
        exec(sys.argv.pop(1), {"__name__": "__main__"})
    else:
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)


def _become(asked: Mapping[str, object]) -> None:
    """Take on the arguments, variables, folder and files that a process would be started with."""
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, asked["errors"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(str(path), flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (what the parent had read)
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    time.tzset()
    os.chdir(str(asked["folder"]))
    sys.argv[1:] = asked["arguments"]  # type: ignore[call-overload]


if __name__ == "__main__":
    _main()
