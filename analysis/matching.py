"""Anybody's list of departments led to ours and to the register, or to candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from analysis import register
from analysis.decisions import Decision
from analysis.linking import link

MATCHED = ("agency_id", "ori", "score", "reason", "candidates", "other_oris")
"""Columns that a list gets; ``other_oris`` are those of the same department, joined by ``'; '``."""


def ours(agencies: pd.DataFrame) -> pd.DataFrame:
    """Our departments as :func:`analysis.linking.link` takes them."""
    names = {"agency_id": "key", "city": "place", "type": "kind"}
    columns = ["key", "name", "aliases", "state", "place", "county", "kind", "jurisdiction"]
    return agencies.rename(columns=names)[[*columns, "county_geoid"]].reset_index(drop=True)


def matched(
    asked: pd.DataFrame, tables: Mapping[str, pd.DataFrame], decided: Iterable[Decision]
) -> pd.DataFrame:
    """:data:`MATCHED` and ``outcome`` for each row of ``asked``, with its index.

    ``asked`` has name and state and, where known, place, county, kind, as anybody writes them;
    ``tables`` are ``agencies`` and ``registered_agencies``, each of which may be empty. Either may
    tell: an agency of the register need not be one of our departments. Where they contradict one
    another nothing is linked.
    """
    decided, agencies = tuple(decided), tables["agencies"]
    own = _linked(asked, ours(agencies), decided)
    registered = tables["registered_agencies"]
    listed = _linked(asked, register.known(registered), decided)
    stands = registered.set_index("ori")["department_ori"]
    borne = agencies.dropna(subset="ori")
    ori_of = borne.set_index("agency_id")["ori"]
    of_department = borne.assign(ori=_one_of(borne["ori"], stands))
    id_of = of_department.drop_duplicates("ori", keep=False).set_index("ori")["agency_id"]
    both = pd.DataFrame({"own": own["key"], "listed": listed["key"]}).astype("string")
    department = _one_of(both["listed"], stands)
    led = both.assign(ori=both["own"].map(ori_of), id=department.map(id_of)).astype("string")
    torn = _differ(_one_of(led["ori"], stands), department) | _differ(led["id"], led["own"])
    by_register = listed["outcome"].eq("linked") & own["outcome"].ne("linked")
    by_register |= listed["outcome"].eq("uncertain") & own["outcome"].eq("none")
    told = own.mask(by_register, listed)
    sentence = (
        "as one of our departments it is " + both["own"] + ", in the register " + both["listed"]
    )
    outcome = told["outcome"].mask(torn, "uncertain")
    either = pd.Series(
        [
            [*first, *second]
            for first, second in zip(own["candidates"], listed["candidates"], strict=True)
        ],
        index=asked.index,
    )
    ori = led["ori"].fillna(both["listed"]).mask(torn)
    return pd.DataFrame(
        {
            "agency_id": both["own"].fillna(led["id"]).mask(torn),
            "ori": ori,
            "score": told["score"],
            "reason": told["reason"].mask(torn, sentence + ": a person must decide"),
            "candidates": register.told_candidates(either),
            "other_oris": _others(ori, stands),
            "outcome": outcome,
        }
    )


def _linked(
    asked: pd.DataFrame, known: pd.DataFrame, decided: tuple[Decision, ...]
) -> pd.DataFrame:
    if len(known):
        return link(asked, known, decided)
    nothing = {"key": pd.NA, "outcome": "none", "reason": "nothing to compare with"}
    found = pd.DataFrame(nothing, index=asked.index).astype({"key": "string", "outcome": "string"})
    found["score"] = float("nan")
    return found.assign(candidates=pd.Series([[]] * len(found), index=asked.index, dtype=object))


def _one_of(oris: pd.Series, stands: pd.Series) -> pd.Series:
    """The ORI that stands for the department of each; one the register does not have, itself."""
    return oris.map(stands).fillna(oris).astype("string")


def _others(oris: pd.Series, stands: pd.Series) -> pd.Series:
    """The other ORIs of the department of each."""
    together = stands[stands.duplicated(keep=False)]
    each = {
        ori: "; ".join(sorted({*keys} - {ori}))
        for _, keys in together.groupby(together).groups.items()
        for ori in keys
    }
    return oris.map(each).astype("string")


def _differ(one: pd.Series, other: pd.Series) -> pd.Series:
    return (one.notna() & other.notna() & one.ne(other)).fillna(False).astype(bool)
