"""What the fuzzer once broke a parser with, read again: an answer or a refusal, in good time."""

from __future__ import annotations

import time

import pytest

from tests.foreign import CORPUS, parsers

SECONDS = 5
KEPT = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


@pytest.mark.parametrize("name", [f"{path.parent.name}/{path.name}" for path in KEPT])
def test_what_broke_a_parser_is_read_or_refused(name: str) -> None:
    parser = parsers()[name.partition("/")[0]]
    began = time.process_time()
    parser((CORPUS / name).read_bytes())
    assert time.process_time() - began < SECONDS


def test_the_corpus_is_kept_small_and_named() -> None:
    """A find is kept under the name of what is wrong in it, not of the run that found it."""
    assert KEPT
    assert sum(path.stat().st_size for path in KEPT) < 200_000
    assert not [path for path in KEPT if path.name.startswith(("crash-", "timeout-", "oom-"))]


@pytest.mark.parametrize("name", parsers())
def test_every_parser_takes_its_first_inputs_and_refuses_nonsense(name: str) -> None:
    """Else the fuzzer would begin with an error and find nothing else."""
    parser = parsers()[name]
    for body in (*parser.seeds(), b"", b"\0", b"\xff\xfe" * 40, b"[" * 100_000, b"<" * 9_999):
        began = time.process_time()
        parser(body)
        assert time.process_time() - began < SECONDS, body[:40]
