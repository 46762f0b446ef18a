"""The Census Bureau's gazetteer of places: cities, towns, villages, boroughs and CDPs."""

from __future__ import annotations

from spiders.platforms.gazetteer import FOLDER, Gazetteer


class CensusPlaces(Gazetteer):
    name = "census_places"
    title = "Census gazetteer: places"
    seeds = (f"{FOLDER}2024_Gaz_place_national.zip",)
    # 29,514 in 2010, some 32,300 since 2021.
    expects = range(25_000, 45_000)
    fresh_days = 400
    level = "place"
    digits = 7
