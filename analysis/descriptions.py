"""Departments as they are compared: what name, place, county and kind say, read once for each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.designations import FBI_TYPES, designations, readings
from analysis.designators import NAMELIKE
from analysis.gazetteer import is_county, is_place, place_counties, town_counties
from analysis.names import RAW_JURISDICTIONS, RAW_TYPES, counties, fold, state_codes
from analysis.places import county_geoids, place_keys
from analysis.states import STATES
from analysis.tables import AGENCY_TYPES

TEXTS = ("name", "state", "place", "county", "kind", "jurisdiction")
"""What is read of a department on either side, where there are such columns."""
LOCAL = frozenset({"police", "public_safety", "marshal"})
OF_PLACES = LOCAL | {"", "sheriff", "constable", "prosecutor"}
"""Kinds whose names are those of places."""
SILENT = frozenset({"", "unknown", "other", "community"})
STOPWORDS = frozenset({"of", "the", "at", "and", "in", "for", "county"})
"""Words that make no difference between two cores."""
IDLE = {
    "tribal_police": frozenset({"tribal", "tribe", "tribes", "nation", "indian", "band"}),
    "campus_police": frozenset({"main", "campus"}),
}
"""Words that make no difference between two cores of a kind."""
BODIES = frozenset(
    (
        *("academy", "airport", "arson", "college", "court", "drug", "force", "gang", "hospital"),
        *("housing", "investigations", "jail", "narcotics", "park", "parks", "school", "schools"),
        *("substation", "task", "team", "training", "unit", "university"),
    )
)
"""Words of what is not the department itself but a part of it, or another's."""
COUNTIES = frozenset({"county", "parish"})
BOTH = frozenset({"city and county", "metro", "regional"})


def described(rows: pd.DataFrame) -> pd.DataFrame:
    """What is compared, a row for each row of ``rows`` (columns :data:`TEXTS`, as text).

    usps, key, sorted_key and tail_key (cores to compare), core, kind (from the name), stated (the
    source's word, folded), fits (the kind by either), level (``county``, ``place`` or empty), form,
    number, place_key, counties (FIPS codes), bare.
    """
    found = readings(rows["name"], state_codes(rows["state"]).fillna(""))
    stated = _each_as(rows["kind"], lambda word: word)
    told = _each_as(rows["kind"], lambda word: _stated_kinds().get(word, ""))
    area = _each_as(rows["jurisdiction"], lambda word: _stated_jurisdictions().get(word, ""))
    area = area.mask(
        area.eq(""), _each_as(rows["kind"], lambda word: _stated_areas().get(word, ""))
    )
    frame = pd.DataFrame(
        {
            "text": found["text"],
            "county": found["county"],
            "told_place": found["place"],
            "usps": found["state"],
            "core": found["core"],
            "kind": found["kind"],
            "stated": stated,
            "fits": (fits := found["kind"].mask(found["kind"].eq(""), told)),
            "kinds": found["kind"] + "\n" + stated + "\n" + fits,
            "form": found["form"],
            "number": found["number"],
            "place_key": place_keys(rows["place"]).fillna(""),
            "words": _wordings(found),
            "strange": _strange(found),
        },
        index=rows.index,
    ).astype("object")
    if rows["place"].ne("").any():
        hint = designations(rows["place"], found["state"])
        hinted = frame["form"].eq("") & hint["form"].ne("") & hint["core"].eq(frame["core"])
        frame["form"] = frame["form"].mask(hinted, hint["form"].astype(object))
    keys = [
        _keys(*parts)
        for parts in zip(
            *(found[name] for name in ("core", "kind", "place", "county", "number", "state")),
            strict=True,
        )
    ]
    for at, name in enumerate(("key", "sorted_key", "tail_key")):
        frame[name] = pd.Series([key[at] for key in keys], index=rows.index, dtype=object)
    listed = place_counties()
    cores = zip(frame["usps"], frame["core"], strict=True)
    places = [f"{usps} {core.replace(' ', '')}" in listed for usps, core in cores]
    frame["level"] = _levels(frame, area, np.array(places, dtype=bool))
    frame["bare"] = _bare(frame, np.array(places, dtype=bool))
    frame["counties"] = pd.Series(_county_codes(rows, found), index=rows.index)
    frame["seat"] = pd.Series(_seats(frame, found), index=rows.index)
    return frame


def _each_as(column: pd.Series, means: Callable[[str], str]) -> pd.Series:
    """What each text of a column means, folded; such columns hold few texts, each many times."""
    number, distinct = pd.factorize(column.astype(object))
    folded = fold(pd.Series(distinct, dtype=object)).fillna("")
    meant = np.array([*map(means, folded), ""], dtype=object)
    return pd.Series(meant[number], index=column.index, dtype=object)


def _seats(frame: pd.DataFrame, found: pd.DataFrame) -> list[frozenset[str]]:
    """Counties of the place in its column or at the end of the name, where no county is told."""
    of, nowhere = town_counties(), frozenset[str]()
    columns = (frame["usps"], frame["place_key"], found["place"], frame["counties"])
    usps, keys, named, known = (column.to_numpy(dtype=object) for column in columns)
    seats = [nowhere] * len(frame)
    for at in np.flatnonzero((keys != "") | (named != "")).tolist():
        if not known[at]:
            key = keys[at] or named[at].replace(" ", "")
            seats[at] = of.get(f"{usps[at]} {key}", nowhere)
    return seats


def _wordings(found: pd.DataFrame) -> list[str]:
    """The core as it is divided, with the county where it belongs to the name."""
    whole = ("state_police", "other", "transit_police")
    return [
        f"{core}:{county}" if kind in whole else core
        for core, kind, county in zip(found["core"], found["kind"], found["county"], strict=True)
    ]


