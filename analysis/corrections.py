"""Reviewed decisions: what is put right, what is withheld, and what cannot be done.

A decision supersedes what a source said in the published tables and overwrites nothing: the
ledger, the archive and the table ``listings`` keep what it said, and ``changes`` shows both.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.tables import DATE, DATETIME, TABLES, Column, row_ids

CORRECTED = (
    *("agencies", "participations", "footage_requests", "camera_counts"),
    *("legal_process", "reported_figures"),
)
"""Tables whose cells may be put right. ``listings`` keep what a source said, the others follow."""

WITHHELD = (*CORRECTED, "agency_places", "listings", "registered_agencies", "rejected")
"""Tables whose rows and cells may be withheld."""

IDENTITY = {"participations": ("agency_id", "programme", "spell")}
"""Columns that, with the key, say which row it is."""

NUMBERS = ("value", "low", "high", "value_raw", "difference")
"""Cells that tell a number or let a reader work it out."""

TOLD = [
    *("correction", "decision", "table", "row_id", "field", "source", "agency_id", "programme"),
    *("observed_at", "capture_id", "before", "after"),
]


class Refused(ValueError):
    """A decision that cannot be carried out; the message says why."""


@dataclass(frozen=True, slots=True)
class Applied:
    """The tables after all decisions, the decisions as told in ``changes``, and those refused.

    ``decisions``: correction, decision, table, row_id, field, source, agency_id, programme,
    observed_at (midnight UTC of the day it was decided), capture_id, before, after. Nothing that is
    withheld stands in it. ``rejected``: rows of the table ``rejected``.
    """

    tables: dict[str, pd.DataFrame]
    decisions: pd.DataFrame
    rejected: pd.DataFrame


def applied(
    tables: Mapping[str, pd.DataFrame], corrections: pd.DataFrame, as_of: str = ""
) -> Applied:
    """``tables`` as reviewed decisions say, the newest decision last.

    Apply them before anything is counted from the tables: totals, differences, ``changes`` and
    ``evidence`` (see :func:`standing`) follow from what is returned.

    Args:
        tables: frames of :data:`analysis.tables.TABLES`, typed or not yet, with a row or several
            (one for each capture) for a key; columns that are not declared are left alone.
        corrections: sightings of ``spiders.records.Correction``. All editions count, because a
            decision is only undone by a later one; of one ``correction`` the newest edition does.
        as_of: a day (ISO); what was decided later does not count, but for suppressions: what is
            withheld for privacy is withheld from every day's view. Empty: everything counts.
    """
    frames = dict(tables)
    told: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for decision in _in_force(corrections, as_of):
        try:
            if decision["decision"] == "correct":
                event = _correct(frames, decision)
            else:
                event = _suppress(frames, decision)
                _silence(told, decision)
            told.append(decision | event)
        except Refused as problem:
            refused.append(
                {
                    "rejected_id": _identity(decision["correction"], decision["record_id"]),
                    "source": decision["source"],
                    "capture_id": decision["capture_id"],
                    "position": decision["position"],
                    "name": decision["correction"],
                    "reason": str(problem),
                }
            )
    columns = TABLES["rejected"].names
    return Applied(frames, pd.DataFrame(told, columns=TOLD), pd.DataFrame(refused, columns=columns))


def standing(evidence: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of ``evidence`` (table, row_id) whose fact is still published."""
    keys = [
        pd.DataFrame({"table": name, "row_id": row_ids(TABLES[name], frame).to_numpy()})
        for name, frame in tables.items()
        if name != "evidence" and len(frame)
    ]
    if not keys:
        return evidence[:0]
    there = pd.MultiIndex.from_frame(pd.concat(keys, ignore_index=True))
    return evidence[pd.MultiIndex.from_frame(evidence[["table", "row_id"]]).isin(there)]


