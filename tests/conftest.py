"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A shared core may pause an example for longer than any deadline; what is slow is found in bench/.
# On CI the examples are the same every time, at home they are new every time.
settings.register_profile("peephole", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("peephole")

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of recorded data beside the checkout; skips where it is absent."""
    if not REAL.is_dir():
        pytest.skip(f"recorded data are not on this machine (sought {REAL})")
    return REAL
