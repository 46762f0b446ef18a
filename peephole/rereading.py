"""The whole archive read again with today's parsers, beside what the ledger says was read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peephole.books import Books, Row
from peephole.findings import Finding, Grade, Tell
from peephole.holdings import Holding
from spiders import crawl
from spiders.job import Job
from spiders.ledger import TRUSTED, Ledger
from spiders.verdict import Account, Verdict, together

SAME = (
    *("source", "url", "original_url", "observed_at", "outcome", "http_status", "sha256"),
    *("bytes", "etag", "last_modified"),
)
"""Columns of a capture that reading it again must give again, wherever it stands."""
PLACE = ("fetched_at", "warc", "warc_offset")
"""Columns that are another answer's where two hold the same bytes for the same moment."""
ENDED = ("verdict", "reason", "counts")
"""Columns that a run of one look has from it."""


def reread(
    holdings: Sequence[Holding], books: Books, options: Mapping[str, Any], db: str, tell: Tell
) -> None:
    """Read WARCs into the ledger at ``db`` in the order in which they were read first. Once a
    process, and no request leaves it."""
    first: dict[str, str] = {}
    for run in books.runs.values():
        came = str(run["started_at"])
        first[run["warc"]] = min(came, first.get(run["warc"], came))
    jobs = [
        Job(held.session.source, "replay", held.path, held.session)
        for held in holdings
        if held.session is not None
    ]
    jobs.sort(key=lambda job: (first.get(job.warc.name, "9"), job.session.as_of, job.warc.name))
    pages: Counter[Job] = Counter()
    total = sum(len(held.answers) for held in holdings)

    def told(job: Job, seen: int) -> None:
        pages[job] = seen
        tell("reading it again", min(pages.total(), total), total)

    Ledger(db).close()  # it must be there also where nothing is read
    if jobs:
        crawl.run(jobs, {**options, "PEEPHOLE_DB": db}, told)
    tell("reading it again", total, total)


@dataclass(slots=True)
class Pairing:
    """Which run of the ledger a WARC read again stands beside: ``kept`` by the id of the new run,
    None where none ended; it may be one by an earlier version of the parser."""

    fresh: Books = field(default_factory=Books)
    kept: dict[str, Row | None] = field(default_factory=dict)

    @classmethod
    def of(cls, old: Books, fresh: Books) -> Pairing:
        """The newest that is trusted, of today's parser before any other; else the last try."""
        ended: dict[str, list[Row]] = {}
        for row in old.runs.values():
            if row["finished_at"] is not None:
                ended.setdefault(row["warc"], []).append(row)
        found = cls(fresh)
        for run_id, run in fresh.runs.items():
            version = run["parser_version"]
            found.kept[run_id] = max(
                ended.get(run["warc"], []),
                key=lambda row: (
                    row["verdict"] in TRUSTED,
                    row["parser_version"] == version,
                    str(row["parser_version"]).zfill(6),
                    str(row["run_id"]),
                ),
                default=None,
            )
        return found

    def warcs(self, *verdicts: str) -> set[str]:
        """Names of the WARCs whose run in the ledger ended so."""
        return {row["warc"] for row in self.kept.values() if row and row["verdict"] in verdicts}


def unlike(old: Books, pairing: Pairing, holdings: Mapping[str, Holding]) -> Iterator[Finding]:
    """Where the ledger differs from the one that today's parsers make of the same archive."""
    fresh = pairing.fresh
    if old.schema and old.schema != fresh.schema:
        odd = sorted({str(row[1]) for row in old.schema ^ fresh.schema})
        yield Finding("damage", "ledger", f"its schema is not as declared: {', '.join(odd)}")
    for run_id, run in fresh.runs.items():
        kept = pairing.kept[run_id]
        if kept is None:
            yield _without(old, run["warc"])
        elif kept["parser_version"] != run["parser_version"]:
            yield _earlier(old, kept, fresh, run)
        else:
            yield from _of_run(old, kept, fresh, run)
    trusted = pairing.warcs(*TRUSTED)
    yield from _captures(old, fresh, trusted, holdings)
    yield from _unaccounted(old, pairing)


