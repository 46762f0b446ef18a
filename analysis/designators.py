"""Words by which names say of which kind a department is, and of what form its place.

Abbreviations beside those of :func:`analysis.names.fold`, which is frozen because ids are made
from it, and patterns over folded text.
"""

from __future__ import annotations

import re

from analysis.names import AIRPORT, PORT, SCHOOL, TYPE_IN_NAME

WORDS = {
    **dict.fromkeys(("cnty", "cty", "coutny", "couny"), "county"),
    **dict.fromkeys(("ptl", "ptrl"), "patrol"),
    **dict.fromkeys(("cmty", "commun"), "community"),
    **dict.fromkeys(("pct", "prec", "prct"), "precinct"),
    **dict.fromkeys(("reg", "regl"), "regional"),
    **dict.fromkeys(("enforc", "enforce", "enforcemt"), "enforcement"),
    "pk": "park",
    "pks": "parks",
    "prk": "park",
    "rngrs": "rangers",
    "rr": "railroad",
    **dict.fromkeys(("inst", "institu"), "institute"),
    **dict.fromkeys(("mun", "munic"), "municipal"),
    **dict.fromkeys(("departmen", "depart", "dpt"), "department"),
    "metropolitan": "metro",
    "auth": "authority",
    "crim": "criminal",
    "sled": "south carolina law enforcement division",
    "boro": "borough",
    "bur": "bureau",
    "coll": "college",
    "ctr": "center",
    "dist": "district",
    "div": "division",
    "enf": "enforcement",
    "hosp": "hospital",
    "hp": "highway patrol",
    "hwy": "highway",
    "intl": "international",
    "isd": "independent school district",
    "natl": "national",
    "ofc": "office",
    "pol": "police",
    "rwy": "railway",
    "sch": "school",
    "schl": "school",
    "shrf": "sheriff",
    "sp": "state police",
    "bnsf": "burlington northern santa fe railway",
    "mbta": "massachusetts bay transportation authority",
    "trans": "transportation",
    "uprr": "union pacific railroad",
    "univers": "university",
    "sfty": "safety",
    "svc": "service",
    "svcs": "services",
    "tech": "technical",
    "usd": "unified school district",
    "vlg": "village",
}
"""Abbreviations of registers beside those of :func:`analysis.names.fold`, which is frozen."""

FORMS = {
    "charter township": "municipal",
    "town and village": "municipal",
    "city and county": "county",
    "township": "municipal",
    "town": "municipal",
    "village": "municipal",
    "borough": "municipal",
    "city": "municipal",
    "county": "county",
    "parish": "parish",
    "metro": "",
    "regional": "regional",
    "municipal": "municipal",
}
"""The forms of a jurisdiction that names bear, and the area each means."""

DESIGNATORS = (
    *("police", "sheriff", "department", "constable", "township", "county", "patrol", "university"),
)
"""Words whose slips of the pen are put right; ``marshal`` is not, because Marshall is a name."""

LIKE_DESIGNATORS = frozenset({"policy", "sheriffs", "counts", "constance", "patrols", "country"})

CLEAN_AREAS = {
    "sheriff": "county",
    "constable": "county",
    "state_police": "state",
    "tribal_police": "tribal",
    "campus_police": "university",
    "transit_police": "transit",
}
"""The area of a kind where the name has no form."""

BREAK = "zqz"
"""Stands where punctuation parts a name, because a fold leaves none."""

