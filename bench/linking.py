"""Names led to the FBI's register: 23,000 x 23,000, and ten times as many, beside other ways.

The labelled pairs are the FBI's own other names of an ORI (``registers/`` of the recorded data),
each with its state and the type its source gives; without these files, names of the same number
made by rule. A pair is right where the department of the ORI is found, by whichever ORI: the
register has some under several (:mod:`analysis.doubles`).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.measure import Figures, ratio, rounds, table

if TYPE_CHECKING:
    from analysis.decisions import Decision

REAL = Path(__file__).resolve().parents[2] / "shared" / "real" / "registers"
NAMES = ("edited_name", "pub_agency_name", "icpsr_name")
CUTOFF = 85
STATES = ("FL", "TX", "CA", "WI", "KY", "NJ", "OH", "NC")
ROCKS = (
    *("Agate", "Basalt", "Chert", "Diorite", "Eclogite", "Flint", "Gneiss", "Hornfels", "Jasper"),
    "Komatiite",
)
CONTESTANTS = {
    "floor: bare `cdist` of folded names by state, best taken": "floor",
    "**ours: `analysis.linking.link`**": "ours",
    "rival: exact match of folded names": "exact",
    "rival: rapidfuzz `ratio` alone, `cdist`, cutoff 85": "ratio_alone",
    "rival: splink 5": "splink",
}


def report(full: bool) -> Iterator[str]:
    """Tables: all contestants on the pairs, then ours at ten times the rows, then the errors."""
    asked, known = labelled()
    source = "the FBI's names" if REAL.is_dir() else "names made by rule"
    names = {
        name: key
        for name, key in CONTESTANTS.items()
        if key != "splink" or (find_spec("splink") and find_spec("duckdb"))
    }
    found = rounds(
        3 if full else 1, {name: (f"bench.linking:{key}", 0) for name, key in names.items()}
    )
    yield (
        f"{len(asked):,} names of {asked['ori'].nunique():,} agencies against {len(known):,} "
        f"({source}), blocked by state\n\n{_table(found)}"
    )
    if len(names) < len(CONTESTANTS):
        yield "splink 5 is not installed here: `uv pip install -e .[rivals]` brings it."
    bare, mine = list(names)[:2]
    copied = {
        f"{title}, {n * len(asked):,} rows": (f"bench.linking:{names[name]}", n)
        for title, name in (("ours", mine), ("floor", bare))
        for n in (1, 10)
    }
    yield (
        "Ten times the rows, in the same states, each with a word before its name: every name has "
        f"ten times as many to be told from\n\n{_table(rounds(1, copied))}"
    )
    if REAL.is_dir():
        yield from by_kind_and_state()
    yield "The worst kinds of error\n\n" + "\n".join(f"{n}. {line}" for n, line in worst())


def _table(found: dict[str, Figures]) -> str:
    floor = next(iter(found.values()))["CPU"]
    return table(
        [
            "",
            "seconds",
            "CPU seconds",
            "times the first's CPU",
            "peak MB",
            "linked",
            "precision",
            "recall",
            "F1",
        ],
        [
            [
                name,
                f"{figures['seconds']:.2f}",
                f"{figures['CPU']:.2f}",
                ratio(figures["CPU"], floor),
                f"{figures['peak MB']:.0f}",
                f"{figures['linked']:,.0f}",
                *(f"{figures[key]:.4f}" for key in ("precision", "recall", "F1")),
            ]
            for name, figures in found.items()
        ],
    )


def held_out(ori: str) -> bool:
    """Half of all ORIs, always the same, on which nothing was tuned."""
    return hashlib.sha256(ori.encode()).digest()[-1] % 2 == 1


def register(folder: Path = REAL) -> pd.DataFrame:
    """The agencies of the FBI's register of 2018: key, name, state, county, kind, department."""
    from analysis.designations import readings
    from analysis.doubles import departments

    states = json.loads(gzip.decompress((folder / "fbi-cde-agencies-2018.json.gz").read_bytes()))
    rows = [
        (ori, one["agency_name"], state, one["primary_county"] or "", one["agency_type_name"])
        for state, agencies in states.items()
        for ori, one in agencies.items()
    ]
    known = pd.DataFrame(rows, columns=["key", "name", "state", "county", "kind"])
    parts = readings(known["name"], known["state"])
    return known.assign(department=departments(known, parts))


