"""WACZ 1.1.1: WARCs with an index in one zip, to hand over or to check.

Format: https://specs.webrecorder.net/wacz/1.1.1/ (the zip members and their order of duty) and
https://specs.webrecorder.net/cdxj/0.1.0/ for the index.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from spiders import archive, moment
from spiders.archive import ArchiveError, Exchange

MEMBER_DATE = (1980, 1, 1, 0, 0, 0)
"""Zip's earliest date: the same WARCs pack into the same bytes."""
CHUNK = 1 << 20
TEXT_BYTES = 256 * 1024 * 1024
"""Bytes of an index: it takes some 300 for an answer."""
REVISITS = ("revisit", "unchanged")
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    OverflowError,
    RuntimeError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)
"""What zipfile and json raise where bytes are damaged."""


def pack(warcs: Sequence[Path], target: Path) -> int:
    """Pack WARCs into ``target`` and give the number of answers in it.

    Raises:
        ArchiveError: a WARC is broken, or ``target`` cannot be written.
    """
    index: list[str] = []
    pages: list[str] = [json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "Pages"})]
    newest = ""
    answers = 0
    for warc in warcs:
        for exchange in archive.exchanges(warc):
            answers += 1
            newest = max(newest, moment.iso(exchange.fetched_at))
            index.append(_index_line(exchange))
            if exchange.kind == "response" and exchange.status == 200:
                pages.append(_page_line(exchange))
    members: dict[str, Path | bytes] = {f"archive/{warc.name}": warc for warc in warcs}
    members["indexes/index.cdxj"] = ("\n".join(sorted(index)) + "\n").encode()
    members["pages/pages.jsonl"] = ("\n".join(pages) + "\n").encode()
    partial = target.with_name(f".{target.name}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as packed:
            resources = [_add(packed, name, member) for name, member in members.items()]
            package = {
                "profile": "data-package",
                "wacz_version": "1.1.1",
                "software": "Peephole",
                "created": newest,
                "resources": resources,
            }
            text = json.dumps(package, indent=1).encode()
            _add(packed, "datapackage.json", text)
            digest = {"path": "datapackage.json", "hash": _hash(text)}
            _add(packed, "datapackage-digest.json", json.dumps(digest, indent=1).encode())
        partial.replace(target)
    except OSError as problem:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise ArchiveError(f"cannot write {target}: {problem.strerror}") from problem
    return answers


def check(path: Path) -> list[str]:
    """What is wrong with a WACZ or a WARC, a sentence each; empty where all is well."""
    if path.suffix != ".wacz":
        return _check_warc(path)
    found: list[str] = []
    try:
        with zipfile.ZipFile(path) as packed:
            found.extend(map(_swollen, filter(_swells, packed.infolist())))
            if not found:
                found.extend(_check_members(packed))
            if not found:
                found.extend(_check_index(packed, path))
    except (*UNREADABLE, ArchiveError) as problem:
        found.append(f"{path.name} is no whole WACZ: {problem}")
    return found


def unpack(path: Path, folder: Path) -> list[Path]:
    """The WARCs of a WACZ, copied out into ``folder``.

    Raises:
        ArchiveError: it is no WACZ, or holds no WARC.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            found = []
            for info in packed.infolist():
                name = info.filename
                if name.startswith("archive/") and name.endswith(".warc.gz"):
                    if _swells(info):
                        raise ArchiveError(f"{path}: {_swollen(info)}")
                    target = folder / Path(name).name
                    with packed.open(info) as member, target.open("xb") as file:
                        while chunk := member.read(CHUNK):
                            file.write(chunk)
                    found.append(target)
    except FileExistsError as problem:
        raise ArchiveError(f"{path} holds two files named {target.name}") from problem
    except UNREADABLE as problem:
        raise ArchiveError(f"{path} is no readable WACZ: {problem}") from problem
    if not found:
        raise ArchiveError(f"{path} holds no WARC under archive/")
    return found


def _swells(info: zipfile.ZipInfo) -> bool:
    """Would a member unpack to more than its kind can? zipfile reads no more than it is said to."""
    if info.filename.startswith("archive/"):
        return info.file_size > 2 * info.compress_size + CHUNK  # gzipped before
    return info.file_size > min(TEXT_BYTES, 200 * info.compress_size + CHUNK)


def _swollen(info: zipfile.ZipInfo) -> str:
    return (
        f"{info.filename} has {info.compress_size:,} bytes and would unpack to {info.file_size:,}: "
        "a zip bomb"
    )


def _index_line(exchange: Exchange) -> str:
    stored = exchange.stored
    fields = {
        "url": exchange.url,
        "digest": f"sha256:{stored.sha256}",
        "mime": "warc/revisit" if exchange.kind in REVISITS else _mime(exchange),
        "filename": stored.warc,
        "offset": str(stored.offset),
        "length": str(exchange.end - stored.offset),
        "status": str(exchange.status or ""),
    }
    stamp = exchange.fetched_at.strftime("%Y%m%d%H%M%S")
    return f"{_sort_key(exchange.url)} {stamp} {json.dumps(fields)}"


def _mime(exchange: Exchange) -> str:
    types = [value for name, value in exchange.headers if name.lower() == "content-type"]
    return types[0].partition(";")[0].strip() if types else "application/octet-stream"


def _sort_key(url: str) -> str:
    """The address with its host turned round (SURT), so that one site's pages stand together."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return url
    host = ",".join(reversed((parts.hostname or "").split(".")))
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}){parts.path or '/'}{query}".lower()


