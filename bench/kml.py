"""Ring's map in KML: Placemarks a second, read alone and taken into the ledger.

Placemarks are made here, in the layout of 2020 and 2021: folders, names and addresses partly in
CDATA, an active date and either a request count with its quarter or a profile address.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.measure import Figures, ratio, rounds, table

SIZES = {2_500: (5, 5), 100_000: (3, 1)}
"""Placemarks, and how often each contestant reads them alone and end to end."""
STATES = ("FL", "Texas", "CA", "WI", "Kentucky", "NJ", "OH", "North Carolina")
NAMESPACE = "{http://www.opengis.net/kml/2.2}"
ALONE = {
    "floor: bare lxml loop, texts only": "floor",
    "ours: Placemarks (`platforms.kml.features`)": "placemarks",
    "**ours: checked records (`RingAgencyMap.parse`)**": "records",
    "rival: parsel Selector a Placemark, texts only": "selector",
    "rival: `geopandas.read_file` (pyogrio), no addresses": "geopandas",
}
WHOLE = {
    "floor: Scrapy, lxml loop, JSON lines": "scrapy_lxml",
    "**ours: `import` into archive and ledger**": "imported",
    "rival: Scrapy, Selector, JSON lines": "scrapy_selector",
}
TITLES = ("Read alone", "End to end")


def report(_full: bool) -> Iterator[str]:
    """Tables for each size, and what ``scrapy bench`` reaches."""
    with tempfile.TemporaryDirectory() as folder:
        for n, turns in SIZES.items():
            path = Path(folder) / f"map-{n}.kml"
            path.write_bytes(document(n))
            size = path.stat().st_size / 1e6
            for title, contestants, times in zip(TITLES, (ALONE, WHOLE), turns, strict=True):
                found = rounds(
                    times,
                    {name: (f"bench.kml:{key}", str(path)) for name, key in contestants.items()},
                )
                yield f"{title}: {n:,} Placemarks, {size:.1f} MB\n\n{_table(found, n)}"
    yield f"`scrapy bench` in the same run: {scrapy_bench():,} pages a minute"


def _table(found: dict[str, Figures], n: int) -> str:
    floor = next(iter(found.values()))["seconds"]
    wrong = [name for name, figures in found.items() if figures["placemarks"] != n]
    if wrong:
        raise RuntimeError(f"{wrong} did not find all {n:,} Placemarks")
    return table(
        ["", "seconds", "Placemarks/s", "times the floor's time", "peak MB"],
        [
            [
                name,
                f"{figures['seconds']:.3f}",
                f"{n / figures['seconds']:,.0f}",
                ratio(figures["seconds"], floor),
                f"{figures['peak MB']:.0f}",
            ]
            for name, figures in found.items()
        ],
    )


def document(n: int) -> bytes:
    """A KML of ``n`` Placemarks in two folders; the same for the same ``n``."""
    marks = [_placemark(number) for number in range(n)]
    half = n // 2
    folders = "".join(
        f"    <Folder>\n      <name>Layer {place}</name>\n{''.join(part)}    </Folder>\n"
        for place, part in enumerate((marks[:half], marks[half:]), start=1)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2">\n  <Document>\n'
        f"    <name>Active Agency Map</name>\n    <description/>\n{folders}  </Document>\n</kml>\n"
    ).encode()


def _placemark(number: int) -> str:
    town = f"Fairfield {number}"
    name = f"{town} Police Department"
    address = f"{town}, {STATES[number % len(STATES)]}"
    third = (
        f'<Data name="Agency Profile">\n            <value>https://agency.ring.com/agencies/'
        f"{number:08x}-0000-4000-8000-{number:012x}</value>"
        if number % 2
        else f'<Data name="Requests Q1 2021">\n            <value>{number % 90}</value>'
    )
    return f"""      <Placemark>
        <name>{f"<![CDATA[{name}]]>" if number % 3 == 0 else name}</name>
        <address>{f"<![CDATA[{address}]]>" if number % 3 == 1 else address}</address>
        <styleUrl>#icon-1899-0288D1-nodesc</styleUrl>
        <ExtendedData>
          <Data name="Active Date">
            <value>{number % 12 + 1}/{number % 28 + 1}/20{18 + number % 3}</value>
          </Data>
          {third}
          </Data>
        </ExtendedData>
      </Placemark>
