"""Scrapy's settings: manners first, then the parts in the order in which they act."""

from __future__ import annotations

import os
from pathlib import Path

BOT_NAME = "peephole"
SPIDER_MODULES = ["spiders.sources"]

PEEPHOLE_ARCHIVE = str(Path(os.environ.get("PEEPHOLE_DATA", "data")) / "archive")
PEEPHOLE_DB = os.environ.get(
    "PEEPHOLE_DB", f"sqlite:///{os.environ.get('PEEPHOLE_DATA', 'data')}/ledger.sqlite"
)
PEEPHOLE_CONTACT = " ".join(os.environ.get("PEEPHOLE_CONTACT", "").split())
USER_AGENT = (
    f"Peephole/0.1 (public record of police doorbell-camera programmes; {PEEPHOLE_CONTACT})"
)

# Manners: one request at a time, slower when the host is slow, robots.txt obeyed. With more than
# one under way, the others would go on while one waits for Retry-After or met a challenge.
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Peephole"
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 2.0
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 2.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
RETRY_TIMES = 3
RETRY_AFTER_ENABLED = True
RETRY_AFTER_MAX = 300
# The Wayback Machine shuts out for an hour who goes on for a minute after a 429 (2023-11-01, issue
# 137 of the package ``wayback``).
RETRY_AFTER_DEFAULT = 60
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 200 * 1024 * 1024
DOWNLOAD_VERIFY_CERTIFICATES = True
REDIRECT_MAX_TIMES = 5

# Cookies would identify us from page to page, and switching them on makes Scrapy fetch the public
# suffix list; the consoles would open ports that run code.
COOKIES_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
METAREFRESH_ENABLED = False

# The web alone, and an address that was looked up stays the one it was (spiders/reach.py).
DOWNLOAD_HANDLERS = dict.fromkeys(("data", "file", "ftp", "s3"))
DNSCACHE_ENABLED = True

LOG_LEVEL = "WARNING"

EXTENSIONS = {"spiders.keeper.RunKeeper": 0}
DOWNLOADER_MIDDLEWARES = {
    "spiders.reach.WrittenAddressMiddleware": 90,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "spiders.manners.StrictRobotsMiddleware": 100,
    "spiders.manners.RetryAfterMiddleware": 560,
    "spiders.manners.EntryMiddleware": 870,
    # next to the network, so that the archive keeps the body as it was received
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "spiders.provenance.DecodingMiddleware": 890,
    "spiders.manners.ConditionalMiddleware": 930,
    "spiders.provenance.CaptureMiddleware": 950,
    "spiders.reach.LookedUpAddressMiddleware": 960,
}
SPIDER_MIDDLEWARES = {"spiders.provenance.EvidenceMiddleware": 100}
