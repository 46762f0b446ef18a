"""A page of the site that needs no map: its frame, its policy, and what every page says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import escape

from maps import words
from maps.columns import texts, web_address
from maps.layers import OPENING, policy, static, templates

PLACEHOLDER = "ADDRESS-OF-THE-SITE"
"""Stands in the code to embed where nobody has said where the site will be."""

MAIL = re.compile(r"[^@\s<>\"?&]+@[^@\s<>\"?&]+")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same on all pages of one build.

    ``newest`` is the newest observation and ``as_of`` the day the tables were made for, in words
    and empty where there is none, ``asked`` that day as ISO 8601 has it; ``sources`` what is said
    of each source, its columns among it; ``contact`` and ``address`` how to reach whoever publishes
    and where, empty where not known; ``exports`` the folder of the datasets.
    """

    departments: int
    newest: str
    as_of: str
    notices: tuple[str, ...]
    sources: tuple[dict[str, Any], ...]
    contact: str
    address: str
    exports: Path
    asked: str

    @property
    def base(self) -> str:
        """``address`` without what stands for its first page, empty where it is no web address."""
        return web_address(self.address).removesuffix("index.html").rstrip("/")

    @property
    def numbers(self) -> dict[str, str]:
        """The number by which pages cite each source, by its name."""
        return {source["source"]: str(place) for place, source in enumerate(self.sources, start=1)}


def setting(
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    as_of: date | None,
    contact: str,
    address: str,
) -> Setting:
    """The setting of a site of ``tables`` in ``folder``."""
    listed = tables["participations"]
    newest = listed["last_observed"].max() if len(listed) else ""
    return Setting(
        departments=len(tables["agencies"]),
        newest=words.day(newest) if newest else "",
        as_of=words.day(as_of.isoformat()) if as_of else "",
        notices=tuple(sorted(set(texts(tables["sources"]["notice"])) - {""})),
        sources=tuple(_sources(tables["sources"])),
        contact=contact,
        address=address,
        exports=folder.parent / "exports",
        asked=as_of.isoformat() if as_of else "",
    )


def document(
    template: str,
    setting: Setting,
    view: Mapping[str, Any],
    *,
    root: str = "",
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
) -> str:
    """The page ``template`` (which extends ``base.html``) with ``view``.

    ``root`` leads from the page to the folder of the site (``""`` or ``"../"``); ``styles`` are
    names in ``maps/static`` beside ``base.css``, ``scripts`` the texts of those it runs.
    """
    sheets = [static(name) for name in ("base.css", *styles)]
    running = [OPENING, *scripts] if scripts else []
    return (
        templates()
        .get_template(template)
        .render(
            view,
            setting=setting,
            root=root,
            styles=sheets,
            scripts=running,
            policy=policy(running, sheets),
        )
    )


def contact_link(contact: str, subject: str = "") -> str:
    """What a link to ``contact`` leads to, empty where it is neither an e-mail nor a web address.

    >>> contact_link("us@example.org", "Correction: il-x"), contact_link("ask Jo")
    ('mailto:us@example.org?subject=Correction%3A%20il-x', '')
    """
    if not MAIL.fullmatch(contact):
        return web_address(contact)
    link = f"mailto:{quote(contact, safe='@+')}"
    return f"{link}?subject={quote(subject)}" if subject else link


def embed_code(setting: Setting, code: str, name: str) -> str:
    """The code that shows a state on another page."""
    base = escape(setting.base or f"https://{PLACEHOLDER}")
    return (
        f'<iframe src="{base}/embed.html#{quote(code)}" '
        f'title="Departments listed in camera programmes, {escape(name)}" '
        'width="100%" height="480" loading="lazy"></iframe>'
    )


def _sources(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each source with its health in words, its last good look, and only web addresses as links."""
    rows = table.astype("object").where(table.notna(), "").to_dict("records")
    return [
        {str(column): value for column, value in row.items()}
        | {
            "homepage": web_address(row["homepage"]),
            "licence_url": web_address(row["licence_url"]),
            "said": words.VERDICTS[row["verdict"]],
            "good": words.day(row["last_healthy"]) if row["last_healthy"] else "",
        }
        for row in rows
    ]
