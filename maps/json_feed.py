"""A feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/, seen in 2026-11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from maps.atom import ABOUT, PUBLISHER
from maps.columns import plain_json
from maps.document import Setting

if TYPE_CHECKING:
    from maps.feeds import Entry, Feed

VERSION = "https://jsonfeed.org/version/1.1"


def json_feed(feed: Feed, entries: Sequence[Entry], setting: Setting) -> str:
    """The document of ``feed`` with its ``entries``.

    Its addresses must be absolute: it has them only where ``setting`` says where the site is.
    """
    base = setting.base
    rights = list(dict.fromkeys(entry.rights for entry in entries if entry.rights))
    told: dict[str, Any] = {"version": VERSION, "title": feed.title}
    if base:
        told["home_page_url"] = f"{base}/{feed.page}"
        told["feed_url"] = f"{base}/{feed.name}.json"
    told["description"] = " ".join([ABOUT, *setting.notices])
    if base and feed.before:
        told["next_url"] = f"{base}/{feed.before}.json"
    told["language"] = "en"
    told["authors"] = [{"name": PUBLISHER, "url": base} if base else {"name": PUBLISHER}]
    told["items"] = [_item(entry, base) for entry in entries]
    told["_peephole"] = {"id": feed.id, "rights": rights}
    return plain_json(told)


def _item(entry: Entry, base: str) -> dict[str, Any]:
    told = {"id": entry.id}
    if base:
        told["url"] = f"{base}/{entry.page}"
    return told | {
        "title": entry.title,
        "content_text": entry.text,
        "date_published": entry.row["observed_at"],
        "tags": [entry.row["kind"]],
        "_peephole": entry.row,
    }