def _without(old: Books, warc: str) -> Finding:
    """A WARC that no run has read to its end."""
    for run_id, row in old.runs.items():
        if row["warc"] == warc:
            said = f"the run that wrote {warc} was cut off; nothing of it is published"
            return Finding("note", warc, said, "runs", run_id)
    return Finding("note", warc, f"no run has read {warc}; `peephole crawl --replay` does")


def _earlier(old: Books, kept: Row, fresh: Books, run: Row) -> Finding:
    """A WARC last read by an earlier version of the parser."""
    before, now = (_sheets(b, row["run_id"]) for b, row in ((old, kept), (fresh, run)))
    odd = sorted({key[1] for key in before.keys() | now if before.get(key) != now.get(key)})
    said = (
        f"version {kept['parser_version']} of the parser of {kept['source']} read {kept['warc']}; "
        f"today's version {run['parser_version']} reads "
    )
    said += f"{len(odd)} captures differently; `peephole crawl --replay` takes that in" * bool(odd)
    said += "it alike" * (not odd)
    grade: Grade = "reading" if odd else "note"
    return Finding(grade, kept["warc"], said, "runs", kept["run_id"], captures=tuple(odd))


def _sheets(books: Books, run_id: str) -> dict[tuple[str, str], str]:
    """The sheet of each reading of a run by what its look adds to the run's id, and capture."""
    return {
        (look_id.removeprefix(run_id), capture_id): row["sheet_id"]
        for (look_id, capture_id), row in books.readings.items()
        if row["run_id"] == run_id
    }


def _of_run(old: Books, kept: Row, fresh: Books, run: Row) -> Iterator[Finding]:
    before, now = _sheets(old, kept["run_id"]), _sheets(fresh, run["run_id"])
    trusted = kept["verdict"] in TRUSTED
    for key in sorted(before.keys() | now):
        if before.get(key) == now.get(key) or not (trusted or key in before):
            continue
        look, capture = kept["run_id"] + key[0], key[1]
        url = (old.captures.get(capture) or fresh.captures.get(capture) or {}).get("url", "")
        if key not in before:
            said = f"the ledger lacks the reading of capture {capture} ({url}) by {look}"
        elif key in now:
            said = f"today's parser reads capture {capture} ({url}) differently from the ledger"
        else:
            said = f"nothing accounts for the reading of capture {capture} ({url}) by {look}"
        yield Finding("damage", "ledger", said, "readings", f"{look}:{capture}", "", (capture,))
    yield from _of_looks(old, kept, fresh, run)


def _of_looks(old: Books, kept: Row, fresh: Books, run: Row) -> Iterator[Finding]:
    before, now = old.looks_of(kept["run_id"]), fresh.looks_of(run["run_id"])
    for suffix in sorted(before.keys() | now):
        look_id, was, is_ = kept["run_id"] + suffix, before.get(suffix), now.get(suffix)
        if was is None or is_ is None:
            if kept["verdict"] in TRUSTED:
                what = "the ledger lacks the" if was is None else "nothing accounts for the"
                yield Finding("damage", "ledger", f"{what} look {look_id}", "looks", look_id)
            continue
        told = {key: is_["account"].get(key) for key in was["account"]}  # later versions tell more
        again = is_ | {"account": told}
        odd = [name for name in ("counts", "account", "observed_at") if was[name] != again[name]]
        if odd == ["observed_at"] and was["verdict"] == "failed" == is_["verdict"]:
            continue  # a look that read nothing speaks for the moment of its run
        if odd and was["verdict"] == "failed":
            said = (
                f"the look {look_id} failed when it was made ({was['reason']}), and nothing of it "
                f"is published; read again it is {is_['verdict']} ({is_['reason']})"
            )
            yield Finding("note", "ledger", said, "looks", look_id)
        elif odd:
            said = f"read again, the look {look_id} has other {' and '.join(odd)} than the ledger"
            yield Finding("damage", "ledger", said, "looks", look_id, odd[0])
    verdict = _together(list(before.values()))
    agrees = "looks" in kept["counts"] or all(
        kept[name] == look[name] for look in before.values() for name in ENDED
    )
    if "looks" in kept["counts"] and kept["verdict"] in TRUSTED:
        agrees = kept["counts"] == run["counts"] and (
            kept["reason"] == run["reason"] or str(kept["reason"]).startswith(verdict.reason)
        )
    agrees &= kept["observed_at"] in (run["observed_at"], kept["started_at"])
    if kept["source"] != run["source"] or kept["notice"] != run["notice"] or not agrees:
        said = f"the run {kept['run_id']} does not agree with its looks and its archive"
        yield Finding("damage", "ledger", said, "runs", kept["run_id"])


