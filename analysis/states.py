"""The states of the United States, the District of Columbia and the territories.

Codes and names: ANSI INCITS 38 (FIPS) as the Census Bureau publishes them (public domain).
"""

from __future__ import annotations

from typing import NamedTuple


class State(NamedTuple):
    """A state: name, two-digit FIPS code, other ways it is written (a closed list)."""

    name: str
    fips: str
    also: tuple[str, ...] = ()


STATES: dict[str, State] = {
    "AL": State("Alabama", "01", ("Ala.",)),
    "AK": State("Alaska", "02", ("Alas.",)),
    "AZ": State("Arizona", "04", ("Ariz.",)),
    "AR": State("Arkansas", "05", ("Ark.",)),
    "CA": State("California", "06", ("Calif.", "Cal.")),
    "CO": State("Colorado", "08", ("Colo.", "Col.")),
    "CT": State("Connecticut", "09", ("Conn.",)),
    "DE": State("Delaware", "10", ("Del.",)),
    "DC": State("District of Columbia", "11", ("Washington DC",)),
    "FL": State("Florida", "12", ("Fla.",)),
    "GA": State("Georgia", "13"),
    "HI": State("Hawaii", "15"),
    "ID": State("Idaho", "16", ("Ida.",)),
    "IL": State("Illinois", "17", ("Ill.", "Ills.")),
    "IN": State("Indiana", "18", ("Ind.",)),
    "IA": State("Iowa", "19"),
    "KS": State("Kansas", "20", ("Kan.", "Kans.")),
    "KY": State("Kentucky", "21"),
    "LA": State("Louisiana", "22"),
    "ME": State("Maine", "23"),
    "MD": State("Maryland", "24"),
    "MA": State("Massachusetts", "25", ("Mass.",)),
    "MI": State("Michigan", "26", ("Mich.",)),
    "MN": State("Minnesota", "27", ("Minn.",)),
    "MS": State("Mississippi", "28", ("Miss.",)),
    "MO": State("Missouri", "29"),
    "MT": State("Montana", "30", ("Mont.",)),
    "NE": State("Nebraska", "31", ("Neb.", "Nebr.")),
    "NV": State("Nevada", "32", ("Nev.",)),
    "NH": State("New Hampshire", "33", ("N. Hampshire",)),
    "NJ": State("New Jersey", "34", ("N. Jersey",)),
    "NM": State("New Mexico", "35", ("N. Mexico", "N. Mex.")),
    "NY": State("New York", "36", ("N. York", "New York State")),
    "NC": State("North Carolina", "37", ("N. Carolina", "N. Car.")),
    "ND": State("North Dakota", "38", ("N. Dakota", "N. Dak.")),
    "OH": State("Ohio", "39"),
    "OK": State("Oklahoma", "40", ("Okla.",)),
    "OR": State("Oregon", "41", ("Ore.", "Oreg.")),
    "PA": State("Pennsylvania", "42", ("Penn.", "Penna.")),
    "RI": State("Rhode Island", "44"),
    "SC": State("South Carolina", "45", ("S. Carolina", "S. Car.")),
    "SD": State("South Dakota", "46", ("S. Dakota", "S. Dak.")),
    "TN": State("Tennessee", "47", ("Tenn.",)),
    "TX": State("Texas", "48", ("Tex.",)),
    "UT": State("Utah", "49"),
    "VT": State("Vermont", "50"),
    "VA": State("Virginia", "51"),
    "WA": State("Washington", "53", ("Wash.", "Washington State")),
    "WV": State("West Virginia", "54", ("W. Va.", "W. Virginia")),
    "WI": State("Wisconsin", "55", ("Wis.", "Wisc.")),
    "WY": State("Wyoming", "56", ("Wyo.",)),
    "AS": State("American Samoa", "60"),
    "GU": State("Guam", "66"),
    "MP": State(
        "Northern Mariana Islands",
        "69",
        ("Commonwealth of the Northern Mariana Islands", "CNMI"),
    ),
    "PR": State("Puerto Rico", "72", ("Commonwealth of Puerto Rico",)),
    "VI": State(
        "U.S. Virgin Islands",
        "78",
        ("Virgin Islands", "United States Virgin Islands", "US Virgin Islands", "USVI"),
    ),
}
"""By USPS code."""
