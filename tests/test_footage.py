"""Counts: a number only where one was published, and zero only where somebody wrote it."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.footage import camera_counts, counted, footage_requests, footage_totals
from analysis.tables import CAMERA_COUNTS, FOOTAGE_REQUESTS, FOOTAGE_TOTALS
from spiders.programmes import VALUE_STATES

FIGURES = pd.DataFrame(
    columns=[
        "figure",
        "metric",
        "population",
        "agency",
        "state",
        "agency_id",
        "unit",
        "value",
        "low",
        "high",
        "bound",
        "period_start",
        "period_end",
        "observed_at",
        "source",
        "record_id",
        "capture_id",
    ]
)


def counts(*texts: str, metric: str = "video_requests", **cells: object) -> pd.DataFrame:
    blank = {
        "agency_id": "oh-a-police",
        "programme": "neighbors_portal",
        "metric": metric,
        "label_text": "Video Requests",
        "value_state": None,
        "profile_url": "",
        "observed_at": "2020-07-07T00:00:00Z",
        "look_healthy": True,
        "source": "ring_agency_map",
        "capture_id": "c1",
    }
    rows = [blank | {"value_text": t, "record_id": f"r{n}"} | cells for n, t in enumerate(texts)]
    return counted(pd.DataFrame(rows))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("14", 14),
        (" 1,234\u00a0", 1234),
        ("14 (Q2 2020)", 14),
        ("Q2 2020: 14 requests", 14),
        ("Video requests in the 3rd quarter of 2020: 7", 7),
        ("14 in Jul-Sep 2020", 14),
        ("\u200b14", 14),
    ],
)
def test_a_number_is_read(text: str, value: int) -> None:
    found = counts(text).iloc[0]
    assert (found["value_state"], found["value"]) == ("value", value)
    assert pd.isna(found["trouble"])


@pytest.mark.parametrize("text", ["0", "0 (Q3 2020)", " 0 requests", "00"])
def test_zero_is_stated(text: str) -> None:
    found = counts(text).iloc[0]
    assert (found["value_state"], found["value"]) == ("zero_stated", 0)


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "-", "\u2212", "N/A", "(Q3 2020)", "Q3 2020"])
def test_a_blank_is_not_published_and_no_zero(text: str) -> None:
    found = counts(text).iloc[0]
    assert found["value_state"] == "not_published"
    assert pd.isna(found["value"])
    assert pd.isna(found["trouble"])


@pytest.mark.parametrize(
    "text",
    [
        "-5",
        "−5",
        "1.5",
        "about 12",
        "<5",
        "12+",
        "~12",
        "12%",
        "1 234",
        "12,34",
        "5-10",
        "1e5",
        "zero",
        "none",
        "two",
        "12 of 30",
        "9" * 400,
        "١٢",
        "Q1 15",
        "NaN",
        "12 or 13",
    ],
)
def test_what_is_no_single_count_is_set_aside(text: str) -> None:
    found = counts(text).iloc[0]
    assert pd.isna(found["value_state"])
    assert pd.isna(found["value"])
    assert str(found["trouble"]).startswith("holds no single count: ")


@pytest.mark.parametrize("state", ["not_found", "fetch_failed", "redacted"])
def test_a_state_the_source_gave_is_never_a_number(state: str) -> None:
    found = counts("0", value_state=state).iloc[0]
    assert found["value_state"] == state
    assert pd.isna(found["value"])


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=30) | st.text(alphabet="0123456789,. -Q()requstn", max_size=20))
def test_any_text_has_a_state_or_a_reason(text: str) -> None:
    found = counts(text).iloc[0]
    assert pd.isna(found["value_state"]) == pd.notna(found["trouble"])
    assert pd.isna(found["value_state"]) or found["value_state"] in VALUE_STATES
    numeric = pd.notna(found["value_state"]) and found["value_state"] in ("value", "zero_stated")
    assert pd.notna(found["value"]) == numeric
    if numeric:
        assert (found["value"] == 0) == (found["value_state"] == "zero_stated")
        assert any(c in "0123456789" for c in text)


def test_periods_come_from_the_value_first() -> None:
    found = counts("14 (Q2 2020)", "3", label_text="Requests, Q1 2021")
    assert found["period_label"].tolist() == ["Q2 2020", "Q1 2021"]
    assert found["period_start"].tolist() == ["2020-04-01", "2021-01-01"]
    assert found["period_end"].tolist() == ["2020-06-30", "2021-03-31"]


def seen(*told: tuple[str, str] | tuple[str, str, bool], **cells: object) -> pd.DataFrame:
    """Counts of one department at the moments told: (day, text) or (day, text, healthy)."""
    looks = [
        counts(
            text,
            observed_at=f"{day}T00:00:00Z",
            capture_id=f"c{day}",
            look_healthy=not healthy or healthy[0],
            **cells,  # type: ignore[arg-type]
        )
        for day, text, *healthy in told
    ]
    return pd.concat(looks, ignore_index=True)


def requests(found: pd.DataFrame, figures: pd.DataFrame = FIGURES) -> pd.DataFrame:
    """The checked table; every row leads to a capture."""
    made = footage_requests(found, figures)
    assert made["capture_id"].notna().all()
    return FOOTAGE_REQUESTS.checked(made.drop_duplicates("request_id")).sort_values(
        ["observed_at", "basis", "value"], ignore_index=True
    )


def proofs(looks: pd.DataFrame) -> dict[tuple[str, object], set[str]]:
    made = footage_requests(looks, FIGURES)
    found: dict[tuple[str, object], set[str]] = {}
    for basis, moment, capture in made[["basis", "observed_at", "capture_id"]].to_numpy():
        found.setdefault((basis, moment[:10]), set()).add(capture)
    return found


def figure(**cells: object) -> dict[str, object]:
    return dict.fromkeys(FIGURES.columns) | {
        "figure": "f",
        "metric": "video_requests",
        "unit": "requests",
        "population": "all",
        "agency": "",
        "state": "",
        "value": pd.NA,
        "bound": "exact",
        "observed_at": "2020-01-01T00:00:00Z",
        "source": "reported_figures",
        "record_id": "r",
        "capture_id": "c",
        **cells,
    }


def test_a_figure_that_gives_no_number_has_none() -> None:
    made = footage_requests(counts("1").iloc[:0], published(figure()))
    assert made["value_state"].tolist() == ["not_published"]
    assert made["value"].isna().all()


def published(*figures: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(figures).astype({"value": "Float64"})


def test_nothing_counted_is_an_empty_table() -> None:
    nothing = counts("1").iloc[:0]
    assert requests(nothing).empty
    assert footage_totals(footage_requests(nothing, FIGURES), LISTED, AGENCIES).empty


def test_the_index_is_kept_and_equal_texts_are_read_once() -> None:
    named = seen(("2020-07-07", "14"), ("2020-08-07", "n/a"), ("2020-09-07", "14"))
    again = counted(named.assign(value_state=None).set_index(pd.Index([7, 3, 5])))
    assert again.index.tolist() == [7, 3, 5]
    assert again["value"].tolist() == [14, pd.NA, 14]


def test_cameras_are_not_additive_and_no_footage_requests() -> None:
    found = counts("12", metric="registered_cameras")
    assert requests(found).empty
    cameras = CAMERA_COUNTS.checked(camera_counts(found))
    assert cameras["additive"].tolist() == [False]
    assert cameras["unit"].tolist() == ["cameras"]


def test_equal_camera_counts_in_a_row_are_one() -> None:
    days = [("2026-01-01", "12"), ("2026-01-02", "12"), ("2026-01-03", "13"), ("2026-01-04", "12")]
    found = camera_counts(seen(*days, metric="registered_cameras"))
    assert found.groupby("camera_count_id")["capture_id"].nunique().sum() == 4
    cameras = CAMERA_COUNTS.checked(found.drop_duplicates("camera_count_id"))
    cameras = cameras.sort_values("observed_at")
    assert cameras["value"].tolist() == [12, 13, 12]
    assert cameras["last_observed"].str[:10].tolist() == ["2026-01-02", "2026-01-03", "2026-01-04"]


def test_one_record_at_one_moment_is_one_observation() -> None:
    """Two imports of one day may hold the same row; both captures prove it."""
    both = pd.concat([counts("14"), counts("14", capture_id="c2")], ignore_index=True)
    found = footage_requests(both, FIGURES)
    assert found["request_id"].nunique() == 1
    assert set(found["capture_id"]) == {"c1", "c2"}


def test_equal_looks_in_a_row_are_one_row_with_its_first_and_last_capture() -> None:
    looks = seen(*((f"2020-07-0{day}", "14 (Q2 2020)") for day in (1, 2, 3)))
    row = requests(looks).iloc[0]
    assert (row["observed_at"], row["last_observed"]) == (
        "2020-07-01T00:00:00Z",
        "2020-07-03T00:00:00Z",
    )
    assert proofs(looks) == {("stated", "2020-07-01"): {"c2020-07-01", "c2020-07-03"}}


def test_a_number_that_comes_back_is_a_row_of_its_own() -> None:
    texts = ["14 (Q2 2020)", "16 (Q2'20)", "14 in the 2nd quarter of 2020", "", "Apr-Jun 2020: 0"]
    days = [f"2020-08-0{day}" for day in range(1, 6)]
    rows = requests(seen(*zip(days, texts, strict=True), label_text="Requests Q2 2020"))
    assert rows["value"].tolist() == [14, 16, 14, pd.NA, 0]
    assert rows["current"].tolist() == [False, False, False, False, True]
    assert rows["revises"].iloc[1:].tolist() == rows["request_id"].iloc[:-1].tolist()
    assert rows["difference"].tolist() == [pd.NA, 2, -2, pd.NA, pd.NA]
    assert rows["period_start"].unique().tolist() == ["2020-04-01"]


def test_two_numbers_at_one_moment_stand_side_by_side() -> None:
    """Two layers of one map that disagree: neither revises the other, nor what came before."""
    before, after = seen(("2020-07-01", "14"), ("2020-07-02", "16")), counts("15", "17")
    after = after.assign(observed_at="2020-07-03T00:00:00Z")
    rows = requests(pd.concat([before, after], ignore_index=True))
    assert rows["current"].tolist() == [False, False, True, True]
    assert rows["revises"].notna().tolist() == [False, True, False, False]


def test_departments_sources_and_periods_are_kept_apart() -> None:
    looks = pd.concat(
        [
            seen(("2020-07-01", "14 (Q2 2020)"), ("2020-10-01", "3 (Q3 2020)")),
            seen(("2020-08-01", "5 (Q2 2020)"), agency_id="oh-b-police"),
            seen(("2020-09-01", "6 (Q2 2020)"), source="elsewhere"),
        ],
        ignore_index=True,
    )
    rows = requests(looks)
    assert rows["current"].all()
    assert rows["revises"].isna().all()


def test_a_published_range_is_no_zero() -> None:
    found = requests(counts("1").iloc[:0], published(figure(low=10.0, high=20.0)))
    assert found["scope"].tolist() == ["nation"]
    assert found["value_state"].tolist() == ["value"]
    assert found["value"].isna().all()


def test_claims_that_conflict_stand_side_by_side() -> None:
    year = {"period_start": "2020-01-01", "period_end": "2020-12-31"}
    incidents = {"metric": "video_request_incidents", "unit": "incidents"} | year
    two = published(
        figure(figure="a", value=22_335.0, **incidents),
        figure(figure="b", value=22_235.0, **incidents, observed_at="2021-01-01T00:00:00Z"),
    )
    rows = requests(counts("1").iloc[:0], two)
    assert rows["value"].tolist() == [22_335, 22_235]
    assert rows["current"].all()
    assert rows["revises"].isna().all()


def test_only_a_figure_of_the_nation_is_one() -> None:
    """Neither a state's nor that of a department nobody could identify."""
    others = published(
        figure(value=3.0, state="CA"), figure(figure="g", value=4.0, agency="Police of ?")
    )
    assert requests(counts("1").iloc[:0], others).empty