PARTING = re.compile(r"[,:;()\[\]|]|\s[-\u2013\u2014]+\s?|\.-|--")
OFFICE = re.compile(
    r"\b(?:"
    r"(?:departments?|division|bureau|office) of (?:state )?police"
    r"|(?:department|division|office|bureau) of (?:public|campus) safety(?: office)?"
    r"|campus (?:police|security|safety|public safety)(?: department| office)?"
    r"|police and fire(?: departments?)?|fire and police(?: departments?)?"
    r"|police"
    r"(?: (?:departments?|division|bureau|force|services?|office|agency))*"
    r"|public safety(?: (?:departments?|office|division|agency))?"
    r"|law enforcement (?:agency|department|division|center|office)"
    r"|(?:office of the )?sheriff(?: (?:office|department))*"
    r"|(?:campus )?security|marshals?(?: (?:office|department))?"
    r"|constables?(?: (?:office|department))?"
    r"|(?:office of the )?(?:district|county|prosecuting|state|commonwealth) attorneys?(?: office)?"
    r"|(?:office of the )?prosecutors?(?: office)?"
    r"|fire (?:department|rescue|district|protection district|and rescue)+|fire"
    r")\b"
)
SECOND_OFFICE = re.compile(r"(\b(?:police department|public safety)) county sheriff office$")
"""The FBI's register adds the words to whatever a county's agency is called."""
STATE_POLICE = re.compile(
    r"\b(?:department of state police|state (?:police|patrol|troopers?)|highway patrol)\b"
    r"(?: department)?"
)
NUMBER = re.compile(r"\b(?:precinct|district|troop|post|ward)s? (?:number |no )?([0-9]+|[a-z])\b")
FORM_FIRST = re.compile(
    r"^(?:the )?(city and county|charter township|township|town|village|borough|city|county|parish"
    r"|municipality) of (?:the )?(?=\w)"
)
FORM_LAST = re.compile(
    r"(?<=\w) (charter township|town and village|township|town|village|borough|city|county|parish"
    r"|metro|regional|municipal)$"
)
FIRST_OF_FORM = frozenset(
    (
        *("the", "city", "charter", "township", "town", "village", "borough", "county", "parish"),
        "municipality",
    )
)
"""The words ``FORM_FIRST`` begins with: a look that spares the search."""
FORM_WORDS = FIRST_OF_FORM.union(*(form.split() for form in FORMS))
"""Without one of these a name has no form."""
NAMED_COUNTY = re.compile(r"^(.+?) (?:county|parish)$")


def _spoken(pattern: str) -> frozenset[str]:
    """Every word of which a pattern needs one: a look that spares the search."""
    words = re.findall(r"[a-z]+", pattern.replace(r"\b", " "))
    return frozenset(form for word in words for form in (word, word.removesuffix("s"))) - {
        *("of", "and", "a")
    }


KINDS = tuple((kind, _spoken(pattern), re.compile(pattern)) for kind, pattern in TYPE_IN_NAME)
"""What names say of the kind; the first that fits counts."""
# one search spares ten for most names: half the time of reading (2026-11-23)
NOT_POLICE = re.compile("|".join(pattern for kind, pattern in TYPE_IN_NAME if kind != "police"))
SPEAKING = frozenset().union(*(words for kind, words, _ in KINDS if kind != "police"))
"""Every word of which a pattern of those kinds needs one."""
PLAIN_ENDINGS = (
    (" police department", "police"),
    (" sheriff office", "sheriff"),
    (" police", "police"),
)
"""How most names that have words of kind end, and what they then say."""
TELLING = frozenset(
    (
        *("police", "safety", "security", "enforcement", "sheriff", "marshal", "marshals", "fire"),
        *("constable", "constables", "attorney", "attorneys", "prosecutor", "prosecutors"),
        *("precinct", "precincts", "district", "districts", "troop", "troops", "post", "posts"),
        *("ward", "wards", BREAK),
    )
)
"""Without one of these neither ``OFFICE`` nor ``NUMBER`` fits: a look that spares the search."""
CAMPUS_ENDS = frozenset({"university", "college", "technology"})
CAMPUS_LAST = re.compile(r"\b(?:university|college|institute of technology)$")
AREAS = tuple(
    (area, re.compile(pattern))
    for area, pattern in (("school_district", SCHOOL), ("airport", AIRPORT), ("port", PORT))
)
STATE_BODIES = frozenset(
    (
        *("patrol", "ptrl", "ptl", "police", "park", "parks", "pk", "prk", "troopers", "forest"),
        *("scenic", "nat", "rec", "tech", "technical", "comm", "community", "commnty", "cc"),
        *("university", "u", "jr", "junior"),
    )
)
"""Words before which ``St.`` is no saint."""

LAST_ONLY = {
    "dep": "department",
    "le": "law enforcement",
    "les": "law enforcement services",
}
"""Abbreviations at the end of a part; elsewhere they are names (Le Mars) or other acronyms."""

