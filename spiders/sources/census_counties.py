"""The Census Bureau's gazetteer of counties and what stands in their place."""

from __future__ import annotations

from spiders.platforms.gazetteer import FOLDER, Gazetteer


class CensusCounties(Gazetteer):
    name = "census_counties"
    title = "Census gazetteer: counties"
    seeds = (f"{FOLDER}2024_Gaz_counties_national.zip",)
    # 3,220 in 2017; 3,222 since 2022, with Connecticut's nine planning regions.
    expects = range(3_100, 3_400)
    fresh_days = 400
    level = "county"
    digits = 5
    headless = (
        *("USPS", "GEOID", "ANSICODE", "NAME", "ALAND", "AWATER"),
        *("ALAND_SQMI", "AWATER_SQMI", "INTPTLAT", "INTPTLONG"),
    )
