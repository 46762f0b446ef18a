"""Nobody is asked who is not on the public web, wherever a source leads."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
from scrapy import Request

from spiders import settings
from spiders.keeper import ForbiddenAddress
from spiders.reach import WrittenAddressMiddleware, literal, origin, public
from tests import warm
from tests.crawling import ROOT, Ended, answers, crawl, environment, read
from tests.replay import source_classes
from tests.server import INDEX, Answer, Server, copy, copy_path, index, row
from tests.test_crawl import AS_OF, PAGE, kml

REBOUND = "rebound.example"
"""A name whose owner lets it mean this machine."""
LEADS = {
    "loopback": "http://127.0.0.1:{port}/",
    "short": "http://127.1:{port}/",
    "decimal": "http://2130706433:{port}/",
    "hexadecimal": "http://0x7f000001:{port}/",
    "octal": "http://0177.0.0.1:{port}/",
    "nothing": "http://0.0.0.0:{port}/",
    "dot": "http://127.0.0.1.:{port}/",
    "localhost": "http://LOCALHOST:{port}/",
    "loopback 6": "http://[::1]:{port}/",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/",
    "wide digits": "http://\uff11\uff12\uff17.0.0.1:{port}/",
    "user": "http://example.org@127.0.0.1:{port}/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "private": "https://10.0.0.1/",
    "name": f"http://{REBOUND}:{{port}}/",
}
"""Ways to lead a crawler into the network it runs in."""
WAYS = [f"redirect {name}" for name in LEADS if name != "wide digits"] + [
    f"link {name}" for name in ("loopback", "wide digits", "name")
]
REFUSED = "0 rows, expected 20 or more; pages lost: 1 at no public address"
OTHER_SCHEMES = ("file:///etc/passwd", "ftp://127.0.0.1:{port}/x", "data:text/plain,x")
CRAWL = f"""
from scrapy.resolver import dnscache
from tests import crawling
dnscache["{REBOUND}"] = "127.0.0.1"
crawling._main()
"""


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.0.0.0x1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("::1", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("localhost", "127.0.0.1"),
        ("db.localhost", "127.0.0.1"),
        ("8.8.8.8", "8.8.8.8"),
        ("example.org", None),
        ("1e100.net", None),
        ("", None),
        ("256.1.1.1", None),
    ],
)
def test_an_address_is_known_in_every_form(host: str, address: str | None) -> None:
    assert literal(host) == (address and ip_address(address))


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("8.8.8.8", True),
        ("207.241.237.3", True),
        ("2607:f8b0:4004:800::200e", True),
        ("::ffff:8.8.8.8", True),
        ("2002:808:808::1", True),  # 6to4 of 8.8.8.8
        *(
            (address, False)
            for address in (
                *(
                    "0.0.0.0",
                    "10.1.2.3",
                    "100.64.0.1",
                    "127.0.0.1",
                    "169.254.169.254",
                    "172.16.0.1",
                ),
                *("192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
                *("255.255.255.255", "::", "::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1"),
                *("ff02::1", "2001:db8::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
                *("64:ff9b::a00:1", "2002:a00:1::1", "2001:0:a00:1::1", "::127.0.0.1"),
            )
        ),
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, is_public: bool) -> None:
    assert public(ip_address(address)) is is_public


def test_an_operator_may_name_a_machine_of_his_own_and_that_alone() -> None:
    middleware = WrittenAddressMiddleware(["http://127.0.0.1:8000/list.csv", "https://example.org"])
    for url in ("http://127.0.0.1:8000/other", "https://example.org/x", "http://example.com/"):
        middleware.process_request(Request(url))
    for url in (
        *("http://127.0.0.1:8001/", "https://127.0.0.1:8000/", "http://127.0.0.1/"),
        *("http://127.0.0.2:8000/", "http://localhost:8000/", "file:///etc/passwd", "http:///x"),
    ):
        with pytest.raises(ForbiddenAddress):
            middleware.process_request(Request(url))


def test_no_declared_address_leads_into_a_private_network() -> None:
    """Such a one would be taken for the operator's own."""
    for kind in source_classes().values():
        for seed in kind.seeds:
            assert origin(seed)[0] == "https"
            assert literal(origin(seed)[1]) is None


def test_only_the_web_is_spoken() -> None:
    assert dict.fromkeys(("data", "file", "ftp", "s3")) == settings.DOWNLOAD_HANDLERS
    assert settings.DNSCACHE_ENABLED, "the address that was looked at is the one that is asked"
    assert not settings.METAREFRESH_ENABLED