def _in_force(corrections: pd.DataFrame, as_of: str) -> list[dict[str, Any]]:
    if corrections.empty:
        return []
    decided = corrections["decided"].astype("string")
    rows = corrections.assign(
        edition=corrections["observed_at"], decided=decided, observed_at=decided + "T00:00:00Z"
    )
    rows = rows.sort_values(["edition", "capture_id", "record_id"], kind="stable")
    rows = rows.drop_duplicates("correction", keep="last")
    rows = rows[rows["decision"].isin(["correct", "suppress"])]
    if as_of:
        rows = rows[rows["decided"].le(as_of) | rows["decision"].eq("suppress")]
    ordered = rows.sort_values(["decided", "correction"], kind="stable")
    return [{str(k): v for k, v in row.items()} for row in ordered.to_dict("records")]


def _correct(frames: dict[str, pd.DataFrame], decision: Mapping[str, Any]) -> dict[str, Any]:
    name, field, text = decision["table"], decision["field"], decision["value"]
    column, here = _place(frames, decision, CORRECTED)
    if column is None:
        raise Refused("it does not say which field is to be put right")
    if field in TABLES[name].key or field in IDENTITY.get(name, ()):
        raise Refused(f"{field} says which row of {name} it is, and stays")
    value = _typed(column, text)
    _refers(frames, name, field, value)
    frame = frames[name]
    cells = {field: value}
    if field == "value" and "value_state" in TABLES[name].names:
        if value is None:
            raise Refused("a number that is not known is not put right; withhold it")
        cells["value_state"] = "value" if value else "zero_stated"
    former = frame.loc[here, field].iloc[0]
    frames[name] = _written(frame, name, here, cells)
    _differences(frames, name)
    why = f" ({decision['reason']}; ask {decision['asked']})"
    return _concerning(frame[here]) | {
        "before": f"{field}: {_text(former)}",
        "after": f"{field}: {_text(value)}{why}",
    }


def _suppress(frames: dict[str, pd.DataFrame], decision: Mapping[str, Any]) -> dict[str, Any]:
    name, field, row_id = decision["table"], decision["field"], decision["row_id"]
    column, here = _place(frames, decision, WITHHELD)
    about = _concerning(frames[name][here])
    if column is None:
        _withhold(frames, name, frames[name][here])
        about["agency_id"] = None if name == "agencies" else about["agency_id"]
        return about | {"before": None, "after": f"a row of {name} is withheld"}
    number = field in NUMBERS and "value_state" in TABLES[name].names
    if column.required or field in TABLES[name].key:
        raise Refused(f"{field} of {name} may not be empty; withhold the row")
    names = TABLES[name].names
    cells = dict.fromkeys([n for n in NUMBERS if n in names] if number else [field])
    frames[name] = _written(
        frames[name], name, here, cells | ({"value_state": "redacted"} if number else {})
    )
    if number:
        _forget(frames, {row_id})
    return about | {"before": None, "after": f"{field} of a row of {name} is withheld"}


def _place(
    frames: Mapping[str, pd.DataFrame], decision: Mapping[str, Any], allowed: tuple[str, ...]
) -> tuple[Column | None, pd.Series]:
    """The column a decision means, None for the whole row, and which rows.

    Raises:
        Refused: there is no such table, row or column. Withheld names must not be repeated, so the
            sentence quotes nothing that a decision to withhold may hold.
    """
    name, field = decision["table"], decision["field"]
    if name not in TABLES:
        raise Refused("there is no such table")
    if name not in allowed or name not in frames:
        raise Refused(f"rows of {name} follow from others, or keep what a source said")
    columns = {column.name: column for column in TABLES[name].columns}
    if field and field not in columns:
        raise Refused(f"{name} has no such field")
    frame = frames[name]
    if frame.empty:
        raise Refused(f"{name} has no such row")
    here = row_ids(TABLES[name], frame).eq(decision["row_id"]).fillna(False).astype(bool)
    if not here.any():
        raise Refused(f"{name} has no such row")
    if field and field not in frame:
        raise Refused(f"{field} of {name} follows from others")
    return columns.get(field), here