COUNTER = {"metric": "rfa_posts", "label_text": "Request For Assistance"}


def test_a_counter_rises_between_two_healthy_looks() -> None:
    looks = seen(("2022-01-05", "4"), ("2022-02-10", "4"), ("2022-03-01", "9"), **COUNTER)
    rows = requests(looks)
    stated, derived = (rows[rows["basis"].eq(basis)] for basis in ("stated", "derived"))
    assert stated["value"].tolist() == [4, 9]
    assert stated["period_start"].isna().all()
    assert stated["period_end"].tolist() == ["2022-02-10", "2022-03-01"]
    assert derived[["value", "period_start", "period_end"]].to_numpy().tolist() == [
        [5, "2022-02-11", "2022-03-01"]
    ]
    assert derived["unit"].tolist() == ["posts"]
    assert proofs(looks)["derived", "2022-03-01"] == {"c2022-02-10", "c2022-03-01"}


@pytest.mark.parametrize(
    ("told", "rises"),
    [
        ([("2022-01-05", "9"), ("2022-02-05", "4")], []),
        ([("2022-01-05", "9"), ("2022-02-05", "9")], []),
        ([("2022-01-05", "9"), ("2022-02-05", ""), ("2022-03-05", "12")], []),
        ([("2022-01-05", ""), ("2022-02-05", "3")], []),
        ([("2022-01-05", "0"), ("2022-02-05", "3")], [3]),
        ([("2022-01-05", "9"), ("2022-02-05", "2", False), ("2022-03-05", "12")], [3]),
        ([("2022-01-05", "9", False), ("2022-02-05", "12")], []),
        ([("2022-01-05", "9"), ("2022-02-05", "4"), ("2022-03-05", "6")], [2]),
        ([("2022-01-05", "9"), ("2022-01-05", "11"), ("2022-02-05", "12")], []),
    ],
)
def test_what_a_counter_rose_by(told: list[tuple[str, str]], rises: list[int]) -> None:
    rows = requests(seen(*told, **COUNTER))
    assert rows.loc[rows["basis"].eq("derived"), "value"].tolist() == rises


