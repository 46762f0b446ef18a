"""Write the sample anew: pages in the sources' true formats from ``departments.csv``, served on
this machine and crawled from there by the project's own recorder.

    .venv/bin/python samples/build.py

The facts (department, place, the active date Ring's map gave) are public; the sentences are ours.
Where the Atlas gives another department's name in its column Agency, ``atlas_agency`` holds it.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import pandas as pd

from analysis.places import locate, state_shapes
from peephole import config as configuration
from peephole import steps
from spiders.job import history
from spiders.platforms.cdx import Pattern

HERE = Path(__file__).parent
NOTICE = "Sample: departments dated 2018 and a few others, not the full list"
MAP = "https://www.google.com/maps/d/viewer?mid=1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB&usp=sharing"
MID = "1eYVDPh5itXq5acDT9b0BVeQwmESBa4cB"
KML = "application/vnd.google-earth.kml+xml"
SPELT_OUT = ("TX", "MI")
"""States the second layout writes in full, as Ring's map did of some."""

EDITIONS = (
    # The newest active date among these departments is 2020-05-07; the Atlas export from which
    # they are known is of 2020-10-07, and Ring's map stood behind it.
    ("ring_agency_map", "/2019/maps/d/kml", "2020-06-11"),
    ("ring_agency_map", f"/maps/d/kml?mid={MID}&nl=1&forcekml=1", "2020-10-07"),
    ("atlas_of_surveillance", "/download.csv", "2020-10-07"),
)

ORIGINAL = f"http://www.google.com/maps/d/kml?mid={MID}&forcekml=1"
COPIES = ("20190828120000", "20191231120000", "20200331120000")
"""Moments of archived copies of the map: each shows the departments whose active date had come."""


