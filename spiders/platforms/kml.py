"""KML and KMZ as they come from the web: Placemarks read one by one, hostile files refused."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from lxml import etree
from scrapy.http import Response

from spiders.platforms import zipped
from spiders.platforms.rows import understood
from spiders.records import Record
from spiders.source import LayoutError, Source, shown

LINK_DEPTH = 3
"""Wrappers that may follow one another; Google My Maps uses one."""
KML_BYTES = 64 * 1024 * 1024
"""Ring's map of 2,700 departments was about 1 MB."""
KML_TAGS = 4_000_000
"""100,000 Placemarks have 2.2 million; 15 million empty elements took 2 GB (2026-11-23)."""
CHUNK = 64 * 1024
HTML = re.compile(rb"(?i)\s*<(?:!doctype\s+html|html|head|body)\b")


class Placemark(NamedTuple):
    """A Placemark without its geometry; texts lose the white space around them.

    ``data`` holds (name, value) of ``ExtendedData/Data`` and ``SchemaData/SimpleData`` in the
    order of the file; a name may come twice.
    """

    position: int
    name: str
    address: str
    data: tuple[tuple[str, str], ...]


class NetworkLink(NamedTuple):
    """A link to the KML that holds the rest."""

    href: str


class KmlSource(Source):
    """A source in KML: follows network links and hands each Placemark to ``read``."""

    def parse(self, response: Response, depth: int = 0, **_kwargs: Any) -> Iterator[Any]:
        """Records of every Placemark, requests for every NetworkLink.

        Raises:
            LayoutError: no whole KML or KMZ, one with neither Placemark nor NetworkLink, or a
                link that may not be followed.
        """
        placemarks = links = 0
        for found in self.features(response):
            if isinstance(found, Placemark):
                placemarks += 1
                yield from understood(self.read(found), found.name, found.position)
            else:
                links += 1
                url = _followable(found.href, response, depth)
                yield response.follow(url, callback=self.parse, cb_kwargs={"depth": depth + 1})
        if not placemarks and not links:
            raise LayoutError(
                f"sought Placemarks or a NetworkLink in {response.url}, found a KML without either"
            )
        self.count_rows(placemarks, response)

    def features(self, response: Response) -> Iterable[Placemark | NetworkLink]:
        """What stands in the response; a source whose map also comes otherwise says so here."""
        return features(response.body, response.url)

    def read(self, placemark: Placemark) -> Iterable[Record]:
        """Records of one Placemark.

        Raises:
            RowError: the Placemark cannot be understood.
        """
        raise NotImplementedError(f"source {self.name} must define read")


def features(body: bytes, where: str) -> Iterator[Placemark | NetworkLink]:
    """Every Placemark and NetworkLink of a KML or KMZ, at any depth of folders, in file order.

    Raises:
        LayoutError: the body is empty, HTML, malformed, truncated, has a document type
            definition, or is a KMZ that is broken or unreasonably large.
    """
    packed = body.startswith(zipped.MAGIC)
    kml = zipped.member(body, where, "KMZ", (".kml",), KML_BYTES).body if packed else body
    if not kml[:CHUNK].strip():
        raise LayoutError(f"sought a KML document in {where}, found an empty body")
    if HTML.match(kml[:CHUNK].removeprefix(codecs.BOM_UTF8)):
        raise LayoutError(
            f"sought a KML document in {where}, found an HTML page beginning '{shown(kml)}'"
        )
    if len(kml) > KML_BYTES or kml.count(b"<") > KML_TAGS:
        raise LayoutError(
            f"sought a KML document in {where}, found {len(kml):,} bytes of {kml.count(b'<'):,} "
            f"tags, more than {KML_BYTES:,} bytes or {KML_TAGS:,} tags"
        )
    try:
        yield from _walked(kml, where)
    except (etree.XMLSyntaxError, LookupError) as error:
        raise LayoutError(
            f"sought a whole KML document in {where}, found malformed or truncated XML "
            f"beginning '{shown(kml)}': {error}"
        ) from error


def _walked(kml: bytes, where: str) -> Iterator[Placemark | NetworkLink]:
    walk = etree.iterparse(
        io.BytesIO(kml),
        events=("start", "end"),
        tag=("{*}kml", "{*}Placemark", "{*}NetworkLink"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    position = 0
    checked = False
    for event, element in walk:
        if not checked:
            _check_root(element.getroottree(), where)
            checked = True
        if event == "start":
            continue
        kind = _local(element)
        if kind == "Placemark":
            position += 1
            yield _placemark(element, position)
            element.clear()
        elif kind == "NetworkLink":
            yield NetworkLink(_href(element, where))
    if not checked and walk.root is not None:
        _check_root(walk.root.getroottree(), where)


def _check_root(tree: etree._ElementTree, where: str) -> None:
    if tree.docinfo.doctype:
        raise LayoutError(
            f"sought a KML document in {where}, found a document type definition, "
            "which KML has no use for and which is not read"
        )
    if _local(tree.getroot()) != "kml":
        raise LayoutError(f"sought a kml element in {where}, found <{_local(tree.getroot())[:60]}>")


def _placemark(element: etree._Element, position: int) -> Placemark:
    name = address = ""
    data: list[tuple[str, str]] = []
    for child in element:
        kind = _local(child)
        if kind == "name":
            name = _text(child)
        elif kind == "address":
            address = _text(child)
        elif kind == "ExtendedData":
            data.extend(_data(child))
    return Placemark(position, name, address, tuple(data))


def _data(extended: etree._Element) -> Iterator[tuple[str, str]]:
    for child in extended:
        kind = _local(child)
        if kind == "Data":
            values = [_text(value) for value in child if _local(value) == "value"]
            yield child.get("name", ""), values[0] if values else ""
        elif kind == "SchemaData":
            for simple in child:
                yield simple.get("name", ""), _text(simple)


def _href(link: etree._Element, where: str) -> str:
    """The address of ``Link/href`` (``Url/href`` in KML 2.0)."""
    for child in link:
        if _local(child) in {"Link", "Url"}:
            for href in child:
                if _local(href) == "href" and _text(href):
                    return _text(href)
    raise LayoutError(f"sought Link/href in a NetworkLink of {where}, found none")


def _followable(href: str, response: Response, depth: int) -> str:
    where = response.url
    try:
        url = response.urljoin(href)
        parts = urlsplit(url)
        followed = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        followed = False
    if not followed:
        raise LayoutError(
            f"sought a web address in the NetworkLink of {where}, found '{href[:100]}', "
            "which is not followed"
        )
    if depth >= LINK_DEPTH:
        raise LayoutError(
            f"sought Placemarks in {where}, found the NetworkLink number {depth + 1} in a row"
        )
    return url


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: etree._Element) -> str:
    return (element.text or "").strip()
