"""Moments as text: UTC, whole seconds, ``2020-10-07T00:00:00Z``; they sort as they read."""

from __future__ import annotations

from datetime import UTC, date, datetime


def now() -> datetime:
    """The present, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def iso(moment: datetime) -> str:
    """``moment`` in UTC as ISO 8601 text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parsed(text: str) -> datetime:
    """The moment that :func:`iso` wrote, or any ISO 8601 time with a zone.

    Raises:
        ValueError: ``text`` is no such time.
    """
    return datetime.fromisoformat(text).astimezone(UTC)


def midnight(day: date) -> datetime:
    """The first second of ``day`` in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
