"""From the ledger to tables, datasets and page: as of now, or as of an earlier day."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from peephole import config as configuration
from peephole import steps
from peephole.config import Config
from peephole.console import out
from spiders import moment
from spiders.archive import sole_writer

Tables = dict[str, pd.DataFrame]


def configured(as_of: str | None) -> Config:
    """The configuration, with the folders of a day where one is asked for.

    Raises:
        WrongInput: it is no day of which anything can be told.
    """
    config = configuration.load()
    if as_of is None:
        return config
    return replace(config, as_of=steps.day("--as-of", as_of, moment.now().date()))


def tables(config: Config) -> Tables:
    """The clean tables as they were last written; of an earlier day, always anew."""
    return steps.clean(config) if config.as_of else steps.tables(config)


def publish(config: Config) -> None:
    """Tables, datasets and page, all anew; one process at a time, lest the one that read the
    ledger first be the last to write."""
    with sole_writer(config.data):
        found = steps.clean(config)
        out.print(said(found))
        export(config, found)
        draw(config, found)


def said(tables: Tables) -> str:
    """What the tables hold, in a sentence."""
    agencies = tables["agencies"]
    return (
        f"{len(agencies):,} departments in {agencies['state'].nunique()} states and territories, "
        f"{len(tables['participations']):,} participations, "
        f"{len(tables['rejected']):,} rows set aside"
    )


def export(config: Config, tables: Tables) -> None:
    """Write the datasets."""
    from analysis.exports import write_exports

    exports = write_exports(tables, config.exports)
    out.print(f"{len(exports)} files in {config.exports}")


def draw(config: Config, tables: Tables, *, tiles: bool = False) -> None:
    """Write the site; ``tiles`` puts streets under the map, OpenStreetMap's if none are set."""
    from maps.page import Streets, write_site

    streets = Streets() if tiles else None
    if config.tiles:
        streets = Streets(config.tiles, config.tiles_attribution)
    site = write_site(
        tables, config.site, config.as_of, config.contact, config.site_address, streets
    )
    out.print(
        f"{site.index} ({site.departments:,} departments; {site.files:,} files, "
        f"{site.written:,} of them new or changed, {site.bytes / 1e6:.1f} MB)"
    )
