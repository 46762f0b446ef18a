"""The site, shown on this machine alone."""

from __future__ import annotations

import io
import logging
import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from peephole.config import Config
from spiders.job import WrongInput


def listening(config: Config, port: int) -> ThreadingHTTPServer:
    """A server of the site and its downloads on 127.0.0.1; port 0 means any that is free.

    Raises:
        WrongInput: there is no page yet, or the port cannot be had.
    """
    page = config.site / "index.html"
    if not page.exists():
        raise WrongInput(f"there is no {page}; run `peephole run` or `make map`")
    handler = partial(_QuietHandler, directory=str(config.site), exports=config.exports)
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as problem:
        raise WrongInput(f"cannot listen on port {port}: {problem.strerror}") from problem


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # after the next build a reload must show it
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

HOSTS = {"127.0.0.1", "localhost", "::1"}
"""What this machine calls itself. A page of somebody who lets his own name mean 127.0.0.1 could
otherwise read what is served here (DNS rebinding)."""
EMBED = "embed.html"
"""The one page that is made for other people's frames."""

FEEDS = ("agency", "state", "past")
"""Folders of the site where a JSON file is a feed of changes, as ``feed.json`` is beside them."""


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


class _QuietHandler(SimpleHTTPRequestHandler):
    """The site, and under /exports/ the downloads it links to beside itself."""

    extensions_map = {
        **SimpleHTTPRequestHandler.extensions_map,
        ".atom": "application/atom+xml",
        ".json": "application/json",
    }

    def __init__(self, *args: Any, directory: str, exports: Path) -> None:
        self.exports = exports
        super().__init__(*args, directory=directory)

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if all(_name(host) in HOSTS for host in self.headers.get_all("Host", [])):
            return True
        self.send_error(421, "this machine is asked as 127.0.0.1 or localhost")
        return False

    def end_headers(self) -> None:
        page = urlsplit(getattr(self, "path", "")).path.rpartition("/")[2]
        framed = "*" if page == EMBED else "'self'"
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", f"frame-ancestors {framed}")
        super().end_headers()

    def version_string(self) -> str:
        return "Peephole"

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        asked = Path(self.translate_path(self.path))
        if not all(self._inside(file) for file in (asked, asked / "index.html")):
            self.send_error(404, "there is no such file")
            return None
        return super().send_head()

    def _inside(self, file: Path) -> bool:
        """Does it lie in the site or in the exports, wherever its links lead?"""
        try:
            there = file.resolve()
            roots = [Path(root).resolve() for root in (self.directory, self.exports)]
        except (OSError, RuntimeError):  # a link that leads to itself
            return False
        return any(there.is_relative_to(root) for root in roots)

    def translate_path(self, path: str) -> str:
        found = super().translate_path(path).replace("\0", "\ufffd")  # open() raises ValueError
        inside = Path(found).relative_to(Path(self.directory).absolute())
        if inside.parts[:1] == ("exports",):
            return str(self.exports.joinpath(*inside.parts[1:]))
        return found

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        file = Path(path)
        if file.suffix == ".json" and (file.parent.name in FEEDS or file.name == "feed.json"):
            return "application/feed+json"
        return super().guess_type(path)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        logging.getLogger(__name__).info(format, *args)

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        self.send_error(404, "there is no list of this folder")
