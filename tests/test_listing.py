"""The list of all departments, the table of states and their pages, read as bytes."""

from __future__ import annotations

import doctest
import html as entities
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from lxml import html

import maps.summary
from analysis.areas import populations
from analysis.states import STATES
from maps import listing, payload, state, words
from maps.columns import script_json
from maps.document import Setting, setting
from maps.folder import Draft
from maps.layers import static
from maps.summary import FEW_DEPARTMENTS, summaries
from tests import synthetic

Tables = dict[str, pd.DataFrame]
NAMES = {code: one.name for code, one in STATES.items()}
N = 300
DOUBTED = "nothing later is known; not found on 2 November 2020, which alone ends nothing"


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic.tables(N)


def drafts(tables: Tables, folder: Path, **options: str) -> dict[str, Draft]:
    agencies = listing.ordered(tables, NAMES)
    frame = about(tables, folder, **options)
    rows = listing.rows(tables, agencies)
    records = payload.departments(tables, agencies, NAMES)
    made = [
        *listing.drafts(tables, agencies, rows, records, frame),
        *state.drafts(tables, agencies, rows, summaries(tables, agencies), frame),
    ]
    return {draft.name: draft for draft in made}


def about(tables: Tables, folder: Path, address: str = "") -> Setting:
    return setting(tables, folder / "site", None, "", address)


def read(text: str) -> html.HtmlElement:
    return html.document_fromstring(text)


def lines(page: html.HtmlElement) -> list[list[list[str]]]:
    """By department, the cells of each of its lines."""
    found: list[list[list[str]]] = []
    for row in page.xpath("//table[contains(@class, 'departments')]/tbody/tr"):
        cells = [cell.text_content().removesuffix("\n") for cell in row]
        if row[0].tag == "th":
            found.append([cells])
        else:
            found[-1].append(cells)
    return found


def one(kind: str, **changes: object) -> Tables:
    """A single department with one listing, changed so."""
    tables = synthetic.tables(1)
    listed = tables["participations"].head(1).assign(valid_to_kind=kind, **changes)
    return synthetic.checked(tables | {"participations": listed})


def said(tables: Tables) -> listing.Line:
    (row,) = listing.rows(tables, listing.ordered(tables, NAMES))
    return row.lines[0]


def test_every_department_is_a_row_in_the_order_of_the_payload(
    tables: Tables, tmp_path: Path
) -> None:
    agencies = listing.ordered(tables, NAMES)
    page = read(drafts(tables, tmp_path)["list.html"].render())
    rows = lines(page)
    links = page.xpath("//table/tbody/tr/th/a/@href")
    assert links == [f"agency/{key}.html" for key in agencies["agency_id"]]
    assert len(set(links)) == N
    assert [row[0][0] for row in rows] == list(agencies["name"])
    facets = payload.facets(payload.departments(tables, agencies, NAMES))
    assert facets["n"] == N
    assert script_json(facets) == page.get_element_by_id("records").text
    order = sorted(
        zip(agencies["state"].map(NAMES), agencies["name"], agencies["agency_id"], strict=True),
        key=lambda row: (row[0], row[1].casefold(), row[2]),
    )
    assert [row[2] for row in order] == list(agencies["agency_id"])


