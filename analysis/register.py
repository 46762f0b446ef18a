"""The public register of agencies, and which of its agencies each of our departments is.

Nothing here makes or changes an ``agency_id``: a register that comes, goes or is corrected changes
the columns ``ori`` and the table ``agency_links``, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from analysis import evidence
from analysis.decisions import Decision
from analysis.designations import FBI_TYPES, readings
from analysis.doubles import departments
from analysis.linking import link
from analysis.names import counties, fold, state_codes, tidy
from analysis.places import county_geoids
from analysis.read import Facts

KIND = "registered_agency"
"""The kind of record that a register is made of."""

FILED_UNDER = {"NB": "NE", "GM": "GU"}
"""The FBI's letters of two states, where its lists use them in the place of the postal ones."""

NO_COUNTY = "not specified"
"""What the register says, folded, where it files an agency under no county."""

DECIDED = "decided on "
"""How the linker begins the reason of a link that a decision made."""

LINKS = ["agency_id", "ori", "score", "outcome", "reason", "candidates", "decided_by"]


def seen(facts: Facts) -> pd.DataFrame:
    """Sightings of registered agencies in the order of observed_at: of each sheet the first and the
    last reading, because a register that does not change is read for years."""
    when = facts.readings["look_id"].map(facts.looks.set_index("look_id")["observed_at"])
    readings = facts.readings.assign(when=when).sort_values(["when", "capture_id"], kind="stable")
    ends = [readings.drop_duplicates("sheet_id", keep=end) for end in ("first", "last")]
    both = pd.concat(ends).drop(columns="when").drop_duplicates()
    return replace(facts, readings=both).seen(KIND)


def registered(seen: pd.DataFrame) -> pd.DataFrame:
    """The table ``registered_agencies``, and ``trouble`` where a row cannot be understood.

    ``seen`` holds sightings of ``spiders.records.RegisteredAgency`` in the order of observed_at; of
    an ORI the newest counts, and of one moment's the fullest. Of rows in trouble (set them aside)
    source, capture_id, look_id, position, agency and record_id say which they are.
    """
    said = seen.assign(told=seen["counties"].ne(""))
    newest = said.sort_values(["observed_at", "told", "record_id"], kind="stable")
    newest = newest.drop_duplicates("ori", keep="last").sort_values("ori", ignore_index=True)
    moments = seen.groupby("ori")["observed_at"]
    state = state_codes(newest["state"].replace(FILED_UNDER))
    name = tidy(newest["agency"])
    parts = readings(name, state)
    kind, area = (
        pd.Series(
            newest["agency_type"].map({raw: told[n] for raw, told in FBI_TYPES.items()})
        ).astype("string")
        for n in (0, 1)
    )
    nowhere = fold(newest["counties"]).eq(NO_COUNTY).fillna(False)
    named = counties(newest["counties"].mask(nowhere))
    found = newest.assign(
        ori7=newest["ori"].str[:7],
        name=name,
        state=state,
        type=parts["kind"].mask(parts["kind"].eq("")).fillna(kind),
        jurisdiction=parts["area"].mask(parts["area"].eq("")).fillna(area),
        counties=named,
        county_geoids=_geoids(named, state),
        first_observed=newest["ori"].map(moments.first()),
        last_observed=newest["ori"].map(moments.last()),
        trouble=pd.Series(pd.NA, index=newest.index, dtype="string"),
    )
    for wrong, sentence in (
        (kind.isna(), "kind of agency not known: " + newest["agency_type"]),
        (name.isna(), "name holds no letters"),
        (state.isna(), "state not understood: '" + newest["state"] + "'"),
    ):
        found["trouble"] = found["trouble"].mask(wrong, sentence)
    clear = found["trouble"].isna()
    stands = departments(_rows(found[clear]), parts[clear])
    return found.assign(department_ori=stands.reindex(found.index))


def _geoids(named: pd.Series, states: pd.Series) -> pd.Series:
    """FIPS codes of the counties in each cell that are known, in its order, joined by ``'; '``."""
    each = named.str.split("; ").explode().dropna()
    known = county_geoids(each, states.reindex(each.index)).dropna()
    return known.groupby(level=0).agg("; ".join).reindex(named.index).astype("string")


def known(register: pd.DataFrame) -> pd.DataFrame:
    """The register as :func:`analysis.linking.link` takes it."""
    rows = _rows(register).assign(department=register["department_ori"])
    return rows.reset_index(drop=True)


def _rows(register: pd.DataFrame) -> pd.DataFrame:
    columns = {
        "ori": "key",
        "name": "name",
        "state": "state",
        "counties": "county",
        "type": "kind",
        "county_geoids": "county_geoid",
    }
    return register[list(columns)].rename(columns=columns)