def test_a_page_that_could_not_be_fetched_is_skipped_and_a_new_page_is_a_new_counter() -> None:
    failed = seen(("2022-02-05", ""), **COUNTER, value_state="fetch_failed")
    looks = [seen(("2022-01-05", "9"), **COUNTER), failed, seen(("2022-03-05", "12"), **COUNTER)]
    rows = requests(pd.concat(looks, ignore_index=True))
    assert rows.loc[rows["basis"].eq("derived"), "value"].tolist() == [3]
    looks[-1]["profile_url"] = "https://agency.ring.com/agencies/another"
    rows = requests(pd.concat(looks, ignore_index=True))
    assert set(rows["basis"]) == {"stated"}


def test_of_two_looks_on_one_day_the_last_counts() -> None:
    looks = seen(("2022-01-05", "4"), ("2022-01-06", "5"), ("2022-02-05", "9"), **COUNTER)
    looks.loc[1, "observed_at"] = "2022-01-05T09:00:00Z"
    rows = requests(looks)
    derived = rows[rows["basis"].eq("derived")]
    assert derived[["value", "period_start"]].to_numpy().tolist() == [[4, "2022-01-06"]]


def test_six_categories_are_six_metrics_and_in_no_total() -> None:
    posts = [
        seen(("2022-01-05", str(n)), ("2022-02-05", str(n + 1)), metric=f"{name}_posts")
        for n, name in enumerate(("rfa", "crime", "safety", "animals", "environmental"), 1)
    ]
    made = footage_requests(pd.concat(posts, ignore_index=True), FIGURES)
    assert made["metric"].nunique() == 5
    assert made.loc[made["basis"].eq("derived"), "value"].eq(1).all()
    assert footage_totals(made, LISTED, AGENCIES).empty


