"""The site, shown on this machine alone."""

from __future__ import annotations

import logging
import os
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

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
}


class _QuietHandler(SimpleHTTPRequestHandler):
    """The site, and under /exports/ the downloads it links to beside itself."""

    def __init__(self, *args: Any, directory: str, exports: Path) -> None:
        self.exports = exports
        super().__init__(*args, directory=directory)

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def translate_path(self, path: str) -> str:
        found = super().translate_path(path).replace("\0", "\ufffd")  # open() raises ValueError
        inside = Path(found).relative_to(Path(self.directory).absolute())
        if inside.parts[:1] == ("exports",):
            return str(self.exports.joinpath(*inside.parts[1:]))
        return found

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        logging.getLogger(__name__).info(format, *args)

    def list_directory(self, path: str | os.PathLike[str]) -> None:
        self.send_error(404, "there is no list of this folder")
