"""From an Atlas export to the finished page, step by step.

The file is the recorded export of 2020-10-07 where it lies beside the checkout, else one of the
same shape made here: 25 columns, 5,784 rows, 1,501 of Ring's programme and 398 camera registries.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import ROOT, Clock, Figures, apart, medians, ratio, rounds, table

REAL = ROOT.parent / "shared" / "real" / "atlas" / "atlas-2020-10-07.csv"
PLACES = ROOT / "analysis" / "reference" / "us_places.csv.gz"
AS_OF = "2020-10-07"
TIMES = 3
SHAPE = {"Ring/Neighbors Partnership": 1501, "Camera Registry": 398, "Drones": 3885}
"""Rows of each subject; all subjects but ours stand as one."""
LINKS = [
    f"Link {n}{part}" for n in (1, 2, 3) for part in ("", " Snapshot", " Source", " Type", " Date")
]
COLUMNS = [
    *("AOSNUMBER", "City", "County", "State", "Agency", "Type of LEA", "Summary"),
    *("Type of Juris", "Technology", "Vendor", *LINKS),
]
STEPS = ("imports", "archive", "crawl and ledger", "clean", "exports", "map")


def report(_full: bool) -> Iterator[str]:
    """Seconds and memory of each step, and of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        if REAL.is_file():
            path, said = REAL, f"The recorded Atlas export of {AS_OF}"
        else:
            path = Path(folder) / "atlas.csv"
            path.write_text(document(), encoding="utf-8")
            said = f"The recorded export is not on this machine (sought {REAL}); a made one"
        found = rounds(
            TIMES,
            {
                name: (f"bench.pipeline:{name}", str(path))
                for name in ("floor", "stepwise", "notebook")
            },
        )
        start = medians([_command("-c", "pass") for _ in range(TIMES)])
        whole = medians([_whole(path, Path(folder) / f"data-{turn}") for turn in range(TIMES)])
        again = medians([_whole(path, Path(folder) / "data-0") for _ in range(TIMES)])
        yield f"{said}, {path.stat().st_size / 1e6:.1f} MB, {_rows(path):,} rows\n\n" + _table(
            found, start, whole, again
        )


def _table(found: dict[str, Figures], start: Figures, whole: Figures, again: Figures) -> str:
    ours, rival, floor = found["stepwise"], found["notebook"], found["floor"]
    rows = [["interpreter start", _seconds(start["seconds"]), _mega(start), "same", ""]]
    for step in STEPS:
        figures = {"peak MB": ours[f"{step} MB"]}
        theirs = rival.get(step)
        rows.append(
            [
                step,
                _seconds(ours[step]),
                _mega(figures),
                _seconds(theirs) if theirs is not None else "does not do it",
                ratio(ours[step], theirs) if theirs else "",
            ]
        )
    sums = [sum(figures.get(step, 0) for step in STEPS) for figures in (ours, rival)]
    rows += [
        ["**all steps**", _seconds(sums[0]), _mega(ours), _seconds(sums[1]), ratio(*sums)],
        ["`peephole import`, the command", _seconds(whole["seconds"]), _mega(whole), "", ""],
        [
            "the same again: recognised, built anew",
            _seconds(again["seconds"]),
            _mega(again),
            "",
            "",
        ],
        ["floor: csv.DictReader and json.dump", _seconds(floor["seconds"]), _mega(floor), "", ""],
    ]
    return table(["step", "ours, s", "ours, peak MB", "notebook, s", "ours / notebook"], rows)


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f}"


def _mega(figures: Figures) -> str:
    return f"{figures['peak MB']:.0f}"


def _rows(path: Path) -> int:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def _whole(path: Path, data: Path) -> Figures:
    arguments = ["import", str(path), "--source", "atlas_of_surveillance", "--as-of", AS_OF]
    figures = _command("-m", "peephole", *arguments, data=str(data))
    if figures["status"] or not (data / "site" / "index.html").exists():
        raise RuntimeError(f"peephole {' '.join(arguments)} ended with {figures['status']}")
    return figures


def _command(*arguments: str, data: str = "") -> Figures:
    environment = {"PEEPHOLE_DATA": data, "PEEPHOLE_DB": ""}
    return apart("bench.measure:command", [sys.executable, *arguments], environment)