def links(
    agencies: pd.DataFrame, register: pd.DataFrame, decided: Iterable[Decision]
) -> pd.DataFrame:
    """The table ``agency_links``, a row for each of ``agencies``; none without a register.

    A department is asked for by its name, and where that leads nowhere by its other names, if they
    all lead to one agency. Two departments that lead to one agency are neither merged nor linked:
    a person decides.
    """
    if register.empty or agencies.empty:
        return pd.DataFrame(columns=LINKS)
    decided = tuple(decided)
    asked = _asked(agencies)
    answers = asked[["agency_id", "called"]].join(link(asked, known(register), decided))
    stands = register.set_index("ori")["department_ori"]
    own = answers[answers["called"].eq("")].set_index("agency_id")
    linked = answers[answers["outcome"].eq("linked")]
    led = (
        linked["key"]
        .map(stands)
        .groupby(linked["agency_id"])
        .nunique()
        .reindex(own.index)
        .fillna(0)
    )
    other = linked[linked["called"].ne("")].drop_duplicates("agency_id").set_index("agency_id")
    other = other.reindex(own.index)
    by_other = own["outcome"].ne("linked") & led.eq(1)
    found = own.mask(by_other, other)
    found["reason"] = found["reason"].mask(
        by_other, "by its other name " + other["called"].astype("string") + ": " + found["reason"]
    )
    torn = "its names lead to several agencies of the register"
    found = _unlinked(found, led.gt(1), "uncertain", pd.Series(torn, index=found.index))
    reviewed = found["reason"].str.contains(DECIDED, regex=False)
    found["decided_by"] = reviewed.map({True: "decision", False: "rule"})
    found = _unlinked(found, *_shared(found, found["key"].map(stands)))
    told = found.rename(columns={"key": "ori"}).assign(
        candidates=told_candidates(found["candidates"])
    )
    return told.reset_index()[LINKS]


def _asked(agencies: pd.DataFrame) -> pd.DataFrame:
    """Each department by its name, and by each of its other names, which stands in ``called``.

    Its county is the one a source names, with the one it was found in where that is another: the
    first may be a slip of the pen.
    """
    told = _geoids(agencies["county"], agencies["state"]).fillna("")
    found = agencies["county_geoid"].fillna("")
    pairs = zip(found, told, strict=True)
    same = pd.Series([geoid in codes for geoid, codes in pairs], index=agencies.index)
    both = agencies["county"].str.cat(found.astype("string"), sep="; ", na_rep="")
    spoken = agencies.assign(called="", county=agencies["county"].where(same, both))
    others = spoken.assign(called=spoken["aliases"].str.split(" | ", regex=False))
    others = others.explode("called").dropna(subset="called")
    others = others.assign(name=others["called"])
    rows = pd.concat([spoken, others], ignore_index=True)
    return rows.rename(columns={"city": "place", "type": "kind"})[
        ["agency_id", "called", "name", "state", "place", "county", "kind", "jurisdiction"]
    ]


def _unlinked(found: pd.DataFrame, which: pd.Series, outcome: str, why: pd.Series) -> pd.DataFrame:
    """``found`` without the links of some, which a person must decide."""
    return found.assign(
        key=found["key"].mask(which),
        outcome=found["outcome"].mask(which, outcome),
        reason=found["reason"].mask(which, why),
    )


def _shared(found: pd.DataFrame, led: pd.Series) -> tuple[pd.Series, str, pd.Series]:
    """Which departments are ``led`` to an agency to which others are too, and the sentence of it.

    One that a decision leads there stays.
    """
    keys = led.dropna()
    ids = keys.groupby(keys).agg(lambda same: " and ".join(sorted(same.index)))
    shared = led.duplicated(keep=False) & led.notna()
    why = led.map(ids).astype("string") + " lead to one agency of the register, " + found["key"]
    return shared & found["decided_by"].ne("decision"), "shared", why


def told_candidates(candidates: pd.Series) -> pd.Series:
    """Candidates as text: ``KEY name (score) | ...``; missing where there are none."""
    told = [
        " | ".join(f"{key} {name} ({score:.0f})" for key, name, score in each) or None
        for each in candidates
    ]
    return pd.Series(told, index=candidates.index, dtype="string")


def proofs(links: pd.DataFrame, seen: pd.DataFrame, shown: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows of the table ``evidence``: of the register, of each link those of the agency it leads
    to, and of a department that is not linked its own, which are ``shown``."""
    registered = evidence.ends("registered_agencies", seen["ori"], seen)
    of_ori = registered.rename(columns={"row_id": "ori"})[["ori", "capture_id"]]
    linked = links[["agency_id", "ori"]].dropna().merge(of_ori, on="ori")
    loose = links.loc[links["ori"].isna(), "agency_id"]
    own = shown[shown["row_id"].isin(loose)]
    return [
        registered,
        evidence.pairs("agency_links", own["row_id"], own["capture_id"]),
        evidence.pairs("agency_links", linked["agency_id"], linked["capture_id"]),
    ]