def test_the_table_has_bodies_of_as_many_departments_as_its_script_makes(
    tables: Tables, tmp_path: Path
) -> None:
    page = read(drafts(tables, tmp_path)["list.html"].render())
    bodies = page.xpath("//table[contains(@class, 'departments')]/tbody")
    assert [len(body.xpath("tr/th")) for body in bodies] == [50] * (N // 50)
    assert "const GROUP = 50;" in static("list.js")


def test_a_row_says_what_the_tables_say(tables: Tables, tmp_path: Path) -> None:
    agencies = listing.ordered(tables, NAMES).set_index("agency_id")
    rows = lines(read(drafts(tables, tmp_path)["list.html"].render()))
    listed = tables["participations"].groupby("agency_id")
    spells = 0
    for (key, agency), row in zip(agencies.iterrows(), rows, strict=True):
        assert row[0][1:5] == [
            words.KINDS[agency["type"]],
            agency["city"],
            agency["county"],
            agency["state_name"],
        ]
        mine = listed.get_group(key)
        spells += len(mine)
        assert Counter(line[-4] for line in row) == Counter(
            mine["programme"].map(words.programme_name)
        )
        starts = mine["valid_from"].dropna().map(words.day)
        assert Counter(starts) <= Counter(line[-3] for line in row)
        assert {line[-1] for line in row} == set(mine["last_observed"].str[:10].map(words.day))
    assert spells == sum(map(len, rows)) == len(tables["participations"]) > N


@pytest.mark.parametrize(
    ("kind", "changes", "status"),
    [
        ("ongoing", {}, "listed at the last look"),
        ("unknown", {}, "nothing later is known"),
        ("delisted_observed", {}, "no longer listed since 2 November 2020"),
        ("ended_stated", {"valid_to": "2020-09"}, "ended September 2020, as a source states"),
        ("programme_ended", {"valid_to": "2020-09-30"}, "the programme ended 30 September 2020"),
        ("unknown", {"first_missing": "2020-11-02T06:30:00Z"}, DOUBTED),
    ],
)
def test_a_status_claims_no_more_than_was_seen(
    kind: str, changes: dict[str, str], status: str
) -> None:
    missing = "2020-11-02T06:30:00Z" if kind == "delisted_observed" else None
    assert said(one(kind, **{"first_missing": missing} | changes)).status == status


@pytest.mark.parametrize(
    ("start", "precision", "since"),
    [
        ("2019-06-05", "day", "5 June 2019"),
        ("2019-06", "month", "June 2019"),
        ("2019", "year", "2019"),
        (None, "unknown", "not stated; by 11 June 2020"),
    ],
)
def test_a_start_is_as_precise_as_it_is_stated(
    start: str | None, precision: str, since: str
) -> None:
    line = said(one("unknown", valid_from=start, valid_from_precision=precision))
    assert line.since == since
    assert line.last == "7 October 2020"


@pytest.mark.parametrize(
    ("value_state", "value", "told"),
    [
        ("value", 3.0, "known"),
        ("zero_stated", 0.0, "known"),
        ("not_published", None, "not published"),
        ("fetch_failed", None, "a source gives no number"),
        (None, None, "not published"),
    ],
)
def test_whether_a_request_count_is_known_is_never_a_number(
    value_state: str | None, value: float | None, told: str
) -> None:
    tables = synthetic.tables(60)
    mine = tables["footage_requests"].query("metric == 'video_requests' and current").head(1)
    tables["footage_requests"] = mine.iloc[:0]
    if value_state:
        tables["footage_requests"] = mine.assign(value_state=value_state, value=value)
    rows = listing.rows(tables, listing.ordered(tables, NAMES))
    key = f"{mine['agency_id'].item()}.html"
    assert [row.counts for row in rows if row.file == key] == [told]
    assert {row.counts for row in rows if row.file != key} == {"not published"}


def test_counts_of_posts_that_ask_for_nothing_are_no_request_counts() -> None:
    tables = synthetic.tables(60)
    counts = tables["footage_requests"]
    tables["footage_requests"] = counts[counts["metric"].eq("animals_posts")]
    rows = listing.rows(tables, listing.ordered(tables, NAMES))
    assert len(tables["footage_requests"])
    assert {row.counts for row in rows} == {"not published"}


def test_a_department_in_no_programme_says_so(tmp_path: Path) -> None:
    tables = one("unknown") | {"participations": synthetic.tables(1)["participations"].iloc[:0]}
    pages = drafts(tables, tmp_path)
    (row,) = lines(read(pages["list.html"].render()))
    assert row[0][-4:] == ["not listed in any we know of", "", "", ""]
    code = tables["agencies"]["state"].item().lower()
    assert "not listed in any we know of" in pages[f"state/{code}.html"].render()


def test_hostile_text_is_text(tmp_path: Path) -> None:
    tables = synthetic.hostile()
    pages = drafts(tables, tmp_path, address='https://e.example/"><img src=x>')
    for draft in pages.values():
        text = draft.render()
        page = read(text)
        assert not page.xpath("//img | //iframe | //*[@onclick or @onerror or @onload]")
        assert all(len(link) < 400 for link in page.xpath("//a/@href"))
        assert not page.xpath("//a[contains(@href, 'script:')]")
        assert len(page.xpath("//script")) == len(re.findall("<script", text))
    rows = lines(read(pages["list.html"].render()))
    assert sorted(row[0][0] for row in rows) == sorted(tables["agencies"]["name"])
    assert {row[0][2] for row in rows} == set(tables["agencies"]["city"])
    shown = [lines(read(pages[f"state/{code.lower()}.html"].render())) for code in STATES]
    assert sorted(row[0][0] for rows in shown for row in rows) == sorted(tables["agencies"]["name"])


def test_too_many_for_one_table_are_led_to_the_states(
    tables: Tables, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "TABLE_WITHIN", N - 1)
    text = drafts(tables, tmp_path)["list.html"].render()
    page = read(text)
    assert not page.xpath("//table | //script | //form")
    assert "script-src 'none'" in entities.unescape(text)
    assert "too many for one table" in page.text_content()
    links = page.xpath("//ul[@class='states']/li")
    found = {link.xpath("a/@href")[0]: link.xpath("span")[0].text_content() for link in links}
    wanted = tables["agencies"]["state"].str.lower().value_counts()
    assert found == {f"state/{code}.html": str(number) for code, number in wanted.items()}
    monkeypatch.setattr(listing, "TABLE_WITHIN", N)
    assert len(lines(read(drafts(tables, tmp_path)["list.html"].render()))) == N


def test_nobody_listed_anywhere_is_still_a_list_and_states(tmp_path: Path) -> None:
    empty = {name: frame.iloc[:0] for name, frame in synthetic.tables(5).items()}
    pages = drafts(empty, tmp_path)
    assert "No department is known yet" in pages["list.html"].render()
    table = read(pages["states.html"].render()).xpath("//tbody/tr/td")
    assert [cell.text_content().strip() for cell in table] == ["None listed in what we have"] * 56


def test_the_same_tables_in_any_order_are_the_same_pages(tables: Tables, tmp_path: Path) -> None:
    shuffled = {
        name: frame if name == "sources" else frame.sample(frac=1, random_state=3)
        for name, frame in tables.items()
    }
    once, again = drafts(tables, tmp_path), drafts(shuffled, tmp_path)
    assert {name: draft.source for name, draft in once.items()} == {
        name: draft.source for name, draft in again.items()
    }
    for name in ("list.html", "states.html", "state/tx.html", "state/wy.html"):
        assert once[name].render() == again[name].render()


def changed(tables: Tables, table: str, **cells: object) -> Tables:
    """``tables`` with the first row of one of them changed."""
    frame = tables[table].copy()
    for column, value in cells.items():
        frame.loc[frame.index[0], column] = value
    return tables | {table: frame}


def counted(tables: Tables) -> pd.DataFrame:
    """A known number of requests of the first department."""
    counts = synthetic.tables(60)["footage_requests"].query("metric == 'video_requests'")
    stated = counts.query("value_state == 'value' and current")
    return stated.head(1).assign(agency_id=tables["agencies"]["agency_id"].iloc[0])


EARLIER = {"last_observed": "2019-12-07T00:00:00Z"}
CHANGES = {
    "a name": lambda tables: changed(tables, "agencies", name="Another Department"),
    "a point": lambda tables: changed(tables, "agencies", latitude=None),
    "a start": lambda tables: changed(tables, "participations", valid_from="2018-04-01"),
    "an end": lambda tables: changed(tables, "participations", valid_to_kind="delisted_observed"),
    "the look": lambda tables: tables | {"listings": tables["listings"].assign(**EARLIER)},
    "news": lambda tables: changed(tables, "changes", observed_at="2020-10-09T00:00:00Z"),
    "events": lambda tables: tables | {"changes": tables["changes"].dropna(subset="agency_id")},
    "totals": lambda tables: tables | {"footage_totals": tables["footage_totals"].iloc[::2]},
    "a count": lambda tables: tables | {"footage_requests": counted(tables)},
    "a list": lambda tables: tables | {"listings": tables["listings"].iloc[:0]},
}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, dict[str, str], dict[str, str]]:
    """Twelve departments, the sources of their pages, and the pages."""
    tables = synthetic.tables(12, seed=1)
    found = drafts(tables, tmp_path_factory.mktemp("few"))
    sources = {name: draft.source for name, draft in found.items()}
    return tables, sources, {name: draft.render() for name, draft in found.items()}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_a_page_shows_is_in_the_source_of_its_draft(
    change: Callable[[Tables], Tables],
    few: tuple[Tables, dict[str, str], dict[str, str]],
    tmp_path: Path,
) -> None:
    tables, sources, shown = few
    after = drafts(change(tables), tmp_path)
    differ = {name for name in shown if after[name].render() != shown[name]}
    assert differ
    assert differ <= {name for name in shown if after[name].source != sources[name]}