def _page_line(exchange: Exchange) -> str:
    fetched_at = moment.iso(exchange.fetched_at)
    identity = hashlib.sha256(f"{exchange.url}\n{fetched_at}".encode()).hexdigest()[:20]
    return json.dumps({"id": identity, "url": exchange.url, "ts": fetched_at})


def _add(packed: zipfile.ZipFile, name: str, member: Path | bytes) -> dict[str, Any]:
    info = zipfile.ZipInfo(name, MEMBER_DATE)
    info.external_attr = 0o644 << 16
    if isinstance(member, bytes):
        packed.writestr(info, member)
        size, sha256 = len(member), _hash(member)
    else:
        info.file_size = size = member.stat().st_size
        with member.open("rb") as file, packed.open(info, "w") as out:
            while chunk := file.read(CHUNK):
                out.write(chunk)
        sha256 = f"sha256:{archive.hashed(member)}"
    plain = re.sub(r"[^-a-z0-9._]", "_", Path(name).name.lower())  # all a data package allows
    return {"name": plain, "path": name, "hash": sha256, "bytes": size}


def _hash(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _check_warc(path: Path) -> list[str]:
    torn: list[str] = []
    try:
        for _ in archive.exchanges(path, torn=torn):
            pass
    except ArchiveError as problem:
        return [str(problem)]
    return torn


def _check_members(packed: zipfile.ZipFile) -> Iterator[str]:
    names = set(packed.namelist())
    for name in ("datapackage.json", "pages/pages.jsonl", "indexes/index.cdxj"):
        if name not in names:
            yield f"{name} is missing"
    package = json.loads(packed.read("datapackage.json"))
    if "datapackage-digest.json" in names:
        said = json.loads(packed.read("datapackage-digest.json")).get("hash")
        if said != _hash(packed.read("datapackage.json")):
            yield "datapackage.json does not match datapackage-digest.json"
    resources = {resource["path"]: resource for resource in package["resources"]}
    for resource in resources.values():
        if resource["path"] not in names:
            yield f"{resource['path']} is missing"
            continue
        digest = hashlib.sha256()
        with packed.open(resource["path"]) as member:
            while chunk := member.read(CHUNK):
                digest.update(chunk)
        if resource["hash"] != f"sha256:{digest.hexdigest()}":
            yield f"{resource['path']} does not match its hash"
    for name in sorted(names - resources.keys()):
        if name not in ("datapackage.json", "datapackage-digest.json"):
            yield f"{name} is not told of in datapackage.json"


def _check_index(packed: zipfile.ZipFile, path: Path) -> Iterator[str]:
    """Does each line of the index lead to the answer it names?"""
    with tempfile.TemporaryDirectory() as folder:
        held = {
            (warc.name, str(exchange.stored.offset), f"sha256:{exchange.stored.sha256}")
            for warc in unpack(path, Path(folder))
            for exchange in archive.exchanges(warc)
        }
    named = set()
    for line in packed.read("indexes/index.cdxj").decode().splitlines():
        fields = json.loads(line.split(" ", 2)[2])
        named.add((fields["filename"], fields["offset"], fields["digest"]))
    if amiss := sorted(held ^ named):
        warc, offset, _ = amiss[0]
        yield f"index and archive differ in {len(amiss)} answers, first at byte {offset} of {warc}"
