"""What the filters of map and list offer: only values that some department has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from maps import words
from maps.columns import texts


def options(tables: Mapping[str, pd.DataFrame], agencies: pd.DataFrame) -> dict[str, Any]:
    """By the name of each filter its (value, label) pairs, in the order of the labels.

    ``agencies`` as ``maps.listing.ordered`` gives them. The numbers beside the labels are added by
    ``maps/static/form.js``, because they follow the other filters.
    """
    listed = tables["participations"]
    kinds = set(texts(listed["valid_to_kind"]))
    statuses = {words.STATUS_GROUPS[kind] for kind in kinds}
    states = dict(zip(texts(agencies["state_name"]), texts(agencies["state"]), strict=True))
    years = sorted(set(texts(listed["valid_from"].str[:4])) - {""})
    programmes = sorted(set(texts(listed["programme"])))
    return {
        "state": [(code, name) for name, code in sorted(states.items())],
        "programme": [(key, words.programme_name(key)) for key in programmes],
        "status": [(key, said) for key, said in words.GROUPS.items() if key in statuses],
        "kind": [
            (kind, words.KINDS[kind])
            for kind in words.KINDS
            if kind in set(texts(agencies["type"]))
        ],
        "year": [(year, year) for year in years]
        + ([("unknown", "Not stated")] if listed["valid_from"].isna().any() else []),
    }