@pytest.fixture(scope="module")
def bystander() -> Iterator[tuple[int, list[bytes]]]:
    """A port of this machine that nobody named, and what came there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        came: list[bytes] = []

        def listen() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(2)
                        came.append(connection.recv(100))

        threading.Thread(target=listen, daemon=True).start()
        yield listener.getsockname()[1], came


def crawled(folder: Path, jobs: Sequence[Mapping[str, object]], **options: object) -> list[Ended]:
    """Crawl where :data:`REBOUND` means this machine."""
    told = {"folder": str(folder), "jobs": jobs, "options": options, "network": True}
    done = warm.run("-c", [CRAWL, json.dumps(told)], environment(folder), ROOT)
    assert done.returncode == 0, done.stderr
    return read(done.stdout)


Gone = dict[str, Ended]


@pytest.fixture(scope="module")
def gone(
    bystander: tuple[int, list[bytes]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Gone, Gone]:
    """A crawl for each way, by redirect, by link and by archived copy, and its replay."""
    port, _ = bystander
    folder = tmp_path_factory.mktemp("reach")
    scripts: dict[str, dict[str, Answer]] = {}
    for name in WAYS:
        url = LEADS[name.partition(" ")[2]].format(port=port)
        moved = Answer(status=302, headers={"Location": url})
        linked = Answer(kml(0, links=[url]))
        scripts[name] = {PAGE: moved if name.startswith("redirect") else linked}
    for lead in OTHER_SCHEMES:
        url = lead.format(port=port)
        scripts[f"redirect {lead}"] = {PAGE: Answer(status=302, headers={"Location": url})}
    stamp, private = "20200701000000", f"http://127.0.0.1:{port}/a.kml"
    page, body = "http://example.com/page.kml", kml(0, links=[private])
    asked = {"url": "example.com/page.kml", "status": ["200"]}
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(Server(script)) for name, script in scripts.items()}
        jobs = [{"url": each.url(PAGE), "as_of": AS_OF} for each in servers.values()]
        past = stack.enter_context(
            Server(
                {
                    copy_path(stamp, page): copy(body),
                    copy_path(stamp, private): Answer(
                        status=302,
                        headers={"Location": f"http://127.0.0.1:{port}{copy_path(stamp, page)}"},
                    ),
                }
            )
        )
        from spiders.platforms.cdx import Pattern

        question = Pattern(asked["url"], status=("200",)).query(INDEX)
        past.script[question] = [index([row(stamp, page, body), row(stamp, private, b"x")])]
        jobs.append({"patterns": [asked], "server": past.url(INDEX)})
        names = [*servers, "archived copy"]
        live = dict(zip(names, crawled(folder, jobs, DOWNLOAD_TIMEOUT=5), strict=True))
        assert copy_path(stamp, private) in past.paths(), "the copy is asked of the archive"
    again = [{"warc": str(ended.warc)} for ended in live.values()]
    replayed = crawl(tmp_path_factory.mktemp("again"), again, network=False)
    return live, dict(zip(names, replayed, strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_a_lead_into_the_network_is_not_followed(way: str, gone: tuple[Gone, Gone]) -> None:
    for ended in (each[way] for each in gone):
        assert (ended.state, ended.reason) == ("failed", REFUSED)


@pytest.mark.parametrize("lead", OTHER_SCHEMES)
def test_a_redirect_out_of_the_web_is_an_answer_and_no_lead(
    lead: str, gone: tuple[Gone, Gone]
) -> None:
    for ended in (each[f"redirect {lead}"] for each in gone):
        assert ended.reason.endswith("1 answered with an error")


def test_a_copy_that_leads_away_from_the_archive_is_not_followed(gone: tuple[Gone, Gone]) -> None:
    for ended in (each["archived copy"] for each in gone):
        assert (ended.state, ended.reason) == ("failed", "1 look: 1 failed")
        run = ended.warc.name.removesuffix(".warc.gz") + "%"
        folder = ended.warc.parents[1]
        ((reason,),) = answers(folder, "SELECT reason FROM looks WHERE run_id LIKE ?", run)
        assert reason == REFUSED


def test_nobody_else_was_asked(gone: tuple[Gone, Gone], bystander: tuple[int, list[bytes]]) -> None:
    assert gone[0]
    assert bystander[1] == []


def test_without_the_guard_each_of_them_would_have_been(tmp_path: Path) -> None:
    """What this file tests could happen: a name that means this machine does lead here."""
    guards = ("Written", "LookedUp")
    off = {f"spiders.reach.{name}AddressMiddleware": None for name in guards}
    with Server({"/": Answer(kml(30))}) as other:
        url = f"http://{REBOUND}:{other.port}/"
        with Server({PAGE: Answer(status=302, headers={"Location": url})}) as server:
            told = settings.DOWNLOADER_MIDDLEWARES | off
            (ended,) = crawled(tmp_path, [{"url": server.url(PAGE)}], DOWNLOADER_MIDDLEWARES=told)
    assert ended.state == "healthy"
    assert other.paths() == ["/robots.txt", "/"]
