"""The Census Bureau's lists: read whole, refused in a sentence, and used where they are present."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import areas, census, places
from analysis.clean import clean
from analysis.read import Facts, facts
from spiders.ledger import Ledger
from spiders.platforms import census_table
from spiders.platforms.census_table import code, degrees, whole
from spiders.platforms.rows import RowError
from spiders.records import CensusArea, Listing, Population, Record, Rejection
from spiders.source import LayoutError
from tests.replay import made, records, source_classes
from tests.test_clean import CATALOGUE, read

SOURCES = source_classes()
GAZETTEERS = ("census_places", "census_county_subdivisions", "census_counties")
ESTIMATES = ("census_place_populations", "census_county_populations")
HEADER = "USPS\tGEOID\tANSICODE\tNAME\tLSAD\tFUNCSTAT\tALAND\tINTPTLAT\tINTPTLONG      \n"
ROW = "OH\t3999901\t1\tSampleton city\t25\tA\t1\t39.1\t-84.5   \n"
SERIES = "Population estimates, vintage 2024"


def zipped(name: str, body: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    return packed.getvalue()


def parsed(body: bytes, source: str = "census_places") -> list[Record]:
    return records(made(SOURCES[source]), body)


# Numbers as they stand in cells

PADDING = st.text(" \t\u00a0", max_size=3)


@given(st.integers(0, 10**9), PADDING, PADDING)
def test_residents_are_read_with_and_without_commas(number: int, before: str, after: str) -> None:
    for text in (str(number), f"{number:,}"):
        assert whole(before + text + after, "POP") == number


@given(st.text("0123456789,.-()XNa٣ ", max_size=12))
def test_a_cell_is_a_number_of_residents_nothing_or_refused(text: str) -> None:
    grouped = re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+|[0-9]+", text.strip())
    if not text.strip():
        assert whole(text, "POP") is None
    elif grouped:
        assert whole(text, "POP") == int(text.replace(",", ""))
    else:
        with pytest.raises(RowError, match="POP holds"):
            whole(text, "POP")


@given(st.floats(-180, 180, allow_nan=False).map(lambda n: round(n, 6)), PADDING, PADDING)
def test_degrees_are_read_whatever_stands_around_them(
    number: float, before: str, after: str
) -> None:
    assert degrees(f"{before}{number:.6f}{after}", "LAT") == pytest.approx(number, abs=1e-9)
    assert degrees(f"{before}{number:+010.6f}{after}", "LAT") == pytest.approx(number, abs=1e-9)


@pytest.mark.parametrize("text", ["", "north", "1e3", "nan", "39,1", "--1", "٣", "1234.5", "0x1"])
def test_what_is_no_degrees_is_refused(text: str) -> None:
    with pytest.raises(RowError, match="no number of degrees"):
        degrees(text, "LAT")


@given(st.integers(0, 99999))
def test_codes_get_their_zeros_back(number: int) -> None:
    assert code(str(number), 5, "PLACE") == f"{number:05d}"
    with pytest.raises(RowError, match="no code of 5 digits"):
        code(f"9{number:05d}", 5, "PLACE")


# Files that are refused, each in one sentence


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "sought"),
        (b"<html><body>Sorry</body></html>", "sought a table with the columns"),
        (HEADER.encode(), "nothing below it"),
        ((HEADER + ROW).encode()[:-25], "ends inside"),
        ((HEADER + ROW).encode("utf-16-le"), "sought a table with the columns"),
        ((HEADER + ROW).encode() + b"OH\t39\0", "NUL bytes"),
        ((HEADER + ROW.replace("Sampleton", "Cañada")).encode() + b"OH\xc3", "damaged or cut"),
        ((HEADER + ROW).encode() + b'OH\t"' + b"x" * 200_000, "quoted cell"),
        (zipped("2024_Gaz_place_national.txt", (HEADER + ROW).encode())[:-30], "truncated zip"),
        (zipped("readme.pdf", b"x"), "sought a .txt or .csv in the zip archive"),
        (zipped("2024_Gaz_place_national.txt", b"0" * 40_000_000), "zip bomb"),
        (
            HEADER.encode() + b"OH\t39999\t1\tA County\t\tA\t1\t39.1\t-84.5\n",
            "no row is of that kind",
        ),
    ],
)
def test_what_is_no_gazetteer_is_refused_in_one_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(LayoutError) as refused:
        parsed(body)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_larger_than_any_honest_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(census_table, "LARGEST", 100)
    with pytest.raises(LayoutError, match="sought a table of at most"):
        parsed((HEADER + ROW).encode())


@pytest.mark.parametrize("source", ESTIMATES)
def test_estimates_without_an_estimate_are_refused(source: str) -> None:
    columns = "SUMLEV,STATE,COUNTY,PLACE,COUSUB,NAME,CTYNAME,FIPS"
    with pytest.raises(LayoutError, match="sought a column such as POPESTIMATE2023"):
        parsed(f"{columns},POPULATION\n050,39,999,0,0,A,A,39999,1\n".encode(), source)


def test_a_county_table_without_codes_is_refused() -> None:
    with pytest.raises(LayoutError, match="sought the columns STATE and COUNTY, or FIPS"):
        parsed(b"CTYNAME,POPESTIMATE2024\nA County,5\n", "census_county_populations")


def test_a_bad_row_is_set_aside_and_the_others_are_read() -> None:
    rows = HEADER + ROW + ROW.replace("39.1", "99.1") + ROW.replace("OH", "Ohio")
    found = parsed(rows.encode())
    assert [type(record) for record in found] == [CensusArea, Rejection, Rejection]


# What the lists add


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    opened.close()


def catalogue() -> pd.DataFrame:
    ours = CATALOGUE.iloc[[0] * len((*GAZETTEERS, *ESTIMATES))]
    ours = ours.assign(source=[*GAZETTEERS, *ESTIMATES])
    return pd.concat([CATALOGUE, ours], ignore_index=True)


def known(ledger: Ledger) -> Facts:
    return facts(ledger, catalogue())


def area(geoid: str, name: str, state: str, latitude: float, longitude: float) -> CensusArea:
    return CensusArea(
        level={7: "place", 10: "county_subdivision", 5: "county"}[len(geoid)],  # type: ignore[arg-type]
        geoid=geoid,
        name=name,
        state=state,
        latitude=latitude,
        longitude=longitude,
    )


def people(geoid: str, name: str, value: int, level: str = "", county: str = "") -> Population:
    level = level or {2: "state", 5: "county", 7: "place", 10: "county_subdivision"}[len(geoid)]
    return Population(
        level=level,  # type: ignore[arg-type]
        geoid=geoid,
        county=county,
        name=name,
        year=2024,
        value=value,
        series=SERIES,
    )


PLACES = [
    area("5531175", "Greenfield city", "WI", 42.9619, -88.0120),
    area("3423700", "Chatham borough", "NJ", 40.7410, -74.3840),
    area("4752006", "Nashville-Davidson metropolitan government (balance)", "TN", 36.17, -86.78),
    area("0273070", "Sitka city and borough", "AK", 57.2, -135.4),
]
TOWNS = [
    area("3402712130", "Chatham township", "NJ", 40.7280, -74.4290),
    area("4204579000", "Upper Darby township", "PA", 39.9490, -75.2890),
    area("0911070550", "Simsbury town", "CT", 41.8730, -72.8250),
    area("0611193430", "Thousand Oaks CCD", "CA", 34.19, -118.87),
]
PEOPLE = [
    people("5531175", "Greenfield city", 36_800),
    people("4204579000", "Upper Darby township", 84_500),
]


def imported(ledger: Ledger, *, estimates: bool = True) -> pd.DataFrame:
    read(ledger, *PLACES, warc="p", source="census_places", file=True)
    read(ledger, *TOWNS, warc="t", source="census_county_subdivisions", file=True)
    if estimates:
        read(ledger, *PEOPLE, warc="e", source="census_place_populations", file=True)
    return census.places(known(ledger))


def located(gazetteer: pd.DataFrame, *rows: tuple[str | None, ...]) -> pd.DataFrame:
    asked = pd.DataFrame(rows, columns=["city", "county", "state"]).astype("string")
    return places.locate(asked, gazetteer)


def test_without_imports_what_ships_stands(ledger: Ledger) -> None:
    assert census.places(known(ledger)) is places.embedded()
    assert census.area_populations(known(ledger)).empty


def test_a_place_takes_its_geoid_and_its_official_residents_with_the_year(ledger: Ledger) -> None:
    rows = (("Greenfield", "Milwaukee County", "WI"), ("Chatham", "Morris County", "NJ"))
    before = located(places.embedded(), *rows)
    after = located(imported(ledger), *rows)
    assert after["place_geoid"].tolist() == ["5531175", "3423700"]
    assert before["place_geoid"].isna().all()
    assert (after.loc[0, "population"], after.loc[0, "population_year"]) == (36_800, 2024)
    assert after["population"].tolist()[1] == before["population"].tolist()[1], "GeoNames' stands"
    assert after["population_year"].isna().tolist() == [False, True], "and bears no year"
    for column in ("latitude", "longitude", "county_geoid", "location_precision"):
        assert after[column].tolist() == before[column].tolist()


def test_towns_and_townships_that_ship_without_a_point_get_one(ledger: Ledger) -> None:
    found = located(
        imported(ledger),
        ("Upper Darby", "Delaware County", "PA"),
        ("Upper Darby Township", None, "PA"),
        ("Chatham Township", "Morris County", "NJ"),
        ("Simsbury", "Hartford County", "CT"),
    )
    assert found["location_precision"].eq("place_centroid").all()
    assert found["place_geoid"].tolist() == ["4204579000"] * 2 + ["3402712130", "0911070550"]
    assert found["county_geoid"].tolist() == ["42045", "42045", "34027", "09003"]
    assert found["population"].tolist()[:2] == [84_500, 84_500]


def test_a_borough_is_not_the_township_around_it(ledger: Ledger) -> None:
    found = located(imported(ledger), ("Chatham", None, "NJ"), ("Chatham Borough", None, "NJ"))
    assert found["place_geoid"].tolist() == ["3423700"] * 2


def test_consolidated_governments_go_by_either_name(ledger: Ledger) -> None:
    gazetteer = imported(ledger)
    for name in ("Nashville", "Nashville-Davidson"):
        assert located(gazetteer, (name, None, "TN"))["place_geoid"].tolist() == ["4752006"]
    assert located(gazetteer, ("Sitka", None, "AK"))["place_geoid"].tolist() == ["0273070"]


def test_a_division_made_for_statistics_is_no_place(ledger: Ledger) -> None:
    assert "0611193430" not in set(imported(ledger)["place_geoid"])


def test_a_point_inside_a_county_is_nobodys(ledger: Ledger) -> None:
    county = area("55079", "Milwaukee County", "WI", 43.0, -87.9)
    read(ledger, county, warc="c", source="census_counties", file=True)
    assert census.places(known(ledger)) is places.embedded()
    imported(ledger)
    gazetteer = census.places(known(ledger))
    assert not gazetteer["latitude"].eq(43.0).any()
    found = located(gazetteer, (None, "Milwaukee County", "WI"))
    assert found["location_precision"].tolist() == ["county_centroid"]


def test_an_earlier_day_knows_nothing_of_later_lists(ledger: Ledger) -> None:
    read(ledger, *PLACES, warc="p", day="2024-12-31", source="census_places", file=True)
    before = facts(ledger, catalogue(), date(2024, 12, 30))
    after = facts(ledger, catalogue(), date(2024, 12, 31))
    assert census.places(before)["place_geoid"].isna().all()
    assert census.places(after)["place_geoid"].notna().sum() >= len(PLACES)


def test_estimates_alone_tell_residents_where_the_county_agrees(ledger: Ledger) -> None:
    part = people("5531175", "Greenfield city", 36_800, "place_part", "55079")
    read(ledger, *PEOPLE, part, warc="e", source="census_place_populations", file=True)
    gazetteer = census.places(known(ledger))
    found = located(gazetteer, ("Greenfield", "Milwaukee County", "WI"))
    assert found["population"].tolist() == [36_800]
    assert located(gazetteer, ("Greenfield", None, "CA"))["population_year"].isna().all()


def test_every_published_geoid_and_population_is_proved(ledger: Ledger) -> None:
    police = Listing(
        programme="neighbors_portal",
        agency="Greenfield Police Department",
        state="WI",
        city="Greenfield",
        county="Milwaukee County",
    )
    capture = read(ledger, police)
    without = clean(known(ledger), catalogue())
    imported(ledger)
    read(ledger, people("55", "Wisconsin", 5_900_000), warc="c", source=ESTIMATES[1], file=True)
    tables = clean(known(ledger), catalogue())
    row = tables["agencies"].iloc[0]
    assert (row["place_geoid"], row["population_year"]) == ("5531175", 2024)
    assert row["agency_id"] == without["agencies"]["agency_id"][0], "no id changes"
    evidence = tables["evidence"]
    mine = evidence[evidence["row_id"].eq(row["agency_id"]) & evidence["table"].eq("agencies")]
    sources = tables["captures"].set_index("capture_id")["source"]
    assert set(mine["capture_id"].map(sources)) == {
        *("ring_agency_map", "census_places", "census_place_populations"),
    }
    assert capture in set(mine["capture_id"])
    assert tables["area_populations"]["area"].tolist() == ["WI"]


# Denominators of areas


def official(**residents: int) -> pd.DataFrame:
    names = {"area": list(residents), "population": list(residents.values())}
    return pd.DataFrame(names).assign(year=2024, series=SERIES)


def test_official_estimates_stand_before_those_that_ship() -> None:
    told = official(WI=6_000_000, **{"55079": 910_000, "09110": 980_000})
    found = areas.populations(told).set_index("area")
    shipped = areas.populations().set_index("area")
    assert found.loc[["WI", "55079", "09110"], "year"].tolist() == [2024] * 3
    assert found.loc["55079", "population"] == 910_000
    stands = found.loc[["09003"]].equals(shipped.loc[["09003"]])
    assert stands, "the county stands beside the region"
    assert len(found) == len(shipped) + 1
    assert found.index.is_unique


def test_older_estimates_do_not_take_the_place_of_newer_ones() -> None:
    told = official(WI=5_800_000, PR=3_200_000).assign(year=2018)
    found = areas.populations(told).set_index("area")
    assert found.loc[["WI", "PR"], "year"].tolist() == [2020, 2018]


def test_the_line_under_a_rate_names_the_estimates_it_rests_on() -> None:
    assert areas.population_source() == places.POPULATIONS
    told = areas.population_source(official(WI=6_000_000))
    assert "population estimates, vintage 2024" in told
    assert places.POPULATIONS in told


def test_the_towns_of_connecticut_lie_in_one_county_and_one_region_each() -> None:
    towns = places.connecticut()
    assert len(towns) == 169
    assert towns["name"].is_unique
    assert towns["county_geoid"].nunique() == 8
    assert towns["region_geoid"].value_counts().sort_index().tolist() == [
        *(38, 6, 17, 19, 16, 21, 15, 19, 18),
    ]
    known = places.founding().query("state == 'CT'").set_index("key")["county_geoid"]
    county = known.reindex(places.place_keys(towns["name"])).set_axis(towns.index)
    assert county.notna().sum() > 100
    assert county.dropna().eq(towns["county_geoid"][county.notna()]).all()
    asked = pd.Series(["Hartford", "Naugatuck", "Hartford"], dtype="string")
    states = pd.Series(["CT", "CT", "WI"], dtype="string")
    regions = census.planning_regions(asked, states)
    assert regions.tolist()[:2] == ["09110", "09140"]
    assert pd.isna(regions[2])


@pytest.mark.real
@pytest.mark.parametrize(
    ("source", "file", "rows"),
    [
        ("census_places", "gazetteer-places-2010.tsv", 29_514),
        ("census_counties", "gazetteer-counties-2017.txt", 3_220),
        ("census_county_populations", "county-population-2010-2018.csv", 3_272),
    ],
)
def test_the_real_lists_are_read_whole(real: Path, source: str, file: str, rows: int) -> None:
    found = parsed((real / "census" / file).read_bytes(), source)
    told = [record for record in found if isinstance(record, CensusArea | Population)]
    assert not [record for record in found if isinstance(record, Rejection)]
    assert len(told) == rows
    assert len({record.geoid for record in told}) == rows