AMBIGUOUS = frozenset({"al", "co", "de", "hi", "id", "in", "la", "ma", "me", "mt", "ok", "or"})
"""Codes of states that are words, or parts of names, besides."""

INSTITUTIONS = frozenset({"campus_police", "transit_police", "tribal_police", "other", "fire"})
"""Kinds whose names are no name of a place with a form: every word of them counts."""

NAMELIKE = frozenset({"city", "village", "town", "borough", "township"})
"""Forms that many places bear in their name."""

CUT = ("department", "police", "patrol", "college", "university", "township")
"""Words that lists of names of so many letters cut off at the end."""
LEAST_CUT = 3
CUT_COUNTY = frozenset({"c", "cn", "cnt", "coun", "count"})
"""What such lists leave of the word county behind the name of one."""

BY_NEIGHBOURS = frozenset({"reg", "saint", *CUT_COUNTY})
"""Words that mean something else beside some neighbours: nothing is remembered of them."""

LEAST_TYPO = 5
"""Letters a word needs to be taken for a misspelt designator."""

ABRIDGED = {
    **dict.fromkeys(("chp", "fhp", "shp", "uhp"), "highway patrol"),
    **dict.fromkeys(("rw", "rwy", "ry"), "railway"),
    **dict.fromkeys(("mtn", "mt"), "mountain"),
    "mtns": "mountains",
    **dict.fromkeys(("hq", "hdq", "hdqtrs", "hdqrs"), "headquarters"),
    **dict.fromkeys(("un", "u", "univ"), "university"),
    **dict.fromkeys(("bu", "bur"), "bureau"),
    **dict.fromkeys(("agcy", "agncy"), "agency"),
    **dict.fromkeys(("investigations", "investigative", "investigating"), "investigation"),
    **dict.fromkeys(("off", "offc", "offices"), "office"),
    **dict.fromkeys(("ranger", "rngr", "rngrs"), "rangers"),
    **dict.fromkeys(("trooper", "trpr", "trprs"), "troopers"),
    **dict.fromkeys(("cen", "cnt", "cntr", "centre"), "center"),
    **dict.fromkeys(("cmps", "cmpus"), "campus"),
    **dict.fromkeys(("is", "isl"), "island"),
    **dict.fromkeys(("pwy", "pkwy", "pky"), "parkway"),
    **dict.fromkeys(("apt", "arpt", "airprt"), "airport"),
    "n": "north",
    "s": "south",
    "e": "east",
    "w": "west",
    "jr": "junior",
    "le": "law enforcement",
    "abc": "alcohol beverage control",
    "alcoholic": "alcohol",
    **dict.fromkeys(("cisd", "csd"), "independent school district"),
    "bia": "bureau indian affairs",
    "dnr": "department natural resources",
    "doc": "department corrections",
    "dpr": "department parks recreation",
    "dps": "department public safety",
    "dtf": "drug task force",
    "ed": "education",
    "environmental": "environment",
    "fwf": "fresh water fish",
    "gbi": "georgia bureau investigation",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "mv": "motor vehicles",
    "nmem": "national memorial",
    "nys": "new york state",
    "recreational": "recreation",
    "suny": "state university new york",
    "taskforce": "task force",
    "tbi": "tennessee bureau investigation",
    "tf": "task force",
}
"""Widely known abbreviations of bodies; beside ``WORDS``, which is for all names."""
PHRASES = {
    "": (
        ("n and s", re.compile(r"\bn and s\b"), "norfolk southern"),
        ("a and m", re.compile(r"\ba and m\b"), "agricultural mechanical"),
        ("a and t", re.compile(r"\ba and t\b"), "agricultural technical"),
        ("n mon", re.compile(r"\bn mon$"), "national monument"),
        ("national res", re.compile(r"\bnational resources\b"), "natural resources"),
        (
            " aff",
            re.compile(r"\bbu(?:reau)?(?: of)? in(?:d|dian)? aff(?:airs)?\b"),
            "bureau indian affairs",
        ),
    ),
    "FL": (
        ("wildlife", re.compile(r"\b(?:florida )?fish (?:and )?wildlife conservation\b"), "game"),
        (
            "marine",
            re.compile(r"\bnat(?:ural)? res(?:ources)? marine patrol\b"),
            "environmental protection",
        ),
    ),
    "ID": (("dle", re.compile(r"\bdle\b"), "department law enforcement"),),
    "NM": (("new mexico", re.compile(r"(?<!of) new mexico$"), " national monument"),),
    "NV": (("nhp", re.compile(r"\bnhp\b"), "highway patrol"),),
    "NY": (
        ("nycmta", re.compile(r"\bnycmta\b"), "new york city metro transportation authority"),
        ("nycdep", re.compile(r"\bnycdep\b"), "new york city department of environmental"),
        ("bd of water", re.compile(r"\bbd of water\b"), "new york city department environmental"),
        (
            "state university",
            re.compile(r"\bstate university (?!of\b)\b"),
            "state university new york ",
        ),
        (
            "college",
            re.compile(
                r"\b(suny|new york) (?:agricultural and technical college"
                r"|college of (?:agriculture and )?technology|college)\b"
                r"(?! of| zqz buffalo| at buffalo)"
            ),
            r"\1",
        ),
    ),
    "PA": (("penn st", re.compile(r"\bpenn (?=st(?:ate)?\b)"), "pennsylvania "),),
    "TN": (("technical", re.compile(r"\btechnical center\b"), "college of applied technology"),),
}
"""Phrases of bodies and what they are read as: a text that tells them, a pattern, words.

Those of a state are what its bodies were called before: Florida's Department of Natural Resources
became that of Environmental Protection in 1993 and its game commission that for fish and wildlife
in 1999; Tennessee's technology centers became colleges of applied technology in 2013; the police of
New York City's Board of Water Supply became those of its Department of Environmental Protection.
Colleges of the State University of New York go by the university's name and their place alone, but
for those in Buffalo, where it has both.
"""
PATROLS = frozenset(
    (
        *("AL", "CO", "FL", "GA", "IA", "KS", "MN", "MO", "MS", "MT", "NC", "ND", "NE", "NV", "OH"),
        *("OK", "SC", "SD", "TN", "UT", "WA", "WI", "WY"),
    )
)
"""States whose force is a patrol by name, so that ``SP`` is no other's."""
SAME_SHORT = frozenset(
    (
        *(("saint", "state"), ("technical", "technology"), ("capital", "capitol")),
        ("region", "regional"),
    )
)
"""Words that one abbreviation is short for."""
BEHIND_STATE = frozenset({"state", "college", "department", "public", "liquor", "university"})
"""Words before which the code of a state is no other word (``Or State Univ``)."""
NUMBERED = frozenset({"area", "zone", "region", "district", "troop", "post", "unit"})
"""Words before numbers that others leave out."""
ORDINALS = {
    word: number
    for number, word in enumerate(
        (
            *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
            *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth"),
            *("sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth"),
        ),
        start=1,
    )
}
LEFT_OVER_KNOWN = frozenset(
    (
        *("police", "department", "division", "office", "state", "county", "district", "service"),
        *("services", "public", "safety", "security", "law", "enforcement", "unit", "agency"),
        *("regional", "campus", "commission", "rangers", "judicial", "authority", "recreation"),
        *("area", "investigation"),
    )
)
"""Words of a body's name that others leave out."""
LEFT_OVER = LEFT_OVER_KNOWN | {
    *("bureau", "section", "station", "barracks", "troopers", "system", "field", "officers"),
    *("park", "agents", "branch", "br", "center", "natural", "resources", "city"),
}
"""Words that others add."""
LEFT_OVER_OF = {
    "campus_police": frozenset({"city", "independent", "school", "schools", "unified"}),
    "constable": frozenset({"constable", "constables"}),
    "fire": frozenset({"arson"}),
    "rangers": frozenset({"recreation", "area", "camp", "campground", "historic", "scenic"}),
    "state_police": frozenset({"highway", "patrol", "troopers"}),
    "tribal_police": frozenset(
        (
            *("tribal", "tribe", "tribes", "nation", "indian", "pueblo", "reservation", "affairs"),
            *("apache", "assiniboine", "chippewa", "mohawk", "ojibwe", "paiute", "shoshone"),
            *("sioux", "band"),
        )
    ),
}
"""The same for bodies of a kind, on both sides."""