AGENCIES = pd.DataFrame(
    {
        "agency_id": ["oh-a-police", "oh-b-police", "wi-c-police", "wi-d-police"],
        "state": ["OH", "OH", "WI", "WI"],
        "county_geoid": pd.Series(pd.NA, index=range(4), dtype="string"),
    }
)
LISTED = pd.DataFrame(
    {
        "agency_id": ["oh-a-police", "oh-a-police", "oh-b-police", "wi-c-police", "wi-d-police"],
        "programme": "neighbors_portal",
        "valid_from": ["2019-05-01", None, "2020-06", None, "2020-07-01"],
        "first_observed": [
            *("2020-10-07T00:00:00Z", "2021-10-07T00:00:00Z", "2020-10-07T00:00:00Z"),
            *("2020-06-30T09:00:00Z", "2020-10-07T00:00:00Z"),
        ],
    }
)
"""The second row is a second spell; on 2020-06-30 three were listed: d joined a day later."""


def totals(found: pd.DataFrame, figures: pd.DataFrame = FIGURES) -> pd.DataFrame:
    made = footage_totals(footage_requests(found, figures), LISTED, AGENCIES)
    assert made["capture_id"].notna().all()
    table = FOOTAGE_TOTALS.checked(made.drop_duplicates("total_id"))
    return table.set_index(pd.Index(table["state"].fillna("US")))