def _typed(column: Column, text: str) -> object:
    """``text`` as the column's kind; None for an empty one.

    Raises:
        Refused: the column does not allow it.
    """
    if not text:
        if column.required:
            raise Refused(f"{column.name} may not be empty")
        return None
    pattern = column.pattern or {"date": DATE, "datetime": DATETIME}.get(column.kind, "")
    if column.allowed is not None and text not in column.allowed:
        raise Refused(f"{column.name} allows {', '.join(column.allowed)} and not {text[:60]!r}")
    if pattern and not re.fullmatch(pattern, text):
        raise Refused(f"{column.name} is not written like {text[:60]!r}")
    if column.kind == "boolean":
        if text not in ("true", "false"):
            raise Refused(f"{column.name} is true or false and not {text[:60]!r}")
        return text == "true"
    if column.kind not in ("integer", "number"):
        return text
    if not re.fullmatch(r"-?[0-9]{1,15}" + (r"(\.[0-9]{1,9})?" * (column.kind == "number")), text):
        raise Refused(f"{column.name} is no {column.kind}: {text[:60]!r}")
    value = int(text) if column.kind == "integer" else float(text)
    if (column.minimum is not None and value < column.minimum) or (
        column.maximum is not None and value > column.maximum
    ):
        raise Refused(f"{text} is out of the range of {column.name}")
    return value


def _refers(frames: Mapping[str, pd.DataFrame], name: str, field: str, value: object) -> None:
    for column, table, key in TABLES[name].references:
        if column == field and value is not None:
            frame = frames.get(table, pd.DataFrame())
            if frame.empty or not frame[key].isin([value]).any():
                raise Refused(f"{table} has no such row as {field} would name")


def _written(
    frame: pd.DataFrame, name: str, here: pd.Series, cells: Mapping[str, object]
) -> pd.DataFrame:
    dtypes = {c.name: c.dtype for c in TABLES[name].columns}
    written = frame.copy()
    for field, value in cells.items():
        if field in written:
            cell = pd.NA if value is None else value
            written[field] = written[field].astype(dtypes[field]).mask(here, cell)  # type: ignore[call-overload]
    return written


def _withhold(frames: dict[str, pd.DataFrame], name: str, rows: pd.DataFrame) -> None:
    """Take ``rows`` out of a table, with all rows of others that refer to them."""
    gone = set(row_ids(TABLES[name], rows))
    frames[name] = frames[name][~row_ids(TABLES[name], frames[name]).isin(gone)]
    if name == "footage_requests":
        _forget(frames, gone)
    for other, table in TABLES.items():
        for column, referred, _ in table.references:
            frame = frames.get(other, pd.DataFrame())
            if referred == name and not frame.empty:
                led = frame[frame[column].isin(gone)]
                if len(led):
                    _withhold(frames, other, led)


def _forget(frames: dict[str, pd.DataFrame], gone: set[str]) -> None:
    """Withheld numbers cannot be worked out from those that took their place."""
    requests = frames.get("footage_requests", pd.DataFrame())
    if requests.empty:
        return
    after = requests["revises"].isin(gone)
    frames["footage_requests"] = _written(
        requests, "footage_requests", after, {"revises": None, "difference": None}
    )


def _differences(frames: dict[str, pd.DataFrame], name: str) -> None:
    """A number put right changes how far it is from those it revised and that revise it."""
    if name != "footage_requests":
        return
    rows = frames[name]
    value = rows["value"].astype("Float64")
    by_id = dict(zip(rows["request_id"], value, strict=True))
    former = rows["revises"].map(by_id).astype("Float64")
    frames[name] = rows.assign(difference=value - former)


def _concerning(rows: pd.DataFrame) -> dict[str, Any]:
    """The department and the programme of a row, where it has them."""
    first = rows.iloc[0]
    return {name: first.get(name) for name in ("agency_id", "programme")}


def _silence(told: list[dict[str, Any]], decision: Mapping[str, Any]) -> None:
    """Earlier decisions about what is withheld now no longer say what it was."""
    for event in told:
        same = event["table"] == decision["table"] and event["row_id"] == decision["row_id"]
        if same and decision["field"] in ("", event["field"]):
            event["before"] = event["after"] = None


def _text(value: object) -> str:
    if value is None or value is pd.NA or value != value:
        return "(empty)"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _identity(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]
