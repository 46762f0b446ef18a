"""What is written on a terminal: nothing in it may be obeyed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)


def line(text: str) -> str:
    """``text`` on one line, without what a terminal would obey: it may quote a hostile file."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def rows(heads: Sequence[str], cells: Iterable[Sequence[object]]) -> None:
    """A table on a terminal, lines with tabs elsewhere; an empty cell is empty."""
    told = [[line("" if cell is None else str(cell)) for cell in row] for row in cells]
    if out.is_terminal:
        table = Table(*heads)
        for words in told:
            table.add_row(*words)
        out.print(table)
    else:
        for words in (list(heads), *told):
            out.file.write("\t".join(words) + "\n")  # print() would make blanks of the tabs