def _strange(found: pd.DataFrame) -> NDArray[np.bool_]:
    """Is what stands behind the words of kind a body of its own (``PD Drug Unit``)?"""
    each = zip(found["place"].tolist(), found["state"].tolist(), strict=True)
    return np.array(
        [
            bool(place)
            and not BODIES.isdisjoint(place.split())
            and f"{state} {place.replace(' ', '')}" not in town_counties()
            for place, state in each
        ]
    )


def _keys(
    core: str, kind: str, place: str, county: str, number: str, state: str
) -> tuple[str, str, str]:
    """The core as one word, its words in order, and the core with the place at the end."""
    plain = kind in OF_PLACES
    if plain and not county and " " not in core:
        return core, "", ""
    words = [word for word in core.split() if word not in STOPWORDS] or core.split()
    if plain:
        other = "".join([*words, *county.split()]) if county and not kind else ""
        short = core.rpartition(" ")[0] if core.rpartition(" ")[2] in NAMELIKE else ""
        of_state = state in STATES and short == STATES[state].name.lower()
        if short and not of_state and not is_place(short, state) and not is_county(short, state):
            other = short.replace(" ", "")
        return "".join(words), "", other
    name = STATES[state].name.lower().split() if state in STATES else []
    if kind in ("state_police", "other", "fire") and words[: len(name)] == name:
        words = words[len(name) :]
    tail = place.split() if kind != "state_police" else []
    idle = IDLE.get(kind, STOPWORDS)
    words = [word for word in words if word not in idle] or words
    ends = [*county.split(), *([number] if kind == "state_police" and number else [])]
    whole = [*words, *tail, *ends] or [kind]
    short = "".join([*words, *ends]) if tail else ""
    order = "" if kind == "campus_police" and "of" in core.split() else " ".join(sorted(whole))
    return "".join(whole), order, short


@cache
def _stated_kinds() -> dict[str, str]:
    """The kind by each word for it that a source may use, folded."""
    words = {value: kind for kind, values in RAW_TYPES.items() for value in values.split(", ")}
    words |= {word: kind for word, (kind, _) in FBI_TYPES.items()} | {
        kind: kind for kind in AGENCY_TYPES
    }
    return dict(zip(fold(pd.Series(list(words))), words.values(), strict=True))


@cache
def _stated_areas() -> dict[str, str]:
    return dict(
        zip(fold(pd.Series(list(FBI_TYPES))), (area for _, area in FBI_TYPES.values()), strict=True)
    )


@cache
def _stated_jurisdictions() -> dict[str, str]:
    words = {
        value: area for area, values in RAW_JURISDICTIONS.items() for value in values.split(", ")
    }
    return dict(zip(fold(pd.Series(list(words))), words.values(), strict=True))


def _levels(frame: pd.DataFrame, area: pd.Series, places: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Is it a county's or a place's? Empty where neither name, source nor list of places tells."""
    form = frame["form"].to_numpy()
    county = np.isin(form, list(COUNTIES)) | ((form == "") & area.isin(COUNTIES).to_numpy())
    place = ~county & (form != "") & ~np.isin(form, list(BOTH))
    place |= (form == "") & (area.eq("municipal").to_numpy() | (area.eq("").to_numpy() & places))
    return np.where(county, "county", np.where(place, "place", ""))


def _bare(frame: pd.DataFrame, places: NDArray[np.bool_]) -> NDArray[np.object_]:
    """What a name without kind, form and stated kind may be short for, by the shipped lists."""
    open_ = (frame["fits"].isin(SILENT) & frame["form"].eq("")).to_numpy()
    of_county = np.zeros(len(frame), dtype=bool)
    cores, usps = frame["core"].to_numpy(), frame["usps"].to_numpy()
    for at in np.flatnonzero(open_).tolist():
        of_county[at] = is_county(cores[at], usps[at])
    both = np.where(places & of_county, "both", np.where(of_county, "county", "place"))
    return np.where(open_ & (places | of_county), both, "")


def _county_codes(rows: pd.DataFrame, found: pd.DataFrame) -> list[frozenset[str]]:
    """FIPS codes of the counties that column and name tell; of a code only itself."""
    cells = rows["county"].astype(object) + "\n" + found["county"] + "\n" + found["state"]
    number, distinct = pd.factorize(cells)
    each = [text.rsplit("\n", 2) for text in distinct]
    told = pd.DataFrame(each, columns=["cell", "named", "usps"], dtype="string")
    listed = counties(told["cell"]).str.split("; ").explode().dropna()
    named = told.loc[told["named"].ne(""), "named"] + " county"
    texts = pd.concat([listed, named])
    states = told["usps"].reindex(texts.index)
    rows_of, texts, states = texts.index, *(each.reset_index(drop=True) for each in (texts, states))
    codes = county_geoids(texts, states)
    bare = codes.isna()
    codes = codes.fillna(county_geoids(texts[bare] + " county", states[bare]))
    codes = codes.mask(texts.str.fullmatch(r"\d{5}"), texts)
    nowhere = frozenset[str]()
    sets: dict[int, frozenset[str]] = {}
    found_codes = codes.fillna("").to_numpy(dtype=object).tolist()
    for label, code in zip(rows_of.tolist(), found_codes, strict=True):
        if code:
            sets[label] = sets.get(label, nowhere) | _alone(code)
    return [sets.get(label, nowhere) for label in number.tolist()]


@cache
def _alone(code: str) -> frozenset[str]:
    return frozenset((code,))
