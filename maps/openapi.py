"""The description of the API for programs: OpenAPI 3.1."""

from __future__ import annotations

import re
from typing import Any

from analysis.datapackage import DESCRIPTION, TITLE
from maps.resources import RESOURCES, Resource

VERSION = 1
"""Raised when what a file holds means something else, or something goes from it."""

EXAMPLES = {
    "department": ("agency_id; of more than 150 letters, as in departments.json", "il-x-police"),
    "state": ("USPS code in small letters", "il"),
    "number": ("number of the file, from 1 for the oldest", "1"),
}
"""What may stand in a path."""


def openapi(base: str) -> dict[str, Any]:
    """The description; ``base`` is the address of the site, empty where it is not known."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "summary": "Files that a program may read; they change only when the data do.",
            "description": DESCRIPTION,
            "version": str(VERSION),
        },
        "servers": [{"url": f"{base}/api/v{VERSION}" if base else "."}],
        "paths": {
            f"/{resource.path}": {"get": _read(name, resource)}
            for name, resource in RESOURCES.items()
        },
    }


def _read(name: str, resource: Resource) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", resource.path)
    content = {"application/json": {"schema": {"$ref": f"schema/{name}.json"}}}
    told: dict[str, Any] = {
        "operationId": name,
        "summary": resource.meaning,
        "responses": {
            "200": {"description": resource.meaning, "content": content},
        },
    }
    if names:
        told["parameters"] = [_parameter(each) for each in names]
        told["responses"]["404"] = {"description": "There is none of that name."}
    return told


def _parameter(name: str) -> dict[str, Any]:
    meaning, example = EXAMPLES[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": meaning,
        "schema": {"type": "string"},
        "example": example,
    }
