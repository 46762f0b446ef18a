"""The one file wanted of a zip archive: its path is never used as a path, bombs are refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import NamedTuple

from spiders.source import LayoutError

MAGIC = b"PK\x03\x04"
END = b"PK\x05\x06"
DIRECTORY_BYTES = 256 * 1024
"""Room for some 4,000 names in an archive; those read here have one file and a few icons."""
RATIO = 200
"""Uniform KML deflates some 40 times, a gazetteer 3 (measured 2026-11-23); a bomb a thousand."""
CHUNK = 64 * 1024
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What zipfile raises where bytes are damaged or the archive is locked."""


class Member(NamedTuple):
    """A file of an archive: its name there, and its bytes."""

    name: str
    body: bytes


def member(body: bytes, where: str, sought: str, endings: tuple[str, ...], largest: int) -> Member:
    """The first file in a zip archive whose name ends in one of ``endings``, whatever the case.

    ``sought`` is what the archive is, in a word (``KMZ``); ``largest`` is how many bytes it may
    unpack to.

    Raises:
        LayoutError: the archive is broken, has no such file, or is larger than any honest one.
    """
    end = body.rfind(END)
    if end < 0 or int.from_bytes(body[end + 12 : end + 16], "little") > DIRECTORY_BYTES:
        raise LayoutError(
            f"sought a {sought} in {where}, found a truncated zip archive or one of too many files"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            named = (e for e in archive.infolist() if e.filename.lower().endswith(endings))
            entry = next(named, None)
            if entry is None:
                kinds = " or ".join(endings)
                raise LayoutError(f"sought a {kinds} in the zip archive {where}, found none")
            return Member(entry.filename, _inflated(archive, entry, where, sought, largest))
    except LayoutError:
        raise
    except UNREADABLE as error:
        raise LayoutError(
            f"sought a {sought} in {where}, found a broken archive: {error}"
        ) from error


def _inflated(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, sought: str, largest: int
) -> bytes:
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise LayoutError(f"sought a deflated {sought} in {where}, found another compression")
    most = min(largest, max(CHUNK * 16, entry.compress_size * RATIO))
    kept = bytearray()
    with archive.open(entry) as stream:
        while chunk := stream.read(CHUNK):
            kept += chunk
            if len(kept) > most:
                raise LayoutError(
                    f"sought a {sought} in {where}, found {entry.compress_size:,} bytes that "
                    f"unpack to more than {most:,}: a zip bomb"
                )
    return bytes(kept)
