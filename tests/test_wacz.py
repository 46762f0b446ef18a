"""WACZ: packs the same bytes each time, and check finds what is amiss."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spiders import archive, wacz
from spiders.archive import ArchiveError, Session
from spiders.recorder import Recorder

WHEN = datetime(2020, 10, 7, tzinfo=UTC)
HEADERS = [("Content-Type", "text/html; charset=utf-8")]


def warc(path: Path, *bodies: bytes) -> Path:
    recorder = Recorder(path, Session("ring_agency_map"))
    for number, body in enumerate(bodies):
        recorder.exchange(f"https://example.org/{number}?q=1", [], 200, HEADERS, body, WHEN)
    recorder.failure("https://example.org/down", "no", WHEN)
    recorder.close()
    return path


@pytest.fixture
def warcs(tmp_path: Path) -> list[Path]:
    (tmp_path / "in").mkdir()
    return [
        warc(tmp_path / "in" / "One-20201007T000000Z.warc.gz", b"hello", b"world" * 99),
        warc(tmp_path / "in" / "two.warc.gz", b"third"),
    ]


@pytest.fixture
def packed(warcs: list[Path], tmp_path: Path) -> Path:
    target = tmp_path / "out" / "all.wacz"
    assert wacz.pack(warcs, target) == 5
    return target


def repacked(packed: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of a WACZ with other members."""
    with zipfile.ZipFile(packed) as held:
        members = {name: held.read(name) for name in held.namelist()}
    change(members)
    target = packed.with_name("changed.wacz")
    with zipfile.ZipFile(target, "w") as out:
        for name, content in members.items():
            out.writestr(name, content)
    return target


def test_nothing_is_wrong_with_what_was_packed(packed: Path, warcs: list[Path]) -> None:
    assert wacz.check(packed) == []
    assert [wacz.check(path) for path in warcs] == [[], []]


def test_the_same_warcs_pack_into_the_same_bytes(
    packed: Path, warcs: list[Path], tmp_path: Path
) -> None:
    wacz.pack(warcs, tmp_path / "again.wacz")
    assert (tmp_path / "again.wacz").read_bytes() == packed.read_bytes()


def test_members_are_stored_so_that_a_player_can_seek(packed: Path) -> None:
    with zipfile.ZipFile(packed) as held:
        assert {info.compress_type for info in held.infolist()} == {zipfile.ZIP_STORED}


def test_each_line_of_the_index_leads_to_its_answer(packed: Path, tmp_path: Path) -> None:
    unpacked = {path.name: path for path in wacz.unpack(packed, tmp_path)}
    with zipfile.ZipFile(packed) as held:
        lines = held.read("indexes/index.cdxj").decode().splitlines()
    assert lines == sorted(lines)
    assert len(lines) == 5
    for line in lines:
        key, stamp, fields = line.split(" ", 2)
        said = json.loads(fields)
        found = archive.read(unpacked[said["filename"]], int(said["offset"]))
        assert found.url == said["url"]
        assert found.stored.sha256 == said["digest"].removeprefix("sha256:")
        assert found.end == int(said["offset"]) + int(said["length"])
        assert stamp == "20201007000000"
        assert key.startswith("org,example)/")


def test_names_of_resources_are_those_a_data_package_allows(packed: Path) -> None:
    """The reference validator refuses capitals, which our WARCs' time stamps hold."""
    with zipfile.ZipFile(packed) as held:
        package = json.loads(held.read("datapackage.json"))
    names = [resource["name"] for resource in package["resources"]]
    assert "one-20201007t000000z.warc.gz" in names
    assert len(set(names)) == len(names)