def test_one_department_more_touches_the_page_of_no_other_state(tmp_path: Path) -> None:
    tables = synthetic.tables(60)
    agency = tables["agencies"].iloc[0]
    before = drafts(tables, tmp_path)
    after = drafts(changed(tables, "agencies", name="Another Department"), tmp_path)
    differ = {name for name in before if after[name].source != before[name].source}
    assert differ == {"list.html", f"state/{agency['state'].lower()}.html"}


def test_states_are_counted_as_the_tables_count_them(tables: Tables) -> None:
    agencies = listing.ordered(tables, NAMES)
    found = {one.code: one for one in summaries(tables, agencies)}
    assert list(found) == sorted(STATES, key=NAMES.__getitem__)
    assert sum(one.departments for one in found.values()) == N
    listed = tables["participations"].sort_values("spell").groupby(["agency_id", "programme"])
    last = listed.last().reset_index()
    gone = last["valid_to_kind"].eq("delisted_observed").groupby(last["agency_id"]).all()
    counts = tables["footage_requests"]
    counted = counts[
        counts["current"] & counts["metric"].isin(words.ASKING) & counts["value"].notna()
    ]
    residents = populations().set_index("area")["population"]
    for code, mine in tables["agencies"].groupby("state"):
        one = found[code]
        assert one.departments == len(mine)
        assert one.gone == gone[mine["agency_id"]].sum()
        assert one.known == mine["agency_id"].isin(counted["agency_id"]).sum()
        assert one.residents == residents.get(code)
        assert bool(one.few) == (one.residents is not None and len(mine) < FEW_DEPARTMENTS)
    assert sum(one.gone for one in found.values()) > 0
    assert found["GU"].residents is None
    assert found["GU"].rate == ""


