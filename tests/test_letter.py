"""The public records request: it names the law where it is sure of it, and asks for no person."""

from __future__ import annotations

import csv
import html
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.places import REFERENCE
from analysis.records_laws import laws
from analysis.states import STATES
from maps import words
from tests import synthetic
from tests.test_agency import GOLDEN, drafts, site

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return synthetic.tables(400)


@pytest.fixture(scope="module")
def letters(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("letters")
    return {
        key: letter(page.render()) for key, page in drafts(tables, site(tables, folder)).items()
    }


def letter(page: str) -> str:
    """The text of the letter as somebody would copy it."""
    block = page[page.index('<pre class="letter"') :].split("</pre>")[0]
    return html.unescape(re.sub("<[^>]*>", "", block)).strip("\n") + "\n"


def test_a_letter_read_by_hand(letters: dict[str, str]) -> None:
    assert letters[GOLDEN].startswith("""[YOUR NAME]
[YOUR ADDRESS]

[DATE]

Dunderbury County Sheriff's Office
Records officer
Dunderbury, Dunder County, Alabama

Request for public records: Camera registry and Ring Neighbors Portal

To the records officer:

Under the Alabama public records law (Ala. Code § 36-12-40 et seq.) I ask for copies of the \
records described below.

Your department is named in published lists of these programmes:

* Camera registry: since January 2019 (month; the day is not known). Listed as of 7 October 2020; \
nothing later is known.
* Ring Neighbors Portal (later Neighbors Public Safety Service): since 28 November 2018 (day). \
Listed as of 7 October 2020; nothing later is known.

A list does not show whether a programme was used. Your records do. Please send, from the day on \
which the department first had access to the day of your answer:

1. The number of requests for footage or for other help that the department made through each \
programme, by month and by tool (private video requests by e-mail and public Request for \
Assistance posts), with the months in which it made none. No published number is known for \
Q2 2020; July to September 2020: please include them.

2. Agreements, memoranda of understanding""")


@pytest.mark.parametrize(
    "wish",
    [
        "Policies, orders and rules",
        "Training material",
        "Correspondence with any company",
        "Invoices, purchase orders, grants",
        "Audit logs of each programme, added up by month so that they name nobody",
        "I do not ask for names or addresses of residents, for footage",
        "please send every part that can be separated from it",
        "Please answer in electronic form",
        "I ask you to waive fees",
    ],
)
def test_what_every_letter_asks_for(wish: str, letters: dict[str, str]) -> None:
    assert all(wish in text for text in letters.values())


def test_every_letter_names_its_department_its_law_and_its_listings(
    letters: dict[str, str], tables: Tables
) -> None:
    listed = tables["participations"].groupby("agency_id").size()
    for row in tables["agencies"].itertuples():
        text = letters[row.agency_id]
        assert f"\n{row.name}\n" in text
        assert text.count("\n* ") == listed[row.agency_id]
        law = laws().get(row.state)
        assert (
            f"Under the {law.name} ({law.citation})" if law else "Under the public records law of "
        ) in text
        assert re.findall(r"\[[A-Z ]+\]", text) == [
            "[YOUR NAME]",
            "[YOUR ADDRESS]",
            "[DATE]",
            "[YOUR NAME]",
        ]


def test_where_the_law_is_not_known_the_state_is_named(letters: dict[str, str]) -> None:
    unsure = [text for key, text in letters.items() if key[:2].upper() not in laws()]
    assert unsure
    assert all("Under the public records law of " in text for text in unsure)


def test_no_letter_for_a_number_that_is_known(tables: Tables, tmp_path: Path) -> None:
    counts = tables["footage_requests"]
    one = counts[counts["agency_id"].eq(GOLDEN) & counts["metric"].eq("video_requests")]
    one = one[one["current"]].assign(value_state="zero_stated", value=0.0)
    whole = tables | {"footage_requests": one}
    text = letter(drafts(whole, site(whole, tmp_path))[GOLDEN].render())
    assert "No published number is known for July to September 2020: please" in text


def test_a_department_in_no_programme_is_asked_of_all(tables: Tables, tmp_path: Path) -> None:
    whole = tables | {"participations": tables["participations"].iloc[:0]}
    text = letter(drafts(whole, site(whole, tmp_path))[GOLDEN].render())
    assert "Request for public records: private camera footage asked of residents" in text
    assert "Please send, of every programme through which" in text
    assert "\n* " not in text


def test_laws_are_of_states_each_once_and_whole() -> None:
    with (REFERENCE / "records_laws.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    states = [row["state"] for row in rows]
    assert len(states) == len(set(states)) == len(laws())
    assert set(states) <= set(STATES)
    assert len(set(states) - {"DC", "PR"}) == 50
    for row in rows:
        assert list(row) == ["state", "law", "citation", "source"]
        assert all(text and text == text.strip() for text in row.values())
        assert re.search(r"\d", row["citation"])
        assert not re.search(r"https?:|\bdays?\b|\$", " ".join(row.values()))
    assert len({row["citation"] for row in rows}) == len(rows)


def test_the_tools_it_names_are_words_of_the_page(letters: dict[str, str]) -> None:
    assert any(all(tool in text for tool in words.TOOLS.values()) for text in letters.values())