def variants(folder: Path = REAL, *, own: bool = False) -> pd.DataFrame:
    """Every other name of an ORI: ori, department, name, state, kind, column, several, twins.

    One row for each distinct text of an ORI that differs from the register's name of it; with
    ``own`` that name too, as the file has it. ``several``: that name, folded, is also a name of
    another department in the state, so that nobody can tell from name and state which is meant;
    ``twins``: of another of the same type, so that the type does not tell either.
    """
    from analysis.names import fold

    known = register(folder)
    file = pd.read_csv(
        folder / "fbi-agency-name-variants.csv", dtype=str, keep_default_na=False
    ).merge(known[["key", "department", "name", "state"]], left_on="ori", right_on="key")
    told = ["ori", "department", "state", "name", "agency_type_name"]
    each = file.melt(told, NAMES, "column", "other")
    each = each[each["other"].str.strip().ne("")].rename(columns={"agency_type_name": "kind"})
    columns = ["department", "state", "kind", "other"]
    registered = known.rename(columns={"name": "other"})
    every = pd.concat([each[columns], registered[columns]])
    every["folded"] = fold(every["other"])
    each["folded"] = fold(each["other"])
    if not own:
        each = each[each["other"].ne(each["name"])]
    each = each.drop_duplicates(["ori", "other"])
    for name, alike in (("several", ["state", "folded"]), ("twins", ["state", "folded", "kind"])):
        bearers = every.groupby(alike)["department"].nunique()
        of = pd.MultiIndex.from_frame(each[alike])
        each = each.assign(**{name: bearers.reindex(of).gt(1).to_numpy()})
    each = each.drop(columns=["name", "folded"]).rename(columns={"other": "name"})
    return each.reset_index(drop=True)


