"""Reach: a source may lead us to public addresses of the web and nowhere else.

A redirect, a link in a page or in a KML, or a name whose owner lets it point where he likes could
otherwise have us ask the machines of the network we run in.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler

from spiders.keeper import ForbiddenAddress, RunKeeper

Address = IPv4Address | IPv6Address
Origin = tuple[str, str, int | None]

PORTS = {"http": 80, "https": 443}


class ForbiddenName(Exception):
    """A name means an address that is not public; the message says which."""


class WrittenAddressMiddleware:
    """Lets nobody be asked who, by the address as it is written, is not on the public web.

    What the operator named by its number (``import http://127.0.0.1:8000/list.csv``, an index of
    archived copies of his own) may lie anywhere, with that port and no other.
    """

    def __init__(self, seeds: Sequence[str]) -> None:
        self.seeds = frozenset(seeds)
        self.named = frozenset(origin(seed) for seed in seeds if literal(origin(seed)[1]))

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(RunKeeper.of(crawler).job.session.seeds)

    def process_request(self, request: Request) -> None:
        scheme, host, _ = asked = origin(request.url)
        if request.url in self.seeds or asked in self.named:
            return
        found = literal(host)
        if scheme not in PORTS or not host:
            raise ForbiddenAddress(f"{request.url[:200]} is no address of the web")
        if found is not None and not public(found):
            raise ForbiddenAddress(f"{request.url[:200]} is {found}, which is no public address")


class LookedUpAddressMiddleware:
    """Stands last before the network and lets nobody be asked whose name means an address that is
    not public.

    Scrapy's resolver remembers what a name meant, so the address that is looked at here is the one
    that is asked then. Behind a proxy it is the proxy that looks names up.
    """

    async def process_request(self, request: Request) -> None:
        _, host, _ = origin(request.url)
        if literal(host) is not None or request.meta.get("proxy"):
            return
        found = ip_address(await _looked_up(host))
        if not public(found):
            raise ForbiddenName(f"{host} means {found}, which is no public address")


def origin(url: str) -> Origin:
    """Scheme, host and port of an address; all empty where it is none."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        return parts.scheme.lower(), host, parts.port or PORTS.get(parts.scheme.lower())
    return "", "", None


def literal(host: str) -> Address | None:
    """The address that a host writes out, in any form that a resolver takes for one: ``127.1``,
    ``0x7f000001``, ``2130706433`` and ``0177.0.0.1`` are 127.0.0.1. None for a name.

    >>> literal("2130706433"), literal("example.org")
    (IPv4Address('127.0.0.1'), None)
    """
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 section 6.3
        return IPv4Address("127.0.0.1")
    with contextlib.suppress(ValueError):
        return ip_address(host.partition("%")[0])
    with contextlib.suppress(OSError, ValueError):
        return IPv4Address(socket.inet_aton(host))
    return None


def public(address: Address) -> bool:
    """May anybody on the Internet have this address, and the one it carries inside if any?

    >>> public(ip_address("8.8.8.8")), public(ip_address("::ffff:10.0.0.1"))
    (True, False)
    """
    if isinstance(address, IPv6Address):
        carried = address.ipv4_mapped or address.sixtofour
        if carried is not None:
            return public(carried)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


async def _looked_up(host: str) -> str:
    from twisted.internet import reactor  # not before the process has installed its own

    found = reactor.resolve(host)  # type: ignore[arg-type] # Twisted's stub lacks ``name``
    return str(await found.asFuture(asyncio.get_running_loop()))
