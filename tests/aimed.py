"""Commands whose sources lie on a server of the tests: real processes, but for the addresses.

A folder with the file that :func:`aim` writes is put on PYTHONPATH; Python reads it when it starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PATHS = {"ring_agency_map": "/map.kml", "atlas_of_surveillance": "/atlas.csv"}
"""Where the sources of the tests lie on a server of theirs."""

ADDRESSED = """
from tests.aimed import point
point({seeds!r}, {delay!r})
"""


def aim(folder: Path, seeds: Mapping[str, str], delay: float = 0.0) -> Path:
    """Have commands that are started with ``folder`` on PYTHONPATH crawl each source at an address
    of ours, with ``delay`` seconds between two requests."""
    folder.mkdir(parents=True, exist_ok=True)
    text = ADDRESSED.format(seeds=dict(seeds), delay=delay)
    (folder / "sitecustomize.py").write_text(text, "utf-8")
    return folder


def point(seeds: Mapping[str, str], delay: float = 0.0) -> None:
    """Have this process crawl each source at an address of ours, and without politeness."""
    from spiders import crawl, settings

    for name, spider in crawl.sources().items():
        if name in seeds:
            spider.seeds = (seeds[name],)
    settings.DOWNLOAD_DELAY = delay
    settings.AUTOTHROTTLE_ENABLED = False
    settings.RETRY_AFTER_DEFAULT = 0.2