def made(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Names of ``n`` agencies by rule, and another name of each: asked and known."""
    ways = ("{} PD", "Town of {} Police Department", "{} Police Dept.", "Police Department, {}")
    heads = ("North", "West", "Old", "New", "Upper", "Lower", "East", "South")
    ends = ("ville", "burg", "ton", "field", "ford", "wood", "dale", "port", "mont", "land")
    stems = [
        f"{first}{second}{third}"
        for first in ("Bra", "Cal", "Dun", "Fen", "Gar", "Hol", "Mar", "Pel", "Ros", "Tam")
        for second in ("be", "co", "di", "fo", "gu", "la", "mi", "no", "ra", "su")
        for third in ends
    ]
    towns = [
        stems[number % 1000]
        if number < 8000
        else f"{heads[number // 8000 % 8]} {stems[number % 1000]}"
        for number in range(n)
    ]
    states = [STATES[number // 1000 % 8] for number in range(n)]
    known = pd.DataFrame(
        {
            "key": [f"X{number:06}" for number in range(n)],
            "name": [f"{town} Police Department" for town in towns],
            "state": states,
            "county": "",
            "kind": "City",
        }
    )
    known["department"] = known["key"]
    asked = known.rename(columns={"key": "ori"}).assign(
        name=[ways[number % 4].format(town) for number, town in enumerate(towns)], several=False
    )
    return asked, known


def labelled(copies: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs (as of :func:`variants`) and the register, 23,000 of each.

    Of the real names that many are taken by a hash of ORI and name. With ``copies`` there are that
    many of both, each with another word before the names, so that every name has more to be told
    from.
    """
    if REAL.is_dir():
        asked, known = variants(), register()
        words = (asked["ori"] + asked["name"]).map(
            lambda word: hashlib.sha256(word.encode()).digest()
        )
        asked = asked.loc[words.sort_values().index[:23_000]].sort_index(ignore_index=True)
    else:
        asked, known = made(23_000)
    if not copies:
        return asked, known
    return _copied(asked, "ori", copies), _copied(known, "key", copies)


def _copied(rows: pd.DataFrame, key: str, copies: int) -> pd.DataFrame:
    """``rows`` over and over, each time with another word before the names."""
    each = [
        rows.assign(
            name=f"{rock} " + rows["name"],
            **{name: rows[name] + f"-{rock}" for name in (key, "department")},
        )
        for rock in ROCKS[:copies]
    ]
    return pd.concat(each, ignore_index=True)


def _clock() -> np.ndarray:
    """Seconds on the wall and of the processor, all threads together."""
    return np.array([time.perf_counter(), time.process_time()])


def found_department(keys: pd.Series, known: pd.DataFrame) -> NDArray[np.object_]:
    """The department of each key, empty where none was found."""
    of_key = known.set_index("key")["department"]
    return keys.map(of_key).astype(object).fillna("").to_numpy(object)


def _figures(
    asked: pd.DataFrame, known: pd.DataFrame, keys: pd.Series, seconds: np.ndarray
) -> Figures:
    departments = found_department(keys, known)
    linked = departments != ""
    right = linked & (departments == asked["department"].to_numpy(object))
    precision, recall = right.sum() / max(linked.sum(), 1), right.sum() / len(asked)
    return {
        "seconds": seconds[0],
        "CPU": seconds[1],
        "linked": float(linked.sum()),
        "precision": precision,
        "recall": recall,
        "F1": 2 * precision * recall / max(precision + recall, 1e-9),
    }


def ours(copies: int) -> Figures:
    """Our linking, with the type as the source gives it."""
    from analysis.decisions import decisions
    from analysis.linking import link

    asked, known = labelled(copies)
    decided = decisions()
    start = _clock()
    found = link(asked[["name", "state", "kind"]], known, decided)
    return _figures(asked, known, found["key"], _clock() - start)


def floor(copies: int) -> Figures:
    """All scores of a state, the best taken whatever it is."""
    return _scored(copies, 0)


def ratio_alone(copies: int) -> Figures:
    """All scores of a state from the cutoff on, the best taken; nothing where two are best."""
    return _scored(copies, CUTOFF)


def _scored(copies: int, cutoff: int) -> Figures:
    from rapidfuzz.fuzz import ratio as scorer
    from rapidfuzz.process import cdist

    from analysis.names import fold

    asked, known = labelled(copies)
    start = _clock()
    mine, theirs = fold(asked["name"]).fillna(""), fold(known["name"]).fillna("")
    keys = pd.Series(pd.NA, index=asked.index, dtype="string")
    there = known.groupby("state").indices
    for state, here in asked.groupby("state").indices.items():
        others = there[state]
        scores = cdist(
            mine.iloc[here].tolist(),
            theirs.iloc[others].tolist(),
            scorer=scorer,
            score_cutoff=cutoff,
            dtype=np.uint8,
        )
        best = scores.argmax(axis=1)
        top = scores.max(axis=1)
        taken = (top > 0) & ((scores == top[:, None]).sum(axis=1) == 1 if cutoff else True)
        keys.iloc[here[taken]] = known["key"].to_numpy()[others[best[taken]]]
    return _figures(asked, known, keys, _clock() - start)


def exact(copies: int) -> Figures:
    """The one department of the state with the same folded name."""
    from analysis.names import fold

    asked, known = labelled(copies)
    start = _clock()
    of = known.assign(folded=fold(known["name"]))
    of = of.drop_duplicates(["state", "folded", "department"])
    of = of.drop_duplicates(["state", "folded"], keep=False)
    keys = of.set_index(["state", "folded"])["key"]
    found = keys.reindex(pd.MultiIndex.from_arrays([asked["state"], fold(asked["name"])]))
    return _figures(asked, known, found.set_axis(asked.index), _clock() - start)


def splink(copies: int) -> Figures:
    """splink 5: Jaro-Winkler levels of the folded name; state, and type or three letters, agree.

    Of all thresholds it is given the one with the best F1 on these very pairs.
    """
    import splink as library
    from splink import blocking_rule_library as blocks
    from splink import comparison_library as comparisons

    from analysis.names import fold

    asked, known = labelled(copies)
    start = _clock()
    left = pd.DataFrame({"unique_id": asked.index, "state": asked["state"], "kind": asked["kind"]})
    left["name"] = fold(asked["name"]).fillna("")
    right = pd.DataFrame(
        {"unique_id": known["key"], "state": known["state"], "kind": known["kind"]}
    )
    right["name"] = fold(known["name"]).fillna("")
    left["unique_id"] = left["unique_id"].astype(str)
    for side in (left, right):
        side["head"] = side["name"].str[:3]
    settings = library.SettingsCreator(
        link_type="link_only",
        comparisons=[
            comparisons.JaroWinklerAtThresholds("name", [0.97, 0.92, 0.85, 0.75]),
            comparisons.ExactMatch("kind"),
        ],
        blocking_rules_to_generate_predictions=[blocks.block_on("state", "head")],
        probability_two_random_records_match=1 / 400,
    )
    api = library.DuckDBAPI()
    frames = [
        api.register(side.astype(object), dataset_display_name=name)
        for side, name in ((left, "asked"), (right, "known"))
    ]
    linker = library.Linker(frames, settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(
        blocks.block_on("state", "head")
    )
    pairs = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()
    best = pairs.sort_values("match_weight", ascending=False)
    side = "l" if str(best["source_dataset_l"].iloc[0]) == "asked" else "r"
    other = "r" if side == "l" else "l"
    best = best.drop_duplicates(f"unique_id_{side}").set_index(f"unique_id_{side}")
    seconds = _clock() - start
    led = best.reindex(asked.index.astype(str)).set_axis(asked.index)
    keys, weights = led[f"unique_id_{other}"].astype("string"), led["match_weight"]
    tried = [
        _figures(asked, known, keys.where(weights >= least), seconds) for least in range(-8, 16)
    ]
    return max(tried, key=lambda figures: figures["F1"])


def by_kind_and_state() -> Iterator[str]:
    """Precision and recall on the half of the ORIs that nothing was tuned on, all names of each."""
    from analysis.decisions import decisions

    known = register()
    pairs = variants(own=True)
    pairs = pairs[pairs["ori"].map(held_out)].reset_index(drop=True)
    by_name = _led(pairs, known, decisions(), ["name", "state"], "several")
    by_type = _led(pairs, known, decisions(), ["name", "state", "kind"], "twins")
    both = [("name, state and type", by_type), ("name and state alone", by_name)]
    for title, groups in (
        ("what is asked", both),
        ("type", list(by_type.groupby("kind"))),
        ("state", list(by_type.groupby("state"))),
    ):
        rows = [
            [
                str(name),
                f"{len(group):,}",
                f"{group['right'].sum() / max(group['linked'].sum(), 1):.3f}",
                f"{group['right'].mean():.3f}",
                f"{group['very'].mean():.3f}",
                f"{group.loc[~group['shared'], 'right'].mean():.3f}",
            ]
            for name, group in groups
        ]
        columns = ["names", "precision", "recall", "recall, very ORI", "recall, one bearer"]
        yield (
            f"All names of the held-out half of the ORIs by {title}\n\n"
            f"{table([title, *columns], rows)}"
        )


def _led(
    pairs: pd.DataFrame,
    known: pd.DataFrame,
    decided: tuple[Decision, ...],
    asked: list[str],
    shared: str,
) -> pd.DataFrame:
    """``pairs`` with whether each is linked, rightly, and to the very ORI, and whether what is
    ``asked`` is said of another department too."""
    from analysis.linking import link

    keys = link(pairs[asked], known, decided)["key"].fillna("")
    right = found_department(keys, known) == pairs["department"].to_numpy(object)
    told = {"linked": keys.ne(""), "right": right, "very": keys.eq(pairs["ori"])}
    return pairs.assign(**told, shared=pairs[shared])


def worst() -> list[tuple[int, str]]:
    """The ten kinds of error that cost most names: type, what happened and why, how often."""
    from analysis.decisions import decisions
    from analysis.linking import link

    asked, known = labelled()
    found = link(asked[["name", "state", "kind"]], known, decisions())
    right = found_department(found["key"], known) == asked["department"].to_numpy(object)
    wrong = found["key"].notna() & ~right
    missed = found["key"].isna()
    tied = found["reason"].str.contains("equally near").fillna(False).to_numpy(bool)
    several = asked["several"].to_numpy(bool)
    why = np.select(
        [
            wrong & several,
            wrong,
            several,
            tied,
            found["outcome"].eq("none"),
        ],
        [
            "led to another department that bears the very same name",
            "led to another department: the file has another's name, or a word is missing",
            "left to a person: several departments of the state bear the name",
            "left to a person: two or more of the register come equally near",
            "nothing near: renamed since, filed under another body, or abbreviated beyond reading",
        ],
        "left to a person: more than one word is cut, missing or unknown",
    )
    bad = (asked["kind"].str.strip() + ": " + why)[wrong | missed]
    counted = bad.value_counts().head(10)
    return [(n, f"{text}: {times:,}") for n, (text, times) in enumerate(counted.items(), start=1)]
