"""Names as sources write them, made comparable: text, states, counties, kinds of agency.

Every public function is pure: Series in, Series (or frame) of the same index out, missing in,
missing out. Each distinct text is worked on once, because sources repeat few texts often.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache

import pandas as pd

from analysis.states import STATES

SPELLINGS = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4`", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
    **dict.fromkeys("\u2010\u2011\u2212\ufe63\uff0d", "-"),
}
"""Quotes, primes, hyphens and the minus sign, to the ones on a keyboard."""
NOTHING = frozenset({"", "#n/a", "#ref!", "n/a", "na", "none", "null", "nan", "unknown", "-", "?"})
"""What spreadsheets and typists put where they have nothing to say."""
ABBREVIATIONS = {
    "dept": "department",
    "dps": "department of public safety",
    "ft": "fort",
    "mt": "mount",
    "mtn": "mountain",
    "pd": "police department",
    "sherif": "sheriff",
    "sheriffs": "sheriff",
    "st": "saint",
    "ste": "sainte",
    "twp": "township",
    "twsp": "township",
    "univ": "university",
}
ABBREVIATED = frozenset(ABBREVIATIONS)
FIRST_WORDS = {"n": "north", "s": "south", "so": "south", "e": "east", "w": "west"}
LAST_WORDS = {"so": "sheriff office"}

RAW_TYPES = {
    "police": "police",
    "sheriff": "sheriff",
    "public_safety": "public safety",
    "constable": "constable, constables",
    "marshal": "marshal, marshals",
    "state_police": "state police, state patrol, highway patrol",
    "prosecutor": "district attorney, county attorney, attorney general, prosecutor",
    "campus_police": "school district, university",
    "transit_police": "transit police",
    "tribal_police": "tribal police",
    "fire": "fire",
    "other": "animal control, corrections, crash team, dhs, dmv, "
    "environmental services enforcement, fusion center, homeland security, juvenile, "
    "medical examiner, mental health, parking, parks, probation, rangers, "
    "state agency, task force, tax board",
}
"""Our types, and the values of ``Type of LEA`` (Atlas, 2020 and 2024, folded) that mean them."""
RAW_JURISDICTIONS = {
    "municipal": "municipal, borough",
    "county": "county",
    "parish": "parish",
    "regional": "regional, cross jurisdictional",
    "state": "state, statewide",
    "federal": "federal",
    "tribal": "tribal",
    "university": "university",
    "school_district": "school, school district",
    "transit": "transit",
    "airport": "airport",
    "port": "port",
    "territory": "territory",
}
"""Our jurisdictions, and the values of ``Type of Juris`` (Atlas, 2020 and 2024, folded)."""
SCHOOL = r"\b(?:school district|public schools?|unified school|independent school|isd)\b"
CAMPUS = (
    r"\b(?:university|college) of\b|\b(?:state|community) (?:university|college)\b|\bcampus\b"
    r"|\b(?:university|college) (?:campus|department|police|public safety|security)\b"
)
"""College Park, College Station, University City and University Park are cities."""
AIRPORT = r"\bairports?\b.* (?:police|public safety)\b"
PORT = r"\bport (?:authority|district|of)\b"
TRANSIT = r"\b(?:transit|railroad|railway|subway)\b"
TRIBAL = (
    r"\b(?:tribal|tribes?|nation|pueblo of|rancheria|reservation|band of)\b|\bindian community\b"
)
TYPE_IN_NAME = (
    ("campus_police", f"{SCHOOL}|{CAMPUS}"),
    ("tribal_police", TRIBAL),
    ("transit_police", f"{AIRPORT}|{PORT}|{TRANSIT}"),
    ("prosecutor", r"\b(?:attorneys?|prosecutors?)\b"),
    ("sheriff", r"\bsheriff\b"),
    ("constable", r"\bconstables?\b"),
    ("state_police", r"\bstate (?:police|patrol|troopers?)\b|\bhighway patrol\b"),
    ("public_safety", r"\bpublic safety\b|\bpolice and fire\b|\bfire and police\b"),
    ("fire", r"\bfire\b(?!.*\bpolice\b)"),
    ("marshal", r"\bmarshals?\b"),
    ("police", r"\bpolice\b"),
    (
        "other",
        r"\b(?:fusion center|task force|corrections|homeland security|animal control)\b",
    ),
)
"""What folded names say of the type; the first that fits counts."""
JURISDICTION_IN_NAME = (
    ("school_district", SCHOOL),
    ("university", CAMPUS),
    ("tribal", TRIBAL),
    ("airport", AIRPORT),
    ("port", PORT),
    ("transit", TRANSIT),
    ("parish", r"\bparish\b"),
    ("state", r"\bstate (?:police|patrol|troopers?)\b|\bhighway patrol\b"),
    (
        "municipal",
        r"\b(?:city|town|township|village|borough) of\b|\b(?:township|village|borough)\b",
    ),
    ("county", r"\bcounty\b|\bsheriff\b"),
)
"""What folded names say of the area. A plain ``X Police Department`` says nothing: X may be a
county (Miami-Dade) or several places together (Memorial Villages)."""

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_CONTROL_CATEGORIES = frozenset({"Cc", "Cf", "Cs"})
_SPELT = str.maketrans(SPELLINGS)
_UNWRITTEN = str.maketrans("", "", "'.")
_PLAIN = {
    code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)
} | dict.fromkeys(
    [*map(ord, "'.`"), *(code for code in (*range(32), 127) if not chr(code).isspace())]
)
"""What :func:`_letters` makes of the characters of ASCII, one by one, but for ``&``."""
_WORD = re.compile(r"[^\W_]+")
_SPACES = re.compile(r"\s+")
_COUNTY_BREAK = re.compile(r"[;,|\n\r]|(?<=county)\s*(?:/|&|\band\b)\s*", re.IGNORECASE)
_CITY_COUNTY = re.compile(r" ?\( ?city ?\)(?: ?county)?$", re.IGNORECASE)
_COUNTY_IN_NAME = re.compile(r"^(.+? (?:county|parish))\b(?= .)", re.IGNORECASE)


def tidy(texts: pd.Series) -> pd.Series:
    """Texts as a reader sees them (dtype ``string``).

    Invisible, control and unpaired surrogate characters are dropped, every kind of space becomes
    one space, curly quotes and odd hyphens the plain ones, Unicode its composed form (NFC); ends
    are stripped; what is then empty is missing.
    """
    return _each(texts, _tidy)


def fold(texts: pd.Series) -> pd.Series:
    """Keys to compare names by, not to show: lower case, no accents, no punctuation.

    Abbreviations are written out (St., Ft., Dept., PD; SO at the end) and a sheriff's office or
    department is ``sheriff office``. ``fold(tidy(x))`` equals ``fold(x)``.
    """
    return _each(texts, _fold)


def state_codes(texts: pd.Series) -> pd.Series:
    """USPS codes of states written in any listed form (see ``analysis.states``); else missing."""
    return _each(texts, lambda text: _state_forms().get(_letters(text)))


def counties(cells: pd.Series) -> pd.Series:
    """The counties a cell names, tidied, in its order, each once, joined by ``'; '``.

    ``Norfolk (city) County`` becomes ``Norfolk city``; ``#N/A`` and the like are missing.
    """
    return _each(cells, _counties)


def county_in_name(names: pd.Series) -> pd.Series:
    """The county or parish a department bears in its name: ``Ventura County`` of its sheriff."""
    return _each(names, _county_in_name)


def agency_type(names: pd.Series, raw_types: pd.Series) -> pd.Series:
    """Keys of ``AGENCY_TYPES`` in ``analysis.tables``.

    What the department's own name says comes first (sources swap the column), save that a
    department of public safety which the source calls state police is that. Missing where the
    name says nothing and the source's value is not in ``RAW_TYPES``: set such a row aside.
    ``unknown`` where the source gives no value either.
    """
    named = _each(names, lambda name: _first_that_fits(name, TYPE_IN_NAME))
    stated = _stated(raw_types, RAW_TYPES)
    is_state_police = named.eq("public_safety") & stated.eq("state_police")
    return named.mask(is_state_police.fillna(False), "state_police").fillna(stated)


def jurisdiction(names: pd.Series, raw_types: pd.Series, raw_jurisdictions: pd.Series) -> pd.Series:
    """Keys of ``JURISDICTIONS`` in ``analysis.tables``.

    The source's value where it gives one, else what the name or a sheriff's or state police's type
    says, else ``unknown``. Missing where its value is not in ``RAW_JURISDICTIONS``: set such a
    row aside.
    """
    stated = _stated(raw_jurisdictions, RAW_JURISDICTIONS)
    named = _each(names, lambda name: _first_that_fits(name, JURISDICTION_IN_NAME))
    typed = agency_type(names, raw_types).map({"sheriff": "county", "state_police": "state"})
    told = named.fillna(typed.astype("string")).fillna("unknown")
    return stated.mask(stated.eq("unknown").fillna(False), told)


def _each(texts: pd.Series, change: Callable[[str], str | None]) -> pd.Series:
    codes, distinct = pd.factorize(texts.astype(object))
    changed = [change(str(text)) for text in distinct]
    values = pd.array([text or None for text in changed] + [None], dtype="string")
    return pd.Series(values.take(codes), index=texts.index, name=texts.name)


def _tidy(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        seen = "".join(" " if c.isspace() else c for c in _UNSEEN.sub("", text))
        kept = (c for c in seen if unicodedata.category(c) not in _CONTROL_CATEGORIES)
        text = unicodedata.normalize("NFC", "".join(kept))
    return _SPACES.sub(" ", text.translate(_SPELT)).strip()


def _words(text: str) -> list[str]:
    if text.isascii():  # nearly every name: a third of the time (2026-11-23)
        return text.replace("&", " and ").translate(_PLAIN).split()
    text = _tidy(text)
    if not text.isascii():
        for _ in range(2):
            text = unicodedata.normalize("NFKD", text.casefold())
            text = "".join(c for c in text if not unicodedata.combining(c))
    text = text.casefold().replace("&", " and ").translate(_UNWRITTEN)
    words: list[str] = _WORD.findall(text)
    return words


def _letters(text: str) -> str:
    return " ".join(_words(text))


@lru_cache(1 << 16)
def _fold(text: str) -> str:
    words = _words(text)
    if len(words) > 1:
        words[0] = FIRST_WORDS.get(words[0], words[0])
        words[-1] = LAST_WORDS.get(words[-1], words[-1])
    if not ABBREVIATED.isdisjoint(words):
        words = [ABBREVIATIONS.get(word, word) for word in words]
    folded = " ".join(words)
    return folded.replace("sheriff department", "sheriff office")


@cache
def _state_forms() -> dict[str, str]:
    return {
        _letters(form): code
        for code, state in STATES.items()
        for form in (code, state.name, *state.also)
    }


def _counties(cell: str) -> str:
    named = (_CITY_COUNTY.sub(" city", _tidy(part)) for part in _COUNTY_BREAK.split(cell))
    return "; ".join(dict.fromkeys(name for name in named if name.casefold() not in NOTHING))


def _county_in_name(name: str) -> str | None:
    found = _COUNTY_IN_NAME.match(_tidy(name))
    return found[1] if found else None


def _first_that_fits(name: str, kinds: tuple[tuple[str, str], ...]) -> str | None:
    folded = _fold(name)
    return next((kind for kind, pattern in kinds if re.search(pattern, folded)), None)


def _stated(raw: pd.Series, kinds: dict[str, str]) -> pd.Series:
    """The kind of each raw value: missing where it is not listed, ``unknown`` where blank."""
    known = {value: kind for kind, values in kinds.items() for value in values.split(", ")}
    blank = tidy(raw).fillna("").str.casefold().isin(NOTHING)
    return _each(raw, lambda value: known.get(_letters(value))).mask(blank, "unknown")
