"""Drawings: what pygal draws, without its own styles, scripts and remarks, as SVG for a page.

pygal measures no fonts, so the same data give the same bytes everywhere. The page's policy allows
no style in an attribute and none of pygal's own: ``chart.css`` styles the classes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pygal
from lxml import etree
from markupsafe import Markup
from pygal.style import Style

WIDTH, PLOT, ROW, BAR = 480, 190, 24, 24
"""Units of a drawing: its width, the height of a plot, of a row of marks, and of a bar."""

NAMED, TOLD = 22, 34
"""Letters drawn of a bar's name and of what is told of it; the table has all of them."""

LETTER, BESIDE = 8.3, 12
"""Width of a letter in the largest size ``chart.css`` draws, and what a few wide ones and the space
before them take more: measured in Chromium with DejaVu Sans, the widest of the fonts (2026-11)."""

STYLE = Style(label_font_size=15.5, major_label_font_size=15.5, value_font_size=0)
"""Sizes by which pygal leaves room; a value of size 0 stands exactly at its place."""

UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold, not even escaped."""

DECIMAL = re.compile(r"(?<!\d)\d+\.\d+")

Kind = Literal["whole", "part", "unknown"]


@dataclass(frozen=True, slots=True)
class Bar:
    """A number with its name and what is told of it; a range has ``low`` too.

    Of ``unknown`` nothing is drawn but what is told.
    """

    name: str
    told: str
    value: float = 0
    low: float | None = None
    kind: Kind = "whole"


@dataclass(frozen=True, slots=True)
class Line:
    """A line through ``points``; ``letter`` stands at its end, at the height ``end``."""

    letter: str
    points: Sequence[tuple[float, float]]
    end: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered mark at ``at``, in one of the rows above the plot."""

    number: str
    at: float
    row: int


def bars(rows: Sequence[Bar], said: str) -> Markup:
    """Bars from left to right, the first one at the top, each with what is told of it.

    ``said`` is read aloud in the drawing's place. All numbers are of one unit.
    """
    drawn = rows[::-1]
    graph = pygal.HorizontalStackedBar(
        **_frame(BAR * len(drawn) + 8),
        print_labels=True,
        print_values_position="top",
        range=(0, _reach(drawn)),
        show_x_labels=False,
        show_x_guides=False,
        x_labels=[_shortened(bar.name, NAMED) for bar in drawn],
    )
    wanted = {
        "whole": [bar if bar.kind == "whole" and bar.low is None else None for bar in drawn],
        "part": [bar if bar.kind == "part" and bar.low is None else None for bar in drawn],
        "range": [bar if bar.low is not None else None for bar in drawn],
        "unknown": [bar if bar.kind == "unknown" else None for bar in drawn],
    }
    graph.add("below", [bar.low or 0 for bar in drawn])
    for name, found in wanted.items():
        graph.add(
            name,
            [
                {"value": bar.value - (bar.low or 0), "label": _shortened(bar.told, TOLD)}
                if bar
                else {"value": 0}
                for bar in found
            ],
        )
    return _cleaned(graph, ["below", *wanted], said)


