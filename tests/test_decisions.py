"""Reviewed decisions about which department is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.decisions import COLUMNS, KINDS, decisions, read
from analysis.names import fold
from analysis.places import reference_table

HEAD = ",".join(COLUMNS)
GOOD = "same,OH,Quarrytown PD,,,OH0990100,the only one,2026-11-23,own knowledge"


def written(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "agency_decisions.csv"
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return path


def test_the_shipped_decisions_can_be_read_and_say_why() -> None:
    found = decisions()
    assert len(found) > 70
    assert {one.decision for one in found} <= set(KINDS)
    assert all(one.reason and one.source for one in found)
    assert list(found) == sorted(
        found, key=lambda one: (one.decision, one.state, one.name, one.place, one.county)
    )


def test_the_counties_that_are_decided_are_counties() -> None:
    geoids = set(reference_table("us_counties.csv.gz")["county_geoid"])
    decided = [one for one in decisions() if one.decision == "county"]
    assert decided
    assert {one.target for one in decided} <= geoids


def test_a_row_is_read(tmp_path: Path) -> None:
    (one,) = read(written(tmp_path, GOOD))
    assert (one.decision, one.state, one.target) == ("same", "OH", "OH0990100")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("alike,OH,X PD,,,OH0990100,why,2026-11-23,me", "no decision 'alike'"),
        ("same,ZZ,X PD,,,OH0990100,why,2026-11-23,me", "'ZZ' is no USPS code"),
        ("same,OH,,,,OH0990100,why,2026-11-23,me", "name is empty"),
        ("county,OH,,,,39001,why,2026-11-23,me", "county is empty"),
        ("same,OH,X PD,,,Ohio!,why,2026-11-23,me", "the target 'Ohio!'"),
        ("county,OH,,,Quary,Quarry,why,2026-11-23,me", "the target 'Quarry'"),
        ("alias,OH,XPD,,,,why,2026-11-23,me", "the target ''"),
        ("called,OH,X,Elmbury,,Y,why,2026-11-23,me", "a called is true of the whole state"),
        ("same,OH,X PD,,,OH0990100,,2026-11-23,me", "reason is empty"),
        ("same,OH,X PD,,,OH0990100,why,23.11.2026,me", "decided is a day"),
        ("same,OH,X PD,,,OH0990100,why,2026-11-23,me,more", "more cells than columns"),
    ],
)
def test_a_bad_row_is_refused_in_one_sentence(tmp_path: Path, row: str, words: str) -> None:
    with pytest.raises(ValueError, match="line 3") as refused:
        read(written(tmp_path, GOOD, row))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the columns are a, b"):
        read(written(tmp_path, head="a,b"))


def test_two_targets_for_one_name_are_refused(tmp_path: Path) -> None:
    other = GOOD.replace("OH0990100", "OH0990200")
    with pytest.raises(ValueError, match="two targets of same"):
        read(written(tmp_path, GOOD, other))
    assert (
        len(read(written(tmp_path, GOOD, GOOD.replace("OH0990100", "oh-quarrytown-police")))) == 2
    )


def test_what_is_and_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is and is not OH0990100"):
        read(written(tmp_path, GOOD, GOOD.replace("same", "not_same")))
    both = [
        GOOD.replace("same", "not_same"),
        GOOD.replace("same", "not_same").replace("100", "200"),
    ]
    assert len(read(written(tmp_path, *both))) == 2


def test_no_alias_leads_to_itself() -> None:
    import pandas as pd

    aliases = [one for one in decisions() if one.decision == "alias"]
    names = fold(pd.Series([one.name for one in aliases]))
    assert (names != fold(pd.Series([one.target for one in aliases]))).all()
