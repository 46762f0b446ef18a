"""What a release says of itself in words: its README, and what has changed since the last one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from analysis.comparison import Comparison
from analysis.datapackage import (
    CSV_NOTE,
    DESCRIPTION,
    POINT_NOTE,
    TITLE,
    attributions,
    newest_observation,
)
from analysis.places import state_shapes
from analysis.tables import CHANGE_KINDS, PASSES_ON, TABLES
from analysis.workbook import SHEET_ROWS
from maps.gaps import gaps

Tables = Mapping[str, pd.DataFrame]

MARKUP = str.maketrans(
    {sign: f"\\{sign}" for sign in "\\`*_[]"} | {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
)

TOLD = 500
"""Events told one by one; the rest are counted, and stand in the table ``changes``."""

FILES = {
    "exports/": "every table as CSV and Parquet; departments with a labelled point also as "
    "GeoJSON, GeoParquet and GeoPackage; all tables in peephole.sqlite, with a full-text search",
    "peephole.xlsx": "the tables as a workbook, with the codebook; a table of more than "
    f"{SHEET_ROWS:,} rows has no sheet there",
    "codebook.csv": "every column: what it means, its type, unit and allowed values",
    "CODEBOOK.md": "the same to read",
    "datapackage.json": "the same for programs (Data Package, version 2), with the hash, the "
    "sources and the licences of each file",
    "metadata.json": "titles, meanings and queries for Datasette: "
    "`datasette serve exports/peephole.sqlite --metadata metadata.json`",
    "site/": "the site of these tables; open `site/index.html`",
    "evidence/archive.wacz": "the archived bytes of the sources that allow it",
    "CHANGELOG.md": "what is new since the release before",
    "CITATION.cff": "how to cite this release",
    "SHA256SUMS": "the hash of every other file: `sha256sum -c SHA256SUMS`",
    "deposit/": "the release as one zip, and its record for Zenodo",
}
"""Files of a release, or the beginning of their names, and what they hold."""

NO_SITE = "The site of so many departments is not part of the release; `peephole map` builds it."

METHOD = (
    "Every answer of a source was archived before it was read. A run is judged by what it was "
    "expected to find: a failed one replaces nothing, an incomplete one marks nothing missing. A "
    "department is no longer listed only after two later healthy looks without it. Names, places "
    "and dates are tidied by rules; what a source wrote stays beside them in `listings`. Decisions "
    "of people are rows of reviewed files, each with its reason. Every row leads through the table "
    "`evidence` to the captures it rests on, with address, moment and SHA-256; "
    "`peephole verify --release FOLDER` does it all again."
)
DAYS = (
    "The day of the release is not the day of the data: the table of sources tells how fresh each "
    "one is."
)
COMPARTMENTS = (
    "Licences are compartments: `datapackage.json` names for each file the sources its rows rest "
    "on and their licences. Name the sources as their attributions ask."
)
READING = (
    POINT_NOTE,
    CSV_NOTE,
    "An empty cell is unknown. Dates are ISO 8601 text, times are UTC, files are UTF-8.",
    "Parquet carries its types; the dtypes of CSV stand in the codebook and the data package:",
)

DTYPES = """\
```python
import json, pandas as pd
package = json.load(open("datapackage.json"))
table = next(each for each in package["resources"] if each["name"] == "agencies")
dtypes = {field["name"]: field["dtype"] for field in table["schema"]["fields"]}
agencies = pd.read_csv(table["path"], dtype=dtypes, keep_default_na=False, na_values=[""])
```"""


def readme(
    tables: Tables, version: str, files: Sequence[str], left_out: Sequence[str], contact: str
) -> str:
    """``README.md`` of a release: what is in it, how it was made, and what is not known.

    ``files`` are the names of its files, ``left_out`` the titles of sources that were read and
    whose terms allow nothing of them in a release.
    """
    newest = newest_observation(tables)
    there = [
        f"| `{name}` | {what} |"
        for name, what in FILES.items()
        if any(file.startswith(name) for file in files)
    ]
    shapes = state_shapes()
    unlisted = sorted(shapes.loc[~shapes["state"].isin(tables["agencies"]["state"]), "name"])
    lines = [
        f"# {TITLE}: release of {version}",
        "",
        DESCRIPTION,
        "",
        f"Newest observation: {newest[:10] if newest else 'nothing observed yet'}. {DAYS}",
        "",
        "| file | holds |",
        "|---|---|",
        *there,
        "",
        *([] if any(file.startswith("site/") for file in files) else [NO_SITE, ""]),
        "| table | rows | one row is one |",
        "|---|---:|---|",
        *(
            f"| `{name}` | {len(tables[name]):,} | {_cell(table.grain)} |"
            for name, table in TABLES.items()
        ),
        "",
        "# Method",
        "",
        METHOD,
        "",
        "# What is not known",
        "",
        *(f"* {_text(sentence)}" for sentence in gaps(tables, unlisted)),
        *(
            f"* {_text(title)} was read and is left out, with all that rests on it alone: its "
            "terms allow nothing of it to be handed on."
            for title in left_out
        ),
        "",
        "# Sources and licences",
        "",
        COMPARTMENTS,
        "",
        "| source | licence | handed on | last healthy look | newest fact | last look | to know |",
        "|---|---|---|---|---|---|---|",
        *_sources(tables["sources"]),
        "",
        *(f"* {_text(text)}" for text in attributions(tables)),
        "",
        "# Reading the files",
        "",
        *(f"* {note}" for note in READING),
        "",
        DTYPES,
        "",
        "# Corrections",
        "",
        f"Tell {_text(contact)}." if contact else "Tell whoever gave you this release.",
        "A release is never altered: what is put right stands in the next one, and in `changes`.",
    ]
    return "\n".join(lines) + "\n"


def changelog(version: str, before: str, found: Sequence[Comparison], events: pd.DataFrame) -> str:
    """``CHANGELOG.md`` of a release: how its tables differ from the release ``before`` (empty where
    there is none), and the events that one did not tell.

    Rows that are no more are counted and not named: some are withheld for privacy.
    """
    lines = [f"# What is new in the release of {version}", ""]
    if not before:
        return "\n".join([*lines, "It is the first: there is none to compare it with."]) + "\n"
    lines += [
        f"Compared with the release of {before}. Rows are told apart by the key of their table.",
        "",
        "| table | added | removed | changed | columns that differ |",
        "|---|---:|---:|---:|---|",
    ]
    for each in found:
        columns = ", ".join(f"{name} {number:,}" for name, number in each.columns.items())
        told = columns if each.known else "a new table"
        lines.append(
            f"| `{each.table}` | {each.added:,} | {each.removed:,} | {each.changed:,} | {told} |"
        )
    lines += ["", f"# Events: {len(events):,}", ""]
    kinds = events["kind"].value_counts().sort_index()
    lines += [f"* {kind}: {number:,} ({CHANGE_KINDS[str(kind)]})" for kind, number in kinds.items()]
    if len(events):
        lines += ["", *_events(events.tail(TOLD))]
    if len(events) > TOLD:
        lines += ["", f"The newest {TOLD:,} are told; all stand in `exports/changes.csv`."]
    return "\n".join(lines) + "\n"


def _events(events: pd.DataFrame) -> Iterator[str]:
    names = ["observed_at", "kind", "agency_id", "programme", "before", "after", "source"]
    for seen, kind, *rest in events[names].fillna("").itertuples(index=False, name=None):
        agency, programme, before, after, source = (_text(cell) for cell in rest)
        about = " in ".join(part for part in (agency, programme) if part)
        was = " -> ".join(part for part in (before, after) if part)
        yield f"* {seen[:10]} {kind}: {': '.join(part for part in (about, was) if part)} ({source})"


def _sources(sources: pd.DataFrame) -> Iterator[str]:
    for row in sources.astype(object).where(sources.notna(), "").to_dict("records"):
        cells = (
            row["title"],
            row["licence"],
            PASSES_ON[row["passes_on"]],
            row["last_healthy"][:10] or "none",
            row["newest_fact"] or "none dated",
            f"{row['verdict']}: {row['reason']}" if row["reason"] else row["verdict"],
            " ".join(part for part in (row["notice"], row["caveat"]) if part),
        )
        yield f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    return _text(text).replace("|", r"\|")


def _text(text: str) -> str:
    """``text`` on one line of Markdown, without what would be markup: a source may have written
    it."""
    line = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
    return line.translate(MARKUP)
