"""The recipes: what they start exists, what they promise they say, and those who run them accept
them, as far as this machine can tell."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from peephole import cli, cron
from tests.command import ROOT

DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
UNITS = ("peephole.service", "peephole-once.service")
EXPOSURE = 1.5
"""Of 10, as systemd counts; it calls 2 and less OK."""


def refused(words: list[str]) -> str:
    """Why the command line does not accept the words of a command; empty where it does."""
    group: Any = typer.main.get_command(cli.app)
    try:
        context = group.make_context("peephole", list(words), resilient_parsing=False)
        while context._protected_args or context.args:
            name, command, rest = context.command.resolve_command(
                context, [*context._protected_args, *context.args]
            )
            context = command.make_context(name, rest, parent=context)
            if not hasattr(command, "resolve_command"):
                return ""
    except Exception as problem:  # click has a family of its own for wrong use
        return f"{' '.join(words)}: {problem}"
    return f"{' '.join(words)}: no command"


def commands(text: str) -> list[list[str]]:
    """The words of each ``peephole`` command in a script."""
    found = []
    for line in text.splitlines():
        for part in re.split(r"&&|;|\|", line.partition(" #")[0]):
            words = (
                shlex.split(part.partition(">>")[0], comments=True) if "peephole" in part else []
            )
            at = next((n for n, word in enumerate(words) if word.endswith("bin/peephole")), None)
            at = 0 if words[:1] == ["peephole"] else at
            if at is not None and words[at + 1 :]:
                found.append(words[at + 1 :])
    return found


def test_the_examples_of_wrong_use_are_seen() -> None:
    assert refused(["schedule", "--once"]) == ""
    assert refused(["archive", "check"]) == ""
    assert refused(["schedule", "--sometimes"])
    assert refused(["plan"])
    assert commands("cd x && .venv/bin/peephole schedule --once >> log 2>&1") == [
        ["schedule", "--once"]
    ]


def test_every_recipe_is_on_the_page() -> None:
    recipes = {path.name for path in DEPLOY.iterdir()}
    assert recipes >= {"crontab", "Containerfile", "github-actions.yml", *UNITS}
    assert [name for name in recipes if name not in PAGE] == []


def test_the_page_shows_commands_and_times_that_are_right() -> None:
    blocks = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
    shown = [words for kind, text in blocks if kind == "sh" for words in commands(text)]
    shown += [shlex.split(said)[1:] for said in re.findall(r"`(peephole [^`]+)`", PAGE)]
    assert len(shown) >= 8
    assert [why for words in shown if (why := refused(words))] == []
    [toml] = [text for kind, text in blocks if kind == "toml"]
    import tomllib

    said = tomllib.loads(toml)["schedule"]
    assert len(cron.timetables(said)) == 4


def test_cron_looks_often_and_at_odd_minutes() -> None:
    lines = [
        line
        for line in (DEPLOY / "crontab").read_text().splitlines()
        if line and not line.startswith("#") and "=" not in line.split()[0]
    ]
    assert len(lines) == 2
    for line in lines:
        *fields, command = line.split(None, 5)
        [times] = cron.timetables({"x": " ".join(fields), "jitter": 0})
        assert not fields[0].startswith(("0", "*"))
        assert times.expression.split()[1:] in (["*"] * 4, ["6", "*", "*", "*"])
        [words] = commands(command)
        assert refused(words) == ""
        assert "%" not in command  # cron takes it for the end of the line
    assert (DEPLOY / "crontab").read_bytes().endswith(b"\n")


def unit(name: str) -> dict[str, dict[str, str]]:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / name).read_text())
    return {section: dict(parser[section]) for section in parser.sections()}


@pytest.mark.parametrize("name", UNITS)
def test_a_service_is_locked_in(name: str) -> None:
    service = unit(name)["Service"]
    assert service["DynamicUser"] == service["NoNewPrivileges"] == service["PrivateTmp"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["StateDirectory"] == "peephole"
    assert set(service["RestrictAddressFamilies"].split()) == {"AF_INET", "AF_INET6", "AF_UNIX"}
    assert "MemoryDenyWriteExecute" not in service  # pyOpenSSL could not speak TLS
    assert service["EnvironmentFile"].startswith("-/etc/")
    assert refused(service["ExecStart"].split()[1:]) == ""


def test_the_service_waits_for_a_crawl_that_is_told_to_stop() -> None:
    from peephole.children import PATIENCE

    service = unit("peephole.service")["Service"]
    assert service["KillMode"] == "mixed"
    assert float(service["TimeoutStopSec"]) > PATIENCE
    assert service["Restart"] == "always"


def test_the_timer_looks_often_and_makes_up_for_what_was_missed() -> None:
    timer = unit("peephole-once.timer")["Timer"]
    assert timer["Unit"] == "peephole-once.service"
    assert timer["Persistent"] == "yes"
    assert timer["OnCalendar"] == "*:07/15"


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("systemd-analyze is not on this machine")
    return subprocess.run([tool, *map(str, words)], capture_output=True, text=True, timeout=60)


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for name in (*UNITS, "peephole-once.timer"):
        text = (DEPLOY / name).read_text()
        (tmp_path / name).write_text(text.replace("/opt/peephole/.venv/bin/peephole", "/bin/true"))
    found = analyze(
        "verify", "--man=no", *(tmp_path / name for name in (*UNITS, "peephole-once.timer"))
    )
    told = [line for line in found.stderr.splitlines() if "peephole" in line]
    assert (found.returncode, told) == (0, [])


@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_little_exposed(name: str, tmp_path: Path) -> None:
    shutil.copy(DEPLOY / name, tmp_path)
    found = analyze("security", "--offline=true", "--no-pager", tmp_path / name)
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", found.stdout)
    if level is None:
        pytest.skip(f"this systemd-analyze cannot look at files: {found.stderr.strip()[:80]}")
    assert float(level[1]) <= EXPOSURE


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((DEPLOY / "github-actions.yml").read_text())
    return found


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_the_workflow_starts_at_odd_minutes_and_never_twice(workflow: dict[Any, Any]) -> None:
    started = workflow[True]  # YAML 1.1 reads `on` as a truth value
    assert set(started) == {"schedule", "workflow_dispatch"}
    for each in started["schedule"]:
        [times] = cron.timetables({"x": each["cron"]})
        assert int(times.expression.split()[0]) % 5 != 0
    assert workflow["concurrency"] == {"group": "peephole", "cancel-in-progress": False}


def test_the_workflow_has_few_rights_and_pinned_actions(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {}
    rights = {name: job["permissions"] for name, job in workflow["jobs"].items()}
    assert rights == {
        "crawl": {"contents": "write", "actions": "write"},
        "pages": {"pages": "write", "id-token": "write"},
    }
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert len(used) == 5
    assert [each for each in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", each)] == []
    text = (DEPLOY / "github-actions.yml").read_text()
    assert len(re.findall(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text, re.MULTILINE)) == len(used)
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_the_workflow_runs_commands_there_are(workflow: dict[Any, Any]) -> None:
    scripts = [step["run"] for step in steps(workflow) if "run" in step]
    found = [words for script in scripts for words in commands(script)]
    assert ["schedule", "--once"] in found
    assert ["sources", "--notify"] in found
    assert [why for words in found if (why := refused(words))] == []
    for script in scripts:
        done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
        assert done.stderr == ""
        assert "${{" not in script  # what is put into a script is run


def test_the_workflow_keeps_what_cannot_be_made_again(workflow: dict[Any, Any]) -> None:
    [keeping] = [step for step in steps(workflow) if "git push" in step.get("run", "")]
    assert keeping["if"] == "always()"
    assert "archive ledger.sqlite schedule.json notices" in keeping["run"]
    [artefact] = [step for step in steps(workflow) if "retention-days" in step.get("with", {})]
    assert {"data/archive", "data/ledger.sqlite"} <= set(artefact["with"]["path"].split())
    [alive] = [step for step in steps(workflow) if "/enable" in step.get("run", "")]
    assert "actions/workflows/peephole.yml/enable" in alive["run"]


@pytest.fixture(scope="module")
def container() -> list[tuple[str, list[str]]]:
    dockerfile = pytest.importorskip("dockerfile", reason="the parser of BuildKit is not installed")
    parsed = dockerfile.parse_file(str(DEPLOY / "Containerfile"))
    return [(each.cmd.upper(), list(each.value)) for each in parsed]


def test_the_container_runs_as_nobody_in_particular(
    container: list[tuple[str, list[str]]],
) -> None:
    last = dict(container)
    assert last["USER"] == ["10001:10001"]
    assert last["VOLUME"] == ["/data"]
    assert last["STOPSIGNAL"] == ["SIGTERM"]
    assert last["ENTRYPOINT"] == ["peephole"]
    assert refused(last["CMD"]) == ""
    assert "HEALTHCHECK" in last
    names = [name for name, _ in container]
    assert "ADD" not in names
    assert "EXPOSE" not in names
    assert names.index("USER") > max(n for n, name in enumerate(names) if name == "RUN")


def test_the_container_is_built_of_what_there_is(container: list[tuple[str, list[str]]]) -> None:
    copied = [
        source
        for name, value in container
        if name == "COPY" and not value[0].startswith("/opt")
        for source in value[:-1]
    ]
    assert {"spiders", "analysis", "maps", "peephole", "pyproject.toml"} <= set(copied)
    assert [each for each in copied if not (ROOT / each).exists()] == []
    bases = [value[0] for name, value in container if name == "FROM"]
    assert len(bases) == 2
    assert all(re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-\w+", base) for base in bases)
    text = (DEPLOY / "Containerfile").read_text()
    assert 'CMD ["peephole", "schedule", "--show"]' in text
    assert refused(["schedule", "--show"]) == ""