def test_a_total_says_of_how_many_it_is_known() -> None:
    looks = pd.concat(
        [
            seen(("2020-07-07", "14 (Q2 2020)"), ("2020-08-07", "16 (Q2 2020)")),
            seen(("2020-07-07", "0 (Q2 2020)"), agency_id="oh-b-police"),
            seen(("2020-07-07", "(Q2 2020)"), agency_id="wi-c-police"),
        ],
        ignore_index=True,
    )
    found = totals(looks)
    columns = ["value_state", "value", "n_known", "n_total"]
    assert found.loc["US", columns].tolist() == ["value", 16, 2, 3]
    assert found.loc["OH", columns].tolist() == ["value", 16, 2, 2]
    assert found.loc["WI", columns].tolist() == ["not_published", pd.NA, 0, 1]
    made = footage_totals(footage_requests(looks, FIGURES), LISTED, AGENCIES)
    assert set(made["capture_id"]) == {"c2020-08-07", "c2020-07-07"}
    assert made["capture_id"][made["state"].eq("WI")].nunique() == 2


def test_a_county_has_a_total_only_where_something_is_known_of_it() -> None:
    """Departments whose county nobody knows are in none, and the nation and states as they were."""
    looks = pd.concat(
        [
            seen(("2020-07-07", "16 (Q2 2020)")),
            seen(("2020-07-07", "0 (Q2 2020)"), agency_id="wi-c-police"),
            seen(("2020-07-07", "5 (Q1 2020)"), agency_id="oh-b-police"),
        ],
        ignore_index=True,
    )
    requests_ = footage_requests(looks, FIGURES)
    counties = AGENCIES.assign(county_geoid=["39035", "39035", "55079", None])
    made = footage_totals(requests_, LISTED, counties)
    table = FOOTAGE_TOTALS.checked(made.drop_duplicates("total_id"))
    found = table[table["scope"].eq("county")].set_index(["county_geoid", "period_start"])
    assert found["state"].isna().all()
    columns = ["value_state", "value", "n_known", "n_total"]
    assert {place: row.tolist() for place, row in found[columns].iterrows()} == {
        ("39035", "2020-01-01"): ["value", 5, 1, 2],
        ("39035", "2020-04-01"): ["value", 16, 1, 2],
        ("55079", "2020-04-01"): ["zero_stated", 0, 1, 1],
    }
    proved = made[made["scope"].eq("county") & made["value"].eq(16)]
    assert proved["capture_id"].tolist() == ["c2020-07-07"]
    others = made[made["scope"].ne("county")].reset_index(drop=True)
    before = footage_totals(requests_, LISTED, AGENCIES)
    key = ["total_id", "capture_id"]
    pd.testing.assert_frame_equal(
        *(rows.sort_values(key, ignore_index=True) for rows in (others, before))
    )
    nowhere = footage_totals(requests_, LISTED, AGENCIES.assign(county_geoid=None))
    assert not nowhere["scope"].eq("county").any()


def test_a_total_of_stated_zeros_is_a_stated_zero() -> None:
    found = totals(seen(("2020-07-07", "0 (Q2 2020)")))
    assert found.loc["OH", ["value_state", "value", "n_known"]].tolist() == ["zero_stated", 0, 1]


def test_of_one_department_one_number_is_summed() -> None:
    """The newest; of two that stand side by side the smaller, because a total is a lower bound."""
    q2 = {"label_text": "Requests Q2 2020"}
    older = seen(("2020-07-07", "30"), source="elsewhere", **q2)
    both = pd.concat([older, seen(("2020-08-07", "14"), ("2020-08-07", "16"), **q2)])
    assert totals(both.reset_index(drop=True)).loc["US", "value"] == 14


def test_a_count_withdrawn_is_unknown_again() -> None:
    looks = seen(("2020-07-07", "14"), ("2020-08-07", "n/a"), label_text="Requests Q2 2020")
    assert footage_totals(footage_requests(looks, FIGURES), LISTED, AGENCIES).empty


def test_a_department_with_a_count_is_counted_though_no_list_names_it() -> None:
    found = totals(seen(("2020-07-07", "14 (Q2 2019)"), agency_id="wi-d-police"))
    assert found.loc["WI", ["n_known", "n_total"]].tolist() == [1, 1]
    assert found.loc["US", ["n_known", "n_total"]].tolist() == [1, 2]


def test_national_figures_and_what_is_no_lower_bound_are_in_no_total() -> None:
    period = {"period_start": "2020-04-01", "period_end": "2020-06-30"}
    town = {"agency": "A", "agency_id": "oh-a-police", "programme": "neighbors_portal"} | period
    figures = published(
        figure(value=22_335.0, **period),
        figure(figure="g", value=9.0, bound="about", **town),
        figure(figure="h", low=2.0, high=5.0, **town),
    )
    nothing = counts("1").iloc[:0]
    assert len(requests(nothing, figures)) == 3
    assert footage_totals(footage_requests(nothing, figures), LISTED, AGENCIES).empty
    more = published(figure(figure="i", value=9.0, bound="more_than", **town))
    assert totals(nothing, more).loc["OH", "value"] == 9


