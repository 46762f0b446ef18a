"""A release as a library takes it: its citation, its record at Zenodo, and all of it in one zip."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from spiders.wacz import MEMBER_DATE

AUTHORS = "The Peephole developers"
KEYWORDS = ("police", "doorbell cameras", "Ring", "surveillance", "public records", "United States")
CC_BY = "CC BY 4.0"
ZENODO_MIXED = "other-at"
"""Zenodo's word for another licence with attribution: a record there has one licence, the resources
of a release have several."""
PACKED = frozenset({".parquet", ".xlsx", ".wacz", ".gz", ".png"})
"""Files that are compressed already."""
LEVEL = 1
"""Of zlib: level 6 takes 2.7 times as long for an eighth less (60 MB, 2026-11-23)."""
CHUNK = 1 << 20


def citation(version: str, title: str, abstract: str, sources: pd.DataFrame, address: str) -> str:
    """``CITATION.cff`` of a release (Citation File Format 1.2.0); every source is a reference.

    Format: https://github.com/citation-file-format/citation-file-format/blob/main/schema-guide.md
    """
    lines = [
        "cff-version: 1.2.0",
        f"message: {_quoted(MESSAGE)}",
        "type: dataset",
        f"title: {_quoted(title)}",
        f"abstract: {_quoted(abstract)}",
        "authors:",
        f"  - name: {_quoted(AUTHORS)}",
        f"version: {_quoted(version)}",
        f"date-released: {_quoted(version)}",
        *([f"url: {_quoted(address)}"] if address else []),
        "keywords:",
        *(f"  - {_quoted(word)}" for word in KEYWORDS),
    ]
    if len(sources):
        lines.append("references:")
    told = sources[["title", "publisher", "homepage", "attribution", "licence"]].fillna("")
    for name, publisher, homepage, attribution, licence in told.itertuples(index=False, name=None):
        lines += [
            "  - type: data",
            f"    title: {_quoted(name)}",
            "    authors:",
            f"      - name: {_quoted(publisher)}",
            f"    notes: {_quoted(f'{attribution}. Licence: {licence}')}",
        ]
        if homepage.startswith(("https://", "http://")):
            lines.append(f"    url: {_quoted(homepage)}")
    return "\n".join(lines) + "\n"


MESSAGE = "If you use this release, please cite it, and name the sources as their attributions ask."


def deposit(
    version: str, title: str, description: str, sources: pd.DataFrame, address: str
) -> dict[str, Any]:
    """The body of ``PUT /api/deposit/depositions/ID`` at Zenodo, ready to send.

    Format: https://developers.zenodo.org/#representation
    """
    terms = set(sources["licence"].dropna())
    credited = zip(sources["attribution"], sources["licence"], strict=True)
    named = "".join(
        f"<li>{escape(attribution)}: {escape(licence)}</li>"
        for attribution, licence in dict.fromkeys(credited)
    )
    related = [
        {"identifier": page, "relation": "isDerivedFrom", "resource_type": "dataset"}
        for page in sources["homepage"].dropna().drop_duplicates()
        if page.startswith(("https://", "http://"))
    ]
    if address:
        related.append({"identifier": address, "relation": "isSourceOf"})
    return {
        "metadata": {
            "upload_type": "dataset",
            "publication_date": version,
            "version": version,
            "title": f"{title} ({version})",
            "creators": [{"name": AUTHORS}],
            "description": "".join(
                f"<p>{escape(part, quote=False)}</p>" for part in description.split("\n\n")
            )
            + f"<p>Sources, each under its own licence:</p><ul>{named}</ul>",
            "access_right": "open",
            "license": "cc-by-4.0" if terms == {CC_BY} else ZENODO_MIXED,
            "notes": "Licences are compartments: datapackage.json names the licence and the "
            "sources of every file.",
            "keywords": list(KEYWORDS),
            "language": "eng",
            "related_identifiers": related,
        }
    }


def bundle(target: Path, folder: Path, names: Sequence[str], more: Mapping[str, bytes]) -> None:
    """Put the files ``names`` of ``folder``, and ``more`` by name, into the zip ``target``.

    Members are in the order of their names and bear no time: the same files give the same bytes.

    Raises:
        OSError: a file cannot be read or written.
    """
    with zipfile.ZipFile(target, "w") as packed:
        for name in sorted([*names, *more]):
            info = zipfile.ZipInfo(f"{target.stem}/{name}", MEMBER_DATE)
            info.external_attr = 0o444 << 16
            if name in more or Path(name).suffix not in PACKED:
                content = more[name] if name in more else (folder / name).read_bytes()
                packed.writestr(info, content, zipfile.ZIP_DEFLATED, LEVEL)
                continue
            info.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, packed.open(info, "w") as member:
                shutil.copyfileobj(source, member, CHUNK)


def sums(digests: Iterable[tuple[str, str]]) -> str:
    """What ``sha256sum -c`` reads, of (name, SHA-256 in hex)."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(digests))


def _quoted(text: str) -> str:
    """``text`` as a scalar of YAML, which reads JSON's; what no YAML may hold is replaced."""
    return json.dumps("".join(c if c.isprintable() else " " for c in text), ensure_ascii=False)
