"""What stands in each file of the API, told as JSON Schema (2020-12)."""

from __future__ import annotations

from typing import Any

from analysis.tables import DATE, DATETIME, Column, Kind
from maps.resources import COMMON, RESOURCES, Parts, Rows, Texts

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES: dict[Kind, str] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "date": "string",
    "datetime": "string",
    "boolean": "boolean",
}
PATTERNS: dict[Kind, str] = {"date": DATE, "datetime": DATETIME}


def schema(name: str) -> Schema:
    """The JSON Schema of the files of a kind."""
    resource = RESOURCES[name]
    found = _object({**COMMON, **resource.parts})
    return {"$schema": DIALECT, "title": name, "description": resource.meaning, **found}


def _object(parts: Parts) -> Schema:
    found: Schema = {
        "type": "object",
        "properties": {name: _part(part) for name, part in parts.items()},
        "required": list(parts),
        "additionalProperties": False,
    }
    if {"value_state", "value"} <= parts.keys():
        found["allOf"] = _numbers([name for name in ("value", "low", "high") if name in parts])
    return found


def _part(part: Column | Rows | Texts) -> Schema:
    if isinstance(part, Column):
        return column_schema(part)
    if isinstance(part, Texts):
        return {"type": "array", "items": {"type": "string"}, "description": part.meaning}
    rows = _object(part.parts)
    if not part.many:
        return {**rows, "description": part.meaning}
    return {"type": "array", "items": rows, "description": part.meaning}


def column_schema(column: Column) -> Schema:
    """The JSON Schema of a column: null is allowed where it may be empty."""
    kind, pattern = TYPES[column.kind], column.pattern or PATTERNS.get(column.kind, "")
    allowed: list[str | None] | None = None
    if column.allowed is not None:
        allowed = [*column.allowed, *([] if column.required else [None])]
    told_of = {
        "type": kind if column.required else [kind, "null"],
        "description": f"{column.meaning} ({column.unit})" if column.unit else column.meaning,
        "enum": allowed,
        "pattern": f"^(?:{pattern})$" if pattern else None,
        "minimum": column.minimum,
        "maximum": column.maximum,
    }
    return {name: value for name, value in told_of.items() if value is not None}


def _numbers(names: list[str]) -> list[Schema]:
    """No number stands beside a value state that has none, and zero only where a source says it."""

    def where(states: list[str]) -> Schema:
        return {"properties": {"value_state": {"enum": states}}}

    return [
        {
            "if": where(["value", "zero_stated"]),
            "else": {"properties": {name: {"type": "null"} for name in names}},
        },
        {"if": where(["zero_stated"]), "then": {"properties": {"value": {"const": 0}}}},
    ]