TEXTS = st.sampled_from(["0", "3", "7", "12", "", "n/a", "about 4"])
LOOKS = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from(["oh-a-police", "oh-b-police", "wi-c-police"]),
        st.sampled_from(["video_requests", "rfa_posts"]),
        TEXTS,
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda look: look[:3],
)


def history(looks: list[tuple[int, str, str, str, bool]]) -> pd.DataFrame:
    """Random looks; whether a look was healthy is the day's, not the department's."""
    unwell = {day for day, *_, healthy in looks if not healthy}
    days = [(date(2020, 7, 1) + timedelta(day)).isoformat() for day, *_ in looks]
    texts = [text for *_, text, _ in looks]
    found = counts(*texts, label_text="Q2 2020").assign(
        agency_id=[look[1] for look in looks],
        metric=[look[2] for look in looks],
        observed_at=[f"{day}T00:00:00Z" for day in days],
        capture_id=[f"c{day}" for day in days],
        record_id=[f"r{text}" for text in texts],
        look_healthy=[day not in unwell for day, *_ in looks],
    )
    return found[found["trouble"].isna()]


@settings(max_examples=12, deadline=None)
@given(LOOKS, st.randoms(use_true_random=False))
def test_the_order_of_reading_does_not_matter(looks: list[tuple], random: object) -> None:
    found = history(looks)
    shuffled = found.sample(frac=1, random_state=random.randrange(99))  # type: ignore[attr-defined]
    one, other = (footage_requests(rows, FIGURES) for rows in (found, shuffled))
    key = ["request_id", "capture_id"]
    pd.testing.assert_frame_equal(
        *(made.sort_values(key, ignore_index=True) for made in (one, other))
    )
    pd.testing.assert_frame_equal(
        *(
            footage_totals(made, LISTED, AGENCIES).sort_values(
                ["total_id", "capture_id"], ignore_index=True
            )
            for made in (one, other)
        )
    )


@settings(max_examples=12, deadline=None)
@given(LOOKS)
def test_every_number_was_said_and_every_zero_is_a_sources_own(looks: list[tuple]) -> None:
    found = history(looks)
    made = footage_requests(found, FIGURES)
    FOOTAGE_REQUESTS.checked(made.drop_duplicates("request_id"))
    said = found.set_index(["agency_id", "metric", "capture_id"])["value_text"]
    for row in made[made["basis"].eq("stated")].itertuples():
        told = said[row.agency_id, row.metric, row.capture_id]
        assert (row.value_state == "zero_stated") == (told == "0")
        assert (told in ("", "n/a")) if pd.isna(row.value) else (float(told) == row.value)
    numbers = found[found["value"].notna()]
    healthy = set(numbers.loc[numbers["look_healthy"], "capture_id"])
    rises = made[made["basis"].eq("derived")]
    assert set(rises["capture_id"]) <= healthy
    assert rises["value"].gt(0).all()
    assert rises["period_start"].le(rises["period_end"]).all()
    assert set(rises["metric"]) <= {"rfa_posts"}
    newest = made[made["current"] & made["basis"].eq("stated")]
    per_subject = newest.drop_duplicates("request_id").groupby(["agency_id", "metric"]).size()
    assert per_subject.eq(1).all()


@settings(max_examples=12, deadline=None)
@given(LOOKS)
def test_a_total_is_the_sum_of_what_is_known_and_no_more(looks: list[tuple]) -> None:
    found = history(looks)
    last = found[found["metric"].eq("video_requests")].sort_values("observed_at")
    newest = last.drop_duplicates("agency_id", keep="last").dropna(subset="value")
    if newest.empty:
        made = footage_totals(footage_requests(found, FIGURES), LISTED, AGENCIES)
        assert made.empty
        return
    added = totals(found)
    assert added.loc["US", "value"] == newest["value"].sum()
    assert added.loc["US", "n_known"] == len(newest)
    assert added["n_known"].le(added["n_total"]).all()
    parts = added[added["scope"].eq("state")]
    assert parts["value"].sum() == added.loc["US", "value"]
    assert parts["n_total"].sum() == added.loc["US", "n_total"]
    assert added["value"].isna().eq(added["n_known"].eq(0)).all()
