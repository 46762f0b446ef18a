"""``python -m bench [--full] [--write] [NAME ...]``: Markdown tables of what was measured."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

SUBJECTS = ("kml", "pipeline", "page", "site", "history", "replay", "linking", "verify", "release")
README = Path(__file__).with_name("README.md")
MARK = "<!-- what follows is written by `python -m bench --write` -->\n"


def machine() -> str:
    """Processor, cores, memory and versions, in a sentence."""
    told = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(": ")[1] for line in told if line.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model or platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}; "
        f"load when the run began: {os.getloadavg()[0]:.1f}"
    )


def sections(subjects: Sequence[str], full: bool) -> Iterator[str]:
    """The report, a piece as soon as it is measured."""
    yield f"Machine: {machine()}"
    for subject in subjects:
        yield f"## {subject}"
        yield from import_module(f"bench.{subject}").report(full)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("subject", nargs="*", help=f"{', '.join(SUBJECTS)}; default: all")
    parser.add_argument(
        "--full", action="store_true", help="also folium's loop over 100,000 markers"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into the README")
    chosen = parser.parse_args()
    if unknown := set(chosen.subject) - set(SUBJECTS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    pieces = []
    for piece in sections(chosen.subject or SUBJECTS, chosen.full):
        pieces.append(piece)
        print(f"{piece}\n", flush=True)
    if chosen.write:
        head = README.read_text("utf-8").partition(MARK)[0]
        README.write_text(head + MARK + "\n" + "\n\n".join(pieces) + "\n", "utf-8")
        print(f"written to {README}", file=sys.stderr)


if __name__ == "__main__":
    main()