def test_the_table_of_states_never_calls_nothing_zero(tables: Tables, tmp_path: Path) -> None:
    some = synthetic.without(tables, ["IL", "VT", "TX"])
    few = some["agencies"].query("state == 'WY'")["agency_id"].iloc[1:]
    some = {
        name: frame[~frame["agency_id"].isin(few)] if "agency_id" in frame else frame
        for name, frame in some.items()
    }
    page = read(drafts(some, tmp_path)["states.html"].render())
    rows = {row[0].text_content(): row for row in page.xpath("//tbody/tr")}
    assert list(rows) == sorted(NAMES.values())
    for name in ("Illinois", "Vermont", "Texas"):
        assert [cell.text_content().strip() for cell in rows[name][1:]] == [
            "None listed in what we have"
        ]
    for name, row in rows.items():
        assert row.xpath("th/a/@href") == [f"state/{code_of(name)}.html"]
        assert not [cell for cell in row if cell.text_content().strip() == "0"]
    assert "small number: fewer than 3 departments" in rows["Wyoming"][2].text_content()
    assert "residents not known to us" in rows["Guam"][2].text_content()
    assert "1 July 2020" in page.text_content()
    assert "U.S. Census Bureau" in page.text_content()


def code_of(name: str) -> str:
    return next(code for code, known in NAMES.items() if known == name).lower()


