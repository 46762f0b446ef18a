"""Classes and colours of the state shapes: blues that a colour-blind reader can tell apart."""

from __future__ import annotations

BLUES = ("#e3ecf4", "#c8daea", "#a8c4dd", "#86abce")
"""Fill of the classes, from few to many; each is named in the legend by its numbers."""


def breaks(largest: int) -> list[int]:
    """Lowest number of each class: 1, then round numbers near 1/20, 1/6 and 1/2 of ``largest``.

    >>> breaks(212), breaks(3), breaks(0)
    ([1, 10, 40, 100], [1, 2], [1])
    """
    found = [1]
    for share in (20, 6, 2):
        step = _rounded(largest / share)
        if step > found[-1]:
            found.append(step)
    return found


def _rounded(number: float) -> int:
    if number < 10:
        return round(number)
    magnitude: int = 10 ** (len(str(int(number))) - 1)
    return round(number / magnitude) * magnitude