def lines(
    drawn: Sequence[Line],
    marks: Sequence[Mark],
    ends: tuple[float, float],
    ticks: tuple[Sequence[tuple[float, str]], Sequence[tuple[float, str]]],
    said: str,
) -> Markup:
    """Lines over an axis from one of ``ends`` to the other, with numbered marks above them.

    ``ticks`` are (place, label) of the two axes, the upright one last: its last label is the top
    of the plot.
    """
    across, up = ticks
    top = up[-1][0]
    rows = 1 + max((mark.row for mark in marks), default=-1)
    room = (ends[1] - ends[0]) * ROW / WIDTH
    graph = pygal.XY(
        **_frame(PLOT + ROW * rows + 40),
        print_labels=True,
        range=(0, top * (1 + (0.8 + rows) * ROW / PLOT)),
        xrange=(ends[0], ends[1] + room),
        x_labels=[{"value": place, "label": label} for place, label in across],
        y_labels=[{"value": place, "label": label} for place, label in up],
        show_x_guides=False,
    )
    heights = [top * (1 + (1 + mark.row) * ROW / PLOT) for mark in marks]
    guides: list[tuple[float | None, float | None]] = []
    for mark, height in zip(marks, heights, strict=True):
        guides += [(mark.at, 0), (mark.at, height), (None, None)]
    # Few series of many points: with one for each mark pygal took 57 ms, not 35 (2026-11-23).
    graph.add("", guides, show_dots=False, allow_interruptions=True)
    numbers = [
        {"value": (mark.at, height), "label": mark.number}
        for mark, height in zip(marks, heights, strict=True)
    ]
    graph.add("", numbers, stroke=False, dots_size=10)
    for line in drawn:
        graph.add("", list(line.points), show_dots=False)
    letters = [
        {"value": (line.points[-1][0] + room / 2, line.end), "label": line.letter} for line in drawn
    ]
    graph.add("", letters, stroke=False, dots_size=0)
    classes = [f"line l{place}" for place in range(1, len(drawn) + 1)]
    return _cleaned(graph, ["event", "event", *classes, "letter"], said)


def _frame(height: int) -> dict[str, object]:
    return {
        "width": WIDTH,
        "height": height,
        "margin": 0,
        "style": STYLE,
        "js": [],
        "css": [],
        "no_prefix": True,
        "show_legend": False,
        "disable_xml_declaration": True,
        "truncate_label": -1,
    }


def _cleaned(graph: pygal.Graph, classes: Sequence[str], said: str) -> Markup:
    """The drawing with ``classes`` in place of the numbers pygal gives its series."""
    root: etree._Element = graph.render_tree()
    etree.strip_elements(root, etree.Comment, "defs", "desc", "title", with_tail=False)
    for group in root.iter("g"):
        found = re.search(r"\bserie-(\d+)", group.get("class", ""))
        if found:
            group.set("class", classes[int(found[1])])
    for element in reversed(list(root.iter("g", "rect", "text", "circle"))):
        if _is_nothing(element):
            _removed(element)
    for element in root.iter("path", "rect", "text", "circle"):
        if element.tag != "path":
            element.attrib.pop("class", None)
        for name in set(element.attrib) & {"d", "x", "y", "cx", "cy", "width", "height"}:
            element.set(name, _rounded(element.attrib[name]))
        for name in ("rx", "ry"):
            element.attrib.pop(name, None)
    root.attrib.pop("id", None)
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-label", _speakable(said))
    etree.cleanup_namespaces(root)
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704 - lxml escaped all of it


def _is_nothing(element: etree._Element) -> bool:
    name = element.get("class", "")
    if element.tag == "rect":
        return name == "background" or float(element.get("width", "0")) < 0.05
    if element.tag == "circle":
        return element.get("r") == "0"
    if element.tag == "text":
        return not element.text
    return "tooltip-overlay" in name or not any(
        True for _ in element.iter("path", "rect", "text", "circle")
    )


def _removed(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _rounded(text: str) -> str:
    return DECIMAL.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), text)


def _reach(drawn: Sequence[Bar]) -> float:
    """The end of the axis: so far out that what is told stands whole beside the longest bar."""
    names = max(min(len(bar.name), NAMED) for bar in drawn)
    across = WIDTH - 0.6 * STYLE.label_font_size * names - 40
    free = [(bar.value, across - BESIDE - LETTER * min(len(bar.told), TOLD)) for bar in drawn]
    return max(value * across / max(room, ROW) for value, room in free) or 1


def _shortened(text: str, letters: int) -> str:
    text = _speakable(text)
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


def _speakable(text: str) -> str:
    return UNSPEAKABLE.sub("\ufffd", text)
