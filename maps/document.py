"""A page of the site that needs no map: its frame, its policy, and what every page says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from maps import listing, words
from maps.columns import texts
from maps.layers import OPENING, policy, static, templates


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same on all pages of one build.

    ``newest`` is the newest observation and ``as_of`` the day the tables were made for, in words
    and empty where there is none; ``sources`` as :func:`maps.listing.sources` gives them;
    ``contact`` and ``address`` how to reach whoever publishes and where, empty where not known;
    ``exports`` the folder of the datasets.
    """

    departments: int
    newest: str
    as_of: str
    notices: tuple[str, ...]
    sources: tuple[dict[str, Any], ...]
    contact: str
    address: str
    exports: Path

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
        sources=tuple(listing.sources(tables["sources"])),
        contact=contact,
        address=address,
        exports=folder.parent / "exports",
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
