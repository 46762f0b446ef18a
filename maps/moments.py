"""What befell programmes and categories, for the marks along the slider of months."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from maps.columns import texts
from maps.events import BEFELL, event


def events(tables: Mapping[str, pd.DataFrame]) -> list[tuple[str, str, str]]:
    """The block ``events``: date, words and number of the source of each event, by date, each once.

    A date is ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``, no more precise than it is stated; where the
    source states none it is the day the event was observed. The number is that of the source in
    the list of sources, empty where it is not there.
    """
    numbers = {name: str(place) for place, name in enumerate(tables["sources"]["source"], start=1)}
    rows = tables["changes"]
    rows = rows[rows["kind"].str.startswith(BEFELL)]
    rows = rows.assign(date=rows["valid_at"].fillna(rows["observed_at"].str[:10]))
    columns = (texts(rows[name]) for name in ("date", "kind", "programme", "after", "source"))
    found = {
        (date, event(kind, programme, "", after), numbers.get(source, ""))
        for date, kind, programme, after, source in zip(*columns, strict=True)
    }
    return sorted(found)