def document() -> str:
    """An export of the true shape with real places and made departments."""
    with gzip.open(PLACES, "rt", encoding="utf-8") as file:
        places = list(csv.DictReader(file))[::7]
    lines = [",".join(f'"{column}"' for column in COLUMNS)]
    number = 0
    for subject, rows in SHAPE.items():
        for row in range(rows):
            number += 1
            place = places[row % len(places)]
            agency = f"{place['name']} Police Department"
            cells = {
                "AOSNUMBER": f"AOS{number:05d}",
                "City": place["name"],
                "State": place["state"],
                "Agency": agency,
                "Type of LEA": "Police",
                "Summary": f"The {agency} signed an agreement with Ring in 2019.",
                "Type of Juris": "Municipal",
                "Technology": subject,
                "Link 1": "https://www.google.com/maps/d/viewer?mid=1",
                "Link 1 Source": "Ring",
                "Link 1 Date": f"{row % 12 + 1}/{row % 28 + 1}/2019",
            }
            lines.append(",".join(f'"{cells.get(column, "")}"' for column in COLUMNS))
    return "\n".join(lines) + "\n"


def floor(path: str) -> Figures:
    """Read the rows and write them as JSON, nothing more."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        with (Path(folder) / "rows.json").open("w", encoding="utf-8") as file:
            json.dump(rows, file)
        return {"seconds": time.perf_counter() - start}


def stepwise(path: str) -> Figures:
    """What ``peephole import`` does, in its order."""
    clock = Clock()
    with clock.timed("imports"):
        import peephole.cli  # noqa: F401
        from analysis import clean  # noqa: F401
        from analysis.exports import write_exports
        from maps.page import write_site
        from peephole import steps
        from peephole.config import Config
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        config = Config(data, f"sqlite:///{data / 'ledger.sqlite'}", "bench@example.org")
        with clock.timed("archive"):
            job = steps.import_job(config, path, "atlas_of_surveillance", AS_OF, "")
        with clock.timed("crawl and ledger"):
            todo, _ = steps.unread(config, [job])
            steps.run_jobs(config, todo)
        with clock.timed("clean"):
            tables = steps.clean(config)
        with clock.timed("exports"):
            write_exports(tables, config.exports)
        with clock.timed("map"):
            write_site(tables, config.site)
    return clock.figures | {"peak MB": _highest(clock.figures)}


def notebook(path: str) -> Figures:
    """The rival: the same file by hand with pandas, geopandas and folium, as in a notebook.

    Programmes by a filter, points by a join with our table of places, the same formats, a page of
    markers; no archive, no ledger, no checks, no evidence, no identity of departments.
    """
    clock = Clock()
    with clock.timed("imports"):
        import sqlite3

        import folium
        import geopandas as gpd
        import pandas as pd
        from folium.plugins import MarkerCluster
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with clock.timed("clean"):
            rows = pd.read_csv(path, dtype="string")
            rows = rows[rows["Technology"].isin(list(SHAPE)[:2])]
            rows["City"], rows["State"] = rows["City"].str.strip(), rows["State"].str.strip()
            rows["since"] = pd.to_datetime(rows["Link 1 Date"], format="mixed", errors="coerce")
            places = pd.read_csv(PLACES, dtype={"county_geoid": "string"})
            places = places.rename(columns={"name": "City", "state": "State"})
            rows = rows.merge(
                places.drop_duplicates(["City", "State"]), on=["City", "State"], how="left"
            )
        with clock.timed("exports"):
            points = gpd.GeoDataFrame(
                rows,
                geometry=gpd.points_from_xy(rows["longitude"], rows["latitude"]),
                crs="EPSG:4326",
            ).dropna(subset=["latitude"])
            rows.to_csv(folder / "rows.csv", index=False)
            rows.to_parquet(folder / "rows.parquet")
            points.to_parquet(folder / "points.parquet")
            points.to_file(folder / "points.geojson", driver="GeoJSON")
            points.to_file(folder / "points.gpkg", driver="GPKG")
            with sqlite3.connect(folder / "rows.sqlite") as database:
                rows.astype({"since": "string"}).to_sql("rows", database, index=False)
        with clock.timed("map"):
            page = folium.Map([39.0, -97.0], zoom_start=4)
            cluster = MarkerCluster().add_to(page)  # type: ignore[no-untyped-call]
            columns = ["latitude", "longitude", "Agency", "Summary"]
            for latitude, longitude, agency, said in points[columns].itertuples(index=False):
                folium.Marker([latitude, longitude], f"{agency}<br>{said}").add_to(cluster)
            page.save(str(folder / "index.html"))
    return clock.figures | {"peak MB": _highest(clock.figures)}


def _highest(figures: Figures) -> float:
    return max(value for name, value in figures.items() if name.endswith(" MB"))
