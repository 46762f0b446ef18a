"""The Census Bureau's gazetteer of county subdivisions: townships, New England towns and others."""

from __future__ import annotations

from spiders.platforms.gazetteer import FOLDER, Gazetteer


class CensusCountySubdivisions(Gazetteer):
    name = "census_county_subdivisions"
    title = "Census gazetteer: county subdivisions"
    seeds = (f"{FOLDER}2024_Gaz_cousubs_national.zip",)
    # some 36,600 in 2010 and 36,400 in 2024.
    expects = range(30_000, 45_000)
    fresh_days = 400
    level = "county_subdivision"
    digits = 10
