"""Every regular expression of the packages, found in their source, and texts that make one slow."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from pkgutil import resolve_name
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("spiders", "analysis", "maps", "peephole")
METHODS = {"match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
OF_COLUMNS = {
    "replace": "sub",
    "contains": "search",
    "extract": "search",
    "match": "match",
    "fullmatch": "fullmatch",
    "split": "split",
}
"""What the methods of a column of texts in pandas come to."""
MANY = 16
"""A repetition that may go on for longer than this can be pumped."""
BEYOND = "\0a "
"""What may follow a pumped text, so that the match fails at its end."""


@dataclass(frozen=True)
class Expression:
    """One regular expression: where it stands, and how it is used."""

    where: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


@cache
def expressions() -> tuple[tuple[Expression, ...], tuple[str, ...]]:
    """All of them, and the places of those whose text is made only when the code runs."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in _modules()}
    used = _uses(trees)
    found, unknown = [], []
    for path, tree in trees.items():
        names = _names(tree)
        for call in ast.walk(tree):
            method = _method(call)
            if method is None or not isinstance(call, ast.Call):
                continue
            given = names.get(call) or ast.unparse(call.args[0])[:60]
            where = f"{path.relative_to(ROOT)}:{given}"
            try:
                pattern = _evaluated(path, call)
            except NameError:
                unknown.append(where)
                continue
            methods = {method} if method != "compile" else used.get(names.get(call, ""), {"search"})
            found.append(Expression(where, pattern, frozenset(methods)))
    return tuple(found), tuple(unknown)


def _modules() -> list[Path]:
    return [
        path
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts and path.name != "__main__.py"
    ]


def _method(call: ast.AST) -> str | None:
    """Which function of ``re`` is called with a pattern, or which of a column of texts that comes
    to the same; None for any other call."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or not call.args:
        return None
    holder, name = call.func.value, call.func.attr
    if isinstance(holder, ast.Name) and holder.id == "re":
        return name if name in {*METHODS, "compile"} else None
    if isinstance(holder, ast.Attribute) and holder.attr == "str":
        says = {word.arg: ast.unparse(word.value) for word in call.keywords}
        plain = says.get("regex", str(name not in ("replace", "split"))) == "False"
        return None if plain else OF_COLUMNS.get(name)
    return None


def _names(tree: ast.Module) -> dict[ast.AST, str]:
    """The name that a compiled expression is given, by the call that compiles it."""
    given: dict[ast.AST, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given[node.value] = node.targets[0].id
    return given


def _uses(trees: dict[Path, ast.Module]) -> dict[str, set[str]]:
    """The methods that are called on each name, anywhere."""
    used: dict[str, set[str]] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in METHODS:
                name = ast.unparse(node.value).rpartition(".")[2]
                used.setdefault(name, set()).add(node.attr)
    return used


def _evaluated(path: Path, call: ast.Call) -> re.Pattern[Any]:
    module = resolve_name(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    )

    def value(node: ast.expr) -> Any:
        return eval(compile(ast.Expression(node), str(path), "eval"), vars(module))

    flags = call.args[1] if _method(call) == "compile" and len(call.args) > 1 else None
    return re.compile(value(call.args[0]), value(flags) if flags is not None else 0)


def attacks(pattern: re.Pattern[Any], length: int) -> Iterator[str | bytes]:
    """Texts of that length that repeat what a repetition takes, and end as it does not expect."""
    text = pattern.pattern
    plain = text if isinstance(text, str) else text.decode("latin-1")
    tree = parser.parse(plain, pattern.flags & re.VERBOSE)
    seen: set[str] = set()
    for before, body in _pumps(list(tree), ""):
        for start, unit in ((before, body), ("", before + body), ("", body)):
            if not unit:
                continue
            for end in ("", *BEYOND):
                attack = (start + unit * (length // len(unit)))[: length - 1] + end
                if attack not in seen:
                    seen.add(attack)
                    yield attack if isinstance(text, str) else attack.encode("latin-1", "replace")


def _pumps(items: list[Any], before: str) -> Iterator[tuple[str, str]]:
    """What leads to each repetition that may go on, and what it repeats."""
    for op, value in items:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            _, most, body = value
            if most > MANY:
                for sample in islice(_samples(list(body)), 3):
                    yield before, sample
            yield from _pumps(list(body), before)
        elif op is sre.SUBPATTERN:
            yield from _pumps(list(value[3]), before)
        elif op is sre.BRANCH:
            for branch in value[1]:
                yield from _pumps(list(branch), before)
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _pumps(list(value[1]), before)
        elif op is sre.ATOMIC_GROUP:
            yield from _pumps(list(value), before)
        before += next(_samples([(op, value)]), "")


def _samples(items: list[Any]) -> Iterator[str]:
    """Texts that a sequence matches, the plainest first; not all of them."""
    if not items:
        yield ""
        return
    (op, value), rest = items[0], items[1:]
    for head in _of(op, value):
        for tail in islice(_samples(rest), 2):
            yield head + tail


def _of(op: Any, value: Any) -> Iterator[str]:
    if op is sre.LITERAL:
        yield chr(value)
    elif op is sre.NOT_LITERAL:
        yield "a" if value != ord("a") else "b"
        yield " "
    elif op is sre.ANY:
        yield from ("a", "\n", "0")
    elif op is sre.IN:
        yield from islice(_in(value), 3)
    elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        least, _, body = value
        for sample in islice(_samples(list(body)), 3):
            yield sample * max(least, 1)
        if least == 0:
            yield ""
    elif op is sre.SUBPATTERN:
        yield from islice(_samples(list(value[3])), 3)
    elif op is sre.BRANCH:
        for branch in value[1]:
            yield from islice(_samples(list(branch)), 1)
    elif op is sre.ATOMIC_GROUP:
        yield from islice(_samples(list(value)), 3)
    else:
        yield ""


CATEGORIES = {
    sre.CATEGORY_DIGIT: "0",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_NOT_WORD: " ",
}


def _in(members: list[Any]) -> Iterator[str]:
    if members[0][0] is sre.NEGATE:
        taken = {chr(v) for op, v in members[1:] if op is sre.LITERAL}
        ranges = [v for op, v in members[1:] if op is sre.RANGE]
        kinds = {CATEGORIES[v] for op, v in members[1:] if op is sre.CATEGORY}
        for char in 'a 0<\n.,"\\-':
            inside = any(low <= ord(char) <= high for low, high in ranges)
            if char not in taken and char not in kinds and not inside:
                yield char
        return
    for op, value in members:
        if op is sre.LITERAL:
            yield chr(value)
        elif op is sre.RANGE:
            yield chr(value[0])
        elif op is sre.CATEGORY:
            yield CATEGORIES[value]