def _together(looks: Sequence[Row]) -> Verdict:
    states = [Verdict(look["verdict"], "") for look in looks]
    return together(Account("finished", (), {}, {}), states)


def _captures(
    old: Books, fresh: Books, trusted: set[str], holdings: Mapping[str, Holding]
) -> Iterator[Finding]:
    for capture_id, row in fresh.captures.items():
        kept = old.captures.get(capture_id)
        if kept is None:
            if row["warc"] in trusted:
                said = f"the ledger lacks capture {capture_id} ({row['url']}) of {row['warc']}"
                yield Finding("damage", "ledger", said, "captures", capture_id)
            continue
        same = (kept["warc"], kept["warc_offset"]) == (row["warc"], row["warc_offset"])
        place = PLACE if same or kept["warc"] not in holdings else ()
        for name in (*SAME, *place):
            if kept[name] != row[name]:
                said = (
                    f"capture {capture_id} ({row['url']}): read again its {name} is "
                    f"{row[name]!r}, the ledger has {kept[name]!r}"
                )
                yield Finding("damage", "ledger", said, "captures", capture_id, name, (capture_id,))
    for capture_id in sorted(old.captures.keys() - fresh.captures):
        row = old.captures[capture_id]
        held = holdings.get(row["warc"])
        if row["warc"] in trusted and held is not None and held.readable:
            said = f"nothing accounts for capture {capture_id} ({row['url']})"
            yield Finding("damage", "ledger", said, "captures", capture_id)


def _unaccounted(old: Books, pairing: Pairing) -> Iterator[Finding]:
    """Sheets and records that no reading of today's parsers gives, and no reading by an earlier
    one, by a run that failed or was cut off, or of a WARC that cannot be read."""
    fresh = pairing.fresh
    again = {
        row["run_id"]
        for run_id, row in pairing.kept.items()
        if row
        and row["verdict"] in TRUSTED
        and row["parser_version"] == fresh.runs[run_id]["parser_version"]
    }
    other = [row for row in old.readings.values() if row["run_id"] not in again]
    excused = {row["sheet_id"] for row in other}
    sources = {row["source"] for row in old.runs.values() if row["run_id"] not in again}
    for name in sorted(old.sheets - fresh.sheets - excused):
        said = f"nothing accounts for the sheet {name}"
        yield Finding("damage", "ledger", said, "sightings", name)
    for row in old.readings.values():
        if row["sheet_id"] not in old.sheets:
            said = f"the sheet {row['sheet_id']} of capture {row['capture_id']} is missing"
            yield Finding("damage", "ledger", said, "sightings", row["sheet_id"])
    for record_id in sorted(old.records.keys() - fresh.records):
        if old.records[record_id] not in sources:
            said = f"nothing accounts for the record {record_id} ({old.records[record_id]})"
            yield Finding("damage", "ledger", said, "records", record_id)