def test_a_state_page_tells_of_its_state_alone(tables: Tables, tmp_path: Path) -> None:
    pages = drafts(tables, tmp_path, address="https://e.example/map/")
    mine = tables["agencies"].query("state == 'OH'")
    page = read(pages["state/oh.html"].render())
    assert page.xpath("//h1")[0].text_content() == "Ohio"
    links = page.xpath("//table[contains(@class, 'departments')]/tbody/tr/th/a/@href")
    assert sorted(links) == sorted(f"../agency/{key}.html" for key in mine["agency_id"])
    assert page.xpath("//a[@href='../index.html#OH']")
    assert page.xpath("//a[@href='../list.html#OH']")
    embed = page.xpath("//pre[@class='embed']")[0].text_content()
    assert embed.startswith('<iframe src="https://e.example/map/embed.html#OH" title="')
    changes = page.xpath("//section[@aria-labelledby='changes-title']//li")
    assert changes
    assert all(", OH: " in change.text_content() for change in changes)
    found = page.xpath("//table[contains(@class, 'totals')]/tbody/tr")
    listed = tables["participations"][tables["participations"]["agency_id"].isin(mine["agency_id"])]
    pairs = listed.drop_duplicates(["agency_id", "programme"])
    for row in found:
        numbers = [cell.text_content() for cell in row[1:]]
        total = sum(int(number) for number in numbers if number != "none")
        title = pairs["programme"].map(words.programme_title)
        assert total == title.eq(row[0].text_content()).sum() > 0
        assert "0" not in numbers
    assert len(found) == pairs["programme"].nunique()
    assert page.xpath("//figure//*[local-name()='svg']")


def test_known_requests_of_a_state_stand_with_how_many_are_known(
    tables: Tables, tmp_path: Path
) -> None:
    pages = drafts(tables, tmp_path)
    totals = tables["footage_totals"].query("scope == 'state'")
    seen = 0
    for code, mine in totals.groupby("state"):
        page = read(pages[f"state/{code.lower()}.html"].render())
        section = page.xpath("//section[@aria-labelledby='requests-title']")[0]
        rows = [[cell.text_content() for cell in row] for row in section.xpath(".//tbody/tr")]
        known = mine[mine["n_known"] > 0]
        assert [(row[0], row[3].strip()) for row in rows] == [
            (words.span(start, end), f"{some} of {all_}")
            for start, end, some, all_ in zip(
                *(known[name] for name in ("period_start", "period_end", "n_known", "n_total")),
                strict=True,
            )
        ]
        for row, state_of, value in zip(rows, known["value_state"], known["value"], strict=True):
            exact = "0, as the source itself says"
            assert row[2] == (exact if state_of == "zero_stated" else f"at least {value:,.15g}")
        text = section.text_content()
        assert ("No department here is known to have a published number" in text) == (not rows)
        assert "no number is known here" in text
        seen += len(rows)
    assert seen > 5


def test_a_state_without_departments_says_that_it_is_no_finding(
    tables: Tables, tmp_path: Path
) -> None:
    pages = drafts(synthetic.without(tables, ["NE"]), tmp_path)
    page = read(pages["state/ne.html"].render())
    main = page.get_element_by_id("main")
    assert "None listed in what we have. That is no finding" in main.text_content()
    assert not main.xpath(".//table")
    assert main.xpath(".//a[@href='../index.html#NE']")


def test_downloads_are_linked_where_they_are(tmp_path: Path) -> None:
    tables = synthetic.tables(5)
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "agencies.csv").touch()
    with_file = drafts(tables, tmp_path)["state/tx.html"]
    links = read(with_file.render()).xpath("//a[contains(@href, 'exports')]/@href")
    assert links == ["../../exports/agencies.csv"]
    assert with_file.source != drafts(tables, tmp_path / "other")["state/tx.html"].source


def test_words_are_careful(tables: Tables, tmp_path: Path) -> None:
    pages = drafts(tables, tmp_path)
    for name in ("list.html", "states.html", "state/oh.html"):
        text = re.sub(r"<(script|style).*?</\1>", "", pages[name].render(), flags=re.DOTALL).lower()
        assert "partner" not in text
        assert "surveil" not in re.sub("atlas.of.surveillance", "", text)
        assert "no finding" in text or name.startswith("state/")


def test_1500_departments_stay_light(tmp_path: Path) -> None:
    tables = synthetic.tables(1_500)
    assert len(drafts(tables, tmp_path)["list.html"].render().encode()) < 560_000


def test_examples_in_docstrings_hold() -> None:
    assert doctest.testmod(maps.summary).failed == 0
