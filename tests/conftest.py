"""What all tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# A shared core may pause an example for longer than any deadline; what is slow is found in bench/.
# On CI the examples are the same every time, at home they are new every time.
settings.register_profile("peephole", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("peephole")

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
MEMORY = Path("/dev/shm")
ROOM = 6_000_000_000
"""Bytes. All folders of the tests together had 2.7 GB in 210,000 files (2026-11-23)."""

SLOWEST = (
    *("test_pipeline.py", "test_kill.py", "test_properties.py", "test_hostile.py", "test_cli.py"),
    *("test_access.py", "test_time.py", "test_clean.py", "test_site.py", "test_register.py"),
    *("test_verify.py", "test_list.py", "test_abridged.py", "test_hosting.py", "test_crawl.py"),
    *("test_maps.py", "test_areas.py", "test_faults.py", "test_real.py", "test_postgresql.py"),
)
"""Files of tests that take longest, the longest of all first."""


def pytest_configure(config: pytest.Config) -> None:
    """Have the folders of the tests in memory, where there is room: to make a file, thousands of
    which each site has, took 0.6 ms on disk and 0.1 there (2026-11-24)."""
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False  # xdist would begin with the files of most tests


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slowest files, lest one is begun last and the other cores wait for it."""
    place = {name: place for place, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of recorded data beside the checkout; skips where it is absent."""
    if not REAL.is_dir():
        pytest.skip(f"recorded data are not on this machine (sought {REAL})")
    return REAL