def test_a_flipped_byte_in_any_member_is_found(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    with zipfile.ZipFile(packed) as held:
        places = [
            (info.filename, info.header_offset + 30 + len(info.filename), info.file_size)
            for info in held.infolist()
        ]
    assert len(places) == 6
    hurt = tmp_path / "hurt.wacz"
    for name, start, size in places:
        for at in (start, start + size // 2, start + size - 1):
            hurt.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert wacz.check(hurt), f"{name} at {at}"


def test_a_changed_member_is_found_though_the_zip_is_sound(packed: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["pages/pages.jsonl"] += b"\n"

    assert wacz.check(repacked(packed, change)) == ["pages/pages.jsonl does not match its hash"]


@pytest.mark.parametrize(
    "member",
    ["pages/pages.jsonl", "indexes/index.cdxj", "archive/two.warc.gz", "datapackage.json"],
)
def test_a_missing_member_is_named(packed: Path, member: str) -> None:
    told = wacz.check(repacked(packed, lambda members: members.pop(member)))  # type: ignore[arg-type, return-value]
    assert f"{member} is missing" in told


def test_a_member_nobody_told_of_is_named(packed: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["archive/three.warc.gz"] = members["archive/two.warc.gz"]

    assert wacz.check(repacked(packed, change)) == [
        "archive/three.warc.gz is not told of in datapackage.json"
    ]


def forged(packed: Path, name: str, content: Callable[[bytes], bytes]) -> Path:
    """A WACZ with one member changed and every hash made to fit."""

    def change(members: dict[str, bytes]) -> None:
        import hashlib

        members[name] = content(members[name])
        package = json.loads(members["datapackage.json"])
        for resource in package["resources"]:
            digest = hashlib.sha256(members[resource["path"]]).hexdigest()
            resource["hash"] = f"sha256:{digest}"
        members["datapackage.json"] = json.dumps(package).encode()
        digest = hashlib.sha256(members["datapackage.json"]).hexdigest()
        members["datapackage-digest.json"] = json.dumps({"hash": f"sha256:{digest}"}).encode()

    return repacked(packed, change)


def test_an_index_that_points_beyond_the_end_is_found(packed: Path) -> None:
    def beyond(index: bytes) -> bytes:
        first, *rest = index.decode().splitlines(keepends=True)
        key, stamp, fields = first.split(" ", 2)
        moved = json.dumps(json.loads(fields) | {"offset": "99999999"})
        return "".join([f"{key} {stamp} {moved}\n", *rest]).encode()

    (told,) = wacz.check(forged(packed, "indexes/index.cdxj", beyond))
    assert "index and archive differ in 2 answers" in told


def test_a_line_cut_from_the_index_is_found(packed: Path) -> None:
    (told,) = wacz.check(
        forged(packed, "indexes/index.cdxj", lambda index: index[index.index(b"\n") + 1 :])
    )
    assert "differ in 1 answers" in told


def test_a_damaged_warc_is_found_though_every_hash_fits(packed: Path) -> None:
    def damage(content: bytes) -> bytes:
        at = 40  # in the first record, behind the header of gzip
        return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]

    (told,) = wacz.check(forged(packed, "archive/two.warc.gz", damage))
    assert "two.warc.gz" in told


@pytest.mark.parametrize(
    "content",
    [b"[]", b"{}", b"not json", b'{"resources": [1]}', b'{"resources": null}', b"\xff\xfe", b""],
)
@pytest.mark.parametrize("member", ["datapackage.json", "datapackage-digest.json"])
def test_nonsense_in_the_package_is_a_sentence(packed: Path, member: str, content: bytes) -> None:
    def change(members: dict[str, bytes]) -> None:
        members[member] = content

    told = wacz.check(repacked(packed, change))
    assert told
    assert all("Traceback" not in sentence for sentence in told)


def test_a_cut_wacz_is_no_whole_one(packed: Path) -> None:
    whole = packed.read_bytes()
    for share in (0, 0.1, 0.5, 0.99):
        packed.write_bytes(whole[: int(len(whole) * share)])
        assert wacz.check(packed) == ["all.wacz is no whole WACZ: File is not a zip file"]
        with pytest.raises(ArchiveError, match=r"all\.wacz is no readable WACZ"):
            wacz.unpack(packed, packed.parent)


def test_a_warc_that_holds_a_kmz_is_still_a_warc(tmp_path: Path) -> None:
    """A zip that does not deflate further stands in the WARC as it is, with its end mark."""
    kmz = tmp_path / "map.kmz"
    with zipfile.ZipFile(kmz, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("doc.kml", bytes(range(256)) * 2)
    path = warc(tmp_path / "kmz.warc.gz", kmz.read_bytes())
    assert wacz.check(path) == []


def test_a_torn_warc_is_said_to_be_torn(warcs: list[Path]) -> None:
    warcs[0].write_bytes(warcs[0].read_bytes()[:-20])
    (told,) = wacz.check(warcs[0])
    assert "breaks off after byte" in told


def test_unpack_writes_nothing_outside_its_folder(packed: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        content = members.pop("archive/two.warc.gz")
        for name in ("../../evil.warc.gz", "archive/../../evil2.warc.gz", "/archive/evil3.warc.gz"):
            members[name] = content

    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    found = wacz.unpack(repacked(packed, change), folder)
    assert {path.parent for path in found} == {folder}
    assert not list(tmp_path.glob("evil*"))
    assert not list((tmp_path / "deep").glob("evil*"))


def test_two_members_of_one_name_are_not_laid_over_each_other(packed: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["archive/other/two.warc.gz"] = members["archive/two.warc.gz"]

    with pytest.raises(ArchiveError, match=r"holds two files named two\.warc\.gz"):
        wacz.unpack(repacked(packed, change), tmp_path)


def test_a_wacz_without_warcs_is_refused(packed: Path, tmp_path: Path) -> None:
    def change(members: dict[str, bytes]) -> None:
        for name in [name for name in members if name.startswith("archive/")]:
            del members[name]

    with pytest.raises(ArchiveError, match="holds no WARC under archive/"):
        wacz.unpack(repacked(packed, change), tmp_path)


def test_a_broken_warc_is_not_packed_and_nothing_is_left(warcs: list[Path], tmp_path: Path) -> None:
    content = bytearray(warcs[0].read_bytes())
    content[600] ^= 0xFF
    warcs[0].write_bytes(content)
    with pytest.raises(ArchiveError, match="One-2020"):
        wacz.pack(warcs, tmp_path / "new" / "all.wacz")
    assert not (tmp_path / "new").exists()


def test_a_target_that_cannot_be_written_is_a_sentence(warcs: list[Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match="cannot write"):
        wacz.pack(warcs, tmp_path / "file" / "all.wacz")
