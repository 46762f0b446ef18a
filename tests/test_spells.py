"""Spells of one source, and two names of one department: each rule on a frame made by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.renames import newest_names, of_page, renamed, renames
from analysis.spells import Absences, programme_looks, source_spells

RING, PORTAL = "ring_agency_map", "neighbors_portal"
A, B, C = "oh-a-police", "oh-b-police", "oh-c-police"


def moment(month: int) -> str:
    return f"2021-{month:02d}-01T00:00:00Z"


def listed(*patterns: str, **more: object) -> pd.DataFrame:
    """Listings of A, B, ... by month: a letter shows the department, anything else does not."""
    rows = [
        {
            "source": RING,
            "agency_id": f"oh-{chr(97 + number)}-police",
            "name": f"{chr(65 + number)} Police",
            "usps": "OH",
            "city": "Springfield",
            "profile_url": "",
            "programme": PORTAL,
            "look_id": f"look {month}",
            "capture_id": f"capture {month}",
            "observed_at": moment(month),
        }
        | more
        for number, pattern in enumerate(patterns)
        for month, mark in enumerate(pattern, 1)
        if mark.isalpha()
    ]
    return pd.DataFrame(rows).sort_values("observed_at", kind="stable", ignore_index=True)


def looked(whole: str) -> pd.DataFrame:
    """Looks by month: ``x`` is whole, anything else is not."""
    return pd.DataFrame(
        [
            {"look_id": f"look {month}", "source": RING, "observed_at": moment(month)}
            | {"whole": mark == "x", "first_hand": True}
            for month, mark in enumerate(whole, 1)
        ]
    )


NOTHING = pd.DataFrame(columns=["look_id", "name", "programme", "rows"], dtype=object)


def spells(
    pattern: str, whole: str, aside: pd.DataFrame = NOTHING, others: pd.DataFrame = NOTHING
) -> pd.DataFrame:
    """The spells of A."""
    seen = listed(pattern)
    looks = programme_looks(looked(whole), seen, others)
    return source_spells(seen, Absences.of(seen, looks, aside))


def months(found: pd.DataFrame, column: str) -> list[int | None]:
    return [None if pd.isna(text) else int(text[5:7]) for text in found[column]]


def test_a_spell_ends_with_the_second_moment_without_it() -> None:
    found = spells("A--A", "xxxx")
    assert found["spell"].tolist() == [1, 2]
    assert months(found, "first_observed") == [1, 4]
    assert months(found, "last_observed") == [1, 4]
    assert months(found, "first_missing") == [2, None]
    assert months(found, "second_missing") == [3, None]
    assert found["second_missing_look"].tolist()[0] == "look 3"
    assert found["missing"].tolist() == [2, 0]
    assert found[["first_look", "last_look"]].values.tolist() == [["look 1"] * 2, ["look 4"] * 2]


def test_one_moment_without_it_ends_nothing() -> None:
    found = spells("A-A-", "xxxx")
    assert months(found, "last_observed") == [3]
    assert months(found, "first_missing") == [4]
    assert found["second_missing"].isna().all()


@pytest.mark.parametrize("whole", ["x  x", "x x ", " xx "])
def test_only_whole_looks_show_absence_and_all_show_presence(whole: str) -> None:
    found = spells("A--A", whole)
    assert len(found) == (2 if whole == " xx " else 1)
    assert months(found, "first_observed")[0] == 1
    assert months(found, "last_observed")[-1] == 4


def test_looks_before_the_first_sighting_miss_nothing() -> None:
    assert months(spells("--A", "xxx"), "first_missing") == [None]


def test_two_looks_of_one_moment_are_one_moment() -> None:
    seen = listed("A-")
    twice = pd.concat([looked("xx"), looked("xx").assign(look_id=["again 1", "again 2"])])
    found = source_spells(seen, Absences.of(seen, programme_looks(twice, seen, NOTHING), NOTHING))
    assert found["missing"].tolist() == [1]
    assert found["first_missing_look"].tolist() == ["again 2"]


def test_a_row_set_aside_under_its_name_takes_the_moment_out() -> None:
    aside = pd.DataFrame({"look_id": ["look 2"], "name": ["a POLICE"]})
    found = spells("A---", "xxxx", aside)
    assert months(found, "first_missing") == [3]
    assert months(found, "second_missing") == [4]
    assert found["missing"].tolist() == [2]
    assert spells("A--A", "xxxx", aside)["spell"].tolist() == [1]
    other = aside.assign(name="B Police")
    assert spells("A--A", "xxxx", other)["spell"].tolist() == [1, 2]


def test_an_absent_category_is_no_look_at_its_programme() -> None:
    others = pd.DataFrame({"look_id": ["look 2"], "programme": [PORTAL], "rows": [0]})
    assert spells("A--A", "xxxx", others=others)["spell"].tolist() == [1]
    assert spells("A--A", "xxxx", others=others.assign(rows=5))["spell"].tolist() == [1, 2]
    assert spells("A--A", "xxxx", others=others.assign(programme=""))["spell"].tolist() == [1, 2]


def test_a_source_without_a_whole_look_misses_nothing() -> None:
    found = spells("A--", "   ")
    assert found["missing"].tolist() == [0]
    assert found["first_missing"].isna().all()


NO_DECISIONS = pd.DataFrame(columns=["row_id", "value", "observed_at", "source", "capture_id"])
PAGE = "https://agency.example/agencies/1"


def test_a_new_name_on_the_same_page_in_the_same_place_is_a_rename() -> None:
    seen = listed("AA--", "--BB", profile_url=PAGE)
    found = renames(seen, NO_DECISIONS)
    assert found.to_dict("records") == [
        {
            "agency_id": A,
            "former_id": A,
            "new_id": B,
            "former": "A Police",
            "name": "B Police",
            "observed_at": moment(3),
            "source": RING,
            "capture_id": "capture 3",
        }
    ]
    assert set(renamed(seen, found)["agency_id"]) == {A}
    assert newest_names(found).to_dict() == {A: "B Police"}


def test_a_chain_of_names_keeps_the_oldest_id() -> None:
    seen = listed("--C-", "-B--", "C---", profile_url=PAGE)
    found = renames(seen, NO_DECISIONS)
    assert set(found["agency_id"]) == {C}
    assert set(renamed(seen, found)["agency_id"]) == {C}
    assert newest_names(found).to_dict() == {C: "A Police"}


@pytest.mark.parametrize(
    ("patterns", "more"),
    [
        (("AA--", "-BBB"), {"profile_url": PAGE}),
        (("A-A-", "-B-B"), {"profile_url": PAGE}),
        (("AA--", "--BB"), {"profile_url": ""}),
    ],
    ids=["both at once", "to and fro", "no page"],
)
def test_what_is_no_rename(patterns: tuple[str, str], more: dict[str, object]) -> None:
    assert renames(listed(*patterns, **more), NO_DECISIONS).empty


@pytest.mark.parametrize("column", ["profile_url", "city", "usps", "source"])
def test_another_page_place_state_or_source_is_another_department(column: str) -> None:
    seen = listed("AA--", "--BB", profile_url=PAGE)
    seen.loc[seen["agency_id"].eq(B), column] = "other"
    assert renames(seen, NO_DECISIONS).empty


def test_a_rename_that_another_list_contradicts_is_none() -> None:
    ours = listed("AA--", "--BB", profile_url=PAGE)
    theirs = listed("A---", "B---", source="atlas_of_surveillance").assign(look_id="atlas 1")
    assert renames(pd.concat([theirs, ours], ignore_index=True), NO_DECISIONS).empty


def test_a_reviewed_decision_makes_two_ids_one() -> None:
    seen = listed("AA--", "--BB")
    decided = pd.DataFrame(
        [{"row_id": B, "value": A, "observed_at": moment(9), "source": "corrections"}]
    ).assign(capture_id="reviewed")
    found = renames(seen, decided)
    assert found[["agency_id", "former", "name"]].values.tolist() == [[A, "A Police", "B Police"]]
    assert renames(seen, decided.assign(value="oh-nobody-police")).empty
    assert renames(seen, decided.assign(value=B)).empty


def counts(url: str = PAGE, state: str = "") -> pd.DataFrame:
    return pd.DataFrame(
        {"agency_id": [pd.NA], "usps": [pd.NA], "state": [state], "profile_url": [url]}
        | {"trouble": ["state not understood: ''"]}
    )


def test_a_count_without_a_state_belongs_to_the_bearer_of_its_page() -> None:
    seen = listed("A", profile_url=PAGE + "/")
    found = of_page(counts(), seen).iloc[0]
    assert (found["agency_id"], found["usps"]) == (A, "OH")
    assert pd.isna(found["trouble"])
    alone = of_page(counts(), listed("A")).iloc[0]
    assert pd.isna(alone["agency_id"])
    assert alone["trouble"] == "names no state, and no listing bears its page"
    shared = of_page(counts(), listed("A", "B", profile_url=PAGE)).iloc[0]
    assert pd.isna(shared["agency_id"])
    assert shared["trouble"] == "names no state, and several departments bear its page"
    elsewhere = of_page(counts(state="Narnia"), seen).iloc[0]
    assert elsewhere["trouble"] == "state not understood: ''"