def departments() -> list[dict[str, str]]:
    """The facts, a row for each active date."""
    with (HERE / "departments.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def american(day: str) -> str:
    """``2018-03-22`` as ``3/22/2018``."""
    when = date.fromisoformat(day)
    return f"{when.month}/{when.day}/{when.year}"


def placemarks(rows: list[dict[str, str]], *, spelt: dict[str, str], cdata: bool) -> str:
    """The Placemarks of Ring's map; with ``cdata`` some names and addresses are CDATA."""

    def text(value: str, number: int) -> str:
        return f"<![CDATA[{value}]]>" if cdata and number % 3 == 0 else escape(value)

    def placemark(row: dict[str, str], number: int) -> str:
        state = spelt.get(row["state"], row["state"])
        name, address = text(row["agency"], number), text(f"{row['city']}, {state}", number + 1)
        return f"""      <Placemark>
        <name>{name}</name>
        <address>{address}</address>
        <styleUrl>#icon-1899-0288D1-nodesc</styleUrl>
        <ExtendedData>
          <Data name="Active Date">
            <value>{american(row["active_date"])}</value>
          </Data>
        </ExtendedData>
      </Placemark>"""

    return "\n".join(placemark(row, number) for number, row in enumerate(rows))


def kml(inside: str) -> bytes:
    """A KML document around ``inside``."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2">
  <Document>
    <name>Active Agency Map</name>
    <description/>
{inside}
  </Document>
</kml>
""".encode()


def atlas(rows: list[dict[str, str]]) -> bytes:
    """The Atlas export in its layout of 25 columns."""
    links = [
        f"Link {n}{part}"
        for n in (1, 2, 3)
        for part in ("", " Snapshot", " Source", " Type", " Date")
    ]
    columns = [
        *("AOSNUMBER", "City", "County", "State", "Agency", "Type of LEA", "Summary"),
        *("Type of Juris", "Technology", "Vendor", *links),
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, quoting=csv.QUOTE_ALL, lineterminator="\n", restval="")
    writer.writeheader()
    for number, (row, county) in enumerate(zip(rows, counties(rows), strict=True), start=1):
        sheriff = "Sheriff" in row["agency"]
        year = row["active_date"][:4]
        writer.writerow(
            {
                "AOSNUMBER": f"AOS{number:04d}",
                "City": row["city"],
                "County": county,
                "State": row["state"],
                "Agency": row["atlas_agency"] or row["agency"],
                "Type of LEA": "Sheriff" if sheriff else "Police",
                "Summary": f"The {row['agency']} signed an agreement with Ring in {year}.",
                "Type of Juris": "County" if sheriff else "Municipal",
                "Technology": "Ring/Neighbors Partnership",
                "Vendor": "Ring",
                "Link 1": MAP,
                "Link 1 Source": "Ring",
                "Link 1 Date": american(row["active_date"]),
            }
        )
    return out.getvalue().encode()


def counties(rows: list[dict[str, str]]) -> Iterator[str]:
    """The county of each department's place, in words."""
    asked = pd.DataFrame(rows)[["agency", "city", "state"]].rename(columns={"agency": "name"})
    found = locate(asked.assign(county=pd.NA))
    names = pd.read_csv(
        HERE.parent / "analysis" / "reference" / "us_counties.csv.gz", dtype="string"
    ).set_index("county_geoid")["name"]
    for geoid in found["county_geoid"]:
        name = names.get(geoid, "")
        yield f"{name} County" if name and not name.endswith("County") else name


def pages() -> dict[str, tuple[str, bytes]]:
    """Everything the local server has: content type and body by path."""
    rows = departments()
    shapes = state_shapes()
    names = dict(zip(shapes["state"], shapes["name"], strict=True))
    spelt = {code: names[code] for code in SPELT_OUT}
    flat = kml(placemarks(rows, spelt={}, cdata=False))
    foldered = kml(
        "    <Folder>\n      <name>Active agencies</name>\n"
        + placemarks(rows, spelt=spelt, cdata=True)
        + "\n    </Folder>"
    )
    wrapper = kml(
        f"""    <NetworkLink>
      <name>Active agencies</name>
      <Link>
        <href><![CDATA[/maps/d/kml?mid={MID}&lid=sample&forcekml=1]]></href>
      </Link>
    </NetworkLink>"""
    )
    copies = {
        f"/web/{moment}id_/{ORIGINAL}": (
            KML,
            kml(placemarks([row for row in rows if by(row, moment)], spelt={}, cdata=False)),
        )
        for moment in COPIES
    }
    return copies | {
        "/robots.txt": ("text/plain", b"User-agent: *\nDisallow: /private/\n"),
        "/2019/maps/d/kml": (KML, flat),
        f"/maps/d/kml?mid={MID}&nl=1&forcekml=1": (KML, wrapper),
        f"/maps/d/kml?mid={MID}&lid=sample&forcekml=1": (KML, foldered),
        "/download.csv": ("text/csv; charset=utf-8", atlas(rows)),
    }


def by(row: dict[str, str], moment: str) -> bool:
    """Had the department's active date come?"""
    return row["active_date"].replace("-", "") <= moment[:8]


def index(query: str) -> bytes:
    """The index of the archived copies, as a CDX server answers with ``output=json``."""
    (fields,) = parse_qs(query)["fl"]
    facts = {
        "urlkey": f"com,google)/maps/d/kml?forcekml=1&mid={MID.lower()}",
        "original": ORIGINAL,
        "mimetype": KML,
        "statuscode": "200",
    }
    rows = [fields.split(",")]
    for moment in COPIES:
        body = Handler.served[f"/web/{moment}id_/{ORIGINAL}"][1]
        digest = base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode()
        row = facts | {"timestamp": moment, "digest": digest, "length": str(len(body))}
        rows.append([row[name] for name in rows[0]])
    return json.dumps(rows).encode()


class Handler(BaseHTTPRequestHandler):
    """Serves :func:`pages`, the index of the archived copies, and nothing else."""

    served = pages()

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        found = self.served.get(self.path)
        if asked.path == "/cdx/search/cdx":
            found = ("application/json", index(asked.query))
        kind, body = found or ("text/plain", b"")
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


def past(port: int, environment: dict[str, str]) -> None:
    """Crawl the archived copies, as ``peephole crawl --history`` crawls those of the web."""
    os.environ.update(environment)
    config = configuration.load()
    job = history(
        "ring_agency_map",
        config.archive,
        (Pattern(f"www.google.com/maps/d/kml?mid={MID}", "prefix"),),
        server=f"http://127.0.0.1:{port}/cdx/search/cdx",
        delay=0,
        notice=NOTICE,
        operator=config.contact,
    )
    (outcome,) = steps.run_jobs(config, [job])
    if outcome.verdict.state != "healthy":
        raise RuntimeError(f"the archived copies: {outcome.verdict.reason}")


def main() -> None:
    """Serve, crawl, and put the WARCs beside this file."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "PEEPHOLE_DATA": folder,
            "PEEPHOLE_CONTACT": "https://example.org/peephole",
        }
        for source, path, as_of in EDITIONS:
            url = f"http://127.0.0.1:{server.server_port}{path}"
            command = [sys.executable, "-m", "peephole", "import", url, "--source", source]
            command += ["--as-of", as_of, "--notice", NOTICE, "--no-build"]
            subprocess.run(command, env=environment, check=True)
        past(server.server_port, environment)
        for old in HERE.glob("*.warc.gz"):
            old.unlink()
        for warc in sorted((Path(folder) / "archive").glob("*.warc.gz")):
            shutil.copy(warc, HERE / warc.name)
    server.shutdown()


if __name__ == "__main__":
    main()
