"""Counts that sources give for departments: requests for footage, and cameras."""

from __future__ import annotations

import hashlib
import re

import pandas as pd

from analysis.dates import period, without_period
from analysis.names import tidy
from spiders.programmes import METRICS

CAMERAS = ("registered_cameras", "integrated_cameras")
FOOTAGE_FIGURES = ("video_requests", "video_request_incidents")

_COUNT = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9}")
_ROUND_IT = re.compile(
    r"\b(?:the|total|of|video|footage|requests?|in|for|during)\b|[\s:;()]", re.IGNORECASE
)
"""Words and signs that may stand round a count and leave it what it is; ``about``, ``<`` or a
minus do not."""
NOT_PUBLISHED = frozenset({"", "-", "n/a", "na", "not available", "none given"})


def counted(named: pd.DataFrame) -> pd.DataFrame:
    """Identified count records with value_state, value, unit, period columns and trouble.

    A blank is ``not_published``; zero is ``zero_stated`` and only ever what the source wrote.
    ``trouble`` says why a text holds no single number.
    """
    read = [
        _value(value, state)
        for value, state in zip(
            tidy(named["value_text"]).fillna(""), named["value_state"], strict=True
        )
    ]
    rows = named.assign(
        value_state=pd.Series([state for state, _, _ in read], index=named.index, dtype="string"),
        value=pd.Series([value for _, value, _ in read], index=named.index, dtype="Float64"),
        trouble=pd.Series([trouble for _, _, trouble in read], index=named.index, dtype="string"),
        unit=named["metric"].map({key: metric.unit for key, metric in METRICS.items()}),
    )
    periods = [
        period(value, label)
        for value, label in zip(rows["value_text"], rows["label_text"], strict=True)
    ]
    rows["period_start"] = _text([p[0].isoformat() if p else None for p in periods], rows)
    rows["period_end"] = _text([p[1].isoformat() if p else None for p in periods], rows)
    rows["period_label"] = _text([p[2] if p else None for p in periods], rows)
    return rows


def _text(values: list[str | None], rows: pd.DataFrame) -> pd.Series:
    return pd.Series(values, index=rows.index, dtype="string")


def _value(text: str, state: str | None) -> tuple[str | None, float | None, str | None]:
    if isinstance(state, str):
        return state, None, None
    bare = _ROUND_IT.sub(" ", without_period(text)).strip()
    if bare.lower() in NOT_PUBLISHED:
        return "not_published", None, None
    if not _COUNT.fullmatch(bare):
        return None, None, f"holds no single count: {text[:60]!r}"
    value = float(bare.replace(",", ""))
    return ("value" if value else "zero_stated"), value, None


def footage_requests(counts: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """The table ``footage_requests``: counts of single departments, and published figures of
    requests, each kept as its own observation. ``record_id`` leads to the evidence."""
    own = counts[~counts["metric"].isin(CAMERAS)].assign(
        scope="agency",
        low=None,
        high=None,
        bound="exact",
        label_raw=lambda rows: rows["label_text"],
        value_raw=lambda rows: rows["value_text"],
    )
    published = figures[figures["metric"].isin(FOOTAGE_FIGURES)].assign(
        scope=lambda rows: rows["agency_id"].notna().map({True: "agency", False: "nation"}),
        value_state=lambda rows: (
            rows["value"].eq(0).fillna(False).map({True: "zero_stated", False: "value"})
        ),
        period_label=None,
        label_raw=lambda rows: rows["population"],
        value_raw=None,
        unit=lambda rows: rows["metric"].map({k: metric.unit for k, metric in METRICS.items()}),
    )
    columns = [
        *("scope", "agency_id", "metric", "unit", "value_state", "value", "low", "high", "bound"),
        *("period_start", "period_end", "period_label", "label_raw", "value_raw"),
        *("observed_at", "source", "record_id", "capture_id"),
    ]
    frames = [frame[columns] for frame in (own, published) if not frame.empty]
    if not frames:
        return pd.DataFrame(columns=[*columns, "request_id"])
    rows = pd.concat(frames, ignore_index=True)
    return _observed(rows, "request_id")


def camera_counts(counts: pd.DataFrame) -> pd.DataFrame:
    """The table ``camera_counts``; ``record_id`` leads to the evidence."""
    rows = counts[counts["metric"].isin(CAMERAS)].assign(
        additive=lambda frame: frame["metric"].map(
            {key: metric.additive for key, metric in METRICS.items()}
        ),
        value_raw=lambda frame: frame["value_text"].mask(frame["value_text"].eq("")),
    )
    return _observed(rows, "camera_count_id")


def _observed(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """``rows`` with an id for each observation: the same record at the same moment, in however
    many captures it stood. Each capture keeps its row, for the evidence."""
    parts = zip(rows["record_id"], rows["observed_at"], rows["source"], strict=True)
    texts = ["\n".join(part) for part in parts]
    return rows.assign(**{key: [hashlib.sha256(t.encode()).hexdigest()[:20] for t in texts]})
