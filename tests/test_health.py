"""Health: what looks came to, how full records are, and how a site and a terminal tell it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lxml import etree, html

from analysis import looks as looking
from analysis.clean import clean, save
from analysis.read import facts
from maps import health as page
from maps.document import setting
from peephole import health as front
from peephole import steps
from peephole.config import Config
from spiders.job import WrongInput
from spiders.ledger import Ledger
from spiders.records import Listing, OtherRows, Record, Rejection
from spiders.schema import Capture, Content, Look, Run, Sighted
from tests import chronicle, synthetic

Tables = dict[str, pd.DataFrame]
ATLAS, RING = "atlas_of_surveillance", "ring_agency_map"
PORTAL = "neighbors_portal"
CATALOGUE = steps.catalogue({ATLAS: 30}).assign(least=1, most=100)


def listing(name: str, **cells: str) -> Listing:
    return Listing(programme=PORTAL, agency=f"{name} Police Department", state="OH", **cells)


def take_in(
    ledger: Ledger,
    day: str,
    *pages: Sequence[Record],
    source: str = ATLAS,
    copies: bool = False,
    **account: Any,
) -> None:
    """A run with one look that read some pages; with ``copies`` a look at archived ones, a day a
    page. ``account`` says what else it counted."""
    run = f"{source}-{day}-v1"
    at = f"{day}T04:00:00Z"
    ledger.begin(Run(run, source, "live", f"{run}.warc.gz", 1, at, at))
    looks = []
    for number, records in enumerate(pages):
        moment = f"{day[:8]}{int(day[8:]) + number:02}T04:00:00Z" if copies else at
        look_id = f"{run}@{re.sub('[^0-9]', '', moment)}" if copies else run
        capture = chronicle.digest(f"{run} {number}", 20)
        kept = Capture(
            *(capture, source, f"https://a.example/{number}", moment, moment, "ok", 200),
            *("00" * 32, 1, f"{run}.warc.gz", number * 100),
        )
        contents = [Content(r.identity(source), source, r.kind, r.content()) for r in records]
        ledger.keep([kept], contents)
        rows = [Sighted(r.identity(source), place) for place, r in enumerate(records, 1)]
        ledger.read(run, look_id, capture, rows)
        looks.append((look_id, moment, records))
    counts = {"rows": sum(map(len, pages)), "rejection": 0}
    told = {"finish_reason": "finished", "problems": [], "lost": {}} | account
    whole = looks if copies else looks[:1] or [(run, at, [])]
    written = []
    for look_id, moment, records in whole:
        of_look = records if copies else [record for each in pages for record in each]
        mine = dict(counts) | {"rows": len(of_look), f"listing:{PORTAL}": len(of_look)}
        mine["rejection"] = sum(record.kind == "rejection" for record in of_look)
        written.append(Look(look_id, run, source, moment, "healthy", "said", mine, told))
    ledger.finish(run, at, "healthy", "said", counts, written)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    opened.close()


def tables(ledger: Ledger, as_of: date | None = None) -> Tables:
    """The two tables and their evidence."""
    known = facts(ledger, CATALOGUE, as_of)
    looks = looking.looks(known)
    rates = looking.fill_rates(known, looks)
    proved = pd.concat(looking.proofs(known, looks, rates), ignore_index=True)
    return synthetic.checked({"looks": looks, "fill_rates": rates, "evidence": proved})


def proofs(made: Tables, table: str) -> dict[str, set[str]]:
    rows = made["evidence"][made["evidence"]["table"].eq(table)]
    return {str(key): set(part["capture_id"]) for key, part in rows.groupby("row_id")}


# Tables


def test_every_look_is_told_trusted_or_not_with_the_captures_it_read(ledger: Ledger) -> None:
    some = [listing("Ames"), listing("Boone"), Rejection(name="x", reason="y")]
    take_in(ledger, "2021-01-01", some, [listing("Corwin")])
    take_in(ledger, "2021-02-01", some[:2], lost={"given_up": 2, "error": 1, "forbidden": 0})
    take_in(ledger, "2021-03-01", some, problems=["LayoutError: no table"], unread=["b", "a\n"])
    made = tables(ledger)
    looks = made["looks"].set_index(made["looks"]["observed_at"].str[:10])
    assert looks["verdict"].to_dict() == {
        "2021-01-01": "incomplete",
        "2021-02-01": "incomplete",
        "2021-03-01": "failed",
    }
    assert looks["published"].tolist() == [True, True, False]
    assert looks["rows"].tolist() == [4, 2, 3]
    assert looks["records"].tolist() == [4, 2, 3]
    assert looks["rejected"].tolist() == [1, 0, 1]
    assert looks.loc["2021-02-01", "pages_lost"] == 3
    assert looks.loc["2021-02-01", "lost"] == "1 answered with an error, 2 given up"
    assert looks.loc["2021-03-01", ["unread", "unread_fields"]].tolist() == ["b | a\n", 2]
    assert looks.loc["2021-03-01", "reason"] == "LayoutError: no table"
    proved = proofs(made, "looks")
    assert [len(proved[look]) for look in looks["look_id"]] == [2, 1, 1]


def test_all_of_it_stands_among_the_clean_tables(ledger: Ledger) -> None:
    take_in(ledger, "2021-01-01", [listing("Ames"), listing("Boone")])
    everything = clean(facts(ledger, CATALOGUE), CATALOGUE.copy())
    alone = tables(ledger)
    for name in ("looks", "fill_rates"):
        pd.testing.assert_frame_equal(everything[name], alone[name])
        assert proofs(everything, name) == proofs(alone, name)
    sources = everything["sources"].set_index("source")
    columns = ["fresh_days", "rows_least", "rows_most", "floor", "records"]
    assert sources.loc[ATLAS, columns].tolist() == [30, 1, 100, 0.5, 2]
    assert pd.isna(sources.loc["corrections", "fresh_days"])


def test_of_archived_copies_a_look_that_failed_rests_on_its_own_moment(ledger: Ledger) -> None:
    pages = [[listing("Ames")], [listing("Boone")]]
    take_in(ledger, "2021-01-01", *pages, copies=True, problems=["a sign-in"])
    made = tables(ledger)
    assert made["looks"]["verdict"].tolist() == ["failed", "failed"]
    assert sorted(map(len, proofs(made, "looks").values())) == [1, 1]
    assert made["fill_rates"].empty


def test_how_full_the_fields_of_the_newest_published_look_are(ledger: Ledger) -> None:
    then = [[listing("Ames", city="Ames"), listing("Boone", city="Boone")]]
    now = [[listing("Ames", city="Ames")], [listing("Boone"), OtherRows(category="D", rows=0)]]
    take_in(ledger, "2021-01-01", *then)
    take_in(ledger, "2021-02-01", *now)
    take_in(ledger, "2021-03-01", [listing("Ames")], problems=["broken"])
    made = tables(ledger)
    rates = made["fill_rates"].set_index("field")
    assert set(made["fill_rates"]["kind"]) == {"listing"}
    assert set(rates["observed_at"]) == {"2021-02-01T04:00:00Z"}
    columns = ["records", "filled", "share", "records_before", "filled_before"]
    assert rates.loc["city", columns].tolist() == [2, 1, 0.5, 2, 2]
    assert rates.loc["agency", columns].tolist() == [2, 2, 1.0, 2, 2]
    assert rates.loc["county", columns].tolist() == [2, 0, 0.0, 2, 0]
    assert set(rates.index) == set(Listing.model_fields) - {"kind", "position", "row_key"}
    proved = proofs(made, "fill_rates")
    assert len(proved) == len(rates)
    assert proved[f"{ATLAS}:listing:city"] == proofs(made, "looks")[f"{ATLAS}-2021-02-01-v1"]


def test_as_of_a_day_later_looks_are_not_told(ledger: Ledger) -> None:
    for month in (1, 2, 3):
        take_in(ledger, f"2021-0{month}-01", [listing("Ames")])
    made = tables(ledger, date(2021, 2, 15))
    assert made["looks"]["observed_at"].str[:7].tolist() == ["2021-01", "2021-02"]
    assert set(made["fill_rates"]["observed_at"]) == {"2021-02-01T04:00:00Z"}


def test_a_zero_fills_a_field_and_nothing_does_not() -> None:
    held = pd.DataFrame({"record_id": ["a", "b", "c", "d", "e", "f"], "source": ATLAS})
    held["field"] = pd.Series([0, False, "", None, [], ["x"]], dtype=object)

    class Few:
        readings = pd.DataFrame({"look_id": ["l"], "sheet_id": ["s"]})
        sightings = pd.DataFrame({"sheet_id": "s", "record_id": held["record_id"]})
        records: Mapping[str, pd.DataFrame] = {"count": held}

    rates = looking._filled(Few(), pd.Series(["l"]))  # type: ignore[arg-type]
    assert rates[["records", "filled"]].to_numpy().tolist() == [[6, 3]]


# The site


@pytest.fixture(scope="module")
def made() -> Tables:
    return synthetic.tables(5)


def drawn(made: Tables, folder: Path) -> dict[str, str]:
    drafts = page.drafts(made, setting(made, folder / "site", None, "", ""))
    return {draft.name: draft.render() for draft in drafts}


@pytest.fixture(scope="module")
def site(made: Tables, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return drawn(made, tmp_path_factory.mktemp("data"))


def test_the_data_hold_what_the_documents_say(site: dict[str, str]) -> None:
    told = json.loads(site["health.json"])
    documented = Path(__file__).parents[1].joinpath("docs", "health.md").read_text("utf-8")
    names = set(re.findall(r"^\| `(\w+)` \|", documented, re.MULTILINE))

    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    assert set(keys(told)) - set(page.VERDICTS) == names
    assert told["verdict"] == "failed"
    assert told["counts"] == {"failed": 1, "incomplete": 0, "healthy": 1, "never_run": 1}
    assert told["newest_observation"] == "2020-10-07T06:00:00Z"
    ring = next(source for source in told["sources"] if source["source"] == RING)
    assert (ring["last_healthy"], ring["days_behind"], ring["stale"]) == (
        "2020-10-06T04:00:00Z",
        1,
        False,
    )
    assert ring["expected"] == {
        "rows_least": 20,
        "rows_most": 6000,
        "floor": 0.5,
        "fresh_days": 40,
    }
    assert len(ring["looks"]) == page.LOOKS < ring["looks_in_all"]
    moments = [look["observed_at"] for look in ring["looks"]]
    assert moments == sorted(moments, reverse=True)
    assert ring["looks"][0]["unread"] == ["<b>Active</b>", "Since when"]
    never = next(source for source in told["sources"] if source["verdict"] == "never_run")
    assert (never["stale"], never["rows"], never["looks"]) == (None, None, [])


def said(text: str) -> str:
    return " ".join(html.document_fromstring(text).text_content().split())


def test_the_page_tells_each_source_in_words(site: dict[str, str]) -> None:
    words = said(site["health.html"])
    for expected in (
        "1 failed, 1 healthy, 1 never run, as of the newest observation of any source, 7 October",
        "20 rows or more, fewer than 60,000; at least 50% of what the last healthy look had",
        "; a healthy look every 10 days",
        "no date by which another is expected",
        "Newest date it states30 September 2020",
        "405 rows, 404 records, 1 row set aside",
        "2 fields that nobody reads",
        "<b>Active</b>, Since when. The layout has changed",
        "5 earlier ones are in the table looks",
        "How full the fields are: 1,500 records of the kind listing",
        "agencyallall",
        "city99 %all",
        "county1 %99 %",
        "1 field of the kind is filled in none",
        "no look before",
        "No look has ended yet.",
    ):
        assert expected in words, expected
    assert "days ago" not in words, "the page has no clock"
    tree = html.document_fromstring(site["health.html"])
    assert tree.xpath("//script | //@style | //main//*[@src]") == []
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for link in tree.xpath("//main//a/@href"):
        file, _, anchor = link.partition("#")
        assert file in site or file == "about.html" or (not file and anchor in ids), link


def test_a_source_too_far_behind_the_newest_of_all_is_told(made: Tables, tmp_path: Path) -> None:
    late = made["sources"].assign(last_healthy="2020-09-01T00:00:00Z", fresh_days=36)
    found = drawn(made | {"sources": late}, tmp_path)
    assert not any(each["stale"] for each in json.loads(found["health.json"])["sources"])
    later = made | {"sources": late.assign(fresh_days=35)}
    found = drawn(later, tmp_path)
    assert all(each["stale"] for each in json.loads(found["health.json"])["sources"])
    assert "its last healthy look was 36 days old; one every 35 days" in said(found["health.html"])


def test_the_same_tables_in_another_order_give_the_same_bytes(
    made: Tables, site: dict[str, str], tmp_path: Path
) -> None:
    shuffled = {
        name: frame if name == "sources" else frame.sample(frac=1, random_state=1)
        for name, frame in made.items()
    }
    assert drawn(shuffled, tmp_path) == site


def badge(text: str) -> tuple[str, list[str]]:
    """What a badge is called, and what stands on it."""
    tree = etree.fromstring(text.encode())
    names = {"s": "http://www.w3.org/2000/svg"}
    assert tree.get("role") == "img"
    assert tree.findtext("s:title", namespaces=names) == tree.get("aria-label")
    return tree.get("aria-label"), [each.text for each in tree.iterfind(".//s:text", names)]


def test_badges_tell_in_words(site: dict[str, str]) -> None:
    assert {name: badge(text)[0] for name, text in site.items() if name.endswith(".svg")} == {
        "badge.svg": "Peephole: 1 failed, 1 healthy, 1 never run",
        f"badge/{ATLAS}.svg": "Atlas of Surveillance: healthy 2020-10-07",
        "badge/community_connect.svg": "Axon Community Connect: never run",
        f"badge/{RING}.svg": "Ring Active Agency Map: failed, last healthy 2020-10-06",
    }
    assert badge(site[f"badge/{RING}.svg"])[1][1] == "failed, last healthy 2020-10-06"


def test_letters_on_a_badge_stand_out_from_its_ground() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(
            share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)
        )

    assert all(1.05 / (light(colour) + 0.05) > 5.8 for colour in page.COLOURS.values())


EVIL = ["<script>alert(1)</script>", '"><img src=x>', "]]>&\x00\x1b\ufffe", "../../etc", "L" * 999]


def test_hostile_sources_stay_text_and_in_their_folder(made: Tables, tmp_path: Path) -> None:
    one = made["sources"].iloc[[0]]
    evil = pd.concat([one.assign(source=name, title=name) for name in EVIL], ignore_index=True)
    found = drawn(made | {"sources": evil}, tmp_path)
    badges = [name for name in found if name.startswith("badge/")]
    assert len(badges) == len(EVIL)
    for name in badges:
        assert re.fullmatch(r"badge/[0-9a-f]{20}\.svg", name)
        called, _ = badge(found[name])
        assert len(called) < 100
    assert html.document_fromstring(found["health.html"]).xpath("//main//img | //script") == []
    assert [each["title"] for each in json.loads(found["health.json"])["sources"]] == EVIL


def test_a_site_of_nothing_says_so(tmp_path: Path) -> None:
    found = drawn(synthetic.checked({}), tmp_path)
    assert "No source has been read." in said(found["health.html"])
    assert json.loads(found["health.json"])["verdict"] == "never_run"
    assert badge(found["badge.svg"])[0] == "Peephole: no source"


# The command line


def config(folder: Path, **more: Any) -> Config:
    return Config(folder, f"sqlite:///{folder / 'ledger.sqlite'}", "", **more)


def test_a_source_is_as_old_as_its_last_healthy_look(ledger: Ledger, tmp_path: Path) -> None:
    for day in range(1, 13):
        take_in(ledger, f"2021-01-{day:02}", [listing("Ames")], unread=["odd"])
    here = config(tmp_path)

    def at(day: int, **more: Any) -> front.Health:
        now = datetime(2021, 1, day, 23, tzinfo=UTC)
        (found,) = front.health(replace(here, **more), [ATLAS], now)
        return found

    fresh = at(22)
    assert (fresh.verdict, fresh.age_days, fresh.stale) == ("healthy", 10, False)
    assert (at(23).age_days, at(23).stale) == (11, True)
    assert at(23, fresh_days={ATLAS: 11}).stale is False
    assert at(23, fresh_days={ATLAS: 0}).stale is None
    assert at(2).age_days == -10, "a clock that lies is told as it is"
    assert len(fresh.looks) == front.LAST
    assert fresh.looks[0].observed_at == "2021-01-12T04:00:00Z"
    assert fresh.looks[0].unread == ("odd",)
    assert (fresh.newest_fact, fresh.fields) == (None, ())
    save(tables(ledger), here.clean)
    (full,) = front.health(here, [ATLAS], full=True)
    city = next(field for field in full.fields if field["field"] == "city")
    assert (city["records"], city["filled"], city["filled_before"]) == (1, 0, 0)
    json.dumps(full.object(), allow_nan=False)
    cells = [cell for one in front.lines([full]) for cell in one]
    assert "20 to 59999" in cells
    assert sum(1 for _ in front.look_lines(full)) == front.LAST
    assert len(next(front.field_lines(full))) == len(front.FIELD_HEADS)


def test_of_what_was_never_looked_at_nothing_is_stale(tmp_path: Path) -> None:
    found = front.health(config(tmp_path))
    assert {one.source for one in found} == set(steps.sources())
    assert {(one.verdict, one.stale, one.age_days) for one in found} == {("never_run", None, None)}


def test_a_configuration_that_names_no_source_is_told(tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match=r"\[fresh_days\] names nonsense, which is no source"):
        front.health(config(tmp_path, fresh_days={"nonsense": 3}))