"""


def floor(path: str) -> Figures:
    """The whole tree and a loop: name, address and all Data values as texts, nothing checked."""
    body = Path(path).read_bytes()
    start = time.perf_counter()
    found = list(_lxml_rows(body))
    return {"seconds": time.perf_counter() - start, "placemarks": len(found)}


def _lxml_rows(body: bytes) -> Iterator[dict[str, Any]]:
    from lxml import etree

    for mark in etree.fromstring(body).iter(f"{NAMESPACE}Placemark"):
        row: dict[str, Any] = {}
        for child in mark:
            if child.tag == f"{NAMESPACE}ExtendedData":
                row["data"] = {field.get("name"): field[0].text for field in child}
            elif child.tag in (f"{NAMESPACE}name", f"{NAMESPACE}address"):
                row[child.tag.removeprefix(NAMESPACE)] = child.text
        yield row


def placemarks(path: str) -> Figures:
    """Our reading of the KML alone."""
    from spiders.platforms.kml import features

    body = Path(path).read_bytes()
    start = time.perf_counter()
    found = list(features(body, path))
    return {"seconds": time.perf_counter() - start, "placemarks": len(found)}


def records(path: str) -> Figures:
    """Our source's parse: Placemarks read, understood and checked by the models."""
    from scrapy.http import Response
    from scrapy.utils.test import get_crawler

    from spiders.records import Listing
    from spiders.sources.ring_agency_map import RingAgencyMap

    spider = RingAgencyMap.from_crawler(get_crawler(RingAgencyMap))
    response = Response("https://www.google.com/maps/d/kml", body=Path(path).read_bytes())
    start = time.perf_counter()
    found = list(spider.parse(response))
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "placemarks": sum(isinstance(one, Listing) for one in found)}


def selector(path: str) -> Figures:
    """As Scrapy's documentation has it: a selector, and one more for each Placemark."""
    body = Path(path).read_bytes()
    start = time.perf_counter()
    found = list(_selector_rows(body))
    return {"seconds": time.perf_counter() - start, "placemarks": len(found)}


def _selector_rows(body: bytes) -> Iterator[dict[str, Any]]:
    from parsel import Selector

    whole = Selector(body=body, type="xml")
    whole.remove_namespaces()
    for mark in whole.xpath("//Placemark"):
        yield {
            "name": mark.xpath("name/text()").get(),
            "address": mark.xpath("address/text()").get(),
            "data": {
                field.xpath("@name").get(): field.xpath("value/text()").get()
                for field in mark.xpath("ExtendedData/Data")
            },
        }


def geopandas(path: str) -> Figures:
    """All layers as geopandas reads them; GDAL's driver leaves the addresses out."""
    import geopandas as gpd
    import pandas as pd

    start = time.perf_counter()
    layers = gpd.list_layers(path)["name"]
    frame = pd.concat([gpd.read_file(path, layer=layer) for layer in layers])
    return {"seconds": time.perf_counter() - start, "placemarks": len(frame)}


def imported(path: str) -> Figures:
    """What ``peephole import`` does up to the ledger: archive, replay, records, verdict."""
    from peephole import steps
    from peephole.config import Config

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        config = Config(data, f"sqlite:///{data / 'ledger.sqlite'}", "bench@example.org")
        start = time.perf_counter()
        job = steps.import_job(config, path, "ring_agency_map", "2021-06-14", "")
        (outcome,) = steps.run_jobs(config, [job])
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "placemarks": outcome.counts["listing:neighbors_portal"]}


def scrapy_lxml(path: str) -> Figures:
    """The floor as a Scrapy spider whose items go to a file of JSON lines."""
    return _crawled(path, _lxml_rows)


def scrapy_selector(path: str) -> Figures:
    """The Selector rival as a Scrapy spider whose items go to a file of JSON lines."""
    return _crawled(path, _selector_rows)


def _crawled(path: str, rows: Any) -> Figures:
    import scrapy
    from scrapy.crawler import AsyncCrawlerProcess

    class Map(scrapy.Spider):
        name = "map"
        start_urls = [Path(path).as_uri()]

        def parse(self, response: scrapy.http.Response) -> Any:
            yield from rows(response.body)

    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        start = time.perf_counter()
        feeds = {Path(file.name): {"format": "jsonlines", "overwrite": True}}
        process = AsyncCrawlerProcess(
            {"FEEDS": feeds, "LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False}
        )
        process.crawl(Map)
        process.start()
        seconds = time.perf_counter() - start
        found = Path(file.name).read_bytes().count(b"\n")
    return {"seconds": seconds, "placemarks": found}


def scrapy_bench() -> int:
    """Pages a minute in the last line of ``scrapy bench``, which crawls for ten seconds."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", "bench"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    return int(re.findall(r"at (\d+) pages/min", done.stderr)[-1])
